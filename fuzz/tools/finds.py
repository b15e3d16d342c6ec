"""Inputs that fail: told apart, made small, and kept with a note."""

import hashlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import process
from libfuzzer import Output
from project import CRASHES, TOP

_ARTIFACTS = ("crash-*", "timeout-*", "oom-*", "leak-*")
# How long is spent on making one input small.
TMIN_SECONDS = 20
# Two builds of a target may find the same at once.
_STORING = threading.Lock()


@dataclass
class Find:
    """One input that fails, and where it is kept."""

    target: str
    sanitizer: str
    signature: str
    story: str
    file: str = ""
    known: bool = False

    def line(self) -> str:
        return f"{self.target} ({self.sanitizer}): {self.story} -> {self.file}"


def artifacts(folder: Path) -> list[Path]:
    """The failing inputs that libFuzzer has left in a folder, oldest first."""
    found = [path for pattern in _ARTIFACTS for path in folder.glob(pattern)]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def announced(output: Output) -> list[str]:
    """The paths of the failing inputs that libFuzzer says it has left: slow ones are not."""
    return [name for name in output.artifacts if any(Path(name).match(pattern) for pattern in _ARTIFACTS)]


def rescue(output: Output) -> list[str]:
    """Writes what libFuzzer announced and could not write, which it does not notice, as far as it is printed. The paths
    of what is lost."""
    lost = []
    for name in announced(output):
        path = Path(name)
        if _whole(path):
            continue
        if name in output.printed:
            path.write_bytes(output.printed[name])
        else:
            lost.append(name)
    return lost


def _whole(path: Path) -> bool:
    """Whether the file is there, with the content that libFuzzer named it after."""
    return path.is_file() and path.name.endswith(f"-{hashlib.sha1(path.read_bytes()).hexdigest()}")


def try_input(binary: Path, file: Path, sanitizer: str, stop, log: Path) -> process.Run:
    """Runs one input."""
    return process.fuzz([binary, "-timeout=10", file], stop, log, 60, sanitizer)


def keep(
    binary: Path, artifact: Path, target: str, sanitizer: str, stop, log: Path, folder: Path = CRASHES, again=None
) -> list[Find]:
    """Keeps a failing input for good: first as it is, then as small as it gets. What fails otherwise when it is small
    is a second find. The artifact goes. `again` runs an input as another fuzzer does that found it, where the target
    does not fail."""
    find, fails = _told(binary, artifact, target, sanitizer, log)
    if not fails and again and (other := again(artifact)).failed():
        find = Find(target, "afl++", other.output.signature(), without_place(other.output.story()))
    large = store(artifact.read_bytes(), find, folder)
    artifact.unlink()
    # What is there already was made small when it was found, or named by a person.
    if not fails or find.known or stop.is_set():
        return [find]
    small = log.with_name(f"{large.stem}.small")
    _minimise(binary, large, small, sanitizer, stop, log)
    if not small.exists():
        return [find]
    other, fails = _told(binary, small, target, sanitizer, log)
    data = small.read_bytes()
    small.unlink()
    if not fails or len(data) >= large.stat().st_size:
        return [find]
    store(data, other, folder)
    if (other.signature, other.story) != (find.signature, find.story):
        return [find, other]
    with _STORING:
        large.unlink()
        large.with_suffix(".md").unlink()
    return [other]


def _told(binary: Path, file: Path, target: str, sanitizer: str, log: Path) -> tuple[Find, bool]:
    """What an input does when it is run once more, and whether it fails."""
    again = try_input(binary, file, sanitizer, process.Stop(), log)
    story = again.output.story() if again.failed() else "failed once, but not again with the same input"
    return Find(target, sanitizer, again.output.signature(), without_place(story)), again.failed()


def _minimise(binary: Path, large: Path, small: Path, sanitizer: str, stop, log: Path) -> None:
    """Leaves a smaller input that fails too, if there is one. libFuzzer does not look whether it fails in the same
    way."""
    command = [
        binary, "-minimize_crash=1", f"-max_total_time={TMIN_SECONDS}", f"-exact_artifact_path={small}", "-timeout=10",
        large
    ]
    process.fuzz(command, stop, log, TMIN_SECONDS * 2, sanitizer)


def store(data: bytes, find: Find, folder: Path = CRASHES) -> Path:
    """Puts an input and a note that is still to be completed among the finds."""
    with _STORING:
        return _store(data, find, folder)


def _store(data: bytes, find: Find, folder: Path) -> Path:
    before = [path for path in sorted(folder.iterdir()) if path.suffix != ".md" and path.read_bytes() == data]
    name = f"{find.target}-{hashlib.sha1(data).hexdigest()[:12]}.bin"
    path = before[0] if before else folder / name
    find.known = bool(before)
    find.file = str(path.relative_to(TOP)) if path.is_relative_to(TOP) else str(path)
    new = {} if before else {path: data}
    if not path.with_suffix(".md").exists():
        new[path.with_suffix(".md")] = note(find).encode()
    _write(new)
    return path


def _write(files: dict[Path, bytes]) -> None:
    """Writes all of the files or, on a full disk, none."""
    partial = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, data in files.items():
            partial[path].write_bytes(data)
        for path in files:
            partial[path].replace(path)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def note(find: Find) -> str:
    """The note beside an input, with what a machine knows; a person adds the rest."""
    toolchain = "cargo +nightly" if find.sanitizer == "address" else "cargo"
    command = f"{toolchain} fuzz run -s {find.sanitizer} {find.target} {find.file}"
    if find.sanitizer == "afl++":
        command = f"cargo afl run --release --manifest-path fuzz/afl-targets/Cargo.toml {find.target} < {find.file}"
    day = time.strftime("%Y-%m-%d", time.gmtime())
    found = f"Found by `fuzz/campaign` on {day} (sanitizer: {find.sanitizer})"
    return f"""Makes the fuzz target `{find.target}` fail. {found}:

    {find.story}

Cause: not known yet.
Verdict: not known yet.

To see it again: `{command}`
"""


def without_place(story: str) -> str:
    """The text without the path of this working copy, which means nothing elsewhere."""
    return story.replace(f"{TOP}/", "")
