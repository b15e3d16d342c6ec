//! What is left in the sandbox, and what is not.

use std::fs;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::Command;

use hanotify::{HaState, RouterId};
use rustix::net::{SendAncillaryBuffer, SendFlags, SocketAddrUnix, sendmsg_addr};

use super::*;
use crate::ha_confs::HaConfs;

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// A thread is restricted without the others, so that a test can try everything.
fn restricted<T: Send>(socket: Option<&Path>, work: impl FnOnce(Restricted) -> T + Send) -> T {
    std::thread::scope(|scope| {
        scope.spawn(|| work(restrict(Allowed { own_socket: socket, ..Allowed::default() }).unwrap())).join().unwrap()
    })
}

#[test]
fn an_output_can_be_begun_anew_and_nothing_else_be_opened() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = folder.path().join("output");
    let denied = Some(ErrorKind::PermissionDenied);
    std::thread::scope(|scope| {
        let work = || {
            let Restricted { files, .. } = restrict(Allowed { output: Some(&output), ..Allowed::default() }).unwrap();
            let open =
                |path: &Path| rustix::fs::openat(rustix::fs::CWD, path, crate::outlet::file::FLAGS, 0o600.into());
            rustix::io::write(open(&output).unwrap(), b"x").unwrap();
            assert_eq!(kind(fs::read(&output)), denied);
            assert_eq!(kind(fs::write(&output, "")), denied);
            assert_eq!(kind(fs::remove_file(&output)), if files == Extent::Not { None } else { denied });
            if files != Extent::Not {
                assert_eq!(open(&elsewhere.path().join("output")).unwrap_err(), rustix::io::Errno::ACCESS);
            }
        };
        scope.spawn(work).join().unwrap();
    });
}

#[test]
fn the_folder_of_the_routers_can_be_read_and_nothing_else() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse().unwrap();
    let (inside, outside) = (folder.path().join(id.to_string()), elsewhere.path().join("file"));
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("state"), "backup").unwrap();
    fs::write(&outside, "").unwrap();
    let denied = Some(ErrorKind::PermissionDenied);
    std::thread::scope(|scope| {
        let work = || {
            let allowed = Allowed { ha_confs: Some(folder.path()), ..Allowed::default() };
            let Restricted { files, .. } = restrict(allowed).unwrap();
            let opened = HaConfs::open(folder.path()).unwrap();
            assert_eq!(opened.list().unwrap().ids, [id]);
            assert_eq!(opened.read(id).unwrap().state, HaState::Backup);
            assert_eq!(kind(fs::write(inside.join("state"), "primary")), denied);
            assert_eq!(kind(fs::create_dir(inside.join("more"))), denied);
            if files != Extent::Not {
                assert_eq!(kind(fs::read(&outside)), denied);
                assert_eq!(kind(fs::remove_file(inside.join("state"))), denied);
            }
        };
        scope.spawn(work).join().unwrap();
    });
}

#[test]
fn what_serving_takes_still_works() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut client = UnixStream::connect(&socket).unwrap();
    client.write_all(b"hello").unwrap();
    restricted(Some(&socket), |_| {
        let (mut accepted, _) = listener.accept().unwrap();
        let mut bytes = [0; 5];
        accepted.read_exact(&mut bytes).unwrap();
        accepted.write_all(&bytes).unwrap();
        drop(vec![0_u8; 10_000_000]);
        std::thread::sleep(std::time::Duration::from_millis(1));
        let thread = std::thread::Builder::new().name("another".into()).spawn(|| fs::read("/etc/hostname"));
        assert_eq!(kind(thread.unwrap().join().unwrap()), Some(ErrorKind::PermissionDenied));
        assert!(fs::symlink_metadata(&socket).is_ok());
        fs::remove_file(&socket).unwrap();
        drop(UnixListener::bind(&socket).unwrap());
        fs::remove_file(&socket).unwrap();
        assert!(std::panic::catch_unwind(|| panic!("as meant")).is_err());
    });
    assert!(!socket.exists());
}

/// A datagram needs no connection: the system's log and the service manager take them at paths that all know.
#[test]
fn a_datagram_goes_nowhere_but_to_the_service_manager() {
    let folder = tempfile::tempdir().unwrap();
    let (manager, other) = (folder.path().join("manager"), folder.path().join("other"));
    let at_manager = UnixDatagram::bind(&manager).unwrap();
    let _at_other = UnixDatagram::bind(&other).unwrap();
    let to_manager = UnixDatagram::unbound().unwrap();
    to_manager.connect(&manager).unwrap();
    restricted(None, |_| {
        assert_eq!(to_manager.send(b"READY=1").unwrap(), 7);
        let denied = Some(ErrorKind::PermissionDenied);
        assert_eq!(kind(to_manager.send_to(b"x", &other)), denied);
        assert_eq!(kind(UnixDatagram::unbound()), denied);
        let io = [IoSlice::new(b"x")];
        let address = SocketAddrUnix::new(&other).unwrap();
        let mut nothing = SendAncillaryBuffer::default();
        let sent = sendmsg_addr(&to_manager, &address, &io, &mut nothing, SendFlags::empty());
        assert_eq!(sent, Err(rustix::io::Errno::PERM));
    });
    assert_eq!(at_manager.recv(&mut [0; 9]).unwrap(), 7);
}

#[test]
fn nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (inside, outside) = (folder.path().join("file"), elsewhere.path().join("file"));
    fs::write(&inside, "").unwrap();
    fs::write(&outside, "").unwrap();
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let denied = Some(ErrorKind::PermissionDenied);
    let files = restricted(Some(&socket), |restricted| {
        assert_eq!(restricted.calls, Extent::Fully, "this kernel has no seccomp");
        assert_eq!(kind(fs::read(&inside)), denied);
        assert_eq!(kind(fs::write(folder.path().join("new"), "")), denied);
        assert_eq!(kind(fs::rename(&inside, folder.path().join("other"))), denied);
        assert_eq!(kind(fs::set_permissions(&socket, fs::Permissions::from_mode(0o666))), denied);
        assert_eq!(kind(UnixStream::connect(&socket)), denied);
        assert_eq!(kind(std::net::TcpListener::bind("127.0.0.1:0")), denied);
        assert_eq!(kind(Command::new("/bin/true").status()), denied);
        restricted.files
    });
    if files == Extent::Not {
        eprintln!("this kernel has no landlock: where files are removed is not restricted");
    } else {
        restricted(Some(&socket), |_| assert_eq!(kind(fs::remove_file(&outside)), denied));
        restricted(None, |_| assert_eq!(kind(fs::remove_file(&inside)), denied));
        restricted(Some(&socket), |_| assert_eq!(kind(UnixListener::bind(elsewhere.path().join("s"))), denied));
        assert!(outside.exists() && inside.exists());
    }
}
