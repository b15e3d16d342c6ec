"""What all campaigns on this machine did together, as Markdown for a page that is kept."""

import json
from collections import defaultdict
from pathlib import Path

from project import Trouble, work

HEAD = """\
| target | build | executions | hours | exec/s | edges | features | last new edge | finds |
|---|---|---|---|---|---|---|---|---|"""

BUILDS = {"none": "plain", "address": "ASan"}


def reports() -> list[dict]:
    """All reports that are there, the oldest first."""
    return [_read(path) for path in sorted((work() / "reports").glob("*.json"))]


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise Trouble(f"{path} is no report ({error}): move it away") from None


def markdown(reports: list[dict]) -> str:
    """The totals over all reports: for each target and build, and in all."""
    if not reports:
        return "No campaign has run yet.\n"
    first, last = reports[0]["started"][:10], max((r["ended"] or r["started"]) for r in reports)[:10]
    campaigns = f"{len(reports)} campaign(s) from {first} to {last}, commits {_commits(reports)}"
    lines = ["# Fuzz campaigns", "", f"{campaigns}. Printed by `fuzz/campaign summary`.", "",
             "Hours are those of one process. Edges and features are those at the end of the last campaign.", "", HEAD]
    groups = defaultdict(list)
    for report in reports:
        for one in report["targets"]:
            groups[one["target"], one["sanitizer"]].append(one)
    lines += [_row(f"`{target}`", sanitizer, ones) for (target, sanitizer), ones in sorted(groups.items())]
    everything = [one for ones in groups.values() for one in ones]
    executions, seconds = _sum(everything, "executions"), _sum(everything, "seconds")
    found = _sum(everything, "crashes")
    lines += ["", f"In all {executions:,} executions in {seconds / 3600:.1f} hours of fuzzing, {found} find(s).", ""]
    found = {find["file"]: find for report in reports for find in report["finds"]}
    lines += [
        f"- `{find['target']}`, {BUILDS.get(find['sanitizer'], find['sanitizer'])}: {find['story']}, kept as `{file}`"
        for file, find in found.items()
    ]
    return "\n".join(lines) + "\n"


def _row(target: str, sanitizer: str, ones: list) -> str:
    executions, seconds = _sum(ones, "executions"), _sum(ones, "seconds")
    # How long nothing new was met: the last campaigns without any, and the end of the one before.
    quiet = 0.0
    for one in reversed(ones):
        quiet += one["seconds_since_last_new_edge"]
        if one["seconds_since_last_new_edge"] < one["seconds"] and one["edges"] > (one["edges_at_start"] or 0):
            break
    build = BUILDS.get(sanitizer, sanitizer)
    cells = (target, build, f"{executions:,}", f"{seconds / 3600:.2f}", f"{executions / max(seconds, 1):,.0f}")
    last = ones[-1]
    cells += f"{last['edges']:,}", f"{last['features']:,}", f"{quiet / 60:.1f} min before the end"
    return f"| {' | '.join(cells)} | {_sum(ones, 'crashes')} |"


def _commits(reports: list) -> str:
    commits = list(dict.fromkeys(report["commit"] for report in reports))
    return commits[0] if len(commits) == 1 else f"{commits[0]} to {commits[-1]}"


def _sum(ones: list, key: str) -> float:
    return sum(one[key] for one in ones)
