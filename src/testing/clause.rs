use core::fmt;

/// What a store, and the verifier over it, must keep: the clauses of [`Store`](crate::Store)'s documentation.
/// `Display` prints the clause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Clause {
    /// If several writers expect the same state of the row, exactly one of them is answered `Stored`.
    AtomicSwap,
    /// A load returns the record of the latest swap that was answered with `Stored`.
    Latest,
    /// The answer is `Stored` only once the record is durable, without a later commit by anybody.
    Durable,
    /// A load returns the revision of the latest change that was stored.
    RevisionKept,
    /// Accounts are kept apart by every byte of their ids, in the rows and in the trail.
    AccountsApart,
    /// The record is kept with every field.
    RecordKept,
    /// A conflict is not an `Err`.
    ConflictIsNoError,
    /// When the answer is `Conflict`, nothing was stored.
    ConflictStoresNothing,
    /// The trail holds the events of each stored change once and in order, and none of a change that was not stored.
    Trail,
    /// A failure is an `Err`.
    FailureIsError,
    /// After a conflict the verifier decides again, a bounded number of times.
    DecidedAgain,
    /// If it is unknown whether a record was stored, nobody is let in, and the code is used up.
    UnknownRefused,
    /// Once locked, an attempt costs a read and no write.
    LockedReadsOnly,
}

impl Clause {
    /// Every clause.
    pub const ALL: &'static [Self] = &[
        Self::AtomicSwap,
        Self::Latest,
        Self::Durable,
        Self::RevisionKept,
        Self::AccountsApart,
        Self::RecordKept,
        Self::ConflictIsNoError,
        Self::ConflictStoresNothing,
        Self::Trail,
        Self::FailureIsError,
        Self::DecidedAgain,
        Self::UnknownRefused,
        Self::LockedReadsOnly,
    ];

    /// The usual cause of a broken clause.
    pub fn usual_cause(self) -> &'static str {
        match self {
            Self::AtomicSwap => {
                "the row is read first and written afterwards, or written whatever its revision; \
                 one conditional statement does it: UPDATE … WHERE account = ? AND revision = ?, \
                 INSERT … ON CONFLICT DO NOTHING, and the count of changed rows decides"
            }
            Self::Latest => {
                "a cache that a write does not refresh, a replica that lags, \
                 a write that is still in a queue, or a read inside an older snapshot"
            }
            Self::Durable => {
                "the write waits in a buffer, or in a transaction that nobody has committed; or the engine is set to acknowledge before it syncs"
            }
            Self::RevisionKept => {
                "the store makes a revision of its own, keeps it in a column that is too narrow, or passes it through a double; \
                 it is a number of 63 bits that comes with the change"
            }
            Self::AccountsApart => {
                "a case-insensitive or padding collation, trimming, Unicode normalization, a column that is too short, \
                 or ids that are pasted into a key or a statement; take VARBINARY or BYTEA, or a collation that compares bytes and does not pad: \"C\", utf8mb4_nopad_bin of MariaDB, \
                 utf8mb4_0900_bin of MySQL; utf8mb4_bin pads"
            }
            Self::RecordKept => {
                "a column that cuts off, a character set of three bytes (utf8mb3), numbers that pass through a double, \
                 or a mapping of single fields in which one is missing; keep what serde wrote as one opaque text"
            }
            Self::ConflictIsNoError => {
                "a unique violation, a serialization failure, a busy database or \"no rows\" is passed on as an error; \
                 where the row is not as expected, the answer is Ok(Swap::Conflict)"
            }
            Self::ConflictStoresNothing => {
                "the statement is retried after its reply was lost, and finds its own write; or the row is written before it is compared"
            }
            Self::Trail => {
                "the events are written before or after the record in a transaction of their own, from a queue, or whatever became of \
                 the swap; or they are read in the order of a clock or of random revisions, not in that of the writes"
            }
            Self::FailureIsError => {
                "an error is caught and turned into None or Conflict (unwrap_or_default, ok(), a catch-all arm); pass it on"
            }
            Self::DecidedAgain => "the store's answers to a load and to a swap contradict each other",
            Self::UnknownRefused => {
                "the record that was stored is not the one that is read afterwards: a cache, or a write that is undone when its reply is lost"
            }
            Self::LockedReadsOnly => {
                "the store writes where it was asked to read: a \"last seen\" column or a trigger that changes the revision"
            }
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtomicSwap => {
                "a swap is atomic: of writers that expect the same thing exactly one gets Stored as its answer"
            }
            Self::Latest => "a load returns the record of the latest swap that was answered with Stored",
            Self::Durable => "the answer is Stored only once the record is durable, without a later commit by anybody",
            Self::RevisionKept => "a load returns the revision that the latest stored change brought",
            Self::AccountsApart => "accounts are kept apart by every byte of their ids",
            Self::RecordKept => "the record is kept as it was handed over, to the last field",
            Self::ConflictIsNoError => "a conflict is an outcome, never an Err",
            Self::ConflictStoresNothing => "when the answer is Conflict, nothing was stored",
            Self::Trail => {
                "the trail holds the events of each stored change once and in order, and none of a change that was not stored"
            }
            Self::FailureIsError => "a failure is an Err, never a Conflict and never an absent row",
            Self::DecidedAgain => {
                "after a conflict the record is loaded and decided on again, a bounded number of times"
            }
            Self::UnknownRefused => {
                "an unknown outcome is a refusal: nobody is let in, and the code is used up"
            }
            Self::LockedReadsOnly => "once locked, an attempt costs a read and no write",
        })
    }
}
