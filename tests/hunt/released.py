"""Hunts on the servers of released Neutron agents: released.py HANOTIFY NAME=PYTHON…

It prints which kinds of refusal the published cases fail there, how soon a hunt finds each of them without the cases,
and what it finds of which no published case has the cause. It fails where one is not found again.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import causes

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = ROOT / "tests/audit/neutron/agent.py"
SECONDS = 300
WAYS = "acted-on|answered-200|lost|no-event|other-event|many-events|no-reply|malformed-reply|leaked|late|broken"


def command(hanotify, what, python, folder):
    path = pathlib.Path(folder, what)
    path.mkdir()
    spawn = f"exec '{python}' -W ignore '{AGENT}' '{path}'"
    return [hanotify, what, "--socket", f"{path}/keepalived-state-change", "--events", "-", "--spawn", spawn]


def published(hanotify, python, folder):
    """The kinds of refusal that the published cases fail, or that are noted."""
    report = pathlib.Path(folder, "report")
    asked = command(hanotify, "audit", python, folder) + ["--only-vectors", "--report", f"json={report}"]
    subprocess.run(asked, stdout=subprocess.DEVNULL)
    entries = json.loads(report.read_text())["entries"]
    entries = [entry for entry in entries if entry["kind"] == "vector"]
    seen = [entry["expected"] for entry in entries if entry["outcome"] in ("fail", "noted")]
    return {found[1] for expected in seen if (found := re.search(r"\((.*)\), and no event", expected))}


def hunted(hanotify, python, folder):
    """After how many seconds of a hunt each kind was found first, and the hunt's last lines."""
    findings = pathlib.Path(folder, "findings")
    asked = command(hanotify, "hunt", python, folder)
    asked += ["--without-vectors", "--seed", "1", "--for", f"{SECONDS}s", "--findings", str(findings)]
    begun = pathlib.Path(folder, "begun")
    begun.touch()
    done = subprocess.run(asked, capture_output=True, text=True)
    soonest = {}
    for path in findings.glob("*.http"):
        named = re.match(f"hunt-(.*?)-(?:{WAYS})-[0-9a-f]{{8}}", path.name)
        kind = named[1] if named else "any reply"
        seconds = path.stat().st_mtime - begun.stat().st_mtime
        soonest[kind] = min(soonest.get(kind, seconds), seconds)
    return soonest, done.stdout.splitlines()


def main(hanotify, *releases):
    lost = []
    for name, python in (release.split("=", 1) for release in releases):
        with tempfile.TemporaryDirectory() as folder:
            wanted = published(hanotify, python, folder)
            soonest, said = hunted(hanotify, python, folder)
            unpublished = list(causes.new(pathlib.Path(folder, "findings")))
        verdict = next((line for line in said if "finding" in line), "nothing found")
        sent = next((line for line in said if "sent again" in line), "")
        again = sorted(soonest[kind] for kind in wanted & soonest.keys())
        print(f"{name}: {verdict}")
        print(f"  {sent}")
        print(f"  {len(again)} of {len(wanted)} kinds that published cases fail are found again without them")
        if again:
            print(f"  half of them within {again[len(again) // 2]:.0f} s, the last after {again[-1]:.0f} s", flush=True)
        print(f"  {len(unpublished)} findings are of a cause that no published case has", flush=True)
        for finding, cause, about in unpublished:
            print(f"    {finding}: {', '.join(str(word) for word in cause if word)}: {about}", flush=True)
        lost += [f"{name}: {kind} is not found" for kind in sorted(wanted - soonest.keys())]
    if lost:
        sys.exit("\n".join(lost))


main(*sys.argv[1:])
