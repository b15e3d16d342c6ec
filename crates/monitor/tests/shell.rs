//! The shell among real files, sockets and processes. The kernel is that of this namespace, which needs no rights; what
//! changes in a namespace is shown by `tests/monitor/run`.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use hanotify::{HaState, Limits, Notification, RouterId, Status, decode};
use hanotify_monitor::{Event, Interface, Monitor, Spec};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
/// As Neutron 29's agent replies.
const MALFORMED_OK: &[u8] = b"HTTP/1.1 200 OK\nContent-Type: text/plain; charset=UTF-8\nConnection: close\nContent";
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\r\n";

/// A monitor, an agent's socket that may not be there yet, and what happened.
struct Host<O: FnMut(RouterId, Event<'_>)> {
    folder: tempfile::TempDir,
    monitor: Monitor<O>,
    events: Rc<RefCell<Vec<String>>>,
}

fn host() -> Host<impl FnMut(RouterId, Event<'_>)> {
    let folder = tempfile::tempdir().unwrap();
    let events = Rc::<RefCell<Vec<String>>>::default();
    let log = Rc::clone(&events);
    let monitor =
        Monitor::new(folder.path().join("agent"), move |_, event| log.borrow_mut().push(format!("{event:?}")));
    Host { monitor: monitor.unwrap(), events, folder }
}

fn id(number: u8) -> RouterId {
    RouterId::from_bytes([number; 16]).unwrap()
}

impl<O: FnMut(RouterId, Event<'_>)> Host<O> {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn listen(&self) -> UnixListener {
        let listener = UnixListener::bind(self.path("agent")).unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    }

    /// A router that is primary, as 127.0.0.1/8 is on `lo`.
    fn spec(&self, number: u8) -> Spec {
        let folder = self.path(&format!("router{number}"));
        fs::create_dir(&folder).unwrap();
        let (interface, vip) = (Interface::parse(b"lo").unwrap(), "127.0.0.1/8".parse().unwrap());
        Spec::new(id(number), "/proc/self/ns/net", interface, vip, folder)
    }

    /// Lets the monitor work until this is so.
    fn turn_until<T>(&mut self, mut find: impl FnMut(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            assert!(Instant::now() < end, "waited in vain: {:?}", self.events.borrow());
            self.monitor.turn(Some(Instant::now() + Duration::from_millis(5))).unwrap();
        }
    }

    fn accept(&mut self, agent: &UnixListener) -> Told {
        let stream = self.turn_until(|_| agent.accept().ok().map(|(stream, _)| stream));
        stream.set_nonblocking(true).unwrap();
        let mut told = Told { stream, message: Vec::new() };
        self.turn_until(|_| told.read());
        told
    }

    fn has(&self, event: &str) -> bool {
        self.events.borrow().iter().any(|found| found.starts_with(event))
    }

    fn wait_for(&mut self, event: &str) {
        self.turn_until(|host| host.has(event).then_some(()));
    }
}

/// A request that the agent has not answered yet.
struct Told {
    stream: UnixStream,
    message: Vec<u8>,
}

impl Told {
    fn read(&mut self) -> Option<()> {
        let mut piece = [0; 512];
        if let Ok(len) = self.stream.read(&mut piece) {
            self.message.extend(&piece[..len]);
        }
        matches!(decode(&self.message, &Limits::DEFAULT).unwrap(), Status::Complete { .. }).then_some(())
    }

    fn notification(&self) -> Notification {
        let Status::Complete { notification, .. } = decode(&self.message, &Limits::DEFAULT).unwrap() else {
            panic!("{}", self.message.escape_ascii())
        };
        notification
    }

    fn reply(mut self, reply: &[u8]) {
        self.stream.write_all(reply).unwrap();
    }
}

fn state_in(folder: &Path) -> String {
    fs::read_to_string(folder.join("state")).unwrap_or_default()
}

#[test]
fn the_first_state_is_written_and_told_without_any_change() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    let folder = spec.folder().to_owned();
    host.monitor.add(spec);
    let told = host.accept(&agent);
    assert_eq!((told.notification().router_id, told.notification().state), (id(1), HaState::Primary));
    assert_eq!(state_in(&folder), "primary", "the file comes first");
    told.reply(OK);
    host.wait_for("Notified(Primary)");
    let states: Vec<_> = host.monitor.routers().map(|(_, spec, state)| (spec.id(), state)).collect();
    assert_eq!(states, [(id(1), Some(HaState::Primary))]);
}

#[test]
fn a_namespace_that_is_not_there_makes_a_backup() {
    let mut host = host();
    let agent = host.listen();
    let folder = host.path("router");
    fs::create_dir(&folder).unwrap();
    let (interface, vip) = (Interface::parse(b"lo").unwrap(), "127.0.0.1/8".parse().unwrap());
    let spec = Spec::new(id(1), host.path("no-namespace"), interface, vip, &folder);
    host.monitor.add(spec);
    let told = host.accept(&agent);
    assert_eq!((told.notification().state, state_in(&folder)), (HaState::Backup, "backup".into()));
}

#[test]
fn what_is_not_a_200_is_told_again_and_the_malformed_200_of_neutron_29_counts() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    host.monitor.add(spec);
    for reply in [&b""[..], BUSY, b"HTTP/1.1 500 Internal Server Error\n", b"nonsense", b"HTTP/1.1 2"] {
        host.accept(&agent).reply(reply);
    }
    host.accept(&agent).reply(MALFORMED_OK);
    host.wait_for("Notified(Primary)");
    assert_eq!(host.events.borrow().iter().filter(|event| event.starts_with("NotifyFailed")).count(), 1, "told once");
    host.monitor.turn(Some(Instant::now() + Duration::from_millis(50))).unwrap();
    assert!(agent.accept().is_err(), "it was told again");
}

#[test]
fn an_agent_that_is_away_is_told_within_a_second_of_its_return() {
    let mut host = host();
    let spec = host.spec(1);
    host.monitor.add(spec);
    host.wait_for("NotifyFailed");
    // By now the pauses have their full length.
    let away = Instant::now() + Duration::from_millis(2_500);
    host.turn_until(|_| (Instant::now() >= away).then_some(()));
    let (agent, back) = (host.listen(), Instant::now());
    host.accept(&agent).reply(OK);
    assert!(back.elapsed() < Duration::from_millis(1_500), "{:?}", back.elapsed());
    host.wait_for("Notified(Primary)");
}

#[test]
fn an_agent_that_never_replies_is_given_up_after_two_seconds() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    host.monitor.add(spec);
    let (silent, since) = (host.accept(&agent), Instant::now());
    host.accept(&agent).reply(OK);
    assert!(since.elapsed() > Duration::from_millis(1_900), "two requests at once");
    host.wait_for("NotifyFailed(Silent)");
    host.wait_for("Notified(Primary)");
    drop(silent);
}

#[test]
fn a_reply_in_pieces_is_read_to_its_end() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    host.monitor.add(spec);
    let mut told = host.accept(&agent);
    told.stream.write_all(b"HTTP/1.1 200 ").unwrap();
    host.wait_for("Notified(Primary)");
    for _ in 0..50 {
        host.monitor.turn(Some(Instant::now())).unwrap();
        told.stream.write_all(b"OK\r\nServer: WSGI\r\n").unwrap();
    }
}

#[test]
fn all_routers_are_told_while_the_backlog_is_short() {
    const ROUTERS: u8 = 100;
    let mut host = host();
    let agent = host.listen();
    rustix::net::listen(&agent, 5).unwrap();
    let begin = Instant::now();
    for number in 1..=ROUTERS {
        let spec = host.spec(number);
        host.monitor.add(spec);
    }
    let mut told: Vec<_> = (0..ROUTERS)
        .map(|_| {
            let told = host.accept(&agent);
            let router_id = told.notification().router_id;
            told.reply(OK);
            router_id
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, (1..=ROUTERS).map(id).collect::<Vec<_>>());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(!host.has("NotifyFailed"), "a full backlog is no failure");
}

#[test]
fn a_folder_that_is_gone_keeps_nobody_from_telling_and_is_filled_when_it_is_back() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    let folder = spec.folder().to_owned();
    fs::remove_dir(&folder).unwrap();
    host.monitor.add(spec);
    host.accept(&agent).reply(OK);
    host.wait_for("WriteFailed");
    fs::create_dir(&folder).unwrap();
    host.wait_for("Wrote(Primary)");
    assert_eq!(state_in(&folder), "primary");
}

#[test]
fn a_file_that_is_lost_is_written_again_where_that_is_asked_for_and_the_agent_is_not_told_again() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1);
    let folder = spec.folder().to_owned();
    let key = host.monitor.add(spec);
    host.monitor.rewrite(key);
    host.accept(&agent).reply(OK);
    host.wait_for("Notified");
    fs::remove_dir_all(&folder).unwrap();
    host.monitor.rewrite(key);
    assert!(host.has("WriteFailed"));
    fs::create_dir(&folder).unwrap();
    host.turn_until(|_| (state_in(&folder) == "primary").then_some(()));
    fs::remove_file(folder.join("state")).unwrap();
    host.monitor.rewrite(key);
    assert_eq!(state_in(&folder), "primary");
    host.monitor.rewrite(key + 1);
    assert!(agent.accept().is_err());
}

#[test]
fn a_router_that_is_removed_is_told_of_no_more() {
    let mut host = host();
    let spec = host.spec(1);
    let key = host.monitor.add(spec);
    host.wait_for("NotifyFailed");
    host.monitor.remove(key);
    let agent = host.listen();
    let end = Instant::now() + Duration::from_millis(1_200);
    host.turn_until(|_| (Instant::now() >= end).then_some(()));
    assert!(agent.accept().is_err());
    assert_eq!(host.monitor.routers().count(), 0);
}

#[test]
fn another_descriptor_wakes_it_up() {
    let mut host = host();
    let (mut writer, reader) = UnixStream::pair().unwrap();
    host.monitor.watch(std::os::fd::AsFd::as_fd(&reader), 3).unwrap();
    assert!(host.monitor.watch(std::os::fd::AsFd::as_fd(&reader), 64).is_err());
    writer.write_all(b"x").unwrap();
    assert_eq!(host.monitor.turn(Some(Instant::now() + Duration::from_secs(20))).unwrap(), [3]);
}

#[test]
fn a_conntrackd_that_can_not_be_started_delays_nobody() {
    let mut host = host();
    let agent = host.listen();
    let spec = host.spec(1).with_conntrackd(true);
    host.monitor.add(spec);
    host.accept(&agent).reply(OK);
    host.wait_for("Notified(Primary)");
    for option in ["-c", "-f", "-R", "-B"] {
        assert!(host.has(&format!("Conntrackd({option:?})")), "{:?}", host.events.borrow());
    }
}
