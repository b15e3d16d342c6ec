//! The system calls that serving takes.

use std::collections::BTreeMap;

use rustix::fs::OFlags;
use seccompiler::{BackendError, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::Allowed;
use crate::outlet::file;
use crate::sandbox::{ALWAYS, Calls, condition, number};

/// The system calls that serving takes, and with which arguments.
pub(super) fn rules(allowed: Allowed<'_>) -> Result<Calls, BackendError> {
    let always = ALWAYS.iter().chain(CALLS).chain(LEGACY_CALLS).map(|&call| (call, Vec::new()));
    let mut rules: Calls = always.collect();
    let mut conditions = BTreeMap::<i64, Vec<SeccompCondition>>::new();
    let has = |constant| SeccompCmpOp::MaskedEq(u64::from(number(constant)));
    for (call, argument, compare, value) in [
        // No memory may become code.
        (libc::SYS_mmap, 2, has(libc::PROT_EXEC), 0),
        (libc::SYS_mprotect, 2, has(libc::PROT_EXEC), 0),
        // Threads, but no processes.
        (libc::SYS_clone, 0, has(libc::CLONE_THREAD), number(libc::CLONE_THREAD)),
        (libc::SYS_prctl, 0, SeccompCmpOp::Eq, number(libc::PR_SET_NAME)),
        // A spare descriptor, and the socket where its file was lost; neither can be connected, and none of datagrams
        // can be made, which would not have to be.
        (libc::SYS_socket, 0, SeccompCmpOp::Eq, number(libc::AF_UNIX)),
        (libc::SYS_socket, 1, has(SOCKET_TYPE), number(libc::SOCK_STREAM)),
        // No address: the socket of the service manager could send to any other one.
        (libc::SYS_sendto, 5, SeccompCmpOp::Eq, 0),
        // A panic that can't be caught ends this process with a signal to itself.
        (libc::SYS_tgkill, 0, SeccompCmpOp::Eq, std::process::id()),
    ] {
        conditions.entry(call).or_default().push(condition(argument, compare, value)?);
    }
    for (call, conditions) in conditions {
        rules.insert(call, vec![SeccompRule::new(conditions)?]);
    }
    let open = ways_to_open(allowed)?;
    if !open.is_empty() {
        rules.insert(libc::SYS_openat, open);
    }
    if allowed.ha_confs.is_some() {
        rules.insert(libc::SYS_getdents64, Vec::new());
    }
    Ok(rules)
}

/// In which ways files may be opened, where landlock lets them be.
fn ways_to_open(allowed: Allowed<'_>) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let mut ways = Vec::new();
    if allowed.output.is_some() {
        // To append, and in no other way.
        let how = SeccompCmpOp::MaskedEq(u64::from((file::FLAGS | OFlags::ACCMODE | OFlags::TRUNC).bits()));
        ways.push(SeccompRule::new(vec![condition(2, how, file::FLAGS.bits())?])?);
    }
    if allowed.ha_confs.is_some() {
        // To read, and to make nothing.
        let how = SeccompCmpOp::MaskedEq(u64::from((OFlags::ACCMODE | OFlags::CREATE | OFlags::TRUNC).bits()));
        ways.push(SeccompRule::new(vec![condition(2, how, OFlags::RDONLY.bits())?])?);
    }
    Ok(ways)
}

/// The bits of a socket's type that are no flags (`SOCK_TYPE_MASK` in the kernel).
const SOCKET_TYPE: libc::c_int = 0xf;

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
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_write,
    libc::SYS_writev,
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
    // Threads, and what the process may know of itself.
    // The other filter refuses it.
    libc::SYS_clone3,
    libc::SYS_getrusage,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_robust_list,
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
