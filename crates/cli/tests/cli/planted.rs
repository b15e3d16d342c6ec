//! `hanotify serve --output FILE` in a folder into which others can put files: which of these it takes.
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use hanotify_testing::running::{ACCEPTED, message};
use rustix::process::Signal;

use super::serving::Serving;

const SOON: Duration = Duration::from_secs(5);

/// A user that this isn't.
const OTHER: u32 = 65_534;

/// Folders that others can write to, with the reason: everybody, as to /tmp; a group, as to /var/log of many systems;
/// the user whose folder it is.
fn shared_folders(parent: &Path) -> Vec<PathBuf> {
    let (modes, is_root) = ([0o1777, 0o775, 0o755], rustix::process::geteuid().is_root());
    let folders = modes.map(|mode| (mode, parent.join(format!("{mode:o}"))));
    for (mode, folder) in &folders {
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, Permissions::from_mode(*mode)).unwrap();
        if is_root && *mode == 0o755 {
            chown(folder, Some(OTHER), None).unwrap();
        }
    }
    folders.into_iter().filter(|(mode, _)| is_root || *mode != 0o755).map(|(_, folder)| folder).collect()
}

fn make_fifo(path: &Path) -> fs::File {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    fs::File::options().read(true).write(true).open(path).unwrap()
}

/// Puts something there that others may have planted, under several names.
fn plant(shared: &Path, outside: &Path) -> Vec<(PathBuf, Option<fs::File>)> {
    let at = |name: &str| shared.join(name);
    for name in ["open_to_all", "theirs"] {
        fs::write(at(name), "").unwrap();
    }
    fs::set_permissions(at("open_to_all"), Permissions::from_mode(0o666)).unwrap();
    fs::write(outside, "").unwrap();
    fs::hard_link(outside, at("second_name")).unwrap();
    let reader = make_fifo(&at("fifo"));
    let mut planted = vec![(at("open_to_all"), None), (at("second_name"), None), (at("fifo"), Some(reader))];
    if rustix::process::geteuid().is_root() {
        chown(at("theirs"), Some(OTHER), None).unwrap();
        planted.push((at("theirs"), None));
    }
    planted
}

#[test]
fn a_file_that_others_may_have_planted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for shared in shared_folders(folder.path()) {
        for (path, _reader) in plant(&shared, &folder.path().join("mine")) {
            let mut command = Serving::command(folder.path(), &["--output", path.to_str().unwrap()]);
            let child = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut serving = Serving { child, folder: tempfile::tempdir().unwrap() };
            assert_eq!(serving.end_within(SOON).code(), Some(2), "{path:?}");
            let said = std::io::read_to_string(serving.child.stderr.take().unwrap()).unwrap();
            let is_named = said.contains("others can put files into its folder") || said.contains("Permission denied");
            assert!(is_named, "{path:?}: {said}");
        }
        fs::remove_file(folder.path().join("mine")).unwrap();
    }
}

#[test]
fn what_others_plant_before_a_rotation_gets_no_event_and_a_file_of_its_own_is_taken() {
    for args in [&[][..], &["--sandbox"]] {
        let parent = tempfile::tempdir().unwrap();
        for shared in shared_folders(parent.path()) {
            let (folder, own, old) = (tempfile::tempdir().unwrap(), shared.join("own"), shared.join("old"));
            let mut command = Serving::command(folder.path(), &[&["--output", own.to_str().unwrap()], args].concat());
            let serving = Serving { child: command.spawn().unwrap(), folder }.listening();
            assert_eq!(serving.ask(&message("backup")), ACCEPTED);
            for (path, _reader) in plant(&shared, &parent.path().join("mine")) {
                fs::rename(&own, &old).unwrap();
                fs::rename(&path, &own).unwrap();
                serving.signal(Signal::HUP);
                sleep(Duration::from_millis(100));
                let before = fs::metadata(&old).unwrap().len();
                assert_eq!(serving.ask(&message("backup")), ACCEPTED);
                assert!(fs::metadata(&old).unwrap().len() > before, "{path:?} took an event");
                fs::rename(&old, &own).unwrap();
            }
            fs::remove_file(parent.path().join("mine")).unwrap();
            serving.stop();
        }
    }
}
