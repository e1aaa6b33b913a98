//! A clock that a test moves, and an authenticator app.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use second_factor::{Clock, Secret, Totp, TotpParams, UnixTime};

#[derive(Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    pub fn at(time: UnixTime) -> Self {
        Self(Arc::new(AtomicU64::new(time.as_secs())))
    }

    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(span.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub struct AuthenticatorApp(Totp);

impl AuthenticatorApp {
    pub fn new(secret: Secret, params: TotpParams) -> Self {
        Self(Totp::new(&secret, params))
    }

    pub fn code(&self, at: UnixTime) -> String {
        self.0.generate(at).expose().to_owned()
    }

    /// The last of them is that of this time.
    pub fn codes_in_a_row(&self, until: UnixTime) -> String {
        let codes = (0..4).rev().map(|step| self.code(UnixTime::from_secs(until.as_secs() - 30 * step)));
        codes.collect::<Vec<_>>().join(" ")
    }

    /// A code that is not right near this time.
    pub fn wrong_code(&self, at: UnixTime) -> String {
        let near = |step: u64| self.code(UnixTime::from_secs(at.as_secs() - 600 + 30 * step));
        let right: Vec<_> = (0..40).map(near).collect();
        (0..=right.len()).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap()
    }
}
