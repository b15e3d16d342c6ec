//! Which cases and probes an audit has.

use super::{audit, report, serve, text};

/// The exit status, the ids that are in the report, and what is said.
fn ids(args: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let asked = format!("json={}", json.display());
    let output = audit(&[&["--events=-", "--deadline=1s", "--spawn", &serve(), "--report", &asked], args].concat());
    let of = |json: &std::path::Path| {
        report(json)["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].as_str().unwrap().to_owned())
            .collect()
    };
    (output.status.code(), if json.exists() { of(&json) } else { Vec::new() }, text(&output.stderr))
}

#[test]
fn what_is_selected_is_audited_alone() {
    for (args, expected) in [
        (&["--only", "state/list"][..], &["state/list"][..]),
        (&["--select=state/list", "--select=probe/half-close"], &["state/list", "probe/half-close"]),
        (
            &["--select=probe/*", "--skip=probe/?*-*", "--skip=CWE-693"],
            &[
                "probe/echo",
                "probe/order",
                "probe/interleaved",
                "probe/burst",
                "probe/descriptors",
                "probe/threads",
                "probe/children",
                "probe/memory",
            ],
        ),
        (
            &["--select=CWE-284", "--skip=probe/socket-m*", "--skip=conditions/*"],
            &["probe/socket-directory", "probe/socket-owner"],
        ),
        (&["--select=probe/reply-framing-lines*"], &["probe/reply-framing-lines-end-in-a-bare-lf"]),
    ] {
        let (exit, ids, said) = ids(args);
        let expected: Vec<_> = expected.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!((exit, ids), (Some(0), expected), "{said}");
    }
}

#[test]
fn a_level_is_selected() {
    let (exit, choices, said) = ids(&["--only-vectors", "--select=choice"]);
    assert_eq!(exit, Some(0), "{said}");
    let (_, musts, _) = ids(&["--only-vectors", "--skip=choice"]);
    assert!(choices.len() > 100 && musts.len() > 500, "{} {}", choices.len(), musts.len());
    assert!(choices.iter().all(|id| !musts.contains(id)));
}

#[test]
fn a_name_that_nothing_has_is_an_error() {
    for (args, said) in [
        (&["--select=state/lits"][..], "hanotify: --select: nothing that is audited is named state/lits"),
        (
            &["--only-vectors", "--select=probe/burst"],
            "hanotify: --select: nothing that is audited is named probe/burst",
        ),
        (&["--select=state/list", "--skip=state/*"], "hanotify: --skip: everything that was selected is skipped"),
    ] {
        let (exit, _, stderr) = ids(args);
        assert_eq!(exit, Some(2));
        assert!(stderr.starts_with(said), "{stderr}");
    }
}

#[test]
fn what_is_listed_is_what_is_audited() {
    for args in [&[][..], &["--select=choice", "--skip=router-id/*"], &["--only-vectors", "--select=probe/*"]] {
        let output = audit(&[&["--list"], args].concat());
        let listed = text(&output.stdout);
        let columns = listed.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let mut listed: Vec<_> =
            columns.filter(|line| matches!(line[1], "must" | "choice")).map(|line| line[0].to_owned()).collect();
        let (_, mut audited, said) = ids(args);
        listed.sort_unstable();
        audited.sort_unstable();
        assert_eq!(listed, audited, "{said}");
        assert!(!listed.is_empty());
    }
    let output = audit(&["--list", "--select=nothing/here"]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
    assert!(text(&output.stderr).contains("--select: "));
}
