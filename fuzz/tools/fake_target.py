#!/usr/bin/env python3
"""Stands in for a fuzz target in the tests: says what libFuzzer says, and fails at inputs that contain `bug`."""

import base64
import hashlib
import pathlib
import signal
import sys
import time

name = pathlib.Path(sys.argv[0]).name
flags = dict(argument[1:].split("=", 1) for argument in sys.argv[1:] if argument.startswith("-"))
places = [pathlib.Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
inputs = [
    file for place in places for file in (sorted(place.iterdir()) if place.is_dir() else [place])
    if file.suffix != ".md"
]


def say(line):
    print(line, file=sys.stderr, flush=True)


def leave(data):
    if "artifact_prefix" in flags:
        kind = "timeout" if "slow" in name else "crash"
        path = f"{flags['artifact_prefix']}{kind}-{hashlib.sha1(data).hexdigest()}"
        # A full disk does not keep libFuzzer from announcing what it could not write.
        if "full-disk" not in name:
            pathlib.Path(path).write_bytes(data)
        say(f"artifact_prefix='{flags['artifact_prefix']}'; Test unit written to {path}")
        if "large" not in name:
            say(f"Base64: {base64.b64encode(data).decode()}")


def fail(data):
    line, what = (4, "another place") if "elsewhere" in name and data == b"bug" else (3, "the bug")
    if "otherwise" in name and data == b"bug":
        what = "another bug"
    say(f"thread '<unnamed>' (1) panicked at src/lib.rs:{line}:5:\n{what}")
    leave(data)
    say("stat::number_of_executed_units: 7")
    sys.exit(77)


def merge():
    """As libFuzzer does: leaves out what fails, and ends with 0 whatever happened."""
    if "unquoted" in name:
        say("sh: 1: not found\nMERGE-OUTER: attempt 1")
        say("MERGE-OUTER: 0 new files with 0 new features added; 0 new coverage edges")
        sys.exit(0)
    known = {file.read_bytes() for file in places[0].iterdir()}
    new = [data for file in inputs if (data := file.read_bytes()) not in known]
    failing = [data for data in new if b"bug" in data or b"heisen" in data]
    for data in failing:
        leave(data)
    say(f"MERGE-OUTER: successful in {len(failing) + 1} attempt(s)")
    say(f"MERGE-OUTER: {len(new) - len(failing)} new files with {len(new)} new features added; 1 new coverage edges")
    for data in new if "unwritten" not in name else []:
        if data not in failing:
            (places[0] / hashlib.sha1(data).hexdigest()).write_bytes(data[:0] if "truncated" in name else data)
    sys.exit(0)


def interrupted(*_):
    say("stat::number_of_executed_units: 9")
    sys.exit(72)


signal.signal(signal.SIGINT, interrupted)
if "minimize_crash" in flags:
    pathlib.Path(flags["exact_artifact_path"]).write_bytes(b"bug")
    sys.exit(0)
if "set_cover_merge" in flags:
    merge()
if flags.get("runs") == "0" and "broken" in name:
    sys.exit(3)
if flags.get("runs") == "0" and "hanging" in name:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(30)
for file in inputs:
    if b"bug" in file.read_bytes():
        fail(file.read_bytes())
if "max_total_time" in flags:
    say("#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 1Mb")
    (places[0] / hashlib.sha1(b"new").hexdigest()).write_bytes(b"new")
    say("#5\tNEW    cov: 5 ft: 6 corp: 2/4b exec/s: 0 rss: 1Mb")
    if "buggy" in name:
        fail(b"a large bug")
    time.sleep(int(flags["max_total_time"]) / 10)
say("stat::number_of_executed_units: 9")
