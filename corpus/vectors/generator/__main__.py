"""Writes the vector files: python3 corpus/vectors/generator [--check]

With --check it writes nothing, and fails where a file is not, byte for byte, what it would write.
"""

import base64
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import accepted
import connection
import fields
import framing
import host
import identity
import precedence
import start_line

FOLDER = pathlib.Path(__file__).resolve().parents[1]
MODULES = [accepted, start_line, fields, host, framing, identity, connection, precedence]


def files():
    groups = [group for module in MODULES for group in module.groups()]
    ids = [case["id"] for group in groups for case in group.cases]
    twice = {id for id in ids if ids.count(id) > 1}
    assert not twice, f"ids used twice: {sorted(twice)}"
    inputs = {}
    for case in (case for group in groups for case in group.cases):
        key = json.dumps([flat(case["input"]), case.get("with"), case.get("given"), case.get("expand")])
        inputs.setdefault(key, []).append(case["id"])
    same = [ids for ids in inputs.values() if len(ids) > 1]
    assert not same, f"cases with the same input: {same}"
    return {f"{group.name}.json": json.dumps(group.json(), indent=2) + "\n" for group in groups}


def flat(parts):
    """The input's bytes, as text that tells equal inputs from different ones."""
    return "".join(
        part if isinstance(part, str)
        else part["repeat"] * part["times"] if "repeat" in part
        else base64.b64decode(part["base64"]).decode("latin-1")
        for part in parts
    )


def main(arguments):
    made = files()
    found = {path.name for path in FOLDER.glob("*.json")} - {"schema.json"}
    stale = sorted(found - set(made))
    if arguments == ["--check"]:
        stale += [name for name, text in made.items() if name not in found or (FOLDER / name).read_text() != text]
        if stale:
            sys.exit(f"vectors: not what the generator writes: {', '.join(stale)}: run python3 corpus/vectors/generator")
    elif arguments:
        sys.exit(__doc__)
    else:
        for name in stale:
            (FOLDER / name).unlink()
        for name, text in made.items():
            (FOLDER / name).write_text(text)
    cases = [case for text in made.values() for case in json.loads(text)["cases"]]
    accepted_cases = sum(case["verdict"] == "accepted" for case in cases)
    print(f"vectors: {len(cases)} cases in {len(made)} files, {accepted_cases} of them accepted")


main(sys.argv[1:])
