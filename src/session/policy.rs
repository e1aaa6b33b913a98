use alloc::string::String;
use core::time::Duration;

use crate::enrollment::{KeyUriError, printable_issuer};
use crate::otp::{TotpParams, Window};

mod guess_odds;

pub use guess_odds::GuessOdds;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

const fn days(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(24 * 60 * 60))
}

/// The numbers that the rules use. In the source, the reason for each default stands beside it. A policy
/// under which guessing has better odds than one in [`MIN_ODDS`](Self::MIN_ODDS) cannot be built.
///
/// ```
/// use core::time::Duration;
/// use second_factor::Policy;
///
/// let policy = Policy::new("Example")?;
/// let year = Duration::from_secs(365 * 24 * 60 * 60);
/// assert!(policy.guess_odds(year).one_in() >= 2_000);
///
/// let strict = Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO).build()?;
/// assert!(strict.requires_second_factor());
/// # Ok::<(), second_factor::session::PolicyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    issuer: String,
    namespace: Option<String>,
    required: bool,
    totp: TotpParams,
    window: Window,
    guesses_per_challenge: u8,
    guess_budget: u16,
    regain_every: Duration,
    authenticators: u8,
    challenge_lifetime: Duration,
    enrollment_lifetime: Duration,
    step_up_age: Duration,
    remember_for: Duration,
    rotation_grace: Duration,
    devices: u8,
}

impl Policy {
    /// The longest that a device is remembered: 30 days (SP 800-63B-4 §2.1.3: everybody should authenticate again by
    /// then).
    pub const MAX_REMEMBER: Duration = days(30);

    /// The longest that an enrollment may wait for its confirmation: 10 minutes (SP 800-63B-4 §4.1.2.2 has
    /// this limit for a binding code).
    pub const MAX_ENROLLMENT_LIFETIME: Duration = minutes(10);

    /// The longest that a challenge may stay open.
    pub const MAX_CHALLENGE_LIFETIME: Duration = minutes(30);

    /// The most authenticators that an account can have.
    pub const MAX_AUTHENTICATORS: u8 = 5;

    /// The most devices that an account can have remembered.
    pub const MAX_DEVICES: u8 = 20;

    /// The most guesses between two accepted codes: fewer than 100 (SP 800-63B §3.2.2).
    pub const MAX_GUESSES: u16 = 99;

    /// The weakest odds that [`PolicyBuilder::build`] accepts: one in this many, per account and year.
    pub const MIN_ODDS: u64 = 2_000;

    /// The default policy, for accounts at `issuer`: the name that authenticator apps show.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Issuer`] for a name that cannot be enrolled under the rules of
    /// [`KeyUri::totp`](crate::KeyUri::totp).
    pub fn new(issuer: impl Into<String>) -> Result<Self, PolicyError> {
        Self::builder(issuer).build()
    }

    /// A builder that starts from the default policy.
    pub fn builder(issuer: impl Into<String>) -> PolicyBuilder {
        PolicyBuilder(Self {
            issuer: issuer.into(),
            namespace: None,
            // The host decides whether a second factor is required; by default it is only offered.
            required: false,
            // SHA-1, six digits, 30 seconds: what every authenticator app supports. Some apps ignore other
            // parameters and show wrong codes.
            totp: TotpParams::default(),
            // One step back for codes that took a while to arrive (RFC 6238 §5.2), one ahead for clocks that
            // are fast.
            window: Window::DEFAULT,
            // Whoever mistypes five times in a row had better start again; and a stolen challenge allows only
            // five guesses.
            guesses_per_challenge: 5,
            // Twenty at once, ten more after a month's wait (twenty at worst), and one every three days: at
            // most 162 a year (see `guess_odds`). At any time three codes of a million are right, so the
            // chance is one in 2,057.
            guess_budget: 20,
            regain_every: days(3),
            // A phone, a tablet, and a spare (SP 800-63B §4.1.2.1 asks for more than one).
            authenticators: 3,
            // Enough to find the phone.
            challenge_lifetime: minutes(10),
            // Enough to install an app (SP 800-63B §4.1).
            enrollment_lifetime: minutes(10),
            // ASVS 7.5.1: step-up no older than five minutes.
            step_up_age: minutes(5),
            remember_for: Self::MAX_REMEMBER,
            // Two tabs that log in at the same moment over a slow connection.
            rotation_grace: minutes(1),
            // A phone, a laptop, a computer at work, and some that the owner has forgotten.
            devices: 10,
        })
    }

    /// An upper bound on the chance that an attacker who has the password guesses a code within `span`,
    /// however often the owner logs in and whatever the clocks of the service's instances do.
    ///
    /// At most this many guesses are evaluated and not refunded: the budget, twice the [most that time gives
    /// back at once](Self::most_credit), one for every [`regain_every`](Self::regain_every) in the span, and
    /// one more. Against each guess, as many codes are right as the window has steps. The bound assumes codes
    /// of six digits, even if this policy asks for more, since an authenticator keeps the parameters that it
    /// was enrolled with. Each password change that the owner authorises with a fresh factor adds at most the
    /// budget and the most that time gives back at once.
    pub fn guess_odds(&self, span: Duration) -> GuessOdds {
        let regained = span.as_secs().checked_div(self.regain_every.as_secs()).unwrap_or(u64::MAX);
        let at_once =
            u64::from(self.guess_budget).saturating_add(u64::from(self.most_credit()).saturating_mul(2));
        GuessOdds::new(regained.saturating_add(at_once).saturating_add(1), self.window)
    }

    /// The name that authenticator apps show.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The text that distinguishes this service's tokens and cookies from those of another service on the
    /// same host name: the [issuer](Self::issuer), unless [another text](PolicyBuilder::namespace) is given.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(&self.issuer)
    }

    /// Whether an account without an authenticator must enroll one to log in.
    pub fn requires_second_factor(&self) -> bool {
        self.required
    }

    /// Algorithm, digits and period of new enrollments. Each authenticator keeps its own (RFC 6238 §3 R4).
    pub fn totp(&self) -> TotpParams {
        self.totp
    }

    /// The steps around the current one whose codes are accepted.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The number of failed guesses that ends a challenge.
    pub fn guesses_per_challenge(&self) -> u8 {
        self.guesses_per_challenge
    }

    /// How many guesses are evaluated at once, before time gives any back.
    pub fn guess_budget(&self) -> u16 {
        self.guess_budget
    }

    /// How long it takes until one guess is given back.
    pub fn regain_every(&self) -> Duration {
        self.regain_every
    }

    /// The most guesses that the time between two accepted codes gives back: as many as a month does, and at
    /// most the budget.
    pub fn most_credit(&self) -> u16 {
        let month = days(30).as_secs().checked_div(self.regain_every.as_secs()).unwrap_or(0);
        u16::try_from(month).unwrap_or(u16::MAX).min(self.guess_budget)
    }

    /// How many authenticators an account can have. A guess is compared with every app among them, and charged for each.
    pub fn authenticators(&self) -> usize {
        self.authenticators.into()
    }

    /// How long a challenge stays open.
    pub fn challenge_lifetime(&self) -> Duration {
        self.challenge_lifetime
    }

    /// How long an enrollment waits for its confirmation.
    pub fn enrollment_lifetime(&self) -> Duration {
        self.enrollment_lifetime
    }

    /// How old a [`FreshFactor`](super::FreshFactor) may be.
    pub fn step_up_age(&self) -> Duration {
        self.step_up_age
    }

    /// How long a device is remembered after a code was presented on it. Zero: not at all.
    pub fn remember_for(&self) -> Duration {
        self.remember_for
    }

    /// How long the previous device token is still accepted after a rotation.
    pub fn rotation_grace(&self) -> Duration {
        self.rotation_grace
    }

    /// How many devices an account can have remembered; remembering one more forgets the one that has not
    /// been used for the longest time.
    pub fn devices(&self) -> usize {
        self.devices.into()
    }
}

/// Says where a [`Policy`] differs from the default.
#[derive(Clone, Debug)]
#[must_use = "a builder is no policy yet"]
pub struct PolicyBuilder(Policy);

impl PolicyBuilder {
    /// Demand a second factor: an account that has none gets `Login::EnrollmentRequired` instead of a login
    /// (ASVS 6.3.3).
    pub fn require_second_factor(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// A namespace of its own for this service's tokens and cookies: 1 to 64 visible ASCII characters. If the
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

    /// How many guesses are evaluated at once: at most 50, and at least as many as an account can have
    /// authenticators. And the time in which one guess is given back: an hour to 366 days. If it is longer
    /// than 30 days, none is given back: see [`Policy::most_credit`].
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

    /// How old a [`FreshFactor`](super::FreshFactor) may be, from one second to 15 minutes.
    pub fn step_up_age(mut self, age: Duration) -> Self {
        self.0.step_up_age = age;
        self
    }

    /// How long a device is remembered, at most [`Policy::MAX_REMEMBER`]. [`Duration::ZERO`]: not at all.
    pub fn remember_for(mut self, span: Duration) -> Self {
        self.0.remember_for = span;
        self
    }

    /// How long the previous device token is still accepted after a rotation, and the current one is not replaced: 30
    /// seconds to ten minutes. Somebody with the password and a device token can cause one write in this time.
    pub fn rotation_grace(mut self, grace: Duration) -> Self {
        self.0.rotation_grace = grace;
        self
    }

    /// How many devices an account can have remembered, at most [`Policy::MAX_DEVICES`].
    pub fn devices(mut self, devices: u8) -> Self {
        self.0.devices = devices;
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] names the setting that is out of bounds. [`PolicyError::GuessOdds`] means that the
    /// settings together give an attacker better odds than one in [`Policy::MIN_ODDS`] per account and year.
    /// [`PolicyError::TooManyGuesses`] means that 100 or more guesses would fit between two accepted codes.
    pub fn build(self) -> Result<Policy, PolicyError> {
        let policy = self.0;
        let spans = [
            ("challenge_lifetime", policy.challenge_lifetime, minutes(1), Policy::MAX_CHALLENGE_LIFETIME),
            ("enrollment_lifetime", policy.enrollment_lifetime, minutes(1), Policy::MAX_ENROLLMENT_LIFETIME),
            ("step_up_age", policy.step_up_age, Duration::from_secs(1), minutes(15)),
            ("remember_for", policy.remember_for, Duration::ZERO, Policy::MAX_REMEMBER),
            ("rotation_grace", policy.rotation_grace, Duration::from_secs(30), minutes(10)),
            ("regain_every", policy.regain_every, minutes(60), days(366)),
        ];
        let counts = [
            ("guesses_per_challenge", u32::from(policy.guesses_per_challenge), 1, 20),
            ("guess_budget", policy.guess_budget.into(), policy.authenticators.into(), 50),
            ("authenticators", policy.authenticators.into(), 1, Policy::MAX_AUTHENTICATORS.into()),
            ("devices", policy.devices.into(), 0, Policy::MAX_DEVICES.into()),
        ];
        printable_issuer(&policy.issuer).map_err(PolicyError::Issuer)?;
        let is_namespace = |text: &String| {
            (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if policy.namespace.as_ref().is_some_and(|namespace| !is_namespace(namespace)) {
            return Err(PolicyError::Namespace);
        }
        let span =
            spans.iter().find(|(_, span, least, most)| span < least || span > most).map(|(name, ..)| *name);
        let count = counts
            .iter()
            .find(|(_, count, least, most)| count < least || count > most)
            .map(|(name, ..)| *name);
        if let Some(setting) = span.or(count) {
            return Err(PolicyError::OutOfBounds { setting });
        }
        let guesses = policy.guess_budget.saturating_add(policy.most_credit());
        if guesses > Policy::MAX_GUESSES {
            return Err(PolicyError::TooManyGuesses { guesses });
        }
        let one_in = policy.guess_odds(days(365)).one_in();
        if one_in < Policy::MIN_ODDS { Err(PolicyError::GuessOdds { one_in }) } else { Ok(policy) }
    }
}

/// Why a policy could not be built. The host has to fix this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The issuer cannot be enrolled under the rules of [`KeyUri::totp`](crate::KeyUri::totp).
    #[error("the policy's issuer cannot be enrolled")]
    Issuer(#[source] KeyUriError),
    /// The namespace is not 1 to 64 visible ASCII characters.
    #[error("a namespace is 1 to 64 visible ASCII characters")]
    Namespace,
    /// A number is outside the bounds that its setter's documentation gives.
    #[error("the policy's `{setting}` is out of bounds")]
    OutOfBounds {
        /// The setter's name.
        setting: &'static str,
    },
    /// 100 guesses or more would fit between two accepted codes.
    #[error("under this policy {guesses} guesses fit between two accepted codes; at most {max} are allowed", max = Policy::MAX_GUESSES)]
    TooManyGuesses {
        /// How many.
        guesses: u16,
    },
    /// An attacker with the password would have better odds than [`Policy::MIN_ODDS`].
    #[error("under this policy an attacker who has the password guesses a code within a year with a chance of one in {one_in}; at most one in {min} is allowed", min = Policy::MIN_ODDS)]
    GuessOdds {
        /// One in how many.
        one_in: u64,
    },
}
