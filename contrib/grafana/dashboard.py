"""The dashboard of a fleet, made of the expressions of the rules: `contrib/grafana/make` runs this."""

import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "contrib/prometheus/rules.yml"
DASHBOARD = pathlib.Path(__file__).with_name("hanotify.json")
SOURCE = {"type": "prometheus", "uid": "${source}"}
# As wide and as high as one column of four; a row of panels is four columns.
WIDTH, HEIGHT = 6, 8


class Rules:
    """The expressions of the rules, by name."""

    def __init__(self, text):
        groups = yaml.safe_load(text)["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.records = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
        self.alerts = {rule["alert"]: rule["expr"].strip() for rule in rules if "alert" in rule}

    def record(self, name):
        """The series that a rule records; a name that no rule has is a fault of this script."""
        if name not in self.records:
            sys.exit(f"dashboard: no rule records {name}")
        return name

    def count(self, alert):
        """How many times the condition of an alarm holds now."""
        return f"count(\n{self.alerts[alert]}\n) or vector(0)"


def panel(kind, title, *queries, columns=1, unit="short", description=""):
    """A panel; each query is an expression and what is told of each of its series."""
    targets = [
        {"refId": f"Q{number}", "datasource": SOURCE, "expr": expression, "legendFormat": legend,
         "instant": kind in ("stat", "table"), "format": "table" if kind == "table" else "time_series"}
        for number, (expression, legend) in enumerate(queries, 1)
    ]
    return {
        "type": kind, "title": title, "description": description, "datasource": SOURCE, "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "options": {}, "columns": columns,
    }


def fleet(rules):
    primaries = rules.record("router:hanotify_primaries:sum")
    by_node = rules.record("instance:hanotify_primaries:sum")
    yield panel("stat", "Routers", (f"count({primaries})", "routers"))
    yield panel("stat", "With several primaries", (rules.count("HanotifySplitBrain"), "routers"))
    yield panel("stat", "With no primary", (rules.count("HanotifyNoPrimary"), "routers"))
    yield panel("stat", "Nodes that report", ('sum(up{job="hanotify"})', "nodes"))
    yield panel("timeseries", "Primaries by node", (by_node, "{{instance}}"), columns=2)
    yield panel(
        "timeseries", "Changes of state", (
            "sum by (instance) (increase(hanotify_router_changes_total[$__rate_interval]))", "{{instance}}"
        ),
        columns=2, description="A fail-over is a change at two nodes.",
    )
    yield panel(
        "timeseries", "Conditions of the alarms",
        *((rules.count(alert), alert.removeprefix("Hanotify")) for alert in rules.alerts),
        columns=4, description="For how many routers or nodes each holds, before the alarm's time has passed.",
    )
    yield panel(
        "timeseries", "Notifications", ("sum by (instance) (rate(hanotify_notified_total[$__rate_interval]))",
                                        "{{instance}}"), columns=2, unit="reqps",
    )
    yield panel(
        "timeseries", "Time to the answer, 99 of 100", (
            "histogram_quantile(0.99, sum by (instance, le) (rate(hanotify_answer_seconds_bucket[$__rate_interval])))",
            "{{instance}}"
        ), columns=2, unit="s",
    )


def router(rules):
    of = '{router_id="$router"}'
    changes = rules.record("router:hanotify_changes:increase10m")
    last = rules.record("router_instance:hanotify_last_primary")
    yield panel(
        "state-timeline", "State", (f"hanotify_router_state{of}", "{{instance}}: {{state}}"),
        columns=4, description="When each node has said that it is this router's primary, its backup, or at fault.",
    )
    yield panel("timeseries", "Changes in 10 minutes", (changes + of, "at the node with the most"), columns=2)
    yield panel(
        "timeseries", "Time since the last change",
        (f"time() - hanotify_router_last_change_timestamp_seconds{of}", "{{instance}}"), columns=2, unit="s",
    )
    yield panel("table", "States", (f"hanotify_router_state{of}", ""), columns=2)
    yield panel("table", "The primary, or the last one", (last + of, ""), columns=2)


def place(panels, top):
    """Puts the panels of a row beside each other, from this height on: gives them, and the height below."""
    left, placed = 0, []
    for number, each in enumerate(panels):
        width = each.pop("columns") * WIDTH
        if left + width > 4 * WIDTH:
            left, top = 0, top + HEIGHT
        placed.append({**each, "gridPos": {"x": left, "y": top, "w": width, "h": HEIGHT}, "id": 100 * top + number + 1})
        left += width
    return placed, top + HEIGHT


def dashboard(rules):
    panels, top = [], 0
    for title, row in ("Fleet", fleet(rules)), ("Router $router", router(rules)):
        panels.append({"type": "row", "title": title, "collapsed": False, "panels": [], "id": 100 * top + 99,
                       "gridPos": {"x": 0, "y": top, "w": 4 * WIDTH, "h": 1}})
        placed, top = place(row, top + 1)
        panels += placed
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    chosen = {"name": "router", "label": "Router", "type": "query", "datasource": SOURCE, "refresh": 2, "sort": 1,
              "query": "label_values(hanotify_router_state, router_id)"}
    return {
        "uid": "hanotify-fleet", "title": "hanotify: fleet", "tags": ["hanotify", "neutron"], "schemaVersion": 38,
        "editable": True, "refresh": "15s", "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [source, chosen]}, "panels": panels,
    }


def queries(board, router_id):
    """Every query of the panels, with the title of its panel, for this router, as Grafana would send it."""
    for each in board["panels"]:
        for target in each.get("targets", []):
            yield each["title"], re.sub(r"\$router\b", router_id, target["expr"]).replace("$__rate_interval", "1m")


def main(arguments):
    text = json.dumps(dashboard(Rules(RULES.read_text())), indent=1) + "\n"
    if arguments == ["--check"]:
        if DASHBOARD.read_text() != text:
            sys.exit("dashboard: contrib/grafana/hanotify.json is not what contrib/grafana/make writes")
    elif arguments:
        sys.exit("usage: contrib/grafana/make [--check]")
    else:
        DASHBOARD.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
