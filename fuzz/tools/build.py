"""Building the fuzz targets, once for each sanitizer, and what they were built with."""

import shutil
import subprocess
from pathlib import Path

from project import TOP, Trouble, run, work

# Without a sanitizer for speed: the code as it is shipped, and its comparisons not traced, which doubles the executions
# per second and costs no edge, because the mutator and the dictionary know the words. With one for depth: with debug
# assertions and overflow checks too.
BUILDS = {
    "none": {"toolchain": "stable", "flags": ["-O", "--no-trace-compares"]},
    "address": {"toolchain": "nightly", "flags": ["-O", "--debug-assertions"]},
}


def toolchain(sanitizer: str) -> str:
    """The toolchain for a sanitizer: ASan needs nightly, without a sanitizer any does."""
    return BUILDS[sanitizer]["toolchain"]


def versions(sanitizers: list[str]) -> dict:
    """What builds: the versions of the compilers and of cargo-fuzz."""
    try:
        found = {"cargo-fuzz": run("cargo", "fuzz", "--version").split()[-1]}
    except Trouble:
        raise Trouble("cargo-fuzz is missing: cargo install cargo-fuzz --locked") from None
    for sanitizer in sanitizers:
        name = toolchain(sanitizer)
        try:
            found[f"rustc for {sanitizer}"] = run("rustc", f"+{name}", "--version").strip()
        except Trouble:
            raise Trouble(f"the toolchain {name} is missing: rustup toolchain install {name}") from None
    return found


def build(
    sanitizer: str, targets: list[str], every: bool, log: Path, folder=None, place=None, top=TOP, flags=None
) -> dict[str, Path]:
    """Builds the targets of the tree at `top`, and copies them to where no later build replaces them."""
    folder, place = folder or work() / f"build-{sanitizer}", place or work() / "bin" / sanitizer
    command = ["cargo", f"+{toolchain(sanitizer)}", "fuzz", "build", "--sanitizer", sanitizer]
    command += [*(flags or BUILDS[sanitizer]["flags"]), "--target-dir", str(folder)]
    with log.open("ab") as output:
        for arguments in [[]] if every else [[name] for name in targets]:
            if subprocess.run([*command, *arguments], cwd=top, stdout=output, stderr=output, check=False).returncode:
                raise Trouble(f"the build fails ({' '.join([*command, *arguments])}):\n{log.read_text()[-2000:]}")
    return {name: _copied(name, folder, place / name) for name in targets}


def _copied(name: str, folder: Path, place: Path) -> Path:
    built = max(folder.glob(f"*/release/{name}"), key=lambda path: path.stat().st_mtime, default=None)
    if built is None:
        raise Trouble(f"the build left no executable {name} in {folder}")
    place.parent.mkdir(parents=True, exist_ok=True)
    # Another campaign may be running the old one, which can't be written to but can be replaced.
    shutil.copy2(built, place.with_suffix(".new"))
    place.with_suffix(".new").replace(place)
    return place
