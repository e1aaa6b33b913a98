//! Why a command did not finish.

use second_factor::{ChangePasswordError, Error, QrCapacityError, Refusal};

use crate::json_file::FileError;

#[derive(Debug)]
pub(crate) enum Stop {
    /// The input has ended.
    EndOfInput,
    /// The answer was an empty line.
    GaveUp,
    LoggedOut,
    SessionEnded,
    WrongPassword,
    /// The library said no.
    Refused(Refusal),
    /// What was typed cannot be used, and why.
    Unusable(&'static str),
    /// Not the user's fault.
    Failed(String),
}

impl From<Error<FileError>> for Stop {
    fn from(error: Error<FileError>) -> Self {
        match error {
            Error::Refused(refusal) => Self::Refused(refusal),
            failed => Self::Failed(in_full(&failed)),
        }
    }
}

/// The text says how far the change got, and so which password is valid.
impl From<ChangePasswordError<FileError, FileError>> for Stop {
    fn from(error: ChangePasswordError<FileError, FileError>) -> Self {
        match error {
            ChangePasswordError::NotStarted(error) => error.into(),
            failed => Self::Failed(in_full(&failed)),
        }
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Self::Failed(in_full(&error))
    }
}

impl From<QrCapacityError> for Stop {
    fn from(error: QrCapacityError) -> Self {
        Self::Failed(in_full(&error))
    }
}

/// The error and what caused it.
pub(crate) fn in_full(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
