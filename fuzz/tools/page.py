"""A campaign's report as one page that needs nothing else: no network, no script."""

from html import escape
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 420, 130, 34
# The colour and the dash both tell the sanitizers apart.
LINES = {"none": ("#1f6feb", "none"), "address": ("#c2410c", "5 3")}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
body { color: #1b1f24; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #d0d7de }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
td { font-variant-numeric: tabular-nums }
.plots { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0 } figcaption { font-weight: 600 }
.find { color: #b00020 }
code, pre { font: 13px ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } th, td { border-color: #30363d } .find { color: #ff7b72 }
}
"""
COLUMNS = (
    ("target", "target"), ("sanitizer", "sanitizer"), ("executions", "executions"), ("exec/s", "executions_per_second"),
    ("seconds", "seconds"), ("edges", "edges"), ("features", "features"), ("corpus files", "corpus_files"),
    ("corpus bytes", "corpus_bytes"), ("seconds since the last new edge", "seconds_since_last_new_edge"),
    ("finds", "crashes"),
)


def write(told: dict, path: Path) -> None:
    """Writes the page."""
    path.write_text(page(told), encoding="utf-8")


def page(told: dict) -> str:
    """The page for what a campaign's JSON report tells."""
    state = "interrupted" if told.get("interrupted") else "ended" if told["ended"] else "running"
    totals = told["totals"]
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fuzz campaign of {escape(told["started"])}</title><style>{STYLE}</style></head><body>
<h1>Fuzz campaign <code>{escape(told["mode"])}</code></h1>
<p>Commit <code>{escape(told["commit"])}</code>,
from {escape(told["started"])} to {escape(told["ended"] or "now")} ({state}),
{told["jobs"]} process(es) at once:
<strong>{totals["executions"]:,}</strong> executions in {totals["seconds"]:,.0f} seconds of
fuzzing, <strong>{len(told["finds"])}</strong> find(s).</p>
{_finds(told["finds"])}
<h2>Targets</h2>
{_table(told["targets"])}
<h2>Edges over time</h2>
<p>Solid: without a sanitizer. Dashed: with the address sanitizer, which counts edges of its own build. The time is that
of the target alone.</p>
<div class="plots">{_plots(told["targets"])}</div>
<h2>Built with</h2>
<ul>{"".join(f"<li>{escape(name)}: {escape(version)}</li>" for name, version in told["versions"].items())}</ul>
</body></html>
"""


def _finds(finds: list) -> str:
    lines = "".join(
        f"<li class=find><code>{escape(find['target'])}</code> ({escape(find['sanitizer'])}): "
        f"<code>{escape(find['story'])}</code>, "
        f"kept as <code>{escape(find['file'])}</code></li>"
        for find in finds
    )
    return f"<h2>Finds</h2><ul>{lines}</ul>" if finds else ""


def _table(targets: list) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title, _ in COLUMNS)
    rows = "".join("<tr>" + "".join(f"<td>{_cell(one[key])}</td>" for _, key in COLUMNS) + "</tr>" for one in targets)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value) -> str:
    return escape(value) if isinstance(value, str) else f"{value:,.0f}"


def _plots(targets: list) -> str:
    names = dict.fromkeys(one["target"] for one in targets)
    return "".join(_plot(name, [one for one in targets if one["target"] == name]) for name in names)


def _plot(name: str, records: list) -> str:
    longest = max(max(one["seconds"] for one in records), 1)
    highest = max(max(one["edges"] for one in records), 1)

    def point(at: float, edges: int) -> str:
        across = MARGIN + at / longest * (WIDTH - 2 * MARGIN)
        return f"{across:.1f},{HEIGHT - MARGIN / 2 - edges / highest * (HEIGHT - MARGIN):.1f}"

    lines = "".join(_line(one, point) for one in records)
    base, left, right = HEIGHT - MARGIN / 2, MARGIN, WIDTH - MARGIN
    return f"""<figure><figcaption>{escape(name)}</figcaption>
<svg viewBox="0 0 {WIDTH} {HEIGHT + 8}" width="{WIDTH}" role="img"
  aria-label="edges of {escape(name)} over time" font-size="10" fill="currentColor">
<path d="M{left},8V{base}H{right}" fill="none" stroke="currentColor" opacity=".4"/>
<text x="{left - 3}" y="{MARGIN / 2 + 3}" text-anchor="end">{highest}</text>
<text x="{left - 3}" y="{base}" text-anchor="end">0</text>
<text x="{right}" y="{HEIGHT + 4}" text-anchor="end">{longest:,.0f} s</text>{lines}</svg></figure>"""


def _line(one: dict, point) -> str:
    """A stair: what is covered stays covered."""
    colour, dash = LINES.get(one["sanitizer"], ("#57606a", "1 2"))
    corners, edges = [], 0
    for at, _, found, _ in one["samples"]:
        corners += [point(at, edges), point(at, max(edges, found))]
        edges = max(edges, found)
    corners.append(point(one["seconds"], edges))
    title = f"{one['sanitizer']}: {one['edges']} edges, {one['executions']:,} executions"
    return (
        f'<polyline points="{" ".join(corners)}" fill="none" stroke="{colour}" stroke-width="1.6" '
        f'stroke-dasharray="{dash}">'
        f"<title>{escape(title)}</title></polyline>"
    )
