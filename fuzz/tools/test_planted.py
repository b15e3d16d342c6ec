"""The list of planted bugs, and the compiler that plants them."""

import os
import subprocess
import unittest
from unittest import mock

import planted
import process
from planted import Bug, agree, middle, parse, planted_in
from played import Played
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


class Hunts(Played):
    BUG = Bug("a-bug", ("buggy",), 10, ("--test", "oracles"), "what it is")

    def setUp(self):
        super().setUp()
        self.patch(planted, "MOST_SECONDS", 1)

    def hunted(self, name):
        [binary] = self.build("none", [name], False, None).values()
        return planted.hunt(binary, self.BUG, "knowing", 1, process.Stop(), self.top)

    def test_a_target_that_fails_finds_the_bug(self):
        self.assertTrue(self.hunted("buggy")["found"])
        self.assertFalse(self.hunted("calm")["found"])

    def test_a_target_that_is_slow_finds_nothing(self):
        self.assertFalse(self.hunted("buggy-slow")["found"])

    def sound(self, name):
        self.patch(planted.build, "build", lambda _, targets, every, log, *rest: self.build("none", targets, every, log))
        planted.sound_targets([Bug("b", (name,), 10, ("x",), "y")], True, process.Stop(), self.top)

    def test_a_target_that_fails_without_a_bug_is_trouble(self):
        self.sound("calm")
        for name in ("buggy", "buggy-slow"):
            self.assertRaisesRegex(Trouble, f"{name} fails with no bug planted", self.sound, name)

    def test_each_target_is_built_sound(self):
        environments = []
        with mock.patch.object(planted.build, "build", lambda *arguments: environments.append(arguments[6]) or {}):
            planted.sound_targets([self.BUG], True, process.Stop(), self.top)
        self.assertEqual([env["PLANTED_BUG"] for env in environments], ["none"])

    def test_stable_tests_that_fail_without_a_bug_are_trouble(self):
        asked = []

        def fail(bug, tests, log):
            asked.append((bug, tests))
            return tests == ("b",)

        bugs = [Bug(name, ("t",), 1, (tests,), "w") for name, tests in (("x", "a"), ("y", "a"))]
        with mock.patch.object(planted, "stable_tests_fail", fail):
            planted.sound_tests(bugs, process.Stop(), self.top)
            self.assertEqual(asked, [(None, ("a",))])
            with self.assertRaisesRegex(Trouble, "cargo test b fails with no bug planted"):
                planted.sound_tests([Bug("z", ("t",), 1, ("b",), "w")], process.Stop(), self.top)


if __name__ == "__main__":
    unittest.main()
