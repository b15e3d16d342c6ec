"""What the commands say to arguments and folders that can't be right: before anything is built, and never with the
status of a find."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import project

PROJECT = project.FUZZ.parent


def told(command, *arguments, fuzz=project.FUZZ):
    """The exit status of a command, and what it says of an error."""
    # Long before it could have built anything, it has to have said so.
    done = subprocess.run([fuzz / command, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr.strip().splitlines()[-1]


class Arguments(unittest.TestCase):
    def test_a_number_that_is_none_or_too_small_is_refused(self):
        for command, *arguments in (
            ("campaign", "--seconds", "0"), ("afl", "--seconds", "0"), ("afl", "--seconds", "-5"),
            ("afl", "--max-len", "0"),
            ("plant", "--repeat", "0"), ("plant", "--repeat", "-1"), ("plant", "--repeat", "x"),
        ):
            status, text = told(command, *arguments)
            self.assertEqual(status, 2, (command, arguments))
            self.assertIn(f"argument {arguments[0]}: invalid positive value: '{arguments[1]}'", text)

    def test_a_first_word_that_is_no_mode_is_a_target(self):
        self.assertRegex(told("campaign", "no-such")[1], "^campaign: no such target: no-such ")
        self.assertRegex(told("campaign", "smoke", "no-such")[1], "^campaign: no such target: no-such ")

    def test_a_bug_that_is_not_there_is_refused(self):
        for mode in ([], ["--stable"], ["--check"]):
            self.assertEqual(told("plant", *mode, "accepts-lf", "no-such"), (2, "plant: no such planted bug: no-such"))

    def test_bugs_are_hunted_or_only_checked(self):
        self.assertIn("not allowed with", told("plant", "--stable", "--check")[1])

    def test_the_summary_takes_nothing_else(self):
        for word in ("smoke", "--jobs=2"):
            status, text = told("campaign", "summary", word)
            self.assertEqual((status, text), (2, "fuzz/campaign: error: summary takes nothing else"))


class Corpora(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        top = Path(folder.name)
        self.seeds, captures, crashes = top / "corpus/fuzz/decode", top / "captures", top / "crashes"
        for place in (self.seeds, captures, crashes):
            place.mkdir(parents=True)
            (place / "one").write_bytes(b"one")
        for name, value in (("TOP", top), ("CAPTURES", captures), ("CRASHES", crashes)):
            patched = mock.patch.object(project, name, value)
            patched.start()
            self.addCleanup(patched.stop)

    def test_inputs_have_to_be_there(self):
        project.check_corpora(["decode"])
        self.assertRaisesRegex(
            project.Trouble, "^corpus/fuzz/other is missing", project.check_corpora, ["decode", "other"]
        )

    def test_each_command_looks_before_it_builds(self):
        with tempfile.TemporaryDirectory() as top:
            # The commands find the top by where they are.
            shutil.copytree(project.FUZZ, Path(top) / "fuzz", symlinks=True, ignore=shutil.ignore_patterns("target"))
            for name in ("Cargo.toml", "benches", "crates", "examples", "src", "tests"):
                (Path(top) / name).symlink_to(PROJECT / name)
            for command in (["campaign", "smoke", "decode"], ["afl", "decode"], ["plant", "accepts-lf"]):
                status, text = told(*command, fuzz=Path(top) / "fuzz")
                self.assertEqual(status, 2, command)
                self.assertRegex(text, f"^{command[0]}: corpus/captures is missing")

    def test_a_note_is_no_input(self):
        for folder in (self.seeds, project.CAPTURES, project.CRASHES):
            (folder / "one").rename(folder / "one.md")
            self.assertRaisesRegex(
                project.Trouble, f"{folder.name} is missing or has no input", project.check_corpora, ["decode"]
            )
            (folder / "one.md").rename(folder / "one")


if __name__ == "__main__":
    unittest.main()
