"""What a campaign does, for how long: the modes, and the time of each task."""

import os
from dataclasses import dataclass

# Seconds of fuzzing in all (building, merging and replaying come on top), and in how many rounds they are spent: with
# more than one, a long campaign that is interrupted has been at every target.
MODES = {"smoke": (240, 1), "nightly": (3300, 1), "long": (14_400, 4)}
# The part of the time that goes to the build without a sanitizer, where there is one with it.
FAST_PART = 2 / 3
# Less is spent on starting than on fuzzing.
LEAST_SECONDS = 2


def positive(text: str) -> int:
    """A number in an argument that has to be above zero."""
    if (number := int(text)) <= 0:
        raise ValueError
    return number


@dataclass(frozen=True)
class Task:
    """One target, with one sanitizer, for some seconds."""

    target: str
    sanitizer: str
    seconds: int


def jobs(wanted: int | None) -> int:
    """How many processes run at once: one for each core, unless told."""
    return wanted or os.cpu_count() or 1


def total(for_target: float, targets: list[str], sanitizers: list[str], at_once: int) -> float:
    """How long a campaign takes that gives each target so many seconds."""
    return for_target * max(len(targets) / at_once, *_shares(sanitizers).values())


def tasks(targets: list[str], sanitizers: list[str], total: float, rounds: int, at_once: int) -> list[Task]:
    """The tasks of a campaign that takes `total` seconds with `at_once` processes: each target gets the same time."""
    shares = _shares(sanitizers)
    # A target with one build keeps one process busy at a time: it can't be spread over more.
    for_target = min(total * at_once / len(targets), total / max(shares.values())) / rounds
    return [
        Task(target, sanitizer, max(LEAST_SECONDS, round(for_target * shares[sanitizer])))
        for _ in range(rounds)
        for sanitizer in sanitizers
        for target in targets
    ]


def _shares(sanitizers: list[str]) -> dict[str, float]:
    return {"none": FAST_PART, "address": 1 - FAST_PART} if len(sanitizers) > 1 else {sanitizers[0]: 1.0}
