//! `hanotify hunt`: sends any live server what nobody has thought of, with the parser as the judge of each message.

mod args;
mod folder;
mod table;

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hanotify_audit::hunt::{Finding, HuntObserver, Hunted, Sequence, Tally};
use hanotify_audit::{Audit, AuditError, Stop};

pub(crate) use self::args::Hunt;
use self::folder::Folder;
use crate::FAILED;
use crate::audit::{
    FAULTY, Orphans, Reports, Signals, code_of_stdout, complain_of, explained, survive_the_limit_on_files,
};
use crate::bar::Bar;
use crate::output::{self, complain};

/// Hunts, and says what was found.
pub(crate) fn run(args: &Hunt) -> ExitCode {
    survive_the_limit_on_files();
    ExitCode::from(hunted(args).unwrap_or_else(|error| {
        complain(error);
        FAILED
    }))
}

/// Hunts on a server, and says what was found: the exit code.
fn hunted(args: &Hunt) -> Result<u8, String> {
    let hunt = configured(args)?;
    let reports = Reports::open(&args.report)?;
    let mut watcher = Watcher { bar: Bar::hidden(), folder: Folder::open(args.findings.as_deref())? };
    let hunted = live(hunt, args, &mut watcher)?;
    let mut exit = if hunted.results.new_failures().next().is_some() { FAULTY } else { 0 };
    if let Some(failed) = watcher.folder.failed() {
        complain(failed);
        exit = FAILED;
    }
    exit = exit.max(reports.write(std::slice::from_ref(&hunted.results)));
    let written = table::write(&hunted, args.all, &mut output::coloured_stdout());
    exit = exit.max(code_of_stdout(written));
    if let Some(stop) = hunted.ended {
        complain(format_args!("the hunt ended early: {stop}; what was found until then is above, and in its files"));
        exit = FAILED;
    }
    Ok(exit)
}

fn live(hunt: (Audit, u64), args: &Hunt, watcher: &mut Watcher) -> Result<Hunted, String> {
    let (audit, seed) = hunt;
    let known = args.known.as_deref().map(folder::names).transpose()?.unwrap_or_default();
    let signals = Signals::take_over().map_err(|error| error.to_string())?;
    let (replayed, left) = to_replay(args, &signals)?;
    let orphans = args.server.spawn.is_some().then(Orphans::adopt);
    let mut hunt = hanotify_audit::hunt::Hunt::of(audit.with_max_time(left).with_stop(signals.interrupted()))
        .with_seed(seed)
        .with_connections(args.connections)
        .with_messages(args.messages.unwrap_or(u64::MAX))
        .with_known(known);
    if args.without_vectors {
        hunt = hunt.without_vectors();
    }
    if let Some(sequences) = replayed {
        hunt = hunt.with_replayed(sequences);
    }
    watcher.bar = Bar::start(args.messages.unwrap_or(u64::MAX), "{pos} messages  {per_sec}  {elapsed}  {msg}");
    let done = hunt.run(watcher);
    watcher.bar = Bar::hidden();
    let orphans = orphans.map(Orphans::end).unwrap_or_default();
    let (left, done) = match done {
        Ok(mut hunted) => (hunted.left_behind.take(), Ok(hunted)),
        Err(AuditError::LeftBehind { cause, left }) => (Some(left), Err(*cause)),
        Err(error) => (None, Err(error)),
    };
    complain_of(left, &orphans);
    done.map_err(|error| match error {
        AuditError::Begin { stop: Stop::Time, .. } => "--for: the time was over before the server was there".to_owned(),
        error => explained(&args.server, error),
    })
}

/// The sequences to send again, if any, and the time that is left when they are read.
fn to_replay(args: &Hunt, signals: &Signals) -> Result<(Option<Vec<Sequence>>, Duration), String> {
    let (begun, interrupted) = (Instant::now(), signals.interrupted());
    let check = || match interrupted.load(Ordering::SeqCst) {
        true => Err("interrupted before the sequences were read".to_owned()),
        false if begun.elapsed() >= *args.time => Err("--for: the time was over before the sequences were read".into()),
        false => Ok(()),
    };
    let sequences = args.replay.as_deref().map(|path| folder::sequences(path, &check)).transpose()?;
    Ok((sequences, args.time.saturating_sub(begun.elapsed())))
}

/// What the arguments ask for, and the seed.
fn configured(args: &Hunt) -> Result<(Audit, u64), String> {
    let audit = args.server.audit()?;
    // A number that a person can type again.
    let random = || RandomState::new().hash_one(()) % 1_000_000;
    Ok((audit, args.seed.unwrap_or_else(random)))
}

/// Writes findings when they are found, and shows how far the hunt is.
struct Watcher {
    bar: Bar,
    folder: Folder,
}

impl HuntObserver for Watcher {
    fn sent(&mut self, tally: &Tally) {
        self.bar.set_position(tally.messages);
    }

    fn found(&mut self, finding: &Finding) {
        self.folder.write(finding);
        self.bar.set_message(finding.way.title());
    }

    fn restarted(&mut self, _why: &str) {
        self.bar.set_message("the server was started again");
    }
}
