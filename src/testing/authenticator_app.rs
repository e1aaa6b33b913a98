use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use crate::enrollment::KeyUri;
use crate::otp::{CodesInARow, Secret, Totp, TotpParams};
use crate::time::UnixTime;

/// An authenticator app, as a subscriber has it on a phone: a secret, and the codes of any time.
///
/// Codes are plain text, to be typed into the service under test.
///
/// ```
/// use second_factor::testing::AuthenticatorApp;
/// use second_factor::{KeyUri, UnixTime};
///
/// let uri = KeyUri::parse("otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
/// let app = AuthenticatorApp::scan(&uri);
/// assert_eq!(app.code(UnixTime::from_secs(59)), "287082");
/// # Ok::<(), second_factor::enrollment::KeyUriError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuthenticatorApp {
    secret: Secret,
    params: TotpParams,
}

impl AuthenticatorApp {
    /// More than any window, and more than any clock difference that a login reports.
    const WRONG_WITHIN: Duration = Duration::from_secs(60 * 60);

    /// An app with this secret, as if somebody had typed in the setup key ([`Secret::from_base32`] reads one).
    pub fn new(secret: Secret, params: TotpParams) -> Self {
        Self { secret, params }
    }

    /// An app that scanned the QR code of this URI. The URI comes from
    /// [`EnrollmentBegun`](crate::session::EnrollmentBegun) or from [`KeyUri::parse`].
    ///
    /// # Panics
    ///
    /// If the URI is not of time-based codes. Those of this library's enrollments always are.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that scans another URI is wrong")]
    pub fn scan(uri: &KeyUri) -> Self {
        let Some(params) = uri.totp_params() else {
            panic!("the key URI is not of time-based codes: {:?}", uri.kind());
        };
        Self::new(uri.secret().clone(), params)
    }

    /// The code that the app shows at this time.
    pub fn code(&self, at: UnixTime) -> String {
        Totp::new(&self.secret, self.params).generate(at).expose().to_string()
    }

    /// Codes in a row, with which the owner gets in when single codes are refused under a lock. There are as many as a
    /// login needs, and the last one is the code that the app shows at this time.
    pub fn codes_in_a_row(&self, until: UnixTime) -> String {
        let count = u32::from(CodesInARow::count(self.params.digits()));
        let steps_back = (0..count).rev().map(|steps| self.params.period().as_secs().saturating_mul(steps));
        let codes: Vec<_> = steps_back.map(|secs| self.code(before(until, secs.into()))).collect();
        codes.join(" ")
    }

    /// A code that the app does not show within an hour of this time, so that a service refuses it.
    pub fn wrong_code(&self, at: UnixTime) -> String {
        let (within, period) = (Self::WRONG_WITHIN.as_secs(), u64::from(self.params.period().as_secs()));
        let (start, totp) = (before(at, within), Totp::new(&self.secret, self.params));
        let steps = 0..=within.saturating_mul(2).div_ceil(period);
        let times = steps.map(|step| start.saturating_add(Duration::from_secs(period.saturating_mul(step))));
        let right: Vec<_> = times.map(|time| totp.generate(time)).collect();
        let digits = usize::from(self.params.digits().count());
        let mut codes = (0..=right.len()).map(|number| format!("{number:0digits$}"));
        codes.find(|code| right.iter().all(|right| right.expose() != code)).unwrap_or_default()
    }
}

fn before(time: UnixTime, secs: u64) -> UnixTime {
    UnixTime::from_secs(time.as_secs().saturating_sub(secs))
}
