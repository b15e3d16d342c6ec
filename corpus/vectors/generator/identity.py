"""What a notification says, and that it says it exactly once: required fields, the router id, the state."""

from model import CONTROL_FLOW, HERE, ID, LIFETIME, OTHER_ID, Group, Repeat, message, utf8

LEGACY = {"legacy": True}
HOST, ROUTER_ID, STATE = "Host", "X-Neutron-Router-Id", "X-Neutron-State"


def groups():
    return [missing(), duplicate(), router_ids(), states()]


def missing():
    group = Group(
        "missing-field", "Missing fields", "Host, the router id and the state are required; known at the blank line.", CONTROL_FLOW,
        "An event without a router or without a state is handed to the agent, as `None`.",
    )
    blank = lambda *lines, **more: message(*lines, **more)[:-2] + HERE + "\r\n"
    for name, title, field, text in [
        ("host", "no Host", HOST, blank(host=None)),
        ("router-id", "no router id", ROUTER_ID, blank(router_id=None)),
        ("state", "no state", STATE, blank(state=None)),
        ("host-and-id", "neither Host nor router id", HOST, blank(host=None, router_id=None)),
        ("host-and-state", "neither Host nor state", HOST, blank(host=None, state=None)),
        ("id-and-state", "neither router id nor state", ROUTER_ID, blank(router_id=None, state=None)),
        ("all", "no field at all", HOST, blank(host=None, router_id=None, state=None)),
        ("all-but-unknown", "unknown fields only", HOST, blank("A: b", "C: d", host=None, router_id=None, state=None)),
        ("get-nothing", "what a browser would send", ROUTER_ID, blank("Accept: */*", start="GET / HTTP/1.1", router_id=None, state=None)),
        ("id-longer-name", "a longer name in place of the router id's", ROUTER_ID, blank(f"X-Neutron-Router-Id-2: {ID}", router_id=None)),
        ("id-other-name", "another name in place of the router id's", ROUTER_ID, blank(f"Router-Id: {ID}", router_id=None)),
        ("id-no-dashes", "the router id's name without dashes", ROUTER_ID, blank(f"XNeutronRouterId: {ID}", router_id=None)),
        ("state-longer-name", "a longer name in place of the state's", STATE, blank("X-Neutron-States: primary", state=None)),
        ("state-x-x", "a second X- before the state's name", STATE, blank("X-X-Neutron-State: primary", state=None)),
        ("state-percent", "a percent-encoded name", STATE, blank("X-Neutron%2DState: primary", state=None)),
        ("state-in-target-only", "a state in an unknown field's value", STATE, blank("A: X-Neutron-State: primary", state=None)),
        ("host-forwarded", "X-Forwarded-Host in place of Host", HOST, blank("X-Forwarded-Host: a", host=None)),
        ("with-length", "Content-Length: 0 and no state", STATE, blank("Content-Length: 0", state=None)),
    ]:
        more = {"rule": "RFC 9112 section 3.2"} if field == HOST else {}
        group.refused(name, "missing-field", title, text, field=field, cwe=LIFETIME if field == ROUTER_ID else CONTROL_FLOW, **more)
    behind = message(state=None)[:-2] + HERE + "\r\nX-Neutron-State: primary\r\n\r\n"
    group.refused("state-behind-blank", "missing-field", "the state behind the blank line", behind, "What is no part of the head is read as if it were.", field=STATE)
    body = message("Content-Length: 24", state=None, body="X-Neutron-State: primary")[: -len("\r\nX-Neutron-State: primary")]
    body = body + HERE + "\r\nX-Neutron-State: primary"
    group.refused("state-in-body", "missing-field", "the state in a body that is allowed", body, "A body is read as fields.", field=STATE, **{"with": {"body": 64}})
    return group


def duplicate():
    group = Group(
        "duplicate-field", "Fields that are there twice", "Host, Content-Length, the router id and the state, whatever their value or case.",
        CONTROL_FLOW, "One reader takes the first, another the last, and a third joins them with a comma.",
    )
    other = {HOST: ("127.0.0.1", "b"), ROUTER_ID: (ID, OTHER_ID), STATE: ("primary", "backup"), "Content-Length": ("0", "1")}
    for field, (value, changed) in other.items():
        key = field.lower().removeprefix("x-neutron-")
        before = [f"{field}: {value}"] if field == "Content-Length" else []
        for name, title, lines in [
            ("same", "again with the same value", [f"{HERE}{field}: {value}"]),
            ("other", "again with another value", [f"{HERE}{field}: {changed}"]),
            ("lower", "again in lower case", [f"{HERE}{field.lower()}: {changed}"]),
            ("upper", "again in upper case", [f"{HERE}{field.upper()}: {value}"]),
            ("empty", "again without a value", [f"{HERE}{field}:"]),
            ("malformed", "again with a malformed value: the name comes first", [f"{HERE}{field}: <>"]),
            ("bad-byte", "again with a byte that no value has: the name comes first", [f"{HERE}{field}: \x01"]),
            ("apart", "again behind other fields", ["A: b", "C: d", f"{HERE}{field}: {value}", "E: f"]),
            ("thrice", "three times: the second is told", [f"{HERE}{field}: {value}", f"{field}: {value}"]),
        ]:
            agree = name in ("same", "upper", "apart", "thrice")
            group.refused(
                f"{key}-{name}", "duplicate-field", f"{field} {title}", message(*before, *lines), field=field,
                cwe=LIFETIME if field == ROUTER_ID else CONTROL_FLOW,
                level="choice" if agree and field == "Content-Length" else "must",
                rule="RFC 9112 section 3.2" if field == HOST else None,
            )
    near_duplicates(group)
    return group


def near_duplicates(group):
    for name, error, title, line in [
        ("state-space-colon", "field-name", "a second state whose name is followed by a space", f"X-Neutron-State{HERE} : backup"),
        ("state-underscore", "ambiguous-field-name", "a second state with an underscore", f"X_Neutron-State: backup".replace("_", HERE + "_")),
        ("state-no-colon", "field-name", "a second state without a colon", f"X-Neutron-State{HERE}"),
        ("id-folded", "field-name", "a second router id in a folded line", f"{HERE} X-Neutron-Router-Id: {OTHER_ID}"),
    ]:
        level = "must" if error == "field-name" and "folded" not in name else "choice"
        group.refused(name, error, title, message(line), "What is almost a second field is one for some readers.", level=level)


def router_ids():
    group = Group(
        "router-id", "Malformed router ids", "Anything but the 36 canonical bytes of a UUID in lower case, not all zero.", LIFETIME,
        "A string that names no router is used as a key, a path or a word in a command.",
    )
    a, b, c, d, e = ID.split("-")
    zeros = "00000000-0000-0000-0000-00000000000"
    cases = [
        ("empty", "nothing", HERE),
        ("35", "35 bytes", ID[:-1] + HERE),
        ("35-space", "35 bytes and white space", ID[:-1] + HERE + " "),
        ("tab", "a tab in the place of a dash", ID[:18] + HERE + "\t" + ID[19:]),
        ("37", "37 bytes", ID + HERE + "0"),
        ("72", "two ids without anything between", ID + HERE + ID),
        ("half", "half an id", ID[:18] + HERE),
        ("one-digit", "one digit", "9" + HERE),
        ("upper-case", "upper case", "9" + HERE + ID[1:].upper()),
        ("one-upper", "one letter in upper case", ID[:10] + HERE + "C" + ID[11:]),
        ("braces", "braces", HERE + "{" + ID + "}"),
        ("parentheses", "parentheses", HERE + "(" + ID + ")"),
        ("urn", "a URN", HERE + "urn:uuid:" + ID),
        ("quoted", "quotation marks", HERE + '"' + ID + '"'),
        ("single-quoted", "single quotation marks", HERE + "'" + ID + "'"),
        ("no-dashes", "no dashes", a + HERE + b + c + d + e),
        ("first-dash-missing", "the first dash missing", a + HERE + b + "-" + c + "-" + d + "-" + e),
        ("last-dash-missing", "the last dash missing", "-".join([a, b, c, d]) + HERE + e),
        ("moved-dash", "a dash one place too early", a[:7] + HERE + "-" + a[7] + b + "-" + "-".join([c, d, e])),
        ("late-dash", "a dash one place too late", a + HERE + b[0] + "-" + b[1:] + "-" + "-".join([c, d, e])),
        ("double-dash", "two dashes in a row", a + "-" + HERE + "-" + b[1:] + "-" + "-".join([c, d, e])),
        ("dash-behind", "a dash at the end", ID + HERE + "-"),
        ("dash-first", "a dash first", HERE + "-" + ID[1:]),
        ("only-dashes", "36 dashes", HERE + "-" * 36),
        ("underscores", "underscores for dashes", a + HERE + "_" + "_".join([b, c, d, e])),
        ("spaces", "spaces for dashes", a + HERE + " " + " ".join([b, c, d, e])),
        ("colons", "colons for dashes", a + HERE + ":" + ":".join([b, c, d, e])),
        ("dots", "dots for dashes", a + HERE + "." + ".".join([b, c, d, e])),
        ("nil", "the nil UUID", zeros + HERE + "0"),
        ("nil-no-dashes", "32 zeros", "0" * 8 + HERE + "0" * 24),
        ("letter-g", "a letter past f", "9b3a1d8" + HERE + "g" + ID[8:]),
        ("letter-o", "the letter o for a zero", ID[:24] + HERE + "o" + ID[25:]),
        ("list", "a list of two ids", ID + HERE + "," + OTHER_ID),
        ("list-space", "a list of two ids with a space", ID + HERE + ", " + OTHER_ID),
        ("semicolon", "two ids with a semicolon", ID + HERE + ";" + OTHER_ID),
        ("two-words", "two ids with a space", ID + " " + HERE + OTHER_ID),
        ("comment", "a comment behind the id", ID + " " + HERE + "(router)"),
        ("parameter", "a parameter behind the id", ID + HERE + ";q=1"),
        ("trailing-dot", "a dot behind the id", ID + HERE + "."),
        ("path-tail", "a path behind the id", ID + HERE + "/../../etc/passwd"),
        ("path", "a path in place of the id", HERE + "../../../../etc/passwd"),
        ("absolute-path", "an absolute path in place of the id", HERE + "/etc/passwd"),
        ("percent-nul", "a percent-encoded NUL behind the id", ID + HERE + "%00"),
        ("percent-encoded", "a percent-encoded digit", HERE + "%39" + ID[1:]),
        ("shell", "a shell's substitution", HERE + "$(reboot)"),
        ("shell-tail", "a shell's command behind the id", ID + HERE + ";reboot"),
        ("sql", "a quotation mark as SQL injection has it", ID + HERE + "' OR '1'='1"),
        ("format", "a format string", HERE + "%s%s%n"),
        ("html", "markup", HERE + "<script>alert(1)</script>"),
        ("json-string", "JSON's escapes", ID + HERE + '\\u0000'),
        ("log-line", "what looks like a log line", ID + " " + HERE + "ERROR root login"),
        ("python-none", "Python's None", HERE + "None"),
        ("null", "null", HERE + "null"),
        ("integer", "an integer", "42" + HERE),
        ("hex-prefix", "a hexadecimal prefix", "0" + HERE + "x9b3a1d8e5c1f4a579f5e0a4c2f3b7d10"),
        ("wildcard", "a wildcard", HERE + "*"),
        ("name", "a router's name", HERE + "qrouter-" + ID),
        ("ulid", "a ULID", "01" + HERE + "ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("base64", "the same 16 bytes in base64", HERE + "mzodjlwfSlefXgpMLzt9EA=="),
    ]
    for name, title, value in cases:
        level = "choice" if name in ("upper-case", "one-upper") else "must"
        group.refused(name, "router-id", title, message(router_id=value), level=level)
    long = [message(router_id=None)[:-2], f"X-Neutron-Router-Id: {ID}{HERE}0", Repeat("0", 900), "\r\n\r\n"]
    group.refused("long", "router-id", "an id of 937 digits", long)
    unicode_ids(group)
    return group


def unicode_ids(group):
    for name, title, value in [
        ("full-width", "a full-width digit", HERE + utf8("９") + ID[1:]),
        ("all-full-width", "full-width digits and letters throughout", HERE + utf8("".join(chr(ord(char) + 0xFEE0) for char in ID))),
        ("en-dash", "an en dash for a dash", ID[:8] + HERE + utf8("–") + ID[9:]),
        ("cyrillic", "a Cyrillic letter that looks Latin", "9b3" + HERE + utf8("а") + ID[4:]),
        ("bom", "a byte order mark before the id", HERE + utf8("\ufeff") + ID),
        ("zero-width-tail", "a zero-width space behind the id", ID + HERE + utf8("\u200b")),
    ]:
        group.refused(name, "field-value", title, message(router_id=value), rule="RFC 9562 section 4")


def states():
    group = Group(
        "state", "Unknown states", "Anything but `primary`, `backup` and `fault`, byte for byte.", CONTROL_FLOW,
        "A word that nobody compares with is stored and reported as the router's state, or stops whoever looks it up.",
    )
    for name, title, value, asked in [
        ("empty", "nothing", HERE, None),
        ("white", "nothing but white space", "\t " + HERE, None),
        ("capital", "a capital letter", HERE + "Primary", None),
        ("upper-case", "upper case", HERE + "PRIMARY", None),
        ("inner-capital", "a capital letter inside", "back" + HERE + "Up", None),
        ("master", "`master`, where nobody asked for it", HERE + "master", None),
        ("slave", "slave", HERE + "slave", None),
        ("unknown", "unknown", HERE + "unknown", None),
        ("active", "active, the API's own word", HERE + "active", None),
        ("standby", "standby, the API's own word", HERE + "standby", None),
        ("stop", "keepalived's STOP in lower case", HERE + "stop", None),
        ("init", "keepalived's first state", HERE + "init", None),
        ("prefix", "the beginning of a state", "primar" + HERE, None),
        ("prefix-3", "the first three letters, as a split read leaves them", "pri" + HERE, None),
        ("one-letter", "one letter", "p" + HERE, None),
        ("longer", "a letter more", "primary" + HERE + "x", None),
        ("plural", "the plural", "fault" + HERE + "s", None),
        ("adjective", "another ending", "fault" + HERE + "y", None),
        ("typo", "two letters swapped", "primar" .replace("ma", HERE + "am") + "y", None),
        ("list", "a list", "primary" + HERE + ",backup", None),
        ("list-space", "a list with a space", "primary" + HERE + ", backup", None),
        ("list-same", "the same state twice", "backup" + HERE + ",backup", None),
        ("two-words", "two states with a space", "backup " + HERE + "primary", None),
        ("space-inside", "a space inside the word", "prim" + HERE + " ary", None),
        ("slash", "two states with a slash", "primary" + HERE + "/backup", None),
        ("semicolon", "a semicolon behind the state", "primary" + HERE + ";", None),
        ("parameter", "a parameter", "primary" + HERE + ";since=1", None),
        ("dot", "a full stop", "primary" + HERE + ".", None),
        ("quoted", "quotation marks", HERE + '"primary"', None),
        ("single-quoted", "single quotation marks", HERE + "'primary'", None),
        ("percent", "a percent-encoded letter", HERE + "%70rimary", None),
        ("json", "JSON", HERE + '{"state":"primary"}', None),
        ("none", "Python's None", HERE + "None", None),
        ("null", "null", HERE + "null", None),
        ("number", "a number", HERE + "1", None),
        ("boolean", "a boolean", HERE + "true", None),
        ("markup", "markup", HERE + "<b>primary</b>", None),
        ("shell", "a shell's substitution", HERE + "`reboot`", None),
        ("equals", "an assignment", HERE + "state=primary", None),
        ("legacy-capital", "`Master`, where `master` was asked for", HERE + "Master", LEGACY),
        ("legacy-longer", "`masters`, where `master` was asked for", "master" + HERE + "s", LEGACY),
        ("legacy-prefix", "`mast`, where `master` was asked for", "mast" + HERE, LEGACY),
        ("legacy-list", "`master,primary`, where `master` was asked for", "master" + HERE + ",primary", LEGACY),
        ("legacy-unknown", "another word, where `master` was asked for", HERE + "slave", LEGACY),
    ]:
        group.refused(name, "state", title, message(state=value), **{"with": asked})
    for name, title, value in [
        ("cyrillic", "a Cyrillic letter that looks Latin", "prim" + HERE + utf8("а") + "ry"),
        ("full-width", "full-width letters", HERE + utf8("ｐｒｉｍａｒｙ")),
        ("combining", "a combining accent behind the state", "fault" + HERE + utf8("\u0301")),
        ("zero-width", "a zero-width space inside", "pri" + HERE + utf8("\u200b") + "mary"),
    ]:
        group.refused(name, "field-value", title, message(state=value))
    folded = message(f"X-Neutron-State:{HERE}", " primary", state=None)
    group.refused("folded", "state", "a state in a folded line", folded, "A folded value is empty for one reader and whole for another.", level="choice", rule="RFC 9112 section 5.2")
    return group
