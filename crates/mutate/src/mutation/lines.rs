//! Where the parts of a message are, as far as it looks like one: any bytes have lines.

use std::ops::Range;

/// The lines of a message with their endings, up to the blank line and with it; what has no end counts as a line.
pub(super) fn lines(message: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        found.push(start..start + line.len());
        start += line.len();
        if line == b"\r\n" {
            break;
        }
    }
    found
}

/// The lines of the fields: neither the request line nor the blank line. Empty where there are none.
pub(super) fn fields(message: &[u8]) -> Vec<Range<usize>> {
    let mut found = lines(message);
    if found.last().is_some_and(|last| message[last.clone()] == *b"\r\n") {
        found.pop();
    }
    found.drain(..1.min(found.len()));
    found
}

/// Where a line's text ends and its ending begins.
pub(super) fn text_end(message: &[u8], line: &Range<usize>) -> usize {
    let text = &message[line.clone()];
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    line.start + text.len()
}

/// The name of a field line, and its value without the white space before it; without a colon it is all name.
pub(super) fn name_and_value(message: &[u8], line: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let end = text_end(message, line);
    let colon = message[line.start..end].iter().position(|&byte| byte == b':').map_or(end, |at| line.start + at);
    let after = (colon + 1).min(end);
    let white = message[after..end].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (line.start..colon, after + white..end)
}
