//! `hanotify serve --output FILE`: which files it takes, and how SIGHUP opens a new one.
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use hanotify_testing::running::{ACCEPTED, message};
use rustix::process::Signal;

use super::serving::Serving;

const SOON: Duration = Duration::from_secs(5);

/// A server that appends to `events` in its folder.
fn serve(args: &[&str]) -> (Serving, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events");
    let mut command = Serving::command(folder.path(), &[&["--output", events.to_str().unwrap()], args].concat());
    // As a shell does that has closed it: there is another output.
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    (Serving { child, folder }.listening(), events)
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// How many notifications a file has; all its lines are JSON.
fn notified(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect(line));
    events.filter(|event| event["event"] == "notified").count()
}

#[test]
fn sighup_begins_a_new_file_and_loses_no_event() {
    for args in [&[][..], &["--sandbox"]] {
        let (serving, events) = serve(args);
        let mode = fs::metadata(&events).unwrap().permissions().mode();
        assert_eq!(mode & 0o777 & !0o640, 0, "{mode:o}");
        let (done, rotations) = (AtomicBool::new(false), 20);
        let sent = scope(|scope| {
            let sender = scope.spawn(|| {
                let mut sent = 0;
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(serving.ask(&message("backup")), ACCEPTED);
                    sent += 1;
                }
                sent
            });
            // Also where an assertion fails, or the sender would go on for ever.
            let end = SetAtEnd(&done);
            for number in 0..rotations {
                sleep(Duration::from_millis(10));
                fs::rename(&events, serving.folder.path().join(format!("events.{number}"))).unwrap();
                serving.signal(Signal::HUP);
                wait_until("no new file", || events.exists());
            }
            drop(end);
            sender.join().unwrap()
        });
        // Without an event, too, the old file is let go of.
        let old = serving.folder.path().join("last");
        fs::rename(&events, &old).unwrap();
        serving.signal(Signal::HUP);
        wait_until("no new file", || events.exists());
        wait_until("the old file is open", || !is_open(&serving, &old));
        let files = (0..rotations).map(|number| format!("events.{number}")).chain(["last".into(), "events".into()]);
        let counts: Vec<_> = files.map(|name| notified(&serving.folder.path().join(name))).collect();
        assert_eq!(counts.iter().sum::<usize>(), sent, "{counts:?}");
        serving.stop();
    }
}

struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn is_open(serving: &Serving, path: &Path) -> bool {
    let open = fs::read_dir(format!("/proc/{}/fd", serving.child.id())).unwrap();
    open.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok()).any(|target| target == path)
}

#[test]
fn what_can_not_be_opened_again_goes_on_to_the_old_file() {
    for args in [&["--metrics", "0"][..], &["--metrics", "0", "--sandbox"]] {
        let (mut serving, events) = serve(args);
        let old = serving.folder.path().join("old");
        fs::rename(&events, &old).unwrap();
        fs::create_dir(&events).unwrap();
        serving.signal(Signal::HUP);
        sleep(Duration::from_millis(200));
        assert_eq!(serving.ask(&message("backup")), ACCEPTED);
        assert_eq!(notified(&old), 1);
        serving.signal(Signal::USR1);
        sleep(Duration::from_millis(100));
        fs::remove_dir(&events).unwrap();
        serving.signal(Signal::HUP);
        wait_until("no new file", || events.exists());
        assert_eq!(serving.ask(&message("backup")), ACCEPTED);
        assert_eq!((notified(&old), notified(&events)), (1, 1));
        let mut stderr = serving.child.stderr.take().unwrap();
        serving.stop();
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        assert!(text.contains("ERROR") && text.contains("can't open the output file again"), "{text}");
        assert!(text.contains(r#"hanotify_output_reopens_total{outcome="failed"} 1"#), "{text}");
    }
}

#[test]
fn what_was_cut_off_before_the_start_has_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events");
    fs::write(&events, "{\"cut").unwrap();
    let mut command = Serving::command(folder.path(), &["--output", events.to_str().unwrap()]);
    let serving = Serving { child: command.spawn().unwrap(), folder }.listening();
    assert_eq!(serving.ask(&message("backup")), ACCEPTED);
    let text = fs::read_to_string(&events).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0] == "{\"cut" && lines[1].starts_with("{\"event\":\"listening\"") && lines.len() == 3, "{text}");
    serving.stop();
}

/// Tries to serve with this output: what it says when it ends with 2.
fn refused(folder: &Path, output: &Path) -> String {
    let mut command = Serving::command(folder, &["--output"]);
    let output = command.arg(output).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn only_a_file_of_its_own_or_a_pipe_or_a_device_is_an_output() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "").unwrap();
    symlink(at("file"), at("link")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    drop(std::os::unix::net::UnixListener::bind(at("listener")).unwrap());
    for (name, what) in [
        ("link", "is a symbolic link"),
        ("folder", "Is a directory"),
        ("fifo", "nobody reads"),
        ("listener", "is not a file"),
        ("socket", "is the place of the server's socket"),
        ("folder/../socket.lock", "is the place of the server's socket"),
        ("missing/file", "No such file or directory"),
        ("", "-"),
    ] {
        let said = refused(folder.path(), &if name.is_empty() { "-".into() } else { at(name) });
        assert!(said.contains(what), "{name}: {said}");
    }
    assert_eq!(fs::metadata(at("file")).unwrap().len(), 0);
    assert!(!at("socket").exists() && !at("socket.lock").exists());
    // Its reader is a terminal that this process hasn't.
    let mut command = Command::new("setsid");
    command.arg(crate::HANOTIFY).args(["serve", "--output", "/dev/tty", "--socket"]).arg(at("socket"));
    let said = String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stderr).unwrap();
    assert!(said.contains("is a device that isn't there"), "{said}");
    let reader = fs::File::options().read(true).write(true).open(at("fifo")).unwrap();
    for output in [at("fifo"), "/dev/null".into()] {
        let served = tempfile::tempdir().unwrap();
        let mut command = Serving::command(served.path(), &["--output", output.to_str().unwrap()]);
        let serving = Serving { child: command.spawn().unwrap(), folder: served }.listening();
        assert_eq!(serving.ask(&message("backup")), ACCEPTED, "{output:?}");
        serving.signal(Signal::HUP);
        sleep(Duration::from_millis(50));
        assert_eq!(serving.ask(&message("backup")), ACCEPTED, "{output:?}");
        serving.stop();
    }
    drop(reader);
}

#[test]
fn an_output_needs_no_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let shell = r#"exec "$0" serve --output "$1/events" --socket "$1/socket" >&-"#;
    let mut command = Command::new("sh");
    let child = command.arg("-c").arg(shell).arg(crate::HANOTIFY).arg(folder.path()).spawn().unwrap();
    let serving = Serving { child, folder }.listening();
    assert_eq!(serving.ask(&message("backup")), ACCEPTED);
    // JSON, as at every output that is no terminal.
    assert_eq!(notified(&serving.folder.path().join("events")), 1);
    serving.stop();
}
