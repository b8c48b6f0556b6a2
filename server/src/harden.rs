//! What the process gives up at its start.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Forbids core files and tracing, and allows as many open files as the system grants.
///
/// # Errors
/// When the kernel refuses to forbid core files or tracing.
pub fn harden() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let files = getrlimit(Resource::Nofile);
    // The connection cap holds without it: this only spares the operator a setting.
    let _raised = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files });
    Ok(())
}
