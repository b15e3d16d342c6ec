"""Audits the servers here, and holds that every fault of the strict one is seen: faults.py HANOTIFY"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import strict

HERE = pathlib.Path(__file__).resolve().parent


def audit(hanotify, server, *arguments):
    """What an audit of a server finds, and its exit status."""
    with tempfile.NamedTemporaryFile() as report:
        command = [hanotify, "audit", "--events", "-", "--spawn", f"exec {server}", "--report", f"json={report.name}"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        if done.returncode > 1:
            raise RuntimeError(f"{server} {arguments}:\n{done.stdout}{done.stderr}")
        return json.load(report), done.returncode


def command(name, fault=""):
    program = "node" if name.endswith(".mjs") else "python3"
    return f"{program} '{HERE / name}' {{socket}} {fault}"


def verdicts(results):
    return {entry["id"]: entry["outcome"] for entry in results["entries"]}


def unseen(hanotify, fault, ids):
    """What is wrong with how a fault is seen, if anything is."""
    # The cases beside them are what a leak is made of, and what is read of all replies.
    beside = ["--select", "state/*"] if ids.startswith("probe/") else []
    try:
        results, _ = audit(hanotify, command("strict.py", fault), "--select", ids, *beside)
    except RuntimeError as error:
        return f"{fault}: {error}"
    seen = {id for id, outcome in verdicts(results).items() if outcome in ("fail", "noted")}
    return None if seen else f"{fault}: nothing of {ids} fails or is noted"


def main(hanotify):
    strict_results, status = audit(hanotify, command("strict.py"))
    failing = [f"{entry['id']}: {entry['why']}" for entry in strict_results["entries"] if entry["outcome"] == "fail"]
    if failing or status != 0:
        sys.exit("the strict server fails:\n" + "\n".join(failing))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda fault: unseen(hanotify, *fault), strict.FAULTS.items()))
    wrong = [said for said in found if said]
    if wrong:
        sys.exit("\n".join(wrong))
    for server, least in [("threaded.py", 200), ("node.mjs", 50)]:
        first, second = (verdicts(audit(hanotify, command(server), "--only-vectors")[0]) for _ in range(2))
        changed = [id for id in first if first[id] != second.get(id)]
        failures = list(first.values()).count("fail")
        if changed or list(first) != list(second) or failures < least:
            sys.exit(f"{server}: {failures} failures; the second audit has another verdict of {changed}")
        print(f"{server}: {failures} of {len(first)} fail, both times the same")
    print(f"{len(strict.FAULTS)} faults of strict.py, each seen; without one it passes")


main(sys.argv[1])
