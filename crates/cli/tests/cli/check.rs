//! `hanotify check`, as a shell sees it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::stuck::pipe_with_room_for;

const GOOD: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
    X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: backup\r\n\r\n";

fn hanotify() -> Command {
    let mut command = Command::new(crate::HANOTIFY);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

/// A folder with files of these names and contents, and the command in it.
fn check_in(files: &[(&str, &[u8])], args: &[&str]) -> (TempDir, Command) {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let mut command = hanotify();
    command.arg("check").args(args).current_dir(&dir);
    (dir, command)
}

fn check(files: &[(&str, &[u8])], args: &[&str]) -> Output {
    let (_dir, mut command) = check_in(files, args);
    command.output().unwrap()
}

/// The command with this on its standard input.
fn fed(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may stop reading before the end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn exit(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Each of its complaints would wait.
#[test]
fn a_reader_of_standard_error_who_does_not_read_is_waited_for_once() {
    let (_reader, writer) = pipe_with_room_for(0);
    let mut command = Command::new(crate::HANOTIFY);
    command.arg("check").args(["/none"; 20]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
    let start = Instant::now();
    assert_eq!(command.status().unwrap().code(), Some(2));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn the_captures_are_accepted() {
    let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/captures");
    let mut files: Vec<_> = fs::read_dir(captures).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "http"));
    assert!(files.len() >= 5);
    let output = hanotify().args(["check", "--legacy"]).args(&files).output().unwrap();
    assert_eq!((exit(&output), stderr(&output)), (0, ""));
    assert_eq!(stdout(&output).matches(r#""verdict":"accepted""#).count(), files.len());
}

#[test]
fn json_has_one_line_for_each_input_with_its_members_in_order() {
    let twice = GOOD.replace("\r\n\r\n", "\r\nhost: b\r\n\r\n");
    let files = [("good", GOOD.as_bytes()), ("twice \"é\"", twice.as_bytes()), ("empty", b"")];
    let output = check(&files, &["good", "twice \"é\"", "empty"]);
    let expected = [
        r#"{"input":"good","verdict":"accepted","router_id":"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10","state":"backup"}"#,
        concat!(
            r#"{"input":"twice \"é\"","verdict":"refused","error":"duplicate-field","field":"Host","offset":118,"#,
            r#""status":400,"message":"duplicate field Host: it is allowed once only"}"#
        ),
        concat!(
            r#"{"input":"empty","verdict":"refused","error":"truncated","field":null,"offset":0,"#,
            r#""status":400,"message":"the message ends before it is whole"}"#
        ),
        "",
    ];
    assert_eq!((exit(&output), stdout(&output), stderr(&output)), (1, expected.join("\n").as_str(), ""));
}

#[test]
fn text_points_at_the_byte() {
    let output = check(&[("bad", GOOD.replace("backup", "Primary").as_bytes())], &["--format", "text", "bad"]);
    let expected = "\
refused[state]: unknown state: expected exactly `primary`, `backup` or `fault`
 --> bad:4:18 (byte 110)
  |
4 | X-Neutron-State: Primary
  |                  ^
  = help: write the one word in lower case, without quotes, and nothing after it
  = note: a server replies 400

";
    assert_eq!((exit(&output), stdout(&output), stderr(&output)), (1, expected, ""));
}

#[test]
fn text_escapes_the_input_and_shows_the_line_ending_where_it_is_at_fault() {
    let bad = GOOD.replace("Host: 127.0.0.1\r\n", "Host: a\r\nA: \t\"\\\n");
    let output = check(&[("bad", bad.as_bytes())], &["--format=text", "bad"]);
    let expected = r#"
3 | A: \t\"\\\n
  |          ^
"#;
    assert!(stdout(&output).contains(expected), "{}", stdout(&output));
    assert!(stdout(&output).starts_with("refused[line-ending]: "), "{}", stdout(&output));
}

#[test]
fn text_points_behind_the_last_byte_where_something_is_missing() {
    let output = check(&[("bad", &GOOD.as_bytes()[..40])], &["--format=text", "bad"]);
    let expected = "
 --> bad:3:7 (byte 40)
  |
3 | X-Neut
  |       ^ the input ends here
";
    assert!(stdout(&output).contains(expected), "{}", stdout(&output));
}

#[test]
fn text_cuts_a_long_line_around_the_byte() {
    let long = format!("A: {}\0{}\r\n", "b".repeat(300), "c".repeat(300));
    let output = check(&[("bad", GOOD.replacen("Host", &(long + "Host"), 1).as_bytes())], &["--format=text", "bad"]);
    let expected = format!("\n2 | …{}\\x00{}…\n  | {}^\n", "b".repeat(56), "c".repeat(12), " ".repeat(57));
    assert!(stdout(&output).contains(&expected), "{}", stdout(&output));
}

#[test]
fn text_says_what_was_accepted_in_one_aligned_line() {
    let output = check(
        &[("a", GOOD.as_bytes()), ("b", GOOD.replace("backup", "primary").as_bytes())],
        &["--format", "text", "a", "b"],
    );
    let expected = "accepted  backup   9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10  a\n\
        accepted  primary  9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10  b\n";
    assert_eq!((exit(&output), stdout(&output)), (0, expected));
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced_or_forbidden() {
    let coloured = |variables: &[(&str, &str)]| {
        let (_dir, mut command) = check_in(&[("good", GOOD.as_bytes())], &["--format=text", "good"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        stdout(&output).contains('\x1b')
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn no_name_of_a_file_steers_the_terminal() {
    let name = "a\x1b[31m\n";
    let output = check(&[(name, GOOD.as_bytes())], &["--format=text", name]);
    assert_eq!(exit(&output), 0);
    assert!(stdout(&output).ends_with("  a\\u{1b}[31m\\n\n"), "{:?}", stdout(&output));
    let name = "a\u{202e}b\u{9b}31m\u{7f}é";
    let output = check(&[(name, GOOD.as_bytes())], &["--format=json", name]);
    assert!(stdout(&output).starts_with(r#"{"input":"a\u202eb\u009b31m\u007fé","#), "{:?}", stdout(&output));
}

#[test]
fn a_path_that_is_no_utf_8_is_shown_as_well_as_it_can_be() {
    let (dir, mut command) = check_in(&[], &[]);
    let name = OsStr::from_bytes(b"a\xff");
    fs::write(dir.path().join(name), GOOD).unwrap();
    let output = command.arg(name).output().unwrap();
    assert_eq!(exit(&output), 0);
    assert!(stdout(&output).starts_with("{\"input\":\"a\u{fffd}\","), "{}", stdout(&output));
}

#[test]
fn standard_input_is_read_where_no_file_is_given_or_a_dash() {
    for args in [&["check"][..], &["check", "-"]] {
        let mut command = hanotify();
        command.args(args);
        let output = fed(command, GOOD.as_bytes());
        assert_eq!(exit(&output), 0);
        assert!(stdout(&output).starts_with(r#"{"input":"-","verdict":"accepted","#), "{}", stdout(&output));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_reported_and_the_others_are_checked() {
    let output = check(&[("good", GOOD.as_bytes()), ("bad", b"x")], &["missing", "bad", ".", "good"]);
    assert_eq!(exit(&output), 2);
    let lines: Vec<_> = stdout(&output).lines().map(|line| &line[..15]).collect();
    assert_eq!(lines, [r#"{"input":"bad","#, r#"{"input":"good""#]);
    let complaints: Vec<_> = stderr(&output).lines().collect();
    assert_eq!(
        complaints,
        [
            "hanotify: missing: No such file or directory (os error 2)",
            "hanotify: .: it is a directory: name the files in it"
        ]
    );
}

#[test]
fn an_endless_input_is_refused_and_not_read_whole() {
    let mut command = hanotify();
    let zero = File::open("/dev/zero").unwrap();
    let output = command.args(["check", "--max-body-len=18446744073709551615"]).stdin(zero).output().unwrap();
    assert_eq!(exit(&output), 1);
    assert!(stdout(&output).contains(r#""error":"request-line","field":null,"offset":0,"#), "{}", stdout(&output));
}

#[test]
fn the_legacy_word_is_accepted_on_request() {
    let files = [("old", GOOD.replace("backup", "master").into_bytes())];
    let files = files.each_ref().map(|(name, content)| (*name, &content[..]));
    let output = check(&files, &["--format=text", "old"]);
    assert_eq!(exit(&output), 1);
    assert!(stdout(&output).contains("--legacy"), "{}", stdout(&output));
    let output = check(&files, &["--legacy", "old"]);
    assert_eq!(exit(&output), 0);
    assert!(stdout(&output).ends_with("\"state\":\"primary\"}\n"), "{}", stdout(&output));
}

#[test]
fn a_body_is_accepted_up_to_the_limit_given() {
    let message = |len| GOOD.replace("\r\n\r\n", &format!("\r\nContent-Length: {len}\r\n\r\n{}", "b".repeat(len)));
    let (exact, over) = (message(20_000), message(20_001));
    let longer = format!("{exact}c");
    let files = [("exact", exact.as_bytes()), ("over", over.as_bytes()), ("longer", longer.as_bytes())];
    let output = check(&files, &["--max-body-len=20000", "exact", "over", "longer"]);
    let verdicts: Vec<_> = stdout(&output).lines().map(|line| line.split('"').nth(11).unwrap()).collect();
    assert_eq!(
        (exit(&output), verdicts),
        (1, vec!["9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "body-too-long", "trailing-bytes"])
    );
    assert_eq!(exit(&check(&files, &["exact"])), 1);
}

#[test]
fn arguments_that_make_no_sense_are_an_error_of_usage() {
    for args in [&["--format", "xml"][..], &["--max-body-len", "-1"], &["--max-body-len", "x"], &["--lenient"]] {
        let output = check(&[], args);
        assert_eq!((exit(&output), stdout(&output)), (2, ""), "{args:?}");
        assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
    }
    assert_eq!(exit(&hanotify().output().unwrap()), 2);
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly() {
    for args in [&["check", "--format=json", "good"][..], &["check", "--format=text", "good"], &["--help"]] {
        let (dir, _) = check_in(&[("good", GOOD.as_bytes())], &[]);
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = hanotify().args(args).current_dir(&dir).stdout(writer).output().unwrap();
        assert_eq!((exit(&output), stderr(&output)), (2, ""), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_reported() {
    for args in [
        &["check", "--format=json", "good"][..],
        &["check", "--format=text", "good"],
        &["check", "--help"],
        &["--version"],
        &["generate", "completions", "bash"],
    ] {
        let (dir, _) = check_in(&[("good", GOOD.as_bytes())], &[]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = hanotify().args(args).current_dir(&dir).stdout(full).output().unwrap();
        assert_eq!(exit(&output), 2, "{args:?}");
        assert!(stderr(&output).starts_with("hanotify: can't write to standard output: "), "{}", stderr(&output));
    }
}

#[test]
fn nobody_left_to_complain_to_is_no_panic() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let (_dir, mut command) = check_in(&[], &["missing"]);
    assert_eq!(command.stdout(full()).stderr(full()).status().unwrap().code(), Some(2));
}
