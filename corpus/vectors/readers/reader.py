"""Reads the vectors: python3 reader.py FOLDER prints each case as `id verdict status hex-of-the-input`."""

import base64
import json
import pathlib
import sys


def part(p):
    if isinstance(p, str):
        return p.encode("ascii")
    if "base64" in p:
        return base64.b64decode(p["base64"], validate=True)
    return p["repeat"].encode("ascii") * p["times"]


def cases(folder):
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        if path.name != "schema.json":
            yield from json.loads(path.read_text(encoding="utf-8"))["cases"]


if __name__ == "__main__":
    for case in cases(sys.argv[1]):
        print(case["id"], case["verdict"], case["status"], b"".join(map(part, case["input"])).hex())
