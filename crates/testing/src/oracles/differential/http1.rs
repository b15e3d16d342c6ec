//! hyper's HTTP/1 server on a connection in memory: no socket, no runtime, no clock.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};

/// A request that hyper has handed to its service, and its whole body.
pub(crate) struct Seen {
    pub(crate) request: hyper::http::request::Parts,
    pub(crate) body: Bytes,
}

/// The first request that hyper finds in `input`, if it finds one.
pub(crate) fn serve(input: &[u8]) -> Option<Seen> {
    let seen = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let (request, body) = request.into_parts();
            if let Ok(body) = body.collect().await {
                seen.lock().expect("one thread").get_or_insert(Seen { request, body: body.to_bytes() });
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let memory = Memory { input: input.to_vec(), at: 0 };
    let mut connection = pin!(Builder::new().keep_alive(false).serve_connection(memory, service));
    // Nothing here waits for anything but itself, so a few turns bring it to its end, or to where it needs more bytes.
    for _ in 0..64 {
        if connection.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            break;
        }
    }
    seen.lock().expect("one thread").take()
}

/// A connection whose peer has sent `input` and no end, and doesn't listen.
struct Memory {
    input: Vec<u8>,
    at: usize,
}

impl Read for Memory {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut space: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let rest = &self.input[self.at..];
        if rest.is_empty() {
            return Poll::Pending;
        }
        let len = rest.len().min(space.remaining());
        space.put_slice(&rest[..len]);
        self.at += len;
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
