//! The login machine as DESIGN.md §4 tells it, in plain structs and by the longest way: steps are a list,
//! codes are a set, and what is left of the guess budget is worked out anew from the history each time it is
//! asked for.

use std::collections::{BTreeMap, BTreeSet};

use second_factor::session::{ForgottenBecause, RefusedBecause};
use second_factor::{Policy, Refusal};

use super::command::Sensitive;

/// What a command comes to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    LoggedInWithoutFactor,
    LoggedInRemembered {
        since: u64,
        rotated: bool,
    },
    CodeRequired,
    EnrollmentRequired,
    Accepted {
        by: By,
        device: bool,
    },
    Fresh(By),
    /// Without an authenticator the password alone reauthenticates.
    PasswordEnough,
    EnrollmentBegun,
    EnrollmentShown,
    Confirmed,
    Regenerated,
    Done,
    Forgot(usize),
    Refused(Refused),
}

/// [`Refusal`], ordered so that outcomes can be counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refused {
    NotAccepted,
    Malformed,
    ChallengeOver,
    Locked { retry_at: u64 },
    Suspended,
    EnrollmentOver,
    StepUpRequired,
    NoAuthenticator,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAccepted => Self::NotAccepted,
            Refusal::Malformed => Self::Malformed,
            Refusal::ChallengeOver => Self::ChallengeOver,
            Refusal::Locked { retry_at } => Self::Locked { retry_at: retry_at.as_secs() },
            Refusal::Suspended => Self::Suspended,
            Refusal::EnrollmentOver => Self::EnrollmentOver,
            Refusal::StepUpRequired => Self::StepUpRequired,
            Refusal::NoAuthenticator => Self::NoAuthenticator,
            other => panic!("a refusal that the model does not know: {other:?}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    Code,
    RecoveryCode,
}

/// What goes to the audit log, without the names of devices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    Opened,
    LoggedIn,
    SteppedUp,
    CodeRefused(&'static str),
    RecoveryCodeRefused(&'static str),
    RecoveryCodeUsed { remaining: usize },
    ChallengeExhausted,
    PasswordSuspectedKnown { guesses: u64 },
    Locked { until: u64 },
    Suspended,
    EnrollmentBegun,
    EnrollmentRefused,
    Bound { replaced: bool },
    Removed { by_owner: bool },
    Regenerated,
    PasswordChanged,
    DeviceRemembered,
    DeviceForgotten(&'static str),
    DeviceTokenStolen,
    DeviceUnknown,
}

pub fn why(reason: RefusedBecause) -> &'static str {
    match reason {
        RefusedBecause::Wrong => "wrong",
        RefusedBecause::Replayed => "replayed",
        RefusedBecause::NoChallenge => "no challenge",
        RefusedBecause::Locked => "locked",
        RefusedBecause::Suspended => "suspended",
        _ => panic!("a reason that the model does not know: {reason:?}"),
    }
}

pub fn why_forgotten(reason: ForgottenBecause) -> &'static str {
    match reason {
        ForgottenBecause::Revoked => "revoked",
        ForgottenBecause::CredentialsChanged => "credentials changed",
        ForgottenBecause::TooMany => "too many",
        _ => panic!("a reason that the model does not know: {reason:?}"),
    }
}

/// The device cookie that a browser sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// None, or none that can be read.
    Nothing,
    /// One that this account was never given.
    Unknown,
    /// One that it was given once, by number.
    Given(usize),
}

/// What is presented, as far as it can be known without the rules.
#[derive(Clone, Debug)]
pub enum Presented {
    /// Neither of the two, by its form.
    Malformed,
    /// A code, and the steps at which the phone shows it.
    Code(Vec<u64>),
    /// A recovery code; its number, if this account was ever shown it.
    Recovery(Option<usize>),
}

/// The numbers of the rules, read from a policy.
#[derive(Clone, Debug)]
pub struct Rules {
    required: bool,
    past: u64,
    future: u64,
    guesses_per_challenge: usize,
    budget: u64,
    regain_every: u64,
    suspend_after: usize,
    challenge: u64,
    enrollment: u64,
    step_up: u64,
    remember: u64,
    grace: u64,
    devices: usize,
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
            suspend_after: policy.suspend_after() as usize,
            challenge: policy.challenge_lifetime().as_secs(),
            enrollment: policy.enrollment_lifetime().as_secs(),
            step_up: policy.step_up_age().as_secs(),
            remember: policy.remember_for().as_secs(),
            grace: policy.rotation_grace().as_secs(),
            devices: policy.devices(),
        }
    }
}

/// Caps of the library's own: wrong codes that end an enrollment, challenges that are open at once.
const ENROLLMENT_TRIES: usize = 5;
const OPEN_CHALLENGES: usize = 8;

/// What a challenge belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    LoginToken(usize),
    /// A session's own step-up.
    Session(usize),
}

#[derive(Clone, Debug)]
struct Challenge {
    of: Of,
    /// Its place among all that were ever opened: a session's step-up is another each time.
    number: usize,
    opened: u64,
    failures: usize,
}

#[derive(Clone, Debug)]
struct Device {
    cookie: usize,
    /// The cookie before, and when it was replaced.
    before: Option<(usize, u64)>,
    /// All cookies that it ever had.
    cookies: BTreeSet<usize>,
    since: u64,
    last_used: u64,
}

#[derive(Clone, Debug)]
struct Pending {
    token: usize,
    begun: u64,
    failures: usize,
}

#[derive(Clone, Debug)]
struct Fresh {
    at: u64,
    epoch: u64,
}

/// What is remembered of the guesses.
#[derive(Clone, Copy, Debug)]
enum Past {
    Guessed {
        challenge: usize,
    },
    Completed {
        challenge: usize,
    },
    /// The password changed, or the authenticator went.
    Restored,
    /// Another authenticator was bound.
    Bound,
    /// Something else was written.
    Touched,
}

#[derive(Clone, Debug)]
pub struct Account {
    rules: Rules,
    pub epoch: u64,
    /// When it was bound.
    pub bound: Option<u64>,
    /// Steps of accepted codes, of the authenticator that is bound.
    accepted: Vec<u64>,
    pub recovery: BTreeSet<usize>,
    pending: Option<Pending>,
    challenges: Vec<Challenge>,
    devices: Vec<Device>,
    history: Vec<(u64, Past)>,
    fresh: Vec<Fresh>,
    /// How many of each were ever issued.
    login_tokens: usize,
    challenges_opened: usize,
    enrollment_tokens: usize,
    cookies: usize,
    recovery_codes: usize,
    pub events: Vec<Event>,
}

/// "Exactly 30 days from that moment, by the server's clock"; what seems made up to a minute ahead was made
/// by an instance whose clock is a little fast.
fn alive(made: u64, lifetime: u64, now: u64) -> bool {
    if now >= made { now - made < lifetime } else { made - now <= 60 && lifetime > 0 }
}

impl Account {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            epoch: 0,
            bound: None,
            accepted: vec![],
            recovery: BTreeSet::new(),
            pending: None,
            challenges: vec![],
            devices: vec![],
            history: vec![],
            fresh: vec![],
            login_tokens: 0,
            challenges_opened: 0,
            enrollment_tokens: 0,
            cookies: 0,
            recovery_codes: 0,
            events: vec![],
        }
    }

    // --- the guess budget, from the history ---

    /// Guesses that weigh on the budget at `now`, and from when on time counts towards the next one's return.
    fn weighing(&self, now: u64) -> (u64, u64) {
        let Rules { regain_every, .. } = self.rules;
        let regain = |mut weighing: u64, mut from: u64, now: u64| {
            while weighing > 0 && now >= from + regain_every {
                weighing -= 1;
                from += regain_every;
            }
            (weighing, from)
        };
        let (mut weighing, mut from) = (0, 0);
        let mut by_challenge = BTreeMap::new();
        for (at, past) in &self.history {
            match past {
                Past::Guessed { challenge } => {
                    (weighing, from) = regain(weighing, from, *at);
                    if weighing == 0 {
                        from = *at;
                    }
                    weighing += 1;
                    *by_challenge.entry(*challenge).or_insert(0) += 1;
                }
                Past::Completed { challenge } => {
                    (weighing, from) = regain(weighing, from, *at);
                    weighing = weighing.saturating_sub(by_challenge.remove(challenge).unwrap_or(0));
                }
                Past::Restored => weighing = 0,
                Past::Bound | Past::Touched => {}
            }
            // A clock that went back: the wait begins anew.
            from = from.min(*at);
        }
        regain(weighing, from, now)
    }

    pub fn locked_until(&self, now: u64) -> Option<u64> {
        let (weighing, from) = self.weighing(now);
        (weighing >= self.rules.budget).then_some(from + self.rules.regain_every)
    }

    pub fn suspended(&self) -> bool {
        let since_success = self
            .history
            .iter()
            .rev()
            .take_while(|(_, past)| matches!(past, Past::Guessed { .. } | Past::Touched))
            .filter(|(_, past)| matches!(past, Past::Guessed { .. }));
        since_success.count() >= self.rules.suspend_after
    }

    /// Guesses since the last password change whose challenge was not completed.
    fn unrefunded(&self) -> u64 {
        let mut guesses: Vec<usize> = vec![];
        for (_, past) in &self.history {
            match past {
                Past::Guessed { challenge } => guesses.push(*challenge),
                Past::Completed { challenge } => guesses.retain(|guess| guess != challenge),
                Past::Restored => guesses.clear(),
                Past::Bound | Past::Touched => {}
            }
        }
        guesses.len() as u64
    }

    // --- the account's page ---

    pub fn live_devices(&self, now: u64) -> Vec<u64> {
        let live = self.devices.iter().filter(|device| alive(device.since, self.rules.remember, now));
        live.map(|device| device.since).collect()
    }

    pub fn is_pending(&self, now: u64) -> bool {
        self.pending.as_ref().is_some_and(|pending| self.pending_is_alive(pending, now))
    }

    fn pending_is_alive(&self, pending: &Pending, now: u64) -> bool {
        pending.failures < ENROLLMENT_TRIES && alive(pending.begun, self.rules.enrollment, now)
    }

    /// Something is written: what has expired by now is gone for good.
    fn write(&mut self, now: u64) {
        let rules = self.rules.clone();
        self.challenges.retain(|open| {
            open.failures < rules.guesses_per_challenge && alive(open.opened, rules.challenge, now)
        });
        self.devices.retain(|device| alive(device.since, rules.remember, now));
        for device in &mut self.devices {
            device.before = device.before.filter(|(_, at)| alive(*at, rules.grace, now));
        }
        if !self.is_pending(now) {
            self.pending = None;
        }
        self.history.push((now, Past::Touched));
    }

    // --- the login ---

    /// The password step.
    pub fn password(&mut self, now: u64, sent: Sent) -> Outcome {
        if self.bound.is_none() {
            if self.rules.required {
                return Outcome::EnrollmentRequired;
            }
            self.events.push(Event::LoggedIn);
            return Outcome::LoggedInWithoutFactor;
        }
        if sent != Sent::Nothing
            && let Some(outcome) = self.recognize(now, sent)
        {
            return outcome;
        }
        self.open(now, Of::LoginToken(self.login_tokens));
        self.write(now);
        self.events.push(Event::Opened);
        self.login_tokens += 1;
        Outcome::CodeRequired
    }

    fn recognize(&mut self, now: u64, sent: Sent) -> Option<Outcome> {
        let rules = self.rules.clone();
        let given = if let Sent::Given(cookie) = sent { Some(cookie) } else { None };
        let found = given.and_then(|cookie| {
            let of = |device: &Device| {
                device.cookies.contains(&cookie) && alive(device.since, rules.remember, now)
            };
            Some((cookie, self.devices.iter().position(of)?))
        });
        let Some((cookie, index)) = found else {
            self.events.push(Event::DeviceUnknown);
            return None;
        };
        let device = &mut self.devices[index];
        let since = device.since;
        if device.cookie == cookie {
            device.before = Some((cookie, now));
            device.cookie = self.cookies;
            device.cookies.insert(self.cookies);
            device.last_used = device.last_used.max(now);
            self.cookies += 1;
            self.events.push(Event::LoggedIn);
            self.write(now);
            Some(Outcome::LoggedInRemembered { since, rotated: true })
        } else if device.before.is_some_and(|(before, at)| before == cookie && alive(at, rules.grace, now)) {
            self.events.push(Event::LoggedIn);
            Some(Outcome::LoggedInRemembered { since, rotated: false })
        } else {
            self.devices.remove(index);
            self.events.push(Event::DeviceTokenStolen);
            None
        }
    }

    /// No write of its own: a session's step-up is written with what became of the guess.
    fn open(&mut self, now: u64, of: Of) {
        let lifetime = self.rules.challenge;
        self.challenges.retain(|open| alive(open.opened, lifetime, now));
        if self.challenges.len() == OPEN_CHALLENGES {
            self.challenges.remove(0);
        }
        let number = self.challenges_opened;
        self.challenges_opened += 1;
        self.challenges.push(Challenge { of, number, opened: now, failures: 0 });
    }

    /// A code or recovery code for a login's challenge.
    pub fn log_in(&mut self, now: u64, token: usize, presented: &Presented, remember: bool) -> Outcome {
        let by = match self.present(now, Of::LoginToken(token), presented) {
            Ok(by) => by,
            Err(refused) => return Outcome::Refused(refused),
        };
        let device = by == By::Code && remember && self.rules.remember > 0 && self.rules.devices > 0;
        if device {
            self.write(now);
            while self.devices.len() >= self.rules.devices {
                let oldest = self.devices.iter().map(|device| device.last_used).min().unwrap();
                let index = self.devices.iter().position(|device| device.last_used == oldest).unwrap();
                self.devices.remove(index);
                self.events.push(Event::DeviceForgotten("too many"));
            }
            let cookie = self.cookies;
            self.cookies += 1;
            let cookies = BTreeSet::from([cookie]);
            self.devices.push(Device { cookie, before: None, cookies, since: now, last_used: now });
            self.events.push(Event::DeviceRemembered);
        }
        self.events.push(Event::LoggedIn);
        self.write(now);
        Outcome::Accepted { by, device }
    }

    /// What is typed into the form of a sensitive step, in a session of this number and epoch. "The step-up is
    /// the session's own, and opened with the first guess": where nothing is evaluated, nothing is opened.
    pub fn fresh_factor(&mut self, now: u64, session: usize, epoch: u64, presented: &Presented) -> Outcome {
        if epoch != self.epoch {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.bound.is_none() {
            return Outcome::Refused(Refused::NoAuthenticator);
        }
        let of = Of::Session(session);
        // A wait that a clock set which was ahead begins anew, for which something is written.
        if self.weighing(now).0 > 0 && self.weighing(now).1 > now {
            self.write(now);
            if self.opened(now, of).is_none() {
                self.open(now, of);
            }
        }
        if let Some((refused, reason)) = self.unevaluated(now, presented) {
            self.events.extend(reason.map(Event::CodeRefused));
            return Outcome::Refused(refused);
        }
        if self.opened(now, of).is_none() {
            self.open(now, of);
        }
        self.stepped_up(now, of, presented)
    }

    /// Both steps in one, before the credentials change: the password was typed as well.
    pub fn reauthenticate(&mut self, now: u64, session: usize, epoch: u64, presented: &Presented) -> Outcome {
        match self.fresh_factor(now, session, epoch, presented) {
            Outcome::Refused(Refused::NoAuthenticator) => Outcome::PasswordEnough,
            other => other,
        }
    }

    fn stepped_up(&mut self, now: u64, of: Of, presented: &Presented) -> Outcome {
        match self.present(now, of, presented) {
            Ok(by) => {
                self.fresh.push(Fresh { at: now, epoch: self.epoch });
                self.events.push(Event::SteppedUp);
                self.write(now);
                Outcome::Fresh(by)
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    /// What is told of something that is not even looked at, and what is logged.
    fn unevaluated(&self, now: u64, presented: &Presented) -> Option<(Refused, Option<&'static str>)> {
        match presented {
            Presented::Malformed => Some((Refused::Malformed, None)),
            Presented::Code(_) if self.suspended() => Some((Refused::Suspended, Some("suspended"))),
            Presented::Code(_) => {
                self.locked_until(now).map(|retry_at| (Refused::Locked { retry_at }, Some("locked")))
            }
            Presented::Recovery(_) => None,
        }
    }

    /// The place of a challenge that is open yet.
    fn opened(&self, now: u64, of: Of) -> Option<usize> {
        let is_open = |open: &Challenge| open.of == of && alive(open.opened, self.rules.challenge, now);
        self.challenges.iter().position(is_open)
    }

    fn present(&mut self, now: u64, of: Of, presented: &Presented) -> Result<By, Refused> {
        let is_code = !matches!(presented, Presented::Recovery(_));
        let refused: fn(&'static str) -> Event =
            if is_code { Event::CodeRefused } else { Event::RecoveryCodeRefused };
        let Some(open) = self.opened(now, of) else {
            self.events.push(refused("no challenge"));
            return Err(Refused::ChallengeOver);
        };
        if let Some((refusal, reason)) = self.unevaluated(now, presented) {
            self.events.extend(reason.map(refused));
            return Err(refusal);
        }
        let by = match presented {
            Presented::Malformed => unreachable!("not evaluated"),
            Presented::Code(steps) => match self.judge(now, steps) {
                Ok(step) => {
                    self.accepted.push(step);
                    By::Code
                }
                Err(reason) => {
                    self.events.push(refused(reason));
                    return Err(self.guessed(now, open, true));
                }
            },
            Presented::Recovery(number) => {
                if !number.is_some_and(|number| self.recovery.remove(&number)) {
                    self.events.push(refused("wrong"));
                    return Err(self.guessed(now, open, false));
                }
                self.events.push(Event::RecoveryCodeUsed { remaining: self.recovery.len() });
                self.forget_devices("credentials changed");
                By::RecoveryCode
            }
        };
        let challenge = self.challenges.remove(open).number;
        self.history.push((now, Past::Completed { challenge }));
        Ok(by)
    }

    /// The step that is used up by a code which the phone shows at `steps`.
    fn judge(&self, now: u64, steps: &[u64]) -> Result<u64, &'static str> {
        let current = now / 30;
        let in_window = |step: &&u64| {
            (current.saturating_sub(self.rules.past)..=current + self.rules.future).contains(step)
        };
        let last = self.accepted.iter().max().copied();
        match steps.iter().filter(in_window).filter(|step| last.is_none_or(|last| **step > last)).min() {
            Some(step) => Ok(*step),
            None if steps.iter().any(|step| in_window(&step)) => Err("replayed"),
            None => Err("wrong"),
        }
    }

    fn guessed(&mut self, now: u64, open: usize, is_code: bool) -> Refused {
        // Under a lock only recovery codes are looked at, and they cost the account nothing.
        let is_locked = self.locked_until(now).is_some() || self.suspended();
        let challenge = &mut self.challenges[open];
        challenge.failures += 1;
        let exhausted = challenge.failures >= self.rules.guesses_per_challenge;
        let challenge = challenge.number;
        if !is_locked {
            self.history.push((now, Past::Guessed { challenge }));
        }
        self.write(now);
        if exhausted {
            self.events.push(Event::ChallengeExhausted);
        }
        if is_locked {
            return if exhausted { Refused::ChallengeOver } else { Refused::NotAccepted };
        }
        if self.unrefunded().is_multiple_of(5) {
            self.events.push(Event::PasswordSuspectedKnown { guesses: self.unrefunded() });
        }
        let locked = self.locked_until(now);
        if let Some(until) = locked {
            self.events.push(Event::Locked { until });
        }
        if self.suspended() {
            self.events.push(Event::Suspended);
        }
        match locked {
            _ if is_code && self.suspended() => Refused::Suspended,
            Some(retry_at) if is_code => Refused::Locked { retry_at },
            _ if exhausted => Refused::ChallengeOver,
            _ => Refused::NotAccepted,
        }
    }

    fn forget_devices(&mut self, reason: &'static str) {
        for _ in std::mem::take(&mut self.devices) {
            self.events.push(Event::DeviceForgotten(reason));
        }
    }

    // --- enrollment ---

    /// With the password alone.
    pub fn begin_enrollment(&mut self, now: u64) -> Outcome {
        if self.bound.is_some() {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        self.stage(now)
    }

    fn stage(&mut self, now: u64) -> Outcome {
        self.pending = Some(Pending { token: self.enrollment_tokens, begun: now, failures: 0 });
        self.enrollment_tokens += 1;
        self.events.push(Event::EnrollmentBegun);
        self.write(now);
        Outcome::EnrollmentBegun
    }

    fn staged(&self, now: u64, token: usize) -> bool {
        self.is_pending(now) && self.pending.as_ref().is_some_and(|pending| pending.token == token)
    }

    pub fn show_enrollment(&self, now: u64, token: usize) -> Outcome {
        if self.staged(now, token) {
            Outcome::EnrollmentShown
        } else {
            Outcome::Refused(Refused::EnrollmentOver)
        }
    }

    pub fn confirm(&mut self, now: u64, token: usize, presented: &Presented) -> Outcome {
        if !self.staged(now, token) {
            return Outcome::Refused(Refused::EnrollmentOver);
        }
        let Presented::Code(steps) = presented else {
            return Outcome::Refused(Refused::Malformed);
        };
        let before = std::mem::take(&mut self.accepted);
        let Ok(step) = self.judge(now, steps) else {
            self.accepted = before;
            self.events.push(Event::EnrollmentRefused);
            self.pending.as_mut().unwrap().failures += 1;
            self.write(now);
            let over = !self.is_pending(now);
            return Outcome::Refused(if over { Refused::EnrollmentOver } else { Refused::NotAccepted });
        };
        self.accepted.push(step);
        self.events.push(Event::Bound { replaced: self.bound.is_some() });
        self.bound = Some(now);
        self.credentials_changed();
        self.new_recovery_codes();
        self.history.push((now, Past::Bound));
        self.write(now);
        Outcome::Confirmed
    }

    fn new_recovery_codes(&mut self) {
        self.recovery = (self.recovery_codes..self.recovery_codes + 10).collect();
        self.recovery_codes += 10;
    }

    fn credentials_changed(&mut self) {
        self.forget_devices("credentials changed");
        self.challenges.clear();
        self.pending = None;
        self.epoch += 1;
    }

    // --- everything else ---

    pub fn spend(&mut self, now: u64, fresh: usize, on: Sensitive) -> Outcome {
        let Fresh { at, epoch } = self.fresh[fresh].clone();
        if epoch != self.epoch || !alive(at, self.rules.step_up, now) {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        match on {
            Sensitive::EnrollAnew => self.stage(now),
            Sensitive::Disable => {
                self.remove(now, true);
                Outcome::Done
            }
            Sensitive::Regenerate => {
                self.new_recovery_codes();
                self.challenges.clear();
                self.events.push(Event::Regenerated);
                self.write(now);
                Outcome::Regenerated
            }
        }
    }

    pub fn remove(&mut self, now: u64, by_owner: bool) {
        self.credentials_changed();
        self.bound = None;
        self.accepted.clear();
        self.recovery.clear();
        self.history.push((now, Past::Restored));
        self.events.push(Event::Removed { by_owner });
        self.write(now);
    }

    pub fn change_password(&mut self, now: u64) {
        self.credentials_changed();
        self.history.push((now, Past::Restored));
        self.events.push(Event::PasswordChanged);
        self.write(now);
    }

    /// Forgets the device whose token began this way, if it is remembered.
    pub fn forget_device(&mut self, now: u64, cookie: usize) -> Outcome {
        let before = self.devices.len();
        self.devices.retain(|device| !device.cookies.contains(&cookie));
        let count = before - self.devices.len();
        if count > 0 {
            self.events.push(Event::DeviceForgotten("revoked"));
            self.write(now);
        }
        Outcome::Forgot(count)
    }

    pub fn forget_all_devices(&mut self, now: u64) -> Outcome {
        let count = self.devices.len();
        if count > 0 {
            self.forget_devices("revoked");
            self.write(now);
        }
        Outcome::Forgot(count)
    }
}
