//! Law 7: no byte of the peer's appears in a reply or in a log line. It holds because what is written is a function of
//! the verdict alone, and that is what is checked: a reply is one of the fixed ones, and a line has what the types say,
//! in visible ASCII, and nothing more.

mod log;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use hanotify::internals::Socket;
use hanotify::server::Config;
use hanotify::sink::{JsonLines, Traced};
use hanotify::{Error, Limits, Notification, Status, decode, decode_exact, reply};
use serde_json::Value;

use log::Line;

/// The input is a message.
///
/// # Panics
///
/// Where a reply or a line has anything that the verdict doesn't explain.
pub fn check(input: &[u8]) {
    let limits = Limits::DEFAULT.with_body(64);
    let verdict = match decode(input, &limits) {
        Ok(Status::Complete { notification, body, .. }) => Ok((notification, body.len())),
        _ => Err(decode_exact(input, &limits).expect_err("it isn't whole")),
    };
    let json = Bytes::default();
    let (replied, lines) = log::captured(|| serve(input, limits, json.clone()));
    let fixed = verdict.map_or_else(|refused| reply::refused(refused.kind), |_| reply::ACCEPTED);
    assert_eq!(replied.escape_ascii().to_string(), fixed.escape_ascii().to_string());
    assert!(replied.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n')));
    visible(&lines);
    assert_eq!(lines, expected(verdict), "{}", input.escape_ascii());
    written(&json.0.borrow(), verdict);
}

/// What a peer that sends all of this and finishes is answered.
fn serve(input: &[u8], limits: Limits, json: Bytes) -> Vec<u8> {
    let (mut client, server) = UnixStream::pair().expect("a pair of sockets");
    server.set_nonblocking(true).expect("a socket that doesn't block");
    let sink = Traced::new(JsonLines::new(json));
    let config = Config::new("").with_limits(limits).with_drain_bytes(usize::MAX);
    let mut server = Socket::new(OwnedFd::from(server), config, sink, 65_536);
    // In pieces that the socket has room for.
    let over = input.chunks(30_000).any(|piece| client.write_all(piece).is_err() || server.ready());
    let _ = client.shutdown(Shutdown::Write);
    assert!(over || server.ready(), "the peer has finished");
    drop(server);
    let mut replied = Vec::new();
    client.read_to_end(&mut replied).expect("a reply and an end");
    replied
}

/// The lines that a verdict has to leave in the log: the sink's, and the server's own.
fn expected(verdict: Result<(Notification, usize), Error>) -> Vec<Line> {
    match verdict {
        Ok((Notification { router_id, state }, body_len)) => {
            let said = [("router_id", router_id.to_string()), ("state", state.to_string())];
            vec![Line::new(
                "notified",
                said.into_iter().chain([("sequence", 1.to_string()), ("body_len", body_len.to_string())]),
            )]
        }
        Err(refused) => {
            let said = || {
                let (offset, status) = (refused.offset.to_string(), refused.status().to_string());
                [("error", refused.kind.name().to_owned()), ("offset", offset), ("status", status)]
            };
            vec![Line::new("refused", said()), Line::new(&format!("refused: {}", refused.kind), said())]
        }
    }
}

fn visible(lines: &[Line]) {
    for Line { message, fields } in lines {
        let texts = fields.values().chain([message]);
        assert!(texts.into_iter().all(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~'))), "{lines:?}");
    }
}

/// The JSON line has the members that it always has, with what the verdict says in them.
fn written(json: &[u8], verdict: Result<(Notification, usize), Error>) {
    let line = json.strip_suffix(b"\n").expect("a whole line");
    assert!(line.iter().all(|byte| matches!(byte, b' '..=b'~')), "{}", json.escape_ascii());
    let mut line: BTreeMap<String, Value> = serde_json::from_slice(line).expect("JSON");
    let own = ["peer", "received_at", "refused_at"].map(|member| line.remove(member).is_some());
    assert_eq!(own, [true, verdict.is_ok(), verdict.is_err()]);
    let expected: Vec<(&str, Value)> = match verdict {
        Ok((Notification { router_id, state }, _)) => vec![
            ("event", "notified".into()),
            ("router_id", router_id.to_string().into()),
            ("sequence", 1.into()),
            ("state", state.as_str().into()),
        ],
        Err(refused) => vec![
            ("error", refused.kind.name().into()),
            ("event", "refused".into()),
            ("field", refused.kind.field().map(hanotify::FieldName::as_str).into()),
            ("offset", refused.offset.into()),
            ("status", refused.status().into()),
        ],
    };
    assert!(line.iter().map(|(member, value)| (member.as_str(), value.clone())).eq(expected), "{line:?}");
}

/// Bytes that stay readable while a sink has them to write to.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
