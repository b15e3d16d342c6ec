"""Working off a list with several threads."""

import threading
import time
import unittest

from pool import work_off
from process import Stop


class Work(unittest.TestCase):
    def setUp(self):
        self.running, self.done, self.lock = [], [], threading.Lock()
        self.twice = self.most = 0

    def work(self, item):
        key, seconds = item
        with self.lock:
            self.twice += key in self.running
            self.running.append(key)
            self.most = max(self.most, len(self.running))
        time.sleep(seconds)
        with self.lock:
            self.running.remove(key)
            self.done.append(item)

    def off(self, items, at_once=2, stop=None):
        work_off(self.work, items, at_once, stop or Stop(), lambda: None, lambda item: item[0])

    def test_items_with_the_same_key_never_run_at_once(self):
        items = [("a", 0.2), ("b", 0.01), ("a", 0.2), ("b", 0.01), ("c", 0.01)]
        self.off(items, 3)
        self.assertEqual((self.twice, sorted(self.done)), (0, sorted(items)))

    def test_those_behind_one_that_has_to_wait_do_not_wait(self):
        self.off([("a", 0.5), ("a", 0.1), ("b", 0.01), ("c", 0.01)])
        self.assertEqual([key for key, _ in self.done], ["b", "c", "a", "a"])
        self.assertEqual(self.most, 2)

    def test_the_first_exception_ends_it(self):
        items, stop = [("a", "no number"), ("a", 0), ("b", 0)], Stop()
        self.assertRaises(TypeError, self.off, items, 1, stop)
        self.assertEqual((self.done, stop.is_set()), ([], True))

    def test_stopping_ends_it(self):
        stop = Stop()
        threading.Timer(0.2, stop.set).start()
        self.off([("a", 0.4), ("a", 0.4), ("a", 0.4)], 2, stop)
        self.assertEqual(len(self.done), 1)


if __name__ == "__main__":
    unittest.main()
