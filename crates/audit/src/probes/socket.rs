//! The socket's file and its folder: who may connect, and who may put another one in its place.

use std::fs::{self, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::About;
use crate::auditor::{Auditor, Finding};
use crate::results::Outcome;
use crate::stop::Stop;
use crate::vectors::Weakness;

const RISK: &str = "Whoever may write to the socket can forge the state of every router.";
const RULE: &str = "unix(7)";

pub(super) const MODE: About = About {
    name: "socket-mode",
    cwe: Weakness::Access,
    title: "the mode of the socket",
    rule: RULE,
    risk: RISK,
    expected: "others may not write to it",
};
pub(super) const DIRECTORY: About = About {
    name: "socket-directory",
    cwe: Weakness::Access,
    title: "the folder of the socket",
    rule: RULE,
    risk: RISK,
    expected: "others may not write to it",
};
pub(super) const OWNER: About = About {
    name: "socket-owner",
    cwe: Weakness::Access,
    title: "the owner of the socket",
    rule: RULE,
    risk: RISK,
    expected: "the user that the server runs as",
};

pub(crate) fn run(auditor: &mut Auditor) -> Result<(), Stop> {
    let socket = auditor.server.target.socket().to_owned();
    let file = fs::symlink_metadata(&socket).map_err(Stop::Lost)?;
    let folder = socket.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    auditor.note(MODE.entry(), mode(&file));
    let finding = match fs::metadata(folder) {
        Ok(folder) => directory(&folder),
        Err(error) => Finding::new(Outcome::NotSeen, format!("its folder can't be looked at: {error}")),
    };
    auditor.note(DIRECTORY.entry(), finding);
    let talk = auditor.server.target.connect()?;
    let server = rustix::net::sockopt::socket_peercred(talk.into_stream().as_fd());
    let finding = match server {
        Ok(server) => owner(&file, server.uid.as_raw()),
        Err(error) => Finding::new(Outcome::NotSeen, format!("the kernel doesn't say who the server is: {error}")),
    };
    auditor.note(OWNER.entry(), finding);
    Ok(())
}

fn mode(file: &Metadata) -> Finding {
    let mode = file.mode() & 0o777;
    if !file.file_type().is_socket() {
        return Finding::new(Outcome::Noted, "it is a link to the socket, not the socket");
    }
    match mode {
        _ if mode & 0o002 != 0 => Finding::new(Outcome::Fail, format!("mode {mode:04o}: everybody may connect")),
        _ if mode & 0o020 != 0 => {
            Finding::new(Outcome::Noted, format!("mode {mode:04o}: the group {} may connect", file.gid()))
        }
        _ => Finding::new(Outcome::Pass, format!("mode {mode:04o}: only the owner may connect")),
    }
}

fn directory(folder: &Metadata) -> Finding {
    let mode = folder.mode() & 0o7777;
    match mode {
        _ if mode & 0o1002 == 0o002 => {
            Finding::new(Outcome::Fail, format!("mode {mode:04o}: everybody may put another socket in its place"))
        }
        _ if mode & 0o1000 != 0 => Finding::new(
            Outcome::Noted,
            format!("mode {mode:04o}: whoever is there first takes the name while no server runs"),
        ),
        _ if mode & 0o020 != 0 => {
            Finding::new(Outcome::Noted, format!("mode {mode:04o}: the group {} may replace the socket", folder.gid()))
        }
        _ => Finding::new(Outcome::Pass, format!("mode {mode:04o}")),
    }
}

fn owner(file: &Metadata, server: u32) -> Finding {
    if file.uid() == server {
        return Finding::new(Outcome::Pass, format!("uid {server} owns it and listens"));
    }
    Finding::new(Outcome::Noted, format!("it belongs to uid {}, and uid {server} listens", file.uid()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn who_may_write_decides() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let outcome = |path: &Path, bits, of: fn(&Metadata) -> Finding| {
            fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
            of(&fs::symlink_metadata(path).unwrap()).outcome
        };
        let socket = [0o600, 0o755, 0o660, 0o666, 0o602].map(|bits| outcome(&path, bits, mode));
        assert_eq!(socket, [Outcome::Pass, Outcome::Pass, Outcome::Noted, Outcome::Fail, Outcome::Fail]);
        let folders = [0o700, 0o755, 0o770, 0o777, 0o1777].map(|bits| outcome(folder.path(), bits, directory));
        assert_eq!(folders, [Outcome::Pass, Outcome::Pass, Outcome::Noted, Outcome::Fail, Outcome::Noted]);
        let file = fs::symlink_metadata(&path).unwrap();
        assert_eq!(owner(&file, file.uid()).outcome, Outcome::Pass);
        assert_eq!(owner(&file, file.uid() + 1).outcome, Outcome::Noted);
    }
}
