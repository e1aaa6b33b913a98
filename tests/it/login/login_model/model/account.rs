//! The stored account, and the values that were handed out.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use second_factor::Policy;
use second_factor::session::FirstFactor;

use super::budget::Past;
use super::{By, Demand, Event, Which};

/// The numbers of a policy.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) required: bool,
    pub(super) past: u64,
    pub(super) future: u64,
    pub(super) guesses_per_challenge: usize,
    pub(super) budget: u64,
    pub(super) regain_every: u64,
    pub(super) challenge: u64,
    pub(super) enrollment: u64,
    pub(super) step_up: u64,
    pub(super) remember: u64,
    pub(super) grace: u64,
    pub(super) devices: usize,
    pub(super) authenticators: usize,
}

impl From<&Policy> for Rules {
    fn from(policy: &Policy) -> Self {
        Self {
            required: policy.requires_second_factor(),
            past: policy.window().past().into(),
            future: policy.window().future().into(),
            guesses_per_challenge: policy.guesses_per_challenge().into(),
            budget: policy.guess_budget().into(),
            regain_every: policy.regain_every().as_secs(),
            challenge: policy.challenge_lifetime().as_secs(),
            enrollment: policy.enrollment_lifetime().as_secs(),
            step_up: policy.step_up_age().as_secs(),
            remember: policy.remember_for().as_secs(),
            grace: policy.rotation_grace().as_secs(),
            devices: policy.devices(),
            authenticators: policy.authenticators(),
        }
    }
}

// --- handed out: each value says what it proves, and the account decides whether it is still valid ---

/// A right password, and the account as it was when the check began.
#[derive(Clone, Debug)]
pub struct Password {
    pub(super) at: u64,
    pub(super) epoch: u64,
    pub(super) during_change: bool,
    pub(super) first: FirstFactor,
    pub(super) demand: Demand,
    pub(super) read: Option<Box<Account>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Challenge {
    pub(super) id: u64,
    pub(super) epoch: u64,
    pub(super) opened: u64,
    pub(super) first: FirstFactor,
}

#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub id: u64,
    pub(super) epoch: u64,
    pub(super) at: u64,
    pub(super) by: Option<By>,
    pub(super) device: Option<u64>,
    pub first: FirstFactor,
    /// The number of recovery codes that were left when it began.
    pub left: usize,
    /// Until when a second factor must be enrolled.
    pub enroll_by: Option<u64>,
}

/// The device, and the number of its token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Token {
    pub series: u64,
    pub(super) generation: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    pub(super) at: u64,
    pub(super) session: Session,
}

#[derive(Clone, Copy, Debug)]
pub enum Beside {
    Nothing,
    Fresh(Fresh),
    RecoveryLogin {
        /// When the session began.
        at: u64,
    },
}

#[derive(Clone, Debug)]
pub struct Reauthenticated {
    pub(super) password: Password,
    pub(super) session: u64,
    pub beside: Beside,
}

#[derive(Clone, Debug)]
pub enum Proof {
    Fresh(Fresh),
    Reauthenticated(Reauthenticated),
}

#[derive(Clone, Copy, Debug)]
pub struct Enrollment {
    pub(super) epoch: u64,
    pub(super) begun: u64,
    pub(super) phone: usize,
    pub(super) place: Place,
    pub(super) basis: Basis,
}

/// What an enrollment depends on, apart from its epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Basis {
    Nothing,
    /// The remembered device on which its session began.
    Device(u64),
    /// The time at which its session began with a recovery code.
    RecoveryLogin(u64),
}

/// Whether a new authenticator replaces another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    First,
    Beside,
    Of(Which),
}

/// A try of a recovery code of an old system, and which code the host says it is.
#[derive(Clone, Copy, Debug)]
pub struct OldTry {
    pub(super) challenge: u64,
    pub(super) number: Option<usize>,
}

/// What a call hands out, in order.
#[derive(Clone, Debug)]
pub enum Issued {
    Session(Session),
    Token(Token),
    Challenge(Challenge),
    /// The proof can be used again.
    Password,
    Proof(Proof),
    Enrollment(Enrollment),
    RecoveryCodes,
    Bound(Which),
    OldTry(OldTry),
    /// This session may continue from one epoch to the next.
    Continue {
        session: Option<u64>,
        before: u64,
        after: u64,
    },
}

impl Session {
    /// The result of an [`Issued::Continue`], if it is meant for this session.
    pub fn continue_after(&mut self, session: Option<u64>, before: u64, after: u64) {
        if session == Some(self.id) && self.epoch == before {
            (self.epoch, self.device) = (after, None);
        }
    }
}

// --- stored ---

/// Recovery codes of an old system are numbered from here.
pub const OLD_CODES: usize = 1_000_000;

#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) which: Which,
    pub(super) label: &'static str,
    pub(super) at: u64,
    pub(super) used: Option<u64>,
    /// For a phone the steps of accepted codes, for a passkey the numbers of accepted proofs.
    pub(super) accepted: Vec<u64>,
}

impl Bound {
    pub(super) fn phone(&self) -> Option<usize> {
        match self.which {
            Which::Phone(phone) => Some(phone),
            Which::Passkey(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Touched {
    pub(super) challenge: u64,
    pub(super) opened: u64,
    pub(super) failures: usize,
    pub(super) done: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub(super) series: u64,
    pub(super) generation: u64,
    pub(super) rotated: u64,
    pub(super) since: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StepUp {
    pub(super) session: u64,
    pub(super) at: u64,
    pub(super) with: With,
}

/// The proof that was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) enum With {
    Code { phone: usize, step: u64, by: By },
    Passkey { passkey: usize, signed: u64 },
    Recovery(usize),
}

impl With {
    pub(super) fn proves_the_clock(self) -> bool {
        matches!(self, Self::Code { .. })
    }

    pub(super) fn by(self) -> By {
        match self {
            Self::Code { by, .. } => by,
            Self::Passkey { .. } => By::Passkey,
            Self::Recovery(_) => By::RecoveryCode,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) at: u64,
}

#[derive(Clone, Debug)]
pub struct Account {
    pub(super) rules: Rules,
    /// The next free number. Shared with earlier copies of the account, so that no number is used twice.
    pub(super) ids: Rc<Cell<u64>>,
    pub(super) epoch: u64,
    /// Oldest first.
    pub(super) bound: Vec<Bound>,
    /// Those of an old system are numbered from [`OLD_CODES`].
    pub recovery: BTreeSet<usize>,
    /// How many were ever made.
    pub(super) recovery_codes: usize,
    /// When the last new ones were made.
    pub(super) regenerated: Option<u64>,
    pub(super) touched: Vec<Touched>,
    pub(super) devices: Vec<Device>,
    pub(super) history: Vec<(u64, Past)>,
    pub(super) last_step_up: Option<StepUp>,
    pub(super) mark: Option<Mark>,
    /// The number of writes.
    pub writes: usize,
    pub events: Vec<Event>,
    pub issued: Vec<Issued>,
}

/// Valid for the lifetime, by the server's clock. It may seem to be made up to a minute in the future, by an instance whose
/// clock is a little fast.
pub(super) fn alive(made: u64, lifetime: u64, now: u64) -> bool {
    if now >= made { now - made < lifetime } else { made - now <= 60 && lifetime > 0 }
}

impl Account {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            ids: Rc::default(),
            epoch: 0,
            bound: vec![],
            recovery: BTreeSet::new(),
            recovery_codes: 0,
            regenerated: None,
            touched: vec![],
            devices: vec![],
            history: vec![],
            last_step_up: None,
            mark: None,
            writes: 0,
            events: vec![],
            issued: vec![],
        }
    }

    pub(super) fn next_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    pub(super) fn write(&mut self) {
        self.writes += 1;
    }

    /// Makes everything void that was handed out before.
    pub(super) fn next_epoch(&mut self, reason: &'static str, now: u64) {
        self.regenerated = self.regenerated.map(|made| made.min(now + 60));
        self.epoch = self.next_id();
        self.touched.clear();
        self.forget_devices(reason, |_| false);
        self.write();
    }

    pub(super) fn forget_devices(
        &mut self,
        reason: &'static str,
        is_kept: impl Fn(&Device) -> bool,
    ) -> usize {
        let (kept, gone): (Vec<_>, Vec<_>) = self.devices.drain(..).partition(is_kept);
        self.devices = kept;
        self.events.extend(gone.iter().map(|_| Event::DeviceForgotten(reason)));
        gone.len()
    }

    // --- the account's page ---

    pub fn bound_at(&self) -> Option<u64> {
        self.bound.iter().map(|bound| bound.at).min()
    }

    /// Which one, its label, when it was bound and when it was last used.
    pub fn authenticators(&self) -> Vec<(Which, &'static str, u64, Option<u64>)> {
        self.bound.iter().map(|bound| (bound.which, bound.label, bound.at, bound.used)).collect()
    }

    pub(super) fn bound(&self, which: Which) -> Option<&Bound> {
        self.bound.iter().find(|bound| bound.which == which)
    }

    /// A code is compared with each app. Without an app, a recovery code counts as one guess.
    pub(super) fn weight(&self) -> u64 {
        let apps = self.bound.iter().filter(|bound| bound.phone().is_some()).count();
        apps.max(1) as u64
    }

    pub fn live_devices(&self, now: u64) -> Vec<u64> {
        let live = self.devices.iter().filter(|device| alive(device.since, self.rules.remember, now));
        live.map(|device| device.since).collect()
    }

    pub fn is_current(&self, session: &Session, now: u64) -> bool {
        session.epoch == self.epoch && session.device.is_none_or(|series| self.is_remembered(series, now))
    }

    pub(super) fn is_remembered(&self, series: u64, now: u64) -> bool {
        let of = |device: &&Device| device.series == series && alive(device.since, self.rules.remember, now);
        self.devices.iter().find(of).is_some()
    }

    /// For an hour, if the login came more than a minute after the last new recovery codes.
    pub(super) fn may_bind_by_password(&self, logged_in: u64, now: u64) -> bool {
        alive(logged_in, 3_600, now) && self.is_after_new_codes(logged_in)
    }

    pub(super) fn is_after_new_codes(&self, logged_in: u64) -> bool {
        self.regenerated.is_none_or(|made| logged_in > made + 60)
    }
}
