"""Which findings of a hunt are of a cause that no published case has: causes.py FINDINGS…

A cause is the verdict, the field that it is about where the error doesn't say so, the part of the message in which the
offending byte is, and the sort of that byte. It prints those of each folder that no published case has. Faults of all
replies are no matter of cases: the audit looks at every reply.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "corpus/vectors/readers"))
import reader  # noqa: E402


def part(before):
    """The part of a message that is behind these bytes."""
    if b"\r\n\r\n" in before:
        return "body"
    if b"\n" not in before:
        return "request line"
    line = before[before.rindex(b"\n") + 1 :]
    return "value" if b":" in line else "name"


def sort(byte):
    if byte in b"\t\r\n\0\x7f":
        return repr(bytes([byte]))
    if byte < 32:
        return "a control byte"
    return "any byte that is no ASCII" if byte > 127 else "a printable byte"


def cause(case):
    if case["verdict"] == "accepted":
        return ("accepted",)
    message = b"".join(map(reader.part, case["input"]))
    # One that is cut at every byte has none.
    offset = case.get("offset", len(message))
    place = ("the end",) if offset >= len(message) else (part(message[:offset]), sort(message[offset]))
    field = case.get("field") if case["error"] in ("duplicate-field", "missing-field", "unsupported-field") else None
    return (case["error"], field, *place)


def new(findings):
    """The findings in this folder whose cause no published case has: the name of each, its cause, and its title."""
    published = {cause(case) for case in reader.cases(ROOT / "corpus/vectors") if "input" in case}
    of_replies = ("hunt-malformed-reply-", "hunt-leaked-", "hunt-late-")
    for path in sorted(pathlib.Path(findings).glob("hunt-*.json")):
        if path.name.startswith(of_replies):
            continue
        group = json.loads(path.read_text())
        for case in group["cases"]:
            if cause(case) not in published:
                yield path.stem, cause(case), group["about"]


def main(folders):
    for folder in folders:
        found = list(new(folder))
        print(f"{folder}: {len(found)} findings of a cause that no published case has")
        for name, what, about in found:
            print(f"  {name}: {', '.join(str(word) for word in what if word)}\n    {about}")


if __name__ == "__main__":
    main(sys.argv[1:])
