//! The one call that is counted.
//!
//! Owns its name: `callgrind` counts between its entry and its return, whatever was set up before. Never does anything else.

use outrigger_engine::time::Now;
use outrigger_engine::{Effect, Engine, Error, Event};
use outrigger_social::Social;
use std::hint::black_box;

/// Takes one step. Never inlined, and its name is unique in the program: `--toggle-collect` finds it by that.
///
/// # Errors
/// Those of [`Engine::handle`].
#[inline(never)]
pub fn counted_step(
    engine: &mut Engine<Social>,
    now: Now,
    events: &[Event<Social>],
) -> Result<Vec<Effect>, Error> {
    // Without the box the call could become a jump, and the step would end before it began.
    black_box(engine.handle(now, black_box(events)))
}
