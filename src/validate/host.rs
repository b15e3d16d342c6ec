//! `Host = uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2).

use core::net::Ipv6Addr;

use super::value::{Wrong, behind_ows};
use crate::error::ErrorKind;

/// `Host = ( IP-literal / reg-name ) [ ":" port ]`. An IPv4 address is a `reg-name` too.
pub(super) fn check(value: &[u8]) -> Result<(), Wrong> {
    let host_end = if value.first() == Some(&b'[') { ip_literal(value)? } else { reg_name(value)? };
    let end = match value.get(host_end) {
        Some(b':') => port(value, host_end + 1)?,
        _ => host_end,
    };
    if end == value.len() { Ok(()) } else { wrong(behind_ows(value, end)) }
}

fn wrong<T>(at: usize) -> Result<T, Wrong> {
    Err(Wrong { kind: ErrorKind::Host, at })
}

/// `reg-name = 1*( unreserved / "%" HEXDIG HEXDIG / sub-delims )`: the index behind it. RFC 3986 lets it be empty; a
/// host can't be.
fn reg_name(value: &[u8]) -> Result<usize, Wrong> {
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        match byte {
            b'%' => {
                for digit in [at + 1, at + 2] {
                    if !value.get(digit).is_some_and(u8::is_ascii_hexdigit) {
                        return wrong(digit);
                    }
                }
                at += 3;
            }
            _ if is_unreserved(byte) || is_sub_delim(byte) => at += 1,
            _ => break,
        }
    }
    if at == 0 { wrong(0) } else { Ok(at) }
}

/// `IP-literal = "[" ( IPv6address / IPvFuture ) "]"`: the index behind it. The address is judged when it is whole.
fn ip_literal(value: &[u8]) -> Result<usize, Wrong> {
    let inner = value.get(1..).unwrap_or_default();
    let is_address_byte = |byte: &u8| *byte == b':' || is_unreserved(*byte) || is_sub_delim(*byte);
    let len = inner.iter().take_while(|&byte| is_address_byte(byte)).count();
    if inner.get(len) != Some(&b']') {
        return wrong(1 + len);
    }
    let address = inner.get(..len).unwrap_or_default();
    let is_v6 = || core::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    if is_ip_future(address) || is_v6() { Ok(len + 2) } else { wrong(1) }
}

/// `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn is_ip_future(address: &[u8]) -> bool {
    let Some((b'v' | b'V', rest)) = address.split_first() else { return false };
    let version = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    version > 0 && matches!(rest.get(version..), Some([b'.', _, ..]))
}

/// `port = 1*DIGIT`, at most 65535: the index behind it
fn port(value: &[u8], start: usize) -> Result<usize, Wrong> {
    let mut port = 0u16;
    let mut at = start;
    while let Some(digit) = value.get(at).filter(|byte| byte.is_ascii_digit()) {
        let Some(sum) = port.checked_mul(10).and_then(|tens| tens.checked_add(u16::from(digit - b'0'))) else {
            return wrong(at);
        };
        port = sum;
        at += 1;
    }
    if at == start { wrong(at) } else { Ok(at) }
}

/// `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"`
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="`
fn is_sub_delim(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}
