//! The ways to break the protocol on purpose: with each of them some law must fail, or the law says nothing.
//!
//! Owns their names and what they mean. Never decides what follows: each is asked for where the rule is that it breaks.

/// One rule, broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// The client acknowledges the lowest open sequence itself, not the one below it.
    AcknowledgesTheOpenOne,
    /// The server forgets one sequence more than was acknowledged.
    ForgetsAboveTheWatermark,
    /// The server looks no key up.
    ReplaysNothing,
    /// The server records the answer in a transaction after that of the effect, and may die between the two.
    RecordsAfterTheEffect,
    /// The server finds the recorded answer by the sequence alone: the key is not bound to it.
    FindsBySequence,
    /// The server does not refuse a sequence that it has forgotten, or that another key has.
    RefusesNoSequence,
    /// The answer to the retirement is given, and the retirement not recorded.
    RetiresWithoutRecord,
    /// The retirement tells the highest key of those that were not forgotten.
    TellsTheHighestStanding,
    /// The client makes a new key whenever it sends again.
    NewKeyAtReSend,
    /// The client takes a new sequence whenever it sends again.
    NewSequenceAtReSend,
    /// The client sends what its lane should hold back.
    IgnoresLanes,
    /// The client takes its write for done when nobody answers.
    GivesUpUnanswered,
    /// The client does not look at the epoch.
    IgnoresTheEpoch,
    /// A rewound client sends everything again under a new id, and takes nothing for uncertain.
    NothingIsUncertain,
    /// The server heeds an acknowledgement that was meant for another life of its database.
    HeedsOldEpochs,
    /// A client that learns of another epoch still takes in answers from before.
    HearsTheDeadServer,
    /// The server lets a key create twice, once it was forgotten or under another client id.
    CreatesTwice,
}
