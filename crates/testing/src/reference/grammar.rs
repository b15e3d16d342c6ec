//! The rules of `docs/protocol.md`, as regular expressions: one for each.

use std::format;
use std::string::String;
use std::sync::LazyLock;
use std::vec::Vec;

use super::rule::Rule;

/// Everything that parts of a message are tested by. What is the last on its line has the line's end in its rule.
pub(crate) struct Grammar {
    /// A request line that is well-formed.
    pub(crate) request_line: Rule,
    /// The line that ends the head.
    pub(crate) blank_line: Rule,
    /// A field line.
    pub(crate) field_line: Rule,
    /// The name of a field, and its colon.
    pub(crate) name: Rule,
    /// What stands after the colon of `Host`, its address in brackets of any kind.
    pub(crate) host: Rule,
    /// What stands after the colon of `Host` up to the end of an address in brackets of any kind.
    pub(crate) brackets: Rule,
    /// What may stand in brackets.
    pub(crate) address: Rule,
    /// What stands after the colon of `X-Neutron-Router-Id`, the nil UUID included.
    pub(crate) router_id: Rule,
    /// The same up to the last digit of the nil UUID.
    pub(crate) nil: Rule,
    /// What stands after the colon of `X-Neutron-State`.
    pub(crate) state: Rule,
    /// The same, where `master` is asked for.
    pub(crate) state_or_master: Rule,
    /// What stands after the colon of `Content-Length`, whatever the limit.
    pub(crate) content_length: Rule,
    /// What stands after the colon of `Connection`.
    pub(crate) connection: Rule,
}

/// The grammar, once for all.
pub(crate) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar {
    request_line: Rule::new(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~&&[^#]]+ HTTP/[0-9]\.[0-9]\r\n"),
    blank_line: Rule::new(r"\r\n"),
    field_line: Rule::new(&format!(r"{NAME}:[\t -~]*\r\n")),
    name: Rule::new(&format!("{NAME}:")),
    host: value(&format!(r"({REG_NAME}|\[{IN_BRACKETS}*\])(:{})?", port())),
    brackets: Rule::new(&format!(r"{OWS}\[{IN_BRACKETS}*\]")),
    address: Rule::new(&address()),
    router_id: value("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    nil: Rule::new(&format!("{OWS}00000000-0000-0000-0000-000000000000")),
    state: value("primary|backup|fault"),
    state_or_master: value("primary|backup|fault|master"),
    content_length: value(&number_up_to("18446744073709551615")),
    connection: value(&options("(?i:close|keep-alive)")),
});

/// `1*tchar`, without `_`
const NAME: &str = r"[!#$%&'*+.^`|~0-9A-Za-z-]+";
const OWS: &str = r"[ \t]*";
/// `1*( unreserved / pct-encoded / sub-delims )`: a host that is empty is refused.
const REG_NAME: &str = r"([0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+";
/// `unreserved / sub-delims / ":"`, of which both kinds of address consist
const IN_BRACKETS: &str = "[0-9A-Za-z._~!$&'()*+,;=:-]";

/// `OWS field-value OWS CRLF`
fn value(pattern: &str) -> Rule {
    Rule::new(&format!(r"{OWS}({pattern}){OWS}\r\n"))
}

/// A list of RFC 9110 section 5.6.1.2, with one element at least, and empty ones among them.
fn options(option: &str) -> String {
    format!(r"[ \t,]*{option}({OWS},[ \t,]*{option})*[ \t,]*")
}

/// A number from 0 to 65535, leading zeros allowed: `port = *DIGIT`, but not empty.
fn port() -> String {
    format!("0*({})", number_up_to("65535"))
}

/// A canonical decimal number from 0 to `most`, which is given in digits.
fn number_up_to(most: &str) -> String {
    let len = most.len();
    let shorter = (1..len).map(|len| format!("[1-9][0-9]{{{}}}", len - 1));
    // The digits of `most` up to some place, a lower one there, and any after it.
    let lower = most.bytes().enumerate().filter_map(|(at, digit)| {
        let least = if at == 0 { '1' } else { '0' };
        let lower: String = (least..char::from(digit)).collect();
        (!lower.is_empty()).then(|| format!("{}[{lower}][0-9]{{{}}}", &most[..at], len - at - 1))
    });
    let all: Vec<String> = shorter.chain(lower).chain(["0".into(), most.into()]).collect();
    format!("({})", all.join("|"))
}

/// `IPv6address / IPvFuture` of RFC 3986 section 3.2.2, line by line
fn address() -> String {
    let dec_octet = "([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    let v4 = format!(r"{dec_octet}\.{dec_octet}\.{dec_octet}\.{dec_octet}");
    let h16 = "[0-9A-Fa-f]{1,4}";
    let ls32 = format!("({h16}:{h16}|{v4})");
    let v6 = [
        format!("({h16}:){{6}}{ls32}"),
        format!("::({h16}:){{5}}{ls32}"),
        format!("({h16})?::({h16}:){{4}}{ls32}"),
        format!("(({h16}:){{0,1}}{h16})?::({h16}:){{3}}{ls32}"),
        format!("(({h16}:){{0,2}}{h16})?::({h16}:){{2}}{ls32}"),
        format!("(({h16}:){{0,3}}{h16})?::{h16}:{ls32}"),
        format!("(({h16}:){{0,4}}{h16})?::{ls32}"),
        format!("(({h16}:){{0,5}}{h16})?::{h16}"),
        format!("(({h16}:){{0,6}}{h16})?::"),
    ];
    let future = format!(r"[vV][0-9A-Fa-f]+\.{IN_BRACKETS}+");
    format!("{}|{future}", v6.join("|"))
}

#[test]
fn a_number_is_canonical_and_at_most_the_greatest() {
    for most in [0, 7, 10, 205, 255, 999, 1_000] {
        let rule = Rule::new(&number_up_to(&format!("{most}")));
        for number in 0..2_000 {
            assert_eq!(rule.matches(format!("{number}").as_bytes()), number <= most, "{number} up to {most}");
            assert!(!rule.matches(format!("0{number}").as_bytes()));
        }
        assert!(!rule.matches(b"") && !rule.matches(b"x"));
    }
}
