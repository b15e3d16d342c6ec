//! `monitor --sandbox`: gives up what a monitor that watches already has no need of.
//!
//! Landlock leaves the folders in which it writes, those of the log and of the process id, and the names of the
//! namespaces; seccomp leaves the system calls that watching takes. Of namespaces, only those of the network can be
//! entered, and of sockets, only those of netlink and of Unix can be made.

#[cfg(test)]
mod tests;

use std::path::Path;

use landlock::AccessFs;
use seccompiler::{BackendError, SeccompCmpOp, SeccompRule};

use super::options::{Monitor, NAMESPACES};
use crate::sandbox::{self, ALWAYS, Calls, Restricted, SandboxError, condition, number};

/// Restricts this thread. Everything else that is needed must be open.
pub(super) fn restrict<'a>(args: &'a Monitor) -> Result<Restricted, SandboxError> {
    let (read, list, write) = (AccessFs::ReadFile, AccessFs::ReadDir, AccessFs::WriteFile);
    let (make, remove) = (AccessFs::MakeReg, AccessFs::RemoveFile);
    // Each may be made anew, and is another one for the kernel then: so for these it is what they are in that counts.
    let above = |folder: Option<&'a Path>| folder.and_then(Path::parent);
    let namespaces = Path::new(NAMESPACES).parent();
    let wanted = [
        (Some(args.routers()), read | write | make | remove),
        (above(args.specs()), read | list),
        (above(args.ha_confs.as_deref()), read | list),
        // The socket's file may have to be made again.
        (args.agent.parent().filter(|_| args.status), read | AccessFs::MakeSock | remove),
        (args.pid_file.as_deref().and_then(Path::parent), read | remove),
        (args.log_file.parent(), write | make),
        (namespaces, read.into()),
    ];
    // Where there is no folder for it, there is no log.
    let there = wanted.into_iter().filter_map(|(folder, access)| Some((folder.filter(|path| path.is_dir())?, access)));
    sandbox::restrict(&there.collect::<Vec<_>>(), rules(args)?)
}

/// A call, the number of an argument, and how it compares with any of these values.
type Rule<'a> = (libc::c_long, u8, SeccompCmpOp, &'a [libc::c_int]);

/// The system calls that watching takes, and with which arguments.
fn rules(args: &Monitor) -> Result<Calls, BackendError> {
    let of_answers = if args.is_shown() { CALLS_OF_ANSWERS } else { &[] };
    let calls = ALWAYS.iter().chain(CALLS).chain(LEGACY_CALLS).chain(of_answers);
    let mut rules: Calls = calls.map(|&call| (call, Vec::new())).collect();
    let has = |constant| SeccompCmpOp::MaskedEq(u64::from(number(constant)));
    let always: [Rule; 6] = [
        // No memory may become code.
        (libc::SYS_mmap, 2, has(libc::PROT_EXEC), &[0]),
        (libc::SYS_mprotect, 2, has(libc::PROT_EXEC), &[0]),
        (libc::SYS_setns, 1, SeccompCmpOp::Eq, &[libc::CLONE_NEWNET]),
        (libc::SYS_socket, 0, SeccompCmpOp::Eq, &[libc::AF_NETLINK, libc::AF_UNIX]),
        // No address: the socket of the service manager could send to any other one.
        (libc::SYS_sendto, 5, SeccompCmpOp::Eq, &[0]),
        // A panic that can't be caught ends this process with a signal to itself.
        (libc::SYS_tgkill, 0, SeccompCmpOp::Eq, &[std::process::id().cast_signed()]),
    ];
    // Threads, but no processes.
    let of_threads: [Rule; 2] = [
        (libc::SYS_clone, 0, has(libc::CLONE_THREAD), &[libc::CLONE_THREAD]),
        (libc::SYS_prctl, 0, SeccompCmpOp::Eq, &[libc::PR_SET_NAME]),
    ];
    for (call, argument, compare, values) in
        always.into_iter().chain(of_threads.into_iter().filter(|_| args.is_shown()))
    {
        let one = |value: &libc::c_int| SeccompRule::new(vec![condition(argument, compare.clone(), number(*value))?]);
        rules.insert(call, values.iter().map(one).collect::<Result<_, _>>()?);
    }
    Ok(rules)
}

/// What every architecture has.
const CALLS: &[libc::c_long] = &[
    // Sockets, and what comes through them.
    libc::SYS_bind,
    libc::SYS_close,
    libc::SYS_connect,
    libc::SYS_fcntl,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_write,
    libc::SYS_writev,
    // Files; landlock says where. The log is opened as the agent's user.
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_inotify_add_watch,
    libc::SYS_inotify_rm_watch,
    libc::SYS_lseek,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_setfsgid,
    libc::SYS_setfsuid,
    libc::SYS_statx,
    libc::SYS_unlinkat,
];

/// What it takes to answer those who look, on a thread.
const CALLS_OF_ANSWERS: &[libc::c_long] = &[
    libc::SYS_accept4,
    // The other filter refuses it.
    libc::SYS_clone3,
    libc::SYS_getpeername,
    libc::SYS_listen,
    libc::SYS_readlinkat,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_robust_list,
];

/// What the C library calls where newer ones have taken the place of these.
#[cfg(target_arch = "x86_64")]
const LEGACY_CALLS: &[libc::c_long] = &[
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_rename,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const LEGACY_CALLS: &[libc::c_long] = &[];
