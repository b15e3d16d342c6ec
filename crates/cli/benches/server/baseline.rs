//! The counts of an earlier commit, and by how much they may have grown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use hanotify_testing::counting::compiler;

/// A count that is held against the baseline.
pub(crate) struct Held {
    pub(crate) name: &'static str,
    pub(crate) count: u64,
    /// How many times the baseline's it may be.
    pub(crate) here: f64,
    /// The same where another compiler or C library made the baseline.
    pub(crate) elsewhere: f64,
}

/// The counts, and the compiler and the C library that they are of.
pub(crate) struct Baseline(Value);

impl Baseline {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(path()).unwrap_or_else(|error| panic!("{}: {error}", path().display()));
        let baseline = Self(serde_json::from_str(&text).unwrap());
        if !baseline.is_from_here() {
            println!(
                "          The baseline is of {}, this is {}: counts may differ by more.",
                baseline.0["of"],
                json!(of())
            );
        }
        baseline
    }

    pub(crate) fn write(all: &[Held]) {
        let counts: BTreeMap<_, _> = all.iter().map(|held| (held.name, held.count)).collect();
        let text = serde_json::to_string_pretty(&json!({ "of": of(), "counts": counts })).unwrap();
        fs::write(path(), text + "\n").unwrap();
    }

    /// The most that this count may be.
    pub(crate) fn most(&self, held: &Held) -> u64 {
        let before = self.0["counts"][held.name].as_u64();
        let before = before.unwrap_or_else(|| panic!("{} has no {:?}", path().display(), held.name));
        let growth = if self.is_from_here() { held.here } else { held.elsewhere };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts are small and not negative"
        )]
        let most = (before as f64 * growth) as u64;
        most
    }

    fn is_from_here(&self) -> bool {
        self.0["of"] == json!(of())
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/server/baseline.json")
}

fn of() -> String {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let library = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    format!("{}, {library}", compiler())
}
