//! The library and the model side by side: one command is done to both, and they must come to the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::session::{
    AdministratorReset, AuditEvent, DeviceId, EndOtherSessions, EnrollmentToken, EventKind, Reauthenticated,
    RemovedBy, SealingKey,
};
use second_factor::verifier::{Clock, Error};
use second_factor::{
    Accepted, AccountId, AuthMethod, BlockingVerifier, ChallengeToken, DeviceToken, FreshFactor, KeyRing,
    Login, MemoryStore, PasswordVerified, Policy, RecoveryCodes, Remember, Session, UnixTime,
};

use super::command::{Browser, Command, Cookie, Either, Pick, Recovery, Sensitive, Typed, Who};
use super::invariants::{Asked, Evidence, Witness};
use super::model::{self, By, Event, Outcome, Presented, Refused, Rules, Sent};
use crate::support::{EventLog, NEVER_ISSUED, Phone, START, TestClock, TestRng, texts};

type Verified<T> = Result<T, Error<second_factor::store::MemoryStoreError>>;

/// What the host and the people around it keep of an account.
struct Holder {
    id: AccountId,
    model: model::Account,
    witness: Witness,
    /// The phone that is bound, and the ones of the enrollments.
    bound: Option<usize>,
    unbound: Option<usize>,
    phones: Vec<Phone>,
    last_accepted: Option<String>,
    challenges: Vec<ChallengeToken>,
    enrollments: Vec<EnrollmentToken>,
    fresh: Vec<Option<FreshFactor>>,
    recovery: Vec<String>,
    cookies: Vec<String>,
    /// By browser: the cookie's number.
    jar: [Option<usize>; 3],
    /// With the epoch of the model. What the login of an ended session gave is kept, too.
    sessions: Vec<(Session, u64)>,
}

pub struct Service {
    verifier: BlockingVerifier<Arc<MemoryStore>>,
    clock: Arc<TestClock>,
    log: Arc<EventLog>,
    /// How far the clock has moved forward in all.
    elapsed: u64,
    holders: Vec<Holder>,
    /// How often each outcome occurred.
    pub seen: BTreeMap<String, usize>,
}

impl Service {
    pub fn new(policy: &Policy) -> Self {
        let clock = TestClock::at(START);
        let log = Arc::new(EventLog::default());
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let (store, rng) = (Arc::new(MemoryStore::new()), Mutex::new(TestRng(1)));
        let verifier = BlockingVerifier::with_sources(store, policy.clone(), keys, clock.clone(), rng)
            .with_events(log.clone());
        let holders = Who::ALL.map(|who| Holder {
            id: AccountId::new(format!("{who:?}")).unwrap(),
            model: model::Account::new(Rules::from(policy)),
            witness: Witness::new(policy),
            bound: None,
            unbound: None,
            phones: vec![],
            last_accepted: None,
            challenges: vec![],
            enrollments: vec![],
            fresh: vec![],
            recovery: vec![],
            cookies: vec![],
            jar: [None; 3],
            sessions: vec![],
        });
        Self { verifier, clock, log, elapsed: 0, holders: holders.into(), seen: BTreeMap::new() }
    }

    /// Does one command, and compares. A command about something that was never issued does nothing.
    pub fn run(&mut self, command: Command) -> Result<(), String> {
        let now = self.clock.now().as_secs();
        let forward = |secs: u64| (now + secs, secs);
        let moved = match command {
            Command::WaitSecs(secs) => forward(secs),
            Command::WaitSteps(steps) => forward(steps * 30),
            Command::WaitDays(days) => forward(days * 86_400),
            Command::ClockBack(secs) => (now.saturating_sub(secs), 0),
            _ => return self.act(command),
        };
        self.clock.set(UnixTime::from_secs(moved.0));
        self.elapsed += moved.1;
        // What has expired shows without any write.
        Who::ALL.into_iter().try_for_each(|who| self.compare_status(who))
    }

    fn act(&mut self, command: Command) -> Result<(), String> {
        let Some((who, expected, found, evidence)) = self.both(command) else { return Ok(()) };
        if expected != found {
            return Err(format!("the model says {expected:?}, the library {found:?}"));
        }
        *self.seen.entry(name(&found)).or_default() += 1;
        if let Command::FreshFactor(..) | Command::Reauthenticate(..) = command {
            let command = if matches!(command, Command::FreshFactor(..)) {
                "in a session"
            } else {
                "with the password"
            };
            *self.seen.entry(format!("{command}: {}", name(&found))).or_default() += 1;
        }

        let events = self.log.all();
        self.log.take();
        let holder = &mut self.holders[who as usize];
        holder.witness.see(&evidence, &events, self.clock.now().as_secs(), self.elapsed)?;
        let strangers = events.iter().filter(|event| event.account != holder.id).count();
        if strangers > 0 {
            return Err(format!("{strangers} events of another account"));
        }
        let mut expected = std::mem::take(&mut holder.model.events);
        let mut found: Vec<Event> = events.iter().map(plain).collect();
        expected.sort();
        found.sort();
        if expected != found {
            return Err(format!("the model logs {expected:?}, the library {found:?}"));
        }
        for event in &found {
            *self.seen.entry(format!("event {}", name(event))).or_default() += 1;
        }
        self.compare_sessions(who)?;
        self.compare_status(who)
    }

    /// The account, what the model and the library make of it, and what was shown to happen.
    #[allow(clippy::too_many_lines, reason = "an arm a command")]
    fn both(&mut self, command: Command) -> Option<(Who, Outcome, Outcome, Evidence)> {
        let now = self.clock.now();
        let secs = now.as_secs();
        let verifier = &self.verifier;
        let mut evidence = Evidence::default();
        let (who, expected, found) = match command {
            Command::Password(who, browser, cookie) => {
                let (text, sent) = self.cookie(who, browser as usize, cookie);
                let holder = &mut self.holders[who as usize];
                let proof = PasswordVerified::by_host(holder.id.clone());
                let login = self.verifier.password_verified(proof, text.as_deref());
                evidence.cookie_was_given = matches!(sent, Sent::Given(_));
                let found = holder.logged_in(login.unwrap(), browser as usize, &mut evidence);
                (who, holder.model.password(secs, sent), found)
            }
            Command::Code(who, pick, typed) => {
                return self.present(who, pick, Either::Code(typed), None);
            }
            Command::CodeAndRemember(who, pick, typed, browser) => {
                return self.present(who, pick, Either::Code(typed), Some(browser as usize));
            }
            Command::RecoveryCode(who, pick, recovery) => {
                return self.present(who, pick, Either::Recovery(recovery), Some(Browser::Home as usize));
            }
            Command::FreshFactor(who, pick, either) => {
                let session = pick.index(self.holders[who as usize].sessions.len())?;
                let phone = self.holders[who as usize].bound;
                let (text, presented) = self.either(who, either)?;
                let holder = &mut self.holders[who as usize];
                evidence.either(either, &holder.phones, phone, &text);
                evidence.challenge = Some(Asked::InSession(session));
                let (kept, of_model) = &holder.sessions[session];
                let of_model = *of_model;
                let result = self.verifier.fresh_factor(kept, &text);
                let found = holder.stepped_up(result, &mut evidence);
                if found == Outcome::Fresh(By::Code) {
                    holder.last_accepted = Some(text);
                }
                (who, holder.model.fresh_factor(secs, session, of_model, &presented), found)
            }
            Command::Reauthenticate(who, pick, either) => {
                let session = pick.index(self.holders[who as usize].sessions.len())?;
                let phone = self.holders[who as usize].bound;
                let (text, presented) = self.either(who, either)?;
                let holder = &mut self.holders[who as usize];
                evidence.either(either, &holder.phones, phone, &text);
                evidence.challenge = Some(Asked::InSession(session));
                let (kept, of_model) = &holder.sessions[session];
                let of_model = *of_model;
                let password = PasswordVerified::by_host(holder.id.clone());
                let found = match self.verifier.reauthenticate(kept, password, &text) {
                    Ok(Reauthenticated::Password(_)) => Outcome::PasswordEnough,
                    Ok(Reauthenticated::FreshFactor(fresh)) => holder.stepped_up(Ok(fresh), &mut evidence),
                    Err(error) => holder.stepped_up(Err(error), &mut evidence),
                };
                if found == Outcome::Fresh(By::Code) {
                    holder.last_accepted = Some(text);
                }
                (who, holder.model.reauthenticate(secs, session, of_model, &presented), found)
            }
            Command::Spend(who, pick, on) => {
                let holder = &mut self.holders[who as usize];
                let unspent: Vec<usize> =
                    (0..holder.fresh.len()).filter(|index| holder.fresh[*index].is_some()).collect();
                let index = unspent[pick.index(unspent.len())?];
                let fresh = holder.fresh[index].take()?;
                let found = match on {
                    Sensitive::Disable => refused(verifier.disable(fresh)).map(|ended| {
                        holder.bound = None;
                        holder.go_on(&ended, holder.model.epoch + 1);
                        evidence.restored = true;
                        Outcome::Done
                    }),
                    Sensitive::Regenerate => {
                        refused(verifier.regenerate_recovery_codes(fresh)).map(|codes| {
                            holder.keep(&codes);
                            Outcome::Regenerated
                        })
                    }
                    Sensitive::EnrollAnew => {
                        refused(verifier.begin_enrollment(fresh, "name")).map(|begun| holder.staged(begun))
                    }
                };
                (who, holder.model.spend(secs, index, on), found.unwrap_or_else(Outcome::Refused))
            }
            Command::BeginEnrollment(who) => {
                let holder = &mut self.holders[who as usize];
                let proof = PasswordVerified::by_host(holder.id.clone());
                let found =
                    refused(verifier.begin_enrollment(proof, "name")).map(|begun| holder.staged(begun));
                (who, holder.model.begin_enrollment(secs), found.unwrap_or_else(Outcome::Refused))
            }
            Command::ShowEnrollment(who, pick) => {
                let holder = &self.holders[who as usize];
                let token = pick.index(holder.enrollments.len())?;
                let found = refused(verifier.pending_enrollment(&holder.enrollments[token])).map(|uri| {
                    assert_eq!(Phone::scan(&uri).code(now), holder.phones[token].code(now));
                    Outcome::EnrollmentShown
                });
                let expected = holder.model.show_enrollment(secs, token);
                (who, expected, found.unwrap_or_else(Outcome::Refused))
            }
            Command::Confirm(who, pick, typed) => {
                let token = pick.index(self.holders[who as usize].enrollments.len())?;
                let (text, presented) = self.code(who, typed, Some(token))?;
                let holder = &mut self.holders[who as usize];
                evidence.code(&holder.phones, Some(token), &text);
                let found = match refused(self.verifier.confirm_enrollment(&holder.enrollments[token], &text))
                {
                    Ok(confirmed) => {
                        holder.unbound = holder.bound.replace(token);
                        holder.keep(&confirmed.recovery_codes);
                        holder.last_accepted = Some(text);
                        evidence.accepted_code = true;
                        Outcome::Confirmed
                    }
                    Err(refused) => Outcome::Refused(refused),
                };
                (who, holder.model.confirm(secs, token, &presented), found)
            }
            Command::PasswordChange(who) => {
                let holder = &mut self.holders[who as usize];
                let ended = verifier.password_changed(&holder.id).unwrap();
                holder.model.change_password(secs);
                holder.go_on(&ended, holder.model.epoch);
                evidence.restored = true;
                (who, Outcome::Done, Outcome::Done)
            }
            Command::AdministratorReset(who) => {
                let holder = &mut self.holders[who as usize];
                let administrator = AccountId::new("administrator").unwrap();
                let reset = AdministratorReset::by_host(holder.id.clone(), &administrator).unwrap();
                let _ = verifier.administrator_reset(reset).unwrap();
                holder.bound = None;
                holder.model.remove(secs, false);
                evidence.restored = true;
                (who, Outcome::Done, Outcome::Done)
            }
            Command::ForgetDevice(who, pick) => {
                let holder = &mut self.holders[who as usize];
                let cookie = pick.index(holder.cookies.len())?;
                let series = holder.cookies[cookie].split('.').nth(1).unwrap();
                let device = DeviceId::parse(series).unwrap();
                let found = verifier.forget_device(&holder.id, device).unwrap();
                (who, holder.model.forget_device(secs, cookie), Outcome::Forgot(found.into()))
            }
            Command::ForgetAllDevices(who) => {
                let holder = &mut self.holders[who as usize];
                let found = verifier.forget_all_devices(&holder.id).unwrap();
                (who, holder.model.forget_all_devices(secs), Outcome::Forgot(found))
            }
            other => panic!("not a single command: {other:?}"),
        };
        Some((who, expected, found, evidence))
    }

    fn present(
        &mut self,
        who: Who,
        pick: Pick,
        either: Either,
        remember: Option<usize>,
    ) -> Option<(Who, Outcome, Outcome, Evidence)> {
        let token = pick.index(self.holders[who as usize].challenges.len())?;
        let phone = self.holders[who as usize].bound;
        let (text, presented) = self.either(who, either)?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let mut evidence = Evidence::default();
        evidence.either(either, &holder.phones, phone, &text);
        evidence.challenge = Some(Asked::ForLogin(token));
        let box_ticked = match remember {
            Some(_) => Remember::ThisDevice { label: "a browser" },
            None => Remember::No,
        };
        let result = self.verifier.present(&holder.challenges[token], &text, box_ticked);
        let found = holder.accepted(result, remember, &mut evidence);
        if matches!(found, Outcome::Accepted { by: By::Code, .. }) {
            holder.last_accepted = Some(text);
        }
        Some((who, holder.model.log_in(now, token, &presented, remember.is_some()), found, evidence))
    }

    // --- what is typed and sent ---

    /// What is typed, and at which steps the phone in question shows it.
    fn code(&self, who: Who, typed: Typed, phone: Option<usize>) -> Option<(String, Presented)> {
        let now = self.clock.now();
        let holder = &self.holders[who as usize];
        let phone = phone.map(|phone| &holder.phones[phone]);
        let text = match typed {
            Typed::Shown(steps) => phone?.code(at_step(now, steps.into())),
            Typed::Again => holder.last_accepted.clone()?,
            Typed::OldPhone => holder.phones[holder.unbound?].code(now),
            Typed::NextAccounts => {
                let next = &self.holders[who.next() as usize];
                next.phones[next.bound?].code(now)
            }
            Typed::Wrong(n) => format!("{:06}", 1_000 * u32::from(n) + 7),
            Typed::Malformed => return Some(("12345x".into(), Presented::Malformed)),
        };
        let near = (-2_i64..=2).map(|steps| at_step(now, steps));
        let shown = near.filter(|at| phone.is_some_and(|phone| phone.code(*at) == text));
        let steps = shown.map(|at| at.as_secs() / 30).collect();
        Some((text, Presented::Code(steps)))
    }

    fn either(&self, who: Who, either: Either) -> Option<(String, Presented)> {
        match either {
            Either::Code(typed) => self.code(who, typed, self.holders[who as usize].bound),
            Either::Recovery(recovery) => self.recovery(who, recovery),
        }
    }

    fn recovery(&self, who: Who, recovery: Recovery) -> Option<(String, Presented)> {
        let holder = &self.holders[who as usize];
        Some(match recovery {
            Recovery::Shown(pick) => {
                let number = pick.index(holder.recovery.len())?;
                (holder.recovery[number].clone(), Presented::Recovery(Some(number)))
            }
            Recovery::OfNextAccount => {
                (self.holders[who.next() as usize].recovery.last()?.clone(), Presented::Recovery(None))
            }
            Recovery::Wrong => (NEVER_ISSUED.into(), Presented::Recovery(None)),
            Recovery::Malformed => ("lost it".into(), Presented::Malformed),
        })
    }

    /// The cookie's text, and what it is to this account.
    fn cookie(&self, who: Who, browser: usize, cookie: Cookie) -> (Option<String>, Sent) {
        let holder = &self.holders[who as usize];
        let number = match cookie {
            Cookie::Own => holder.jar[browser],
            Cookie::Issued(pick) => pick.index(holder.cookies.len()),
            Cookie::OfNextAccount => {
                let next = &self.holders[who.next() as usize];
                let text = next.jar[browser].map(|number| next.cookies[number].clone());
                let sent = if text.is_some() { Sent::Unknown } else { Sent::Nothing };
                return (text, sent);
            }
            Cookie::Garbage => return (Some("d1.%00.'--".into()), Sent::Nothing),
            Cookie::Absent => None,
        };
        (number.map(|number| holder.cookies[number].clone()), number.map_or(Sent::Nothing, Sent::Given))
    }

    // --- what must agree after every command ---

    fn compare_status(&self, who: Who) -> Result<(), String> {
        let now = self.clock.now().as_secs();
        let holder = &self.holders[who as usize];
        let status = self.verifier.status(&holder.id).unwrap();
        let devices = status.devices.iter().map(|device| device.since.as_secs()).collect::<Vec<_>>();
        let found = (
            status.enabled_since.map(UnixTime::as_secs),
            status.recovery_codes_left,
            status.locked_until.map(UnixTime::as_secs),
            status.suspended,
            status.enrollment_pending,
            devices,
        );
        let model = &holder.model;
        let expected = (
            model.bound,
            model.recovery.len(),
            model.locked_until(now),
            model.suspended(),
            model.is_pending(now),
            model.live_devices(now),
        );
        if expected == found {
            Ok(())
        } else {
            Err(format!(
                "status of {who:?} (bound, recovery codes, locked until, suspended, pending, devices): \
                 the model says {expected:?}, the library {found:?}"
            ))
        }
    }

    /// A session is current if and only if its epoch is the account's present one.
    fn compare_sessions(&self, who: Who) -> Result<(), String> {
        let holder = &self.holders[who as usize];
        for (session, of_model) in &holder.sessions {
            let expected = *of_model == holder.model.epoch;
            if self.verifier.is_current(session.account(), session.epoch()).unwrap() != expected {
                let state = if expected { "was ended" } else { "outlived a change of credentials" };
                return Err(format!("a session of epoch {of_model} {state}"));
            }
        }
        Ok(())
    }
}

impl Holder {
    fn logged_in(&mut self, login: Login, browser: usize, evidence: &mut Evidence) -> Outcome {
        match login {
            Login::Complete(Accepted { authenticated, device, .. }) => {
                let method = authenticated.method();
                self.sessions.push((authenticated.into_session(), self.model.epoch));
                evidence.method = Some(method);
                match method {
                    AuthMethod::SingleFactor => Outcome::LoggedInWithoutFactor,
                    AuthMethod::RememberedDevice { since } => {
                        let rotated = device.is_some();
                        self.keep_cookie(device, browser);
                        Outcome::LoggedInRemembered { since: since.as_secs(), rotated }
                    }
                    other => panic!("the password step has authenticated by {other:?}"),
                }
            }
            Login::CodeRequired(challenge) => {
                self.challenges.push(challenge);
                Outcome::CodeRequired
            }
            Login::EnrollmentRequired => Outcome::EnrollmentRequired,
        }
    }

    fn accepted(
        &mut self,
        result: Verified<Accepted>,
        browser: Option<usize>,
        evidence: &mut Evidence,
    ) -> Outcome {
        match refused(result) {
            Ok(Accepted { authenticated, device, .. }) => {
                assert_eq!(authenticated.account(), &self.id);
                evidence.accept(authenticated.method());
                let by = by(authenticated.method());
                self.sessions.push((authenticated.into_session(), self.model.epoch));
                let remembered = device.is_some();
                evidence.remembered = remembered;
                self.keep_cookie(device, browser.unwrap_or_default());
                Outcome::Accepted { by, device: remembered }
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    fn stepped_up(&mut self, result: Verified<FreshFactor>, evidence: &mut Evidence) -> Outcome {
        match refused(result) {
            Ok(fresh) => {
                evidence.accept(fresh.method());
                let by = by(fresh.method());
                self.fresh.push(Some(fresh));
                Outcome::Fresh(by)
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    /// The newest session made the change, and goes on. It keeps its number.
    fn go_on(&mut self, ended: &EndOtherSessions, epoch: u64) {
        if let Some((session, of_model)) = self.sessions.last_mut() {
            session.continue_after(ended);
            *of_model = epoch;
        }
    }

    fn staged(&mut self, begun: second_factor::session::EnrollmentBegun) -> Outcome {
        self.phones.push(Phone::scan(&begun.uri));
        self.enrollments.push(begun.token);
        Outcome::EnrollmentBegun
    }

    fn keep(&mut self, codes: &RecoveryCodes) {
        self.recovery.extend(texts(codes));
    }

    fn keep_cookie(&mut self, device: Option<DeviceToken>, browser: usize) {
        if let Some(token) = device {
            self.jar[browser] = Some(self.cookies.len());
            self.cookies.push(token.expose().to_owned());
        }
    }
}

fn by(method: AuthMethod) -> By {
    match method {
        AuthMethod::Code => By::Code,
        AuthMethod::RecoveryCode => By::RecoveryCode,
        other => panic!("something presented was accepted as {other:?}"),
    }
}

fn refused<T>(result: Verified<T>) -> Result<T, Refused> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => refusal.into(),
        other => panic!("not a refusal but {other:?}"),
    })
}

fn at_step(now: UnixTime, steps: i64) -> UnixTime {
    UnixTime::from_secs(now.as_secs().saturating_add_signed(30 * steps))
}

/// What `Debug` prints, without the numbers.
fn name(value: &impl core::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let fields = text.find(" {").filter(|_| !text.starts_with("Accepted"));
    text[..fields.unwrap_or(text.len())].replace("(Locked", "(Locked)")
}

fn plain(event: &AuditEvent) -> Event {
    match &event.kind {
        EventKind::ChallengeOpened => Event::Opened,
        EventKind::LoggedIn { .. } => Event::LoggedIn,
        EventKind::SteppedUp { .. } => Event::SteppedUp,
        EventKind::CodeRefused { reason } => Event::CodeRefused(model::why(*reason)),
        EventKind::RecoveryCodeRefused { reason } => Event::RecoveryCodeRefused(model::why(*reason)),
        EventKind::RecoveryCodeUsed { remaining } => Event::RecoveryCodeUsed { remaining: *remaining },
        EventKind::ChallengeExhausted => Event::ChallengeExhausted,
        EventKind::PasswordSuspectedKnown { guesses } => {
            Event::PasswordSuspectedKnown { guesses: u64::from(*guesses) }
        }
        EventKind::Locked { until } => Event::Locked { until: until.as_secs() },
        EventKind::Suspended => Event::Suspended,
        EventKind::EnrollmentBegun => Event::EnrollmentBegun,
        EventKind::EnrollmentRefused => Event::EnrollmentRefused,
        EventKind::AuthenticatorBound { replaced, .. } => Event::Bound { replaced: *replaced },
        EventKind::AuthenticatorRemoved { by } => Event::Removed { by_owner: *by == RemovedBy::Owner },
        EventKind::RecoveryCodesRegenerated => Event::Regenerated,
        EventKind::PasswordChanged => Event::PasswordChanged,
        EventKind::DeviceRemembered { .. } => Event::DeviceRemembered,
        EventKind::DeviceForgotten { reason, .. } => Event::DeviceForgotten(model::why_forgotten(*reason)),
        EventKind::DeviceTokenStolen { .. } => Event::DeviceTokenStolen,
        EventKind::DeviceUnknown => Event::DeviceUnknown,
        other => panic!("an event that the model does not know: {other:?}"),
    }
}
