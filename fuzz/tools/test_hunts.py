"""How planted bugs are hunted, and shown to the stable tests."""

import unittest

import hunts
import process
import project
from planted import Bug
from played import Played
from project import Trouble


class Runs(unittest.TestCase):
    def test_only_a_target_with_the_mutator_is_also_run_without_it(self):
        self.assertEqual(hunts.variants("decode", False), ["knowing", "plain"])
        self.assertEqual(hunts.variants("decode", True), ["knowing"])
        self.assertEqual(hunts.variants("sinks", False), ["knowing"])

    def test_the_middle_one_counts(self):
        self.assertEqual(hunts.middle([{"n": 1}, {"n": 1000}, {"n": 5}], "n"), 5)


class Copy:
    """Plays the copy of the tree: keeps what was planted."""

    def __init__(self, top):
        self.place, self.planted = top / "tree", []
        self.place.mkdir()

    def plant(self, bug):
        self.planted.append(bug)


class Hunts(Played):
    BUG = Bug("a-bug", ("buggy",), 10, ("--test", "oracles"), "what it is")

    def setUp(self):
        super().setUp()
        self.patch(hunts, "MOST_SECONDS", 1)
        self.copy = Copy(self.top)

    def hunted(self, name):
        [binary] = self.build("none", [name], False, None).values()
        return hunts.hunt(binary, self.BUG, "knowing", 1, process.Stop(), self.top)

    def test_a_target_that_fails_finds_the_bug(self):
        self.assertTrue(self.hunted("buggy")["found"])
        self.assertFalse(self.hunted("calm")["found"])

    def test_a_target_that_is_slow_finds_nothing(self):
        self.assertFalse(self.hunted("buggy-slow")["found"])

    def sound(self, name):
        self.patch(hunts.build, "build", lambda _, targets, every, log, *rest: self.build("none", targets, every, log))
        hunts.sound_targets([Bug("b", (name,), 10, ("x",), "y")], True, self.copy, process.Stop(), self.top)

    def test_a_target_that_fails_without_a_bug_is_trouble(self):
        self.sound("calm")
        for name in ("buggy", "buggy-slow"):
            self.assertRaisesRegex(Trouble, f"{name} fails with no bug planted", self.sound, name)
        self.assertEqual(self.copy.planted, [None] * 3)

    def test_what_is_built_is_the_copy_with_the_bug_in_it(self):
        tops = []
        self.patch(hunts.build, "build", lambda *given: tops.append(given[6]) or {})
        hunts.build_targets(self.BUG, self.BUG.targets, self.copy, self.top / "log")
        self.assertEqual((self.copy.planted, tops), ([self.BUG], [self.copy.place]))

    def test_the_oracles_that_are_not_optimized_are_a_package(self):
        self.assertIn(project.ORACLES, [package["name"] for package in project.metadata(project.TOP)["packages"]])


class StableTests(Played):
    """`cargo test`, played by a script."""

    BUG = Bug("a-bug", ("t",), 1, ("--test", "oracles"), "what it is")

    def setUp(self):
        super().setUp()
        self.copy = Copy(self.top)

    def play(self, output, status):
        script = self.top / "cargo"
        script.write_text(f"#!/bin/sh\nprintf '{output}'\nexit {status}\n")
        script.chmod(0o755)
        self.patch(hunts, "STABLE_TESTS", (str(script),))

    def found(self):
        return hunts.stable_tests_fail(self.BUG, self.copy, self.top / "log")

    def test_a_test_that_fails_finds_the_bug(self):
        self.play("running 1 test\\ntest result: FAILED\\n", 101)
        self.assertTrue(self.found())
        self.assertEqual(self.copy.planted, [self.BUG])
        self.play("running 1 test\\ntest result: ok\\n", 0)
        self.assertFalse(self.found())

    def test_a_build_that_fails_finds_nothing(self):
        self.play("error: mismatched types\\n", 101)
        self.assertRaisesRegex(Trouble, "--test oracles runs no test: see .*log", self.found)

    def test_a_name_that_no_test_has_is_trouble(self):
        self.play("running 0 tests\\ntest result: ok\\n", 0)
        self.assertRaisesRegex(Trouble, "runs no test", self.found)

    def test_tests_that_fail_without_a_bug_are_trouble_and_are_run_once(self):
        asked = []

        def fail(tests, copy, log):
            asked.append((copy.planted[-1], tests))
            return tests == ("b",)

        self.patch(hunts, "tests_fail", fail)
        bugs = [Bug(name, ("t",), 1, (tests,), "w") for name, tests in (("x", "a"), ("y", "a"))]
        hunts.sound_tests(bugs, self.copy, process.Stop(), self.top)
        self.assertEqual(asked, [(None, ("a",))])
        with self.assertRaisesRegex(Trouble, "cargo test b fails with no bug planted"):
            hunts.sound_tests([Bug("z", ("t",), 1, ("b",), "w")], self.copy, process.Stop(), self.top)


if __name__ == "__main__":
    unittest.main()
