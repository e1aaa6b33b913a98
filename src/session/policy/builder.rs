use alloc::string::String;
use core::ops::RangeInclusive;
use core::time::Duration;

use super::{Policy, PolicyError, days, minutes, seconds};
use crate::enrollment::printable_issuer;
use crate::otp::{TotpParams, Window};
use crate::time::UnixTime;

/// Says where a [`Policy`] differs from the default.
#[derive(Clone, Debug)]
#[must_use = "a builder is no policy yet"]
pub struct PolicyBuilder(pub(super) Policy);

impl PolicyBuilder {
    /// Demand a second factor: an account that has none gets `Login::EnrollmentRequired` instead of a login
    /// (ASVS 6.3.3). Sessions that began with the first factor alone stay valid when this is switched on: end
    /// them, or have them step up.
    pub fn require_second_factor(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// A separate namespace for this service's tokens and cookies: 1 to 64 visible ASCII characters. If the
    /// namespace changes, every token in use becomes void. Without a namespace, the same happens if the
    /// issuer changes.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.0.namespace = Some(namespace.into());
        self
    }

    /// Algorithm, digits and period of new enrollments.
    pub fn totp(mut self, params: TotpParams) -> Self {
        self.0.totp = params;
        self
    }

    /// The steps around the current one whose codes are accepted.
    pub fn window(mut self, window: Window) -> Self {
        self.0.window = window;
        self
    }

    /// The number of failed guesses that ends a challenge, 1 to 20.
    pub fn guesses_per_challenge(mut self, guesses: u8) -> Self {
        self.0.guesses_per_challenge = guesses;
        self
    }

    /// `guesses` says how many guesses are evaluated at once: at most 50, and at least as many as an account
    /// can have authenticators. `regain_every` is the time in which one guess is given back: an hour to 366
    /// days. If it is longer than 30 days, none is given back: see [`Policy::most_credit`].
    pub fn guess_budget(mut self, guesses: u16, regain_every: Duration) -> Self {
        self.0.guess_budget = guesses;
        self.0.regain_every = regain_every;
        self
    }

    /// How many authenticators an account can have, 1 to [`Policy::MAX_AUTHENTICATORS`].
    pub fn authenticators(mut self, authenticators: u8) -> Self {
        self.0.authenticators = authenticators;
        self
    }

    /// How long a challenge stays open, from one minute to [`Policy::MAX_CHALLENGE_LIFETIME`].
    ///
    /// It takes up to five periods to read codes in a row off the app, two and a half minutes with the
    /// default. If challenges end sooner, the owner has to collect the codes first and then type the password
    /// again.
    pub fn challenge_lifetime(mut self, lifetime: Duration) -> Self {
        self.0.challenge_lifetime = lifetime;
        self
    }

    /// How long an enrollment waits for its confirmation, from one minute to
    /// [`Policy::MAX_ENROLLMENT_LIFETIME`].
    pub fn enrollment_lifetime(mut self, lifetime: Duration) -> Self {
        self.0.enrollment_lifetime = lifetime;
        self
    }

    /// How old a [`FreshFactor`](crate::session::FreshFactor) may be, from one second to 15 minutes.
    pub fn step_up_age(mut self, age: Duration) -> Self {
        self.0.step_up_age = age;
        self
    }

    /// How long a device is remembered, at most [`Policy::MAX_REMEMBER`]. [`Duration::ZERO`]: not at all.
    pub fn remember_for(mut self, span: Duration) -> Self {
        self.0.remember_for = span;
        self
    }

    /// How long after a rotation the previous device token is still accepted, and the current one is not
    /// replaced: 30 seconds to ten minutes. Somebody with the password and a device token can cause one write
    /// in this time.
    pub fn rotation_grace(mut self, grace: Duration) -> Self {
        self.0.rotation_grace = grace;
        self
    }

    /// How many devices an account can have remembered, at most [`Policy::MAX_DEVICES`]. If an account has
    /// more of them by now, those used most recently count.
    pub fn devices(mut self, devices: u8) -> Self {
        self.0.devices = devices;
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] names the setting that is out of bounds, and its bounds. [`PolicyError::GuessOdds`]
    /// means that the settings together give an attacker better odds than one in [`Policy::MIN_ODDS`] per
    /// account and year.
    /// [`PolicyError::TooManyGuesses`] means that 100 or more guesses would fit between two accepted codes.
    pub fn build(self) -> Result<Policy, PolicyError> {
        let policy = self.0;
        printable_issuer(&policy.issuer).map_err(PolicyError::Issuer)?;
        if policy.namespace.as_deref().is_some_and(|namespace| !is_namespace(namespace)) {
            return Err(PolicyError::Namespace);
        }
        if policy.totp.t0() != UnixTime::EPOCH {
            return Err(PolicyError::T0);
        }
        let least = policy.authenticators.into();
        let (challenge, waiting) = (Policy::MAX_CHALLENGE_LIFETIME, Policy::MAX_ENROLLMENT_LIFETIME);
        bound("challenge_lifetime", "1 to 30 minutes", &policy.challenge_lifetime, minutes(1)..=challenge)?;
        bound("enrollment_lifetime", "1 to 10 minutes", &policy.enrollment_lifetime, minutes(1)..=waiting)?;
        bound("step_up_age", "1 second to 15 minutes", &policy.step_up_age, seconds(1)..=minutes(15))?;
        bound("remember_for", "0 to 30 days", &policy.remember_for, seconds(0)..=Policy::MAX_REMEMBER)?;
        bound("rotation_grace", "30 to 600 seconds", &policy.rotation_grace, seconds(30)..=seconds(600))?;
        bound("regain_every", "1 hour to 366 days", &policy.regain_every, minutes(60)..=days(366))?;
        bound("guesses_per_challenge", "1 to 20", &policy.guesses_per_challenge, 1..=20)?;
        bound("guess_budget", "the number of authenticators to 50", &policy.guess_budget, least..=50)?;
        bound("authenticators", "1 to 5", &policy.authenticators, 1..=Policy::MAX_AUTHENTICATORS)?;
        bound("devices", "0 to 20", &policy.devices, 0..=Policy::MAX_DEVICES)?;
        let guesses = policy.guess_budget.saturating_add(policy.most_credit());
        if guesses > Policy::MAX_GUESSES {
            return Err(PolicyError::TooManyGuesses { guesses });
        }
        let one_in = policy.odds_of_most_authenticators(days(365)).one_in();
        if one_in < Policy::MIN_ODDS { Err(PolicyError::GuessOdds { one_in }) } else { Ok(policy) }
    }
}

fn is_namespace(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn bound<T: PartialOrd>(
    setting: &'static str,
    bounds: &'static str,
    value: &T,
    range: RangeInclusive<T>,
) -> Result<(), PolicyError> {
    if range.contains(value) { Ok(()) } else { Err(PolicyError::OutOfBounds { setting, bounds }) }
}
