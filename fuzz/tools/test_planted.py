"""The list of planted bugs, and the compiler that plants them."""

import os
import subprocess
import unittest

import planted
from planted import Bug, agree, middle, parse, planted_in
from project import FUZZ, Trouble

LIST = """# a comment

accepts-lf | decode differential | 1,000,000 | --test oracles | a bare LF ends a line
"""


class List(unittest.TestCase):
    def test_a_line_is_a_bug(self):
        self.assertEqual(parse(LIST), [Bug("accepts-lf", ("decode", "differential"), 1_000_000, ("--test", "oracles"), "a bare LF ends a line")])

    def test_what_is_no_line_of_the_list_is_told(self):
        for wrong in ("a | b", "a | b | c | d | e", "a | | 1 | d | e", LIST + LIST):
            self.assertRaises(Trouble, parse, wrong)

    def test_the_list_that_is_kept_names_what_the_source_has_and_targets_that_there_are(self):
        bugs = parse(planted.LIST.read_text())
        agree(bugs, planted_in(planted.sources()))
        there = {path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs")}
        self.assertEqual({target for bug in bugs for target in bug.targets} - there, set())
        self.assertGreaterEqual(len(bugs), 12)

    def test_list_and_source_have_to_agree(self):
        source = 'if cfg!(planted_bug = "accepts-lf") {} #[cfg(not(planted_bug="other"))]'
        self.assertEqual(planted_in([source]), {"accepts-lf", "other"})
        agree(parse(LIST), {"accepts-lf"})
        self.assertRaisesRegex(Trouble, "in src/, but not in planted-bugs.txt: other", agree, parse(LIST), {"accepts-lf", "other"})
        self.assertRaisesRegex(Trouble, "listed, but not in src/: accepts-lf", agree, parse(LIST), set())


class Wrapper(unittest.TestCase):
    def arguments(self, *given):
        env = dict(os.environ, PLANTED_BUG="accepts-lf")
        return subprocess.run([planted.WRAPPER, "echo", *given], env=env, check=True, capture_output=True, text=True).stdout.strip()

    def test_the_bug_goes_into_this_crate_alone(self):
        self.assertEqual(self.arguments("--crate-name", "hanotify", "x"), '--crate-name hanotify x --cfg planted_bug="accepts-lf"')
        self.assertNotIn("planted_bug", self.arguments("--crate-name", "hanotify_fuzz", "x"))
        self.assertEqual(self.arguments("--crate-name", "http", "x"), "--crate-name http x")
        self.assertEqual(self.arguments("-vV"), "-vV")


class Runs(unittest.TestCase):
    def test_only_a_target_with_the_mutator_is_also_run_without_it(self):
        self.assertEqual(planted.variants("decode", False), ["knowing", "plain"])
        self.assertEqual(planted.variants("decode", True), ["knowing"])
        self.assertEqual(planted.variants("sinks", False), ["knowing"])

    def test_the_middle_one_counts(self):
        self.assertEqual(middle([{"n": 1}, {"n": 1000}, {"n": 5}], "n"), 5)


if __name__ == "__main__":
    unittest.main()
