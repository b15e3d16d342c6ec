//! What to change in a server where a case or a probe fails: two sentences for each kind.

/// What to change, by the group of a case or the name of a probe.
const REMEDIES: &[(&str, &str)] = &[
    (
        "accepted-at-the-limit",
        "Compare a length with `<=`, so that a message at a limit is taken. Leave what follows a whole message \
         unread.",
    ),
    (
        "accepted-fields",
        "Compare field names without regard to case, in any order, and trim spaces and tabs around values. Ignore \
         fields that you don't know.",
    ),
    (
        "accepted-values",
        "Accept every form of a value that the grammar of the RFC allows. Refuse by that grammar, and not by the \
         values of today's senders.",
    ),
    (
        "ambiguous-field-name",
        "Refuse a field whose name has an underscore where a known field has a dash. Don't turn names into CGI \
         variables, where both are the same.",
    ),
    (
        "body-too-long",
        "Compare Content-Length with your limit before you read a byte of the body. Answer 413 and close, and don't \
         wait for the body.",
    ),
    (
        "captures",
        "Take these bytes as they are: they are what senders of today write. Look for what your parser demands of \
         them that no RFC does.",
    ),
    (
        "conditions",
        "Answer by the state of your server: 403, 408, 500 or 503. Do so before you tell the agent of the message.",
    ),
    (
        "connection-option",
        "Accept the options `close` and `keep-alive` of Connection, and refuse others with 400. Compare the names \
         without regard to case.",
    ),
    (
        "content-length",
        "Accept Content-Length only as one decimal number without a sign, a blank or a list. Check that it fits its \
         type before you use it.",
    ),
    (
        "duplicate-field",
        "Count Host, Content-Length, the router id and the state, and refuse the second of any. Don't take the first, \
         the last or a list of both.",
    ),
    ("expectation", "Answer 417 to any Expect. Don't send 100 Continue, since no sender waits for it."),
    (
        "field-name",
        "Refuse a field line unless a token stands before its colon, and nothing between the two. Do so for the \
         fields that you don't read as well.",
    ),
    (
        "field-too-long",
        "Bound the length of one field line, its line end included, and answer 431. Check the bound while you read, \
         and not when the line is whole.",
    ),
    (
        "field-value",
        "Refuse control bytes, DEL and bytes over 0x7f in every value. Read the message as bytes, and decode a value \
         when it has been checked.",
    ),
    (
        "head-too-long",
        "Bound the length of the whole head, and answer 431. Check the bound while you read, and not when the head is \
         whole.",
    ),
    (
        "host",
        "Check Host against `uri-host [ \":\" port ]`, and answer 400 to anything else. A parser for addresses of \
         your language usually accepts more.",
    ),
    (
        "line-ending",
        "End a line at CR LF and nowhere else, and refuse a CR or a LF alone. Don't split by a function that knows \
         other line ends, as `splitlines` does.",
    ),
    ("method", "Answer 405 with `Allow: GET, POST` to other methods. Compare the method byte for byte, with its case."),
    (
        "missing-field",
        "Refuse a message without Host, the router id or the state before the agent hears of it. Don't hand on a \
         null, an empty text or a default for it.",
    ),
    (
        "precedence",
        "Check from the first byte to the last, and let the first fault decide. Stop there: what follows is not to be \
         read.",
    ),
    (
        "request-line-too-long",
        "Bound the length of the request line, and answer 414 or 400. Check the bound while you read, and not when \
         the line is whole.",
    ),
    (
        "request-line",
        "Read the request line as method, one space, target, one space, version and CR LF. Refuse other white space, \
         and whatever is more or less.",
    ),
    (
        "router-id",
        "Compare the id with the 36 characters of a UUID in lower case, dashes in their places, not all zero. Don't \
         use a UUID parser that accepts braces, URNs or upper case, and do this before the agent hears of it.",
    ),
    (
        "smuggling",
        "Refuse a message with two framing fields, or with one in an odd spelling. Close the connection, so that no \
         byte of it is taken for another message.",
    ),
    ("splits", "Read until the blank line, in as many reads as it takes. One read is not one message."),
    (
        "state",
        "Compare the state with `primary`, `backup` and `fault`, byte for byte. Refuse anything else with 400 before \
         the agent hears of it.",
    ),
    ("target", "Compare the target with `/`, and answer 404 to others. Don't decode or normalize it before."),
    ("too-many-fields", "Bound the number of fields, and answer 431. Count the ones that you ignore."),
    (
        "trailing-bytes",
        "Refuse bytes behind a message where exactly one is expected. They would be taken for another message.",
    ),
    (
        "transfer-coding",
        "Refuse every Transfer-Encoding: with 400 beside a Content-Length, and 501 otherwise. Don't read a body in \
         chunks, and don't ignore the field.",
    ),
    (
        "truncated",
        "When the peer has finished before the blank line, answer 400. Don't act on what has come until then.",
    ),
    (
        "truncations",
        "When the peer has finished before the blank line, answer 400. Don't act on what has come until then.",
    ),
    ("unsupported-field", "Refuse TE, Trailer and Upgrade with 400. They announce what no message of this format has."),
    ("version", "Answer 505 to every version but HTTP/1.1. Compare the eight bytes, with their case."),
    (
        "probe/socket-mode",
        "Set the umask to 0177 before you bind, or the mode of the socket's folder to 0700. A chmod behind the bind \
         leaves a gap in which others connect.",
    ),
    (
        "probe/socket-directory",
        "Put the socket into a folder that only its user may write to. Nobody else can put another socket in its \
         place then.",
    ),
    ("probe/socket-owner", "Bind the socket as the user that the server runs as. Check the owner of the folder too."),
    (
        "probe/order",
        "Hand a message on before you reply, and keep one queue for each router. Threads that each take one message \
         change their order.",
    ),
    (
        "probe/same-router-at-once",
        "Hand on one event for each message, also where several of one router come at once. Guard what is kept for \
         each router with a lock.",
    ),
    (
        "probe/interleaved",
        "Keep what was read of a connection with that connection. Don't share a buffer between connections, and don't \
         take one read for a message.",
    ),
    (
        "probe/burst",
        "Give `listen` a backlog of 1,024 or more, and accept in a loop that does nothing else. Raise \
         net.core.somaxconn where it is lower.",
    ),
    (
        "probe/half-close",
        "Answer a message though its sender has shut down its sending side. The end of the input behind a whole \
         message is no fault.",
    ),
    ("probe/byte-by-byte", "Read until the blank line, in as many reads as it takes. One read is not one message."),
    (
        "probe/two-messages",
        "Take the first message, answer with `Connection: close`, and close. Don't act on what follows.",
    ),
    (
        "probe/megabyte-body",
        "After a refusal, shut down your sending side, and read and drop what comes for a while before you close. A \
         close with unread bytes resets the connection, and the reply is lost.",
    ),
    (
        "probe/endless-head",
        "Bound the head, and answer 431 as soon as it is over its limit. Then read and drop what comes for a while, \
         so that the reply arrives.",
    ),
    (
        "probe/reset",
        "Catch the errors of a read or a write, close that connection, and go on. Don't act on a message that isn't \
         whole.",
    ),
    (
        "probe/silence",
        "Give each connection a time in all, as 10 s, and answer 408 or close when it is over. A time for each read \
         starts anew with each byte.",
    ),
    (
        "probe/drip",
        "Give each connection a time in all, as 10 s, and answer 408 or close when it is over. A time for each read \
         starts anew with each byte.",
    ),
    (
        "probe/others-meanwhile",
        "Serve each connection apart from the others, in a thread or an event loop. Bound how many of one peer there \
         may be.",
    ),
    (
        "probe/body-never-sent",
        "Refuse a body by its announced length, before you wait for it. Let the time of the connection end it too.",
    ),
    (
        "probe/gone-before-reply",
        "Ignore SIGPIPE, catch the error of a write to a peer that has gone, and go on. A notification that was \
         handed on stays so.",
    ),
    (
        "probe/sink-fails",
        "Answer 500 or 503 when the agent doesn't take an event. A 200 tells the sender that it need not come again.",
    ),
    (
        "probe/descriptors",
        "Close the connection on every way out of its handler, also where it is refused or your code fails. Use what \
         closes it by itself, as `with` or a destructor.",
    ),
    (
        "probe/threads",
        "Let the thread of a connection end with it, also where it is refused or your code fails. Bound how many there \
         may be.",
    ),
    (
        "probe/children",
        "Wait for each process that you start, or start none for a message. One that has ended and isn't waited for \
         stays.",
    ),
    (
        "probe/memory",
        "Forget what was read of a connection when it ends. Bound what is kept for each message, and for each router.",
    ),
    (
        "probe/idle-time",
        "Wait for connections in the kernel, with poll or a blocking read. A loop that asks again and again takes a \
         processor.",
    ),
    (
        "probe/always-a-reply",
        "Answer every connection that has sent a byte, also where it is refused or your code fails. The sender takes \
         a close without a reply for a failure of its own.",
    ),
    (
        "probe/no-traceback",
        "Catch what your code raises, log it, and answer 500 with nothing else. A traceback tells a peer what the \
         server is made of.",
    ),
    ("probe/echo", "Send fixed texts in replies. A byte of the message in one ends up in logs and on terminals."),
    (
        "probe/reply-framing",
        "Write the reply in one piece: a status line, fields with CR LF, a blank line, as much content as \
         Content-Length says. Say `Connection: close`, and close behind it.",
    ),
];

/// What to change in a server that fails this case or probe; `None` for cases of one's own.
pub(crate) fn of(id: &str) -> Option<&'static str> {
    let is_of = |name: &str| match name.strip_prefix("probe/") {
        Some("reply-framing") => id.starts_with("probe/reply-framing-"),
        Some(_) => id == name,
        None => id.split_once('/').is_some_and(|(group, _)| group == name),
    };
    REMEDIES.iter().find(|(name, _)| is_of(name)).map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes;
    use crate::vectors::embedded;

    #[test]
    fn each_case_and_probe_has_a_remedy_of_two_sentences_and_each_remedy_a_use() {
        let groups = embedded().unwrap();
        let cases = groups.iter().flat_map(|group| &group.cases).map(|case| case.id.clone());
        let ids: Vec<_> = cases.chain(probes::entries().map(|entry| entry.id)).collect();
        for id in &ids {
            assert!(of(id).is_some(), "{id}");
        }
        for (name, remedy) in REMEDIES {
            assert_eq!((remedy.matches(". ").count(), remedy.ends_with('.')), (1, true), "{name}: {remedy}");
            assert!(ids.iter().any(|id| of(id) == Some(remedy)), "{name}");
        }
        assert_eq!(of("own/case"), None);
    }
}
