"""The copy of the tree in which bugs are planted."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import planted
from planted import Bug
from project import Trouble
from tree import Tree

PATCH = """diff --git a/src/line.rs b/src/line.rs
--- a/src/line.rs
+++ b/src/line.rs
@@ -1 +1 @@
-sound
+buggy
"""


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top, self.patches = Path(folder.name) / "top", Path(folder.name) / "patches"
        self.place = self.top / "target/place"
        self.patches.mkdir()
        for name, text in ((".gitignore", "/target/\n"), ("src/line.rs", "sound\n"), ("run", "#!\n"), ("gone", "")):
            self.write(self.top, name, text)
        (self.top / "run").chmod(0o755)
        (self.top / "link").symlink_to("src")
        git = ["git", "-C", self.top, "-c", "core.excludesFile="]
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        apply = planted.apply
        self.patch(planted, "apply", lambda name, tree: apply(name, tree, folder=self.patches))

    def patch(self, module, name, value):
        patched = mock.patch.object(module, name, value)
        patched.start()
        self.addCleanup(patched.stop)

    def write(self, top, name, text):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)

    def bug(self, name, diff=PATCH):
        self.write(self.patches, f"{name}.patch", diff)
        return Bug(name, ("t",), 1, ("x",), "w", (("src/line.rs", "sound\n"),))

    def line(self):
        return (self.place / "src/line.rs").read_text()

    def test_what_git_has_is_copied_as_it_is_now(self):
        self.write(self.top, "src/line.rs", "changed\n")
        self.write(self.top, "src/new.rs", "new\n")
        self.write(self.top, "target/built", "")
        (self.top / "gone").unlink()
        Tree(self.place, self.top)
        self.assertEqual(sorted(os.listdir(self.place)), [".gitignore", "link", "run", "src"])
        self.assertEqual((self.line(), (self.place / "src/new.rs").read_text()), ("changed\n", "new\n"))
        self.assertTrue(os.access(self.place / "run", os.X_OK))
        self.assertEqual(os.readlink(self.place / "link"), "src")

    def test_a_bug_is_in_the_copy_alone_and_only_until_the_next(self):
        tree = Tree(self.place, self.top)
        tree.plant(self.bug("a"))
        self.assertEqual((self.line(), (self.top / "src/line.rs").read_text()), ("buggy\n", "sound\n"))
        tree.plant(self.bug("b", PATCH.replace("buggy", "worse")))
        self.assertEqual(self.line(), "worse\n")
        tree.plant(None)
        self.assertEqual(self.line(), "sound\n")

    def test_what_a_run_has_left_is_gone_with_the_next_bug(self):
        tree = Tree(self.place, self.top)
        self.write(self.place, "proptest-regressions/line.txt", "found")
        tree.plant(None)
        self.assertEqual(sorted(os.listdir(self.place)), [".gitignore", "gone", "link", "run", "src"])

    def test_what_is_changed_meanwhile_is_not_in_the_copy(self):
        tree = Tree(self.place, self.top)
        self.write(self.top, "src/line.rs", "changed\n")
        tree.plant(None)
        self.assertEqual(self.line(), "sound\n")

    def test_only_what_differs_is_written(self):
        tree = Tree(self.place, self.top)
        os.utime(self.place / "run", (0, 0))
        os.utime(self.place / "src/line.rs", (0, 0))
        tree.plant(self.bug("a"))
        tree.plant(None)
        Tree(self.place, self.top)
        self.assertEqual((self.place / "run").stat().st_mtime, 0)
        # Cargo has to see that what it has built is of a bug.
        self.assertGreater((self.place / "src/line.rs").stat().st_mtime, 0)

    def test_a_copy_from_an_earlier_run_is_made_good(self):
        Tree(self.place, self.top).plant(self.bug("a"))
        Tree(self.place, self.top)
        self.assertEqual(self.line(), "sound\n")

    def test_a_patch_that_does_not_apply_is_trouble(self):
        tree, bug = Tree(self.place, self.top), self.bug("a", PATCH.replace("sound", "other"))
        self.assertRaisesRegex(Trouble, "^fuzz/planted/a.patch does not apply .*src/line.rs", tree.plant, bug)

    def test_a_bug_that_changes_nothing_is_trouble(self):
        # As Git passes over all files of a patch, and fails not, where it finds a repository above.
        self.patch(planted, "apply", lambda *_: None)
        self.assertRaisesRegex(Trouble, "^a changes nothing", Tree(self.place, self.top).plant, self.bug("a"))

    def test_a_tree_that_git_does_not_know_is_trouble(self):
        with mock.patch.dict("os.environ", GIT_DIR=str(self.top / "no-such")):
            self.assertRaisesRegex(Trouble, "git ls-files .* failed", Tree, self.place, self.top)


if __name__ == "__main__":
    unittest.main()
