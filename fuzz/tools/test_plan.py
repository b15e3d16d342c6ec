"""How a campaign's time is shared out."""

import unittest

from plan import tasks, total


class Time(unittest.TestCase):
    def test_the_time_of_all_tasks_is_what_was_given(self):
        for count in (2, 7, 13):
            planned = tasks([f"t{n}" for n in range(count)], ["none", "address"], 3300, 1, 2)
            self.assertAlmostEqual(sum(task.seconds for task in planned) / 2, 3300, delta=count * 2)

    def test_each_target_gets_the_same_and_most_of_it_without_a_sanitizer(self):
        planned = tasks(["a", "b"], ["none", "address"], 300, 1, 1)
        self.assertEqual([(t.target, t.sanitizer, t.seconds) for t in planned],
                         [("a", "none", 100), ("b", "none", 100), ("a", "address", 50), ("b", "address", 50)])

    def test_every_round_goes_over_every_target(self):
        planned = tasks(["a", "b"], ["none"], 400, 4, 1)
        self.assertEqual([t.target for t in planned], ["a", "b"] * 4)
        self.assertEqual({t.seconds for t in planned}, {50})

    def test_one_target_with_two_jobs_does_not_take_longer_than_given(self):
        self.assertEqual([t.seconds for t in tasks(["a"], ["none"], 100, 1, 2)], [100])

    def test_no_target_with_one_build_takes_longer_than_given_because_it_never_runs_twice_at_once(self):
        for at_once in (2, 8):
            planned = tasks(["a"], ["none", "address"], 120, 4, at_once)
            for sanitizer, most in (("none", 120), ("address", 60)):
                self.assertEqual(sum(task.seconds for task in planned if task.sanitizer == sanitizer), most)

    def test_each_target_gets_the_seconds_it_is_given_however_many_run_at_once(self):
        both = ["none", "address"]
        for targets, sanitizers, at_once in ((["a"], ["none"], 2), (["a"], both, 2), (["a", "b", "c"], both, 2)):
            planned = tasks(targets, sanitizers, total(60, targets, sanitizers, at_once), 1, at_once)
            self.assertEqual(sum(task.seconds for task in planned if task.target == "a"), 60)


if __name__ == "__main__":
    unittest.main()
