"""Builds that have a planted bug, how soon a target finds it, and whether the stable tests do."""

import re
import shutil
import statistics
import subprocess
from pathlib import Path

import build
import process
from planted import Bug
from project import CAPTURES, DICTIONARY, FUZZ, MAX_LEN, OF_LIBRARY, ORACLES, STABLE_TESTS, Trouble, work
from tree import Tree

# However many executions a bug is given, no run takes longer.
MOST_SECONDS = 120
# How often a target runs without a bug before one that fails counts as having found it.
SOUND_EXECUTIONS = 3000
# What is measured: mutation that knows the format, and plain mutation.
VARIANTS = {"knowing": [f"-dict={DICTIONARY}"], "plain": []}
VARIANT_NAMES = {"knowing": "mutator and dictionary", "plain": "plain mutation"}
# What a target says that has the mutator.
MUTATOR = "message_mutator!"


def home() -> Path:
    """The folder of the copy of the tree, and of what is built from it."""
    return work() / "planted"


def build_targets(bug: Bug | None, targets, tree: Tree, log: Path) -> dict[str, Path]:
    """These targets, built with a bug or without."""
    tree.plant(bug)
    # The oracles are built again for each bug, and not worth optimizing. Cargo reads what is above the tree too.
    settings = tree.place.parent / ".cargo" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[profile.release.package.{ORACLES}]\nopt-level = 0\ndebug = false\n")
    # With comparisons traced: it is libFuzzer at its best that the mutator is measured against.
    return build.build("none", list(targets), False, log, home() / "build", home() / "bin", tree.place, ["-O"])


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
        "found": found, "failed": done.failed(), "story": done.output.story() if done.failed() else None,
        "executions": done.output.executions, "seconds": round(done.seconds, 2),
    }


def sound_targets(bugs: list[Bug], no_plain: bool, tree: Tree, stop, folder: Path) -> None:
    """Trouble if a target fails with no bug planted: it would pass for having found any."""
    names = tuple(dict.fromkeys(target for bug in bugs for target in bug.targets))
    sound = Bug("none", names, SOUND_EXECUTIONS, (), "no bug")
    for target, binary in build_targets(None, names, tree, folder / "build.log").items():
        for variant in variants(target, no_plain):
            run = {"failed": False} if stop.is_set() else hunt(binary, sound, variant, 1, stop, folder)
            if run["failed"]:
                log = folder / f"{sound.name}-{target}.log"
                raise Trouble(f"{target} fails with no bug planted ({run['story']}): see {log}")


def middle(runs: list[dict], key: str) -> float:
    """The median over runs; one that has not found the bug counts with all that it did."""
    return statistics.median(one[key] for one in runs)


def sound_tests(bugs: list[Bug], tree: Tree, stop, folder: Path) -> None:
    """Trouble if a stable test fails with no bug planted."""
    log = folder / "none-stable.log"
    tree.plant(None)
    for tests in dict.fromkeys(bug.tests for bug in bugs):
        if not stop.is_set() and tests_fail(tests, tree, log) and not stop.is_set():
            raise Trouble(f"cargo test {' '.join(tests)} fails with no bug planted: see {log}")


def stable_tests_fail(bug: Bug, tree: Tree, log: Path) -> bool:
    """Whether the stable tests that should find a bug do."""
    tree.plant(bug)
    return tests_fail(bug.tests, tree, log)


def tests_fail(tests: tuple, tree: Tree, log: Path) -> bool:
    """Whether stable tests fail. Trouble where they don't even build, or there are none of that name."""
    of = () if "-p" in tests else OF_LIBRARY
    command = [*STABLE_TESTS, "--target-dir", str(home() / "build-stable"), *of, *tests]
    with log.open("wb") as output:
        code = subprocess.run(command, cwd=tree.place, stdout=output, stderr=output, check=False).returncode
    told = log.read_text(errors="replace")
    if "test result:" not in told or not any(map(int, re.findall(r"(?m)^running (\d+) tests?$", told))):
        raise Trouble(f"{' '.join(command)} runs no test: see {log}")
    return code != 0 and "test result: FAILED" in told
