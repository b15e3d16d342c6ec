"""Hunts on servers with one fault that no single message shows: sequences.py short|long HANOTIFY

It prints for each fault after how many seconds a sequence shows it, and in how few steps. It fails where one is not
found in time, where `--replay` shows nothing on that server, or shows something on one without a fault.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import forgetful

SERVER = pathlib.Path(__file__).resolve().parent / "forgetful.py"
LONGEST = 60
SHORT = ["reorders", "tells-twice", "coalesces"]


def hunt(hanotify, fault, *arguments):
    spawn = f"exec python3 '{SERVER}' {{socket}} {fault}"
    command = [hanotify, "hunt", "--events", "-", "--spawn", spawn, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def replayed(hanotify, fault, path):
    """The exit status of a hunt that sends these sequences alone, and what it said."""
    running = hunt(hanotify, fault, "--replay", path)
    said, _ = running.communicate()
    return running.returncode, said


def found(hanotify, fault, folder):
    """After how many seconds a sequence shows this fault, and its file; `None` if none does."""
    begun = time.monotonic()
    running = hunt(hanotify, fault, "--findings", folder, "--seed", "1", "--for", f"{LONGEST}s")
    pattern, paths = f"hunt-sequence-{forgetful.FAULTS[fault]}-*", []
    while not paths and running.poll() is None:
        time.sleep(0.02)
        # One that was seen once, and never again, shows nothing.
        paths = [path for path in pathlib.Path(folder).glob(pattern) if "did so 0 times" not in path.read_text()]
    seconds = time.monotonic() - begun
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate()
    if not paths:
        print(said, file=sys.stderr)
    return (seconds, paths[0]) if paths else None


def one(hanotify, fault):
    """What is wrong with how this fault is found, if anything is."""
    with tempfile.TemporaryDirectory() as folder:
        shown = found(hanotify, fault, folder)
        if shown is None:
            return f"{fault}: no sequence shows it as {forgetful.FAULTS[fault]} within {LONGEST} s"
        seconds, path = shown
        sequence = json.loads(path.read_text())
        print(f"{fault:<18}{seconds:>8.1f}{len(sequence['messages']):>10}{len(sequence['steps']):>7}", flush=True)
        status, said = replayed(hanotify, fault, path)
        if status != 1:
            return f"{fault}: --replay exits with {status}:\n{path.read_text()}{said}"
        status, said = replayed(hanotify, "none", path)
        return f"{fault}: a server without it fails --replay, too: {said}" if status else None


def main(form, hanotify):
    if form not in ("short", "long"):
        sys.exit("which form: short or long")
    print(f"{'fault':<18}{'seconds':>8}{'messages':>10}{'steps':>7}")
    faults = SHORT if form == "short" else [fault for fault in forgetful.FAULTS if fault != "none"]
    wrong = [complaint for fault in faults if (complaint := one(hanotify, fault))]
    print(f"{len(faults) - len(wrong)} of {len(faults)} found by sequences")
    if wrong:
        sys.exit("\n".join(wrong))


main(*sys.argv[1:])
