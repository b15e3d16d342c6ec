"""`.ci/run --list` and CONTRIBUTING.md list the same, and leave out nothing that can be run."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
# What others call, and what nobody calls by itself.
PARTS = re.compile(r"^(\.ci|\.clusterfuzzlite|contrib/github-action|fuzz/tools)/|^fuzz/oss-fuzz/build\.sh$")


def table(header):
    """The cells of the rows under this header."""
    lines = PAGE.split(f"\n{header}\n", 1)[1].splitlines()[1:]
    rows = lines[: next(index for index, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def steps():
    listed = subprocess.check_output([ROOT / ".ci/run", "--list"], text=True)
    return [[cell.strip() for cell in line.split("|")] for line in listed.splitlines()]


class List(unittest.TestCase):
    def test_the_page_has_the_steps_in_their_order(self):
        stated = [[lane, what, alone.strip("`")] for lane, what, alone, _ in table("| lane | step | alone | longer |")]
        self.assertEqual(stated, steps())

    def test_the_lanes_are_those_that_workflows_call(self):
        lanes = list(dict.fromkeys(lane for lane, _, _ in steps()))
        self.assertEqual(lanes, ["quick", "test", "mutants", "fuzz", "system", "bench"])

    def test_every_script_that_can_be_run_is_in_the_page(self):
        listed = subprocess.check_output(["git", "ls-files", "--stage"], cwd=ROOT, text=True).splitlines()
        scripts = [line.split("\t")[1] for line in listed if line.startswith("100755")]
        stated = re.findall(r"`([^`]+)`", PAGE)
        named = {word for text in stated for word in text.split()}
        self.assertEqual([name for name in scripts if not PARTS.match(name) and name not in named], [])

    def test_every_script_in_a_command_is_there(self):
        words = [word for _, _, command in steps() for word in command.split() if "/" in word]
        gone = [word for word in words if not re.match("(fuzz/)?target(/|$)", word) and not (ROOT / word).exists()]
        self.assertEqual(gone, [])


if __name__ == "__main__":
    unittest.main()
