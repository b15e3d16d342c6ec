"""What is packed for ClusterFuzz has every input that ever failed."""

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from project import FUZZ

with mock.patch.object(sys, "path", [str(FUZZ / "oss-fuzz"), *sys.path]):
    import bad_build
    import files


class Seeds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.root = self.top / "hanotify"
        for name in (
            "corpus/captures/real.http", "corpus/captures/README.md", "corpus/crashes/old.http",
            "corpus/crashes/old.md", "corpus/crashes/decode-1.bin",
            "corpus/fuzz/decode/seed", "fuzz/fuzz_targets/decode.rs", "fuzz/hanotify.dict",
            "fuzz/oss-fuzz/default.options",
            "fuzz/target/x86_64-unknown-linux-gnu/release/decode",
        ):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(name)
        # A campaign can find that too, and a fuzzer starts with it whatever its seeds are: as a file it is not read.
        (self.root / "corpus/crashes/nothing.bin").touch()

    def packed(self):
        """The seeds of `decode` in what build.sh makes, with what builds and packs played by others."""
        tools, out = self.top / "tools", self.top / "out"
        for folder in (tools, out):
            folder.mkdir()
        (tools / "cargo").write_text("#!/bin/sh\n")
        (tools / "zip").write_text(f"#!{sys.executable}\n{ZIP}")
        for tool in tools.iterdir():
            tool.chmod(0o755)
        env = dict(os.environ, SRC=str(self.top), OUT=str(out), PATH=f"{tools}:{os.environ['PATH']}")
        subprocess.run(["bash", "-eu", FUZZ / "oss-fuzz/build.sh"], env=env, check=True)
        return out / "decode_seed_corpus.zip"

    def test_what_a_campaign_found_is_a_seed_like_what_a_person_named(self):
        self.assertEqual(files.seeds(self.root), {"real.http", "old.http", "decode-1.bin"})
        self.assertEqual(
            set(zipfile.ZipFile(self.packed()).namelist()), {"real.http", "old.http", "decode-1.bin", "seed"}
        )

    def test_a_build_that_leaves_one_out_is_told(self):
        archive = self.packed()
        self.assertEqual(list(bad_build.missing_seeds(archive, files.seeds(self.root))), [])
        self.assertRegex(next(bad_build.missing_seeds(archive, {"old.http", "other.bin"})), "^1 of 2 .*: other.bin$")
        self.assertRegex(next(bad_build.missing_seeds(self.top / "none", {"old.http"})), "^1 of 1 ")


# Knows of `zip` what build.sh asks of it: names without folders, and what is in a folder.
ZIP = """
import pathlib, sys, zipfile
options, (archive, *names) = [a for a in sys.argv[1:] if a[0] == "-"], [a for a in sys.argv[1:] if a[0] != "-"]
assert options == ["-q", "-j", "-r"], options
with zipfile.ZipFile(archive, "w") as made:
    for path in map(pathlib.Path, names):
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            made.write(file, file.name)
"""

if __name__ == "__main__":
    unittest.main()
