//! Records and audit events as JSON text, for stores.

use alloc::string::String;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::record::FORMAT;
use super::{AccountRecord, AuditEvent};

/// Why an account record or an audit event could not be read from JSON, or could not be written.
///
/// The message gives the position of the fault and never the text there: a record holds sealed secrets. Lines
/// and columns count from 1; a column counts bytes.
///
/// Make it a variant of the store's own error with `#[from]`, so that `?` converts it:
///
/// ```
/// use second_factor::session::JsonError;
/// use second_factor::store::{Revision, Versioned};
/// use second_factor::AccountRecord;
///
/// #[derive(Debug, thiserror::Error)]
/// enum AccountsError {
///     #[error(transparent)]
///     Database(#[from] std::io::Error), // your driver's
///     #[error(transparent)]
///     Json(#[from] JsonError),
/// }
///
/// fn row(revision: u64, record: &str) -> Result<Versioned<AccountRecord>, AccountsError> {
///     Ok(Versioned::from_json(record, Revision::new(revision))?)
/// }
///
/// let error = row(7, r#"{"format":1,"record":{"acc"#).unwrap_err();
/// assert!(matches!(error, AccountsError::Json(JsonError::CutOff { line: 1, column: 26 })));
/// assert_eq!(error.to_string(), "the JSON ends too early, at line 1, column 26: it was cut off");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text ends too early. The column of the table is too narrow, or the text was cut where it was read.
    #[error("the JSON ends too early, at line {line}, column {column}: it was cut off")]
    CutOff {
        /// The line where it ends.
        line: usize,
        /// The column where it ends.
        column: usize,
    },
    /// It is not JSON.
    #[error("not JSON, at line {line}, column {column}")]
    NotJson {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
    },
    /// A newer version of this library wrote the record. Leave the row as it is: other instances can read it.
    #[error(
        "the account record has format {format}, which is newer than this version of second-factor reads"
    )]
    NewerFormat {
        /// Its format.
        format: u32,
    },
    /// It is JSON, but not a record or event as this version writes it: a field is missing, unknown or has a
    /// wrong value, or a list is too long.
    #[error("not as this version of second-factor writes it, at line {line}, column {column}")]
    Malformed {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
    },
    /// A bug in this library: it could not be written.
    #[error("could not be written as JSON; this is a bug in second-factor")]
    Unwritable,
}

impl AccountRecord {
    /// The record as JSON in one line, for a column: what serde writes. It can contain every character that
    /// JSON allows, so the column must be Unicode and hold 64 KiB.
    ///
    /// ```
    /// use second_factor::{AccountId, AccountRecord};
    ///
    /// let record = AccountRecord::new(AccountId::new("user-7")?);
    /// let json = record.to_json()?;
    /// assert!(json.starts_with(r#"{"format":1,"record":{"account":"user-7","#));
    /// assert_eq!(AccountRecord::from_json(&json)?, record);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`JsonError::Unwritable`], which is a bug in this library.
    pub fn to_json(&self) -> Result<String, JsonError> {
        write(self)
    }

    /// Reads what [`to_json`](Self::to_json) wrote, even if the database added blanks or sorted the keys. The
    /// text may be a `&str`, a `String` or bytes.
    ///
    /// # Errors
    ///
    /// [`JsonError`], which says why. Nothing of the record is used then. Leave the row as it is.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, JsonError> {
        let json = json.as_ref();
        read(json).map_err(|error| match (error, read::<Head>(json)) {
            (JsonError::Malformed { .. }, Ok(Head { format })) if format > FORMAT => {
                JsonError::NewerFormat { format }
            }
            // A newer format is refused before its body is read. If the text after that is cut off or not
            // JSON, that is reported instead.
            (
                JsonError::Malformed { .. },
                Err(earlier @ (JsonError::CutOff { .. } | JsonError::NotJson { .. })),
            ) => earlier,
            (error, _) => error,
        })
    }
}

impl AuditEvent {
    /// The event as JSON in one line, for a row of an audit trail: what serde writes.
    /// [`Change::events_json`](crate::store::Change::events_json) has all events of a change.
    ///
    /// # Errors
    ///
    /// [`JsonError::Unwritable`], which is a bug in this library.
    pub fn to_json(&self) -> Result<String, JsonError> {
        write(self)
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// ```
    /// use second_factor::AuditEvent;
    /// use second_factor::session::EventKind;
    ///
    /// let event = AuditEvent::from_json(r#"{"account":"user-7","at":1700000000,"kind":"password_changed"}"#)?;
    /// assert_eq!(event.kind, EventKind::PasswordChanged);
    /// # Ok::<(), second_factor::session::JsonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`JsonError`], which says why. [`JsonError::Malformed`] may be the event of a newer version.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, JsonError> {
        read(json.as_ref())
    }
}

/// The part of a record that is read to learn its format.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, JsonError> {
    serde_json::to_string(value).map_err(|_| JsonError::Unwritable)
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    // Given bytes, serde_json checks that each string is Unicode. Given a `str`, it does not need to.
    let read = match core::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    };
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Eof => JsonError::CutOff { line, column },
            Category::Syntax | Category::Io => JsonError::NotJson { line, column },
            Category::Data => JsonError::Malformed { line, column },
        }
    })
}
