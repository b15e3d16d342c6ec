"""The command `neutron-l3-agent-hanotify`."""

import os
import pathlib
import sys


def main():
    """Becomes a command by the name of Neutron's own, with the same options of Python."""
    command = pathlib.Path(__file__).parent / "bin" / "neutron-l3-agent"
    # Python 3.9 does not say with which options it was started.
    started = getattr(sys, "orig_argv", [sys.executable, *sys.argv])
    options = started[1 : len(started) - len(sys.argv)]
    os.execv(sys.executable, [sys.executable, *options, str(command), *sys.argv[1:]])
