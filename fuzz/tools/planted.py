"""Planted bugs: the list of them, the builds that have one, and how soon a target finds it."""

import os
import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import build
import process
from project import CAPTURES, DICTIONARY, FUZZ, MAX_LEN, TOP, Trouble, work

LIST = FUZZ / "planted-bugs.txt"
WRAPPER = FUZZ / "tools" / "rustc-planted"
# However many executions a bug is given, no run takes longer.
MOST_SECONDS = 120
# How often a target runs without a bug before one that fails counts as having found it.
SOUND_EXECUTIONS = 3000
# What is measured: mutation that knows the format, and plain mutation.
VARIANTS = {"knowing": [f"-dict={DICTIONARY}"], "plain": []}
VARIANT_NAMES = {"knowing": "mutator and dictionary", "plain": "plain mutation"}
# What a target says that has the mutator.
MUTATOR = "message_mutator!"


@dataclass(frozen=True)
class Bug:
    """A line of the list."""

    name: str
    targets: tuple
    executions: int
    tests: tuple
    what: str


def parse(text: str) -> list[Bug]:
    """The bugs in a list; Trouble where a line is none."""
    bugs = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 5 or not all(cells) or not cells[2].replace(",", "").isdigit():
            raise Trouble(f"{LIST.name}, line {number}: expected NAME | TARGETS | EXECUTIONS | TESTS | WHAT")
        name, targets, executions, tests, what = cells
        bugs.append(Bug(name, tuple(targets.split()), int(executions.replace(",", "")), tuple(tests.split()), what))
    if twice := {bug.name for bug in bugs if [other.name for other in bugs].count(bug.name) > 1}:
        raise Trouble(f"{LIST.name}: listed twice: {', '.join(sorted(twice))}")
    return bugs


def planted_in(texts) -> set[str]:
    """The names of the bugs that the source has."""
    return {name for text in texts for name in re.findall(r'planted_bug\s*=\s*"([^"]+)"', text)}


def agree(bugs: list[Bug], planted: set[str]) -> None:
    """Trouble unless the list and the source have the same bugs."""
    listed = {bug.name for bug in bugs}
    for names, words in ((listed - planted, "listed, but not in src/"), (planted - listed, f"in src/, but not in {LIST.name}")):
        if names:
            raise Trouble(f"{words}: {', '.join(sorted(names))}")


def sources() -> list[str]:
    """The source files of hanotify."""
    return [path.read_text() for path in sorted((TOP / "src").rglob("*.rs"))]


def environment(bug: Bug | None) -> dict:
    """The environment in which cargo plants a bug; without one, what is built is sound."""
    return dict(os.environ, RUSTC_WRAPPER=str(WRAPPER), PLANTED_BUG=bug.name if bug else "none")


def forget(folder: Path) -> None:
    """Makes cargo build hanotify again, because it does not know what the wrapper adds. `cargo clean -p` would take dependencies away
    as well that are called like one of its tests: http, with all that needs it."""
    for pattern in ("*/.fingerprint/hanotify-*", "*/*/.fingerprint/hanotify-*"):
        for built in folder.glob(pattern):
            shutil.rmtree(built)


def build_targets(bug: Bug, log: Path) -> dict[str, Path]:
    """The targets that should find a bug, built with it."""
    folder = work() / "planted"
    forget(folder)
    # With comparisons traced: it is libFuzzer at its best that the mutator is measured against.
    return build.build("none", list(bug.targets), False, log, folder, work() / "planted-bin", environment(bug), ["-O"])


def variants(target: str, no_plain: bool) -> list[str]:
    """What is measured of a target: where it has no mutator, there is nothing to compare."""
    if no_plain:
        return ["knowing"]
    compares = MUTATOR in (FUZZ / "fuzz_targets" / f"{target}.rs").read_text()
    return list(VARIANTS) if compares else ["knowing"]


def hunt(binary: Path, bug: Bug, variant: str, seed: int, stop, folder: Path) -> dict:
    """Fuzzes from the captures alone until the bug is found or the budget is spent."""
    shutil.rmtree(folder / "hunt", ignore_errors=True)
    for name in ("corpus", "failures"):
        (folder / "hunt" / name).mkdir(parents=True)
    flags = [f"-seed={seed}", f"-runs={bug.executions}", f"-max_total_time={MOST_SECONDS}", f"-max_len={MAX_LEN}"]
    flags += ["-len_control=100", "-timeout=10", "-print_final_stats=1", "-print_funcs=0", *VARIANTS[variant]]
    flags += [f"-artifact_prefix={folder / 'hunt' / 'failures'}/"]
    env = dict(process.environment("none"), HANOTIFY_MUTATOR="on" if variant == "knowing" else "off")
    command = [binary, *flags, folder / "hunt" / "corpus", CAPTURES]
    done = process.fuzz(command, stop, folder / f"{bug.name}-{binary.name}.log", MOST_SECONDS, env=env)
    # A timeout or an exhausted memory says more about the machine than about the bug.
    found = done.failed() and any((folder / "hunt" / "failures").glob("crash-*"))
    return {
        "found": found, "failed": done.failed(), "executions": done.output.executions, "seconds": round(done.seconds, 2),
        "story": done.output.story() if done.failed() else None,
    }


def sound_targets(bugs: list[Bug], no_plain: bool, stop, folder: Path) -> None:
    """Trouble if a target fails with no bug planted: it would pass for having found any."""
    names = tuple(dict.fromkeys(target for bug in bugs for target in bug.targets))
    sound = Bug("none", names, SOUND_EXECUTIONS, (), "no bug")
    for target, binary in build_targets(sound, folder / "build.log").items():
        for variant in variants(target, no_plain):
            run = {"failed": False} if stop.is_set() else hunt(binary, sound, variant, 1, stop, folder)
            if run["failed"]:
                raise Trouble(f"{target} fails with no bug planted ({run['story']}): see {folder / f'{sound.name}-{target}.log'}")


def sound_tests(bugs: list[Bug], stop, folder: Path) -> None:
    """Trouble if a stable test fails with no bug planted."""
    log = folder / "none-stable.log"
    forget(work() / "planted-stable")
    for tests in dict.fromkeys(bug.tests for bug in bugs):
        if not stop.is_set() and stable_tests_fail(None, tests, log) and not stop.is_set():
            raise Trouble(f"cargo test {' '.join(tests)} fails with no bug planted: see {log}")


def middle(runs: list[dict], key: str) -> float:
    """The median over runs; one that has not found the bug counts with all that it did."""
    return statistics.median(one[key] for one in runs)


def stable_tests_fail(bug: Bug | None, tests: tuple, log: Path) -> bool:
    """Whether the stable tests fail, with a bug planted. Trouble where they don't even build."""
    folder = work() / "planted-stable"
    if bug:
        forget(folder)
    # The tests that are listed need no command line, and each bug costs a build.
    command = ["cargo", "test", "--locked", "--no-default-features", "--features", "simd", "--target-dir", str(folder), *tests]
    with log.open("wb") as output:
        code = subprocess.run(command, cwd=TOP, env=environment(bug), stdout=output, stderr=output, check=False).returncode
    told = log.read_text(errors="replace")
    if "test result:" not in told:
        raise Trouble(f"{' '.join(command)} runs no test: see {log}")
    return code != 0 and "test result: FAILED" in told
