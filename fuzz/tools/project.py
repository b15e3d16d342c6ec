"""Where things are, and which targets there are: read from the fuzz crate, never listed here."""

import fcntl
import json
import os
import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
FUZZ = TOP / "fuzz"
CRASHES = TOP / "corpus" / "crashes"
CAPTURES = TOP / "corpus" / "captures"
DICTIONARY = FUZZ / "hanotify.dict"
# Bugs to plant, each a patch, and the folders in which they may change anything.
PLANTED = FUZZ / "planted"
LIBRARIES = ("src/", "crates/monitor/src/")
# The package whose stable tests find a bug, unless its patch names another one.
LIBRARY = "hanotify"
# The package whose build has the oracles of the fuzz targets.
ORACLES = "hanotify-testing"
# How stable tests are run: those that find planted bugs need no command line, and each bug costs a build.
STABLE_TESTS = ("cargo", "test", "--locked")
OF_LIBRARY = ("-p", LIBRARY, "--no-default-features", "--features", "simd")
# An input of every kind fits: the head's limit is 8,192 bytes, but what is longer takes longer.
MAX_LEN = 2048


class Trouble(Exception):
    """Something that the user has to put right, said in a way that tells how."""


def work() -> Path:
    """The folder for everything that a campaign writes and Git does not keep."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or TOP / "target").resolve() / "campaign"


def reserve():
    """Keeps a second campaign out of the working folder for as long as the result is held."""
    # libFuzzer merges and minimises through a shell, and quotes nothing.
    for path, variable in ((str(work()), "CARGO_TARGET_DIR"), (os.environ.get("TMPDIR", "/tmp"), "TMPDIR")):
        if re.search(r"[^\w@%+=:,./-]", path):
            raise Trouble(
                f"libFuzzer does not take the path {path}, because of a space or another special character: "
                f"set {variable} to another"
            )
    work().mkdir(parents=True, exist_ok=True)
    lock = (work() / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Trouble(
            f"another campaign uses {work()}: wait for it, or set CARGO_TARGET_DIR to another folder"
        ) from None
    return lock


def corpus(target: str) -> Path:
    """The corpus of a target that is kept in the repository."""
    return TOP / "corpus" / "fuzz" / target


def check_corpora(targets: list[str]) -> None:
    """Trouble if there is nothing to begin with, or nothing of what ever failed: less would be tried than is told."""
    for folder in (CAPTURES, CRASHES, *map(corpus, targets)):
        if not folder.is_dir() or not any(path.suffix != ".md" for path in folder.iterdir()):
            raise Trouble(
                f"{folder.relative_to(TOP)} is missing or has no input: restore it, or give a new target a seed"
            )


def run(*command: str, top: Path | None = None) -> str:
    """What a command prints, from the top of the tree; Trouble if it is not there or fails."""
    try:
        done = subprocess.run(command, cwd=top or TOP, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise Trouble(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as failed:
        raise Trouble(f"{' '.join(command)} failed:\n{failed.stderr.strip()[-2000:]}") from None
    return done.stdout


def targets() -> list[str]:
    """The names of the fuzz targets: the binaries under fuzz_targets/."""
    return targets_in(metadata(FUZZ))


def metadata(folder: Path) -> dict:
    """What `cargo metadata` tells of the packages of a workspace."""
    told = run("cargo", "metadata", "--no-deps", "--format-version=1", "--manifest-path", str(folder / "Cargo.toml"))
    return json.loads(told)


def targets_in(metadata: dict) -> list[str]:
    """The names of the fuzz targets in what `cargo metadata` tells."""
    return sorted(
        target["name"]
        for package in metadata["packages"]
        for target in package["targets"]
        if "bin" in target["kind"] and Path(target["src_path"]).parent.name == "fuzz_targets"
    )


def chosen(names: list[str], known: list[str]) -> list[str]:
    """The targets that were asked for, in the order of the list; all of them if none was."""
    if unknown := sorted(set(names) - set(known)):
        raise Trouble(f"no such target: {', '.join(unknown)} (there are: {', '.join(known)})")
    return [name for name in known if name in names] if names else known


def commit() -> str:
    """The commit that is checked out, with a + if files that Git knows differ from it."""
    try:
        changed = run(
            "git", "status", "--porcelain", "--untracked-files=no", "--", "src", "fuzz", "tests", "Cargo.toml"
        )
        return run("git", "rev-parse", "--short=12", "HEAD").strip() + ("+" if changed else "")
    except Trouble:
        return "unknown"
