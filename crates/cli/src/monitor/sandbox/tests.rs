//! What is left in the sandbox, and what is not.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;

use hanotify::HaState;
use hanotify_monitor::{KernelSocket, StateFile};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::process::{Signal, getpid, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::super::options::read;
use super::*;
use crate::sandbox::Extent;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["confs", "confs/router", "log", "specs", "pids"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The options of a monitor of one router.
    fn args(&self) -> Monitor {
        let id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
        let fixed = ["it", "--router_id", id, "--namespace", "q", "--monitor_interface", "ha-0", "--monitor_cidr"];
        let paths = [("conf_dir", "confs/router"), ("state_path", ""), ("pid_file", "pids/x"), ("log-file", "log/x")];
        let paths = paths.map(|(name, path)| [format!("--{name}").into(), self.path(path).into_os_string()]);
        let words = fixed.iter().chain(&["169.254.0.1/24", "--sandbox"]).map(OsString::from);
        read(words.chain(paths.into_iter().flatten()).collect()).unwrap()
    }
}

fn kind<T>(result: io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// A thread is restricted without the others, so that a test can try everything.
fn restricted(args: &Monitor, work: impl FnOnce(Restricted) + Send) {
    std::thread::scope(|scope| scope.spawn(|| work(restrict(args).unwrap())).join().unwrap());
}

#[test]
fn what_watching_takes_still_works() {
    let place = Place::new();
    let agent = UnixListener::bind(place.path("agent")).unwrap();
    fs::write(place.path("pids/x"), "1").unwrap();
    let changes = inotify::init(CreateFlags::NONBLOCK).unwrap();
    restricted(&place.args(), |_| {
        let watch = inotify::add_watch(&changes, place.path("confs"), WatchFlags::MOVE).unwrap();
        inotify::remove_watch(&changes, watch).unwrap();
        StateFile::new(place.path("confs/router")).write(HaState::Primary).unwrap();
        StateFile::new(place.path("confs/router")).write(HaState::Backup).unwrap();
        KernelSocket::open([127, 0, 0, 1].into()).unwrap();
        UnixStream::connect(place.path("agent")).unwrap();
        OpenOptions::new().append(true).create(true).open(place.path("log/x")).unwrap();
        assert_eq!(fs::read_to_string(place.path("pids/x")).unwrap(), "1");
        fs::remove_file(place.path("pids/x")).unwrap();
    });
    assert_eq!(fs::read_to_string(place.path("confs/router/state")).unwrap(), "backup");
    drop(agent);
}

#[test]
fn a_router_s_folder_may_be_made_anew_by_others() {
    let place = Place::new();
    let (restricted_now, made_anew) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            restricted(&place.args(), |_| {
                restricted_now.wait();
                made_anew.wait();
                StateFile::new(place.path("confs/router")).write(HaState::Primary).unwrap();
                assert_eq!(kind(fs::create_dir(place.path("confs/other"))), Some(ErrorKind::PermissionDenied));
            });
        });
        restricted_now.wait();
        fs::remove_dir(place.path("confs/router")).unwrap();
        fs::create_dir(place.path("confs/router")).unwrap();
        made_anew.wait();
    });
}

#[test]
fn files_elsewhere_are_neither_read_nor_written_nor_removed() {
    let (place, elsewhere) = (Place::new(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("file");
    fs::write(&file, "x").unwrap();
    fs::write(place.path("log/x"), "x").unwrap();
    restricted(&place.args(), |restricted| {
        if restricted.files != Extent::Not {
            let denied = Some(ErrorKind::PermissionDenied);
            assert_eq!(kind(fs::read(&file)), denied);
            assert_eq!(kind(fs::write(&file, "")), denied);
            assert_eq!(kind(fs::remove_file(&file)), denied);
            assert_eq!(kind(fs::write(place.path("pids/y"), "")), denied);
            assert_eq!(kind(fs::read(place.path("log/x"))), denied);
        }
    });
}

#[test]
fn nothing_is_started_and_no_other_network_or_namespace_is_reached() {
    let place = Place::new();
    let own = File::open("/proc/self/ns/mnt").unwrap();
    restricted(&place.args(), |_| {
        let denied = Some(ErrorKind::PermissionDenied);
        assert_eq!(kind(Command::new("/bin/true").status()), denied);
        assert_eq!(kind(TcpStream::connect("127.0.0.1:9")), denied);
        assert_eq!(kind(UdpSocket::bind("127.0.0.1:0")), denied);
        let entered = move_into_link_name_space(own.as_fd(), Some(LinkNameSpaceType::Mount));
        assert_eq!(kind(entered.map_err(io::Error::from)), denied);
        let sent = kill_process(getpid(), Signal::WINCH);
        assert_eq!(kind(sent.map_err(io::Error::from)), denied);
    });
}

#[test]
fn conntrackd_and_the_sandbox_are_not_to_be_had_together() {
    let words = ["it", "--all", "/nowhere", "--state_path", "/", "--sandbox", "--enable_conntrackd"];
    let error = read(words.map(OsString::from).to_vec()).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict);
}
