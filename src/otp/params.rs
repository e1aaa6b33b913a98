use super::{Algorithm, Digits, Period, TimeStep};
use crate::time::UnixTime;

/// What both sides of a TOTP authenticator agree on besides the secret (RFC 6238 §4.1).
///
/// They are stored with each authenticator, not globally (§3 R4), so a changed default does not affect
/// existing authenticators.
///
/// ```
/// use second_factor::{Algorithm, Digits, Period, TotpParams, UnixTime};
///
/// let params = TotpParams::default();
/// assert_eq!(params, TotpParams::new(Algorithm::Sha1, Digits::Six, Period::DEFAULT));
/// assert_eq!(params.t0(), UnixTime::EPOCH);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct TotpParams {
    algorithm: Algorithm,
    digits: Digits,
    period: Period,
    t0: UnixTime,
}

impl TotpParams {
    /// SHA-1, six digits, 30 seconds, T0 = 0: what every authenticator app understands.
    pub const DEFAULT: Self = Self::new(Algorithm::Sha1, Digits::Six, Period::DEFAULT);

    /// These parameters, with T0 = 0, the default of RFC 6238 §4.1.
    pub const fn new(algorithm: Algorithm, digits: Digits, period: Period) -> Self {
        Self { algorithm, digits, period, t0: UnixTime::EPOCH }
    }

    /// The same parameters, with steps counted from `t0`.
    ///
    /// ```
    /// use second_factor::{TotpParams, UnixTime};
    ///
    /// let params = TotpParams::default().with_t0(UnixTime::from_secs(1_000));
    /// assert_eq!(params.t0().as_secs(), 1_000);
    /// ```
    #[must_use]
    pub const fn with_t0(self, t0: UnixTime) -> Self {
        Self { t0, ..self }
    }

    /// The hash function of the HMAC.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How many digits a code has.
    pub const fn digits(&self) -> Digits {
        self.digits
    }

    /// The time step X.
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The time T0 from which steps are counted.
    pub const fn t0(&self) -> UnixTime {
        self.t0
    }

    /// The time step T = (now − T0) / X (RFC 6238 §4.2), or `None` before T0.
    pub(crate) fn time_step(&self, now: UnixTime) -> Option<TimeStep> {
        let since_t0 = now.as_secs().checked_sub(self.t0.as_secs())?;
        since_t0.checked_div(self.period.as_secs().into()).map(TimeStep::new)
    }
}

impl Default for TotpParams {
    fn default() -> Self {
        Self::DEFAULT
    }
}
