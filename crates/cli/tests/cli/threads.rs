//! `hanotify serve` where no thread can be started.
use std::io;
use std::process::Stdio;
use std::time::Duration;

use super::serving::Serving;
use super::stuck::another_users;

/// A pipe that another user has made can't be opened again: a thread writes to it, where one can be started.
#[test]
fn a_server_that_can_start_no_thread_says_so() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = another_users(&folder, r#"ulimit -p 0 2>/dev/null || ulimit -u 0; exec "$0" "$@""#);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut serving = Serving { child, folder };
    assert_eq!(serving.end_within(Duration::from_secs(5)).code(), Some(2));
    let said = io::read_to_string(serving.child.stderr.take().unwrap()).unwrap();
    assert!(said.contains("can't start a thread"), "{said}");
}
