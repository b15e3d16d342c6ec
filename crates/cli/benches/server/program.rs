//! The command `hanotify` that is measured: the release build that the documentation describes.

use std::path::PathBuf;
use std::process::Command;

use hanotify_testing::corpus::root;

use super::Scale;
use super::bars::{Bars, figure};

/// Makes the build, unless there is a program to take in its place.
pub(crate) fn build(_: Scale, _: &mut Bars) {
    if std::env::var_os("HANOTIFY").is_none() {
        let script = root().join("contrib/build-static");
        let status = Command::new(script).status().unwrap();
        assert!(status.success(), "contrib/build-static failed");
    }
    let size = std::fs::metadata(hanotify()).unwrap().len();
    figure("the program", hanotify().display());
    figure("its size in KiB", size / 1_024);
}

/// The program.
pub(crate) fn hanotify() -> PathBuf {
    std::env::var_os("HANOTIFY").map_or_else(|| target().join("dist/hanotify"), PathBuf::from)
}

/// The folder with all that was built: this program is in `release/deps` of it.
pub(crate) fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(3).unwrap().into()
}
