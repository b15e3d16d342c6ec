//! What a command gives up once it needs no more: Landlock closes the file system and TCP, seccomp leaves the system
//! calls that the command takes. Both hold for this thread and those that it starts, for good.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope,
};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// What Linux 6.12 can: older kernels do a part of it.
const LANDLOCK: ABI = ABI::V6;

/// System calls, each with the arguments that it may have: any, where there is no rule.
pub(crate) type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// What every process calls: it waits, looks at the time, has memory and signals, ends, and knows what it is.
pub(crate) const ALWAYS: &[libc::c_long] = &[
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
    libc::SYS_brk,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
];

/// What may be done to the files beneath a folder.
pub(crate) type Beneath<'a> = (&'a Path, BitFlags<AccessFs>);

/// Why the sandbox isn't there, although the kernel could.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    #[error("can't open a directory that the sandbox leaves open")]
    Directory(#[from] landlock::PathFdError),
    #[error("can't restrict the file system")]
    Landlock(#[from] RulesetError),
    #[error("can't make the filter of system calls")]
    Filter(#[from] seccompiler::BackendError),
}

/// What the kernel has restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restricted {
    pub(crate) files: Extent,
    pub(crate) calls: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
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
    /// Whether this is everything.
    pub(crate) fn is_full(self) -> bool {
        self.files == Extent::Fully && self.calls == Extent::Fully
    }

    /// Logs it: with a warning, unless it is everything.
    pub(crate) fn log(self) {
        if self.is_full() {
            tracing::info!("{self}");
        } else {
            tracing::warn!(landlock = %self.files, seccomp = %self.calls, "{self}");
        }
    }
}

impl fmt::Display for Restricted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() {
            "sandboxed by landlock and seccomp"
        } else {
            "this kernel can't do all of the sandbox: landlock needs Linux 6.12 and `landlock` among the security \
             modules (/sys/kernel/security/lsm), seccomp needs CONFIG_SECCOMP_FILTER"
        })
    }
}

/// Restricts this thread, and those that it starts: nothing but this can be done to files, and no others be called.
/// Everything else that is needed must be open.
pub(crate) fn restrict(files: &[Beneath<'_>], calls: Calls) -> Result<Restricted, SandboxError> {
    Ok(Restricted { files: restrict_files(files)?, calls: restrict_calls(calls)? })
}

fn restrict_files(files: &[Beneath<'_>]) -> Result<Extent, SandboxError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    for (folder, access) in files {
        rules = rules.add_rule(PathBeneath::new(PathFd::new(folder)?, *access))?;
    }
    Ok(match rules.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => Extent::Fully,
        RulesetStatus::PartiallyEnforced => Extent::Partly,
        RulesetStatus::NotEnforced => Extent::Not,
    })
}

fn restrict_calls(calls: Calls) -> Result<Extent, SandboxError> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(Extent::Not) };
    // A filter can't look into the arguments of clone3, so that the C library has to do with clone, as it does where
    // there is no clone3.
    let no_clone3 = [(libc::SYS_clone3, Vec::new())].into();
    let missing =
        SeccompFilter::new(no_clone3, SeccompAction::Allow, SeccompAction::Errno(number(libc::ENOSYS)), arch)?;
    // A call that is not in the list fails as one without permission does. To kill for it would turn an oversight into
    // an outage.
    let refused = SeccompAction::Errno(number(libc::EPERM));
    let filter = SeccompFilter::new(calls, refused, SeccompAction::Allow, arch)?;
    let programs: [BpfProgram; 2] = [missing.try_into()?, filter.try_into()?];
    let applied = programs.iter().all(|program| seccompiler::apply_filter(program).is_ok());
    Ok(if applied { Extent::Fully } else { Extent::Not })
}

/// That this argument is so.
pub(crate) fn condition(argument: u8, compare: SeccompCmpOp, value: u32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value.into())
}

/// A constant of the kernel's, none of which is negative.
pub(crate) fn number(constant: libc::c_int) -> u32 {
    constant.unsigned_abs()
}
