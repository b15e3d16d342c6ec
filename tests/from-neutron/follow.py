"""Runs the commands of a page in one shell, and compares their output with the page's: follow.py PAGE DIRECTORY

A line `$ command` in a console block is run; the lines under it are what it prints, where `…` stands for anything. A
Python block whose first line is `# path` is written to that path. A command that only looks is repeated for a while, as
a person would do, because what it waits for happens in other processes. """

import pathlib
import re
import subprocess
import sys
import time

PATIENCE = 20
LOOKS = ("tail ", "ip netns pids ")
END = "end-of-command"


def steps(page):
    """What the page does, in its order: ("file", path, text) or ("run", command, output)."""
    found = []
    for kind, text in re.findall(r"^```(console|python)\n(.*?)^```$", page, re.S | re.M):
        if kind == "python":
            found.append(("file", text.split("\n", 1)[0].removeprefix("# "), text))
            continue
        for command in re.split(r"^\$ ", text, flags=re.M)[1:]:
            line, _, output = command.partition("\n")
            found.append(("run", line, output))
    return found


def matches(shown, printed):
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), printed) is not None


class Shell:
    """A shell that lives as long as the page: its background jobs go on."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    def run(self, command):
        """What the command prints, and its exit code."""
        self.process.stdin.write(f"{command}\nprintf '%s %s\\n' {END} $?\n")
        self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            before, mark, code = line.rpartition(f"{END} ")
            if mark:
                return printed + before, int(code)
            printed += line
        sys.exit(f"follow: the shell ended at: {command}\n{printed}")


def follow(shell, command, shown):
    until = time.monotonic() + PATIENCE
    while True:
        printed, code = shell.run(command)
        if code == 0 and matches(shown, printed):
            time.sleep(0.2)  # A process that is seen may still have to open what it watches.
            return
        if not command.startswith(LOOKS) or time.monotonic() > until:
            sys.exit(f"follow: $ {command}\nends with {code} and prints\n{printed}\nbut the page shows\n{shown}")
        time.sleep(0.1)


def main(page, folder):
    shell = Shell(folder)
    commands = 0
    for kind, name, text in steps(pathlib.Path(page).read_text()):
        if kind == "file":
            pathlib.Path(folder, name).write_text(text)
            continue
        follow(shell, name, text)
        commands += 1
    if commands < 20:
        sys.exit(f"follow: only {commands} commands in {page}")
    print(f"{commands} passed, 0 failed")


main(*sys.argv[1:])
