//! Which cases and probes an audit has: selected, and not skipped.

use std::fmt;
use std::str::FromStr;

use super::glob::{Glob, GlobError};
use super::results::Entry;
use super::vectors::{Case, Level, Weakness};

/// Names cases and probes: by a [`Glob`] of their ids, by a weakness (`CWE-664`), or by a level (`must`, `choice`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(By);

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    Id(Glob),
    Weakness(Weakness),
    Level(Level),
}

/// Why a text names no cases or probes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectorError {
    /// It is no glob of ids.
    #[error(transparent)]
    Id(#[from] GlobError),
    /// No case and no probe is about this weakness.
    #[error("no case or probe is about that weakness: the weaknesses are {}", known_weaknesses())]
    Weakness,
}

fn known_weaknesses() -> String {
    Weakness::ALL.map(|cwe| cwe.code_and_title().0).join(", ")
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        Ok(Self(match text {
            "must" => By::Level(Level::Must),
            "choice" => By::Level(Level::Choice),
            _ if text.to_ascii_uppercase().starts_with("CWE-") => {
                let has_code = |cwe: &Weakness| cwe.code_and_title().0.eq_ignore_ascii_case(text);
                By::Weakness(Weakness::ALL.into_iter().find(has_code).ok_or(SelectorError::Weakness)?)
            }
            _ => By::Id(text.parse()?),
        }))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            By::Id(glob) => glob.fmt(f),
            By::Weakness(cwe) => f.write_str(cwe.code_and_title().0),
            By::Level(Level::Must) => f.write_str("must"),
            By::Level(Level::Choice) => f.write_str("choice"),
        }
    }
}

impl Selector {
    fn matches(&self, id: &str, cwe: Weakness, level: Level) -> bool {
        match &self.0 {
            By::Id(glob) => glob.matches(id),
            By::Weakness(own) => *own == cwe,
            By::Level(own) => *own == level,
        }
    }

    /// Whether the case is one of these.
    #[must_use]
    pub fn matches_case(&self, case: &Case) -> bool {
        self.matches(&case.id, case.cwe, case.level)
    }

    /// Whether the entry is one of these.
    #[must_use]
    pub fn matches_entry(&self, entry: &Entry) -> bool {
        self.matches(&entry.id, entry.cwe, entry.level)
    }
}

/// What is audited: whatever one of `select` names, or everything if there is none; but nothing that one of `skip`
/// names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) select: Vec<Selector>,
    pub(crate) skip: Vec<Selector>,
}

impl Selection {
    pub(crate) fn has_case(&self, case: &Case) -> bool {
        self.has(|selector| selector.matches_case(case))
    }

    pub(crate) fn has_entry(&self, entry: &Entry) -> bool {
        self.has(|selector| selector.matches_entry(entry))
    }

    fn has(&self, matches: impl Fn(&Selector) -> bool) -> bool {
        (self.select.is_empty() || self.select.iter().any(&matches)) && !self.skip.iter().any(&matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_read_by_its_form() {
        let fits =
            |text: &str| text.parse::<Selector>().unwrap().matches("state/list", Weakness::ControlFlow, Level::Must);
        for text in ["state/list", "state/*", "must", "CWE-691", "cwe-691"] {
            assert!(fits(text), "{text}");
        }
        for text in ["state", "choice", "CWE-664", "musts"] {
            assert!(!fits(text), "{text}");
        }
        let wrong = "CWE-79".parse::<Selector>().unwrap_err();
        assert!(wrong.to_string().contains("CWE-284, CWE-435, "), "{wrong}");
        for text in ["must", "choice", "CWE-664", "probe/*"] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_skipped_is_out_though_it_is_selected() {
        let selection = |select: &[&str], skip: &[&str]| {
            let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
            let selection = Selection { select: read(select), skip: read(skip) };
            selection.has(|selector| selector.matches("state/list", Weakness::ControlFlow, Level::Must))
        };
        assert!(selection(&[], &[]));
        assert!(selection(&["probe/*", "state/*"], &["probe/*"]));
        assert!(!selection(&["probe/*"], &[]));
        assert!(!selection(&["state/*"], &["must"]));
        assert!(!selection(&[], &["state/list"]));
    }
}
