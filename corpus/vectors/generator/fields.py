"""Field lines: names, values, line ends, and how many and how long."""

from model import CONTROL_FLOW, HERE, ID, PROTECTION, Group, Repeat, length_of, message, utf8


def groups():
    return [names(), ambiguous(), values(), line_endings(), too_long(), too_many(), head_too_long()]


def names():
    group = Group(
        "field-name", "Malformed field names", "No name, no colon, a byte that no token has, white space where none may be.",
        CONTROL_FLOW, "Readers that drop, trim or keep such a line disagree on which fields there are.",
    )
    for char in "\"(),/;<=>?@[\\]{}":
        text = message(f"A{HERE}{char}B: c")
        group.refused(f"delimiter-{ord(char):02x}", "field-name", f"the delimiter {char} in a name", text, rule="RFC 9110 section 5.6.2")
    for name, title, line in [
        ("empty", "an empty name", HERE + ": b"),
        ("no-colon", "a line without a colon", "Host127" + HERE),
        ("one-byte", "a line of one byte", "A" + HERE),
        ("space-inside", "a space inside the name", f"X-Neutron{HERE} State: backup"),
        ("nul", "a NUL in the name", f"A{HERE}\x00: b"),
        ("control", "a control byte in the name", f"A{HERE}\x01B: c"),
        ("escape", "an ESC in the name", f"{HERE}\x1b[2J: c"),
        ("del", "a DEL in the name", f"A{HERE}\x7f: b"),
        ("high", "a byte over 0x7f in the name", f"A{HERE}\x80: b"),
        ("latin-1", "a Latin-1 letter in the name", f"A{HERE}\xe9: b"),
        ("utf-8", "UTF-8 in the name", f"A{HERE}{utf8('é')}: b"),
        ("kelvin", "a letter that only Unicode folds onto ASCII", f"X-Neutron-{HERE}{utf8('ſ')}tate: backup"),
        ("quoted", "a quoted name", f'{HERE}"A": b'),
        ("zero-width", "a zero-width space in the name", f"Host{HERE}{utf8(chr(0x200b))}: b"),
    ]:
        group.refused(name, "field-name", title, message(line))
    white_space(group)
    return group


def white_space(group):
    risk = "White space before the colon makes one reader see the field and another not: the classic of request smuggling."
    for name, title, line in [
        ("space-before-colon", "a space before the colon", f"A{HERE} : b"),
        ("tab-before-colon", "a tab before the colon", f"A{HERE}\t: b"),
    ]:
        group.refused(name, "field-name", title, message(line), risk)
    fold = "A folded line is part of the value for one reader and a field of its own for another."
    for name, title, text in [
        ("fold-space", "a line folded with a space", message("A: b", HERE + " c")),
        ("fold-tab", "a line folded with a tab", message("A: b", HERE + "\tc")),
        ("fold-field", "a fold that looks like a field", message("A: b", HERE + " X-Neutron-State: backup")),
        ("fold-blank", "a fold of nothing but white space", message("A: b", HERE + " ")),
    ]:
        group.refused(name, "field-name", title, text, fold, rule="RFC 9112 section 5.2", level="choice")
    first = "White space before the first field hides it from one reader and shows it to another."
    group.refused("space-before-first", "field-name", "a space before the first field", message(first=[HERE + " A: b"]), first, rule="RFC 9112 section 2.2", level="choice")
    group.refused("tab-before-first", "field-name", "a tab before the first field", message(first=[HERE + "\tA: b"]), first, rule="RFC 9112 section 2.2", level="choice")


def ambiguous():
    group = Group(
        "ambiguous-field-name", "Names with an underscore",
        "CGI-style servers fold `_` and `-` onto one name, so that a field with `_` can stand in for the one with `-`.",
        CONTROL_FLOW, "A filter that looks for the name with `-` lets the one with `_` through, and the next reader takes it for the real one.",
        level="choice",
    )
    for name, line in [
        ("router-id", f"X{HERE}_Neutron_Router_Id: {ID}"),
        ("router-id-last", f"X-Neutron-Router{HERE}_Id: {ID}"),
        ("state", f"X-Neutron{HERE}_State: backup"),
        ("state-all", f"X{HERE}_Neutron_State: backup"),
        ("content-length", f"Content{HERE}_Length: 5"),
        ("transfer-encoding", f"Transfer{HERE}_Encoding: chunked"),
        ("unknown", f"A{HERE}_B: c"),
        ("alone", f"{HERE}_: c"),
        ("first", f"{HERE}_A: c"),
        ("last", f"Host{HERE}_: c"),
        ("no-colon", f"A{HERE}_B"),
    ]:
        group.refused(name, "ambiguous-field-name", f"`{line.replace(HERE, '').split(':')[0]}`", message(line))
    only = message(f"X{HERE}_Neutron_State: primary", state=None)
    group.refused("in-place-of-state", "ambiguous-field-name", "`X_Neutron_State` in place of the real field", only)
    return group


def values():
    group = Group(
        "field-value", "Bytes that no value has", "Control bytes, DEL and bytes over 0x7f, in values that are read and in ones that are not.",
        CONTROL_FLOW, "A byte that ends a string, a line or a terminal's colour reaches whoever stores or prints the value.", level="choice",
    )
    for byte, what in [(0x00, "NUL"), (0x01, "SOH"), (0x07, "BEL"), (0x08, "backspace"), (0x0B, "vertical tab"), (0x0C, "form feed"),
                       (0x1B, "ESC"), (0x1F, "unit separator"), (0x7F, "DEL"), (0x80, "0x80"), (0x85, "NEL"), (0xA0, "a no-break space"),
                       (0xE9, "a Latin-1 letter"), (0xFF, "0xff")]:
        group.refused(f"unknown-{byte:02x}", "field-value", f"{what} in an unknown field's value", message(f"A: b{HERE}{chr(byte)}c"),
                      level="must" if byte == 0 else "choice")
    for name, title, text in [
        ("utf-8", "UTF-8", message(f"A: {HERE}{utf8('é')}")),
        ("overlong", "an overlong UTF-8 encoding", message(f"A: {HERE}\xc0\xaf")),
        ("bidi", "a character that turns the direction of text", message(f"A: b{HERE}{utf8(chr(0x202e))}c")),
        ("at-start", "a control byte right behind the colon", message(f"A:{HERE}\x02b")),
        ("at-end", "a control byte right before the line end", message(f"A: b{HERE}\x02")),
        ("alone", "nothing but a control byte", message(f"A:{HERE}\x02")),
        ("connection", "a control byte in Connection", message(f"Connection: close{HERE}\x02")),
    ]:
        group.refused(name, "field-value", title, text)
    for name, title, text in [
        ("host-nul", "a NUL in Host", message(host=f"Host: a{HERE}\x00b")),
        ("host-high", "a byte over 0x7f in Host", message(host=f"Host: a{HERE}\xff")),
        ("id-nul-tail", "a NUL behind the router id", message(router_id=f"{ID}{HERE}\x00/etc")),
        ("id-nul-inside", "a NUL inside the router id", message(router_id=f"{ID[:20]}{HERE}\x00{ID[20:]}")),
        ("id-high-tail", "a byte over 0x7f behind the router id", message(router_id=f"{ID}{HERE}\xa0")),
        ("state-nul-tail", "a NUL behind the state", message(state=f"primary{HERE}\x00")),
        ("state-nul-first", "a NUL before the state", message(state=f"{HERE}\x00primary")),
        ("state-vt-tail", "a vertical tab behind the state, which trims as white space", message(state=f"primary{HERE}\x0b")),
        ("state-nbsp-tail", "a no-break space behind the state, which trims as white space", message(state=f"primary{HERE}\xa0")),
        ("length-nul", "a NUL behind Content-Length", message(f"Content-Length: 0{HERE}\x00")),
    ]:
        group.refused(name, "field-value", title, text, "A value that is cut or trimmed at this byte passes for another one.", level="must")
    return group


def line_endings():
    group = Group(
        "line-ending", "Line ends that are no CRLF", "A CR without LF behind it, or a LF without CR before it, in the fields or at their end.",
        CONTROL_FLOW, "One reader sees a line end where another sees a part of the value, so that a value can hold a field.",
    )
    whole = message()
    for name, title, text, level in [
        ("lf", "a LF at the end of a field", message(f"A: b{HERE}\nC: d"), "choice"),
        ("lf-first-field", "a LF at the end of the first field", whole.replace("127.0.0.1\r\n", f"127.0.0.1{HERE}\n"), "choice"),
        ("lf-injects-state", "a LF that injects a state", message(f"A: b{HERE}\nX-Neutron-State: backup"), "choice"),
        ("lf-injects-id", "a LF that injects a router id", message(f"A: b{HERE}\nX-Neutron-Router-Id: {ID}", router_id=None), "choice"),
        ("lf-blank", "a LF for the blank line", whole[:-2] + HERE + "\n", "choice"),
        ("lf-lf", "two LFs at the end", whole[:-4] + HERE + "\n\n", "choice"),
        ("lf-only", "LFs at every line but the first", "POST / HTTP/1.1\r\n" + whole.split("\r\n", 1)[1].replace("\r\n", "\n").replace("\n", HERE + "\n", 1), "choice"),
        ("lf-in-name", "a LF in a name", message(f"A{HERE}\nB: c"), "must"),
        ("lf-behind-colon", "a LF right behind the colon", message(f"A:{HERE}\nB: c"), "choice"),
        ("cr-in-value", "a CR inside a value", message(f"A: b{HERE}\rC: d"), "must"),
        ("cr-in-name", "a CR inside a name", message(f"A{HERE}\rB: c"), "must"),
        ("cr-injects-state", "a CR that injects a state", message(f"A: b{HERE}\rX-Neutron-State: backup"), "must"),
        ("cr-behind-colon", "a CR right behind the colon", message(f"A:{HERE}\rb"), "must"),
        ("cr-cr-lf", "two CRs before the LF", message(f"A: b{HERE}\r"), "must"),
        ("lf-cr", "LF CR in place of CR LF", message(f"A: b{HERE}\n\rC: d"), "must"),
        ("cr-only", "CRs at every line but the first", "POST / HTTP/1.1\r\n" + whole.split("\r\n", 1)[1].replace("\r\n", "\r").replace("\r", HERE + "\r", 1), "must"),
        ("cr-blank", "a CR without LF for the blank line", whole[:-2] + HERE + "\rX", "must"),
        ("cr-cr-lf-blank", "two CRs at the blank line", whole[:-2] + HERE + "\r\r\n", "must"),
        ("lf-first-byte", "a LF right behind the request line", message(first=[HERE + "\nA: b"]), "choice"),
        ("cr-first-byte", "a CR right behind the request line", message(first=[HERE + "\rA: b"]), "must"),
        ("cr-in-id", "a CR behind the router id", message(router_id=f"{ID}{HERE}\rX"), "must"),
        ("lf-in-state", "a LF behind the state", message(state=f"primary{HERE}\nX: y"), "choice"),
        ("cr-at-end-of-input", "a CR before a byte that is no LF, at the end of a field", message(f"A: b{HERE}\r\x00"), "must"),
    ]:
        group.refused(name, "line-ending", title, text, level=level)
    return group


def too_long():
    group = Group(
        "field-too-long", "Field lines over their limit", "A field line may have 1,024 bytes, its CRLF included.", PROTECTION,
        "A line without end takes memory without bound.", level="choice",
    )
    before = message()[:-2]
    for name, title, text in [
        ("line-1025", "one byte over", [before, "A: ", Repeat("b", 1020), "\r" + HERE + "\n\r\n"]),
        ("line-1026", "two bytes over", [before, "A: ", Repeat("b", 1021), HERE + "\r\n\r\n"]),
        ("value-endless", "a value that never ends", [before, "A: ", Repeat("b", 1021), HERE + "b", Repeat("b", 10_000)]),
        ("value-megabyte", "a value of a megabyte", [before, "A: ", Repeat("b", 1021), HERE + "b", Repeat("b", 1_048_576)]),
        ("name-endless", "a name that never ends", [before, Repeat("a", 1024), HERE + "a", Repeat("a", 1_000)]),
        ("name-lf-1025", "a name as long as the limit, and a bare LF", [before, Repeat("a", 1024), HERE + "\n\r\n"]),
        ("name-1024", "a name as long as the limit, and its colon", [before, Repeat("a", 1024), HERE + ":\r\n\r\n"]),
        ("white-space-endless", "white space that never ends", [before, "A:", Repeat(" ", 1022), HERE + " ", Repeat(" ", 1_000)]),
        ("first-line", "the first field over the limit", ["POST / HTTP/1.1\r\nHost: ", Repeat("a", 1018), HERE + "a\r\n\r\n"]),
        ("bad-byte-at", "a byte that can't be there, right at the limit: the limit comes first", [before, "A: ", Repeat("b", 1021), HERE + "\x00\r\n\r\n"]),
        ("padded-id", "a router id behind too much white space", [message(router_id=None)[:-2], "X-Neutron-Router-Id:", Repeat(" ", 1004), HERE + ID + "\r\n\r\n"]),
        ("padded-state", "a state with too much white space behind it", [message(state=None)[:-2], "X-Neutron-State: primary", Repeat(" ", 1000), HERE + "\r\n\r\n"]),
    ]:
        group.refused(name, "field-too-long", title, text)
    group.refused("bad-byte-before", "field-value", "a byte that can't be there, the last within the limit", [before, "A: ", Repeat("b", 1020), HERE + "\x00\r\n\r\n"], "A limit that is off by one tells another mistake.")
    group.refused("end-at", "truncated", "the limit reached, and then the end", [before, "A: ", Repeat("b", 1021), HERE], "A limit that is off by one tells another mistake.")
    return group


def too_many():
    group = Group(
        "too-many-fields", "More fields than the limit", "A head may have 32 fields.", PROTECTION,
        "Fields without number take memory, and time for every name that is compared.", level="choice",
    )
    full = [message()[:-2], Repeat("A: b\r\n", 29)]
    for name, title, text in [
        ("field-33", "one field over", [*full, HERE + "A: b\r\n\r\n"]),
        ("field-1000", "a thousand fields", [*full, HERE + "A: b\r\n", Repeat("A: b\r\n", 967), "\r\n"]),
        ("state-as-33rd", "the state as the 33rd field", [message(state=None)[:-2], Repeat("A: b\r\n", 30), HERE + "X-Neutron-State: primary\r\n\r\n"]),
        ("duplicate-as-33rd", "a second state as the 33rd field: the limit comes first", [*full, HERE + "X-Neutron-State: backup\r\n\r\n"]),
        ("malformed-33rd", "a malformed 33rd field: the limit comes first", [*full, HERE + ": b\r\n\r\n"]),
        ("fold-as-33rd", "a fold as the 33rd line: the limit comes first", [*full, HERE + " b\r\n\r\n"]),
        ("transfer-as-33rd", "a Transfer-Encoding as the 33rd field", [*full, HERE + "Transfer-Encoding: chunked\r\n\r\n"]),
    ]:
        group.refused(name, "too-many-fields", title, text)
    group.refused("lf-behind-32", "line-ending", "a LF for the blank line behind 32 fields", [*full, HERE + "\n"], "A LF is taken for the end of the head.")
    group.refused("cr-behind-32", "line-ending", "a CR without LF behind 32 fields", [*full, HERE + "\rA: b\r\n\r\n"], "A CR is taken for the end of the head.", level="must")
    group.refused("end-behind-32", "truncated", "32 fields, and then the end", [*full, HERE], "A message without its blank line is taken for whole.", level="must")
    return group


def head_too_long():
    group = Group(
        "head-too-long", "Heads over their limit", "A head may have 8,192 bytes, from the first through the blank line.", PROTECTION,
        "A head without end takes memory without bound, though each line is short.", level="choice",
    )
    line = "A: " + "b" * 1019 + "\r\n"
    seven = [message()[:-2], Repeat(line, 7)]
    left = 8192 - length_of(seven)
    for name, title, text in [
        ("blank-lf", "the blank line's LF is the byte over it", [*seven, "A: ", Repeat("b", left - 6), "\r\n\r" + HERE + "\n"]),
        ("blank-cr", "the blank line's CR is the byte over it", [*seven, "A: ", Repeat("b", left - 5), "\r\n" + HERE + "\r\n"]),
        ("line-lf", "a field line's LF is the byte over it", [*seven, "A: ", Repeat("b", left - 4), "\r" + HERE + "\n\r\n"]),
        ("line-cr", "a field line's CR is the byte over it", [*seven, "A: ", Repeat("b", left - 3), HERE + "\r\n\r\n"]),
        ("in-value", "a value goes over it", [*seven, "A: ", Repeat("b", left - 3), HERE + "b", Repeat("b", 20), "\r\n\r\n"]),
        ("in-name", "a name goes over it", [*seven, Repeat("a", left), HERE + "a: b\r\n\r\n"]),
        ("state-behind", "the state comes too late", [message(state=None)[:-2], Repeat(line, 7), "A: ", Repeat("b", left + 21), "\r\n" + HERE + "X-Neutron-State: primary\r\n\r\n"]),
        ("bad-byte-at", "a byte that can't be there, right at the limit", [*seven, "A: ", Repeat("b", left - 3), HERE + "\x00\r\n\r\n"]),
    ]:
        group.refused(name, "head-too-long", title, text)
    start = 8192 - 1024 - length_of(seven) + 1024
    both = [*seven[:1], Repeat(line, 6), "A: ", Repeat("b", start - 5), "\r\n", Repeat("c", 1024), HERE + "c: d\r\n\r\n"]
    group.refused("with-field-limit", "field-too-long", "a line that reaches both limits at one byte: the line's comes first", both, "The two limits are checked in another order by each reader.")
    group.refused("end-at", "truncated", "the limit reached, and then the end", [*seven, "A: ", Repeat("b", left - 3), HERE], "A limit that is off by one tells another mistake.")
    return group
