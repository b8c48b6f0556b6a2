//! What the process gives up before it reads its first argument: the network, other programs, core files.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Why the process could not be locked down. Nothing may be opened then.
#[derive(Debug, thiserror::Error)]
pub enum HardenError {
    /// The operating system refused a limit.
    #[error("a limit of the process was refused")]
    Limit(#[from] rustix::io::Errno),
    /// The filter of system calls could not be built or installed.
    #[error("the filter of system calls was refused")]
    Filter,
}

/// System calls that reach a network, another program or the memory of one; `io_uring` would reach the first
/// around any filter.
const REFUSED: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_io_uring_setup,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
];

/// On x86-64 the same calls exist a second time, with this bit set.
const X32_BIT: i64 = 0x4000_0000;

/// Takes from this process and its threads, for good: sockets of every family, starting programs, core files,
/// being traced; and makes new files private. Memory stays out of swap where the limits allow it.
///
/// # Errors
///
/// [`HardenError`]; then the program must not go on.
pub fn apply() -> Result<(), HardenError> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // Under a limit on locked memory this would make later allocations fail; swap is then up to the operator.
    if getrlimit(Resource::Memlock).current.is_none() {
        mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?;
    }
    let filter = filter().map_err(|_| HardenError::Filter)?;
    seccompiler::apply_filter_all_threads(&filter).map_err(|_| HardenError::Filter)
}

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let twice = |call: &i64| [*call, *call | X32_BIT];
    let rules = REFUSED.iter().flat_map(twice).map(|call| (call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_types)]
mod tests {
    use super::*;

    #[test]
    fn no_socket_and_no_program_after_it() {
        // On a thread of its own: the filter is for good, and the other tests start programs.
        let program = filter().unwrap();
        let refused = std::thread::spawn(move || {
            seccompiler::apply_filter(&program).unwrap();
            let inet = std::net::TcpListener::bind("127.0.0.1:0").map(|_| ());
            let unix = std::os::unix::net::UnixStream::pair().map(|_| ());
            let program = std::process::Command::new("/bin/true").status().map(|_| ());
            [inet, unix, program].map(|done| done.unwrap_err().kind())
        });
        assert_eq!(refused.join().unwrap(), [std::io::ErrorKind::PermissionDenied; 3]);
    }
}
