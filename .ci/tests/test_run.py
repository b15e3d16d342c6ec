"""`.ci/run`, with steps of the test's own."""

import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

RUN = pathlib.Path(__file__).resolve().parents[1] / "run"
STEPS = """# a comment

one   | says where it is | echo "in $PWD"; cat
one   | a pipe           | echo abc | tr a-c x-z
two   | fails            | echo spoilt >&2; false; echo "never said"
two   | comes after      | touch came-after
three | misses something | exit 2
four  | waits            | touch waiting; sleep 60; touch never
five  | can be stopped   | ! sh -c 'kill -INT $$'
"""


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name).resolve()
        (self.top / ".ci").mkdir()
        shutil.copy(RUN, self.top / ".ci/run")
        (self.top / ".ci/need").write_text("#!/bin/sh\n")
        (self.top / ".ci/need").chmod(0o755)
        (self.top / ".ci/steps").write_text(STEPS)

    def run_it(self, *arguments):
        done = subprocess.run([self.top / ".ci/run", *arguments], capture_output=True, text=True, timeout=60, cwd="/")
        return done.returncode, done.stdout, done.stderr

    def rows(self, text):
        """The lane, the step and the last cell of each row of the table."""
        table = text[text.index("\nlane "):].splitlines()[2:]
        return [tuple(re.split(r"\s{2,}", row.strip())[:2]) for row in table]

    def test_a_lane_runs_its_own_steps_in_the_root_with_no_input(self):
        status, said, _ = self.run_it("one")
        self.assertEqual(status, 0)
        self.assertIn(f"in {self.top}\n", said)
        self.assertIn("xyz\n", said)
        self.assertEqual(self.rows(said)[:2], [("one", "says where it is"), ("one", "a pipe")])
        self.assertEqual(self.rows(said)[2][0], "total")

    def test_a_step_that_fails_is_named_with_its_command_and_ends_the_run(self):
        status, said, errors = self.run_it("one", "two")
        self.assertEqual(status, 1)
        self.assertIn(".ci/run: FAILED (exit 1): two: fails\n", errors)
        self.assertIn('alone:  echo spoilt >&2; false; echo "never said"\n', errors)
        self.assertIn(".ci/run two\n", errors)
        self.assertNotIn("never said\n", said)
        self.assertFalse((self.top / "came-after").exists())
        self.assertEqual([step for _, step in self.rows(said)[:3]], ["says where it is", "a pipe", "fails"])

    def test_without_a_lane_every_lane_is_run(self):
        status, said, _ = self.run_it()
        self.assertEqual((status, len(self.rows(said))), (1, 4))

    def test_something_missing_is_told_from_a_failure(self):
        self.assertEqual(self.run_it("three")[0], 2)

    def test_an_unknown_lane_is_refused_before_anything_is_run(self):
        status, said, errors = self.run_it("one", "six")
        self.assertEqual((status, said), (2, ""))
        self.assertIn("lanes: one two three four five\n", errors)

    def test_steps_heed_signals_that_whoever_runs_them_ignores(self):
        run = ["sh", "-c", 'trap "" INT QUIT; exec "$0" five', self.top / ".ci/run"]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_list_has_every_step(self):
        status, said, _ = self.run_it("--list")
        self.assertEqual((status, len(said.splitlines())), (0, 7))
        self.assertRegex(said, r"(?m)^one +\| a pipe +\| echo abc \| tr a-c x-z$")

    def test_a_signal_ends_the_step_too_and_the_table_tells(self):
        started = subprocess.Popen([self.top / ".ci/run", "four"], stdout=subprocess.PIPE, text=True, cwd="/")
        while not (self.top / "waiting").exists():
            time.sleep(0.01)
        started.send_signal(signal.SIGTERM)
        # Its output ends with the last process that has it.
        said = started.communicate(timeout=20)[0]
        self.assertEqual((started.returncode, (self.top / "never").exists()), (143, False))
        self.assertRegex(said, r"(?m)^four +waits +\d:\d\d stopped$")


if __name__ == "__main__":
    unittest.main()
