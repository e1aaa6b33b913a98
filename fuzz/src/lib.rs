//! Shared parts of the targets: a clock that is set by hand, reproducible random numbers, a phone, a log of events, and a seal that fails.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use second_factor::otp::{CodesInARow, Counter, Digits};
use second_factor::session::{Seal, SealContext, SealError, Sealed};
use second_factor::verifier::{Clock, EventSink};
use second_factor::{AuditEvent, Hotp, Secret, TotpParams, UnixTime};

/// The start of a time step in November 2023.
pub const START: u64 = 1_700_000_010;

/// A clock that shows the time that it was set to.
#[derive(Debug)]
pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn at(secs: u64) -> Self {
        Self(AtomicU64::new(secs))
    }

    pub fn set(&self, secs: u64) {
        self.0.store(secs, Ordering::Relaxed);
    }

    pub fn secs(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.secs())
    }
}

/// SplitMix64: the same bytes in every run, different bytes at every call.
#[derive(Debug)]
pub struct Repeatable(pub u64);

impl rand_core::TryRng for Repeatable {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Repeatable {}

/// An authenticator app that counts time steps itself and takes each code from HOTP, as RFC 6238 §4.2 defines it.
#[derive(Clone)]
pub struct Phone {
    hotp: Arc<Hotp>,
    digits: Digits,
    period: u64,
    t0: u64,
}

impl Phone {
    pub fn new(secret: &Secret, params: TotpParams) -> Self {
        Self {
            hotp: Arc::new(Hotp::new(secret, params.algorithm(), params.digits())),
            digits: params.digits(),
            period: params.period().as_secs().into(),
            t0: params.t0().as_secs(),
        }
    }

    pub fn step(&self, secs: u64) -> Option<u64> {
        Some(secs.checked_sub(self.t0)? / self.period)
    }

    pub fn code_of(&self, step: u64) -> String {
        self.hotp.generate(Counter::new(step)).expose().to_owned()
    }

    /// The steps with this code, in a window of one step back and one ahead.
    pub fn steps_with(&self, code: &str, secs: u64) -> Vec<u64> {
        self.window(secs).filter(|step| self.code_of(*step) == code).collect()
    }

    /// The codes in a row that end with this step; `None` if the first would be before step 0.
    pub fn codes_in_a_row(&self, last: u64) -> Option<Vec<String>> {
        Some(
            (last.checked_sub(self.codes_in_a_row_count() - 1)?..=last)
                .map(|step| self.code_of(step))
                .collect(),
        )
    }

    pub fn codes_in_a_row_count(&self) -> u64 {
        CodesInARow::count(self.digits).into()
    }

    /// The steps of the window at which these digits are codes in a row.
    pub fn steps_with_row(&self, digits: &str, secs: u64) -> Vec<u64> {
        let is_shown = |last: &u64| self.codes_in_a_row(*last).is_some_and(|codes| codes.concat() == digits);
        self.window(secs).filter(is_shown).collect()
    }

    /// The earliest step, up to ten minutes away, with this code; and by how many seconds the phone's clock is off if it shows it now.
    pub fn clock_offset(&self, code: &str, secs: u64) -> Option<(u64, i64)> {
        let (now, reach) = (self.step(secs)?, 600 / self.period);
        let near = now.saturating_sub(reach)..=now.saturating_add(reach);
        let step = near.into_iter().find(|step| self.code_of(*step) == code)?;
        let secs = (i128::from(step) - i128::from(now)) * i128::from(self.period);
        Some((step, i64::try_from(secs).expect("ten minutes")))
    }

    /// The number of digits of its codes.
    pub fn digits(&self) -> usize {
        self.digits.count().into()
    }

    /// A code that no step of the window has.
    pub fn wrong_code(&self, secs: u64, salt: u8) -> String {
        let width = self.digits();
        let right: Vec<String> = self.window(secs).map(|step| self.code_of(step)).collect();
        (0..)
            .map(|n| format!("{:0width$}", u32::from(salt) * 1_000 + n))
            .find(|code| !right.contains(code))
            .expect("a million codes, three of them right")
    }

    fn window(&self, secs: u64) -> impl Iterator<Item = u64> + use<> {
        let window = self.step(secs).map(|middle| middle.saturating_sub(1)..=middle.saturating_add(1));
        window.into_iter().flatten()
    }
}

/// Keeps the events until they are taken.
#[derive(Debug, Default)]
pub struct EventLog(Mutex<Vec<AuditEvent>>);

impl EventSink for EventLog {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().expect("one thread").push(event.clone());
    }
}

impl EventLog {
    pub fn peek(&self) -> Vec<AuditEvent> {
        self.0.lock().expect("one thread").clone()
    }

    pub fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut *self.0.lock().expect("one thread"))
    }
}

/// A seal whose key service does not answer.
pub struct NoKey;

impl Seal for NoKey {
    fn seal(&self, _: &Secret, _: SealContext<'_>, _: [u8; 24]) -> Result<Sealed, SealError> {
        Err(SealError::Unavailable)
    }

    fn open(&self, _: &Sealed, _: SealContext<'_>) -> Result<Secret, SealError> {
        Err(SealError::Unavailable)
    }

    fn is_current(&self, _: &Sealed) -> bool {
        false
    }
}
