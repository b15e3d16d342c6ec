"""No find gets lost, whatever goes wrong behind it."""

import unittest

import finds
import project
from libfuzzer import Output
from played import Played


class Lost(Played):
    def test_a_small_find_that_could_not_be_written_is_taken_from_what_libfuzzer_prints(self):
        told = self.campaign("buggy-full-disk", seconds=30).run()
        self.assertTrue(told["finds"])
        self.assertTrue(any(b"bug" in data for data in self.crashes().values()))

    def test_a_find_that_could_not_be_written_and_is_not_printed_is_trouble(self):
        with self.assertRaisesRegex(project.Trouble, "buggy-full-disk-large could not write an input that fails: .*crash-"):
            self.campaign("buggy-full-disk-large", seconds=30).run()

    def test_a_find_of_which_only_a_part_was_written_is_made_whole(self):
        path = self.top / "crash-8843d7f92416211de9ebb963ff4ce28125932878"
        path.write_bytes(b"foo")
        output = Output()
        output.feed(f"artifact_prefix='./'; Test unit written to {path}\n".encode(), 0)
        output.feed(b"Base64: Zm9vYmFy\n", 0)
        self.assertEqual(finds.rescue(output), [])
        self.assertEqual(path.read_bytes(), b"foobar")


if __name__ == "__main__":
    unittest.main()
