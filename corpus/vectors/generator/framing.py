"""What decides where the message ends: Content-Length, Transfer-Encoding, and the fields that would change the rules."""

from model import CONTROL_FLOW, HERE, ID, PROTECTION, Group, Repeat, message, utf8

CLOSED = message()[:-2]


def groups():
    return [content_length(), body_too_long(), transfer_coding(), expectation(), unsupported(), connection_option(), smuggling()]


def content_length():
    group = Group(
        "content-length", "Malformed Content-Length", "Whatever is no canonical decimal number of at most 64 bits.", CONTROL_FLOW,
        "Readers that parse the number differently end the message at different bytes.",
    )
    for name, title, value, level in [
        ("plus", "a plus sign", f" {HERE}+0", "must"),
        ("minus", "a minus sign", f" {HERE}-1", "must"),
        ("minus-zero", "minus zero", f" {HERE}-0", "must"),
        ("hex", "hexadecimal", f" 0{HERE}x0", "must"),
        ("hex-letter", "a hexadecimal digit", f" {HERE}a", "must"),
        ("zeros", "two zeros", f" 0{HERE}0", "choice"),
        ("leading-zero", "a leading zero", f" 0{HERE}5", "choice"),
        ("list", "a list of the same number", f" 0{HERE},0", "choice"),
        ("list-space", "a list with white space", f" 0{HERE}, 0", "choice"),
        ("list-different", "a list of two numbers", f" 1{HERE},2", "must"),
        ("quoted", "a quoted number", f' {HERE}"0"', "must"),
        ("empty", "nothing", HERE, "must"),
        ("white", "nothing but white space", f" \t{HERE}", "must"),
        ("two-numbers", "two numbers", f" 0 {HERE}0", "must"),
        ("two-numbers-tab", "two numbers with a tab between", f" 5\t{HERE}5", "must"),
        ("fraction", "a fraction", f" 0{HERE}.0", "must"),
        ("exponent", "an exponent", f" 1{HERE}e3", "must"),
        ("underscore", "an underscore between digits", f" 1{HERE}_0", "must"),
        ("unit", "a unit", f" 5{HERE}k", "must"),
        ("semicolon", "a parameter", f" 0{HERE};a=b", "must"),
        ("word", "a word", f" {HERE}none", "must"),
        ("octal", "octal", f" 0{HERE}o7", "must"),
        ("over-64-bits", "one over 64 bits", f" 1844674407370955161{HERE}6", "must"),
        ("far-over-64-bits", "thirty nines", f" {'9' * 19}{HERE}{'9' * 11}", "must"),
        ("21-digits", "21 digits", f" 10000000000000000000{HERE}0", "must"),
    ]:
        group.refused(name, "content-length", title, message(f"Content-Length:{value}"), level=level)
    for name, title, digits in [("arabic", "Arabic digits", "٠"), ("full-width", "a full-width digit", "０")]:
        group.refused(name, "field-value", title, message(f"Content-Length: {HERE}{utf8(digits)}"), rule="RFC 9110 section 8.6")
    endless = [CLOSED, "Content-Length: ", "9" * 19, HERE + "9", Repeat("9", 500), "\r\n\r\n"]
    group.refused("endless", "content-length", "a number of 520 digits", endless)
    return group


def body_too_long():
    group = Group(
        "body-too-long", "Bodies over their limit", "Refused at the digit that takes `Content-Length` over the limit, before a byte of the body is read.",
        PROTECTION, "A sender makes the server wait for, or store, bytes that no notification has.", level="choice",
    )
    for name, title, value, limit in [
        ("one", "one byte, where none is allowed", HERE + "1", None),
        ("ten", "ten bytes, where none is allowed", HERE + "10", None),
        ("megabyte", "a megabyte announced and not sent", HERE + "1048576", None),
        ("u32", "one over 32 bits", HERE + "4294967296", None),
        ("u64", "the highest number of 64 bits", HERE + "18446744073709551615", None),
        ("six-of-five", "one byte over a limit of five", HERE + "6", 5),
        ("ten-of-five", "ten bytes over a limit of five", "1" + HERE + "0", 5),
        ("white-behind", "white space behind the number", HERE + "1 \t", None),
    ]:
        group.refused(name, "body-too-long", title, message(f"Content-Length: {value}"), **{"with": {"body": limit} if limit else None})
    for name, title, body in [("with-body", "a body that is sent too", "hello"), ("with-message", "a body that is a message", message(state="backup"))]:
        text = message(f"Content-Length: {HERE}{len(body)}", body=body)
        group.refused(name, "body-too-long", title, text, "The body is taken for a message of its own, so that one connection carries two.")
    sent = [CLOSED, f"Content-Length: {HERE}1048576\r\n\r\n", Repeat("z", 1_048_576)]
    group.refused("megabyte-sent", "body-too-long", "a megabyte announced and sent", sent, "The sender, still writing, never sees the reply.")
    return group


def transfer_coding():
    group = Group(
        "transfer-coding", "Transfer-Encoding", "Any at all is refused: 501, or 400 beside a Content-Length.", CONTROL_FLOW,
        "A reader that ignores it takes the chunks for a body or for the next message.", level="choice",
    )
    chunks = "5\r\nhello\r\n0\r\n\r\n"
    for name, title, line, level in [
        ("chunked", "chunked", "Transfer-Encoding: chunked", "choice"),
        ("chunked-case", "chunked in upper case, with the name in lower", "transfer-encoding: CHUNKED", "choice"),
        ("identity", "identity, which is gone from HTTP", "Transfer-Encoding: identity", "must"),
        ("gzip", "a coding that is not the last one it may be", "Transfer-Encoding: gzip", "must"),
        ("gzip-chunked", "two codings", "Transfer-Encoding: gzip, chunked", "choice"),
        ("chunked-twice", "chunked twice in one list", "Transfer-Encoding: chunked, chunked", "must"),
        ("chunked-first", "chunked before another coding", "Transfer-Encoding: chunked, gzip", "must"),
        ("empty", "no coding", "Transfer-Encoding:", "must"),
        ("quoted", "a quoted coding", 'Transfer-Encoding: "chunked"', "must"),
        ("unknown", "a coding that nobody knows", "Transfer-Encoding: xchunked", "must"),
        ("parameter", "a coding with a parameter", "Transfer-Encoding: chunked;a=b", "must"),
        ("tab", "a tab before the coding", "Transfer-Encoding:\tchunked", "choice"),
        ("no-space", "no space before the coding", "Transfer-Encoding:chunked", "choice"),
        ("empty-elements", "a list with empty elements", "Transfer-Encoding: , chunked,", "choice"),
    ]:
        group.refused(name, "transfer-coding", title, message(HERE + line, body=chunks), level=level)
    for name, title, lines in [
        ("twice", "the field twice", [HERE + "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]),
        ("twice-different", "the field twice, with another coding", [HERE + "Transfer-Encoding: identity", "Transfer-Encoding: chunked"]),
    ]:
        group.refused(name, "transfer-coding", title, message(*lines, body=chunks), level="must")
    first = message(first=[HERE + "Transfer-Encoding: chunked"], body=chunks)
    group.refused("first-field", "transfer-coding", "as the first field", first)
    group.refused("http-1-0", "version", "in an HTTP/1.0 message", message("Transfer-Encoding: chunked", start=f"POST / {HERE}HTTP/1.0", body=chunks), level="must")
    group.refused("get", "transfer-coding", "with GET", message(HERE + "Transfer-Encoding: chunked", start="GET / HTTP/1.1", body=chunks))
    trailers = f"0\r\nX-Neutron-State: backup\r\n\r\n"
    group.refused("trailers", "transfer-coding", "trailers that name a state", message(HERE + "Transfer-Encoding: chunked", body=trailers), "A trailer replaces the state in the head.")
    only = message(HERE + "Transfer-Encoding: chunked", state=None, body="0\r\nX-Neutron-State: primary\r\n\r\n")
    group.refused("trailer-only", "transfer-coding", "a state in the trailers alone", only, "A state that came in a trailer, past every check of the head, is taken.", level="must")
    return group


def expectation():
    group = Group(
        "expectation", "Expect", "Any Expect at all.", CONTROL_FLOW,
        "The sender waits for an interim reply, and the server for the body: both wait.", level="choice",
    )
    for name, title, line in [
        ("continue", "100-continue", "Expect: 100-continue"),
        ("continue-case", "100-Continue in another case", "expect: 100-CONTINUE"),
        ("other", "another expectation", "Expect: wonders"),
        ("empty", "an empty Expect", "Expect:"),
        ("list", "two expectations", "Expect: 100-continue, a=b"),
    ]:
        group.refused(name, "expectation", title, message(HERE + line))
    body = message(HERE + "Expect: 100-continue", "Content-Length: 5", body="hello")
    group.refused("with-body", "expectation", "100-continue and a body", body)
    return group


def unsupported():
    group = Group(
        "unsupported-field", "TE, Trailer and Upgrade", "Fields that announce what this format doesn't have.", CONTROL_FLOW,
        "A reader that honours one of them speaks another protocol from there on than one that doesn't.", level="choice",
    )
    for name, rule, values in [
        ("TE", "RFC 9110 section 10.1.4", ["trailers", "gzip;q=0.5", ""]),
        ("Trailer", "RFC 9110 section 6.6.2", ["X-Neutron-State", "a, b", ""]),
        ("Upgrade", "RFC 9110 section 7.8", ["websocket", "h2c", ""]),
    ]:
        for value in values:
            word = value.split(";")[0].split(",")[0].lower() or "empty"
            group.refused(f"{name.lower()}-{word}", "unsupported-field", f"{name}: {value or '(empty)'}", message(f"{HERE}{name}: {value}"), rule=rule, field=name)
        group.refused(f"{name.lower()}-case", "unsupported-field", f"{name} in another case", message(f"{HERE}{name.swapcase()}: a"), rule=rule, field=name)
    text = message("Connection: close", HERE + "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    group.refused("upgrade-h2c-whole", "unsupported-field", "an upgrade to HTTP/2 as a client asks for it", text, rule="RFC 9110 section 7.8", field="Upgrade")
    return group


def connection_option():
    group = Group(
        "connection-option", "Other connection options", "`Connection` may list `close` and `keep-alive`, and nothing else.", CONTROL_FLOW,
        "An option names a field that an intermediary takes out: the router id, say.", level="choice",
    )
    for name, title, value in [
        ("empty", "nothing", HERE),
        ("white", "nothing but white space", f" \t{HERE}"),
        ("comma", "a comma", f" ,{HERE}"),
        ("commas", "commas", f" , ,{HERE}"),
        ("upgrade", "upgrade", f" {HERE}upgrade"),
        ("close-upgrade", "close, and upgrade", f" close, {HERE}upgrade"),
        ("te", "TE", f" close,{HERE}TE"),
        ("state", "the state's own name", f" {HERE}X-Neutron-State"),
        ("router-id", "the router id's own name behind close", f" close, {HERE}X-Neutron-Router-Id"),
        ("longer", "a word that begins as close", f" close{HERE}d"),
        ("shorter", "the beginning of close", f" clos{HERE}"),
        ("shorter-in-list", "the beginning of close, in a list", f" clos{HERE}, keep-alive"),
        ("no-dash", "keepalive without its dash", f" keep{HERE}alive"),
        ("underscore", "keep_alive", f" keep{HERE}_alive"),
        ("no-comma", "two options without a comma", f" close {HERE}keep-alive"),
        ("semicolon", "a semicolon for the comma", f" close{HERE}; keep-alive"),
        ("quoted", "a quoted option", f' {HERE}"close"'),
        ("parameter", "an option with a parameter", f" keep-alive{HERE}=5"),
        ("other", "a word that nobody knows", f" {HERE}open"),
    ]:
        group.refused(name, "connection-option", title, message(f"Connection:{value}"))
    second = message("Connection: close", f"Connection: {HERE}upgrade")
    group.refused("second-field", "connection-option", "another option in a second Connection field", second)
    return group


def smuggling():
    group = Group(
        "smuggling", "Smuggling pairs", "Pairs of framing fields, and spellings of one, on which two readers disagree.", CONTROL_FLOW,
        "Two readers on one path end the message at different bytes, so that a body becomes a message that nobody checked.",
        rule="RFC 9112 section 11.2",
    )
    hidden = message(state="backup")
    chunked = "0\r\n\r\n" + hidden
    for name, title, lines in [
        ("cl-te", "Content-Length, then Transfer-Encoding", ["Content-Length: 0", HERE + "Transfer-Encoding: chunked"]),
        ("te-cl", "Transfer-Encoding, then Content-Length", [HERE + "Transfer-Encoding: chunked", "Content-Length: 0"]),
        ("te-bad-cl", "Transfer-Encoding, then a malformed Content-Length", [HERE + "Transfer-Encoding: chunked", "Content-Length: +0"]),
        ("te-long-cl", "Transfer-Encoding, then a Content-Length over the limit", [HERE + "Transfer-Encoding: chunked", "Content-Length: 5"]),
        ("te-cl-cl", "Transfer-Encoding, then Content-Length twice", [HERE + "Transfer-Encoding: chunked", "Content-Length: 0", "Content-Length: 0"]),
        ("te-identity-cl", "Transfer-Encoding: identity, then Content-Length", [HERE + "Transfer-Encoding: identity", "Content-Length: 0"]),
        ("cl-te-te", "Content-Length, then Transfer-Encoding twice", ["Content-Length: 0", HERE + "Transfer-Encoding: chunked", "Transfer-Encoding: identity"]),
    ]:
        group.refused(name, "transfer-coding", title, message(*lines, body=chunked), status=400, rule="RFC 9112 section 6.1")
    pairs_of_lengths(group, hidden)
    spellings(group, chunked)
    group.refused("body-is-message", "body-too-long", "GET with a body that is a message", message(f"Content-Length: {HERE}{len(hidden)}", start="GET / HTTP/1.1", body=hidden), level="choice", rule="RFC 9112 section 6.3")
    return group


def pairs_of_lengths(group, hidden):
    for name, title, first, second in [
        ("cl-cl-different", "two Content-Lengths that differ", "Content-Length: 0", f"Content-Length: {len(hidden)}"),
        ("cl-cl-case", "two Content-Lengths in another case", "Content-Length: 0", f"content-length: {len(hidden)}"),
        ("cl-cl-malformed", "a second Content-Length that is malformed", "Content-Length: 0", "Content-Length: x"),
    ]:
        text = message(first, HERE + second, body=hidden)
        group.refused(name, "duplicate-field", title, text, rule="RFC 9112 section 6.3", field="Content-Length")


def spellings(group, chunked):
    for name, error, title, lines, level in [
        ("te-space-colon", "field-name", "a space before Transfer-Encoding's colon", ["Content-Length: 0", f"Transfer-Encoding{HERE} : chunked"], "must"),
        ("te-tab-colon", "field-name", "a tab before Transfer-Encoding's colon", ["Content-Length: 0", f"Transfer-Encoding{HERE}\t: chunked"], "must"),
        ("te-underscore", "ambiguous-field-name", "Transfer_Encoding", ["Content-Length: 0", f"Transfer{HERE}_Encoding: chunked"], "choice"),
        ("cl-underscore", "ambiguous-field-name", "Content_Length", [f"Content{HERE}_Length: 200", "Content-Length: 0"], "choice"),
        ("cl-space-colon", "field-name", "a space before Content-Length's colon", [f"Content-Length{HERE} : 200"], "must"),
        ("te-vt", "field-name", "a vertical tab before Transfer-Encoding", ["Content-Length: 0", f"{HERE}\x0bTransfer-Encoding: chunked"], "must"),
        ("te-fold-hidden", "field-name", "Transfer-Encoding in a folded line", ["A: b", f"{HERE} Transfer-Encoding: chunked"], "choice"),
        ("te-lf-hidden", "line-ending", "Transfer-Encoding behind a LF", [f"A: b{HERE}\nTransfer-Encoding: chunked"], "choice"),
        ("te-cr-hidden", "line-ending", "Transfer-Encoding behind a CR", [f"A: b{HERE}\rTransfer-Encoding: chunked"], "must"),
        ("cl-lf-hidden", "line-ending", "a second Content-Length behind a LF", [f"Content-Length: 0{HERE}\nContent-Length: 200"], "must"),
        ("te-nul-name", "field-name", "a NUL in Transfer-Encoding", [f"Transfer-Encoding{HERE}\x00: chunked"], "must"),
        ("te-quote-name", "field-name", "a quotation mark before Transfer-Encoding", [f'{HERE}"Transfer-Encoding: chunked'], "must"),
        ("blank-cr", "line-ending", "a CR CR LF that one reader takes for the blank line", [f"A: b{HERE}\r\r", "Content-Length: 200"], "must"),
        ("blank-lf", "line-ending", "a LF LF that one reader takes for the blank line", [f"A: b{HERE}\n\nContent-Length: 200"], "choice"),
        ("space-line", "field-name", "a line of one space that one reader takes for the blank line", ["A: b", HERE + " ", "Content-Length: 200"], "choice"),
    ]:
        group.refused(name, error, title, message(*lines, body=chunked), level=level, rule="RFC 9112 section 5.1" if error == "field-name" else None)
    for name, error, title, lines in [
        ("te-vt-value", "transfer-coding", "a vertical tab before the coding", [f"{HERE}Transfer-Encoding: \x0bchunked"]),
        ("te-nul-value", "transfer-coding", "a NUL behind the coding", [f"{HERE}Transfer-Encoding: chunked\x00"]),
        ("te-fold-value", "transfer-coding", "a coding in a folded line", [f"{HERE}Transfer-Encoding:", " chunked"]),
        ("te-lf-value", "transfer-coding", "a LF before the coding", [f"{HERE}Transfer-Encoding:\n chunked"]),
    ]:
        group.refused(name, error, title, message(*lines, body=chunked), status=501, rule="RFC 9112 section 6.1")
