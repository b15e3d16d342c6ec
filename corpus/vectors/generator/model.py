"""What a case is, and how a message is written down with the offending byte marked in it.

Messages are strings in which every character up to U+00FF stands for the byte of that number. `HERE` stands right before the
offending byte: it is taken out, and its place is the offset that the case expects. So an expectation is a person's reading of
docs/protocol.md, and no program that reads notifications takes part in it.
"""

import base64
import pathlib
import re

HERE = "\u25b8"
ID = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"
OTHER_ID = "6a2f3f6e-3c1b-4d4f-9a7e-0b5c8d9e1f20"

CAPTURES = pathlib.Path(__file__).resolve().parents[2] / "captures"

# The refusal table: the status of each error, and the section of the RFC that the rule comes from.
ERRORS = {
    "request-line": (400, "RFC 9112 section 3"),
    "method": (405, "RFC 9110 section 15.5.6"),
    "target": (404, "RFC 9112 section 3.2"),
    "version": (505, "RFC 9110 section 15.6.6"),
    "request-line-too-long": (414, "RFC 9112 section 3"),
    "field-name": (400, "RFC 9112 section 5.1"),
    "ambiguous-field-name": (400, "RFC 3875 section 4.1.18"),
    "field-value": (400, "RFC 9110 section 5.5"),
    "line-ending": (400, "RFC 9112 section 2.2"),
    "field-too-long": (431, "RFC 6585 section 5"),
    "too-many-fields": (431, "RFC 6585 section 5"),
    "head-too-long": (431, "RFC 6585 section 5"),
    "missing-field": (400, "RFC 9110 section 15.5.1"),
    "duplicate-field": (400, "RFC 9110 section 5.3"),
    "host": (400, "RFC 9110 section 7.2"),
    "content-length": (400, "RFC 9110 section 8.6"),
    "body-too-long": (413, "RFC 9110 section 15.5.14"),
    "transfer-coding": (501, "RFC 9112 section 6.1"),
    "expectation": (417, "RFC 9110 section 10.1.1"),
    "unsupported-field": (400, "RFC 9110 section 7.6.1"),
    "connection-option": (400, "RFC 9110 section 7.6.1"),
    "router-id": (400, "RFC 9562 section 4"),
    "state": (400, "RFC 9110 section 5.5"),
    "truncated": (400, "RFC 9112 section 8"),
    "trailing-bytes": (400, "RFC 9112 section 6.3"),
    "deadline": (408, "RFC 9110 section 15.5.9"),
    "peer-not-allowed": (403, "RFC 9110 section 15.5.4"),
    "overloaded": (503, "RFC 9110 section 15.6.4"),
    "sink-failed": (500, "RFC 9110 section 15.6.1"),
}

# The eight weaknesses, as corpus/vectors/schema.json lists them.
ACCESS = "CWE-284"
CONCURRENCY = "CWE-435"
LIFETIME = "CWE-664"
BACKLOG = "CWE-682"
CONTROL_FLOW = "CWE-691"
PROTECTION = "CWE-693"
EXCEPTIONS = "CWE-703"
STANDARDS = "CWE-710"


class Repeat:
    """The same text many times over."""

    def __init__(self, text, times):
        assert times > 0 and text and HERE not in text
        self.text, self.times = text, times

    def __len__(self):
        return len(self.text) * self.times


def capture(name):
    return (CAPTURES / name).read_bytes().decode("latin-1")


def utf8(text):
    """The text's UTF-8 bytes, in the notation of this module."""
    return text.encode().decode("latin-1")


def message(*fields, start="POST / HTTP/1.1", host="Host: 127.0.0.1", router_id=ID, state="primary", first=(), body=""):
    """A message that is acceptable but for what the caller changes: `None` leaves a part out."""
    lines = [
        start,
        *first,
        *([host] if host is not None else []),
        *([f"X-Neutron-Router-Id: {router_id}"] if router_id is not None else []),
        *([f"X-Neutron-State: {state}"] if state is not None else []),
        *fields,
    ]
    return "".join(line + "\r\n" for line in lines) + "\r\n" + body


def parts_of(text):
    return text if isinstance(text, list) else [text]


def length_of(text):
    return sum(len(part) - (part.count(HERE) if isinstance(part, str) else 0) for part in parts_of(text))


def offset_of(text):
    """Bytes before the mark."""
    before, places = 0, []
    for part in parts_of(text):
        if isinstance(part, str):
            places += [before + at - part[:at].count(HERE) for at, char in enumerate(part) if char == HERE]
            before += len(part) - part.count(HERE)
        else:
            before += len(part)
    assert len(places) == 1, f"{len(places)} marks in {text!r}"
    return places[0]


def written(text):
    """The input as the JSON files have it: a list of text, base64 and repetitions."""
    parts = []
    for part in parts_of(text):
        if isinstance(part, Repeat):
            assert part.text.isascii()
            parts.append({"repeat": part.text, "times": part.times})
            continue
        for piece in re.findall(r"[\x00-\x7f]+|[\x80-\xff]+", part.replace(HERE, "")):
            parts.append(piece if piece.isascii() else {"base64": base64.b64encode(piece.encode("latin-1")).decode()})
    return parts


class Group:
    """The cases of one file, and what they have in common."""

    def __init__(self, name, title, about, cwe, risk, level="must", rule=None):
        self.name, self.title, self.about = name, title, about
        self.cwe, self.risk, self.level, self.rule = cwe, risk, level, rule
        self.cases = []

    def accepted(self, name, title, text, risk=None, *, router_id=ID, state="primary", length=None, **more):
        """`length` is how many bytes the message has, where others follow it."""
        said = {"router_id": router_id, "state": state, "length": length_of(text) if length is None else length}
        self._add(name, title, text, risk, more, {"verdict": "accepted", "status": 200, **said})

    def refused(self, name, error, title, text, risk=None, *, status=None, field=None, **more):
        usual, rule = ERRORS[error]
        said = {"verdict": "refused", "error": error, "status": status or usual}
        if more.get("expand") != "truncations":
            said["offset"] = offset_of(text)
        if field:
            said["field"] = field
        more["rule"] = more.get("rule") or self.rule or rule
        self._add(name, title, text, risk, more, said)

    def _add(self, name, title, text, risk, more, said):
        case = {"id": f"{self.name}/{name}", "title": title, "input": written(text)}
        for key in ("with", "given", "expand"):
            if more.get(key) is not None:
                case[key] = more[key]
        case |= said
        case["level"] = more.get("level", self.level)
        case["rule"] = more.get("rule") or self.rule
        case["cwe"] = more.get("cwe", self.cwe)
        case["risk"] = risk or self.risk
        unknown = set(more) - {"with", "given", "expand", "level", "rule", "cwe"}
        assert not unknown and case["rule"], (case["id"], unknown)
        self.cases.append(case)

    def json(self):
        return {
            "$schema": "./schema.json",
            "version": 1,
            "group": self.name,
            "title": self.title,
            "about": self.about,
            "cases": self.cases,
        }
