//! What JavaScript says, as events of the engine's.
//!
//! Owns the conversion, by hand: the shapes are not the engine's.

use outrigger_engine::event::Refreshed;
use outrigger_engine::ids::CallId;
use outrigger_engine::{Event, Write};
use outrigger_social::Social;

use crate::shape::{Call, Notice, RefreshedHow, WriteIn};

/// A call, under its number.
pub fn call(call: CallId, asked: Call) -> Event<Social> {
    match asked {
        Call::Mutate { writes } => Event::Mutate {
            call,
            writes: writes.into_iter().map(write).collect(),
        },
        Call::Stage { files } => Event::Stage { call, files },
        Call::SetOnline { online } => Event::SetOnline { call, online },
        Call::Retry { mutation } => Event::Retry { call, mutation },
        Call::RetryFailed => Event::RetryFailed { call },
        Call::Edit { mutation, with } => Event::Edit { call, mutation, with },
        Call::Discard { mutation } => Event::Discard { call, mutation },
        Call::AcceptServer => Event::AcceptServer { call },
    }
}

fn write(WriteIn { id, mutation, files }: WriteIn) -> Write<outrigger_social::Mutation> {
    Write { id, mutation, files }
}

/// A notice. To have started says two things: whoever opens the database in a browser has it alone.
pub fn notice(notice: Notice) -> Vec<Event<Social>> {
    let event = match notice {
        Notice::Started => return vec![Event::Started, Event::Alone],
        Notice::Tick => Event::Tick,
        Notice::TriggerSync => Event::TriggerSync,
        Notice::Network { up } => Event::Network(up),
        Notice::Refreshed { how } => Event::Refreshed(match how {
            RefreshedHow::Renewed => Refreshed::Renewed,
            RefreshedHow::InvalidGrant => Refreshed::InvalidGrant,
            RefreshedHow::Failed => Refreshed::Failed,
        }),
        Notice::SignedIn => Event::SignedIn,
        Notice::NotRemoved { file } => Event::NotRemoved { file },
        Notice::Reserve { held } => Event::Reserve { held },
        Notice::Closing => Event::Closing,
    };
    vec![event]
}
