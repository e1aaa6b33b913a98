use alloc::string::String;
use core::time::Duration;

use crate::otp::{TotpParams, Window};

mod builder;
mod error;
mod guess_odds;

pub use builder::PolicyBuilder;
pub use error::PolicyError;
pub use guess_odds::GuessOdds;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    seconds(count.saturating_mul(60))
}

const fn days(count: u64) -> Duration {
    seconds(count.saturating_mul(24 * 60 * 60))
}

/// The numbers that the rules use. The source gives the reason for each default. A policy cannot be built if
/// guessing under it has better odds than one in [`MIN_ODDS`](Self::MIN_ODDS).
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
            // most 162 a year (see `guess_odds`). At any time three of the million codes are right, so the
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
    /// one more. For each guess, as many codes are right as the window has steps. The bound assumes codes of
    /// six digits, even if this policy asks for more, since an authenticator keeps the parameters that it was
    /// enrolled with. If an account has more authenticators than the budget has guesses, because an earlier
    /// policy allowed them, their number is its budget; a policy that would give such an account worse odds
    /// than one in [`MIN_ODDS`](Self::MIN_ODDS) a year does not build. Each password change that the owner
    /// authorises with a fresh factor adds at most the budget and the most that time gives back at once.
    pub fn guess_odds(&self, span: Duration) -> GuessOdds {
        let regained = span.as_secs().checked_div(self.regain_every.as_secs()).unwrap_or(u64::MAX);
        let at_once =
            u64::from(self.guess_budget).saturating_add(u64::from(self.most_credit()).saturating_mul(2));
        GuessOdds::new(regained.saturating_add(at_once).saturating_add(1), self.window)
    }

    /// The odds for an account that an earlier policy allowed to have the most authenticators. If this policy's
    /// budget is smaller than their number, this number is the account's budget.
    fn odds_of_most_authenticators(&self, span: Duration) -> GuessOdds {
        let more = u16::from(Self::MAX_AUTHENTICATORS).saturating_sub(self.guess_budget);
        GuessOdds::new(self.guess_odds(span).guesses().saturating_add(more.into()), self.window)
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

    /// How many authenticators an account can have. A guess is compared with every app among them, and
    /// charged once for each app.
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

    /// How many devices an account can have remembered; remembering one more forgets one that has expired, or
    /// else the one that has not been used for the longest time.
    pub fn devices(&self) -> usize {
        self.devices.into()
    }
}
