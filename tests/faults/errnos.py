"""The errors that a system call can end with, by its manual page (man-pages 6.03, section ERRORS).

A network error that is pending on a new socket is passed on by accept4, so those are with it. EFAULT is left out
everywhere: it says that the program has passed on an address that isn't its own, which takes unsafe code.
"""

ERRNOS = {
    "accept4": """EAGAIN EBADF ECONNABORTED EINTR EINVAL EMFILE ENFILE ENOBUFS ENOMEM ENOTSOCK EOPNOTSUPP EPERM
        EPROTO ENETDOWN ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH ENETUNREACH ETIMEDOUT""",
    "bind": "EACCES EADDRINUSE EBADF EINVAL ENOTSOCK EADDRNOTAVAIL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EROFS",
    "chmod": "EACCES EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS",
    "clone3": "EAGAIN EINVAL ENOMEM ENOSPC EPERM",
    "close": "EBADF EINTR EIO ENOSPC EDQUOT",
    "connect": """EACCES EPERM EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EINPROGRESS
        EINTR EISCONN ENETUNREACH ENOTSOCK EPROTOTYPE ETIMEDOUT""",
    "epoll_create1": "EINVAL EMFILE ENFILE ENOMEM",
    "epoll_ctl": "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM",
    "epoll_wait": "EBADF EINTR EINVAL",
    "eventfd2": "EINVAL EMFILE ENFILE ENODEV ENOMEM",
    "fchmod": "EBADF EIO EPERM EROFS",
    "fcntl": "EACCES EAGAIN EBADF EBUSY EDEADLK EINTR EINVAL EMFILE ENOLCK ENOTDIR EPERM",
    "flock": "EAGAIN EBADF EINTR EINVAL ENOLCK",
    "fsync": "EBADF EINTR EIO ENOSPC EROFS EINVAL EDQUOT",
    "ftruncate": "EBADF EFBIG EINTR EINVAL EIO EPERM",
    "getdents64": "EBADF EINVAL ENOENT ENOTDIR",
    "getpgid": "ESRCH",
    "getsockopt": "EBADF EINVAL ENOPROTOOPT ENOTSOCK",
    "ioctl": "EBADF EINVAL ENOTTY",
    "kill": "EINVAL EPERM ESRCH",
    "listen": "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP",
    "lseek": "EBADF EINVAL ENXIO EOVERFLOW ESPIPE",
    "mkdir": "EACCES EDQUOT EEXIST EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS",
    "openat": """EACCES EBADF EBUSY EDQUOT EEXIST EFBIG EINTR EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV
        ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY""",
    "pipe2": "EINVAL EMFILE ENFILE",
    "poll": "EINTR EINVAL ENOMEM",
    "read": "EAGAIN EBADF EINTR EINVAL EIO EISDIR",
    "recvfrom": "EAGAIN EBADF ECONNREFUSED ECONNRESET EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK",
    "sendto": """EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EINTR EINVAL EISCONN EMSGSIZE ENOBUFS ENOMEM
        ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE""",
    "setsockopt": "EBADF EINVAL ENOPROTOOPT ENOTSOCK",
    "shutdown": "EBADF EINVAL ENOTCONN ENOTSOCK",
    "socket": "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT",
    "socketpair": "EAFNOSUPPORT EMFILE ENFILE EOPNOTSUPP EPROTONOSUPPORT",
    "statx": "EACCES EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR",
    "unlink": "EACCES EBUSY EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS",
    "wait4": "ECHILD EINTR EINVAL",
    "write": "EAGAIN EBADF EDESTADDRREQ EDQUOT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
}
# The same page, or one that has the same errors.
ERRNOS |= {
    "fstat": ERRNOS["statx"],
    "open": ERRNOS["openat"],
    "fchmodat": ERRNOS["chmod"],
    "newfstatat": ERRNOS["statx"],
    "ppoll": ERRNOS["poll"],
    "openat2": ERRNOS["openat"] + " E2BIG EAGAIN EXDEV",
    "recvmsg": ERRNOS["recvfrom"],
    "sendmsg": ERRNOS["sendto"],
    "unlinkat": ERRNOS["unlink"],
    "writev": ERRNOS["write"],
}
ERRNOS = {call: tuple(errnos.split()) for call, errnos in ERRNOS.items()}

# What the kernel doesn't say where it is not so: epoll tells once that somebody waits, and accept4 then that nobody
# does.
LIES = {("accept4", "EAGAIN")}
# The same for one program: of a socket that was just made and lets nobody in, accept4 says EINVAL once nobody waits
# there any more, and nothing of its being no such socket.
LIES_OF = {"rebind": {("accept4", errno) for errno in ("EBADF", "EINVAL", "ENOTSOCK", "EOPNOTSUPP")}}


# What only looks, changes the caller alone, or can't fail where its arguments are right, as they are in a program
# without unsafe code of its own: memory, threads, time, and what the C library does by itself at the start and the end.
LEFT_OUT = set("""arch_prctl brk clock_gettime clock_nanosleep execve exit exit_group futex getpid getrandom gettid
    geteuid getuid getgid getegid getppid gettimeofday madvise membarrier mmap mprotect mremap munmap pread64 prctl
    prlimit64 readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield set_robust_list
    set_tid_address sigaltstack restart_syscall uname getcwd access""".split())
