"""AFL++'s files, as it really writes them."""

import io
import unittest
from unittest import mock

from aflcampaign import AflCampaign
from aflplusplus import SETTINGS, Session, plot, statistics
from libfuzzer import Output
from played import Played
from process import Run, Stop
from project import Trouble
from record import Report
from terminal import Screen

STATS = """start_time        : 1795419312
last_update       : 1795419320
last_find         : 1795419319
run_time          : 8
execs_done        : 66044
edges_found       : 1300
saved_crashes     : 0
afl_version       : ++4.40c
command_line      : afl-fuzz -i in -o out -- target: with a colon
"""
PLOT = """# relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, \
saved_hangs, max_depth, execs_per_sec, total_execs, edges_found, total_crashes, servers_count
2, 0, 0, 29, 29, 9, 46.05%, 0, 0, 1, 3301.47, 4498, 951, 0, 0
7, 0, 3, 500, 490, 30, 60.05%, 0, 0, 2, 4000.00, 30000, 1300, 0, 0
"""


class Files(unittest.TestCase):
    def test_statistics_are_read(self):
        stats = statistics(STATS)
        self.assertEqual((stats["execs_done"], stats["afl_version"]), ("66044", "++4.40c"))
        self.assertTrue(stats["command_line"].endswith("with a colon"))

    def test_the_plot_has_time_executions_and_edges(self):
        self.assertEqual(plot(PLOT), [[2.0, 4498, 951, 0], [7.0, 30000, 1300, 0]])


class Campaigns(Played):
    def setUp(self):
        super().setUp()
        self.stop, self.report = Stop(), Report({}, self.top / "report.json")

    def one(self, target="calm", code=0, began=True, crash=None, late=False):
        """One target, with AFL++ played by what it would leave."""
        session = Session(target, self.top / "run")
        binaries = self.build("none", [target], False, None)
        executable = self.top / "bin/executable"
        executable.write_text(
            "#!/bin/sh\ngrep -q overflow || exit 0\n"
            "echo \"thread 'm' panicked at src/lib.rs:9:1:\"\necho overflow\nkill -ABRT $$\n"
        )
        executable.chmod(0o755)

        def fuzz(*_):
            session.log.touch()
            (session.results / "crashes").mkdir(parents=True)
            if began:
                (session.results / "fuzzer_stats").write_text(STATS)
                (session.results / "plot_data").write_text(PLOT)
            if crash:
                (session.results / "crashes/id:000000").write_bytes(crash)
            return Run(Output(), 1.0, code, self.stop.is_set(), late)

        with mock.patch.object(session, "fuzz", fuzz):
            AflCampaign(executable, binaries, self.stop, self.report, Screen(io.StringIO())).one(session, 1, 9)

    def test_a_quiet_one_is_reported(self):
        self.one()
        self.assertEqual((len(self.report.others), self.report.finds), (1, []))

    def test_what_fails_with_its_checks_alone_is_told_so(self):
        self.one(crash=b"overflow")
        [find] = self.report.finds
        self.assertEqual((find.sanitizer, find.story), ("afl++", "src/lib.rs:9: overflow"))
        self.assertIn(
            "cargo afl run", next(data.decode() for name, data in self.crashes().items() if name.endswith(".md"))
        )

    def test_what_fails_under_libfuzzer_too_is_told_as_always(self):
        self.one(crash=b"bug")
        self.assertEqual(
            [(find.sanitizer, find.story) for find in self.report.finds], [("none", "src/lib.rs:3: the bug")]
        )

    def test_one_that_gives_up_is_trouble_and_its_finds_are_kept(self):
        self.assertRaisesRegex(Trouble, "calm: AFL.. ended with status 1 .*: see ", self.one, code=1, crash=b"bug")
        self.assertEqual(len(self.report.finds), 1)
        self.assertRaisesRegex(Trouble, "long after", self.one, "other", late=True)
        self.assertRaisesRegex(Trouble, "does not start", self.one, "third", began=False)

    def test_one_that_was_interrupted_before_it_began_is_no_trouble(self):
        self.stop.set()
        self.one(code=-2, began=False)
        self.assertEqual(self.report.others, [])

    def test_seeds_that_fail_are_finds(self):
        self.assertEqual(SETTINGS["AFL_CRASHING_SEEDS_AS_NEW_CRASH"], "1")


if __name__ == "__main__":
    unittest.main()
