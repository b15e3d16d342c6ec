//! The file of a router: what is in it, and why it can't be read.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use hanotify_monitor::Spec;
use rustix::io::Errno;
use serde::Deserialize;

use super::changes::Changes;
use super::sources::Files;
use super::version;
use crate::monitor::files::read_short;
use crate::monitor::options::{interface, namespace};

/// Bytes that a file may have; one has about 250.
pub(super) const LONGEST: u64 = 4_096;
/// Characters of what is said of a file that makes no sense: a part of it may be quoted.
const MOST_SAID: usize = 200;
/// The most files that are looked at.
const MOST_FILES: usize = 16_384;
/// The most names that are read in the folder. Those that are no router's take no router's place, but take time.
const MOST_NAMES: usize = 1 << 20;
/// What to say where there are more of either.
pub(super) const LEFT_OUT: &str =
    "there are more than 16,384 files or 1,048,576 names in the folder: those beyond are left out";

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    router_id: String,
    namespace: String,
    interface: String,
    cidr: String,
    conf_dir: PathBuf,
}

/// Why a file gives no router.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// The system refuses to read it now. The same file may be read later.
    #[error("{0}")]
    Passing(io::Error),
    /// It makes no sense, and will not unless it is changed.
    #[error("{0}")]
    Senseless(String),
}

impl FileError {
    #[allow(clippy::needless_pass_by_value, reason = "it is for map_err")]
    pub(super) fn senseless<T: ToString>(why: T) -> Self {
        let why = why.to_string();
        match why.char_indices().nth(MOST_SAID) {
            Some((end, _)) => Self::Senseless(format!("{}…", why.get(..end).unwrap_or_default())),
            None => Self::Senseless(why),
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        // A link stays one, and so does what is no file, too long or no text.
        let is_final = error.kind() == io::ErrorKind::InvalidData || Errno::from_io_error(&error) == Some(Errno::LOOP);
        if is_final { Self::senseless(error) } else { Self::Passing(error) }
    }
}

/// Whether a file of this name is that of a router.
pub(super) fn is_spec(name: &[u8]) -> bool {
    name.ends_with(b".json") && !name.starts_with(b".")
}

/// The files that are there, each with its version. What changes from now on is told.
pub(super) fn list(folder: &Path, changes: &Changes) -> io::Result<Files<OsString>> {
    // The folder may be another one of that name by now.
    changes.watch_files(folder)?;
    let (names, is_whole) = first(fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())))?;
    let mut files = Vec::new();
    for name in names {
        match fs::symlink_metadata(folder.join(&name)) {
            Ok(there) => files.push((name, version(&there, false))),
            // One that is gone again is not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Files { files, is_whole })
}

/// Those of these names that come first of the routers', and whether they are all.
fn first(names: impl Iterator<Item = io::Result<OsString>>) -> io::Result<(BTreeSet<OsString>, bool)> {
    let (mut first, mut is_whole) = (BTreeSet::new(), true);
    for (read, name) in names.enumerate() {
        if read >= MOST_NAMES {
            return Ok((first, false));
        }
        first.extend(Some(name?).filter(|name| is_spec(name.as_encoded_bytes())));
        if first.len() > MOST_FILES {
            first.pop_last();
            is_whole = false;
        }
    }
    Ok((first, is_whole))
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Spec, FileError> {
    parse(&read_short(path, LONGEST)?)
}

fn parse(text: &str) -> Result<Spec, FileError> {
    let text: Text = serde_json::from_str(text).map_err(FileError::senseless)?;
    if !text.conf_dir.is_absolute() {
        return Err(FileError::senseless("conf_dir is not an absolute path"));
    }
    Ok(Spec::new(
        text.router_id.parse().map_err(FileError::senseless)?,
        namespace(text.namespace.into()).map_err(FileError::senseless)?,
        interface(&text.interface).map_err(FileError::senseless)?,
        text.cidr.parse().map_err(FileError::senseless)?,
        text.conf_dir,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_all_of_a_router_and_nothing_else() {
        let text = r#"{
            "router_id": "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "namespace": "qrouter-1", "interface": "ha-0",
            "cidr": "169.254.0.7/24", "conf_dir": "/var/lib/neutron/ha_confs/1"
        }"#;
        let spec = parse(text).unwrap();
        assert_eq!(
            (spec.id().to_string(), &**spec.folder()),
            ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".to_owned(), Path::new("/var/lib/neutron/ha_confs/1"))
        );
        for (part, other) in [
            ("9b3a", "9B3A"),
            ("qrouter-1", "../x"),
            ("ha-0", ""),
            ("/24", ""),
            ("/var/lib", "var/lib"),
            ("cidr", "CIDR"),
            ("{", "{\"x\": 1,"),
            ("\"namespace\": \"qrouter-1\", ", ""),
        ] {
            let refused = parse(&text.replacen(part, other, 1));
            assert!(matches!(refused, Err(FileError::Senseless(_))), "{part} as {other}");
        }
    }

    #[test]
    fn little_is_said_of_a_file_however_much_is_in_it() {
        let text = format!("{{\"{}\": 1}}", "é".repeat(2_000));
        let said = parse(&text).unwrap_err().to_string();
        assert!(said.starts_with("unknown field `éé") && said.chars().count() == MOST_SAID + 1, "{said}");
    }

    #[test]
    fn of_too_many_files_those_that_come_first_by_name_are_looked_at() {
        let of = |junk: usize, files: usize| {
            let files = (0..files).rev().map(|number| Ok(format!("{number:06}.json").into()));
            let (found, is_whole) = first(files.chain((0..junk).map(|_| Ok("junk".into())))).unwrap();
            let last = found.last().and_then(|name| name.to_str()?.strip_suffix(".json")?.parse::<usize>().ok());
            (found.len(), last, is_whole)
        };
        assert_eq!(of(9, 3), (3, Some(2), true));
        assert_eq!(of(9, MOST_FILES), (MOST_FILES, Some(MOST_FILES - 1), true));
        assert_eq!(of(9, MOST_FILES + 2), (MOST_FILES, Some(MOST_FILES - 1), false));
        assert_eq!(of(MOST_NAMES - 3, 3), (3, Some(2), true));
        assert_eq!(of(MOST_NAMES, 3), (3, Some(2), false));
    }

    #[test]
    fn what_the_system_refuses_passes_and_what_is_no_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert!(matches!(read(&path), Err(FileError::Passing(_))));
        std::os::unix::fs::symlink("/nowhere", &path).unwrap();
        assert!(matches!(read(&path), Err(FileError::Senseless(_))));
        assert!(matches!(read(folder.path()), Err(FileError::Senseless(_))));
        for content in [vec![0xff], vec![b' '; 5_000]] {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, content).unwrap();
            assert!(matches!(read(&path), Err(FileError::Senseless(_))));
        }
    }
}
