"""The lines of libFuzzer, as it really writes them."""

import unittest

from libfuzzer import Output

RUN = b"""INFO: Running with entropic power schedule (0xFF, 100).
INFO: Seed: 3061490907
INFO: Loaded 1 modules   (1096 inline 8-bit counters): 1096 [0x55d0e0af7ce8, 0x55d0e0af8130),
#31\tINITED cov: 425 ft: 903 corp: 30/13852b exec/s: 0 rss: 27Mb
#64\tpulse  cov: 425 ft: 903 corp: 30/13852b lim: 9156 exec/s: 32 rss: 27Mb
#80\tNEW    cov: 427 ft: 910 corp: 31/13Kb lim: 9156 exec/s: 40 rss: 27Mb L: 12/9156 MS: 1 EraseBytes-
#96\tREDUCE cov: 427 ft: 910 corp: 31/12Kb lim: 9156 exec/s: 48 rss: 27Mb L: 11/9156 MS: 1 EraseBytes-
#128\tNEW    cov: 427 ft: 911 corp: 32/1Mb lim: 9156 exec/s: 64 rss: 27Mb L: 20/9156 MS: 1 EraseBytes-
Done 131 runs in 2 second(s)
stat::number_of_executed_units: 131
stat::average_exec_per_sec:     65
"""

PANIC = b"""
thread '<unnamed>' (8127) panicked at /here/tests/common/laws.rs:33:5:
beginning at 3: found Ok(\x1b[31m\xc2\xa0)
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
==8127== ERROR: libFuzzer: deadly signal
SUMMARY: libFuzzer: deadly signal
artifact_prefix='./'; Test unit written to ./crash-0123
"""

LEAK = b"SUMMARY: AddressSanitizer: heap-buffer-overflow /here/src/lib.rs:3:5 in f\n"


def fed(text, step=1.0):
    output = Output()
    for number, line in enumerate(text.splitlines(keepends=True)):
        output.feed(line, number * step)
    return output


class Lines(unittest.TestCase):
    def test_a_run_is_added_up(self):
        output = fed(RUN)
        self.assertEqual((output.executions, output.edges, output.features), (131, 427, 911))
        self.assertEqual((output.corpus_files, output.corpus_bytes), (32, 1 << 20))
        self.assertEqual((output.first_edges, output.last_new_edge), (425, 5.0))

    def test_a_sample_is_taken_where_something_grows(self):
        self.assertEqual(fed(RUN).samples, [(3.0, 31, 425, 903), (5.0, 80, 427, 910), (7.0, 128, 427, 911)])

    def test_features_alone_are_no_new_edge(self):
        text = b"#1\tINITED cov: 4 ft: 5 exec/s: 0\n#2\tNEW    cov: 4 ft: 6 exec/s: 0\n"
        self.assertIsNone(fed(text).last_new_edge)

    def test_lines_that_got_mixed_still_count(self):
        # A signal's line may land in the middle of another.
        output = fed(b"#7\tREDUCE cov: 640 ft: 2504INFO: signal received, trying to exit gracefully\n")
        self.assertEqual((output.executions, output.edges), (7, 640))

    def test_samples_stay_few(self):
        lines = [b"#0\tINITED cov: 1 ft: 1 exec/s: 0\n"]
        lines += [b"#%d\tNEW    cov: %d ft: %d exec/s: 0\n" % (n, n, n) for n in range(2, 5000)]
        samples = fed(b"".join(lines)).samples
        self.assertLessEqual(len(samples), 400)
        self.assertEqual((samples[0][2], samples[-1][2]), (1, 4999))
        self.assertEqual(samples, sorted(samples))


class Finds(unittest.TestCase):
    def test_a_panic_is_known_by_its_place(self):
        output = fed(PANIC)
        self.assertEqual(output.signature(), "/here/tests/common/laws.rs:33")
        self.assertEqual(output.artifacts, ["./crash-0123"])

    def test_a_small_input_is_printed(self):
        text = PANIC + b"Base64: Zm9v\n"
        self.assertEqual(fed(text).printed, {"./crash-0123": b"foo"})
        self.assertEqual(fed(PANIC + b"Base64: \n").printed, {"./crash-0123": b""})
        self.assertEqual(fed(PANIC + b"Base64: Zm9\n").printed, {})

    def test_no_raw_byte_of_a_message_is_repeated(self):
        self.assertIn(r"found Ok(\x1b[31m\xc2\xa0)", fed(PANIC).story())

    def test_a_sanitizer_speaks_in_its_summary(self):
        self.assertTrue(fed(LEAK).signature().startswith("AddressSanitizer: heap-buffer-overflow"))

    def test_silence_is_a_find_too(self):
        self.assertEqual(fed(b"").signature(), "ended without a word")


if __name__ == "__main__":
    unittest.main()
