//! The planted bugs, by name.
//!
//! Owns the closed set, what is wrong with each, and which invariant of docs/reliability.md it breaks. Where each is planted is found by its name.

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal breaks $number:literal,)+) => {
        /// Something that a tired engineer might have written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[doc = $doc])+ #[doc = concat!("Breaks invariant ", $number, ".")] $variant,)+
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is written in the environment and on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What is wrong, in words.
            pub const fn told(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+
                }
            }

            /// The number of the invariant that it breaks first; others may follow from it.
            pub const fn breaks(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }
        }
    };
}

bugs! {
    // The engine's durability.
    /// A commit does not wait for the disk, although the database was opened as durable.
    NoFsync = "no-fsync" breaks 1,
    /// A write is acknowledged whatever becomes of its commit.
    AcknowledgedBeforeCommit = "acknowledged-before-commit" breaks 1,
    /// A log behind which a sync failed is written on, without being written anew first.
    LogNotMadeCertain = "log-not-made-certain" breaks 1,

    // Making attempts.
    /// An attempt is counted when its answer comes, not before its request leaves: one that dies with the process is none.
    AttemptCountedLate = "attempt-counted-late" breaks 25,
    /// The date form of `Retry-After` is not read.
    RetryAfterDateIgnored = "retry-after-date-ignored" breaks 25,
    /// The user pierces a pause that the server asked for.
    PausePierced = "pause-pierced" breaks 25,
    /// Deadlines follow the wall clock alone: set back, everything waits.
    WaitsByTheWallClock = "waits-by-the-wall-clock" breaks 23,
    /// Time that two processes have counted is counted twice, and cuts pauses short.
    TimeCountedTwice = "time-counted-twice" breaks 25,
    /// While the connection waits, for a probe or as the server asked, no timer is armed for the end of it.
    NoTimerForAPause = "no-timer-for-a-pause" breaks 23,
    /// A process records an answer without looking whether it still holds the lease.
    LeaseNotChecked = "lease-not-checked" breaks 17,
    /// A process that loses the lease goes on waiting for its requests, and takes their answers in when it holds the lease again.
    StaleAttemptAccepted = "stale-attempt-accepted" breaks 17,
    /// What the database says is not read again after another process has changed it.
    StateOfAnotherProcessMissed = "state-of-another-process-missed" breaks 26,
    /// The items of a batch do not say what they depend on.
    BatchWithoutDependencies = "batch-without-dependencies" breaks 5,
    /// The client acknowledges one answer more than it has recorded.
    AcknowledgedOneTooMany = "acknowledged-one-too-many" breaks 2,

    // The queue.
    /// A write that was sent, perhaps in vain, still takes a newer one into itself.
    MergedIntoWhatWasSent = "merged-into-what-was-sent" breaks 22,
    /// A write that takes a newer one into itself does not wait for what that waits for.
    EdgeDroppedWhenCoalescing = "edge-dropped-when-coalescing" breaks 5,
    /// A write that was merged twice over is forgotten at the second time.
    MergedTwiceForgotten = "merged-twice-forgotten" breaks 4,
    /// A delete does not wait for the writes that name what it deletes.
    DeleteOvertakes = "delete-overtakes" breaks 5,
    /// What leaves its lane is overtaken by later writes of the same entity.
    OrderLostBesideTheLane = "order-lost-beside-the-lane" breaks 5,
    /// What the server refused keeps its place in its lane.
    RefusedHoldsItsLane = "refused-holds-its-lane" breaks 6,
    /// What was tried too often, and may have arrived, is tried again under a new key.
    ExhaustedUnderANewKey = "exhausted-under-a-new-key" breaks 2,
    /// What is uncertain is sent again with all that failed, without the user having said so of it.
    UncertainTriedAgain = "uncertain-tried-again" breaks 2,
    /// A refused write leaves its counts behind.
    UndoKeepsTheCounts = "undo-keeps-the-counts" breaks 26,
    /// What is parked and waits for others besides is counted as blocked.
    ParkedCountedAsBlocked = "parked-counted-as-blocked" breaks 26,
    /// A file is removed with the first write that needed it, although another still does.
    FileDroppedWhileNeeded = "file-dropped-while-needed" breaks 13,

    // What is shown.
    /// What becomes the base has on it what is still pending.
    BaseOfWhatIsShown = "base-of-what-is-shown" breaks 8,
    /// A read that was overtaken by an answer shows what was.
    OvertakenReadTakenIn = "overtaken-read-taken-in" breaks 8,
    /// A read of an older version than is known becomes the base.
    BaseOfAnOlderVersion = "base-of-an-older-version" breaks 9,
    /// What a write made whose answer was lost is shown a second time when it is read.
    CreatedShownTwice = "created-shown-twice" breaks 8,

    // The app.
    /// A page of somebody else's, answered with 200, acknowledges a write.
    PortalPageAcknowledges = "portal-page-acknowledges" breaks 3,
    /// An edit that is merged into a post takes its files away.
    EditDropsFiles = "edit-drops-files" breaks 22,
    /// A like and its taking back cancel each other, whatever another device did before.
    LikeAndUnlikeCancel = "like-and-unlike-cancel" breaks 22,
    /// Files arrive in another order than they were put in.
    FilesInAnotherOrder = "files-in-another-order" breaks 22,
    /// A create that is shown again hides the newer text that the server confirmed.
    CreateHidesConfirmed = "create-hides-confirmed" breaks 8,

    // The server's once.
    /// A recorded answer is found by client and key alone, whoever asks.
    KeyNotScopedToUser = "key-not-scoped-to-user" breaks 18,
    /// Another request under a known key is answered as the first was.
    FingerprintNotCompared = "fingerprint-not-compared" breaks 18,
    /// The effect is committed first, what is recorded of it afterwards.
    RecordAfterTheEffect = "record-after-the-effect" breaks 2,
    /// One answer more is forgotten than the client has acknowledged.
    ForgottenAboveTheWatermark = "forgotten-above-the-watermark" breaks 2,
    /// The request at the watermark itself is taken for a new one.
    WatermarkOffByOne = "watermark-off-by-one" breaks 2,
    /// An item of a batch is tried although what it depends on failed.
    DependsOnIgnored = "depends-on-ignored" breaks 5,
    /// The server's commits do not wait for the disk.
    ServerNoFsync = "server-no-fsync" breaks 1,

    // Who may do what.
    /// A refresh token is good for one answer: were that lost, the session would end.
    RefreshedOnlyOnce = "refreshed-only-once" breaks 22,
    /// An access token is good for ever.
    ExpiredTokenAccepted = "expired-token-accepted" breaks 15,
    /// Whoever knows the id of a conversation reads its messages.
    ConversationOpenToAll = "conversation-open-to-all" breaks 15,
    /// A cursor of somebody else's is read.
    CursorNotScopedToUser = "cursor-not-scoped-to-user" breaks 12,
    /// A change that was made to another version than it was meant for is taken.
    IfMatchIgnored = "if-match-ignored" breaks 9,

    // Uploads.
    /// Bytes are written wherever the upload stands, not where they are said to begin.
    UploadOffsetNotCompared = "upload-offset-not-compared" breaks 14,
    /// An upload is finished without a look at its digest.
    UploadDigestNotCompared = "upload-digest-not-compared" breaks 13,
    /// Whoever knows the id of an upload goes on with it.
    UploadOfAnotherTaken = "upload-of-another-taken" breaks 15,
    /// How far an upload has come is recorded before its bytes are on the disk.
    OffsetBeforeTheBytes = "offset-before-the-bytes" breaks 13,
}

impl Bug {
    /// The bug of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }
}
