"""A whole campaign over targets that are played by fake_target.py."""

import json
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import build
import corpora
import project
import summary
from played import Played


class Whole(Played):
    def test_a_quiet_campaign_grows_the_corpus_and_reports(self):
        seeds = self.kept("calm")
        seeds.mkdir(parents=True)
        (seeds / "seed.http").write_bytes(b"seed")
        told = self.campaign("calm").run()
        self.assertEqual(sorted(path.read_bytes() for path in seeds.iterdir()), [b"new", b"seed"])
        self.assertTrue((seeds / "seed.http").exists())
        one = told["targets"][0]
        self.assertEqual((one["executions"], one["edges"], one["edges_at_start"], one["features"]), (9, 5, 3, 6))
        self.assertEqual((told["finds"], told["totals"]["executions"], told["interrupted"]), ([], 9, False))
        [written] = (self.top / "target/campaign/reports").glob("*.json")
        self.assertEqual(json.loads(written.read_text()), json.loads(json.dumps(told)))
        self.assertIn("<polyline", written.with_suffix(".html").read_text())

    def test_smoke_leaves_the_kept_corpus_alone(self):
        self.campaign("calm", publish=False).run()
        self.assertFalse(self.kept("calm").exists())
        self.assertEqual(corpora.size(corpora.working("calm")), (1, 3))

    def test_a_find_is_kept_small_with_a_note_and_the_target_is_left_when_worn(self):
        told = self.campaign("buggy", seconds=30).run()
        self.assertEqual(len(told["finds"]), 3)
        kept = self.crashes()
        self.assertEqual(sorted(Path(name).suffix for name in kept), [".bin", ".md"])
        self.assertIn(b"bug", kept.values())
        [note] = [data.decode() for name, data in kept.items() if name.endswith(".md")]
        for part in ("`buggy`", "src/lib.rs:3: the bug", "Cause: not known yet."):
            self.assertIn(part, note)
        self.assertEqual([find["known"] for find in told["finds"]], [False, True, True])

    def test_an_old_crash_that_fails_again_is_told_as_known(self):
        (self.top / "corpus/crashes/old.http").write_bytes(b"bug")
        told = self.campaign("calm").run()
        self.assertTrue(told["finds"])
        self.assertTrue(all(find["known"] and find["file"].endswith("old.http") for find in told["finds"]))
        self.assertEqual(sorted(self.crashes()), ["old.http", "old.md"])

    def test_a_failure_that_a_killed_campaign_left_is_kept(self):
        left = self.top / "target/campaign/failures/none/calm/crash-1"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"bug!")
        told = self.campaign("calm").run()
        self.assertFalse(left.exists())
        self.assertTrue(told["finds"])

    def test_an_interrupted_campaign_merges_and_says_so(self):
        campaign = self.campaign("calm", "other", seconds=600)

        def interrupt_both():
            running = []
            while len(running) < 2:
                time.sleep(0.05)
                running = [
                    record for record in list(campaign.report.records.values())
                    if record.now and record.now[0].edges == 5
                ]
            campaign.interrupt()

        threading.Thread(target=interrupt_both).start()
        told = campaign.run()
        self.assertTrue(told["interrupted"])
        self.assertEqual(told["totals"]["executions"], 18)
        self.assertLess(told["totals"]["seconds"], 60)
        self.assertEqual(corpora.size(self.kept("calm"))[0], 1)

    def test_an_interrupted_build_is_no_trouble(self):
        campaign = self.campaign("calm")

        def interrupted(*_):
            campaign.interrupt()
            raise project.Trouble("the build fails")

        self.patch(build, "build", interrupted)
        told = campaign.run()
        self.assertEqual((told["interrupted"], told["targets"]), (True, []))

    def test_an_executable_that_is_gone_is_told(self):
        self.patch(build, "build", lambda sanitizer, targets, *_: {target: self.top / "gone" for target in targets})
        self.assertRaisesRegex(project.Trouble, "gone does not start: No such file", self.campaign("calm").run)

    def test_a_build_that_fails_is_told(self):
        def failed(*_):
            raise project.Trouble("the build fails")

        self.patch(build, "build", failed)
        self.assertRaisesRegex(project.Trouble, "the build fails", self.campaign("calm").run)

    def test_a_report_that_is_none_is_named(self):
        reports = self.top / "target/campaign/reports"
        reports.mkdir(parents=True)
        (reports / "cut.json").write_text("{")
        self.assertRaisesRegex(project.Trouble, "reports/cut.json is no report", summary.reports)

    def test_the_summary_adds_campaigns_up(self):
        for _ in range(2):
            campaign = self.campaign("calm")
            campaign.report.path = campaign.report.path.with_stem(f"{len(summary.reports())}")
            campaign.run()
        text = summary.markdown(summary.reports())
        self.assertIn("In all 18 executions", text)
        self.assertIn("| `calm` | plain | 18 |", text)

    def test_the_summary_names_what_was_found(self):
        self.campaign("buggy").run()
        self.assertRegex(summary.markdown(summary.reports()), r"\n- `buggy`, plain: .+, kept as `.*buggy-\w+\.bin`\n$")

    def test_a_second_campaign_stays_out(self):
        with project.reserve():
            self.assertRaisesRegex(project.Trouble, "another campaign", project.reserve)
        project.reserve().close()


class Places(unittest.TestCase):
    def test_a_path_that_libfuzzer_would_hand_to_a_shell_in_pieces_is_refused(self):
        for name in ("a space", "a;b", "$HOME", "it's"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                with mock.patch.dict("os.environ", CARGO_TARGET_DIR=f"{folder}/{name}"):
                    self.assertRaisesRegex(project.Trouble, "set CARGO_TARGET_DIR", project.reserve)
                with mock.patch.dict("os.environ", CARGO_TARGET_DIR=folder, TMPDIR=f"{folder}/{name}"):
                    self.assertRaisesRegex(project.Trouble, "set TMPDIR", project.reserve)


class Targets(unittest.TestCase):
    METADATA = {"packages": [{"targets": [
        {"name": "b", "kind": ["bin"], "src_path": "/x/fuzz/fuzz_targets/b.rs"},
        {"name": "a", "kind": ["bin"], "src_path": "/x/fuzz/fuzz_targets/a.rs"},
        {"name": "tool", "kind": ["bin"], "src_path": "/x/fuzz/src/bin/tool.rs"},
        {"name": "lib", "kind": ["lib"], "src_path": "/x/fuzz/src/lib.rs"},
    ]}]}

    def test_they_are_what_cargo_tells(self):
        self.assertEqual(project.targets_in(self.METADATA), ["a", "b"])

    def test_a_name_that_is_none_is_told(self):
        with self.assertRaisesRegex(project.Trouble, "no such target: c .there are: a, b."):
            project.chosen(["a", "c"], ["a", "b"])


if __name__ == "__main__":
    unittest.main()
