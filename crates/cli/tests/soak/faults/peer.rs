//! Plays plans over real sockets, all of them at once.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::{RecvFlags, recv};

use super::plan::{End, Plan};

/// Plays the plans side by side: what each sender that reads was answered.
pub(crate) fn play(socket: &Path, plans: &[Plan]) -> Vec<Option<Vec<u8>>> {
    let mut streams: Vec<Option<UnixStream>> = plans.iter().map(|_| Some(connect(socket))).collect();
    let rounds = plans.iter().map(|plan| plan.chunks.len()).max().unwrap_or_default();
    for round in 0..=rounds {
        for (plan, slot) in plans.iter().zip(&mut streams) {
            match (plan.chunks.get(round), &mut *slot) {
                // A server that has decided may have closed.
                (Some(chunk), Some(stream)) => drop(stream.write_all(chunk)),
                (None, Some(stream)) if round == plan.chunks.len() => match plan.end {
                    End::Close => *slot = None,
                    End::Finish => drop(stream.shutdown(Shutdown::Write)),
                    End::Read | End::Reset | End::Stall => {}
                },
                _ => {}
            }
        }
    }
    plans.iter().zip(streams).map(|(plan, stream)| finish(plan, stream?)).collect()
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn finish(plan: &Plan, mut stream: UnixStream) -> Option<Vec<u8>> {
    if plan.end == End::Reset {
        recv(&stream, &mut [0], RecvFlags::PEEK).unwrap();
        let _ = stream.write_all(b"more");
        return None;
    }
    let mut answer = Vec::new();
    // Behind the reply there may be ECONNRESET in place of the end, where the server has not drained everything.
    let _ = stream.read_to_end(&mut answer);
    Some(answer)
}
