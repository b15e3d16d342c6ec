"""Corpora lose nothing when a merge goes wrong, and all of them are replayed."""

import tempfile
import unittest
from pathlib import Path

import corpora
import process
from played import Played
from project import Trouble


class Merging(Played):
    def merged(self, target, *contents):
        """What a campaign that fuzzes `target` leaves of an input in its working corpus, and what it tells."""
        working = corpora.working(target)
        working.mkdir(parents=True)
        for number, data in enumerate(contents):
            (working / f"{number:040x}").write_bytes(data)
        (self.kept(target)).mkdir(parents=True)
        (self.kept(target) / "seed.http").write_bytes(b"seed")
        (self.kept(target) / f"{9:040x}").write_bytes(b"kept")
        told = self.campaign(target).run()
        return told, self.contents(working), self.contents(self.kept(target))

    @staticmethod
    def contents(folder):
        return sorted(path.read_bytes() for path in folder.iterdir())

    def test_it_takes_what_is_new_once(self):
        _, working, kept = self.merged("calm", b"one", b"one", b"seed")
        self.assertEqual((working, kept), ([b"kept", b"new", b"one"], [b"kept", b"new", b"one", b"seed"]))

    def test_a_merge_that_never_ran_leaves_the_corpora_as_they_are(self):
        _, working, kept = self.merged("unquoted", b"one")
        self.assertEqual((working, kept), ([b"new", b"one"], [b"kept", b"seed"]))

    def test_a_merge_that_could_not_write_leaves_the_corpora_as_they_are(self):
        for target in ("truncated", "unwritten"):
            _, working, kept = self.merged(target, b"one")
            self.assertEqual((working, kept), ([b"new", b"one"], [b"kept", b"seed"]), target)

    def test_an_input_that_fails_while_merging_is_a_find_and_stays(self):
        told, working, kept = self.merged("calm", b"heisen")
        [find] = told["finds"]
        self.assertEqual(find["story"], "failed once, but not again with the same input")
        self.assertIn(b"heisen", self.crashes().values())
        self.assertEqual((working, kept), ([b"heisen", b"new"], [b"kept", b"seed"]))

    def test_of_many_that_fail_alike_while_merging_three_are_finds_and_none_is_lost(self):
        told, _, kept = self.merged("calm", *(b"heisen%d" % number for number in range(6)))
        self.assertEqual(len(told["finds"]), 3)
        [aside] = (self.top / "target/campaign/runs").glob("*/calm-none.more")
        everything = self.contents(aside) + [data for data in self.crashes().values() if data.startswith(b"heisen")]
        self.assertEqual(sorted(everything), [b"heisen%d" % number for number in range(6)])
        self.assertEqual(kept, [b"kept", b"seed"])

    def test_a_target_that_is_left_alone_is_not_merged(self):
        for number in range(6):
            (self.top / f"corpus/crashes/{number}.http").write_bytes(b"bug %d" % number)
        _, working, kept = self.merged("calm", b"heisen")
        self.assertEqual((working, kept), ([b"heisen"], [b"kept", b"seed"]))
        self.assertEqual(list((self.top / "target/campaign/runs").glob("*/*.more")), [])

    def test_a_corpus_that_was_being_replaced_is_not_lost(self):
        old = corpora.working("calm").with_name("calm.old")
        old.mkdir(parents=True)
        (old / "input").write_bytes(b"one")
        self.assertEqual(self.contents(corpora.folders("calm")[0]), [b"one"])


class Replaying(Played):
    def test_every_input_is_replayed_behind_those_that_fail(self):
        for number in (1, 2):
            (self.top / f"corpus/crashes/{number}.http").write_bytes(b"bug %d" % number)
        told = self.campaign("calm").run()
        self.assertEqual(
            {Path(find["file"]).name for find in told["finds"]} & {"1.http", "2.http"}, {"1.http", "2.http"}
        )

    def test_a_target_that_fails_everywhere_is_left_alone(self):
        for number in range(9):
            (self.top / f"corpus/crashes/{number}.http").write_bytes(b"bug %d" % number)
        self.assertEqual(len(self.campaign("calm").run()["finds"]), 3)

    def test_a_replay_that_fails_and_leaves_nothing_is_trouble(self):
        self.assertRaisesRegex(Trouble, "broken.*status 3.*see .*log", self.campaign("broken").run)

    def test_a_replay_that_takes_too_long_is_trouble(self):
        self.patch(process, "GRACE_SECONDS", 0.2)
        self.patch(corpora, "MERGE_SECONDS", 0.2)
        self.assertRaisesRegex(Trouble, "hanging.*not replayed.*see .*log", self.campaign("hanging").run)

    def test_without_the_folder_of_what_ever_failed_nothing_is_replayed(self):
        (self.top / "corpus/crashes").rmdir()
        self.assertRaisesRegex(Trouble, "corpus/crashes is missing", self.campaign("calm").run)


class Sizes(unittest.TestCase):
    def test_the_kept_corpus_fits(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number, length in enumerate((10, 20, 30, 40)):
                (folder / f"{number:040x}").write_bytes(b"x" * length)
            (folder / "a-seed").write_bytes(b"")
            self.assertEqual(corpora.fitting(folder, 60), {f"{number:040x}" for number in range(3)})
            self.assertEqual(corpora.fitting(folder, 59), {f"{number:040x}" for number in range(2)})


if __name__ == "__main__":
    unittest.main()
