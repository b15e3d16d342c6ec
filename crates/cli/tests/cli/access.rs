//! `hanotify send` as another user: who is refused, and who is let in.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use hanotify::server::{Config, Server};
use hanotify_testing::running::{ACCEPTED, ID, Running, Telling, Told, connect, message, read_all, reply};
use rustix::thread::{Uid, set_thread_res_uid};

use super::serving::through;

type Change = fn(Config) -> Config;

/// Sends as another user, whose program has to be where that user can reach it.
fn send_as(uid: u32, gid: u32, folder: &Path, socket: &Path) -> Output {
    let program = folder.join("hanotify");
    if !program.exists() {
        fs::copy(crate::HANOTIFY, &program).unwrap();
    }
    let mut command = Command::new(program);
    command.args(["send", "--socket"]).arg(socket).args(["--router-id", ID, "--state", "backup"]);
    command.uid(uid).gid(gid).output().unwrap()
}

/// Whether the program is let in as another user, after this change; it may connect in any case.
fn is_let_in_as(uid: u32, gid: u32, folder: &Path, change: Change) -> bool {
    let (server, _told) = Running::telling_with(|config| change(config.with_mode(0o666)));
    fs::set_permissions(server.socket.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
    let output = send_as(uid, gid, folder, &server.socket);
    let complaint = String::from_utf8(output.stderr).unwrap();
    match output.status.code() {
        Some(0) => assert_eq!(complaint, ""),
        code => assert!(code == Some(1) && complaint.contains("403"), "{code:?}: {complaint}"),
    }
    output.status.success()
}

/// Runs `serve` as another user for a moment: the exit code, and standard error.
fn serve_as(uid: u32, program: &Path, socket: &str, at: &Path) -> (Option<i32>, String) {
    let mut command = Command::new("timeout");
    command.args(["--preserve-status", "--signal", "TERM", "1"]).arg(program).args(["serve", "--socket", socket]);
    let output = command.uid(uid).gid(uid).current_dir(at).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_way_to_the_socket_is_checked_for_any_user_and_what_fails_leaves_nothing() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let set = |path: &str, uid: u32, mode: u32| {
        std::os::unix::fs::chown(at(path), Some(uid), Some(uid)).unwrap();
        fs::set_permissions(at(path), Permissions::from_mode(mode)).unwrap();
    };
    fs::create_dir_all(at("home/run")).unwrap();
    fs::copy(crate::HANOTIFY, at("hanotify")).unwrap();
    set("", 0, 0o755);
    for uid in [0, 65_534] {
        set("home", uid, 0o755);
        set("home/run", uid, 0o755);
        let serve = |socket: &str| serve_as(uid, &at("hanotify"), socket, &at("home/run"));
        for socket in [".", "../run/", "..", "new/"] {
            let (code, stderr) = serve(socket);
            assert!(code == Some(2) && stderr.contains("is not a path for a socket"), "{socket}: {stderr}");
        }
        assert_eq!(fs::read_dir(at("home/run")).unwrap().count(), 0);
        let (code, stderr) = serve("socket");
        assert_eq!(code, Some(0), "{stderr}");
        // A group that is the user's own is a group.
        set("home", uid, 0o775);
        let (code, stderr) = serve("../../home/run/socket");
        assert!(code == Some(2) && stderr.contains(&format!("chmod go-w {:?}", at("home"))), "{stderr}");
        set("home", uid, 0o1777);
        assert_eq!(serve("socket").0, Some(0));
        set("home", 54_321, 0o755);
        let (code, stderr) = serve("socket");
        assert!(code == Some(2) && stderr.contains("belongs to the user 54321"), "{stderr}");
        fs::remove_file(at("home/run/socket.lock")).unwrap();
    }
}

#[test]
fn processes_of_another_user_are_refused_unless_user_or_group_is_on_a_list() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    // Whether the other user is let in, and whether root is, whose server this is.
    let cases: [(Change, bool, bool); 6] = [
        (|config| config, false, true),
        (|config| config.with_allowed_gids(vec![54_321]), false, true),
        (|config| config.with_allowed_uids(vec![65_534]), true, true),
        (|config| config.with_allowed_gids(vec![54_322]), true, true),
        (|config| config.with_allowed_uids(vec![65_534]).with_default_uids(false), true, false),
        (|config| config.with_allowed_gids(vec![54_321]).with_default_uids(false), false, false),
    ];
    for (number, (change, other, root)) in cases.into_iter().enumerate() {
        assert_eq!(is_let_in_as(65_534, 54_322, folder.path(), change), other, "case {number}");
        assert_eq!(is_let_in_as(0, 0, folder.path(), change), root, "case {number}, as root");
    }
}

/// So many connections, made by a thread that is another user's.
fn connections_as(uid: u32, socket: &Path, count: usize) -> Vec<UnixStream> {
    let connect_all = || {
        let uid = Uid::from_raw(uid);
        set_thread_res_uid(uid, uid, uid).unwrap();
        (0..count).map(|_| connect(socket)).collect()
    };
    std::thread::scope(|scope| scope.spawn(connect_all).join().unwrap())
}

/// Counted, and not timed.
#[test]
fn of_a_flood_of_refused_connections_those_that_came_first_are_before_an_allowed_sender_and_no_other() {
    const FIRST: usize = 700;
    const LATER: usize = 700;
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can be another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let socket = folder.path().join("socket");
    let server = Server::bind(Config::new(&socket).with_mode(0o666)).unwrap();
    // They wait while the server doesn't run.
    let first = connections_as(65_534, &socket, FIRST);
    let mut sender = connect(&socket);
    sender.write_all(&message("backup")).unwrap();
    let later = connections_as(65_534, &socket, LATER);
    let (sink, told) = Telling::new();
    let stopper = server.stopper();
    let running = std::thread::spawn(move || server.run(sink).unwrap());
    assert_eq!(read_all(&mut sender), ACCEPTED);
    let answers = first.into_iter().chain(later).map(|mut client| read_all(&mut client));
    assert!(answers.into_iter().all(|answer| answer == reply("403 Forbidden")));
    stopper.stop().unwrap();
    assert_eq!(running.join().unwrap().refused, (FIRST + LATER) as u64);
    let before = told.iter().take_while(|told| matches!(told, Told::Refused(_))).count();
    assert_eq!(before, FIRST);
}

/// To a user namespace, all users that it has no number for are the same.
#[test]
fn users_that_a_user_namespace_does_not_know_are_warned_about() {
    if !Command::new("unshare").args(["-Ur", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no user namespace can be made");
        return;
    }
    let is_in_namespace = !fs::read_to_string("/proc/self/uid_map").unwrap().contains("4294967295");
    let others = &["--allow-uid", "65534", "--allow-gid", "65534"][..];
    for (shell, args, warnings) in [
        (r#"exec unshare -Ur "$0" "$@""#, others, 2),
        (r#"exec unshare -Ur "$0" "$@""#, &["--allow-uid", "1"], 0),
        (r#"exec "$0" "$@""#, others, if is_in_namespace { 2 } else { 0 }),
    ] {
        let mut serving = through(shell, args).listening();
        let stderr = serving.child.stderr.take().unwrap();
        serving.stop();
        let said = std::io::read_to_string(stderr).unwrap();
        assert_eq!(said.matches("this user namespace has no number for").count(), warnings, "{args:?}: {said}");
    }
}
