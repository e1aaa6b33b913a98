use alloc::string::String;

use super::Refusal;
use crate::time::UnixTime;

/// A [`Refusal`] as an API answers it: what the claimant may know, and what a program needs to go on.
///
/// ```
/// use second_factor::{Refusal, UnixTime};
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let locked = Refusal::Locked { retry_at: Some(UnixTime::from_secs(1_700_000_090)) };
/// let body = serde_json::to_value(locked.answer(now))?;
/// assert_eq!(body["code"], "locked");
/// assert_eq!(body["is_over"], false);
/// assert_eq!(body["retry_after_secs"], 90);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RefusalAnswer {
    /// [`Refusal::code`].
    pub code: &'static str,
    /// [`Refusal::in_words`].
    pub text: String,
    /// [`Refusal::is_over`]: begin again, and do not ask for another code.
    pub is_over: bool,
    /// [`Refusal::retry_after`], in seconds; left out where there is none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub retry_after_secs: Option<u64>,
    /// By how much the clock of the authenticator app is off, in seconds: above zero it is ahead. For
    /// [`Refusal::ClockOff`] alone; left out otherwise.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub clock_off_secs: Option<i32>,
}

impl RefusalAnswer {
    pub(super) fn new(refusal: Refusal, now: UnixTime) -> Self {
        Self {
            code: refusal.code(),
            text: refusal.in_words(),
            is_over: refusal.is_over(),
            retry_after_secs: refusal.retry_after(now).map(|wait| wait.as_secs()),
            clock_off_secs: match refusal {
                Refusal::ClockOff(offset) => Some(offset.as_secs()),
                _ => None,
            },
        }
    }
}
