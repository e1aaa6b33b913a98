//! A record that can be read at all is written and read again as the same, and whatever it says, no call panics or takes a code for right
//! that is not.
//!
//! The input is the record in JSON; after a line feed may follow the time (eight bytes) and the text that is presented.
#![no_main]

use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, DeviceId, FactorStatus, Import, Reauthenticated, Seal, SealingKey, SessionError,
    StoreSecretsInClear,
};
use second_factor::store::{Expected, MemoryStoreError, Swap};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken,
    Epoch, FreshFactor, KeyRing, Login, MemoryStore, PasswordVerified, Policy, RecoveryCode, Refusal,
    Remember, Secret, Session, TotpParams,
};
use second_factor_fuzz::{EventLog, HandClock, NoKey, Phone, Repeatable, START};

fuzz_target!(|data: &[u8]| {
    let (json, rest) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    let Ok(record) = serde_json::from_slice::<AccountRecord>(json) else { return };
    let written = serde_json::to_string(&record).expect("a record can be written");
    assert_eq!(serde_json::from_str::<AccountRecord>(&written).ok().as_ref(), Some(&record));
    assert_eq!(serde_json::to_value(&record).ok(), serde_json::from_str(&written).ok());

    let now = rest.first_chunk().map_or(START, |bytes| u64::from_le_bytes(*bytes));
    let typed = String::from_utf8_lossy(rest.get(8..).unwrap_or_default()).into_owned();
    let ring = KeyRing::new(2, SealingKey::new([2; 32])).with_retired(1, SealingKey::new([1; 32]));
    Driver::new(StoreSecretsInClear, now, &typed).drive(&record);
    Driver::new(ring, now, &typed).drive(&record);
    let broken = Driver::new(NoKey, now, &typed);
    broken.drive(&record);
    broken.needs_a_key(&record);
});

type Verifier = BlockingVerifier<Arc<MemoryStore>>;
type Answer<T> = Result<T, Error<MemoryStoreError>>;

struct Driver {
    verifier: Verifier,
    clock: Arc<HandClock>,
    events: Arc<EventLog>,
    now: u64,
    typed: String,
}

impl Driver {
    fn new(seal: impl Seal + 'static, now: u64, typed: &str) -> Self {
        let (clock, events) = (Arc::new(HandClock::at(now)), Arc::new(EventLog::default()));
        let policy = Policy::new("Example").expect("a policy");
        // Not what the seeds were made with: no token of theirs is drawn again.
        let entropy = Mutex::new(Repeatable(0x0f0f_0f0f));
        let store = Arc::new(MemoryStore::new());
        let verifier = BlockingVerifier::with_sources(store, policy, seal, clock.clone(), entropy)
            .with_events(events.clone());
        Self { verifier, clock, events, now, typed: typed.to_owned() }
    }

    /// Asks the verifier with this record in the store. The record afterwards is one that can be written and read again; where the verifier
    /// could not decide (`None`) it is the same.
    fn on<T>(
        &self,
        record: &AccountRecord,
        ask: impl FnOnce(&Verifier) -> Answer<T>,
    ) -> Option<(AccountRecord, Result<T, Refusal>)> {
        let (store, account) = (self.verifier.store(), record.account());
        let row = store.load(account).expect("it can be read");
        let expected = row.map_or(Expected::Absent, |row| Expected::At(row.revision));
        let seeded = store.compare_and_swap(account, expected, record).expect("it can be written");
        assert!(matches!(seeded, Swap::Stored(_)));
        self.events.take();

        let answer = ask(&self.verifier);
        let next = store.load(account).expect("it can be read").expect("no call deletes").value;
        let events = self.events.take();
        assert!(events.iter().all(|event| event.account == *account));
        assert_eq!(next.account(), account);
        let written = serde_json::to_string(&next).expect("a record can be written");
        assert_eq!(serde_json::from_str::<AccountRecord>(&written).ok().as_ref(), Some(&next), "{written}");
        match answer {
            Ok(answer) => Some((next, Ok(answer))),
            Err(Error::Refused(refusal)) => Some((next, Err(refusal))),
            Err(Error::Session(SessionError::EntropyExhausted)) => panic!("a decision drew too much"),
            Err(Error::Session(_)) => {
                assert!(next == *record && events.is_empty(), "something happened, and nothing was decided");
                None
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The same for what needs no key and is never refused.
    fn done<T>(
        &self,
        record: &AccountRecord,
        ask: impl FnOnce(&Verifier) -> Answer<T>,
    ) -> (AccountRecord, T) {
        let (next, answer) = self.on(record, ask).expect("it needs no key");
        (next, answer.expect("it is never refused"))
    }

    fn status(&self, record: &AccountRecord) -> FactorStatus {
        self.done(record, |verifier| verifier.status(record.account())).1
    }

    fn log_in(&self, record: &AccountRecord, device: Option<&str>) -> (AccountRecord, Login) {
        let password = PasswordVerified::by_host(record.account().clone());
        self.done(record, |verifier| verifier.password_verified(password, device))
    }

    fn drive(&self, record: &AccountRecord) {
        let account = record.account();
        let status = self.status(record);
        let (next, login) = self.log_in(record, None);
        match login {
            Login::CodeRequired(challenge) => {
                assert!(status.is_enabled());
                self.present(&next, &challenge, &status);
                let elsewhere =
                    self.on(record, |verifier| verifier.present(&challenge, "000000", Remember::No));
                assert!(matches!(elsewhere, Some((_, Err(Refusal::ChallengeOver)))), "it is not open here");
            }
            Login::Complete(accepted) => {
                assert!(!status.is_enabled());
                assert_eq!(accepted.authenticated.method(), AuthMethod::SingleFactor);
            }
            Login::EnrollmentRequired => panic!("the policy demands nothing"),
        }
        self.step_up(record, &status);
        self.take_foreign_tokens(record, &status);
        self.enroll(record, &status);

        let secret = ImportedSecret::new(Secret::new(&[9; 20]).expect("20 bytes")).expect("160 bits");
        let import = Import::by_host(account.clone(), secret, TotpParams::default());
        if let Some((imported, outcome)) = self.on(record, |verifier| verifier.import(import)) {
            assert_eq!(outcome.is_ok(), !status.is_enabled(), "an import does not replace an authenticator");
            assert!(self.status(&imported).is_enabled());
        }
        let (changed, ended) = self.done(record, |verifier| verifier.password_changed(account));
        let after = self.status(&changed);
        assert!(after.devices.is_empty() && after.locked_until.is_none() && !after.suspended);
        assert!(!changed.is_current(record.epoch()) && changed.is_current(ended.epoch()));
        let (forgotten, count) = self.done(record, |verifier| verifier.forget_all_devices(account));
        assert!(self.status(&forgotten).devices.is_empty() && count >= status.devices.len());
        for device in &status.devices {
            let (forgotten, was_there) =
                self.done(record, |verifier| verifier.forget_device(account, device.id));
            assert!(was_there && self.status(&forgotten).devices.iter().all(|left| left.id != device.id));
        }
        let nowhere = DeviceId::parse("AAAAAAAAAAAAAAAAAAAAAAAAAA").expect("16 bytes");
        self.done(record, |verifier| verifier.forget_device(account, nowhere));
        let administrator = AccountId::new("the administrator").expect("an id");
        if let Ok(reset) = AdministratorReset::by_host(account.clone(), &administrator) {
            let (reset, _) = self.done(record, |verifier| verifier.administrator_reset(reset));
            assert!(!self.status(&reset).is_enabled());
        }
    }

    /// What is typed, a wrong code and the right ones; and no other outcome than this target computes.
    fn present(&self, record: &AccountRecord, challenge: &ChallengeToken, status: &FactorStatus) {
        let mut texts = vec![self.typed.clone(), "000000".to_owned(), NOBODYS_RECOVERY_CODE.to_owned()];
        if let Some((phone, _)) = clear_secret(record) {
            texts.extend(phone.step(self.now).map(|step| phone.code_of(step)));
            texts.push(phone.wrong_code(self.now, 7));
        }
        for typed in texts {
            let present = |verifier: &Verifier| {
                verifier.present(challenge, &typed, Remember::ThisDevice { label: &self.typed })
            };
            let Some((next, Ok(accepted))) = self.on(record, present) else { continue };
            match accepted.authenticated.method() {
                AuthMethod::Code => {
                    self.assert_right(record, status, &typed);
                    let device = accepted.device.expect("the policy remembers devices");
                    self.come_back(&next, &device);
                }
                AuthMethod::RecoveryCode => {
                    assert!(RecoveryCode::parse(&typed).is_ok() && accepted.device.is_none());
                    let (before, after) = (self.status(record), self.status(&next));
                    assert_eq!(after.recovery_codes_left + 1, before.recovery_codes_left);
                    assert!(after.devices.is_empty());
                }
                method => panic!("what was typed gives {method:?}"),
            }
            let replay = self.on(&next, present);
            assert!(matches!(replay, Some((_, Err(Refusal::ChallengeOver)))));
        }
    }

    /// This was accepted as a code, of this record.
    fn assert_right(&self, record: &AccountRecord, status: &FactorStatus, typed: &str) {
        assert!(status.is_enabled() && status.locked_until.is_none() && !status.suspended);
        if let Some((phone, last)) = clear_secret(record) {
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            let steps = phone.steps_with(&digits, self.now);
            let is_later = |step: &u64| last.is_none_or(|last| *step > last);
            assert!(steps.iter().any(is_later), "not a right code: {typed}");
        }
    }

    fn come_back(&self, record: &AccountRecord, device: &DeviceToken) {
        let (_, login) = self.log_in(record, Some(device.expose()));
        let Login::Complete(accepted) = login else { panic!("a device that was just remembered") };
        let AuthMethod::RememberedDevice { since } = accepted.authenticated.method() else {
            panic!("a device is no more than remembered")
        };
        assert_eq!(since.as_secs(), self.now);
        let late = self.now.saturating_add(30 * 24 * 60 * 60);
        if late < u64::MAX {
            self.clock.set(late);
            let (_, login) = self.log_in(record, Some(device.expose()));
            assert!(matches!(login, Login::CodeRequired(_)), "after 30 days");
            self.clock.set(self.now);
        }
    }

    fn step_up(&self, record: &AccountRecord, status: &FactorStatus) {
        let account = record.account();
        let password = || PasswordVerified::by_host(account.clone());
        let stale = session(account, Epoch::new(record.epoch().get() ^ 1));
        let refused = self.on(record, |verifier| verifier.fresh_factor(&stale, "000000"));
        assert_eq!(refused, Some((record.clone(), Err(Refusal::StepUpRequired))));
        let live = session(account, record.epoch());
        let expected = if status.is_enabled() { Refusal::Malformed } else { Refusal::NoAuthenticator };
        let refused = self.on(record, |verifier| verifier.fresh_factor(&live, "lost it"));
        let (next, refused) = refused.expect("it is not a code, so no key is needed");
        assert_eq!(refused, Err(expected));
        assert!(
            next == *record || waits_for_the_future(record, self.now),
            "nothing is opened before a guess"
        );
        let again = self.on(record, |verifier| verifier.reauthenticate(&live, password(), "lost it"));
        match again.expect("no key is needed") {
            (next, Ok(Reauthenticated::Password(_))) => assert!(!status.is_enabled() && next == *record),
            (_, Ok(Reauthenticated::FreshFactor(_))) => panic!("nothing fresh was presented"),
            (_, Err(refusal)) => assert_eq!((status.is_enabled(), refusal), (true, Refusal::Malformed)),
        }

        let Some((phone, _)) = clear_secret(record) else { return };
        let Some(step) = phone.step(self.now) else { return };
        let code = phone.code_of(step);
        let fresh = || -> Option<(AccountRecord, FreshFactor)> {
            let (next, fresh) = self.on(record, |verifier| verifier.fresh_factor(&live, &code))?;
            Some((next, fresh.ok()?))
        };
        // Made of the same record, each serves for whatever the first does.
        let (Some((next, first)), Some((_, second))) = (fresh(), fresh()) else { return };
        let (Some((_, third)), Some((_, fourth))) = (fresh(), fresh()) else { panic!("it was, twice") };
        self.assert_right(record, status, &code);
        assert_eq!((first.method(), first.at().as_secs()), (AuthMethod::Code, self.now));
        let replayed = self.on(&next, |verifier| verifier.fresh_factor(&live, &code));
        assert!(matches!(replayed, Some((_, Err(_)))), "a code was accepted twice");
        let (renewed, codes) = self.done(&next, |verifier| verifier.regenerate_recovery_codes(first));
        assert_eq!(codes.iter().count(), self.status(&renewed).recovery_codes_left);
        let (disabled, _) = self.done(&next, |verifier| verifier.disable(second));
        assert!(!self.status(&disabled).is_enabled());
        let again = self.on(&disabled, |verifier| verifier.disable(third));
        assert!(matches!(again, Some((_, Err(Refusal::StepUpRequired)))));
        let begun = self.on(&next, |verifier| verifier.begin_enrollment(fourth, "alice"));
        assert!(matches!(begun, Some((_, Ok(_)))));
    }

    fn enroll(&self, record: &AccountRecord, status: &FactorStatus) {
        let password = PasswordVerified::by_host(record.account().clone());
        let begun = self.on(record, |verifier| verifier.begin_enrollment(password, "alice"));
        let Some((next, Ok(begun))) = begun else { return };
        assert!(!status.is_enabled(), "a password does not replace an authenticator");
        let phone = Phone::new(begun.uri.secret(), self.verifier.policy().totp());
        let again = self.on(&next, |verifier| verifier.pending_enrollment(&begun.token));
        assert_eq!(again.map(|(_, uri)| uri), Some(Ok(begun.uri)));
        let elsewhere = self.on(record, |verifier| verifier.pending_enrollment(&begun.token));
        assert!(matches!(elsewhere, Some((_, Err(Refusal::EnrollmentOver)))), "it was not begun here");
        let wrong = phone.wrong_code(self.now, 0);
        let refused = self.on(&next, |verifier| verifier.confirm_enrollment(&begun.token, &wrong));
        assert!(matches!(refused, Some((_, Err(Refusal::NotAccepted)))));
        let code = phone.code_of(phone.step(self.now).expect("T0 is 1970"));
        let (bound, confirmed) =
            self.done(&next, |verifier| verifier.confirm_enrollment(&begun.token, &code));
        let after = self.status(&bound);
        assert!(after.is_enabled() && !bound.is_current(record.epoch()));
        assert_eq!(after.recovery_codes_left, confirmed.recovery_codes.iter().count());
    }

    /// Tokens that were made elsewhere open nothing here.
    fn take_foreign_tokens(&self, record: &AccountRecord, status: &FactorStatus) {
        let (_, login) = self.log_in(record, Some(FOREIGN_DEVICE));
        assert_eq!(matches!(login, Login::Complete(_)), !status.is_enabled());
    }

    /// Without a key no code is accepted and none is charged, and nothing is bound; the recovery codes still work.
    fn needs_a_key(&self, record: &AccountRecord) {
        let live = session(record.account(), record.epoch());
        for typed in ["000000", "0000000", "00000000"] {
            let outcome = self.on(record, |verifier| verifier.fresh_factor(&live, typed));
            let Some((next, outcome)) = outcome else { continue };
            let refusal = outcome.expect_err("a code was accepted without the secret");
            assert!(!matches!(refusal, Refusal::NotAccepted | Refusal::ChallengeOver), "it was evaluated");
            assert!(next == *record || waits_for_the_future(record, self.now));
        }
        let password = PasswordVerified::by_host(record.account().clone());
        let begun = self.on(record, |verifier| verifier.begin_enrollment(password, "alice"));
        assert!(!matches!(begun, Some((_, Ok(_)))), "a secret was staged that nobody can open");
    }
}

const NOBODYS_RECOVERY_CODE: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

const FOREIGN_DEVICE: &str =
    "d1.BAMCAMBAGAYDAMBAGAYDAMBAGA.AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4QA.MFWGSY3F";

/// A session as the host's table has it.
fn session(account: &AccountId, epoch: Epoch) -> Session {
    let row = serde_json::json!({
        "account": account, "epoch": epoch, "at": START, "method": "code", "id": "AAAQEAYEAUDAOCAJBIFQYDIOB4",
    });
    serde_json::from_value(row).expect("a session")
}

/// Whether the record has a wait of a clock that was ahead of this one: it begins anew with the next step-up, which is written.
fn waits_for_the_future(record: &AccountRecord, now: u64) -> bool {
    let json = serde_json::to_value(record).expect("a record can be written");
    json.pointer("/record/budget/since").and_then(serde_json::Value::as_u64).is_some_and(|since| since > now)
}

/// The secret of the bound authenticator and its last step, where they stand in clear.
fn clear_secret(record: &AccountRecord) -> Option<(Phone, Option<u64>)> {
    let json = serde_json::to_value(record).ok()?;
    let bound = json.pointer("/record/authenticator").filter(|bound| bound.is_object())?;
    let sealed = Secret::from_base32(bound.pointer("/secret/sealed")?.as_str()?).ok()?;
    let (form, secret) = sealed.expose().split_first()?;
    let params = serde_json::from_value(bound.pointer("/secret/totp")?.clone()).ok()?;
    let phone = Phone::new(&Secret::new(secret).ok()?, params);
    (*form == 0).then(|| (phone, bound.get("step").and_then(serde_json::Value::as_u64)))
}
