//! Watches many routers in one process, for `tests/monitor/measure`:
//!
//!     many AGENT_SOCKET FOLDER NAMESPACE...
//!
//! Each namespace has an interface `ha-0`, and its router is primary while that has 169.254.0.7/24. The router's id has
//! its place in the list, and its state file is in a folder of that name. A line says when every state was
//! acknowledged.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use hanotify::RouterId;
use hanotify_monitor::{Event, Interface, Monitor, Spec};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (Some(agent), Some(folder)) = (words.next(), words.next().map(PathBuf::from)) else {
        return Err("usage: many AGENT_SOCKET FOLDER NAMESPACE...".into());
    };
    let specs = words.zip(1..).map(|(name, number)| spec(&folder, &name, number)).collect::<Result<Vec<_>, _>>()?;
    let mut untold = specs.len();
    let mut monitor = Monitor::new(agent, move |_, event| {
        if let Event::Notified(_) = event {
            untold = untold.saturating_sub(1);
            if untold == 0 {
                println!("told");
                // Later ones are no news.
                untold = usize::MAX;
            }
        }
    })?;
    for spec in specs {
        monitor.add(spec);
    }
    loop {
        monitor.turn(None)?;
    }
}

fn spec(folder: &Path, namespace: &str, number: u64) -> Result<Spec, Box<dyn Error>> {
    let id: RouterId = format!("00000000-0000-4000-8000-{number:012x}").parse()?;
    let folder = folder.join(id.to_string());
    fs::create_dir_all(&folder)?;
    let interface = Interface::parse(b"ha-0").ok_or("no name of an interface")?;
    Ok(Spec::new(id, Path::new("/run/netns").join(namespace), interface, "169.254.0.7/24".parse()?, folder))
}
