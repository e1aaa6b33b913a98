use core::fmt;

#[cfg(feature = "json")]
use crate::session::{AccountRecord, JsonError};

/// Identifies one write of a row: a random number that the verifier draws, so that no revision comes twice
/// and no store needs a counter or a sequence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision(u64);

impl Revision {
    /// The revision of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, for a column. The numbers that the verifier draws fit into a signed 64-bit column.
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

#[cfg(feature = "json")]
impl Versioned<AccountRecord> {
    /// The record of a row, from its two columns.
    ///
    /// ```
    /// use second_factor::store::{Revision, Versioned};
    /// use second_factor::{AccountId, AccountRecord};
    ///
    /// let json = AccountRecord::new(AccountId::new("user-7")?).to_json()?;
    /// let row = Versioned::from_json(&json, Revision::new(0x5eed))?;
    /// assert_eq!(row.value.account().as_str(), "user-7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`AccountRecord::from_json`].
    pub fn from_json(json: impl AsRef<[u8]>, revision: Revision) -> Result<Self, JsonError> {
        Ok(Self { value: AccountRecord::from_json(json)?, revision })
    }
}
