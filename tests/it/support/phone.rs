//! An authenticator app.

use second_factor::otp::CodesInARow;
use second_factor::{KeyUri, Secret, Totp, TotpParams, UnixTime};

/// An authenticator app.
#[derive(Debug, Clone)]
pub struct Phone {
    secret: Secret,
    params: TotpParams,
}

impl Phone {
    /// Scans the key URI.
    pub fn scan(uri: &KeyUri) -> Self {
        let params = uri.totp_params().expect("a TOTP authenticator");
        Self { secret: uri.secret().clone(), params }
    }

    /// The code that the app shows at this time.
    pub fn code(&self, at: UnixTime) -> String {
        Totp::new(&self.secret, self.params).generate(at).expose().to_owned()
    }

    /// Codes in a row, of which the last is the one of this time.
    pub fn codes_in_a_row(&self, until: UnixTime) -> String {
        let period = u64::from(self.params.period().as_secs());
        let before = (0..u64::from(CodesInARow::count(self.params.digits()))).rev();
        let codes = before.map(|n| self.code(UnixTime::from_secs(until.as_secs() - n * period)));
        codes.collect::<Vec<_>>().join(" ")
    }

    /// A code that is wrong at every step within a day of this time.
    pub fn wrong_code(&self, at: UnixTime) -> String {
        self.wrong_codes(at).next().unwrap()
    }

    /// Codes that are not right at any step near this time.
    pub fn wrong_codes(&self, at: UnixTime) -> impl Iterator<Item = String> {
        let right: Vec<String> = (0..41)
            .map(|n| self.code(UnixTime::from_secs((at.as_secs() + 30 * n).saturating_sub(600))))
            .collect();
        (0..1_000_000).map(|n| format!("{n:06}")).filter(move |code| !right.contains(code))
    }
}
