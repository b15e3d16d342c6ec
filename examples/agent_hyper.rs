//! An agent that has hyper already: hyper parses the message, and hanotify's validator is as strict with the fields as
//! with bytes.
//!
//!     cargo run --features http --example agent_hyper -- /tmp/agent.socket
//!
//! The socket's file stays behind: remove it before the next run. `hanotify::server` does that by itself.

use std::convert::Infallible;
use std::error::Error;
use std::io;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;

use hanotify::{ErrorKind, Limits, Notification, validate_header_map};

fn main() -> Result<(), Box<dyn Error>> {
    let socket = std::env::args_os().nth(1).ok_or("usage: agent_hyper SOCKET")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async { serve(UnixListener::bind(socket)?).await })?)
}

async fn serve(listener: UnixListener) -> io::Result<()> {
    println!("listening");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let connection =
                http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = connection.await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    response.headers_mut().insert(CONNECTION, hyper::header::HeaderValue::from_static("close"));
    match read(&request) {
        Ok(Notification { router_id, state }) => println!("{router_id} is {state}"),
        Err(kind) => {
            println!("refused: {kind}");
            *response.status_mut() = hyper::StatusCode::from_u16(kind.status()).unwrap_or_default();
            if kind == ErrorKind::Method {
                response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, POST"));
            }
        }
    }
    Ok(response)
}

/// The request line is the agent's to check, the fields are the validator's.
fn read(request: &Request<Incoming>) -> Result<Notification, ErrorKind> {
    match (request.method(), request.uri().to_string().as_str(), request.version()) {
        (&Method::GET | &Method::POST, "/", Version::HTTP_11) => {
            validate_header_map(request.headers(), &Limits::DEFAULT)
        }
        (&Method::GET | &Method::POST, "/", _) => Err(ErrorKind::Version),
        (&Method::GET | &Method::POST, ..) => Err(ErrorKind::Target),
        _ => Err(ErrorKind::Method),
    }
}
