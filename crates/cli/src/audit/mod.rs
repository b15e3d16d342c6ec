//! `hanotify audit`: tests any live server against the vectors, and against probes of its behaviour.

mod args;
mod asked;
mod changes;
mod known;
mod orphans;
mod progress;
mod report;
mod signals;
mod table;

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use hanotify_audit::vectors::{Case, Level, in_folder};
use hanotify_audit::{AuditError, Entry, Finished, LeftBehind, Stop};
use rustix::process::Pid;

use self::args::Mode;
pub(crate) use self::args::{Audit, ReportFile};
pub(crate) use self::asked::{Server, explained};
use self::known::Known;
pub(crate) use self::orphans::Orphans;
use self::progress::Progress;
pub(crate) use self::report::Reports;
pub(crate) use self::signals::{Signals, survive_the_limit_on_files};
use super::FAILED;
use super::output::{self, Printable, complain};

/// At least one case or probe failed.
pub(crate) const FAULTY: u8 = 1;

/// Audits, or compares audits, and says how it went.
pub(crate) fn run(args: &Audit) -> ExitCode {
    survive_the_limit_on_files();
    let done = match args.mode() {
        Mode::Compare(files) => compared(args, files),
        Mode::List => listed(args),
        Mode::Live => audited(args),
    };
    ExitCode::from(done.unwrap_or_else(|error| {
        complain(error);
        FAILED
    }))
}

/// Compares audits, and shows them: the exit code.
fn compared(args: &Audit, files: &[PathBuf]) -> Result<u8, String> {
    let reports = Reports::open(&args.report)?;
    let audits = report::load(files)?;
    let mut exit = match &*audits {
        [audit] if audit.new_failures().next().is_some() => FAULTY,
        [old, new @ ..] if new.iter().any(|new| changes::has_regressions(old, new)) => FAULTY,
        _ => 0,
    };
    exit = exit.max(reports.write(&audits));
    let mut stdout = output::coloured_stdout();
    let written = match &*audits {
        [old, new] => changes::write(old, new, args.all, &mut stdout).and_then(|()| stdout.flush()),
        audits => table::write_all(audits, args.all, &mut stdout),
    };
    exit = exit.max(code_of_stdout(written));
    if let [old, new @ ..] = &*audits
        && new.iter().any(|new| changes::is_cut_short(old, new))
    {
        complain("an audit that ended early can't be compared in what it has not seen");
        exit = FAILED;
    }
    Ok(exit)
}

/// Audits a server, and says what was found: the exit code.
fn audited(args: &Audit) -> Result<u8, String> {
    // The vectors are read before a report is opened, which may be in their folder.
    let audit = configured(args)?;
    let (mut known, reports) = (Known::open(args)?, Reports::open(&args.report)?);
    let Finished { mut results, ended, .. } = live(audit, args)?;
    results.vectors = args.vectors.as_deref().map(|path| Printable(&path.to_string_lossy()).to_string());
    known.mark(&mut results);
    let mut exit = if known.has_failed(&results) { FAULTY } else { 0 };
    let audits = [results];
    // First, because a table that nobody reads any more is no reason to lose them.
    exit = exit.max(reports.write(&audits));
    let mut stdout = output::coloured_stdout();
    let written = table::write_all(&audits, args.all, &mut stdout).and_then(|()| known.report(&mut stdout));
    exit = exit.max(code_of_stdout(written));
    let [results] = audits;
    if let Err(error) = known.write(&results) {
        complain(error);
        exit = FAILED;
    }
    if let Some(stop) = ended {
        complain(format_args!(
            "the audit ended early: {stop}{}; what was found until then is above, and in the reports",
            switch_for(&stop)
        ));
        exit = FAILED;
    }
    Ok(exit)
}

/// The exit code of what was written to standard output.
pub(crate) fn code_of_stdout(written: io::Result<()>) -> u8 {
    let Err(error) = written else { return 0 };
    output::complain_of_stdout(&error);
    FAILED
}

/// Says what is left of a server that was started, and of what that has started.
pub(crate) fn complain_of(left: Option<LeftBehind>, orphans: &[Pid]) {
    let (folder, process) = left.map_or((None, None), |left| (left.folder, left.process));
    let orphans = orphans.iter().filter_map(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    for process in process.into_iter().chain(orphans.filter(|pid| Some(*pid) != process)) {
        complain(format_args!("can't end process {process}, which is the server's: end it by hand"));
    }
    if let Some(folder) = folder {
        let folder = folder.as_os_str().as_bytes().escape_ascii();
        complain(format_args!("can't remove {folder}, which was made for the server's socket: remove it by hand"));
    }
}

/// The switch of this command that helps.
fn switch_for(stop: &Stop) -> &'static str {
    match stop {
        Stop::Time => " (--max-time)",
        Stop::Descriptors { .. } => " (--burst)",
        _ => "",
    }
}

fn live(audit: hanotify_audit::Audit, args: &Audit) -> Result<Finished, String> {
    let signals = Signals::take_over().map_err(|error| error.to_string())?;
    let orphans = args.server.spawn.is_some().then(Orphans::adopt);
    let done = audit.with_stop(signals.interrupted()).run(&mut Progress::new());
    let orphans = orphans.map(Orphans::end).unwrap_or_default();
    let (left, done) = match done {
        Ok(mut finished) => (finished.left_behind.take(), Ok(finished)),
        Err(AuditError::LeftBehind { cause, left }) => (Some(left), Err(*cause)),
        Err(error) => (None, Err(error)),
    };
    complain_of(left, &orphans);
    done.map_err(|error| named(args, error))
}

/// Why an audit can't begin, with the switch of this command that is about it.
fn named(args: &Audit, error: AuditError) -> String {
    match error {
        other @ AuditError::NothingSelected(_) => format!("--select: {other}"),
        other @ AuditError::NothingLeft => format!("--skip: {other}"),
        other => explained(&args.server, other),
    }
}

/// Lists what would be audited: the exit code.
fn listed(args: &Audit) -> Result<u8, String> {
    let entries = configured(args)?.list().map_err(|error| named(args, error))?;
    let mut stdout = output::stdout();
    let mut lines = entries.iter().map(|Entry { id, level, cwe, title, .. }| {
        let level = if *level == Level::Must { "must" } else { "choice" };
        writeln!(stdout, "{}\t{level}\t{}\t{}", Printable(id), cwe.code_and_title().0, Printable(title))
    });
    let written = lines.try_for_each(|line| line);
    let written = written.and_then(|()| stdout.flush());
    Ok(code_of_stdout(written))
}

/// What the arguments ask for.
fn configured(args: &Audit) -> Result<hanotify_audit::Audit, String> {
    let cases = args.vectors.as_deref().map(in_folder).transpose().map_err(|error| format!("vectors: {error}"))?;
    let mut audit = args.server.audit()?;
    audit = audit.with_burst(args.burst).with_deadline(*args.deadline).with_max_time(*args.max_time);
    if let Some(groups) = cases {
        let cases: Vec<Case> = groups.into_iter().flat_map(|group| group.cases).collect();
        audit = audit.with_cases(cases);
    }
    audit = args.select.iter().cloned().fold(audit, hanotify_audit::Audit::with_selected);
    audit = args.skip.iter().cloned().fold(audit, hanotify_audit::Audit::with_skipped);
    if let Some(id) = args.failing_id {
        audit = audit.with_failing_id(id);
    }
    if let Some(id) = args.pid {
        audit = audit.with_process(id);
    }
    Ok(if args.only_vectors { audit.without_probes() } else { audit })
}
