//! `hanotify serve` whose socket's file is removed: what it says, counts and does, also in its sandbox.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::running::{ACCEPTED, connect, message, read_all};
use rustix::process::{Pid, Signal, kill_process};

const SOON: Duration = Duration::from_secs(20);

struct Serving {
    child: Child,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Serving {
    /// A server that listens, started by a shell after this line.
    fn start(line: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!(r#"{line}; exec "$0" "$@""#)).arg(crate::HANOTIFY);
        // A relative path has to be found again, also in the sandbox.
        command.args(["serve", "--format", "json", "--socket", "socket"]).args(args).current_dir(folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().contains("listening"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, socket, _folder: folder }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How often its first thread, which serves, has gone to sleep.
    fn sleeps(&self) -> u64 {
        let id = self.child.id();
        let status = fs::read_to_string(format!("/proc/{id}/task/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        line.trim().parse().unwrap()
    }

    /// Prints the counters and ends: standard error.
    fn end(&mut self) -> String {
        kill_process(self.pid(), Signal::USR1).unwrap();
        sleep(Duration::from_millis(200));
        kill_process(self.pid(), Signal::TERM).unwrap();
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(self.child.wait().unwrap().success(), "{stderr}");
        stderr
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether somebody listens before the time is over.
fn is_served(socket: &Path, within: Duration) -> bool {
    let start = Instant::now();
    while UnixStream::connect(socket).is_err() {
        if start.elapsed() > within {
            return false;
        }
        sleep(Duration::from_millis(10));
    }
    let mut client = connect(socket);
    client.write_all(&message("primary")).unwrap();
    read_all(&mut client) == ACCEPTED
}

#[test]
fn a_lost_socket_is_logged_counted_and_made_again() {
    let mut serving = Serving::start(":", &[]);
    for _ in 0..2 {
        fs::remove_file(&serving.socket).unwrap();
        assert!(is_served(&serving.socket, SOON));
    }
    let stderr = serving.end();
    for (line, count) in [("ERROR", 2), ("the socket's file is gone", 2), ("is there again, and so", 2)] {
        assert_eq!(stderr.lines().filter(|found| found.contains(line)).count(), count, "{line}: {stderr}");
    }
    for line in ["hanotify_socket_lost_total 2", "hanotify_socket_regained_total 2"] {
        assert!(stderr.contains(line), "{stderr}");
    }
}

#[test]
fn what_keeps_a_server_from_its_socket_is_said_once() {
    let mut serving = Serving::start(":", &[]);
    fs::remove_file(&serving.socket).unwrap();
    fs::write(&serving.socket, "").unwrap();
    sleep(Duration::from_millis(3_500));
    let stderr = serving.end();
    let said = stderr.lines().filter(|line| line.contains("another file is in the place of the socket's")).count();
    assert_eq!(said, 1, "{stderr}");
    assert!(stderr.contains("hanotify_socket_lost_total 1") && !stderr.contains("regained"), "{stderr}");
}

#[test]
fn a_sandboxed_server_makes_its_socket_again_where_no_path_has_to_get_another_mode() {
    for (umask, args, lock, is_made_again) in [
        ("umask 022", &[][..], true, true),
        ("umask 007", &["--socket-mode", "660"], true, true),
        ("umask 022", &["--socket-mode", "660"], true, false),
        // To open a new one would take the right to open files.
        ("umask 022", &[], false, false),
    ] {
        let mut serving = Serving::start(umask, &[&["--sandbox"], args].concat());
        if !lock {
            fs::remove_file(serving.socket.with_extension("lock")).unwrap();
        }
        fs::remove_file(&serving.socket).unwrap();
        let within = if is_made_again { SOON } else { Duration::from_millis(3_500) };
        assert_eq!(is_served(&serving.socket, within), is_made_again, "{umask} {args:?} {lock}");
        let (stderr, socket) = (serving.end(), serving.socket.clone());
        assert!(!socket.exists(), "{stderr}");
        let said = stderr.lines().filter(|line| line.contains("start the server again")).count();
        assert_eq!(said, usize::from(!is_made_again), "{stderr}");
    }
}

/// Files that were moved away and back again, as with their directory, leave it no worse off than before.
#[test]
fn a_sandboxed_server_that_had_no_lock_file_for_a_while_makes_its_socket_again() {
    let mut serving = Serving::start(":", &["--sandbox"]);
    let files = [serving.socket.clone(), serving.socket.with_extension("lock")];
    let aside = files.each_ref().map(|file| PathBuf::from(format!("{}.aside", file.display())));
    std::iter::zip(&files, &aside).for_each(|(file, aside)| fs::rename(file, aside).unwrap());
    sleep(Duration::from_millis(1_500));
    std::iter::zip(&files, &aside).for_each(|(file, aside)| fs::rename(aside, file).unwrap());
    sleep(Duration::from_millis(1_500));
    fs::remove_file(&serving.socket).unwrap();
    assert!(is_served(&serving.socket, SOON), "{}", serving.end());
}

/// What an idle server costs is counted: it looks once a second, and does nothing else.
#[test]
fn an_idle_server_wakes_up_once_a_second() {
    let serving = Serving::start(":", &[]);
    sleep(Duration::from_millis(500));
    let (before, start) = (serving.sleeps(), Instant::now());
    sleep(Duration::from_secs(4));
    let sleeps = serving.sleeps() - before;
    let most = start.elapsed().as_secs() + 2;
    println!("{sleeps} sleeps in {:.1} s", start.elapsed().as_secs_f64());
    assert!((1..=most).contains(&sleeps), "{sleeps} sleeps, of {most} at the most");
}
