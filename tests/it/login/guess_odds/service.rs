use core::array;
use core::fmt::Write as _;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AuthenticatorId, EventKind, FactorStatus, HostAuthenticatorKind, HostAuthenticatorVerified, Import, Keys,
    Login, NewHostAuthenticator, PasswordReset, Reauthenticated, RefusedBecause, StoreSecretsInClear,
    TokenKey, TokenKeys,
};
use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::verifier::Clock;
use second_factor::{
    AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, KeyUri, MemoryStore,
    PasswordVerified, Policy, Refusal, Remember, Secret, Session, UnixTime,
};

use super::ledger::{Ledger, Who};
use crate::support::{
    EventLog, PASSKEY, Phone, START, STEP, TestClock, TestRng, code_required, refusal, texts,
};

/// One instance of the service. All share the store.
struct Instance {
    verifier: BlockingVerifier<Arc<MemoryStore>>,
    clock: Arc<TestClock>,
}

/// A login that waits for a code.
#[derive(Clone)]
pub(super) struct Opened {
    number: u64,
    token: ChallengeToken,
    pub(super) instance: usize,
}

/// The form that something is typed into.
pub(super) enum Door<'a> {
    Login(&'a Opened),
    /// The form of a sensitive step, in this session and on this instance.
    StepUp(&'a Session, usize),
    /// The same, with the password typed again.
    Again(&'a Session, usize),
}

pub(super) enum Entered {
    Session(Session),
    FreshFactor,
    Reauthenticated(Box<Reauthenticated>),
}

/// A service with one account and three instances, each with its own clock. It records the guesses.
pub(super) struct Service {
    pub(super) policy: Policy,
    /// The true time.
    pub(super) now: u64,
    /// By how many seconds each instance's clock is fast.
    pub(super) skews: [i64; Self::INSTANCES],
    pub(super) ledger: Ledger,
    pub(super) phones: Vec<Phone>,
    pub(super) recovery_codes: Vec<String>,
    pub(super) rng: TestRng,
    pub(super) alarms: usize,
    instances: [Instance; Self::INSTANCES],
    store: Arc<MemoryStore>,
    events: Arc<EventLog>,
    account: AccountId,
    passkey: Option<AuthenticatorId>,
    signed: u64,
    reads: usize,
    opened: u64,
    typed: u64,
    revisions: u64,
    pub(super) last_step: u64,
}

impl Service {
    pub(super) const INSTANCES: usize = 3;

    /// The first moment: two months after the authenticators were bound.
    const BEGIN: UnixTime = UnixTime::from_secs(START.as_secs() + 61 * 86_400);

    /// An account with this many apps and, if there is room, a passkey. They were bound two months ago.
    pub(super) fn new(policy: &Policy, apps: u8, seed: u64) -> Self {
        let account = AccountId::new("alice").unwrap();
        let Bound { record, phones, recovery_codes, passkey } = bound(policy, &account, apps, seed);
        Self { recovery_codes, passkey, ..Self::of(policy, &record, phones, seed) }
    }

    /// An account whose authenticator was imported just now, on an instance whose clock is fast by `skew`.
    pub(super) fn imported(policy: &Policy, skew: i64) -> Self {
        let (account, secret) = (AccountId::new("alice").unwrap(), Secret::new(&[0x5e; 20]).unwrap());
        let (algorithm, digits, period) =
            (policy.totp().algorithm(), policy.totp().digits(), policy.totp().period());
        let uri = KeyUri::totp("Example", "alice", secret.clone(), algorithm, digits, period).unwrap();
        let store = Arc::new(MemoryStore::new());
        let Instance { verifier, clock } = instance(&store, &Arc::new(EventLog::default()), policy, 3);
        clock.set(UnixTime::from_secs(Self::BEGIN.as_secs().saturating_add_signed(skew)));
        let secret = ImportedSecret::new(secret).unwrap();
        let _ = verifier.import(Import::by_host(account.clone(), secret, policy.totp())).unwrap();
        let record = store.load(&account).unwrap().unwrap().value;
        Self::of(policy, &record, vec![Phone::scan(&uri)], 3)
    }

    fn of(policy: &Policy, record: &AccountRecord, phones: Vec<Phone>, seed: u64) -> Self {
        let (store, events) = (Arc::new(MemoryStore::new()), Arc::new(EventLog::default()));
        let account = record.account().clone();
        let change = Change::new(Expected::Absent, Revision::new(1), record, &[]);
        assert_eq!(store.compare_and_swap(&account, change).unwrap(), Swap::Stored);
        let instances = array::from_fn(|number| instance(&store, &events, policy, seed ^ number as u64));
        Self {
            policy: policy.clone(),
            now: Self::BEGIN.as_secs(),
            skews: [0; Self::INSTANCES],
            ledger: Ledger::default(),
            phones,
            recovery_codes: vec![],
            rng: TestRng(!seed),
            alarms: 0,
            instances,
            store,
            events,
            account,
            passkey: None,
            signed: 0,
            reads: 0,
            opened: 0,
            typed: 0,
            revisions: 1,
            last_step: Self::BEGIN.as_secs() / 30 - 1,
        }
    }

    /// Gives one instance another policy.
    pub(super) fn set_policy(&mut self, number: usize, policy: &Policy) {
        let seed = 1_000 + self.typed * 10 + number as u64;
        self.instances[number] = instance(&self.store, &self.events, policy, seed);
    }

    fn on(&self, number: usize) -> &BlockingVerifier<Arc<MemoryStore>> {
        let Instance { verifier, clock } = &self.instances[number];
        clock.set(UnixTime::from_secs(self.now.saturating_add_signed(self.skews[number])));
        verifier
    }

    pub(super) fn status(&self, number: usize) -> FactorStatus {
        self.on(number).status(&self.account).unwrap()
    }

    pub(super) fn row(&self) -> Versioned<AccountRecord> {
        self.store.load(&self.account).unwrap().unwrap()
    }

    /// Restores an earlier record.
    pub(super) fn set_record(&mut self, record: &AccountRecord) {
        self.revisions += 1;
        let (expected, revision) = (Expected::At(self.row().revision), Revision::new(self.revisions));
        let swap = self.store.compare_and_swap(&self.account, Change::new(expected, revision, record, &[]));
        assert_eq!(swap.unwrap(), Swap::Stored);
    }

    /// Runs `what`, returns its result and then undoes its effects.
    pub(super) fn as_if<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let row = self.row().value;
        let before = (self.now, self.skews, self.last_step, self.alarms, self.recovery_codes.len());
        let ledger = self.ledger.clone();
        let outcome = what(self);
        assert_eq!(self.recovery_codes.len(), before.4, "copy a recovery code, do not take it");
        (self.now, self.skews, self.last_step, self.alarms, self.ledger) =
            (before.0, before.1, before.2, before.3, ledger);
        self.set_record(&row);
        outcome
    }

    fn password(&self, number: usize) -> PasswordVerified {
        PasswordVerified::by_host(self.on(number).check_password(&self.account))
    }

    /// The password step on this instance.
    pub(super) fn open(&mut self, instance: usize) -> Opened {
        self.opened += 1;
        match self.on(instance).password_verified(self.password(instance), None).unwrap() {
            Login::CodeRequired(token) => Opened { number: self.opened, token, instance },
            other => panic!("the password step did not ask for a code: {other:?}"),
        }
    }

    /// A session of the present epoch: the attacker has stolen its cookie.
    pub(super) fn stolen_session(&mut self) -> Session {
        self.typed += 1;
        let id = [self.typed.to_le_bytes(), [9; 8]].concat();
        let record = serde_json::to_value(self.row().value).unwrap();
        let row = serde_json::json!({
            "format": 1,
            "account": self.account,
            "epoch": record["record"]["epoch"],
            "at": self.now,
            "first_factor": "password",
            "method": "code",
            "device": null,
            "id": Secret::new(&id).unwrap().to_base32().expose(),
            "elevation": null,
        });
        serde_json::from_value(row).unwrap()
    }

    /// Types a text into the form and records what the audit log says about it.
    pub(super) fn enter(&mut self, door: &Door<'_>, typed: &str, who: Who) -> Result<Entered, Refusal> {
        self.events.take();
        let outcome = match door {
            Door::Login(Opened { token, instance, .. }) => {
                refusal(self.on(*instance).present(token, typed, Remember::No))
                    .map(|accepted| Entered::Session(accepted.authenticated.into_session()))
            }
            Door::StepUp(session, instance) => {
                refusal(self.on(*instance).fresh_factor(session, typed)).map(|_| Entered::FreshFactor)
            }
            Door::Again(session, instance) => {
                let password = self.password(*instance);
                refusal(self.on(*instance).reauthenticate(session, password, typed))
                    .map(|proof| Entered::Reauthenticated(Box::new(proof)))
            }
        };
        let challenge = match door {
            Door::Login(opened) => Some(opened.number),
            Door::StepUp(..) | Door::Again(..) => None,
        };
        let events = self.events.take();
        let compared = |event: &EventKind| {
            let EventKind::CodeRefused { reason } = event else { return false };
            matches!(reason, RefusedBecause::Wrong | RefusedBecause::Replayed | RefusedBecause::ClockOff(_))
        };
        if self.is_a_code(typed) && events.iter().any(compared) {
            self.ledger.guessed(self.now, self.apps(), challenge, who);
        }
        self.count_alarms(&events);
        if outcome.is_ok() {
            self.ledger.accepted(challenge);
        }
        outcome
    }

    fn count_alarms(&mut self, events: &[EventKind]) {
        let is_alarm = |event: &&EventKind| matches!(event, EventKind::PasswordSuspectedKnown { .. });
        self.alarms += events.iter().filter(is_alarm).count();
    }

    /// The number of apps that a code is compared with.
    fn apps(&self) -> u64 {
        self.phones.len() as u64
    }

    /// Tries a wrong recovery code of an old system. It may be as short as a code.
    pub(super) fn try_old_code(&mut self, opened: &Opened, who: Who) -> Refusal {
        self.events.take();
        let tried = refusal(self.on(opened.instance).try_old_recovery_code(&opened.token));
        let events = self.events.take();
        self.count_alarms(&events);
        match tried {
            Ok(_) => {
                assert!(events.contains(&EventKind::OldRecoveryCodeTried));
                self.ledger.guessed(self.now, self.apps(), Some(opened.number), who);
                Refusal::NotAccepted
            }
            Err(refused) => refused,
        }
    }

    /// Logs in with the owner's passkey, if one is bound.
    pub(super) fn use_passkey(&mut self, opened: &Opened) -> Option<Session> {
        self.passkey?;
        self.signed += 1;
        let signed = self.signed.to_be_bytes();
        let proof = HostAuthenticatorVerified::by_host(self.account.clone(), PASSKEY, &signed);
        let accepted = self.on(opened.instance).present(&opened.token, proof, Remember::No).unwrap();
        self.ledger.refunded(opened.number);
        Some(accepted.authenticated.into_session())
    }

    fn is_a_code(&self, typed: &str) -> bool {
        typed.len() == usize::from(self.policy.totp().digits().count())
    }

    /// Types a wrong code. If the code happens to be right, its effects are undone and another one is typed.
    pub(super) fn guess(&mut self, door: &Door<'_>, who: Who) -> Result<(), Refusal> {
        loop {
            self.typed += 1;
            let (digits, row) = (self.policy.totp().digits().count(), self.row().value);
            let mut code = String::new();
            let value = self.typed.wrapping_mul(7_919) % 10_u64.pow(digits.into());
            write!(code, "{value:0width$}", width = digits.into()).unwrap();
            let ledger = self.ledger.clone();
            match self.enter(door, &code, who) {
                Ok(_) => {
                    self.set_record(&row);
                    self.ledger = ledger;
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    /// The next unused code. The owner waits for it if necessary.
    fn read_next_code(&mut self) -> String {
        if self.now / 30 <= self.last_step {
            self.now = (self.last_step + 1) * 30;
        }
        self.last_step = self.now / 30;
        self.phone().code(UnixTime::from_secs(self.now))
    }

    /// The owner uses the phones in turn.
    fn phone(&self) -> &Phone {
        &self.phones[self.reads % self.phones.len()]
    }

    /// The code that an app shows.
    pub(super) fn read_code(&mut self) -> String {
        self.reads += 1;
        self.read_next_code()
    }

    /// The next codes that an app shows, as many as codes in a row need. This takes about two minutes.
    pub(super) fn read_codes_in_a_row(&mut self) -> String {
        let count = if self.policy.totp().digits().count() == 6 { 4 } else { 3 };
        let begun = self.now;
        self.reads += 1;
        let codes: Vec<String> = (0..count).map(|_| self.read_next_code()).collect();
        assert!(self.now - begun <= 150, "reading the codes took more than two and a half minutes");
        codes.join(" ")
    }

    /// Somebody with access to the mailbox resets the password, to the same one.
    pub(super) fn reset_password(&mut self) {
        let check = self.on(0).check_password(&self.account);
        let _ = self.on(0).change_password(PasswordReset::by_host(check), || Ok::<(), ()>(())).unwrap();
    }

    /// The owner changes the password with a fresh factor.
    pub(super) fn change_password(&mut self, number: usize, proof: Reauthenticated) {
        let _ = self.on(number).change_password(proof, || Ok::<(), ()>(())).unwrap();
        self.ledger.restored();
    }

    /// The budget in the record: the guesses spent, and the time from which credit counts.
    pub(super) fn budget(record: &AccountRecord) -> (u64, u64) {
        let record = serde_json::to_value(record).unwrap();
        let fields: BTreeMap<String, u64> =
            serde_json::from_value(record["record"]["budget"].clone()).unwrap();
        (fields["spent"], fields["since"])
    }
}

fn instance(store: &Arc<MemoryStore>, events: &Arc<EventLog>, policy: &Policy, seed: u64) -> Instance {
    let clock = TestClock::at(START);
    // Unencrypted: sealing is not tested here, and the simulation of many years would be slow.
    let keys = Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([0x11; 32])));
    let rng = Mutex::new(TestRng(seed));
    let verifier = BlockingVerifier::with_sources(store.clone(), policy.clone(), keys, clock.clone(), rng);
    Instance { verifier: verifier.with_events(events.clone()), clock }
}

/// An account and its authenticators.
struct Bound {
    record: AccountRecord,
    phones: Vec<Phone>,
    recovery_codes: Vec<String>,
    passkey: Option<AuthenticatorId>,
}

/// Enrolled one after the other. If there is room for a passkey, it is bound after the first app.
fn bound(policy: &Policy, account: &AccountId, apps: u8, seed: u64) -> Bound {
    let store = Arc::new(MemoryStore::new());
    let Instance { verifier, clock } = instance(&store, &Arc::new(EventLog::default()), policy, seed);
    let password = || PasswordVerified::by_host(verifier.check_password(account));
    let begun = verifier.begin_enrollment(password(), "alice@example.com").unwrap();
    let mut phones = vec![Phone::scan(&begun.uri)];
    let confirmed = verifier.confirm_enrollment(&begun.token, &phones[0].code(clock.now())).unwrap();
    let recovery_codes = texts(&confirmed.into_parts().0);

    let fresh = |phone: &Phone| {
        let next_code = || {
            clock.advance(STEP);
            phone.code(clock.now())
        };
        let challenge = code_required(verifier.password_verified(password(), None).unwrap());
        let accepted = verifier.present(&challenge, &next_code(), Remember::No).unwrap();
        verifier.fresh_factor(&accepted.authenticated.into_session(), &next_code()).unwrap()
    };
    let passkey = (usize::from(apps) < policy.authenticators()).then(|| {
        let new = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::HardwareKey);
        verifier.bind_host_authenticator(fresh(&phones[0]), new).unwrap().authenticator()
    });
    for _ in 1..apps {
        let begun = verifier.begin_enrollment(fresh(&phones[0]), "alice@example.com").unwrap();
        let phone = Phone::scan(&begun.uri);
        let _ = verifier.confirm_enrollment(&begun.token, &phone.code(clock.now())).unwrap();
        phones.push(phone);
    }
    let record = store.load(account).unwrap().unwrap().value;
    Bound { record, phones, recovery_codes, passkey }
}
