"""One target under AFL++ from beginning to end: fuzzed, what fails kept, the corpora merged."""

from pathlib import Path

import aflplusplus
import corpora
import finds
import project
from record import Report


class AflCampaign:
    """What all targets share."""

    def __init__(self, executable: Path, binaries: dict, stop, report: Report, screen):
        self.executable, self.binaries = executable, binaries
        self.stop, self.report, self.screen = stop, report, screen

    def one(self, session: aflplusplus.Session, seconds: int, max_len: int) -> None:
        """One target. Trouble if AFL++ did not run to its end, but what it found before is kept."""
        target = session.target
        self.screen.say(f"{target}: {session.prepare(max_len)} inputs to begin with, {seconds} s")
        done = session.fuzz(self.executable, seconds, self.stop)
        if session.began():
            self._take_over(session)
            self.report.others.append(session.as_json())
        if self.stop.is_set():
            return
        if not session.began():
            raise project.Trouble(f"{target}: AFL++ does not start: see {session.log}")
        if done.late or done.failed():
            raise project.Trouble(
                f"{target}: AFL++ ended with status {done.code} before its time, or long after it: see {session.log}"
            )

    def _take_over(self, session: aflplusplus.Session) -> None:
        target, failures = session.target, project.work() / "failures" / "none" / session.target
        self.screen.say(f"{target}: {session.share(failures)} new inputs handed to libFuzzer")
        self._keep(session, failures)
        if self.stop.is_set():
            return
        # What fails under libFuzzer alone, fails here first.
        _, said = corpora.merge(target, self.binaries[target], "none", self.stop, session.log, failures)
        lost = finds.rescue(said)
        self._keep(session, failures)
        if lost:
            names = ", ".join(lost)
            raise project.Trouble(
                f"{target} could not write an input that fails: {names} (is the disk full?): see {session.log}"
            )

    def _keep(self, session: aflplusplus.Session, failures: Path) -> None:
        def again(file: Path):
            return session.run(self.executable, file)

        for artifact in finds.artifacts(failures):
            for find in finds.keep(
                self.binaries[session.target], artifact, session.target, "none", self.stop, session.log, again=again
            ):
                self.report.finds.append(find)
                self.screen.say(f"FIND {find.line()}")
