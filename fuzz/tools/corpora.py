"""Corpora: merged, kept within their size, and replayed."""

import hashlib
import re
import shutil
from pathlib import Path

import process
from finds import announced
from libfuzzer import Output
from project import CAPTURES, CRASHES, Trouble, corpus, work

MAX_BYTES = 1_000_000
MERGE_SECONDS = 300
# What libFuzzer calls a file that it writes. Any other name was given by a person, who wants the file to stay.
_GENERATED = re.compile(r"[0-9a-f]{40}")


def working(target: str) -> Path:
    """The corpus that grows from campaign to campaign on this machine."""
    return work() / "corpus" / target


def folders(target: str) -> list[Path]:
    """Where the inputs for a target are, its working corpus first."""
    if _old(target).is_dir() and not working(target).is_dir():
        _old(target).rename(working(target))
    working(target).mkdir(parents=True, exist_ok=True)
    return [working(target), *(folder for folder in (corpus(target), CAPTURES) if folder.is_dir())]


def gather(places: list[Path], into: Path, without: set) -> Path:
    """Puts each input into one folder once, under its SHA-1, but those with these."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for file in (file for place in places for file in place.rglob("*")):
        if file.is_file() and file.suffix != ".md" and (name := sha1(file)) not in without:
            shutil.copyfile(file, into / name)
    return into


def sha1(file: Path) -> str:
    """What libFuzzer calls a file with this content."""
    return hashlib.sha1(file.read_bytes()).hexdigest()


def merge(target: str, binary: Path, sanitizer: str, stop, log: Path, failures: Path) -> tuple[bool, Output]:
    """Makes the working corpus the smallest set of inputs that reaches what all inputs reach. Whether it was to be, and
    what was said."""
    merged = working(target).with_name(f"{target}.merged")
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    for seed in _named(corpus(target)):
        shutil.copy2(seed, merged)
    # Each once: of two that are the same and that libFuzzer takes both, it writes one, and says two.
    inputs = gather(
        folders(target), working(target).with_name(f"{target}.inputs"), {sha1(seed) for seed in _named(merged)}
    )
    # Not `-merge=1`, which takes whatever adds something, the smallest first: that leaves twice as many.
    command = [binary, "-set_cover_merge=1", "-timeout=10", f"-artifact_prefix={failures}/", merged, inputs]
    done = process.fuzz(command, stop, log, MERGE_SECONDS, sanitizer)
    shutil.rmtree(inputs)
    for seed in _named(merged):
        seed.unlink()
    if done.code != 0 or announced(done.output) or not _complete(merged, done.output):
        # Cut short, or an input that fails: the working corpus as it is loses nothing.
        shutil.rmtree(merged)
        return False, done.output
    shutil.rmtree(_old(target), ignore_errors=True)
    working(target).rename(_old(target))
    merged.rename(working(target))
    shutil.rmtree(_old(target))
    return True, done.output


def _old(target: str) -> Path:
    return working(target).with_name(f"{target}.old")


def _complete(merged: Path, said: Output) -> bool:
    """Whether all is there that libFuzzer says it merged: it ends with 0 too where it ran nothing, or could not
    write."""
    files = list(merged.iterdir())
    return said.merge_succeeded and len(files) == said.merged_files and all(file.name == sha1(file) for file in files)


def publish(target: str) -> int:
    """Makes the kept corpus the working one, as far as it fits, beside the seeds that have a name. The bytes it has
    then."""
    place = corpus(target)
    place.mkdir(parents=True, exist_ok=True)
    budget = MAX_BYTES - sum(path.stat().st_size for path in _named(place))
    wanted = fitting(working(target), budget)
    for path in _generated(place):
        if path.name not in wanted:
            path.unlink()
    for name in wanted:
        if not (place / name).exists():
            shutil.copyfile(working(target) / name, place / name)
    return size(place)[1]


def fitting(folder: Path, budget: int) -> set[str]:
    """The names of the smallest files, as many as fit into the budget of bytes."""
    taken = set()
    for length, name in sorted((path.stat().st_size, path.name) for path in _generated(folder)):
        budget -= length
        if budget < 0:
            break
        taken.add(name)
    return taken


def replay(target: str, binary: Path, sanitizer: str, stop, log: Path, failures: Path):
    """Runs every input that ever failed, of any target, and the whole corpus; gives what was said each time that one of
    them failed. Trouble if not all of them could be run."""
    if not CRASHES.is_dir():
        raise Trouble(f"{CRASHES} is missing: what ever failed can't be replayed")
    inputs = gather([*folders(target), CRASHES], working(target).with_name(f"{target}.replay-{sanitizer}"), set())
    command = [binary, "-runs=0", "-timeout=10", f"-artifact_prefix={failures}/", inputs]
    try:
        # libFuzzer ends at the first that fails: that one is taken away, and it begins again.
        while not stop.is_set():
            done = process.fuzz(command, stop, log, MERGE_SECONDS, sanitizer)
            if done.late:
                raise Trouble(
                    f"{target} takes more than {MERGE_SECONDS} s for its inputs, which are not replayed therefore: "
                    f"see {log}"
                )
            failed = announced(done.output)
            if done.failed() and not failed:
                raise Trouble(f"{target} ended with status {done.code} while replaying, and left no input: see {log}")
            if failed:
                yield done.output
            taken = [inputs / Path(name).name.rpartition("-")[2] for name in failed]
            if not any(path.is_file() for path in taken):
                return
            for path in taken:
                path.unlink(missing_ok=True)
    finally:
        shutil.rmtree(inputs)


def size(folder: Path) -> tuple[int, int]:
    """How many files, and how many bytes."""
    sizes = [path.stat().st_size for path in folder.iterdir() if path.is_file()]
    return len(sizes), sum(sizes)


def _named(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if path.is_file() and not _GENERATED.fullmatch(path.name)]


def _generated(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if path.is_file() and _GENERATED.fullmatch(path.name)]
