//! Lines that are cut off: what comes after one begins a line of its own, whoever has written the first.
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use hanotify_testing::running::{ACCEPTED, message, reply};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use super::serving::{Serving, through};

/// A server whose log and events go to one file, and whose last line is cut off by a limit.
fn cut_off_by_a_limit() -> Serving {
    // Half a kilobyte each. A line ends just there now and then.
    (8..20)
        .find_map(|blocks| {
            let shell = format!(r#"ulimit -S -f {blocks}; exec "$0" "$@" >>log 2>&1"#);
            let serving = through(&shell, &["--log-lines", "1000000", "--refusal-events", "0"]).listening();
            for _ in 0..60 {
                assert_eq!(serving.ask(b"BREW / HTTP/1.1\r\n\r\n"), reply("405 Method Not Allowed"));
            }
            (!log(&serving).ends_with('\n')).then_some(serving)
        })
        .unwrap()
}

fn log(serving: &Serving) -> String {
    fs::read_to_string(serving.folder.path().join("log")).unwrap()
}

/// How many notifications have a whole line.
fn notified(text: &str) -> usize {
    let events = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    events.filter(|event| event["event"] == "notified").count()
}

#[test]
fn an_event_after_a_log_line_that_was_cut_off_has_a_line_of_its_own() {
    let serving = cut_off_by_a_limit();
    let unlimited = Rlimit { current: None, maximum: None };
    prlimit(Some(Pid::from_child(&serving.child)), Resource::Fsize, unlimited).unwrap();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    assert_eq!(notified(&log(&serving)), 1, "{}", log(&serving));
    serving.stop();
}

#[test]
fn what_was_cut_off_before_standard_output_was_opened_has_a_line_of_its_own() {
    let serving = through(r#"printf cut >log; exec "$0" "$@" >>log 2>&1"#, &[]).listening();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    assert!(log(&serving).starts_with("cut\n"), "{}", log(&serving));
    serving.stop();
}

/// From the sandbox, the file can't be read.
#[test]
fn what_was_cut_off_in_a_file_that_sighup_opens_has_a_line_of_its_own() {
    for args in [&["--output", "log"][..], &["--output", "log", "--sandbox"]] {
        let serving = through(r#"exec "$0" "$@""#, args).listening();
        // The same file again: of that, it knows how it ends.
        serving.signal(Signal::HUP);
        sleep(Duration::from_millis(200));
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
        assert!(notified(&log(&serving)) == 1 && !log(&serving).contains("\n\n"), "{}", log(&serving));
        let folder = serving.folder.path();
        fs::write(folder.join("new"), "{\"cut").unwrap();
        fs::rename(folder.join("new"), folder.join("log")).unwrap();
        serving.signal(Signal::HUP);
        sleep(Duration::from_millis(200));
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
        assert!(log(&serving).starts_with("{\"cut\n{\"event\":\"notified\""), "{}", log(&serving));
        serving.stop();
    }
}
