"""`cargo run`, as the README has it, knows which program it is to run."""

import json
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
METADATA = ["cargo", "metadata", "--format-version=1", "--locked", "--no-deps"]


class Run(unittest.TestCase):
    def test_of_all_programs_one_is_run(self):
        metadata = json.loads(subprocess.check_output(METADATA, cwd=ROOT))
        taken = [package for package in metadata["packages"] if package["id"] in metadata["workspace_default_members"]]
        programs = [
            package["default_run"] or target["name"]
            for package in taken for target in package["targets"] if target["kind"] == ["bin"]
        ]
        self.assertEqual(set(programs), {"hanotify"})


if __name__ == "__main__":
    unittest.main()
