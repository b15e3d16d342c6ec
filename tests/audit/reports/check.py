"""Holds the reports in a folder against their schemas: check.py FOLDER

Each schema is itself shown to refuse what it has to.
"""

import copy
import json
import pathlib
import sys
import xml.etree.ElementTree as ET

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
RESULTS = json.loads((ROOT / "crates/audit/schema/results.json").read_text())
SARIF = json.loads((ROOT / "tests/audit/reports/sarif-2.1.0.json").read_text())


def results_faults(audit):
    yield "another version", {**audit, "version": 2}
    yield "an unknown member", {**audit, "extra": 1}
    yield "no entries", {key: value for key, value in audit.items() if key != "entries"}
    yield "an end of a whole audit", {**audit, "ended": "x"}
    for what, change in [
        ("an unknown outcome", {"outcome": "maybe"}),
        ("another weakness", {"cwe": "CWE-79"}),
        ("a known pass", {"outcome": "pass", "known": "x"}),
        ("an unknown member of an entry", {"extra": 1}),
    ]:
        yield what, {**audit, "entries": [{**audit["entries"][0], **change}]}


def sarif_faults(log):
    yield "another version", {**log, "version": "2.0.0"}
    spoiled = copy.deepcopy(log)
    del spoiled["runs"][0]["tool"]
    yield "no tool", spoiled
    spoiled = copy.deepcopy(log)
    spoiled["runs"][0]["results"][0]["level"] = "fatal"
    yield "an unknown level", spoiled
    spoiled = copy.deepcopy(log)
    del spoiled["runs"][0]["results"][0]["message"]
    yield "no message", spoiled


def hold(schema, document, what):
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    for error in kind(schema).iter_errors(document):
        sys.exit(f"{what}: {error.message} at {list(error.absolute_path)}")


def refuse(schema, faults, what):
    kind = jsonschema.validators.validator_for(schema)
    for fault, spoiled in faults:
        if kind(schema).is_valid(spoiled):
            sys.exit(f"{what}: the schema accepts {fault}")


def check_junit(path):
    root = ET.parse(path).getroot()
    suites = list(root)
    for name, tag in [("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
        for suite in suites:
            cases = suite.findall("testcase")
            count = len(cases) if tag is None else len([case for case in cases if case.find(tag) is not None])
            assert int(suite.get(name)) == count, (path, suite.get("name"), name)
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in suites), (path, name)
    for case in root.iter("testcase"):
        assert float(case.get("time")) >= 0, path
    for element in root.iter():
        assert not any(line.endswith(": ") for line in (element.text or "").splitlines()), (path, element.text)
    return root


def main(folder):
    for name in ["good", "known"]:
        audit = json.loads((folder / f"{name}.json").read_text())
        hold(RESULTS, audit, name)
    # With a failure that is known, every schema has something to hold.
    refuse(RESULTS, results_faults(audit), "JSON")
    assert audit["restarts"] > 0 and any("known" in entry for entry in audit["entries"])
    for name in ["good", "both", "known"]:
        log = json.loads((folder / f"{name}.sarif").read_text())
        hold(SARIF, log, f"SARIF of {name}")
        check_junit(folder / f"{name}.junit")
    refuse(SARIF, sarif_faults(log), "SARIF")
    results = [result for run in log["runs"] for result in run["results"]]
    assert results and all(result["suppressions"] for result in results)
    both = json.loads((folder / "both.sarif").read_text())
    assert len(both["runs"]) == 2 and len(both["runs"][1]["results"]) > 50
    names = {case.get("classname") for case in check_junit(folder / "good.junit").iter("testcase")}
    assert names and all(name.startswith("good & well: CWE-") for name in names), names
    print("the reports keep to their schemas: 2 of JSON, 3 of SARIF, 3 of JUnit")


main(pathlib.Path(sys.argv[1]))
