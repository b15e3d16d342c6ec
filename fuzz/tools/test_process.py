"""A process is stopped, whenever the signal comes, and never outlives its run."""

import os
import signal
import tempfile
import threading
import unittest
from pathlib import Path

from process import Stop, fuzz
from project import Trouble


class Stopping(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "log"

    def test_one_that_has_no_handler_yet_is_no_failure(self):
        stop = Stop()
        threading.Timer(0.2, stop.set).start()
        done = fuzz(["sleep", "30"], stop, self.log, 60)
        self.assertEqual((done.code, done.failed()), (-signal.SIGINT, False))

    def test_one_that_gets_the_signal_from_elsewhere_has_failed(self):
        done = fuzz(["sh", "-c", "kill -INT $$"], Stop(), self.log, 60)
        self.assertEqual((done.code, done.failed()), (-signal.SIGINT, True))

    def test_a_signal_that_comes_while_the_first_one_is_passed_on_does_not_block(self):
        stop, told = Stop(), []

        class Process:
            pid = 0

            def poll(self):
                told.append(len(told))
                if len(told) == 1:
                    stop.set()
                return 0

        def both():
            stop.started(Process())
            stop.set()

        thread = threading.Thread(target=both, daemon=True)
        thread.start()
        thread.join(5)
        self.assertFalse(thread.is_alive())

    def test_one_whose_log_can_not_be_written_does_not_stay(self):
        with self.assertRaisesRegex(OSError, "No space left"):
            fuzz(["sh", "-c", f"echo $$ > {self.log}.pid; exec yes"], Stop(), Path("/dev/full"), 60)
        pid = int(Path(f"{self.log}.pid").read_text())
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_one_that_is_missing_is_told(self):
        self.assertRaisesRegex(Trouble, "does not start: No such file", fuzz, ["/nowhere/at/all"], Stop(), self.log, 60)


if __name__ == "__main__":
    unittest.main()
