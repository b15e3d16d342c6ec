"""AFL++ on the same targets: built once, run for a while, its inputs shared with libFuzzer's campaigns both ways."""

import os
import shutil
import subprocess
from pathlib import Path

import corpora
import process
from project import DICTIONARY, FUZZ, TOP, Trouble, run, work

MANIFEST = FUZZ / "afl-targets" / "Cargo.toml"
EXECUTABLE = "hanotify-afl"
# It asks for settings of the kernel and of the processor that a container does not allow; it is only slower without
# them.
SETTINGS = {
    "AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
    # An input that fails at once, or does so now and then, is a find and no reason not to begin.
    "AFL_IGNORE_SEED_PROBLEMS": "1", "AFL_CRASHING_SEEDS_AS_NEW_CRASH": "1",
}


def version() -> str:
    """The version of cargo-afl, with that of AFL++."""
    try:
        return run("cargo", "afl", "--version").strip()
    except Trouble:
        raise Trouble("cargo-afl is missing: cargo install cargo-afl --locked") from None


def build(log: Path) -> Path:
    """Builds the executable that holds all targets."""
    folder = work() / "build-afl"
    command = ["cargo", "afl", "build", "--release", "--manifest-path", str(MANIFEST), "--target-dir", str(folder)]
    with log.open("ab") as output:
        if subprocess.run(command, cwd=TOP, stdout=output, stderr=output, check=False).returncode:
            raise Trouble(f"the build fails ({' '.join(command)}):\n{log.read_text()[-2000:]}")
    return folder / "release" / EXECUTABLE


class Session:
    """One target under AFL++."""

    def __init__(self, target: str, folder: Path):
        self.target, self.folder = target, folder / target
        self.seeds, self.results = self.folder / "in", self.folder / "out" / "default"
        self.log = self.folder / "afl.log"

    def prepare(self, max_len: int) -> int:
        """Hands over the inputs that libFuzzer has. How many."""
        self.seeds.mkdir(parents=True)
        for place in corpora.folders(self.target):
            for file in place.iterdir():
                if file.is_file() and file.suffix != ".md" and 0 < file.stat().st_size <= max_len:
                    shutil.copyfile(file, self.seeds / corpora.sha1(file))
        return len(list(self.seeds.iterdir()))

    def fuzz(self, executable: Path, seconds: int, stop) -> process.Run:
        """Runs AFL++ for some seconds."""
        command = ["cargo", "afl", "fuzz", "-i", self.seeds, "-o", self.folder / "out", "-V", seconds]
        if DICTIONARY.is_file():
            command += ["-x", DICTIONARY]
        with_settings = {**SETTINGS, **os.environ}
        return process.fuzz([*command, "--", executable, self.target], stop, self.log, seconds + 60, env=with_settings)

    def began(self) -> bool:
        """Whether AFL++ came as far as to fuzz."""
        return (self.results / "fuzzer_stats").is_file()

    def run(self, executable: Path, file: Path) -> process.Run:
        """Runs one input as AFL++ did: with debug assertions and overflow checks, which libFuzzer's build without a
        sanitizer has not."""
        return process.fuzz([executable, self.target], process.Stop(), self.log, 60, given=file)

    def share(self, failures: Path) -> int:
        """Hands back the inputs that are new, and puts what fails where a campaign looks for it. How many are new."""
        place, new = corpora.working(self.target), 0
        place.mkdir(parents=True, exist_ok=True)
        for file in (self.results / "queue").glob("id:*"):
            if not (place / corpora.sha1(file)).exists():
                shutil.copyfile(file, place / corpora.sha1(file))
                new += 1
        failures.mkdir(parents=True, exist_ok=True)
        for kind, prefix in (("crashes", "crash"), ("hangs", "timeout")):
            for file in (self.results / kind).glob("id:*"):
                shutil.copyfile(file, failures / f"{prefix}-{corpora.sha1(file)}")
        return new

    def as_json(self) -> dict:
        """What the report says of the target, in the words of the other reports."""
        stats = statistics((self.results / "fuzzer_stats").read_text())
        samples = plot((self.results / "plot_data").read_text())
        seconds, executions = int(stats["run_time"]), int(stats["execs_done"])
        quiet = int(stats["last_update"]) - max(int(stats["last_find"]), int(stats["start_time"]))
        files, size = corpora.size(corpora.working(self.target))
        return {
            "target": self.target, "sanitizer": "afl++", "executions": executions, "seconds": seconds,
            "executions_per_second": round(executions / max(seconds, 1)), "edges": int(stats["edges_found"]),
            "edges_at_start": samples[0][2] if samples else None, "features": 0,
            "seconds_since_last_new_edge": max(quiet, 0),
            "corpus_files": files, "corpus_bytes": size, "crashes": int(stats["saved_crashes"]), "samples": samples,
        }


def statistics(text: str) -> dict:
    """AFL++'s fuzzer_stats."""
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def plot(text: str) -> list:
    """Samples from AFL++'s plot_data: time, executions, edges, features (which it does not count)."""
    lines = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return [[float(cells[0]), int(cells[11]), int(cells[12]), 0] for cells in lines if len(cells) > 12]
