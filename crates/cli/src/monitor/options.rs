//! The options of a monitor: those of Neutron's, for one router, and those for all of a folder.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{self, Path, PathBuf};

use clap::builder::{OsStringValueParser, PathBufValueParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser};
use hanotify::RouterId;
use hanotify::client::MAX_SOCKET_PATH;
use hanotify_monitor::{Interface, Spec, Vip};

use super::log::Wording;
use crate::ids::{gid, uid};
use crate::output::Format;
use crate::serve::metrics::address;

/// The name of Neutron's monitor, under which this command has its options.
pub(super) const NAME: &str = "neutron-keepalived-state-change";
/// The name of the program that is a monitor and nothing else.
const ALONE: &str = "hanotify-monitor";
/// Where `ip netns` keeps the names of namespaces.
pub(super) const NAMESPACES: &str = "/run/netns";
/// What a command line has in the place of one router.
const OTHER_FORMS: [&str; 2] = ["all", "list"];
/// The agent's socket in its `state_path`.
const SOCKET: &str = "keepalived-state-change";

#[derive(Args)]
#[command(after_long_help = "\
It ends at SIGTERM or SIGINT. At SIGHUP it opens its log anew, and reads all files of --all and
--ha-confs again. A log file that was rotated is noticed at the next line, too.

Exit status:
  0  ended by a signal
  1  another monitor watches this router or this folder, or the system refuses
     what is needed
  2  the arguments make no sense

Exit status with --list:
  0  no router has trouble
  1  one does: the agent, conntrackd, its file or its namespace fails
  2  the arguments make no sense, the monitor could not be asked, or output
     failed

Output:
  With --list --format json there is one line:
  {\"version\":1,\"at\":\"…\",\"hanotify\":\"…\",\"routers\":[{\"router_id\":\"…\",
   \"state\":\"…\",\"since\":\"…\",\"told\":true,\"retries\":N,\"troubles\":[\"…\"]}]}
  in which `state` is null until it is certain, and `troubles` are of `agent`,
  `conntrackd`, `file` and `namespace`. Another version has another form.

Examples:
  hanotify monitor --router_id 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 \\
    --namespace qrouter-9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 \\
    --conf_dir /var/lib/neutron/ha_confs/9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 \\
    --monitor_interface ha-0a1b2c3d-4e --monitor_cidr 169.254.0.1/24 \\
    --pid_file /run/router.pid --state_path /var/lib/neutron
  hanotify monitor --all --ha-confs /var/lib/neutron/ha_confs --state_path /var/lib/neutron")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Monitor {
    /// The router: a UUID as 36 bytes in lower case with dashes, not all zero
    #[arg(long = "router_id", alias = "router-id", required_unless_present_any = OTHER_FORMS, value_name = "ID")]
    router_id: Option<RouterId>,
    /// The name of the router's network namespace; it need not be there yet
    #[arg(
        long, required_unless_present_any = OTHER_FORMS, value_name = "NAME",
        value_parser = OsStringValueParser::new().try_map(namespace)
    )]
    namespace: Option<PathBuf>,
    /// The router's folder, in which the file `state` is written
    #[arg(
        long = "conf_dir", alias = "conf-dir", required_unless_present_any = OTHER_FORMS, value_name = "DIR",
        value_parser = path().try_map(folder)
    )]
    conf_dir: Option<PathBuf>,
    /// The interface that has the address on the primary
    #[arg(
        long = "monitor_interface", alias = "monitor-interface", required_unless_present_any = OTHER_FORMS,
        value_name = "NAME", value_parser = interface
    )]
    interface: Option<Interface>,
    /// The address that makes this host the primary, with the length of its prefix
    #[arg(
        long = "monitor_cidr", alias = "monitor-cidr", required_unless_present_any = OTHER_FORMS, value_name = "CIDR"
    )]
    cidr: Option<Vip>,
    /// Where to write the process id; removed at the end
    #[arg(
        long = "pid_file", alias = "pid-file", required_unless_present_any = OTHER_FORMS, value_name = "FILE",
        value_parser = path().try_map(path::absolute)
    )]
    pub(super) pid_file: Option<PathBuf>,
    /// Watch every router of this folder: each is a file `*.json`, put there and removed while it runs. The folder may
    /// be left out beside --ha-confs
    #[arg(
        long, value_name = "DIR", num_args = 0..=1, value_parser = path().try_map(path::absolute),
        conflicts_with_all = ["router_id", "namespace", "conf_dir", "interface", "cidr"]
    )]
    #[allow(clippy::option_option, reason = "so clap takes an option whose value may be left out")]
    all: Option<Option<PathBuf>>,
    /// With --all, also watch every router that Neutron's agent keeps in this folder, such as
    /// `/var/lib/neutron/ha_confs`: its address is in the router's `keepalived.conf`, its namespace is `snat-ID`
    /// where that is there, or else `qrouter-ID`. A file of --all comes first
    #[arg(long, value_name = "DIR", requires = "all", value_parser = path().try_map(path::absolute))]
    pub(super) ha_confs: Option<PathBuf>,
    /// Where Prometheus can read the counters and the state of each router, by HTTP: a port on 127.0.0.1, or an address
    /// with a port [default: nowhere]
    #[arg(long, value_name = "ADDR", requires = "all", value_parser = address)]
    pub(super) metrics: Option<SocketAddr>,
    /// Let `hanotify monitor --list` ask, at the socket `keepalived-state-change.monitor` in the agent's folder. Root
    /// and the user of this monitor are answered; the counters are there, too
    #[arg(long, requires = "all")]
    pub(super) status: bool,
    /// Show what a monitor of all routers watches that runs with --status and this `--state_path`, and end
    #[arg(
        long,
        conflicts_with_all = ["all", "router_id", "namespace", "conf_dir", "interface", "cidr", "pid_file", "daemon"]
    )]
    pub(super) list: bool,
    /// How to write that [default: text on a terminal, json otherwise]
    #[arg(long, value_enum, requires = "list", conflicts_with_all = ["all", "router_id"])]
    pub(super) format: Option<Format>,
    /// The agent's folder: its socket there is `keepalived-state-change`
    #[arg(long = "state_path", alias = "state-path", value_name = "DIR", value_parser = path().try_map(agent))]
    pub(super) agent: PathBuf,
    /// Where to log; a file that can't be written is done without
    #[arg(
        long = "log-file", alias = "log_file", value_name = "FILE",
        default_value = "/var/log/neutron/neutron-keepalived-state-change.log",
        value_parser = path().try_map(path::absolute)
    )]
    pub(super) log_file: PathBuf,
    /// The agent's user, by name or number: the state file is given to it, and the process goes on as this user, unless
    /// it has to call conntrackd [default: as it was started]
    #[arg(long, value_name = "USER", value_parser = uid)]
    user: Option<u32>,
    /// The agent's group, by name or number
    #[arg(long, value_name = "GROUP", value_parser = gid)]
    group: Option<u32>,
    /// Call conntrackd for each state before the agent is told
    #[arg(long = "enable_conntrackd", alias = "enable-conntrackd")]
    pub(super) conntrackd: bool,
    /// Give up what a monitor that watches already has no need of: files elsewhere, TCP, other programs
    #[arg(long, conflicts_with = "conntrackd")]
    pub(super) sandbox: bool,
    /// Log more
    #[arg(long)]
    pub(super) debug: bool,
    /// Stay in the foreground [default: as the options are written: with `--option value`, as Neutron 29 does]
    #[arg(long, conflicts_with = "daemon")]
    foreground: bool,
    /// Return when the monitor watches, and leave it in the background [default: with `--option=value`, as Neutron 24
    /// does]
    #[arg(long)]
    daemon: bool,
    #[arg(long, hide = true)]
    pub(super) detached: bool,
    /// Whether the address can't be read, where that is no error.
    #[arg(skip)]
    pub(super) is_unreadable: bool,
}

#[derive(Parser)]
#[command(version)]
struct ByName {
    #[command(flatten)]
    monitor: Monitor,
}

/// Whether the program is called as Neutron's monitor is.
pub(crate) fn is_name(called: &OsStr) -> bool {
    Path::new(called).file_name() == Some(OsStr::new(NAME))
}

/// Reads the options of a program that is nothing but a monitor.
pub(crate) fn read(mut words: Vec<OsString>) -> Result<Monitor, clap::Error> {
    // Neutron 24's monitor takes any text for an address, and the router is a backup then.
    let is_of_24 = Wording::of(&words) == Wording::Neutron24;
    let unreadable = words.iter_mut().find(|word| is_of_24 && is_unreadable_cidr(word));
    let is_unreadable = unreadable.map(|word| *word = format!("{CIDR}0.0.0.0/0").into()).is_some();
    let name = if words.first().is_some_and(|called| is_name(called)) { NAME } else { ALONE };
    let mut found = ByName::command().name(name).try_get_matches_from(words)?;
    ByName::from_arg_matches_mut(&mut found).map(|read| Monitor { is_unreadable, ..read.monitor })
}

/// What Neutron 24 writes before an address.
const CIDR: &str = "--monitor_cidr=";

fn is_unreadable_cidr(word: &OsStr) -> bool {
    word.to_str().and_then(|word| word.strip_prefix(CIDR)).is_some_and(|cidr| cidr.parse::<Vip>().is_err())
}

fn path() -> PathBufValueParser {
    PathBufValueParser::new()
}

pub(super) fn namespace(name: OsString) -> Result<PathBuf, &'static str> {
    let is_name = Path::new(&name).file_name() == Some(&name);
    if is_name {
        Ok(Path::new(NAMESPACES).join(name))
    } else {
        Err("expected the name of a namespace, without slashes")
    }
}

fn folder(path: PathBuf) -> Result<PathBuf, String> {
    if path.is_dir() {
        path::absolute(path).map_err(|cause| cause.to_string())
    } else {
        Err("there is no such folder".into())
    }
}

pub(super) fn interface(name: &str) -> Result<Interface, &'static str> {
    Interface::parse(name.as_bytes())
        .ok_or("expected the name of an interface: 1 to 15 bytes, without slash, colon and space")
}

fn agent(folder: PathBuf) -> Result<PathBuf, String> {
    let socket = path::absolute(folder).map_err(|cause| cause.to_string())?.join(SOCKET);
    match socket.as_os_str().len() {
        0..=MAX_SOCKET_PATH => Ok(socket),
        len => {
            Err(format!("the agent's socket would have a path of {len} bytes, and the system allows {MAX_SOCKET_PATH}"))
        }
    }
}

impl Monitor {
    /// Whether it leaves the foreground.
    pub(super) fn is_daemon(&self, words: &[OsString]) -> bool {
        self.daemon || (!self.foreground && Wording::of(words) == Wording::Neutron24)
    }

    /// Whether it watches all routers of folders.
    pub(super) const fn is_for_all(&self) -> bool {
        self.all.is_some()
    }

    /// Whether others can look at what it watches.
    pub(super) const fn is_shown(&self) -> bool {
        self.metrics.is_some() || self.status
    }

    /// The folder with a file for each router.
    pub(super) fn specs(&self) -> Option<&Path> {
        self.all.as_ref()?.as_deref()
    }

    /// The folder whose lock keeps a second monitor out: that of the one router, or of all.
    pub(super) fn locked(&self) -> Option<&Path> {
        self.conf_dir.as_deref().or_else(|| self.specs()).or(self.ha_confs.as_deref())
    }

    pub(super) fn owner(&self) -> Option<(u32, u32)> {
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let is_given = self.user.is_some() || self.group.is_some();
        is_given.then(|| (self.user.unwrap_or(own.0), self.group.unwrap_or(own.1)))
    }

    /// The one router, unless they are all of a folder.
    pub(super) fn spec(&self) -> Option<Spec> {
        let (id, namespace, interface) = (self.router_id?, self.namespace.as_deref()?, self.interface.clone()?);
        // There can be no namespace at this path, and so no address.
        let namespace = if self.is_unreadable { Path::new("/dev/null/none") } else { namespace };
        Some(self.complete(Spec::new(id, namespace, interface, self.cidr?, self.conf_dir.as_ref()?)))
    }

    /// The folder that has those of the routers, or has them below it: that of the one router may be made anew.
    pub(super) fn routers(&self) -> &Path {
        let folder = self.conf_dir.as_deref().unwrap_or(&self.agent);
        folder.parent().unwrap_or(folder)
    }

    /// What holds for every router.
    pub(super) fn complete(&self, spec: Spec) -> Spec {
        spec.with_owner(self.owner()).with_conntrackd(self.conntrackd)
    }
}

#[cfg(test)]
mod tests;
