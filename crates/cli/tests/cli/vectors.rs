//! The fourth reader of the published vectors: `hanotify check`, which takes an input for exactly one message.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use hanotify_audit::vectors::{self, Case, Expected, Given};
use serde_json::Value;

/// What the command is to say of a file with this input.
fn of_a_file(case: &Case, len: usize) -> Expected {
    match case.expected_of_prefix(len) {
        Expected::Accepted { length, .. } if length < len => {
            Expected::Refused { error: "trailing-bytes".into(), status: 400, offset: length, field: None }
        }
        expected => expected,
    }
}

fn compare(case: &Case, len: usize, said: &Value) {
    let id = &case.id;
    match of_a_file(case, len) {
        Expected::Accepted { router_id, state, .. } => {
            assert_eq!(said["verdict"], "accepted", "{id}: {said}");
            assert_eq!((&said["router_id"], &said["state"]), (&router_id.into(), &state.into()), "{id}");
        }
        Expected::Refused { error, status, offset, field } => {
            assert_eq!(said["verdict"], "refused", "{id}");
            assert_eq!(said["error"], error, "{id}: {said}");
            assert_eq!((&said["status"], &said["offset"]), (&status.into(), &offset.into()), "{id}: {said}");
            assert!(field.is_none() || said["field"].as_str() == field.as_deref(), "{id}: {said}");
        }
    }
}

#[test]
fn the_command_line_comes_to_every_verdict() {
    let groups = vectors::embedded().unwrap();
    let cases: Vec<Case> = groups.into_iter().flat_map(|group| group.cases).collect();
    let mut by_configuration = BTreeMap::<_, Vec<(&Case, &[u8])>>::new();
    // A file has no peer, no time and no sink.
    for case in cases.iter().filter(|case| matches!(case.given, None | Some(Given::ExactlyOne))) {
        for input in case.inputs() {
            by_configuration.entry((case.with.legacy, case.with.body)).or_default().push((case, input));
        }
    }
    for ((legacy, body), files) in by_configuration {
        let folder = tempfile::tempdir().unwrap();
        for (at, (_, input)) in files.iter().enumerate() {
            fs::write(folder.path().join(at.to_string()), input).unwrap();
        }
        let mut command = Command::new(crate::HANOTIFY);
        command.current_dir(&folder).args(["check", "--format=json"]).arg(format!("--max-body-len={body}"));
        if legacy {
            command.arg("--legacy");
        }
        let output = command.args((0..files.len()).map(|at| at.to_string())).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<Value> = output
            .stdout
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), files.len());
        for ((case, input), said) in files.iter().zip(&lines) {
            compare(case, input.len(), said);
        }
    }
}

/// What a reader of the vectors is to print.
fn expected_of_readers() -> String {
    let groups = vectors::embedded().unwrap();
    let line = |case: &Case| {
        let verdict = if matches!(case.expected, Expected::Accepted { .. }) { "accepted" } else { "refused" };
        let hex = case.input.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        format!("{} {verdict} {} {hex}\n", case.id, case.expected.status())
    };
    groups.iter().flat_map(|group| &group.cases).map(line).collect()
}

#[test]
fn the_vectors_that_are_written_are_read_in_every_language_and_audited_with() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/vectors");
    let output = Command::new(super::HANOTIFY).args(["generate", "vectors"]).arg(&dir).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    for name in ["schema.json", "README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(fs::metadata(dir.join(name)).unwrap().len() > 500, "{name}");
    }
    let count = |groups: &[vectors::Group]| groups.iter().map(|group| group.cases.len()).sum::<usize>();
    assert_eq!(count(&vectors::in_folder(&dir).unwrap()), count(&vectors::embedded().unwrap()));
    let expected = expected_of_readers();
    for reader in [&["python3", "reader.py"][..], &["node", "reader.mjs"], &["go", "run", "reader.go"]] {
        let (program, args) = reader.split_first().unwrap();
        let mut command = Command::new(program);
        // Go wants to write to the home folder otherwise, which may be read-only.
        command.env("GOCACHE", folder.path().join("cache"));
        match command.args(args).arg(".").current_dir(&dir).output() {
            Err(_) => eprintln!("skipped: there is no {program}"),
            Ok(output) => {
                assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
                assert!(output.stdout == expected.as_bytes(), "{program} reads something else");
            }
        }
    }
}

#[test]
fn vectors_that_cannot_be_written_are_an_error() {
    let output = Command::new(super::HANOTIFY).args(["generate", "vectors", "/dev/null/a"]).output().unwrap();
    let said = "hanotify: /dev/null/a: Not a directory (os error 20)\n";
    assert_eq!((output.status.code(), &*String::from_utf8(output.stderr).unwrap()), (Some(2), said));
}
