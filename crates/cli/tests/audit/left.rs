//! What an audit that starts its server must not remove, and what it must not leave: sockets, folders and processes.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::hostile::{accept, server};
use super::{HANOTIFY, audit, pids, running, serve, text};

/// What is told to end has to be over by then.
const SOON: Duration = Duration::from_secs(20);

/// An audit with its folder in `temporary`.
fn audit_in(temporary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(HANOTIFY);
    command.arg("audit").args(args).env("TMPDIR", temporary).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped());
    command
}

/// Its exit status, and what it says. Panics if it doesn't end.
fn end_of(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > SOON {
            child.kill().unwrap();
            panic!("it has not ended");
        }
        thread::sleep(Duration::from_millis(10));
    };
    let mut said = Vec::new();
    // A server that is left may hold the stream open.
    let mut stderr = child.stderr.take().unwrap();
    let mut chunk = [0; 4_096];
    if let Ok(read) = stderr.read(&mut chunk) {
        said.extend_from_slice(&chunk[..read]);
    }
    (status.code(), text(&said))
}

/// Whether this program is there; says so if not.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|Output { status, .. }| status.success());
    if !found {
        eprintln!("skipped: it takes {program}");
    }
    found
}

/// Kills what a failing test would leave.
fn kill_all(word: &str) {
    for pid in pids(word) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[test]
fn a_socket_where_another_server_listens_is_left_to_it() {
    let (socket, _folder) = server(accept);
    let inode = || fs::symlink_metadata(&socket).map(|file| file.ino()).ok();
    let before = inode();
    let output = audit(&["--max-time=10s", "--socket", socket.to_str().unwrap(), "--spawn", "sleep 0.3; exit 1"]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("another process listens there already"), "{said}");
    assert_eq!(inode(), before);
    UnixStream::connect(&socket).unwrap();
}

#[test]
fn a_socket_that_another_server_has_taken_meanwhile_is_left_to_it() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    // It moves its socket away after the first message, and ends.
    let code = "import os,socket,sys,time
s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9)
c,_=s.accept(); c.recv(9999)
c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'); c.close()
os.rename(sys.argv[1], sys.argv[1]+'.old')
while not os.path.exists(sys.argv[1]): time.sleep(.01)";
    let program = folder.path().join("server.py");
    fs::write(&program, code).unwrap();
    let (path, old) = (socket.clone(), folder.path().join("socket.old"));
    let other = thread::spawn(move || {
        while !old.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        UnixListener::bind(path).unwrap()
    });
    let command = format!("exec python3 '{}' {{socket}}", program.display());
    let args = ["--only-vectors", "--socket", socket.to_str().unwrap(), "--spawn", &command];
    let (exit, said) = end_of(&mut audit_in(folder.path(), &args));
    let _listener = other.join().unwrap();
    assert!(exit == Some(2) && said.contains("another process listens at its socket"), "{said}");
    UnixStream::connect(&socket).unwrap();
}

#[test]
fn a_server_in_the_audits_own_group_is_ended_too() {
    const NAP: &str = "31536011";
    if !has("python3") {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let program = temporary.path().join("hide.py");
    let code = "import os; os.setpgid(0, os.getpgid(os.getppid()))";
    fs::write(&program, format!("{code}\nos.execve('/bin/sleep', ['sleep', '{NAP}'], {{}})")).unwrap();
    let command = format!("exec python3 '{}'", program.display());
    let begun = Instant::now();
    let (exit, said) = end_of(&mut audit_in(temporary.path(), &["--max-time=1s", "--spawn", &command]));
    assert!(exit == Some(2) && said.contains("time limit"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}: SIGTERM is enough", begun.elapsed());
    assert_eq!(running(NAP), 0);
}

/// A folder that every user may enter.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

#[test]
fn a_server_that_can_not_be_ended_is_named() {
    const NAP: &str = "31536012";
    if !rustix::process::geteuid().is_root() || !has("setpriv") {
        eprintln!("skipped: it takes root and setpriv, for a server that is another user's");
        return;
    }
    let folder = open_folder();
    let [program, become_root] = ["hanotify", "become-root"].map(|name| folder.path().join(name));
    fs::copy(HANOTIFY, &program).unwrap();
    let which = Command::new("sh").args(["-c", "command -v setpriv"]).output().unwrap();
    fs::copy(text(&which.stdout).trim(), &become_root).unwrap();
    fs::set_permissions(&become_root, fs::Permissions::from_mode(0o4755)).unwrap();
    let command = format!("exec '{}' --reuid=0 --clear-groups sleep {NAP}", become_root.display());
    let mut audit = Command::new(&program);
    audit.args(["audit", "--max-time=500ms", "--spawn", &command]).uid(4321).gid(4321);
    audit.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let (exit, said) = end_of(&mut audit);
    kill_all(NAP);
    assert!(exit == Some(2) && said.contains("can't end process "), "{said}");
}

#[test]
fn a_dead_socket_is_not_taken_for_a_server_that_is_slow_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    drop(UnixListener::bind(&socket).unwrap());
    let command = format!("sleep 1; {}", serve());
    let args = ["--only-vectors", "--select=version/*", "--socket", socket.to_str().unwrap(), "--spawn", &command];
    let output = audit(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// A name of a folder whose process can't be there: it is above the highest process id.
const STALE: &str = "hanotify-audit-4194305-0123456789abcdef";

#[test]
fn the_folder_of_an_audit_under_way_is_left_alone() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join(STALE);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("socket"), "").unwrap();
    let lock = File::open(&folder).unwrap();
    lock.lock().unwrap();
    let audit = || end_of(&mut audit_in(temporary.path(), &["--max-time=100ms", "--spawn", "sleep 9"]));
    audit();
    assert!(folder.join("socket").exists(), "as in another pid namespace, its process is not seen here");
    drop(lock);
    audit();
    assert!(!folder.exists());
}

#[test]
fn an_audit_under_way_holds_a_lock_on_its_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child: Child = audit_in(temporary.path(), &["--max-time=30s", "--spawn", "sleep 29"]).spawn().unwrap();
    let begun = Instant::now();
    let folder = loop {
        if let Some(entry) = fs::read_dir(temporary.path()).unwrap().next() {
            break entry.unwrap().path();
        }
        assert!(begun.elapsed() < SOON);
    };
    thread::sleep(Duration::from_millis(200));
    assert!(File::open(folder).unwrap().try_lock().is_err());
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_mounted_in_the_folder_is_left_alone_and_the_folder_is_named() {
    let (temporary, precious) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(precious.path().join("file"), "precious").unwrap();
    let is_root = rustix::process::geteuid().is_root();
    let block = if is_root {
        format!("mount --bind '{}' $d/b", precious.path().display())
    } else {
        "touch $d/b/file; chmod 0 $d/b".to_owned()
    };
    let command = format!("d=$(dirname {{socket}}); mkdir $d/b; {block} || echo failed >&2; exit 3");
    let (exit, said) = end_of(&mut audit_in(temporary.path(), &["--spawn", &command]));
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for folder in &left {
        let _ = fs::set_permissions(folder.join("b"), fs::Permissions::from_mode(0o700));
        let _ = Command::new("umount").arg(folder.join("b")).stderr(Stdio::null()).status();
    }
    assert!(precious.path().join("file").exists());
    if said.contains("failed") {
        eprintln!("skipped: it takes the right to mount");
        return;
    }
    assert_eq!((exit, left.len()), (Some(2), 1), "{said}");
    assert!(said.contains(&format!("can't remove {}", left[0].display())), "{said}");
}

#[test]
fn a_relative_directory_for_temporary_files_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("relative")).unwrap();
    for variable in ["relative", "", "."] {
        let mut command = audit_in(Path::new(variable), &["--spawn", "echo {socket} >&2; exit 3"]);
        let (_, said) = end_of(command.current_dir(folder.path()));
        assert!(said.contains("its last words: /tmp/hanotify-audit-"), "{variable:?}: {said}");
    }
}

#[test]
fn a_daemon_that_has_cleared_its_environment_is_ended_too() {
    const NAP: &str = "31536013";
    if !has("python3") {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let program = temporary.path().join("hide.py");
    // The first one stays until the daemon has another environment.
    let code = "import os,time\nif os.fork(): time.sleep(.5); os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n";
    fs::write(&program, format!("{code}os.execve('/bin/sleep', ['sleep', '{NAP}'], {{}})")).unwrap();
    let command = format!("python3 '{}' >/dev/null 2>&1; {}", program.display(), serve());
    let args = ["--only-vectors", "--select=version/*", "--spawn", &command];
    let (exit, said) = end_of(&mut audit_in(temporary.path(), &args));
    let left = running(NAP);
    kill_all(NAP);
    assert_eq!((exit, left), (Some(0), 0), "{said}");
}
