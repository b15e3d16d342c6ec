"""One scenario for each promise of a monitor: run with hanotify's and with Neutron's.

    scenarios.py --folder FOLDER [--only NAME] NAME=PROGRAM...
"""

import argparse
import signal
import subprocess
import sys

# Each of these adds its scenarios.
import alone  # noqa: F401
import conntrackd  # noqa: F401
import keeping  # noqa: F401
import kernel  # noqa: F401
import living  # noqa: F401
import locks  # noqa: F401
import many  # noqa: F401
import owners  # noqa: F401
import seen  # noqa: F401
import telling  # noqa: F401
from host import Failed, Host
from promises import SCENARIOS


def play(function, folder, name, program):
    """None where the monitor does what the scenario is about, or why not."""
    host = Host(folder, name, program)
    try:
        function(host)
    except (Failed, subprocess.TimeoutExpired) as failed:
        return f"{failed}" + (f"\n{host.log()[-2000:]}" if host.is_hanotify else "")
    finally:
        host.close()
    return None


def main():
    # What was made is removed then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("monitors", nargs="+")
    args = parser.parse_args()
    monitors = [monitor.split("=", 1) for monitor in args.monitors]
    rows, faults = [], []
    for promise, only_hanotify, function in SCENARIOS:
        if args.only not in function.__name__:
            continue
        row = []
        for name, program in monitors:
            if only_hanotify and name != "hanotify":
                row.append("–")
                continue
            why = play(function, args.folder, name, program)
            row.append("no" if why else "yes")
            print(f"{'FAILED' if why else 'ok'}: {name}: {function.__name__}{f': {why}' if why else ''}", flush=True)
            if why and name == "hanotify":
                faults.append(function.__name__)
        rows.append((promise, row, only_hanotify))
    if len(monitors) > 1:
        print(f"\n| | {' | '.join(name for name, _ in monitors)} |\n|---{'|---' * len(monitors)}|")
        # What only hanotify has a form for compares nothing.
        for promise, row, _ in (row for row in rows if not row[2]):
            print(f"| {promise} | {' | '.join(row)} |")
    print(f"{len(rows) - len(faults)} passed, {len(faults)} failed")
    sys.exit(bool(faults) or not rows)


if __name__ == "__main__":
    main()
