//! The counters over HTTP: one reader at a time, who has to be quick.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::exposition::exposition;
use super::recorder::Registry;

/// How long a reader may take for its request, and again for the reply.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest request that is read.
const LONGEST: usize = 8_192;
/// How long to wait where the process has no descriptor left for a reader.
const RETRY: Duration = Duration::from_millis(500);

/// Answers readers for as long as the process lives.
pub(super) fn serve(listener: &TcpListener, registry: &Registry) {
    loop {
        match listener.accept() {
            // What a reader does wrong is its own affair.
            Ok((reader, _)) => drop(answer(reader, registry)),
            Err(_) => sleep(RETRY),
        }
    }
}

fn answer(mut reader: TcpStream, registry: &Registry) -> io::Result<()> {
    let head = head(&mut reader)?;
    let (status, body) = match &head[..] {
        head if head.starts_with(b"GET /metrics ") => ("200 OK", exposition(registry)),
        head if head.starts_with(b"GET ") => ("404 Not Found", "the counters are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed\r\nAllow: GET", String::new()),
    };
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    reader.set_write_timeout(Some(PATIENCE))?;
    reader.write_all(reply.as_bytes())
}

/// The request up to its blank line.
fn head(reader: &mut TcpStream) -> io::Result<Vec<u8>> {
    let end = Instant::now() + PATIENCE;
    let (mut head, mut piece) = (Vec::new(), [0; 1_024]);
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > LONGEST {
            return Err(io::ErrorKind::TimedOut.into());
        }
        reader.set_read_timeout(Some(left))?;
        match reader.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            len => head.extend_from_slice(piece.get(..len).unwrap_or_default()),
        }
    }
    Ok(head)
}
