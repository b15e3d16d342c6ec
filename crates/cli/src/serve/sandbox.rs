//! `serve --sandbox`: gives up what a server that listens already has no need of, so that whoever takes it over gains
//! little.
//!
//! Landlock closes the file system, but for making and removing sockets in the socket's directory, and TCP; seccomp
//! leaves the system calls that serving takes. Both hold for this thread and those that it starts, for good.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// What Linux 6.12 can: older kernels do a part of it.
const LANDLOCK: ABI = ABI::V6;

/// Why the sandbox isn't there, although the kernel could.
#[derive(Debug, thiserror::Error)]
pub(super) enum SandboxError {
    #[error("can't open the socket's directory for the sandbox")]
    Directory(#[from] landlock::PathFdError),
    #[error("can't restrict the file system")]
    Landlock(#[from] RulesetError),
    #[error("can't make the filter of system calls")]
    Filter(#[from] seccompiler::BackendError),
}

/// What the kernel has restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restricted {
    pub(super) files: Extent,
    pub(super) calls: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Fully,
    /// As far as this kernel can.
    Partly,
    /// This kernel can't.
    Not,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fully => "in full",
            Self::Partly => "in part",
            Self::Not => "not at all",
        })
    }
}

impl Restricted {
    /// Logs it: with a warning, unless it is everything.
    pub(super) fn log(self) {
        let Self { files, calls } = self;
        if files == Extent::Fully && calls == Extent::Fully {
            tracing::info!("sandboxed by landlock and seccomp");
        } else {
            tracing::warn!(
                landlock = %files,
                seccomp = %calls,
                "this kernel can't do all of the sandbox: landlock needs Linux 6.12 and `landlock` among the security \
                 modules (/sys/kernel/security/lsm), seccomp needs CONFIG_SECCOMP_FILTER"
            );
        }
    }
}

/// Restricts this thread, and those that it starts, to serving: in the directory of the socket that this process has
/// made, if it has, files can be removed and sockets made, and that is all that can be done to files. Everything else
/// that is needed must be open.
pub(super) fn restrict(own_socket: Option<&Path>) -> Result<Restricted, SandboxError> {
    Ok(Restricted { files: restrict_files(own_socket)?, calls: restrict_calls()? })
}

fn restrict_files(own_socket: Option<&Path>) -> Result<Extent, SandboxError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    if let Some(socket) = own_socket {
        let directory = socket.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        rules = rules.add_rule(PathBeneath::new(PathFd::new(directory)?, AccessFs::RemoveFile | AccessFs::MakeSock))?;
    }
    Ok(match rules.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => Extent::Fully,
        RulesetStatus::PartiallyEnforced => Extent::Partly,
        RulesetStatus::NotEnforced => Extent::Not,
    })
}

fn restrict_calls() -> Result<Extent, SandboxError> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(Extent::Not) };
    // A filter can't look into the arguments of clone3, so that the C library has to do with clone, as it does where
    // there is no clone3.
    let no_clone3 = [(SYS_CLONE3, Vec::new())].into();
    let missing =
        SeccompFilter::new(no_clone3, SeccompAction::Allow, SeccompAction::Errno(number(libc::ENOSYS)), arch)?;
    // A call that is not in the list fails as one without permission does. To kill for it would turn an oversight into
    // an outage.
    let refused = SeccompAction::Errno(number(libc::EPERM));
    let filter = SeccompFilter::new(rules()?, refused, SeccompAction::Allow, arch)?;
    let programs: [BpfProgram; 2] = [missing.try_into()?, filter.try_into()?];
    let applied = programs.iter().all(|program| seccompiler::apply_filter(program).is_ok());
    Ok(if applied { Extent::Fully } else { Extent::Not })
}

/// The system calls that serving takes, and with which arguments.
fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let always = CALLS.iter().chain(LEGACY_CALLS).map(|&call| (call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = always.collect();
    let has = |constant| SeccompCmpOp::MaskedEq(u64::from(number(constant)));
    for (call, argument, compare, value) in [
        // No memory may become code.
        (libc::SYS_mmap, 2, has(libc::PROT_EXEC), 0),
        (libc::SYS_mprotect, 2, has(libc::PROT_EXEC), 0),
        // Threads, but no processes.
        (libc::SYS_clone, 0, has(libc::CLONE_THREAD), number(libc::CLONE_THREAD)),
        (libc::SYS_prctl, 0, SeccompCmpOp::Eq, number(libc::PR_SET_NAME)),
        // A spare descriptor, and the socket where its file was lost; neither can be connected.
        (libc::SYS_socket, 0, SeccompCmpOp::Eq, number(libc::AF_UNIX)),
        // A panic that can't be caught ends this process with a signal to itself.
        (libc::SYS_tgkill, 0, SeccompCmpOp::Eq, std::process::id()),
    ] {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value.into())?;
        rules.insert(call, vec![SeccompRule::new(vec![condition])?]);
    }
    Ok(rules)
}

/// A constant of the kernel's, none of which is negative.
fn number(constant: libc::c_int) -> u32 {
    constant.unsigned_abs()
}

/// The other filter refuses it.
const SYS_CLONE3: libc::c_long = libc::SYS_clone3;

/// What every architecture has.
const CALLS: &[libc::c_long] = &[
    // Sockets that are there, and what comes through them.
    libc::SYS_accept4,
    libc::SYS_close,
    libc::SYS_fcntl,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_lseek,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_write,
    libc::SYS_writev,
    // Waiting, and the time.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_futex,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    // A look at the socket's file, its making and its removal; landlock says where. It can't say whose mode is changed.
    libc::SYS_bind,
    libc::SYS_fchmod,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_getcwd,
    libc::SYS_geteuid,
    libc::SYS_listen,
    libc::SYS_newfstatat,
    libc::SYS_readlinkat,
    libc::SYS_statx,
    libc::SYS_unlinkat,
    // Memory, signals, the end, and what the process may know of itself.
    libc::SYS_brk,
    SYS_CLONE3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
];

/// What the C library calls where newer ones have taken the place of these.
#[cfg(target_arch = "x86_64")]
const LEGACY_CALLS: &[libc::c_long] = &[
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const LEGACY_CALLS: &[libc::c_long] = &[];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{ErrorKind, Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::process::Command;

    use super::*;

    fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
        result.err().map(|error| error.kind())
    }

    /// A thread is restricted without the others, so that a test can try everything.
    fn restricted<T: Send>(socket: Option<&Path>, work: impl FnOnce(Restricted) -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| work(restrict(socket).unwrap())).join().unwrap())
    }

    #[test]
    fn what_serving_takes_still_works() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut client = UnixStream::connect(&socket).unwrap();
        client.write_all(b"hello").unwrap();
        restricted(Some(&socket), |_| {
            let (mut accepted, _) = listener.accept().unwrap();
            let mut bytes = [0; 5];
            accepted.read_exact(&mut bytes).unwrap();
            accepted.write_all(&bytes).unwrap();
            drop(vec![0_u8; 10_000_000]);
            std::thread::sleep(std::time::Duration::from_millis(1));
            let thread = std::thread::Builder::new().name("another".into()).spawn(|| fs::read("/etc/hostname"));
            assert_eq!(kind(thread.unwrap().join().unwrap()), Some(ErrorKind::PermissionDenied));
            assert!(fs::symlink_metadata(&socket).is_ok());
            fs::remove_file(&socket).unwrap();
            drop(UnixListener::bind(&socket).unwrap());
            fs::remove_file(&socket).unwrap();
            assert!(std::panic::catch_unwind(|| panic!("as meant")).is_err());
        });
        assert!(!socket.exists());
    }

    #[test]
    fn nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("file"), elsewhere.path().join("file"));
        fs::write(&inside, "").unwrap();
        fs::write(&outside, "").unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let denied = Some(ErrorKind::PermissionDenied);
        let files = restricted(Some(&socket), |restricted| {
            assert_eq!(restricted.calls, Extent::Fully, "this kernel has no seccomp");
            assert_eq!(kind(fs::read(&inside)), denied);
            assert_eq!(kind(fs::write(folder.path().join("new"), "")), denied);
            assert_eq!(kind(fs::rename(&inside, folder.path().join("other"))), denied);
            assert_eq!(kind(fs::set_permissions(&socket, fs::Permissions::from_mode(0o666))), denied);
            assert_eq!(kind(UnixStream::connect(&socket)), denied);
            assert_eq!(kind(std::net::TcpListener::bind("127.0.0.1:0")), denied);
            assert_eq!(kind(Command::new("/bin/true").status()), denied);
            restricted.files
        });
        if files == Extent::Not {
            eprintln!("this kernel has no landlock: where files are removed is not restricted");
        } else {
            restricted(Some(&socket), |_| assert_eq!(kind(fs::remove_file(&outside)), denied));
            restricted(None, |_| assert_eq!(kind(fs::remove_file(&inside)), denied));
            restricted(Some(&socket), |_| assert_eq!(kind(UnixListener::bind(elsewhere.path().join("s"))), denied));
            assert!(outside.exists() && inside.exists());
        }
    }
}
