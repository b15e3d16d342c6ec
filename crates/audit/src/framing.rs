//! Where a reply's head ends, and the length that it states.

/// The head of an answer without its blank line, and what follows the blank line; `None` if there is no blank line.
pub(crate) fn split(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((answer.get(..head)?, answer.get(head.checked_add(4)?..)?))
}

/// The length that a head states.
pub(crate) fn content_length(head: &[u8]) -> Option<usize> {
    head.split(|&byte| byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        let value = std::str::from_utf8(value.strip_prefix(b":")?).ok()?;
        name.eq_ignore_ascii_case(b"Content-Length").then(|| value.trim().parse().ok())?
    })
}

/// Whether the answer is a head and as much content as it states.
pub(crate) fn is_whole(answer: &[u8]) -> bool {
    let whole = |(head, content): (&[u8], &[u8])| content_length(head).is_some_and(|length| content.len() >= length);
    split(answer).is_some_and(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_whole_with_its_content_and_no_length_overflows() {
        for (answer, whole) in [
            (&b"HTTP/1.1 200 OK\r\n\r\n"[..], false),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", false),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", false),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nab", false),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nab", false),
        ] {
            assert_eq!(is_whole(answer), whole, "{}", answer.escape_ascii());
        }
    }
}
