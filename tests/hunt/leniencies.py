"""Hunts on a strict server with one leniency at a time, and on `hanotify serve`: leniencies.py FORM HANOTIFY

The form is short, long, or rates: how many messages a hunt sends `hanotify serve`, and `burst` beside it.
"""

import json
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import havoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRICT = ROOT / "tests/audit/servers/strict.py"
# How long one hunt may take, by when half of them are over, and how much larger a message may be than the smallest.
LONGEST, MEDIAN, LARGER = 60, 5, 1.2
# The length of the smallest valid message: `GET`, one letter for a host, and the shortest state.
BASE = len("GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-Router-Id:\r\nX-Neutron-State:fault\r\n\r\n") + 36
# The leniencies by their names in strict_faults.py, each with the bytes that the smallest message has more, and what
# they are.
SMALLEST = {
    "accepts-lf": (-5, "each CR LF is LF"),
    "folds-lines": (3, "CR LF SP before a value"),
    "nul": (5, "a field A:NUL"),
    "cuts-at-nul": (1, "NUL behind a value"),
    "trims-nbsp": (1, "one behind a value"),
    "unicode-digits": (1, "one digit of two bytes"),
    "percent-decodes": (2, "one byte of a value as %66"),
    "joins-ids": (3, "a list of the id and a letter"),
    "first-id-wins": (22, "an empty id more"),
    "last-state-wins": (18, "an empty state more"),
    "length-sign": (19, "Content-Length:+0"),
    "length-zeros": (19, "Content-Length:00"),
    "chunked": (20, "Transfer-Encoding:"),
    "te-beside-length": (38, "the same and Content-Length:0"),
    "upper-state": (0, "Fault"),
    "id-prefix": (1, "a digit more"),
    "upper-id": (0, "a letter in upper case"),
    "braces": (1, "one brace"),
    "urn": (9, "urn:uuid: before the id"),
    "no-dashes": (-4, "no dash"),
    "reads-once": (0, "in two pieces"),
    "reads-4096-once": (4097 - BASE, "a byte more than it reads"),
    "second-message": (BASE, "the message twice"),
    "empty-line-first": (2, "CR LF first"),
    "many-spaces": (1, "a space more"),
    "tabs": (0, "a tab in the place of a space"),
    "space-before-colon": (1, "a space more"),
    "underscore-is-dash": (0, "_ in the place of -"),
    "no-field-limit": (1025, "a field of 1,025 bytes"),
    "no-count-limit": (120, "thirty fields A:"),
}
# A message that shows it by another rule, where that is found first: the rule, and the bytes that it has more.
OTHERWISE = {name: ("head-too-long", 8193 - BASE) for name in ("no-field-limit", "accepts-lf")}
SHORT = ["nul", "joins-ids", "trims-nbsp", "upper-state", "reads-once", "chunked"]


def hunt(hanotify, server, folder, *arguments):
    command = [hanotify, "hunt", "--events", "-", "--spawn", f"exec {server}", "--findings", folder, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def first_finding(hanotify, leniency):
    """After how many seconds a leniency is found, how many bytes show it, and its name; `None` if it isn't found."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        arguments = ["--without-vectors", "--seed", "1", "--for", f"{LONGEST}s"]
        running = hunt(hanotify, f"python3 '{STRICT}' {{socket}} {leniency}", folder, *arguments)
        found = []
        while not found and running.poll() is None:
            time.sleep(0.01)
            # It is written behind the vector, if it is one.
            found = [path for path in pathlib.Path(folder).glob("*.http") if path.stat().st_size]
        seconds = time.monotonic() - begun
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate()
        if not found:
            print(said, file=sys.stderr)
            return None
        shown = min(found, key=lambda path: path.stat().st_size)
        return seconds, shown.stat().st_size, shown.name


def all_of(hanotify, names):
    """What is wrong with how these leniencies are found; it prints each."""
    print(f"{'leniency':<20}{'seconds':>8}{'bytes':>7}{'smallest':>9}")
    times, wrong = [], []
    for name in names:
        found = first_finding(hanotify, name)
        if found is None:
            wrong.append(f"{name} is not found within {LONGEST} s")
            continue
        seconds, size, file = found
        rule, more = OTHERWISE.get(name, ("", 0))
        smallest = BASE + (more if rule and file.startswith(f"hunt-{rule}-") else SMALLEST[name][0])
        times.append(seconds)
        print(f"{name:<20}{seconds:>8.1f}{size:>7}{smallest:>9}  {SMALLEST[name][1]}", flush=True)
        if size > LARGER * smallest:
            wrong.append(f"{name} is shown by {size} bytes, and {smallest} would do")
    median = statistics.median(times or [LONGEST])
    print(f"{len(times)} of {len(names)} found, half of them within {median:.1f} s")
    # A machine that is busy has no say in CI.
    return wrong + ([f"half of them take over {MEDIAN} s"] if median > MEDIAN and names is not SHORT else [])


def processor_time():
    """How long the programs that have ended have used a processor, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def on_serve(hanotify, seconds):
    """What is found in `hanotify serve`, which is to be nothing, and the rates, which it prints."""
    before = processor_time()
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report")
        server = f"'{hanotify}' serve --socket {{socket}} --format json --log error"
        running = hunt(hanotify, server, f"{folder}/found", "--for", f"{seconds}s", "--report", f"json={report}")
        said, _ = running.communicate()
        if running.returncode:
            return [f"something is found in `serve`:\n{said}"], None
        results = json.loads(report.read_text())
    used = processor_time() - before
    sent = results["hunt"]["messages"]
    kinds = len(results["hunt"]["kinds"].keys() - {"accepted"})
    rate = sent / results["seconds"]
    print(f"serve: nothing found in {sent:,} messages of {kinds} refusal kinds")
    print(f"       {rate:,.0f} a second; {sent / used:,.0f} for each second of processor time, the server's with it")
    return [], (rate, sent / used)


def burst(hanotify):
    """What is wrong with a burst on the same server, and its rates, which it prints."""
    before = processor_time()
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        command = [hanotify, "serve", "--socket", socket, "--format", "json", "--log", "error"]
        command += ["--output", f"{folder}/events"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(socket) and server.poll() is None:
            time.sleep(0.01)
        begun = time.monotonic()
        asked = [hanotify, "burst", "--socket", socket, "--routers", "2000", "--flaps", "10"]
        # A flap is a backup behind a primary of each router.
        sent = 2_000 * (10 + 1)
        done = subprocess.run(asked, capture_output=True, text=True)
        seconds = time.monotonic() - begun
        server.terminate()
        server.wait()
    if done.returncode:
        return [f"burst: {done.stdout}{done.stderr}"], None
    used = processor_time() - before
    rate, for_each = sent / seconds, sent / used
    print(f"burst: {rate:,.0f} a second on the same server, {for_each:,.0f} for each second of processor time")
    return [], (rate, for_each)


def compared(hanotify, times, seconds):
    """Hunts and bursts in turns: what is wrong. It prints what a hunt does of what a burst does, each by its median."""
    wrong, hunts, bursts = [], [], []
    for _ in range(times):
        for of, made in ((on_serve(hanotify, seconds), hunts), (burst(hanotify), bursts)):
            wrong += of[0]
            made += [of[1]] if of[1] else []
    if not wrong:
        by_time, by_use = (
            statistics.median(one[at] for one in hunts) / statistics.median(one[at] for one in bursts) for at in (0, 1)
        )
        print(f"a hunt does {by_time:.2f} of what `burst` does, and {by_use:.2f} for each second of processor time")
    return wrong


def main(form, hanotify):
    if form not in ("short", "long", "rates"):
        sys.exit("which form: short, long or rates")
    if form == "rates":
        sys.exit("\n".join(compared(hanotify, 5, 10)) or None)
    missing = SMALLEST.keys() - havoc.strict.FAULTS.keys()
    if missing:
        sys.exit(f"strict.py has no fault {sorted(missing)}")
    wrong = all_of(hanotify, SHORT if form == "short" else SMALLEST)
    wrong += on_serve(hanotify, 15)[0] if form == "short" else compared(hanotify, 1, 60)
    if form == "long":
        havoc.compare(list(SMALLEST), 60_000)
    if wrong:
        sys.exit("\n".join(wrong))


main(*sys.argv[1:])
