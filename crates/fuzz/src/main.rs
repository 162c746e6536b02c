//! One door, by the name in `OUTRIGGER_FUZZ_TARGET`. Built for the fuzzer it is the fuzzer; built otherwise it takes the files that it is given, one after another,
//! which is how a crash is looked at with a debugger.
//!
//! Owns the choice of the door and nothing else.
#![cfg_attr(fuzzing, no_main)]

use outrigger_fuzz::TARGETS;

/// The door that is asked for.
fn target() -> Option<fn(&[u8])> {
    let wanted = std::env::var("OUTRIGGER_FUZZ_TARGET").ok()?;
    let found = TARGETS.iter().find(|(name, _)| *name == wanted);
    found.map(|(_, target)| *target)
}

#[cfg(fuzzing)]
static TARGET: std::sync::LazyLock<fn(&[u8])> =
    std::sync::LazyLock::new(|| target().expect("OUTRIGGER_FUZZ_TARGET names no target"));

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| TARGET(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    let Some(target) = target() else {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("OUTRIGGER_FUZZ_TARGET is to be one of {}", names.join(", "));
        return std::process::ExitCode::FAILURE;
    };
    for file in std::env::args_os().skip(1) {
        match std::fs::read(&file) {
            Ok(bytes) => target(&bytes),
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return std::process::ExitCode::FAILURE;
            }
        }
    }
    std::process::ExitCode::SUCCESS
}
