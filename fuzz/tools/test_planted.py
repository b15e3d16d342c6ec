"""Planted bugs: what a patch has to say, and where it has to fit."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import planted
import project
from planted import Bug, parse
from project import Trouble

HEAD = """A bare LF ends a line.

Fuzz targets: decode reference
Executions: 300,000
Stable tests: --test oracles near_miss

"""
DIFF = """diff --git a/src/line.rs b/src/line.rs
index 123..456 100644
--- a/src/line.rs
+++ b/src/line.rs
@@ -2,4 +2,4 @@ fn one() {
 let first = 1;

-ends_with("\\r\\n")
+ends_with("\\n")
 }
"""
EXPECTED = 'let first = 1;\n\nends_with("\\r\\n")\n}\n'


class Patches(unittest.TestCase):
    def test_the_head_says_what_is_wrong_and_what_finds_it(self):
        bug = parse("lf", HEAD + DIFF)
        tests, places = ("--test", "oracles", "near_miss"), (("src/line.rs", EXPECTED),)
        self.assertEqual(bug, Bug("lf", ("decode", "reference"), 300_000, tests, "A bare LF ends a line.", places))
        self.assertEqual(bug.files(), ["src/line.rs"])

    def test_a_head_that_lacks_something_is_told(self):
        for line in HEAD.strip().splitlines():
            if line:
                what = f"`{line.split(':')[0]}: …`" if ":" in line else "the line that says what is wrong"
                text = HEAD.replace(line, "") + DIFF
                self.assertRaisesRegex(Trouble, f"^fuzz/planted/lf.patch: .*{what}", parse, "lf", text)
        self.assertRaisesRegex(Trouble, "there is no line", parse, "lf", DIFF)

    def test_a_bug_that_no_target_can_see_names_its_stable_tests_alone(self):
        _, targets, executions, tests = HEAD.strip().rsplit("\n", 3)
        bug = parse("lf", f"It is wrong.\n{tests}\n{DIFF}")
        self.assertEqual((bug.targets, bug.tests), ((), ("--test", "oracles", "near_miss")))
        for half in (targets, executions):
            self.assertRaisesRegex(Trouble, "there is no line", parse, "lf", f"It is wrong.\n{half}\n{tests}\n{DIFF}")

    def test_executions_are_a_number_above_zero(self):
        for wrong in ("many", "0", "-1"):
            self.assertRaisesRegex(Trouble, "a number above zero", parse, "lf", HEAD.replace("300,000", wrong) + DIFF)

    def test_a_folder_without_a_patch_is_trouble(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertRaisesRegex(Trouble, "has no patch", planted.bugs, Path(folder))


class Kept(unittest.TestCase):
    def test_every_bug_that_is_kept_can_be_planted(self):
        bugs = planted.bugs()
        self.assertGreaterEqual(len(bugs), 12)
        planted.check(bugs)


class Checked(unittest.TestCase):
    """A patch, and a tree that it fits."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top, self.patches = Path(folder.name) / "top", Path(folder.name) / "patches"
        self.patches.mkdir()
        self.write("src/line.rs", f"fn one() {{\n{EXPECTED}")
        for name, told in (("targets", lambda: ["decode", "reference"]), ("metadata", self.metadata)):
            patched = mock.patch.object(project, name, told)
            patched.start()
            self.addCleanup(patched.stop)

    def metadata(self, _):
        self.write("src/wire/scan.rs", "")
        self.write("tests/oracles.rs", "near_miss: 7")
        library = {"kind": ["lib"], "name": "hanotify", "src_path": str(self.top / "src/lib.rs")}
        test = {"kind": ["test"], "name": "oracles", "src_path": str(self.top / "tests/oracles.rs")}
        self.write("crates/monitor/src/view.rs", "mod tests {\n    fn an_overrun_is_made_up_for() {}\n}\n")
        monitor = {"kind": ["lib"], "name": "hanotify_monitor", "src_path": str(self.top / "crates/monitor/src/lib.rs")}
        return {"packages": [{"name": "hanotify", "targets": [library, test]},
                             {"name": "hanotify-monitor", "targets": [monitor]}]}

    def write(self, name, text):
        (self.top / name).parent.mkdir(parents=True, exist_ok=True)
        (self.top / name).write_text(text)

    def check(self, text=HEAD + DIFF):
        (self.patches / "lf.patch").write_text(text)
        planted.check([parse("lf", text)], self.top, self.patches)

    def refused(self, fault, text=HEAD + DIFF):
        self.assertRaisesRegex(Trouble, f"^fuzz/planted/lf.patch {fault}", self.check, text)

    def test_line_numbers_may_differ(self):
        self.check()
        self.write("src/line.rs", f"//\n//\n//\nfn one() {{\n{EXPECTED}")
        self.check()

    def test_nothing_is_changed(self):
        before = (self.top / "src/line.rs").read_text()
        self.check()
        self.assertEqual((self.top / "src/line.rs").read_text(), before)

    def test_a_patch_that_does_not_apply_is_told_with_its_file(self):
        self.write("src/line.rs", f"fn one() {{\n{EXPECTED.replace('first', 'second')}")
        self.refused("does not apply .*src/line.rs: patch does not apply.*: mend it as fuzz/README.md says")
        self.write("src/line.rs", f"fn one() {{\n{EXPECTED.replace('let', ' let')}")
        self.refused("does not apply .*src/line.rs")
        (self.top / "src/line.rs").unlink()
        self.refused("does not apply .*src/line.rs: No such file")

    def test_a_tree_below_another_repository_is_no_exception(self):
        (self.top.parent / ".git").mkdir()
        for name, text in (("HEAD", "ref: refs/heads/main\n"), ("objects/x", ""), ("refs/x", "")):
            self.write(f"../.git/{name}", text)
        self.write("src/line.rs", "")
        self.refused("does not apply .*src/line.rs")

    def test_every_patch_that_does_not_apply_is_told(self):
        (self.top / "src/line.rs").unlink()
        for name in ("one", "two"):
            (self.patches / f"{name}.patch").write_text(HEAD + DIFF)
        with self.assertRaisesRegex(Trouble, "one.patch does not apply.*\n.*two.patch does not apply"):
            planted.check(planted.bugs(self.patches), self.top, self.patches)

    def test_a_place_that_is_there_twice_is_told(self):
        self.write("src/line.rs", f"fn one() {{\n{EXPECTED}fn two() {{\n{EXPECTED}")
        self.refused("fits more than one place in src/line.rs")

    def test_a_bug_outside_the_library_is_told(self):
        self.write("tests/line.rs", f"fn one() {{\n{EXPECTED}")
        elsewhere = HEAD + DIFF.replace("src/", "tests/")
        self.refused("changes tests/line.rs: a bug is planted in src/ or crates/monitor/src/ alone", elsewhere)

    def test_targets_that_are_not_there_are_told(self):
        self.refused("names the fuzz target no_such", HEAD.replace("decode", "no_such") + DIFF)

    def test_tests_that_are_not_there_are_told(self):
        self.check(HEAD.replace("--test oracles near_miss", "--lib wire::scan") + DIFF)
        named = "-p hanotify-monitor --lib view::tests::an_overrun_is_made_up_for"
        self.check(HEAD.replace("--test oracles near_miss", named) + DIFF)
        for wrong in (
            named.removeprefix("-p hanotify-monitor "), f"{named}_not", "-p hanotify-monitor --test oracles near_miss",
        ):
            self.refused(f"names the stable tests `{wrong}`", HEAD.replace("--test oracles near_miss", wrong) + DIFF)
        for wrong in ("--test no_such near_miss", "--test oracles near", "--lib no_such", "near", "--test oracles"):
            self.refused(f"names the stable tests `{wrong}`", HEAD.replace("--test oracles near_miss", wrong) + DIFF)


if __name__ == "__main__":
    unittest.main()
