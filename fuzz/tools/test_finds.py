"""No find gets lost, whatever goes wrong behind it."""

import io
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import ending
import finds
import project
from libfuzzer import Output
from played import STORE, Played


class Lost(Played):
    def test_a_small_find_that_could_not_be_written_is_taken_from_what_libfuzzer_prints(self):
        told = self.campaign("buggy-full-disk", seconds=30).run()
        self.assertTrue(told["finds"])
        self.assertTrue(any(b"bug" in data for data in self.crashes().values()))

    def test_a_find_that_could_not_be_written_and_is_not_printed_is_trouble(self):
        with self.assertRaisesRegex(
            project.Trouble, "buggy-full-disk-large could not write an input that fails: .*crash-"
        ):
            self.campaign("buggy-full-disk-large", seconds=30).run()

    def test_a_find_of_which_only_a_part_was_written_is_made_whole(self):
        path = self.top / "crash-8843d7f92416211de9ebb963ff4ce28125932878"
        path.write_bytes(b"foo")
        output = Output()
        output.feed(f"artifact_prefix='./'; Test unit written to {path}\n".encode(), 0)
        output.feed(b"Base64: Zm9vYmFy\n", 0)
        self.assertEqual(finds.rescue(output), [])
        self.assertEqual(path.read_bytes(), b"foobar")

    def test_a_full_disk_leaves_neither_half_an_input_nor_one_without_a_note(self):
        folder = self.top / "corpus/crashes"

        write = Path.write_bytes

        def full(path, data):
            write(path, data if ends not in path.name else b"")
            if ends in path.name:
                raise OSError(28, "No space left on device")

        for ends in (".bin", ".md"):
            with self.subTest(ends), mock.patch.object(Path, "write_bytes", full):
                self.assertRaises(OSError, STORE, b"data", finds.Find("calm", "none", "s", "s"), folder)
            self.assertEqual(list(folder.iterdir()), [])

    def test_two_that_find_the_same_at_once_keep_it_once(self):
        folder, kept = self.top / "corpus/crashes", []
        write = finds._write

        def slow(files):
            time.sleep(0.2)
            write(files)

        def keep():
            kept.append(finds.Find("calm", "none", "s", "s"))
            STORE(b"data", kept[-1], folder)

        with mock.patch.object(finds, "_write", slow):
            threads = [threading.Thread(target=keep) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(sorted(find.known for find in kept), [False, True])

    def test_what_is_kept_already_is_not_written_again(self):
        folder = self.top / "corpus/crashes"
        kept = STORE(b"data", finds.Find("calm", "none", "s", "s"), folder)
        kept.chmod(0o444)
        before = kept.stat()
        self.assertEqual(STORE(b"data", finds.Find("other", "none", "s", "s"), folder), kept)
        self.assertEqual((before.st_ino, before.st_mtime_ns), (kept.stat().st_ino, kept.stat().st_mtime_ns))

    def test_minimising_that_ends_at_another_bug_keeps_both(self):
        others = {"buggy-otherwise": "src/lib.rs:3: another bug", "buggy-elsewhere": "src/lib.rs:4: another place"}
        for target, other in others.items():
            with self.subTest(target):
                told = self.campaign(target, seconds=30).run()
                kept = {name: data for name, data in self.crashes().items() if name.startswith(target)}
                notes = {
                    data: kept[name.replace(".bin", ".md")].decode() for name, data in kept.items()
                    if name.endswith(".bin")
                }
                self.assertEqual(set(notes), {b"bug", b"a large bug"})
                self.assertIn("src/lib.rs:3: the bug", notes[b"a large bug"])
                self.assertIn(other, notes[b"bug"])
                self.assertEqual({find["story"] for find in told["finds"]}, {"src/lib.rs:3: the bug", other})
                for path in list((self.top / "corpus/crashes").iterdir()):
                    path.unlink()


class Ends(unittest.TestCase):
    def status(self, error):
        with mock.patch("sys.stderr", io.StringIO()) as said, self.assertRaises(SystemExit) as ended:
            ending.leave("campaign", mock.Mock(side_effect=[error]))
        return ended.exception.code, said.getvalue()

    def test_only_a_find_ends_with_1(self):
        self.assertEqual(self.status(1), (1, ""))
        self.assertEqual(self.status(project.Trouble("why")), (2, "campaign: why\n"))
        self.assertEqual(
            self.status(OSError(28, "No space left on device", "/x")), (2, "campaign: /x: No space left on device\n")
        )
        self.assertEqual(self.status(KeyboardInterrupt())[0], 130)
        code, said = self.status(ValueError("a defect"))
        self.assertEqual(code, 2)
        self.assertIn("not a find", said)


if __name__ == "__main__":
    unittest.main()
