"""Compares the tables of docs/neutron.md, and the sample in README.md, with the audits: page.py REPORTS VENVS [--write]

Without --write it fails where an outcome in the page is not the one found, where the sample is not from the report, or
where hanotify fails anything. Counts and times may differ, as the libraries under the released servers go on.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "neutron.md"
SERVERS = ["neutron-29.0.0", "neutron-24.2.2", "hanotify"]
# The cases that show each weakness, or show that it isn't there.
CASES = {
    "CWE-284": ["probe/socket-mode", "conditions/peer-primary"],
    "CWE-435": ["probe/order", "probe/same-router-at-once", "probe/interleaved"],
    "CWE-664": [
        "missing-field/router-id", "duplicate-field/router-id-other", "router-id/path-tail", "router-id/upper-case"
    ],
    "CWE-682": ["probe/burst"],
    "CWE-691": [
        "missing-field/state", "missing-field/host", "duplicate-field/state-other", "state/capital", "state/unknown",
        "line-ending/lf-injects-state", "smuggling/te-cl"
    ],
    "CWE-693": [
        "splits/curl-post", "truncated/state", "truncations/curl-post", "probe/byte-by-byte", "probe/silence",
        "probe/others-meanwhile", "probe/endless-head"
    ],
    "CWE-703": ["probe/sink-fails", "probe/always-a-reply", "probe/no-traceback", "probe/echo"],
    "CWE-710": ["reply framing", "method/delete", "request-line/version-lower"],
}


def load(reports):
    audits = {name: json.loads((reports / f"{name}.json").read_text()) for name in SERVERS}
    for name, audit in audits.items():
        assert audit["complete"], f"{name}: {audit['ended']}"
    return audits


def entry(audit, case):
    found = [entry for entry in audit["entries"] if entry["id"] == case]
    if case == "reply framing":
        framing = [entry for entry in audit["entries"] if entry["id"].startswith("probe/reply-framing")]
        for outcome in ["fail", "noted"]:
            seen = [entry for entry in framing if entry["outcome"] == outcome]
            if seen:
                return {**seen[0], "why": "; ".join(entry["title"] for entry in seen)}
        return {**framing[0], "why": "replies that RFC 9112 allows"}
    assert found, case
    return found[0]


def words(text):
    text = re.sub(r"[|<>`]", lambda match: {"|": "\\|", "<": "&lt;", ">": "&gt;", "`": "'"}[match[0]], text)
    # Several ids make no cell that can be read.
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{9})?([0-9a-f]{3})", r"…\2", text)


def cell(audit, case):
    found = entry(audit, case)
    return f"{found['outcome'].replace('-', ' ')}: {words(found['why'])}"


def finding_table(audits):
    lines = ["| weakness | case | " + " | ".join(SERVERS) + " |", "|---|---|---|---|---|"]
    for cwe, cases in CASES.items():
        for case in cases:
            lines.append(f"| {cwe} | `{case}` | " + " | ".join(cell(audits[name], case) for name in SERVERS) + " |")
    return "\n".join(lines)


def count_table(audits):
    lines = ["| weakness | " + " | ".join(SERVERS) + " |", "|---|---|---|---|"]
    for cwe in CASES:
        counts = []
        for name in SERVERS:
            outcomes = [entry["outcome"] for entry in audits[name]["entries"] if entry["cwe"] == cwe]
            kinds = [("pass", "pass"), ("fail", "fail"), ("noted", "noted"), ("not-seen", "not seen")]
            counts.append(", ".join(f"{outcomes.count(key)} {word}" for key, word in kinds if key in outcomes))
        lines.append(f"| {cwe} | " + " | ".join(counts) + " |")
    return "\n".join(lines)


def umask_table(reports):
    found = dict(line.split(" ", 1) for line in (reports / "umask").read_text().splitlines())
    lines = ["| server | mode of the socket | the other user's notification |", "|---|---|---|"]
    for name in [*SERVERS, "hanotify-0666"]:
        status, mode = found[name].split()
        said = {"000": "can't connect", "200": "taken (200)", "403": "refused (403)"}[status]
        label = "hanotify, `--socket-mode 0666`" if name == "hanotify-0666" else name
        lines.append(f"| {label} | 0{mode} | {said} |")
    return "\n".join(lines)


def versions(venvs, audits):
    lines = ["| what | version |", "|---|---|", f"| hanotify | {audits['hanotify']['hanotify']} |",
             f"| date | {audits['hanotify']['started_at'][:10]} |"]
    for release, packages in [("29.0.0", ["neutron", "WebOb"]), ("24.2.2", ["neutron", "eventlet", "WebOb"])]:
        script = (
            "import importlib.metadata as m, platform, sys; "
            "print('Python', platform.python_version(), *(f'{p} {m.version(p)}' for p in sys.argv[1:]), sep=', ')"
        )
        python = venvs / f"neutron-{release}" / "bin" / "python"
        said = subprocess.check_output([python, "-c", script, *packages], text=True)
        lines.append(f"| neutron-{release} | {said.strip().replace('Python, ', 'Python ')} |")
    cpus = subprocess.check_output(["nproc"], text=True).strip()
    kernel = ".".join(subprocess.check_output(["uname", "-r"], text=True).split(".")[:2])
    lines.append(f"| machine | Linux {kernel}, {cpus} CPUs |")
    return "\n".join(lines)


def outcomes(table):
    """The table with nothing but the outcome in each cell."""
    return [re.sub(r"(pass|fail|noted|not seen): [^|]*(\\\|[^|]*)*", r"\1", line) for line in table.splitlines()]


def section(text, name):
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.S)
    assert match, f"the page has no place for {name}"
    return match


def not_in_report(sample, report):
    """The first line of the README's sample that the report doesn't have, in this order; `…` stands for lines left
    out."""
    masked = (re.sub(r"[0-9]+(\.[0-9]+)?", "0", line) for line in report.splitlines())
    # Numbers may have another width.
    blank = lambda line: re.sub(r" +", " ", line)
    rest = iter([blank(line) for line in masked])
    for line in sample.splitlines():
        wanted = blank(re.sub(r"[0-9]+(\.[0-9]+)?", "0", line))
        if line != "…" and not line.startswith("```") and wanted not in rest:
            return line
    return None


def main(reports, venvs, *options):
    reports, venvs = pathlib.Path(reports), pathlib.Path(venvs)
    audits = load(reports)
    failing = [entry["id"] for entry in audits["hanotify"]["entries"] if entry["outcome"] in ("fail", "noted")]
    if failing:
        sys.exit(f"neutron: hanotify fails: {', '.join(failing)}")
    tables = {"findings": finding_table(audits), "counts": count_table(audits), "versions": versions(venvs, audits)}
    if (reports / "umask").exists():
        tables["umask"] = umask_table(reports)
    text = PAGE.read_text()
    if options == ("--write",):
        for name, table in tables.items():
            match = section(text, name)
            text = text[: match.start(1)] + table + "\n" + text[match.end(1) :]
        PAGE.write_text(text)
        print(f"neutron: wrote {len(tables)} tables")
        return
    stale = []
    wrong = not_in_report(
        section((ROOT / "README.md").read_text(), "audit")[1], (reports / "neutron-29.0.0.txt").read_text()
    )
    if wrong is not None:
        sys.exit(f"neutron: README.md shows a line that the report of neutron-29.0.0 doesn't have: {wrong}")
    for name in ("findings", "umask"):
        if name in tables:
            stated = outcomes(section(text, name)[1])
            stale += [f"{name}: {line}" for line in outcomes(tables[name]) if line not in stated]
    if stale:
        said = "docs/neutron.md states something else than what is found; tests/audit/neutron/run --write writes it"
        sys.exit(f"neutron: {said}:\n" + "\n".join(stale))
    print(f"{sum(len(cases) for cases in CASES.values()) + 5} passed, 0 failed")


main(*sys.argv[1:])
