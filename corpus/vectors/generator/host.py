"""The value of Host."""

from model import CONTROL_FLOW, HERE, Group, Repeat, message

CASES = [
    ("empty", "nothing", f"Host:{HERE}", "must"),
    ("white", "nothing but white space", f"Host: \t {HERE}", "must"),
    ("userinfo", "userinfo", f"Host: root{HERE}@127.0.0.1", "must"),
    ("password", "userinfo with a password", f"Host: root:{HERE}x@127.0.0.1", "must"),
    ("port-65536", "a port one too high", f"Host: a:6553{HERE}6", "must"),
    ("port-99999", "a port of five nines", f"Host: a:9999{HERE}9", "must"),
    ("port-6-digits", "a port of six digits", f"Host: a:65535{HERE}0", "must"),
    ("port-empty", "a colon without a port", f"Host: a:{HERE}", "choice"),
    ("port-word", "a port that is a word", f"Host: a:{HERE}http", "must"),
    ("port-negative", "a negative port", f"Host: a:{HERE}-1", "must"),
    ("port-plus", "a port with a sign", f"Host: a:{HERE}+80", "must"),
    ("port-space", "a space before the port", f"Host: a:{HERE} 80", "must"),
    ("port-hex", "a hexadecimal port", f"Host: a:0{HERE}x50", "must"),
    ("port-twice", "two ports", f"Host: a:80{HERE}:80", "must"),
    ("port-only", "a port without a host", f"Host: {HERE}:80", "must"),
    ("port-list", "a port and a second host", f"Host: a:80{HERE},b", "must"),
    ("path", "a path behind the host", f"Host: a{HERE}/b", "must"),
    ("url", "a whole URL", f"Host: http:{HERE}//a/", "must"),
    ("query", "a query", f"Host: a{HERE}?b", "must"),
    ("fragment", "a fragment", f"Host: a{HERE}#b", "must"),
    ("space", "two words", f"Host: a {HERE}b", "must"),
    ("tab", "two words with a tab between", f"Host: a\t{HERE}b", "must"),
    ("list", "a list of hosts", f"Host: a, {HERE}b", "must"),
    ("backslash", "a backslash", f"Host: a{HERE}\\b", "must"),
    ("quoted", "a quoted host", f'Host: {HERE}"a"', "must"),
    ("angle", "angle brackets", f"Host: {HERE}<a>", "must"),
    ("braces", "a template that was not filled in", f"Host: {HERE}{{host}}", "must"),
    ("caret", "a caret", f"Host: a{HERE}^", "must"),
    ("pipe", "a pipe", f"Host: a{HERE}|b", "must"),
    ("backtick", "a backtick", f"Host: a{HERE}`b`", "must"),
    ("percent-alone", "a percent sign without digits", f"Host: a%{HERE}", "must"),
    ("percent-one-digit", "a percent sign with one digit", f"Host: a%2{HERE}", "must"),
    ("percent-no-hex", "a percent sign with other letters", f"Host: a%{HERE}zz", "must"),
    ("percent-second", "a percent sign with one wrong digit", f"Host: a%2{HERE}g", "must"),
    ("ipv6-bare", "an IPv6 address without brackets", f"Host: {HERE}::1", "must"),
    ("ipv6-bare-full", "a full IPv6 address without brackets", f"Host: 2001:{HERE}db8::1", "must"),
    ("ipv6-open", "a bracket that is not closed", f"Host: [::1{HERE}", "must"),
    ("ipv6-empty", "empty brackets", f"Host: [{HERE}]", "must"),
    ("ipv6-three-colons", "three colons", f"Host: [{HERE}:::]", "must"),
    ("ipv6-nine-groups", "nine groups", f"Host: [{HERE}1:2:3:4:5:6:7:8:9]", "must"),
    ("ipv6-long-group", "a group of five digits", f"Host: [{HERE}12345::]", "must"),
    ("ipv6-two-gaps", "two gaps", f"Host: [{HERE}1::2::3]", "must"),
    ("ipv6-bad-v4", "an IPv4 part over 255", f"Host: [{HERE}::256.0.0.1]", "must"),
    ("ipv4-in-brackets", "an IPv4 address in brackets", f"Host: [{HERE}127.0.0.1]", "must"),
    ("name-in-brackets", "a name in brackets", f"Host: [{HERE}localhost]", "must"),
    ("ipv6-zone", "a zone", f"Host: [fe80::1{HERE}%25eth0]", "must"),
    ("ipv6-behind", "a letter behind the bracket", f"Host: [::1]{HERE}a", "must"),
    ("ipv6-port-empty", "a colon without a port behind the bracket", f"Host: [::1]:{HERE}", "choice"),
    ("ipv6-nested", "a bracket in brackets", f"Host: [{HERE}[::1]]", "must"),
    ("close-only", "a closing bracket alone", f"Host: {HERE}]", "must"),
    ("future-no-dot", "an address of a future version without its dot", f"Host: [{HERE}v1]", "must"),
    ("future-no-version", "an address of a future version without its number", f"Host: [{HERE}v.a]", "must"),
    ("future-empty", "an address of a future version without address", f"Host: [{HERE}v1.]", "must"),
    ("socket-path", "a socket's path", f"Host: {HERE}/run/agent", "must"),
]


def groups():
    group = Group(
        "host", "Malformed Host", "Whatever is no `uri-host [ \":\" port ]`.", CONTROL_FLOW,
        "A Host that readers cut in different places names another server to each of them.", rule="RFC 9112 section 3.2",
    )
    for name, title, line, level in CASES:
        group.refused(name, "host", title, message(host=line), level=level)
    group.refused("port-long", "host", "a port of a hundred digits", ["POST / HTTP/1.1\r\nHost: a:99999"[:-1] + HERE + "9", Repeat("9", 95), "\r\n\r\n"])
    return [group]
