"""AFL++'s files, as it really writes them."""

import unittest

from aflplusplus import plot, statistics

STATS = """start_time        : 1795419312
execs_done        : 66044
afl_version       : ++4.40c
command_line      : afl-fuzz -i in -o out -- target: with a colon
"""
PLOT = """# relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, saved_hangs, max_depth, execs_per_sec, total_execs, edges_found, total_crashes, servers_count
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


if __name__ == "__main__":
    unittest.main()
