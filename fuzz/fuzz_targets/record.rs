//! A record that can be read at all is written and read again as the same, and on whatever it says no operation panics or takes a code for
//! right that is not.
//!
//! The input is the record in JSON; after a line feed may follow the time (eight bytes) and the text that is presented.
#![no_main]

use std::cell::Cell;

use libfuzzer_sys::fuzz_target;
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    self, Context, Decision, DeviceId, Entropy, Import, Login, PasswordVerified, Policy, Reauthenticated,
    Remember, SealingKey, SessionError, StepUpToken, StoreSecretsInClear,
};
use second_factor::{
    AccountId, AccountRecord, ChallengeToken, DeviceToken, Epoch, FreshFactor, How, KeyRing, Refusal, Secret,
    TotpParams, UnixTime,
};
use second_factor_fuzz::{Phone, Repeatable, START};

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
    let policy = Policy::new("Example").expect("a policy");
    let ring = KeyRing::new(2, SealingKey::new([2; 32])).with_retired(1, SealingKey::new([1; 32]));
    let seals: [&dyn session::Seal; 2] = [&StoreSecretsInClear, &ring];
    for seal in seals {
        let context = Context { now: UnixTime::from_secs(now), policy: &policy, seal };
        Driver { context, draws: Cell::new(0), typed: &typed }.drive(&record);
    }
});

struct Driver<'a> {
    context: Context<'a>,
    draws: Cell<u64>,
    typed: &'a str,
}

impl Driver<'_> {
    fn entropy(&self) -> Entropy {
        self.draws.set(self.draws.get() + 1);
        match Entropy::draw(&mut Repeatable(self.draws.get())) {
            Ok(entropy) => entropy,
        }
    }

    /// The record after a decision, which is one that can be stored and read again.
    fn after<T>(
        &self,
        before: &AccountRecord,
        decision: Result<Decision<T>, SessionError>,
    ) -> Option<(AccountRecord, T)> {
        let decision = match decision {
            Ok(decision) => decision,
            Err(SessionError::EntropyExhausted) => panic!("a decision drew too much"),
            Err(_) => return None,
        };
        assert!(decision.events.iter().all(|event| event.account == *before.account()));
        let next = decision.next.unwrap_or_else(|| before.clone());
        assert_eq!(next.account(), before.account());
        let written = serde_json::to_string(&next).expect("a record can be written");
        assert_eq!(serde_json::from_str::<AccountRecord>(&written).ok().as_ref(), Some(&next), "{written}");
        Some((next, decision.outcome))
    }

    fn drive(&self, record: &AccountRecord) {
        let (account, context) = (record.account(), &self.context);
        let password = || PasswordVerified::by_host(account.clone());
        let status = record.status(context);

        let challenged = session::password_verified(record, &password(), None, context, self.entropy());
        let (next, login) = self.after(record, challenged).expect("a password step needs no key");
        match login {
            Login::CodeRequired(challenge) => {
                assert!(status.is_enabled());
                self.present(&next, &challenge, &status);
            }
            Login::Complete(accepted) => {
                assert!(!status.is_enabled());
                assert_eq!(accepted.authenticated.how(), How::None);
            }
            Login::EnrollmentRequired => panic!("the policy demands nothing"),
        }
        self.step_up(record, &status);
        self.take_foreign_tokens(record);

        for proof in [Reauthenticated::from(password())] {
            let begun = session::begin_enrollment(record, &proof, "alice", context, self.entropy());
            let Some((next, Ok(begun))) = self.after(record, begun) else { continue };
            assert!(!status.is_enabled(), "a password does not replace an authenticator");
            let phone = Phone::new(begun.uri.secret(), context.policy.totp());
            let again = session::pending_enrollment(&next, &begun.token, context, self.entropy());
            assert_eq!(self.after(&next, again).map(|(_, uri)| uri), Some(Ok(begun.uri)));
            let wrong = phone.wrong_code(context.now.as_secs(), 0);
            let refused = session::confirm_enrollment(&next, &begun.token, &wrong, context, self.entropy());
            assert!(matches!(self.after(&next, refused), Some((_, Err(Refusal::NotAccepted)))));
            let code = phone.code_of(phone.step(context.now.as_secs()).expect("T0 is 1970"));
            let confirmed = session::confirm_enrollment(&next, &begun.token, &code, context, self.entropy());
            let (bound, confirmed) = self.after(&next, confirmed).expect("it was sealed just now");
            assert!(confirmed.is_ok() && bound.status(context).is_enabled());
            assert_ne!(bound.epoch(), record.epoch());
        }

        let secret = ImportedSecret::new(Secret::new(&[9; 20]).expect("20 bytes")).expect("160 bits");
        let import = Import::by_host(account.clone(), secret, TotpParams::default());
        if let Some((_, Ok(_))) =
            self.after(record, session::import(record, &import, context, self.entropy()))
        {
            assert!(!status.is_enabled(), "an import does not replace an authenticator");
        }
        let changed = session::password_changed(record, account, context, self.entropy());
        let (changed, _) = self.after(record, changed).expect("a password change needs no key");
        assert!(changed.status(context).devices.is_empty() && changed.status(context).locked_until.is_none());
        assert!(!changed.status(context).suspended && !changed.is_current(record.epoch()));
        let forgotten = session::forget_all_devices(record, account, context, self.entropy());
        let (forgotten, count) = self.after(record, forgotten).expect("no key needed");
        assert!(forgotten.status(context).devices.is_empty() && count >= status.devices.len());
        for device in &status.devices {
            let forgotten = session::forget_device(record, account, device.id, context, self.entropy());
            let (forgotten, was_there) = self.after(record, forgotten).expect("no key needed");
            assert!(was_there && forgotten.status(context).devices.iter().all(|left| left.id != device.id));
        }
        let nowhere = DeviceId::parse("AAAAAAAAAAAAAAAAAAAAAAAAAA").expect("16 bytes");
        let _ = self.after(record, session::forget_device(record, account, nowhere, context, self.entropy()));
        let administrator = AccountId::new("the administrator").expect("an id");
        if let Ok(reset) = session::AdministratorReset::by_host(account.clone(), &administrator) {
            let reset = session::administrator_reset(record, &reset, context, self.entropy());
            let (reset, _) = self.after(record, reset).expect("no key needed");
            assert!(!reset.status(context).is_enabled());
        }
    }

    /// What is typed, a wrong code and the right ones; and no other outcome than this target computes.
    fn present(&self, record: &AccountRecord, challenge: &ChallengeToken, status: &session::FactorStatus) {
        let context = &self.context;
        let now = context.now.as_secs();
        let clear = clear_secret(record);
        let mut codes = vec![self.typed.to_owned(), "000000".to_owned()];
        if let Some((phone, _)) = &clear {
            codes.extend(phone.step(now).map(|step| phone.code_of(step)));
            codes.push(phone.wrong_code(now, 7));
        }
        for code in codes {
            let remember = Remember::ThisDevice { label: self.typed };
            let presented =
                session::present_code(record, challenge, &code, remember, context, self.entropy());
            let Some((next, Ok(accepted))) = self.after(record, presented) else { continue };
            assert_eq!(accepted.authenticated.how(), How::Presented);
            assert!(status.locked_until.is_none() && !status.suspended);
            if let Some((phone, last)) = &clear {
                let digits: String = code.chars().filter(char::is_ascii_digit).collect();
                let steps = phone.steps_with(&digits, now);
                assert!(
                    steps.iter().any(|step| last.is_none_or(|last| *step > last)),
                    "not a right code: {code}"
                );
            }
            let replay =
                session::present_code(&next, challenge, &code, Remember::No, context, self.entropy());
            assert!(matches!(self.after(&next, replay), Some((_, Err(Refusal::ChallengeOver)))));
            let device = accepted.device.expect("the policy remembers devices");
            self.come_back(&next, &device);
        }
        for code in [self.typed, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA"] {
            let presented = session::present_recovery_code(record, challenge, code, context, self.entropy());
            let Some((next, Ok(accepted))) = self.after(record, presented) else { continue };
            assert_eq!(accepted.authenticated.how(), How::RecoveryCode);
            let (before, after) = (record.status(context), next.status(context));
            assert_eq!(after.recovery_codes_left + 1, before.recovery_codes_left);
            assert!(after.devices.is_empty());
        }
        let abandoned = session::abandon(record, challenge, context, self.entropy());
        let (abandoned, ()) = self.after(record, abandoned).expect("no key needed");
        let late =
            session::present_code(&abandoned, challenge, "000000", Remember::No, context, self.entropy());
        assert!(matches!(self.after(&abandoned, late), Some((_, Err(Refusal::ChallengeOver)))));
    }

    fn come_back(&self, record: &AccountRecord, device: &DeviceToken) {
        let password = PasswordVerified::by_host(record.account().clone());
        let login =
            session::password_verified(record, &password, Some(device), &self.context, self.entropy());
        let (_, login) = self.after(record, login).expect("no key needed");
        let Login::Complete(accepted) = login else { panic!("a device that was just remembered") };
        assert_eq!(accepted.authenticated.how(), How::Remembered { since: self.context.now });
        let late = UnixTime::from_secs(self.context.now.as_secs().saturating_add(30 * 24 * 60 * 60));
        if late < UnixTime::MAX {
            let context = Context { now: late, ..self.context };
            let login = session::password_verified(record, &password, Some(device), &context, self.entropy());
            assert!(matches!(self.after(record, login), Some((_, Login::CodeRequired(_)))), "after 30 days");
        }
    }

    fn step_up(&self, record: &AccountRecord, status: &session::FactorStatus) {
        let (account, context) = (record.account(), &self.context);
        let elsewhere = Epoch::new(record.epoch().get() ^ 1);
        let stale = session::begin_step_up(record, account, elsewhere, context, self.entropy());
        assert!(matches!(self.after(record, stale), Some((_, Err(Refusal::StepUpRequired)))));
        let begun = session::begin_step_up(record, account, record.epoch(), context, self.entropy());
        let (next, begun) = self.after(record, begun).expect("no key needed");
        assert_eq!(begun.is_ok(), status.is_enabled());
        let (Ok(token), Some((phone, _))) = (begun, clear_secret(record)) else { return };
        let Some(step) = phone.step(context.now.as_secs()) else { return };
        let code = phone.code_of(step);
        let fresh = |record: &AccountRecord, token: &StepUpToken| -> Option<(AccountRecord, FreshFactor)> {
            let fresh = session::step_up(record, token, &code, context, self.entropy());
            let (next, fresh) = self.after(record, fresh)?;
            Some((next, fresh.ok()?))
        };
        let Some((next, fresh)) = fresh(&next, &token) else { return };
        let codes = session::regenerate_recovery_codes(&next, &fresh, context, self.entropy());
        let (next, codes) = self.after(&next, codes).expect("no key needed");
        assert_eq!(codes.expect("fresh").iter().count(), next.status(context).recovery_codes_left);
        let disabled = session::disable(&next, &fresh, context, self.entropy());
        let (disabled, outcome) = self.after(&next, disabled).expect("no key needed");
        assert!(outcome.is_ok() && !disabled.status(context).is_enabled());
        let again = session::disable(&disabled, &fresh, context, self.entropy());
        assert!(matches!(self.after(&disabled, again), Some((_, Err(Refusal::StepUpRequired)))));
        let begun = session::begin_enrollment(&next, &fresh.into(), "alice", context, self.entropy());
        assert!(matches!(self.after(&next, begun), Some((_, Ok(_)))));
    }

    /// Tokens that were made for a record elsewhere open nothing here.
    fn take_foreign_tokens(&self, record: &AccountRecord) {
        let (account, context) = (record.account(), &self.context);
        let password = PasswordVerified::by_host(account.clone());
        let foreign = DeviceToken::parse(FOREIGN_DEVICE).expect("a device token");
        let login = session::password_verified(record, &password, Some(&foreign), context, self.entropy());
        let (_, login) = self.after(record, login).expect("no key needed");
        assert_eq!(matches!(login, Login::Complete(_)), !record.status(context).is_enabled());
    }
}

const FOREIGN_DEVICE: &str =
    "d1.BAMCAMBAGAYDAMBAGAYDAMBAGA.AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4QA";

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
