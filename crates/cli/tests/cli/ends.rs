//! Standard output that is an end which a program seldom gets.
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use hanotify_testing::running::{ACCEPTED, message, reply};
use rustix::fs::{OFlags, fcntl_setfl};

use super::serving::{AT_ONCE, Serving, terminal, through};
use super::stuck::pipe_with_room_for;

/// To open it again makes another terminal.
#[test]
fn the_end_of_a_terminal_that_shows_what_is_written_gets_the_events() {
    let (master, slave) = terminal();
    let serving = Serving::start(&[], |command| _ = command.stdout(OwnedFd::from(master)));
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    fcntl_setfl(&slave, OFlags::NONBLOCK).unwrap();
    let mut first = [0; 20];
    std::fs::File::from(slave).read_exact(&mut first).unwrap();
    assert_eq!(first, *br#"{"event":"listening""#);
    serving.stop();
}

#[test]
fn it_stops_with_2_when_the_reader_of_its_datagrams_is_gone() {
    let (reader, writer) = UnixDatagram::pair().unwrap();
    let mut serving = Serving::start(&[], |command| _ = command.stdout(OwnedFd::from(writer)));
    assert_eq!(serving.ask(&message("backup")), ACCEPTED);
    drop(reader);
    assert_eq!(serving.ask(&message("backup")), reply("500 Internal Server Error"));
    assert_eq!(serving.end_within(AT_ONCE).code(), Some(2));
}

#[test]
fn a_fifo_that_it_could_read_itself_is_warned_about() {
    for (shell, warnings) in [(r#"exec "$0" "$@" 1<>pipe"#, 1), (r#"exec "$0" "$@" 1>/dev/null"#, 0)] {
        let mut serving = through(&format!("mkfifo pipe; {shell}"), &[]).listening();
        let stderr = serving.child.stderr.take().unwrap();
        serving.stop();
        let said = std::io::read_to_string(stderr).unwrap();
        assert_eq!(said.matches("when its reader goes, nobody notices").count(), warnings, "{said}");
    }
}

/// Whoever has the pipe or the terminal too may have made it so.
#[test]
fn nothing_is_lost_where_standard_output_does_not_wait() {
    for args in [&["audit", "--list"][..], &["audit", "--help"], &["generate", "completions", "bash"]] {
        let whole = Command::new(crate::HANOTIFY).args(args).output().unwrap().stdout;
        let (mut reader, writer) = pipe_with_room_for(1);
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        let mut child = Command::new(crate::HANOTIFY).args(args).stdout(writer).spawn().unwrap();
        sleep(Duration::from_millis(100));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{args:?}");
        assert!(read.ends_with(&whole) && whole.len() > 4_096, "{args:?}: {} of {}", read.len(), whole.len());
    }
}
