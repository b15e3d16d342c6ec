"""Validates corpus/vectors/*.json against schema.json, and the schema against faults that it has to find."""

import copy
import json
import pathlib
import sys

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "corpus" / "vectors"


def faults(file):
    """A good file, spoiled in one way after another."""
    yield "no cases", {**file, "cases": []}
    yield "another version", {**file, "version": 2}
    yield "an unknown member", {**file, "extra": 1}
    for what, change in [
        ("no id", lambda case: case.pop("id")),
        ("an id without group", lambda case: case.update(id="x")),
        ("an unknown member of a case", lambda case: case.update(extra=1)),
        ("no verdict", lambda case: case.pop("verdict")),
        ("an unknown verdict", lambda case: case.update(verdict="maybe")),
        ("accepted and refused", lambda case: case.update(verdict="accepted")),
        ("a refusal with 200", lambda case: case.update(status=200)),
        ("a refusal without offset", lambda case: case.pop("offset")),
        ("a refusal without error", lambda case: case.pop("error")),
        ("a negative offset", lambda case: case.update(offset=-1)),
        ("a rule without section", lambda case: case.update(rule="RFC 9110")),
        ("another weakness", lambda case: case.update(cwe="CWE-79")),
        ("a risk that is no sentence", lambda case: case.update(risk="bad")),
        ("text that is no ASCII", lambda case: case.update(input=["é"])),
        ("base64 that is none", lambda case: case.update(input=[{"base64": "a"}])),
        ("no repetition", lambda case: case.update(input=[{"repeat": "a", "times": 0}])),
        ("an empty configuration", lambda case: case.update({"with": {}})),
    ]:
        spoiled = copy.deepcopy(file)
        change(spoiled["cases"][0])
        yield what, spoiled


def main():
    schema = json.loads((FOLDER / "schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    paths = sorted(set(FOLDER.glob("*.json")) - {FOLDER / "schema.json"})
    assert paths, "no vector files"
    wrong = 0
    for path in paths:
        for error in validator.iter_errors(json.loads(path.read_text())):
            wrong += 1
            print(f"vectors: {path.name}: {error.json_path}: {error.message[:200]}", file=sys.stderr)
    good = json.loads((FOLDER / "duplicate-field.json").read_text())
    for what, spoiled in faults(good):
        if validator.is_valid(spoiled):
            wrong += 1
            print(f"vectors: the schema lets this through: {what}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"vectors: {len(paths)} files keep to the schema")


main()
