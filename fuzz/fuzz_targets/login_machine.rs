//! Two accounts, and whatever owners, attackers, administrators and clocks do: three bytes a command. A model beside the verifier knows what
//! was used up, and nothing that is used up is ever accepted.
#![no_main]

use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, Context, EndOtherSessions, EnrollmentBegun, EventKind, Import, Purpose,
    Reauthenticated, RefusedBecause, SealingKey, StepUpToken, StoreSecretsInClear,
};
use second_factor::verifier::{Clock, Error};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, FreshFactor, How, KeyRing,
    Login, MemoryStore, PasswordVerified, Policy, RecoveryCodes, Refusal, Remember, Secret, Session,
    TotpParams,
};
use second_factor_fuzz::{EventLog, HandClock, Phone, Repeatable, START};

const MAX_COMMANDS: usize = 128;
const DAY: u64 = 24 * 60 * 60;

fuzz_target!(|data: &[u8]| {
    let mut machine = Machine::new();
    for command in data.chunks_exact(3).take(MAX_COMMANDS) {
        machine.run(command[0], command[1], command[2]);
    }
});

struct Machine {
    verifier: BlockingVerifier<Arc<MemoryStore>>,
    clock: Arc<HandClock>,
    events: Arc<EventLog>,
    accounts: [Account; 2],
    open: Vec<Open>,
    devices: Vec<Device>,
    fresh: Vec<(usize, FreshFactor, Born)>,
    /// How far the clock has gone forward in all, however often it went back between.
    forward: u128,
    backward: u128,
}

/// What the model knows of an account.
struct Account {
    id: AccountId,
    phone: Option<Phone>,
    last: Option<u64>,
    unused: Vec<String>,
    used: Vec<String>,
    pending: Option<Pending>,
    sessions: Vec<Kept>,
    /// Which generation of credentials, of remembered devices and of challenges this is.
    credentials: u32,
    remembered: u32,
    challenged: u32,
    /// How many challenges were opened, at least as many as there were.
    opened: u32,
    /// Codes that were evaluated and refused, and not refunded since, and from where on time counts for them.
    guesses: u32,
    guesses_since: u128,
    consecutive: u32,
}

/// A session in the host's table, and what is known of its step-up.
struct Kept {
    session: Session,
    credentials: u32,
    step_up: Option<InSession>,
}

/// A step-up of a session that is open, unless others ended it.
struct InSession {
    born: Born,
    failures: u8,
    code_failures: u32,
    /// The account's count, and where the clock had been, when it was opened.
    opened: u32,
    forward: u128,
    backward: u128,
    /// It was certainly open at each of its guesses.
    sure: bool,
}

impl InSession {
    fn opened(born: Born, opened: u32, forward: u128, backward: u128) -> Self {
        Self { born, failures: 0, code_failures: 0, opened, forward, backward, sure: true }
    }
}

struct Pending {
    begun: EnrollmentBegun,
    phone: Phone,
    at: u64,
    failures: u8,
    live: bool,
}

/// When and under which generation something was made.
#[derive(Clone, Copy)]
struct Born {
    at: u64,
    generation: u32,
}

enum Token {
    Login(ChallengeToken),
    StepUp(StepUpToken),
}

struct Open {
    account: usize,
    token: Token,
    born: Born,
    failures: u8,
    code_failures: u32,
    over: bool,
}

struct Device {
    account: usize,
    text: String,
    /// When the code was presented.
    since: u64,
    generation: u32,
    rotated_at: Option<u64>,
    gone: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Presented {
    Code,
    RecoveryCode,
    /// Of neither form.
    Nothing,
}

impl Machine {
    fn new() -> Self {
        let (clock, events) = (Arc::new(HandClock::at(START)), Arc::new(EventLog::default()));
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example").expect("a policy");
        let store = Arc::new(MemoryStore::new());
        let verifier =
            BlockingVerifier::with_sources(store, policy, ring, clock.clone(), Mutex::new(Repeatable(1)))
                .with_events(events.clone());
        let accounts = ["alice", "bob"].map(|id| Account {
            id: AccountId::new(id).expect("an id"),
            phone: None,
            last: None,
            unused: Vec::new(),
            used: Vec::new(),
            pending: None,
            sessions: Vec::new(),
            credentials: 0,
            remembered: 0,
            challenged: 0,
            opened: 0,
            guesses: 0,
            guesses_since: 0,
            consecutive: 0,
        });
        let (open, devices, fresh) = (Vec::new(), Vec::new(), Vec::new());
        Self { verifier, clock, events, accounts, open, devices, fresh, forward: 0, backward: 0 }
    }

    fn now(&self) -> u64 {
        self.clock.secs()
    }

    fn run(&mut self, command: u8, a: u8, b: u8) {
        let account = usize::from(a & 1);
        match command % 22 {
            0 => self.password(account, b),
            1 => self.right_code(a, b),
            2 => (0..=a % 6).for_each(|salt| self.wrong_code(salt, b)),
            3 => self.used_code(a, b),
            4 => self.recovery_code(a, b),
            5 => self.begin_step_up(account, b),
            6 => self.begin_enrollment(account, b),
            7 => self.confirm(account, b),
            8 => self.set_clock(self.now().saturating_add(span(a, b))),
            9 => self.set_clock(self.now().saturating_sub(span(a, b))),
            10 => self.change_password(account),
            11 => self.disable(b),
            12 => self.regenerate(b),
            13 => self.reset(account),
            14 => self.forget(account, b),
            15 => self.abandon(b),
            16 if a == 255 => self.set_clock(u64::MAX - u64::from(b)),
            17 => self.import(account, b),
            18 => self.present(usize::from(b), &format!("{a:06}"), Presented::Code, false),
            19 => {
                self.present(usize::from(b), "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", Presented::RecoveryCode, false)
            }
            20 => self.in_session(a, b, false),
            21 => self.in_session(a, b, true),
            _ => {}
        }
        self.compare(account);
    }

    /// What the account's page says is what the model says.
    fn compare(&mut self, account: usize) {
        let owner = &self.accounts[account];
        let row = BlockingStore::load(self.verifier.store(), &owner.id).expect("it can be read");
        let record = row.map_or_else(|| AccountRecord::new(owner.id.clone()), |row| row.value);
        let (now, policy) = (self.clock.now(), self.verifier.policy());
        let status = record.status(&Context { now, policy, seal: &StoreSecretsInClear });
        assert_eq!(status.is_enabled(), owner.phone.is_some());
        assert_eq!(status.recovery_codes_left, owner.unused.len());
        assert!(status.devices.len() <= policy.devices());
        for kept in &owner.sessions {
            let current = record.is_current(kept.session.epoch());
            assert_eq!(current, kept.credentials == owner.credentials, "sessions end with the credentials");
        }
        self.take_events();
    }

    fn take_events(&mut self) -> Vec<EventKind> {
        let events = self.events.take();
        for event in &events {
            if let EventKind::DeviceForgotten { device, .. } | EventKind::DeviceTokenStolen { device } = event
            {
                let series = device.to_string();
                let same =
                    self.devices.iter_mut().filter(|known| known.text.split('.').nth(1) == Some(&series));
                same.for_each(|known| known.gone = true);
            }
        }
        events
    }

    fn set_clock(&mut self, secs: u64) {
        self.forward += u128::from(secs.saturating_sub(self.now()));
        self.backward += u128::from(self.now().saturating_sub(secs));
        self.clock.set(secs);
    }

    fn password(&mut self, account: usize, pick: u8) {
        let device =
            (pick & 1 == 1 && !self.devices.is_empty()).then(|| usize::from(pick >> 1) % self.devices.len());
        let cookie = device.map(|index| self.devices[index].text.clone());
        let now = self.now();
        let proof = PasswordVerified::by_host(self.accounts[account].id.clone());
        let login = self.verifier.password_verified(proof, cookie.as_deref()).expect("no key is needed");
        // Those of before this login: a device that was forgotten in it was not let in.
        self.take_events();
        let owner = &mut self.accounts[account];
        match login {
            Login::CodeRequired(token) => {
                assert!(owner.phone.is_some());
                assert_eq!(token.account(), &owner.id);
                let born = Born { at: now, generation: owner.challenged };
                owner.opened += 1;
                self.push(Open {
                    account,
                    token: Token::Login(token),
                    born,
                    failures: 0,
                    code_failures: 0,
                    over: false,
                });
            }
            Login::Complete(accepted) => {
                let done = accepted.authenticated;
                assert_eq!(done.account(), &owner.id);
                let how = done.how();
                remember_session(owner, done.into_session());
                match how {
                    How::None => assert!(owner.phone.is_none(), "let in without a code"),
                    How::Remembered { since } => {
                        let index = device.expect("let in without a device");
                        let known = &mut self.devices[index];
                        assert_eq!(known.account, account, "the device of another account");
                        assert!(owner.phone.is_some() && !known.gone && known.generation == owner.remembered);
                        assert_eq!(since.as_secs(), known.since);
                        assert!(is_within(30 * DAY, known.since, now), "remembered beyond 30 days");
                        assert!(known.rotated_at.is_none_or(|at| is_within(60, at, now)), "a stale token");
                        if let Some(token) = accepted.device {
                            known.rotated_at = Some(now);
                            // The one before that is no longer even in grace.
                            let (generation, series) = (known.generation, series_of(&known.text));
                            let since = known.since;
                            for (_, older) in
                                self.devices.iter_mut().enumerate().filter(|(at, _)| *at != index)
                            {
                                older.gone |= series_of(&older.text) == series;
                            }
                            let text = token.expose().to_owned();
                            self.push_device(Device {
                                account,
                                text,
                                since,
                                generation,
                                rotated_at: None,
                                gone: false,
                            });
                        }
                    }
                    how => panic!("a password alone gives {how:?}"),
                }
            }
            Login::EnrollmentRequired => panic!("the policy demands nothing"),
        }
    }

    fn right_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let Some(step) = phone.step(self.now()) else { return };
        let step = match a >> 1 & 3 {
            0 => step.saturating_sub(1),
            1 => step.saturating_add(1),
            _ => step,
        };
        self.present(usize::from(pick), &phone.code_of(step), Presented::Code, a & 1 == 1);
    }

    fn wrong_code(&mut self, salt: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let code = phone.wrong_code(self.now(), salt);
        self.present(usize::from(pick), &code, Presented::Code, false);
    }

    fn used_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let Some(last) = self.accounts[self.open[usize::from(pick) % self.open.len()].account].last else {
            return;
        };
        self.present(
            usize::from(pick),
            &phone.code_of(last.saturating_sub(u64::from(a % 3))),
            Presented::Code,
            a & 4 == 4,
        );
    }

    fn recovery_code(&mut self, a: u8, pick: u8) {
        if self.open.is_empty() {
            return;
        }
        let open = &self.open[usize::from(pick) % self.open.len()];
        // Sometimes one of the other account.
        let account = &self.accounts[if a % 8 == 7 { 1 - open.account } else { open.account }];
        let codes = if a % 8 == 6 { &account.used } else { &account.unused };
        let Some(code) = codes.get(usize::from(a >> 3) % codes.len().max(1)).cloned() else { return };
        self.present(usize::from(pick), &code, Presented::RecoveryCode, false);
    }

    fn phone_for(&self, pick: u8) -> Option<Phone> {
        let open = self.open.get(usize::from(pick).checked_rem(self.open.len())?)?;
        self.accounts[open.account].phone.clone()
    }

    /// The heart: presents a text for an open challenge, and holds the answer to the model.
    fn present(&mut self, pick: usize, text: &str, presented: Presented, ticked: bool) {
        let Some(index) = pick.checked_rem(self.open.len()) else { return };
        let now = self.now();
        let remember = if ticked { Remember::ThisDevice { label: "a browser" } } else { Remember::No };
        let verifier = &self.verifier;
        let open = &self.open[index];
        let account = open.account;
        let outcome = match (&open.token, presented) {
            (Token::Login(token), Presented::Code) => verifier
                .present_code(token, text, remember)
                .map(|done| Completed::Login(done.authenticated, done.device)),
            (Token::Login(token), Presented::RecoveryCode) => verifier
                .present_recovery_code(token, text)
                .map(|done| Completed::Login(done.authenticated, done.device)),
            (Token::StepUp(token), Presented::Code) => verifier.step_up(token, text).map(Completed::StepUp),
            (Token::StepUp(token), Presented::RecoveryCode) => {
                verifier.step_up_with_recovery_code(token, text).map(Completed::StepUp)
            }
            (_, Presented::Nothing) => return,
        };
        let events = self.take_events();
        let (open, owner) = (&mut self.open[index], &mut self.accounts[account]);
        let steps = owner.phone.as_ref().map_or(Vec::new(), |phone| phone.steps_with(text, now));
        let fresh_step =
            steps.iter().copied().filter(|step| owner.last.is_none_or(|last| *step > last)).min();
        let usable = !open.over
            && open.failures < 5
            && open.born.generation == owner.challenged
            && is_within(600, open.born.at, now);
        let reason = events.iter().find_map(|event| match event {
            EventKind::CodeRefused { reason } | EventKind::RecoveryCodeRefused { reason } => Some(*reason),
            _ => None,
        });

        match outcome {
            Ok(completed) => {
                assert!(usable, "a challenge that is over was completed");
                assert_eq!(reason, None);
                let how = owner.accept(text, presented, fresh_step);
                open.over = true;
                owner.guesses -= open.code_failures;
                owner.consecutive = 0;
                let credentials = owner.credentials;
                match completed {
                    Completed::Login(done, device) => {
                        assert_eq!((done.account(), done.how(), done.at().as_secs()), (&owner.id, how, now));
                        remember_session(owner, done.into_session());
                        assert_eq!(device.is_some(), ticked && presented == Presented::Code);
                        if let Some(token) = device {
                            let (text, generation) = (token.expose().to_owned(), owner.remembered);
                            self.push_device(Device {
                                account,
                                text,
                                since: now,
                                generation,
                                rotated_at: None,
                                gone: false,
                            });
                        }
                    }
                    Completed::StepUp(fresh) => {
                        assert_eq!((fresh.account(), fresh.how()), (&owner.id, how));
                        if self.fresh.len() < 8 {
                            self.fresh.push((account, fresh, Born { at: now, generation: credentials }));
                        }
                    }
                }
            }
            Err(Error::Refused(refusal)) => {
                match reason {
                    Some(RefusedBecause::Wrong | RefusedBecause::Replayed) => {
                        assert!(usable, "evaluated for a challenge that is over");
                        open.failures += 1;
                        assert_eq!(open.failures >= 5, events.contains(&EventKind::ChallengeExhausted));
                    }
                    Some(RefusedBecause::NoChallenge) => assert_eq!(refusal, Refusal::ChallengeOver),
                    Some(RefusedBecause::Locked) => assert!(matches!(refusal, Refusal::Locked { .. })),
                    Some(RefusedBecause::Suspended) => assert_eq!(refusal, Refusal::Suspended),
                    Some(other) => panic!("a reason that the model does not know: {other:?}"),
                    None => panic!("a well-formed code was refused without a word: {refusal:?}"),
                }
                match (presented, reason) {
                    (Presented::Code, Some(RefusedBecause::Wrong)) => {
                        assert!(steps.is_empty(), "a right code was wrong")
                    }
                    (Presented::Code, Some(RefusedBecause::Replayed)) => {
                        assert!(
                            !steps.is_empty() && fresh_step.is_none(),
                            "a fresh code was taken for a used one"
                        );
                    }
                    (Presented::RecoveryCode, Some(RefusedBecause::Wrong)) => {
                        assert!(
                            !owner.unused.iter().any(|unused| unused == text),
                            "an unused recovery code was refused"
                        );
                        return;
                    }
                    _ => return,
                }
                open.code_failures += 1;
                owner.charge(self.forward);
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn begin_step_up(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let owner = &mut self.accounts[account];
        let Some(index) = usize::from(pick).checked_rem(owner.sessions.len()) else { return };
        let Kept { session, credentials, .. } = &owner.sessions[index];
        let (epoch, credentials) = (session.epoch(), *credentials);
        let begun = self.verifier.begin_step_up(&owner.id, epoch);
        match begun {
            Ok(token) => {
                assert!(credentials == owner.credentials && owner.phone.is_some());
                owner.opened += 1;
                let born = Born { at: now, generation: owner.challenged };
                self.push(Open {
                    account,
                    token: Token::StepUp(token),
                    born,
                    failures: 0,
                    code_failures: 0,
                    over: false,
                });
                let opened = EventKind::ChallengeOpened { purpose: Purpose::StepUp };
                assert_eq!(self.take_events(), [opened]);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => assert_ne!(credentials, owner.credentials),
            Err(Error::Refused(Refusal::NoAuthenticator)) => assert!(owner.phone.is_none()),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What is typed into the form of a sensitive step, in one of the sessions; with the password or without.
    fn in_session(&mut self, a: u8, pick: u8, password: bool) {
        let (account, now) = (usize::from(a & 1), self.now());
        let owner = &self.accounts[account];
        let Some(index) = usize::from(pick).checked_rem(owner.sessions.len()) else { return };
        let other = &self.accounts[1 - account];
        let nth = usize::from(a >> 4);
        let from = |codes: &[String]| codes.get(nth.checked_rem(codes.len())?).cloned();
        let step = owner.phone.as_ref().and_then(|phone| Some((phone, phone.step(now)?)));
        let (text, presented) = match a >> 1 & 7 {
            0 | 1 => (step.map(|(phone, step)| phone.code_of(step)), Presented::Code),
            2 => (step.map(|(phone, step)| phone.code_of(step.saturating_sub(1))), Presented::Code),
            3 => {
                let wrong = step.map(|(phone, _)| phone.wrong_code(now, a >> 4));
                (wrong.or(Some("000000".to_owned())), Presented::Code)
            }
            4 => (step.and_then(|(phone, _)| Some(phone.code_of(owner.last?))), Presented::Code),
            5 => (from(&owner.unused), Presented::RecoveryCode),
            6 => (from(&owner.used).or_else(|| from(&other.unused)), Presented::RecoveryCode),
            _ => (Some("lost it".to_owned()), Presented::Nothing),
        };
        let Some(text) = text else { return };
        // Up to five times the same, where it is wrong.
        for _ in 0..=if a >> 1 & 7 == 3 { a >> 6 } else { 0 } {
            self.type_in_session(account, index, &text, presented, password);
        }
    }

    fn type_in_session(
        &mut self,
        account: usize,
        index: usize,
        text: &str,
        presented: Presented,
        password: bool,
    ) {
        let (now, forward, backward) = (self.now(), self.forward, self.backward);
        let owner = &mut self.accounts[account];
        let before = BlockingStore::load(self.verifier.store(), &owner.id).expect("it can be read");
        let kept = &owner.sessions[index];
        let outcome = if password {
            let proof = PasswordVerified::by_host(owner.id.clone());
            self.verifier.reauthenticate(&kept.session, proof, text)
        } else {
            self.verifier.fresh_factor(&kept.session, text).map(Reauthenticated::from)
        };
        let after = BlockingStore::load(self.verifier.store(), &owner.id).expect("it can be read");
        let current = kept.credentials == owner.credentials;
        let events = self.take_events();
        let owner = &mut self.accounts[account];
        let opened = |event: &EventKind| matches!(event, EventKind::ChallengeOpened { .. });
        assert!(!events.iter().any(opened), "the step-up of a session is told of by what came of it");

        let steps = owner.phone.as_ref().map_or(Vec::new(), |phone| phone.steps_with(text, now));
        let fresh_step =
            steps.iter().copied().filter(|step| owner.last.is_none_or(|last| *step > last)).min();
        // What the model knows to be over is over: it opens another one.
        let mut step_up = owner.sessions[index].step_up.take().filter(|step_up| {
            step_up.born.generation == owner.challenged && is_within(600, step_up.born.at, now)
        });
        let is_sure = step_up.as_ref().is_none_or(|step_up| {
            step_up.sure
                && forward - step_up.forward < 600
                && backward == step_up.backward
                && owner.opened - step_up.opened < 8
        });
        let reason = events.iter().find_map(|event| match event {
            EventKind::CodeRefused { reason } | EventKind::RecoveryCodeRefused { reason } => Some(*reason),
            _ => None,
        });
        match outcome {
            Ok(Reauthenticated::Password(proof)) => {
                assert!(password && current && owner.phone.is_none(), "the password alone is no proof");
                assert_eq!((proof.account(), &before), (&owner.id, &after));
            }
            Ok(Reauthenticated::FreshFactor(fresh)) => {
                assert!(current, "a session of an earlier epoch stepped up");
                let how = owner.accept(text, presented, fresh_step);
                assert_eq!((fresh.account(), fresh.how(), fresh.at().as_secs()), (&owner.id, how, now));
                owner.guesses -= step_up.map_or(0, |step_up| step_up.code_failures);
                owner.consecutive = 0;
                // It made room for itself, if it was not open yet.
                owner.opened += 1;
                let born = Born { at: now, generation: owner.credentials };
                if self.fresh.len() < 8 {
                    self.fresh.push((account, fresh, born));
                }
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {
                assert!(!current, "a live session was refused");
                assert_eq!(before, after);
            }
            Err(Error::Refused(Refusal::NoAuthenticator)) => {
                assert!(!password && current && owner.phone.is_none());
                assert_eq!(before, after);
            }
            Err(Error::Refused(refusal)) => {
                assert!(current && owner.phone.is_some());
                match (presented, reason, refusal) {
                    (Presented::Nothing, None, Refusal::Malformed)
                    | (Presented::Code, Some(RefusedBecause::Locked), Refusal::Locked { .. })
                    | (Presented::Code, Some(RefusedBecause::Suspended), Refusal::Suspended) => {
                        // But for a wait that a clock set which was ahead: it begins anew, and the step-up is opened meanwhile.
                        if before != after {
                            assert!(backward > 0, "what was not evaluated was written");
                            owner.opened += 1;
                            let born = Born { at: now, generation: owner.challenged };
                            let new = InSession::opened(born, owner.opened, forward, backward);
                            step_up.get_or_insert(new).sure &= is_sure;
                        }
                        owner.sessions[index].step_up = step_up;
                        return;
                    }
                    (Presented::Code, Some(RefusedBecause::Wrong), _) => {
                        assert!(steps.is_empty(), "a right code was wrong");
                    }
                    (Presented::Code, Some(RefusedBecause::Replayed), _) => {
                        assert!(
                            !steps.is_empty() && fresh_step.is_none(),
                            "a fresh code taken for a used one"
                        );
                    }
                    (Presented::RecoveryCode, Some(RefusedBecause::Wrong), _) => {
                        let unused = owner.unused.iter().any(|unused| unused == text);
                        assert!(!unused, "an unused recovery code was refused");
                    }
                    other => panic!("refused in a session: {other:?}"),
                }
                if step_up.is_none() || !is_sure {
                    owner.opened += 1;
                }
                let born = Born { at: now, generation: owner.challenged };
                let counted = step_up.get_or_insert(InSession::opened(born, owner.opened, forward, backward));
                counted.sure &= is_sure;
                counted.failures += 1;
                let exhausted = events.contains(&EventKind::ChallengeExhausted);
                if counted.sure {
                    assert_eq!(counted.failures >= 5, exhausted, "five guesses end the step-up of a session");
                } else {
                    assert!(counted.failures >= 5 || !exhausted, "ended after {} guesses", counted.failures);
                }
                if presented == Presented::Code {
                    counted.code_failures += 1;
                    owner.charge(forward);
                }
                owner.sessions[index].step_up = step_up.filter(|_| !exhausted);
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn begin_enrollment(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let fresh = (pick & 1 == 1).then(|| self.take_fresh(pick >> 1)).flatten();
        let (account, proof, fine) = match fresh {
            Some((account, fresh, fine)) => (account, Reauthenticated::from(fresh), fine),
            None => {
                let owner = &self.accounts[account];
                let proof = PasswordVerified::by_host(owner.id.clone());
                (account, Reauthenticated::from(proof), owner.phone.is_none())
            }
        };
        match self.verifier.begin_enrollment(proof, "somebody@example.com") {
            Ok(begun) => {
                assert!(fine, "an enrollment was begun on a proof that is none");
                let phone = Phone::new(begun.uri.secret(), TotpParams::default());
                let pending = Pending { begun, phone, at: now, failures: 0, live: true };
                self.accounts[account].pending = Some(pending);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    fn confirm(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let owner = &mut self.accounts[account];
        let Some(pending) = &mut owner.pending else { return };
        let code = match (pick & 3, pending.phone.step(now), &owner.phone) {
            (0, Some(_), _) => pending.phone.wrong_code(now, pick),
            (1, Some(step), Some(old)) => old.code_of(step),
            (_, Some(step), _) => pending.phone.code_of(step),
            _ => return,
        };
        let steps = pending.phone.steps_with(&code, now);
        let usable = pending.live && pending.failures < 5 && is_within(600, pending.at, now);
        match self.verifier.confirm_enrollment(&pending.begun.token, &code) {
            Ok(confirmed) => {
                assert!(usable, "an enrollment that is over was confirmed");
                owner.last = steps.into_iter().min();
                assert!(owner.last.is_some(), "confirmed with a wrong code");
                owner.phone = Some(pending.phone.clone());
                pending.live = false;
                owner.next_generation(self.forward, false);
                owner.unused = texts(&confirmed.recovery_codes);
                assert_eq!(confirmed.end_sessions.account(), &owner.id);
            }
            Err(Error::Refused(Refusal::NotAccepted | Refusal::EnrollmentOver)) => {
                if usable && steps.is_empty() {
                    pending.failures += 1;
                }
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn change_password(&mut self, account: usize) {
        let owner = &mut self.accounts[account];
        let ended = self.verifier.password_changed(&owner.id).expect("no key is needed");
        owner.next_generation(self.forward, true);
        owner.go_on(&ended);
    }

    fn disable(&mut self, pick: u8) {
        let Some((account, fresh, fine)) = self.take_fresh(pick) else { return };
        let owner = &mut self.accounts[account];
        match self.verifier.disable(fresh) {
            Ok(ended) => {
                assert!(fine, "disabled on a proof that is none");
                owner.lose_factor(self.forward);
                owner.go_on(&ended);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    fn regenerate(&mut self, pick: u8) {
        let Some((account, fresh, fine)) = self.take_fresh(pick) else { return };
        match self.verifier.regenerate_recovery_codes(fresh) {
            Ok(codes) => {
                assert!(fine, "regenerated on a proof that is none");
                let owner = &mut self.accounts[account];
                owner.used.append(&mut owner.unused);
                owner.unused = texts(&codes);
                owner.challenged += 1;
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    fn reset(&mut self, account: usize) {
        let administrator = AccountId::new("carol").expect("an id");
        let owner = &mut self.accounts[account];
        let reset = AdministratorReset::by_host(owner.id.clone(), &administrator).expect("two people");
        let _ = self.verifier.administrator_reset(reset).expect("no key is needed");
        owner.lose_factor(self.forward);
    }

    fn forget(&mut self, account: usize, pick: u8) {
        let owner = &mut self.accounts[account];
        if pick & 1 == 0 {
            let _ = self.verifier.forget_all_devices(&owner.id).expect("no key is needed");
            owner.remembered += 1;
            return;
        }
        let devices = self.verifier.status(&owner.id).expect("it can be read").devices;
        let Some(index) = usize::from(pick >> 1).checked_rem(devices.len()) else { return };
        assert!(self.verifier.forget_device(&owner.id, devices[index].id).expect("no key is needed"));
        let series = devices[index].id.to_string();
        let same = self.devices.iter_mut().filter(|known| series_of(&known.text) == series);
        same.for_each(|known| known.gone = true);
    }

    fn abandon(&mut self, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let open = &mut self.open[index];
        if let Token::Login(token) = &open.token {
            self.verifier.abandon(token).expect("no key is needed");
            open.over = true;
        }
    }

    fn import(&mut self, account: usize, pick: u8) {
        let secret = Secret::new(&[pick; 20]).expect("20 bytes");
        let imported = ImportedSecret::new(secret.clone()).expect("160 bits");
        let owner = &mut self.accounts[account];
        let import = Import::by_host(owner.id.clone(), imported, TotpParams::default());
        match self.verifier.import(import) {
            Ok(ended) => {
                assert!(owner.phone.is_none(), "an import replaced an authenticator");
                owner.next_generation(self.forward, false);
                owner.phone = Some(Phone::new(&secret, TotpParams::default()));
                owner.last = None;
                owner.go_on(&ended);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => assert!(owner.phone.is_some()),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// A fresh factor, and whether it is still one.
    fn take_fresh(&mut self, pick: u8) -> Option<(usize, FreshFactor, bool)> {
        let index = usize::from(pick).checked_rem(self.fresh.len())?;
        let (account, fresh, born) = self.fresh.swap_remove(index);
        let fine =
            born.generation == self.accounts[account].credentials && is_within(300, born.at, self.now());
        Some((account, fresh, fine))
    }

    fn push(&mut self, open: Open) {
        if self.open.len() >= 16 {
            self.open.remove(0);
        }
        self.open.push(open);
    }

    fn push_device(&mut self, device: Device) {
        if self.devices.len() >= 32 {
            self.devices.remove(0);
        }
        self.devices.push(device);
    }
}

enum Completed {
    Login(second_factor::Authenticated, Option<second_factor::DeviceToken>),
    StepUp(FreshFactor),
}

impl Account {
    /// What was presented is used up, or must not have been accepted.
    fn accept(&mut self, text: &str, presented: Presented, fresh_step: Option<u64>) -> How {
        match presented {
            Presented::Code => {
                self.last = Some(fresh_step.expect("a code that is wrong or used was accepted"));
                How::Presented
            }
            Presented::RecoveryCode => {
                let code = self.unused.iter().position(|unused| unused == text);
                let code = self.unused.remove(code.expect("no unused recovery code of this account"));
                self.used.push(code);
                self.remembered += 1;
                How::RecoveryCode
            }
            Presented::Nothing => panic!("accepted without a code"),
        }
    }

    /// One more code was evaluated and refused.
    fn charge(&mut self, forward: u128) {
        self.guesses += 1;
        self.consecutive += 1;
        let regained = (forward - self.guesses_since) / u128::from(3 * DAY);
        assert!(u128::from(self.guesses) <= 20 + regained, "{} guesses in {regained} spans", self.guesses);
        assert!(self.consecutive <= 100, "more than 100 consecutive failures (SP 800-63B §3.2.2)");
    }

    /// The newest session made the change, and goes on. Its challenges are over with all the others.
    fn go_on(&mut self, ended: &EndOtherSessions) {
        if let Some(kept) = self.sessions.last_mut() {
            kept.session.continue_after(ended);
            kept.credentials = self.credentials;
        }
    }

    /// The credentials changed; `restored` says that the guess budget is full again.
    fn next_generation(&mut self, forward: u128, restored: bool) {
        self.credentials += 1;
        self.remembered += 1;
        self.challenged += 1;
        self.consecutive = 0;
        if restored {
            (self.guesses, self.guesses_since) = (0, forward);
        } else {
            self.used.append(&mut self.unused);
        }
        if let Some(pending) = &mut self.pending {
            pending.live = false;
        }
    }

    fn lose_factor(&mut self, forward: u128) {
        self.next_generation(forward, true);
        self.used.append(&mut self.unused);
        (self.phone, self.last) = (None, None);
    }
}

fn remember_session(owner: &mut Account, session: Session) {
    if owner.sessions.len() >= 4 {
        owner.sessions.remove(0);
    }
    owner.sessions.push(Kept { session, credentials: owner.credentials, step_up: None });
}

fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.expose().expose().to_owned()).collect()
}

fn series_of(token: &str) -> String {
    token.split('.').nth(1).unwrap_or_default().to_owned()
}

fn span(a: u8, b: u8) -> u64 {
    let unit = [1, 30, 60, 600, DAY, 3 * DAY, 30 * DAY, 365 * DAY][usize::from(a % 8)];
    u64::from(b) * unit
}

/// Under a clock that went back it is for the verifier to say what is still young; the model knows what is too old.
fn is_within(span: u64, since: u64, now: u64) -> bool {
    now.checked_sub(since).is_none_or(|age| age < span)
}
