//! An example: the audit as a test of one's own server, here one on hyper.
//!
//! What fails is in a list, `hyper.known`, with the reason of each; the test fails where something new does. After a
//! change, `HANOTIFY_WRITE=1 cargo test -p hanotify-audit --test hyper` writes the list anew.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::convert::Infallible;
use std::fs;
use std::io::{PipeWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use hanotify_audit::{Audit, EventSource, KnownFailures, Observer, Stop};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;

/// The server under test: it reads what hyper has parsed, and tells its agent in lines of JSON.
fn serve(socket: &Path, agent: PipeWriter) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    listener.set_nonblocking(true).unwrap();
    let agent = Arc::new(Mutex::new(agent));
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = UnixListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let agent = Arc::clone(&agent);
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let status = notified(&request, &agent);
                        let mut response = Response::new(Empty::<Bytes>::new());
                        *response.status_mut() = status;
                        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                        std::future::ready(Ok::<_, Infallible>(response))
                    });
                    // A peer that breaks off is no fault of this server.
                    let _ = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
    });
}

fn notified(request: &Request<Incoming>, agent: &Mutex<PipeWriter>) -> StatusCode {
    let value = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let (Some(id), Some(state)) = (value("x-neutron-router-id"), value("x-neutron-state")) else {
        return StatusCode::BAD_REQUEST;
    };
    if id.parse::<hanotify::RouterId>().is_err() || !["primary", "backup", "fault"].contains(&state) {
        return StatusCode::BAD_REQUEST;
    }
    let line = format!("{{\"router_id\":\"{id}\",\"state\":\"{state}\"}}\n");
    agent.lock().unwrap().write_all(line.as_bytes()).unwrap();
    StatusCode::OK
}

/// An audit of a server that was just started; its probes take longer than its cases, and are left out here.
fn audit(folder: &tempfile::TempDir) -> Audit {
    let socket = folder.path().join("socket");
    let (events, agent) = std::io::pipe().unwrap();
    serve(&socket, agent);
    Audit::new(socket).with_events(EventSource::Stream(Box::new(events))).without_probes().with_name("hyper")
}

#[test]
fn nothing_fails_but_what_is_known_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut finished = audit(&folder).run(&mut ()).unwrap();
    assert!(finished.ended.is_none(), "{:?}", finished.ended);
    let list = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/hyper.known");
    let known: KnownFailures = fs::read_to_string(&list).unwrap_or_default().parse().unwrap();
    let stale = known.mark(&mut finished.results);
    if std::env::var_os("HANOTIFY_WRITE").is_some() {
        fs::write(&list, KnownFailures::of(&finished.results).to_string()).unwrap();
        return;
    }
    let new: Vec<_> = finished.results.new_failures().map(|entry| format!("{}: {}", entry.id, entry.why)).collect();
    assert!(new.is_empty(), "{}: {new:#?}", finished.results.verdict());
    assert!(stale.passing.is_empty() && stale.unmatched.is_empty(), "{stale:#?}");
}

/// Ends the audit when it has come this far.
struct Impatient {
    steps: usize,
    stop: Arc<AtomicBool>,
}

impl Observer for Impatient {
    fn begin(&mut self, steps: usize) {
        assert!(steps > 800, "{steps}");
    }

    fn step(&mut self) {
        self.steps += 1;
        self.stop.store(self.steps == 50, Ordering::Relaxed);
    }
}

#[test]
fn an_audit_is_ended_by_whoever_watches_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut watching = Impatient { steps: 0, stop: Arc::default() };
    let audit = audit(&folder).with_stop(Arc::clone(&watching.stop));
    let finished = audit.run(&mut watching).unwrap();
    assert!(matches!(finished.ended, Some(Stop::Interrupted)), "{:?}", finished.ended);
    assert_eq!(watching.steps, 50);
    assert!(finished.results.entries.len() > 40 && !finished.results.complete);
}
