//! The servers, each in a process of its own: `server serve ROLE SOCKET`. One thread each, and the same reply.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use hanotify::server::{Config, Server};
use hanotify::sink::Event;
use hanotify::{Limits, Status, decode, reply, validate_header_map};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, recv,
    send, socket_with,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Room for all that connect before the server turns to them.
const BACKLOG: i32 = 4_096;

/// Serves until it is killed.
pub(crate) fn serve(role: &str, socket: &str) {
    match role {
        "floor" => floor(socket, |_| ()),
        "floor+peer" => floor(socket, |stream| assert!(black_box(getsockopt(stream, PeerCredentials)).is_ok())),
        "hanotify" => hanotify(socket),
        "tokio" => on_tokio(socket, on_tokio_alone),
        "hyper" => on_tokio(socket, on_hyper),
        _ => panic!("no such role: {role}"),
    }
}

fn listener(socket: &str) -> OwnedFd {
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&fd, &SocketAddrUnix::new(socket).unwrap()).unwrap();
    listen(&fd, BACKLOG).unwrap();
    fd
}

fn announce() {
    println!("listening");
    io::stdout().flush().unwrap();
}

/// Accepts, reads, writes and closes, and nothing else: no parsing, no check of the peer, no deadline, no second read.
fn floor(socket: &str, look: fn(&OwnedFd)) {
    let listener = listener(socket);
    announce();
    let mut buffer = [0; 4_096];
    loop {
        let stream = accept_with(&listener, SocketFlags::CLOEXEC).unwrap();
        look(&stream);
        if recv(&stream, &mut buffer, RecvFlags::empty()).is_ok() {
            // A client that is gone is not this server's business.
            let _ = send(&stream, reply::ACCEPTED, SendFlags::NOSIGNAL);
        }
    }
}

/// All that an agent gets: peers checked, deadlines, limits, an event for each notification.
fn hanotify(socket: &str) {
    let server = Server::bind(Config::new(socket)).unwrap();
    announce();
    server
        .run(|event: Event<'_>| {
            black_box(event.notification);
            Ok(())
        })
        .unwrap();
}

fn on_tokio<F: Future<Output = ()>>(socket: &str, serve: fn(tokio::net::UnixListener) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = UnixListener::from(listener(socket));
    listener.set_nonblocking(true).unwrap();
    runtime.block_on(async {
        let listener = tokio::net::UnixListener::from_std(listener).unwrap();
        announce();
        serve(listener).await;
    });
}

/// One task a connection, and this crate's parser.
async fn on_tokio_alone(listener: tokio::net::UnixListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut received = Vec::with_capacity(1_024);
            while matches!(stream.read_buf(&mut received).await, Ok(1..)) {
                let answer = match decode(&received, &Limits::DEFAULT) {
                    Ok(Status::Incomplete) => continue,
                    Ok(Status::Complete { .. }) => reply::ACCEPTED,
                    Err(refused) => reply::refused(refused.kind),
                };
                let _ = stream.write_all(answer).await;
                break;
            }
        });
    }
}

/// One task a connection, hyper's parser, and this crate's validator.
async fn on_hyper(listener: tokio::net::UnixListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    if validate_header_map(request.headers(), &Limits::DEFAULT).is_err() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

/// A connection to the server at `socket`.
pub(crate) fn connect(socket: &std::path::Path) -> UnixStream {
    UnixStream::connect(socket).unwrap()
}
