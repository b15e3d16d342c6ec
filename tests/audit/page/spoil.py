"""Makes a worse audit of a good one: spoil.py GOOD BAD. What it says is markup wherever it can be."""

import json
import sys

good, bad = sys.argv[1:]
audit = json.load(open(good))
nasty = "</script><img src=x onerror='document.title=1'>\u001b[31m"
audit["name"] = f"bad {nasty}"
audit["complete"], audit["ended"] = False, nasty
for at, entry in enumerate(audit["entries"]):
    if entry["cwe"] == "CWE-664":
        entry["outcome"] = "fail"
    if at % 10 == 0:
        entry["outcome"] = "noted"
    for key in ("why", "sent", "answer", "risk", "title"):
        entry[key] += nasty
    entry["events"] = [nasty]
# One server was not asked everything.
del audit["entries"][-20:]
json.dump(audit, open(bad, "w"))
