//! The folder of the findings: two files for each, written when it is found, so that nothing that ends a hunt loses it.

use std::fmt::Display;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hanotify_audit::hunt::{Finding, Sequence};
use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};

use crate::output::{Printable, read_file};

/// How the files of sequences end: `audit --vectors` reads no such file.
const SEQUENCE: &str = "sequence";
/// The longest of them that is read, in bytes.
const LONGEST_SEQUENCE: u64 = 16 << 20;
/// The most files of sequences that are read, and bytes of them all. A hunt leaves a few of a few kilobytes.
const MOST_FILES: usize = 1_024;
const MOST_BYTES: u64 = 64 << 20;

/// Where findings are written, if they are.
pub(super) struct Folder {
    /// Its path, and the folder itself: whatever the path leads to later, the files go here.
    opened: Option<(PathBuf, File)>,
    /// The first file that could not be written, and why.
    failed: Option<String>,
}

impl Folder {
    /// Makes the folder: a path that can't be one ends the hunt before it begins.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, String> {
        let opened = path.map(|path| match made(path) {
            Ok(folder) => Ok((path.to_owned(), folder)),
            Err(error) => Err(format!("--findings: {}: {error}", printable(path))),
        });
        Ok(Self { opened: opened.transpose()?, failed: None })
    }

    pub(super) fn write(&mut self, finding: &Finding) {
        let name = |ending: &str| format!("{}.{ending}", finding.name);
        if let Some(sequence) = &finding.sequence {
            return self.put(&name(SEQUENCE), sequence.text(&finding.why).as_bytes());
        }
        let vector = finding.vector().map(|text| (name("json"), text.into_bytes()));
        for (name, bytes) in vector.into_iter().chain([(name("http"), finding.input.clone())]) {
            self.put(&name, &bytes);
        }
    }

    /// Puts a file of this name there, whole or not at all.
    fn put(&mut self, name: &str, bytes: &[u8]) {
        let Some((path, folder)) = &self.opened else { return };
        if let Err(error) = replace(folder, name, bytes) {
            self.failed.get_or_insert_with(|| format!("--findings: {}: {error}", printable(&path.join(name))));
        }
    }

    /// What went wrong with the files, if anything did.
    pub(super) fn failed(self) -> Option<String> {
        self.failed
    }
}

/// A folder that is there, or is made.
fn made(path: &Path) -> io::Result<File> {
    fs::create_dir_all(path)?;
    let directory = i32::try_from(OFlags::DIRECTORY.bits()).unwrap_or_default();
    File::options().read(true).custom_flags(directory).open(path)
}

/// Puts a new file in the place of whatever has this name. What is there is neither opened nor followed: others may
/// have planted a link or a FIFO.
fn replace(folder: &File, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = format!(".{name}.{:016x}", RandomState::new().hash_one(()));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, &beside, flags, Mode::from_raw_mode(0o666))?);
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| Ok(renameat(folder, &beside, folder, name)?));
    if renamed.is_err() {
        let _ = unlinkat(folder, &beside, AtFlags::empty());
    }
    renamed
}

/// The names of the findings in a folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error| format!("--known: {}: {error}", printable(folder));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_finding = path.extension().is_some_and(|ending| ending == "http" || ending == SEQUENCE);
        names.extend(path.file_stem().filter(|_| is_finding).map(|name| name.to_string_lossy().into_owned()));
    }
    Ok(names)
}

/// The sequence in a file, or those in a folder. `check` is asked before each file whether to go on.
pub(super) fn sequences(path: &Path, check: &dyn Fn() -> Result<(), String>) -> Result<Vec<Sequence>, String> {
    let mut left = MOST_BYTES;
    let mut read = |path: &Path| {
        check()?;
        sequence(path, &mut left).map_err(|error| not_replayed(path, &error))
    };
    if !path.is_dir() {
        return Ok(vec![read(path)?]);
    }
    files_of_sequences(path, check)?.iter().map(|path| read(path)).collect()
}

fn files_of_sequences(folder: &Path, check: &dyn Fn() -> Result<(), String>) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| not_replayed(folder, &error))? {
        check()?;
        let entry = entry.map_err(|error| not_replayed(folder, &error))?.path();
        paths.extend(Some(entry).filter(|path| path.extension().is_some_and(|ending| ending == SEQUENCE)));
        if paths.len() > MOST_FILES {
            return Err(not_replayed(folder, &format_args!("it has over {MOST_FILES} sequences")));
        }
    }
    if paths.is_empty() {
        return Err(not_replayed(folder, &"it has no sequence"));
    }
    paths.sort();
    Ok(paths)
}

fn not_replayed(path: &Path, why: &dyn Display) -> String {
    format!("--replay: {}: {why}", printable(path))
}

/// Reads a file, of which so many bytes may be left to read.
fn sequence(path: &Path, left: &mut u64) -> Result<Sequence, String> {
    let bytes = read_file(path, LONGEST_SEQUENCE).map_err(|error| error.to_string())?;
    *left = left
        .checked_sub(bytes.len() as u64)
        .ok_or_else(|| format!("with it, the sequences have over {} MiB: replay a part of them", MOST_BYTES >> 20))?;
    Sequence::read(&String::from_utf8_lossy(&bytes))
}

fn printable(path: &Path) -> String {
    Printable(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_is_planted_in_the_place_of_a_finding_is_replaced_and_not_followed() {
        let within = tempfile::tempdir().unwrap();
        let (path, outside) = (within.path().join("found"), within.path().join("outside"));
        fs::write(&outside, "precious").unwrap();
        let mut folder = Folder::open(Some(&path)).unwrap();
        symlink(&outside, path.join("link.json")).unwrap();
        symlink(within.path().join("none"), path.join("hanging.json")).unwrap();
        fs::hard_link(&outside, path.join("hard.json")).unwrap();
        // Nobody reads it: whoever opens it to write would wait.
        mkfifoat(CWD, path.join("fifo.json"), Mode::RUSR | Mode::WUSR).unwrap();
        for name in ["link.json", "hanging.json", "hard.json", "fifo.json"] {
            folder.put(name, b"new");
            assert!(fs::symlink_metadata(path.join(name)).unwrap().is_file(), "{name}");
            assert_eq!(fs::read(path.join(name)).unwrap(), b"new", "{name}");
        }
        assert_eq!((fs::read(&outside).unwrap(), entries(within.path())), (b"precious".to_vec(), 2));
        assert_eq!((entries(&path), folder.failed()), (4, None));
    }

    #[test]
    fn the_files_stay_in_the_folder_that_was_opened() {
        let within = tempfile::tempdir().unwrap();
        let (path, moved, other) = (within.path().join("a"), within.path().join("b"), within.path().join("c"));
        let mut folder = Folder::open(Some(&path)).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&other).unwrap();
        symlink(&other, &path).unwrap();
        folder.put("one", b"1");
        assert_eq!((entries(&moved), entries(&other), folder.failed()), (1, 0, None));
    }

    const ONE: &str = r#"{"version":1,"about":"","messages":[],"steps":[]}"#;

    fn refused(path: &Path) -> String {
        sequences(path, &|| Ok(())).unwrap_err()
    }

    #[test]
    fn whether_to_go_on_is_asked_before_each_file_that_is_replayed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.sequence", "b.sequence", "c.sequence"] {
            fs::write(folder.path().join(name), ONE).unwrap();
        }
        // Three times while the names are read, and then before each.
        for may in 0..6 {
            let asked = std::cell::Cell::new(0);
            let check = || match asked.replace(asked.get() + 1) {
                before if before < may => Ok(()),
                _ => Err("no more".to_owned()),
            };
            assert_eq!(sequences(folder.path(), &check).unwrap_err(), "no more");
            assert_eq!(asked.get(), may + 1);
        }
        assert_eq!(sequences(folder.path(), &|| Ok(())).unwrap().len(), 3);
    }

    #[test]
    fn what_is_replayed_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("0.sequence");
        fs::write(&first, ONE).unwrap();
        let mut left = ONE.len() as u64 * 2 - 1;
        assert!(sequence(&first, &mut left).is_ok());
        let refusal = sequence(&first, &mut left).unwrap_err();
        assert_eq!(refusal, "with it, the sequences have over 64 MiB: replay a part of them");
        for number in 1..=MOST_FILES {
            fs::hard_link(&first, folder.path().join(format!("{number}.sequence"))).unwrap();
        }
        assert!(refused(folder.path()).ends_with(": it has over 1024 sequences"));
    }

    #[test]
    fn what_is_said_of_a_file_is_printable_and_short() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sequence");
        for key in [r"\u001b[31m\u009b\u202e".to_owned(), "x".repeat(100_000)] {
            let step = format!(r#"{{"{key}":{{"connection":0}}}}"#);
            fs::write(&path, format!(r#"{{"version":1,"about":"","messages":[],"steps":[{step}]}}"#)).unwrap();
            let said = refused(&path).replace(&printable(&path), "");
            assert!(said.starts_with("--replay: : unknown variant `") && said.chars().count() < 300, "{said}");
            assert!(said.chars().all(|char| char == '\\' || char.escape_debug().len() == 1), "{said:?}");
        }
    }

    #[test]
    fn what_cant_be_written_is_said_and_leaves_nothing() {
        let within = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(Some(within.path())).unwrap();
        fs::create_dir(within.path().join("one.json")).unwrap();
        for name in ["one.json", "two.json"] {
            folder.put(name, b"1");
        }
        assert_eq!(entries(within.path()), 2);
        let failed = folder.failed().unwrap();
        assert!(failed.contains("one.json: Is a directory"), "{failed}");
    }
}
