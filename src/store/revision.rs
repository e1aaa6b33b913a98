use core::fmt;

/// Which write of a row this is. Every write gives a row a revision that it never had, also after the row was
/// deleted and made again.
///
/// A counter does for rows that are never deleted; a sequence of the database, or a random number, does for
/// all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision(u64);

impl Revision {
    /// The revision of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, for a column. A store that counts from 1 stays within a signed 64-bit one.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value and the revision under which it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its revision.
    pub revision: Revision,
}

/// What a write takes to be there. There is no way to overwrite whatever is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expected {
    /// No row.
    Absent,
    /// A row at this revision.
    At(Revision),
}

/// What became of a write. A conflict is an outcome, not an error: somebody else was quicker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[must_use = "a conflict means that nothing was stored"]
pub enum Swap {
    /// The record is stored, durably, under this revision.
    Stored(Revision),
    /// What was expected is not there. Nothing was stored.
    Conflict,
}
