"""What `.ci/width` takes for too wide, and what it looks at."""

import importlib.machinery
import importlib.util
import pathlib
import unittest

PATH = pathlib.Path(__file__).resolve().parents[1] / "width"
LOADER = importlib.machinery.SourceFileLoader("width", str(PATH))
width = importlib.util.module_from_spec(importlib.util.spec_from_loader("width", LOADER))
LOADER.exec_module(width)


class Width(unittest.TestCase):
    def test_a_line_at_the_width_passes_and_one_above_does_not(self):
        for text in ("a" * 20, "é" * 20, "// " + "a" * 17, ""):
            self.assertEqual(width.too_wide(text, "rust", 20), [])
        self.assertEqual(width.too_wide("a\n" + "é" * 21 + "\nb\n// " + "a" * 18, "rust", 20), [2, 4])

    def test_what_can_not_be_broken_may_be_wider(self):
        address = "https://example.org/a/long/path"
        row = "| " + "a" * 30 + " |"
        for line in (row, f"//! {row}", address, f"- <{address}>", f"/// {address}", f"[a]: {address}"):
            self.assertEqual(width.too_wide(line, "markdown", 20), [], line)
        for line in (f"words beside it {address}", f"[a]({address}) and more of it", "a | b" * 9):
            self.assertEqual(width.too_wide(line, "markdown", 20), [1], line)

    def test_code_blocks_of_a_page_may_be_wider(self):
        wide = "a" * 21
        page = f"{wide}\n\n    {wide}\n\n```sh\n{wide}\n~~~\n{wide}\n```\n{wide}\n  ~~~\n{wide}\n  ~~~\n- {wide}"
        self.assertEqual(width.too_wide(page, "markdown", 20), [1, 10, 14])
        self.assertEqual(width.too_wide(f"    {wide}", "python", 20), [1])

    def test_files_are_known_by_their_suffix_or_their_first_line(self):
        known = [("a.rs", "", "rust"), ("a/b.md", "", "markdown"), ("run", "#!/usr/bin/env bash\n", "shell"),
                 ("run", "#!/bin/sh\n", "shell"), ("run", "#!/usr/bin/env python3\n", "python"), ("a.py", "", "python"),
                 ("LICENSE", "words\n", None), ("a.json", "#!/bin/sh\n", None)]
        for name, first, expected in known:
            self.assertEqual(width.language(name, first), expected, name)


if __name__ == "__main__":
    unittest.main()
