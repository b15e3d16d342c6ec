//! A report from Neutron's folder alone.

use std::error::Error;
use std::path::Path;
use std::time::SystemTime;

use super::report::{Report, Router, Source, VERSION};
use crate::ha_confs::HaConfs;
use crate::output;

/// What the state files say. A router whose file says nothing is named on standard error, and left out.
pub(super) fn look(folder: &Path) -> Result<Report, Box<dyn Error>> {
    let opened = HaConfs::open(folder)?;
    let listing = opened.list()?;
    let mut routers = Vec::new();
    for router_id in listing.ids {
        match opened.read(router_id) {
            Ok(kept) => routers.push(Router {
                router_id,
                state: kept.state,
                settled: Some(kept.state),
                since: kept.since,
                changes: 0,
                changes_last_hour: 0,
                confirmed: false,
                sender: None,
            }),
            Err(cause) => output::complain(format_args!("the state file of {router_id} says no state: {cause}")),
        }
    }
    routers.sort_unstable_by_key(|router| router.router_id);
    Ok(Report {
        version: VERSION,
        source: Source::Folder,
        at: SystemTime::now(),
        routers,
        incomplete: !listing.is_whole,
        server: None,
    })
}
