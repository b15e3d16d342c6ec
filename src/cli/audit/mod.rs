//! `hanotify audit`: holds any live server against the vectors, and against probes of its behaviour.

mod args;
mod auditor;
mod events;
mod judge;
mod live;
mod probes;
mod progress;
mod replies;
mod report;
mod result;
mod spawn;
mod target;
mod vectors;

use std::io;
use std::process::ExitCode;

pub(crate) use self::args::Audit;
use self::args::{Mode, ReportFile};
use self::auditor::Stop;
use self::result::Outcome;
use super::FAILED;
use super::output::{complain, failed};

/// At least one case or probe failed.
const FAULTY: u8 = 1;

/// Audits, or compares audits, and says how it went.
pub(crate) fn run(args: &Audit) -> ExitCode {
    let (audits, ended) = match args.mode() {
        Mode::Compare(files) => match report::load(files) {
            Ok(audits) => (audits, None),
            Err(error) => return usage(&error),
        },
        Mode::Live => match live::run(args) {
            Ok((audit, ended)) => (vec![audit], ended),
            Err(error) => return usage(&error),
        },
    };
    if let Err(error) = report::table(&audits, args.all, &mut anstream::stdout().lock()) {
        return failed(&error);
    }
    let mut exit = if audits.iter().any(|audit| audit.count(Outcome::Fail) > 0) { FAULTY } else { 0 };
    for ReportFile { kind, path } in &args.report {
        if let Err(error) = report::write(*kind, path, &audits) {
            complain(error);
            exit = FAILED;
        }
    }
    if let Some(stop) = ended {
        complain(format_args!("the audit ended early: {stop}; what was found until then is above, and in the reports"));
        exit = FAILED;
    }
    ExitCode::from(exit)
}

fn usage(error: &str) -> ExitCode {
    complain(error);
    ExitCode::from(FAILED)
}

/// Where standard output is read by nobody any more, there is no going on.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Own(error.to_string())
    }
}
