"""A campaign from beginning to end: build, replay, fuzz, keep what fails, merge, report."""

import threading
import time
from collections import Counter
from pathlib import Path

import build
import corpora
import finds
import page
import process
import project
from libfuzzer import Output
from plan import Task
from pool import work_off
from record import Report

# The report on the disk is never older, so that even a power cut leaves one.
WRITE_EVERY_SECONDS = 30
# Inputs that fail at the same place are kept up to this number; the target is then left alone.
SAME_FINDS = 3


class Campaign:
    """What the stages share."""

    def __init__(self, options, tasks: list[Task], about: dict, screen):
        self.options, self.tasks, self.screen = options, tasks, screen
        self.targets = list(dict.fromkeys(task.target for task in tasks))
        self.sanitizers = list(dict.fromkeys(task.sanitizer for task in tasks))
        self.pairs = [(target, sanitizer) for sanitizer in self.sanitizers for target in self.targets]
        self.folder = project.work() / "runs" / time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        self.report = Report(about, project.work() / "reports" / f"{self.folder.name}.json")
        self.stop, self.interrupted, self.written = process.Stop(), False, time.monotonic()
        self.binaries, self.same, self.lock = {}, Counter(), threading.Lock()

    def interrupt(self) -> None:
        """Ends what is going on now: the fuzzing, or what comes behind it."""
        self.interrupted = True
        self.stop.set()

    def run(self) -> dict:
        """All stages. What was found, and how often what was run, is in the report whatever happens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._build()
            if self.interrupted:
                return self.report.end(True)
            self._stage("replaying what ever failed, and the corpus", self._replay, self.pairs)
            # Two rounds of the same target and build would take each other's finds away.
            self._stage("fuzzing", self._fuzz, self.tasks, lambda task: (task.target, task.sanitizer))
            if self.interrupted:
                self.screen.say("interrupted: what was found is being merged (once more to leave that out)")
                self.stop = process.Stop()
            self._stage("keeping what fails", lambda pair: self._harvest(*pair), self.pairs)
            self._stage("merging and minimising", self._merge, self.targets)
        finally:
            told = self.report.end(self.interrupted)
            page.write(told, self.report.path.with_suffix(".html"))
        return told

    def _stage(self, name: str, work, items: list, key=lambda item: item) -> None:
        if not self.stop.is_set():
            self.screen.say(name)
            work_off(work, items, self.options.jobs, self.stop, self._tick, key)

    def _tick(self) -> None:
        self.screen.show(self.report)
        if time.monotonic() - self.written > WRITE_EVERY_SECONDS:
            self.written = time.monotonic()
            self.report.write()

    def _build(self) -> None:
        every = set(self.targets) == set(self.options.known)
        for sanitizer in self.sanitizers:
            if self.stop.is_set():
                return
            self.screen.say(
                f"building {len(self.targets)} target(s), sanitizer: {sanitizer} ({build.toolchain(sanitizer)})"
            )
            try:
                built = build.build(sanitizer, self.targets, every, self.folder / "build.log")
            except project.Trouble:
                # Ctrl-C reaches the build too, and it fails then.
                if not self.interrupted:
                    raise
                return
            self.binaries.update({(target, sanitizer): binary for target, binary in built.items()})

    def _files(self, target: str, sanitizer: str) -> tuple[Path, Path]:
        """The log of a target, and the folder where libFuzzer leaves what fails: it outlives a campaign that is
        killed."""
        failures = project.work() / "failures" / sanitizer / target
        failures.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{target}-{sanitizer}.log", failures

    def _replay(self, pair: tuple) -> None:
        log, failures = self._files(*pair)
        self._harvest(*pair)
        for said in corpora.replay(pair[0], self.binaries[pair], pair[1], self.stop, log, failures):
            self._harvest(*pair, said)
            if self._worn(pair[0]):
                self.screen.say(f"{pair[0]}: the rest is not replayed, too many inputs fail at the same place")
                return

    def _fuzz(self, task: Task) -> None:
        """One task, begun again behind each find until its time is up."""
        target, sanitizer = task.target, task.sanitizer
        log, failures = self._files(target, sanitizer)
        record = self.report.record(target, sanitizer)
        end = time.monotonic() + task.seconds
        while not self.stop.is_set() and not self._worn(target) and (left := round(end - time.monotonic())) > 0:
            command = [self.binaries[target, sanitizer], *self._flags(left, failures), *corpora.folders(target)]
            done = process.fuzz(command, self.stop, log, left, sanitizer, record.watch)
            record.add(done.output, done.seconds)
            record.corpus_files, record.corpus_bytes = corpora.size(corpora.working(target))
            kept = self._harvest(target, sanitizer, done.output)
            if not done.failed():
                return
            if not kept:
                raise project.Trouble(f"{target} ended with status {done.code} and left no input: see {log}")

    def _worn(self, target: str) -> bool:
        return any(count >= SAME_FINDS for (name, _), count in list(self.same.items()) if name == target)

    def _flags(self, seconds: int, failures: Path) -> list[str]:
        # With a mutator of the target's own, libFuzzer would begin with inputs of any length.
        flags = [f"-max_total_time={seconds}", f"-max_len={self.options.max_len}", "-len_control=100", "-timeout=10"]
        flags += [f"-artifact_prefix={failures}/", "-print_final_stats=1", "-print_funcs=0"]
        if project.DICTIONARY.is_file():
            flags.append(f"-dict={project.DICTIONARY}")
        if self.options.seed is not None:
            flags.append(f"-seed={self.options.seed}")
        return flags

    def _harvest(self, target: str, sanitizer: str, said: Output | None = None) -> int:
        """Keeps the inputs that libFuzzer left, also those of a campaign that was killed. How many; Trouble if one that
        it said it left is lost."""
        log, failures = self._files(target, sanitizer)
        lost = finds.rescue(said) if said else []
        kept = finds.artifacts(failures)
        for number, artifact in enumerate(kept):
            if self._worn(target):
                self._set_aside(target, sanitizer, kept[number:])
                break
            for find in finds.keep(self.binaries[target, sanitizer], artifact, target, sanitizer, self.stop, log):
                with self.lock:
                    self.same[target, find.signature] += 1
                self.report.found(find)
                self.screen.say(f"FIND {find.line()}")
        if lost:
            raise project.Trouble(
                f"{target} could not write an input that fails: {', '.join(lost)} (is the disk full?): see {log}"
            )
        return len(kept)

    def _set_aside(self, target: str, sanitizer: str, artifacts: list[Path]) -> None:
        """Inputs of a target that has failed often enough at one place: they are not tried, and not lost."""
        folder = self.folder / f"{target}-{sanitizer}.more"
        folder.mkdir(exist_ok=True)
        for artifact in artifacts:
            artifact.replace(folder / artifact.name)
        self.screen.say(f"{target}: {len(artifacts)} more input(s) fail, and are left in {folder}")

    def _merge(self, target: str) -> None:
        if self._worn(target):
            self.screen.say(
                f"{target}: the corpus is kept as it is, not merged, because too many inputs fail at the same place"
            )
            return
        sanitizer = self.sanitizers[0]
        log, failures = self._files(target, sanitizer)
        merged, said = corpora.merge(target, self.binaries[target, sanitizer], sanitizer, self.stop, log, failures)
        if not merged:
            self.screen.say(f"{target}: the corpus is kept as it is, not merged (see {log})")
        elif self.options.publish:
            corpora.publish(target)
        # An input that only another build has run may fail here for the first time.
        self._harvest(target, sanitizer, said)
        for build_of in self.sanitizers:
            # The builds of a target share one corpus.
            record = self.report.record(target, build_of)
            record.corpus_files, record.corpus_bytes = corpora.size(corpora.working(target))
