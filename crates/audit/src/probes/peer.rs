//! A peer of another user: only root can become one, on a thread of its own.

use std::io;
use std::thread;

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::Bounds;
use crate::auditor::{Auditor, Finding, Observed};
use crate::judge::{about, judge};
use crate::results::Outcome;
use crate::stop::Stop;
use crate::target::{Exchange, Finish, Target};
use crate::vectors::{Case, Given};

/// `nobody`, on the systems that agents run on.
const NOBODY: u32 = 65_534;

/// Tests the server with the cases of peers that are not allowed.
pub(crate) fn run(auditor: &mut Auditor, bounds: &Bounds, cases: &[Case]) -> Result<(), Stop> {
    let own = |case: &&Case| case.given == Some(Given::PeerNotAllowed) && case.with == bounds.configured;
    for case in cases.iter().filter(own) {
        auditor.check_may_go_on()?;
        let finding = if geteuid().is_root() {
            as_nobody(auditor, case)?
        } else {
            Finding::new(Outcome::NotSeen, "it needs root to connect as another user")
        };
        auditor.note(about(case), finding);
    }
    Ok(())
}

fn as_nobody(auditor: &mut Auditor, case: &Case) -> Result<Finding, Stop> {
    let (target, input) = (auditor.server.target.clone(), case.input.clone());
    // The ids are those of the thread, and end with it.
    let asking = thread::Builder::new().spawn(move || become_nobody().map(|()| ask(&target, &input)));
    let asked = asking.map_err(Stop::Thread)?.join();
    auditor.check_may_go_on()?;
    let events = auditor.sync()?;
    Ok(match asked {
        Ok(Ok(Ok(exchange))) => judge(case, &Observed { sent: &case.input, exchange: &exchange, events }),
        Ok(Ok(Err(Stop::Lost(error)))) if error.kind() == io::ErrorKind::PermissionDenied => {
            let why =
                format!("uid {NOBODY} can't connect: the permissions of the file or of a folder above it keep it out");
            Finding::new(Outcome::Pass, why)
        }
        Ok(Ok(Err(Stop::Lost(error)))) => {
            Finding::new(Outcome::NotSeen, format!("uid {NOBODY} couldn't connect: {error}"))
        }
        Ok(Ok(Err(stop))) => Finding::new(Outcome::NotSeen, format!("uid {NOBODY} couldn't connect: {stop}")),
        Ok(Err(error)) => Finding::new(Outcome::NotSeen, format!("can't become uid {NOBODY}: {error}")),
        Err(_) => Finding::new(Outcome::NotSeen, "the thread of the other user failed"),
    })
}

fn become_nobody() -> rustix::io::Result<()> {
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}

fn ask(target: &Target, input: &[u8]) -> Result<Exchange, Stop> {
    target.exchange(input, Finish::Never)
}
