//! What of this process no other may see.
//!
//! Owns core dumps and debuggers: neither gets at the password and the tokens in memory. Swap and hibernation are the system's.

/// No core dump from here on, and no debugger of another process of this user. Where the system refuses it is no reason not to go on.
#[cfg(unix)]
pub(crate) fn leave_no_dump() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let limited = setrlimit(Resource::Core, none);
    // A core dump that is piped to a program (`core_pattern` with `|`) does not look at the limit.
    #[cfg(target_os = "linux")]
    let limited = limited.and(rustix::process::set_dumpable_behavior(
        rustix::process::DumpableBehavior::NotDumpable,
    ));
    if let Err(error) = limited {
        tracing::debug!(%error, "the system keeps its core dumps");
    }
}

#[cfg(not(unix))]
pub(crate) fn leave_no_dump() {}
