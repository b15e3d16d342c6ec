"""What the rules, their tests, their page and the dashboard say of each other, and that every panel has data in a real
Prometheus: `tests/prometheus/run` runs this."""

import json
import pathlib
import re
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "contrib/grafana"))

import dashboard  # noqa: E402
import nodes  # noqa: E402
import prometheus  # noqa: E402

# As promtool reads times.
UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", text))


def alarms():
    groups = yaml.safe_load(prometheus.RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def cases_of_alarms():
    """For each alarm, its cases in each test that has any: when, and whether it fires."""
    tests = yaml.safe_load((ROOT / "tests/prometheus/rules_test.yml").read_text())["tests"]
    for test in tests:
        for alarm in {case["alertname"] for case in test["alert_rule_test"]}:
            cases = [case for case in test["alert_rule_test"] if case["alertname"] == alarm]
            yield alarm, [fires for _, fires in sorted((seconds(c["eval_time"]), bool(c["exp_alerts"])) for c in cases)]


def check_pages():
    headings = re.findall(r"(?m)^#+ (.*)$", (ROOT / "docs/fleet.md").read_text())
    anchors = {f"docs/fleet.md#{heading.lower().replace(' ', '-')}" for heading in headings}
    for alarm in alarms():
        name, annotations = alarm["alert"], alarm["annotations"]
        if alarm["labels"]["severity"] not in ("critical", "warning", "info"):
            sys.exit(f"{name} has another severity than the page has")
        if annotations["runbook"] not in anchors or not annotations["runbook"].endswith("#" + name.lower()):
            sys.exit(f"{name}: the page has no {annotations['runbook']}")
        if not (annotations["summary"] and annotations["description"]):
            sys.exit(f"{name} says too little")


def check_tests():
    """An alarm is tested where in one test it is quiet first, fires then, and is quiet again."""
    tested = {alarm for alarm, fires in cases_of_alarms() if [fires[0], any(fires), fires[-1]] == [False, True, False]}
    missing = {alarm["alert"] for alarm in alarms()} - tested
    if missing:
        sys.exit(f"not tested from quiet to quiet: {sorted(missing)}")


def check_panels():
    board = json.loads(dashboard.DASHBOARD.read_text())
    with tempfile.TemporaryDirectory() as folder:
        server = prometheus.Prometheus(folder, nodes.serve(routers=12, nodes=3), every=1)
        try:
            # `increase` takes two samples, and so does what is recorded of it.
            expected = 'count(router:hanotify_changes:increase10m) == 12 and sum(up) == 3'
            server.wait_for("the first samples", 60, lambda: server.query(expected))
            queries = list(dashboard.queries(board, nodes.router_id(4)))
            for title, expression in queries:
                server.wait_for(f"data of {title}: {expression}", 20, lambda: server.query(expression))
            firing = 'ALERTS{alertname="HanotifySplitBrain",alertstate="firing"}'
            server.wait_for("the split brain of the first router", 20, lambda: server.query(firing))
            found = {series["metric"]["router_id"] for series in server.query(firing)}
            if found != {nodes.router_id(0)}:
                sys.exit(f"a split brain of {found}")
        finally:
            server.stop()
    return len(queries)


check_pages()
check_tests()
print(f"{len(alarms())} alarms, each with a severity, a runbook and a test that it fires, and ends")
print(f"{check_panels()} queries of the dashboard have data")
