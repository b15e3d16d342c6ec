"""What a campaign says on the terminal while it runs."""

import shutil
import sys
import threading
import time


class Screen:
    """Lines that stay, and on a terminal a last line that shows where the campaign is."""

    def __init__(self, stream=sys.stdout):
        self.stream, self.live = stream, stream.isatty()
        self.begin, self.lock = time.monotonic(), threading.Lock()

    def say(self, text: str) -> None:
        """A line that stays, with the time since the start."""
        with self.lock:
            clear = "\r\x1b[K" if self.live else ""
            print(f"{clear}[{clock(time.monotonic() - self.begin)}] {text}", file=self.stream, flush=True)

    def show(self, report) -> None:
        """The last line, where there is a terminal."""
        if self.live:
            text = f"[{clock(time.monotonic() - self.begin)}] {status(report)}"
            with self.lock:
                width = shutil.get_terminal_size().columns
                print(f"\r\x1b[K{text[: width - 1]}", end="", file=self.stream, flush=True)


def status(report) -> str:
    """The targets that run now, in one line."""
    running = [record for record in list(report.records.values()) if record.now]
    parts = []
    for record in running:
        so_far = record.with_running()
        counts = f"{so_far.executions:,} runs, {so_far.rate():,.0f}/s, {so_far.edges} edges"
        parts.append(f"{record.target}/{record.sanitizer} {counts}")
    # First, because a narrow terminal shows no more than the beginning.
    return " | ".join([f"{len(report.finds)} finds", *parts])


def table(told: dict) -> str:
    """A finished campaign, one line for each target and sanitizer."""
    rows = [("target", "sanitizer", "executions", "exec/s", "edges", "features", "corpus", "no new edge for", "finds")]
    for one in told["targets"]:
        rows.append((
            one["target"], one["sanitizer"], f"{one['executions']:,}", f"{one['executions_per_second']:,}",
            str(one["edges"]),
            str(one["features"]), f"{one['corpus_files']} files, {one['corpus_bytes'] // 1000} kB",
            f"{one['seconds_since_last_new_edge']:.0f} s of {one['seconds']:.0f}", str(one["crashes"]),
        ))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = (0, 1)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in left else cell.rjust(width) for n, (cell, width) in enumerate(zip(row, widths))
        )
        for row in rows
    )


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    whole = int(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:02}:{whole % 60:02}"
