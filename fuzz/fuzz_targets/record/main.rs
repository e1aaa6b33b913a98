//! A record that can be read is written and read again as the same. Whatever it contains, no call panics, accepts a wrong
//! code, or continues while the record has the mark of a password change.
//!
//! The input is the record as JSON. After a line feed, the time (eight bytes) and the text to present may follow.
#![no_main]

mod driver;
mod fields;
mod operate;

use std::convert::Infallible;

use libfuzzer_sys::fuzz_target;
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, DeviceId, FactorStatus, Import, Keys, Requirement, SealingKey, StoreSecretsInClear,
    TokenKey, TokenKeys,
};
use second_factor::verifier::ChangePasswordError;
use second_factor::{
    AccountId, AccountRecord, AuthMethod, ChallengeToken, DeviceToken, FreshFactor, KeyRing, Login,
    PasswordReset, RecoveryCode, Refusal, Remember, Secret, Session, TotpParams,
};
use second_factor_fuzz::{NoKey, Phone, START};
use serde_json::json;

use crate::driver::{Driver, Verifier, password};
use crate::fields::{
    clear_secrets, guesses, has_distinct_authenticators, is_changing, other_session, session, session_in,
    spent,
};

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
    let tokens = || TokenKeys::new(2, TokenKey::new([3; 32]));
    let clear = Driver::new(Keys::new(StoreSecretsInClear, tokens()), now, &typed);
    let sealed = Driver::new(ring.into(), now, &typed);
    let broken = Driver::new(Keys::new(NoKey, tokens()), now, &typed);
    clear.drive(&record, &sealed);
    sealed.drive(&record, &clear);
    broken.drive(&record, &sealed);
    broken.needs_a_key(&record);
});

impl Driver {
    fn drive(&self, record: &AccountRecord, other: &Self) {
        let status = self.status(record);
        let (next, login) = self.log_in(record, None);
        match login {
            Ok(Login::CodeRequired(challenge)) => {
                assert!(status.is_enabled() && !is_changing(record) && next == *record);
                self.present(record, &challenge, &status);
                self.present_of_host(record, &challenge);
                let (_, foreign) = other.log_in(record, None);
                let Ok(Login::CodeRequired(foreign)) = foreign else { panic!("it is the same record") };
                let refused = self.on(record, |verifier| verifier.present(&foreign, "000000", Remember::No));
                assert!(matches!(refused, Some((_, Err(Refusal::ChallengeOver)))), "other keys signed it");
            }
            Ok(Login::Complete(accepted)) => {
                assert!(!status.is_enabled() && !is_changing(record) && next == *record);
                assert_eq!(accepted.authenticated.method(), AuthMethod::SingleFactor);
                assert!(self.is_current(record, &accepted.authenticated.into_session()));
            }
            Ok(Login::EnrollmentRequired(_)) => panic!("the policy requires nothing"),
            Err(refusal) => {
                assert_eq!((refusal, is_changing(record)), (Refusal::Retry, true));
                // A change that cannot be under way any more is ended, and then everything from before it is over.
                assert!(next == *record || !is_changing(&next) && !self.is_current(&next, &session(record)));
            }
        }
        self.step_up(record, &status);
        self.enroll(record, &status);
        self.change(record, &status);
        self.operate(record);
    }

    /// Presents the typed text, a wrong code and the right ones, and computes each expected outcome.
    fn present(&self, record: &AccountRecord, challenge: &ChallengeToken, status: &FactorStatus) {
        let mut texts = vec![self.typed.clone(), "000000".to_owned(), NOBODYS_RECOVERY_CODE.to_owned()];
        for (phone, _) in clear_secrets(record).into_iter().flatten() {
            let step = phone.step(self.now);
            texts.extend(step.map(|step| phone.code_of(step)));
            let row = step.and_then(|step| phone.codes_in_a_row(step));
            texts.extend(row.iter().flat_map(|codes| {
                let reversed: Vec<_> = codes.iter().rev().map(String::as_str).collect();
                [codes.join(" "), reversed.join(" ")]
            }));
            texts.push(phone.wrong_code(self.now, 7));
        }
        for typed in texts {
            let present = |verifier: &Verifier| {
                verifier.present(challenge, &typed, Remember::ThisDevice { label: &self.typed })
            };
            let Some((next, answer)) = self.on(record, present) else { continue };
            let accepted = match answer {
                Ok(accepted) => accepted,
                Err(refusal) => {
                    if let Refusal::Locked { retry_at } = refusal {
                        assert!(!status.is_locked || next == *record && retry_at == status.retry_at);
                    }
                    let charged = if next == *record { 0 } else { guesses(record) };
                    assert_eq!(spent(&next), (spent(record) + charged).min(u16::MAX.into()), "{typed}");
                    continue;
                }
            };
            match accepted.authenticated.method() {
                method @ (AuthMethod::Code | AuthMethod::CodesInARow) => {
                    self.assert_right(record, status, &typed, method);
                    let device = accepted.device.expect("the policy remembers devices");
                    self.come_back(record, &next, &device);
                }
                AuthMethod::RecoveryCode => {
                    assert!(RecoveryCode::parse(&typed).is_ok() && accepted.device.is_none());
                    let (before, after) = (self.status(record), self.status(&next));
                    assert_eq!(after.recovery_codes_left + 1, before.recovery_codes_left);
                    assert!(after.devices.is_empty());
                }
                method => panic!("what was typed gives {method:?}"),
            }
            assert!(self.is_current(&next, &accepted.authenticated.into_session()));
            let replay = self.on(&next, present);
            assert!(matches!(replay, Some((unchanged, Err(Refusal::AlreadyDone))) if unchanged == next));
            let (changed, _) = self.reset_password(&next);
            let late = self.on(&changed, present);
            assert!(matches!(late, Some((_, Err(Refusal::ChallengeOver)))), "the password was changed");
        }
    }

    /// Asserts that this text is a right code, or right codes in a row, of this record.
    fn assert_right(&self, record: &AccountRecord, status: &FactorStatus, typed: &str, method: AuthMethod) {
        let is_row = method == AuthMethod::CodesInARow;
        assert!(status.is_enabled() && (is_row || !status.is_locked));
        if let Some(phones) = clear_secrets(record) {
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            let is_right = |(phone, last): &(Phone, Option<u64>)| {
                let (steps, before) = match is_row {
                    true => (phone.steps_with_row(&digits, self.now), phone.codes_in_a_row_count() - 1),
                    false => (phone.steps_with(&digits, self.now), 0),
                };
                steps.into_iter().any(|step| last.is_none_or(|last| step - before > last))
            };
            assert!(phones.iter().any(is_right), "not a right code: {typed}");
        }
    }

    fn come_back(&self, before: &AccountRecord, record: &AccountRecord, device: &DeviceToken) {
        let asks = |record: &AccountRecord, token: &str| {
            matches!(self.log_in(record, Some(token)), (_, Ok(Login::CodeRequired(_))))
        };
        assert!(asks(before, device.expose()), "it is not remembered there");
        let forged = device.expose().to_owned() + "A";
        assert!(asks(record, &forged) && asks(record, &device.expose().to_uppercase()), "forged");

        let (unchanged, login) = self.log_in(record, Some(device.expose()));
        let Ok(Login::Complete(accepted)) = login else { panic!("a device that was just remembered") };
        let AuthMethod::RememberedDevice { since } = accepted.authenticated.method() else {
            panic!("a device is no more than remembered")
        };
        assert_eq!((since.as_secs(), &unchanged), (self.now, record));
        assert_eq!(accepted.device.map(|token| token.expose().to_owned()).as_deref(), Some(device.expose()));
        let session = accepted.authenticated.into_session();
        assert!(self.is_current(record, &session));
        let forget = |verifier: &Verifier| verifier.forget_all_devices(record.account());
        assert!(!self.is_current(&self.done(record, forget).0, &session), "it ends with its device");

        let late = self.now.saturating_add(30 * 24 * 60 * 60);
        if late < u64::MAX {
            self.clock.set(late);
            assert!(
                asks(record, device.expose()) && !self.is_current(record, &session),
                "the device is still remembered after 30 days"
            );
            self.clock.set(self.now);
        }
    }

    fn step_up(&self, record: &AccountRecord, status: &FactorStatus) {
        let (live, stale) = (session(record), session_in(record, &json!("AAAQEAYEAUDAOCAJBIFQYDIOB4")));
        let refused = self.on(record, |verifier| verifier.fresh_factor(&stale, "000000"));
        assert_eq!(refused, Some((record.clone(), Err(Refusal::StepUpRequired))));
        let expected = match status.is_enabled() {
            _ if is_changing(record) => Refusal::Retry,
            true => Refusal::Malformed,
            false => Refusal::NoAuthenticator,
        };
        let refused = self.on(record, |verifier| verifier.fresh_factor(&live, "lost it"));
        let (next, refused) = refused.expect("it is not a code, so no key is needed");
        assert_eq!(refused, Err(expected));
        assert!(next == *record, "a malformed code was written");
        let again =
            |verifier: &Verifier| verifier.reauthenticate(&live, password(verifier, record), "lost it");
        match self.on(record, again).expect("no key is needed") {
            (next, Ok(_)) => assert!(!status.is_enabled() && !is_changing(record) && next == *record),
            (_, Err(refusal)) => {
                assert_eq!((expected != Refusal::NoAuthenticator, refusal), (true, expected))
            }
        }

        for (phone, _) in clear_secrets(record).into_iter().flatten() {
            let Some(step) = phone.step(self.now) else { return };
            self.use_fresh_factors(record, status, &live, (&phone.code_of(step), AuthMethod::Code));
            let Some(codes) = phone.codes_in_a_row(step) else { return };
            self.use_fresh_factors(record, status, &live, (&codes.join("-"), AuthMethod::CodesInARow));
        }
    }

    fn use_fresh_factors(
        &self,
        record: &AccountRecord,
        status: &FactorStatus,
        live: &Session,
        (code, method): (&str, AuthMethod),
    ) {
        let fresh = || -> Option<(AccountRecord, FreshFactor)> {
            let (next, fresh) = self.on(record, |verifier| verifier.fresh_factor(live, code))?;
            Some((next, fresh.ok()?))
        };
        // Fresh factors from the same record: each can do whatever the first can.
        let (Some((next, first)), Some((_, second))) = (fresh(), fresh()) else { return };
        let [Some((_, third)), Some((_, fourth)), Some((_, fifth))] = [fresh(), fresh(), fresh()] else {
            panic!("it was, twice")
        };
        self.assert_right(record, status, code, method);
        assert_eq!((first.method(), first.at().as_secs()), (method, self.now));
        if has_distinct_authenticators(record) {
            let doubled = self.on(&next, |verifier| verifier.fresh_factor(live, code));
            assert_eq!(doubled, Some((next.clone(), Err(Refusal::AlreadyDone))));
            let elsewhere = other_session(record);
            let replayed = self.on(&next, |verifier| verifier.fresh_factor(&elsewhere, code));
            assert!(matches!(replayed, Some((_, Err(_)))), "a code was accepted twice");
        }
        let (renewed, codes) = self.done(&next, |verifier| verifier.regenerate_recovery_codes(first));
        assert_eq!(codes.iter().count(), self.status(&renewed).recovery_codes_left);
        let (disabled, _) = self.done(&next, |verifier| verifier.disable(second, Requirement::None));
        assert!(!self.status(&disabled).is_enabled());
        let again = self.on(&disabled, |verifier| verifier.disable(third, Requirement::None));
        assert!(matches!(again, Some((_, Err(Refusal::StepUpRequired)))));
        let (unchanged, begun) = self
            .on(&next, |verifier| verifier.begin_enrollment(fourth, "alice"))
            .expect("a secret can be sealed");
        let is_full = status.authenticators.len() >= self.verifier.policy().authenticators();
        assert_eq!(begun.err(), is_full.then_some(Refusal::TooManyAuthenticators));
        assert!(unchanged == next);
        self.remove(&next, fifth);
    }

    fn enroll(&self, record: &AccountRecord, status: &FactorStatus) {
        let begin = |verifier: &Verifier| verifier.begin_enrollment(password(verifier, record), "alice");
        let Some((next, Ok(begun))) = self.on(record, begin) else { return };
        assert!(!status.is_enabled(), "a password does not replace an authenticator");
        assert!(!is_changing(record) && next == *record, "beginning an enrollment wrote to the record");
        let phone = Phone::new(begun.uri.secret(), self.verifier.policy().totp());
        let again = self.on(record, |verifier| verifier.pending_enrollment(&begun.token));
        assert_eq!(again.map(|(_, uri)| uri), Some(Ok(begun.uri)));
        let wrong = phone.wrong_code(self.now, 0);
        let refused = self.on(record, |verifier| verifier.confirm_enrollment(&begun.token, &wrong));
        let is_refused = |refusal| matches!(refusal, Refusal::NotAccepted | Refusal::ClockOff(_));
        assert!(matches!(refused, Some((next, Err(refusal))) if is_refused(refusal) && next == *record));
        let code = phone.code_of(phone.step(self.now).expect("T0 is 1970"));
        let (bound, confirmed) =
            self.done(record, |verifier| verifier.confirm_enrollment(&begun.token, &code));
        let after = self.status(&bound);
        assert!(after.is_enabled() && !self.is_current(&bound, &session(record)));
        let (codes, _) = confirmed.into_parts();
        assert_eq!(after.recovery_codes_left, codes.expect("it is the first").iter().count());
        let twice = self.on(&bound, |verifier| verifier.confirm_enrollment(&begun.token, &code));
        assert!(matches!(twice, Some((_, Err(Refusal::EnrollmentOver)))), "the first confirmed wins");
    }

    /// Changes the password with a reset, if possible.
    fn reset_password(&self, record: &AccountRecord) -> (AccountRecord, Result<(), Refusal>) {
        let change = |verifier: &Verifier| {
            let reset = PasswordReset::by_host(verifier.check_password(record.account()));
            match verifier.change_password(reset, || Ok::<_, Infallible>(())) {
                Ok(_) => Ok(()),
                Err(ChangePasswordError::NotStarted(error)) => Err(error),
                Err(other) => panic!("{other:?}"),
            }
        };
        self.on(record, change).expect("it needs no key")
    }

    /// Changes of the account without a factor: refused under the mark of a password change; otherwise they end what they must.
    fn change(&self, record: &AccountRecord, status: &FactorStatus) {
        let (account, live) = (record.account(), session(record));
        let (changed, outcome) = self.reset_password(record);
        assert_eq!(outcome, if is_changing(record) { Err(Refusal::Retry) } else { Ok(()) });
        let after = self.status(&changed);
        if outcome.is_ok() {
            assert!(after.devices.is_empty() && !is_changing(&changed) && !self.is_current(&changed, &live));
            assert_eq!((after.is_locked, after.retry_at), (status.is_locked, status.retry_at));
        }
        let secret = ImportedSecret::new(Secret::new(&[9; 20]).expect("20 bytes")).expect("160 bits");
        let import = Import::by_host(account.clone(), secret, TotpParams::default());
        if let Some((imported, outcome)) = self.on(record, |verifier| verifier.import(import)) {
            let is_possible = !status.is_enabled() && !is_changing(record);
            assert_eq!(outcome.is_ok(), is_possible, "whether an import is possible");
            assert!(!is_possible || self.status(&imported).is_enabled());
        }
        let ended = self.on(record, |verifier| verifier.end_all_sessions(&live));
        let (ended, outcome) = ended.expect("it needs no key");
        assert_eq!(outcome.is_err(), is_changing(record));
        assert_eq!(self.is_current(&ended, &live), is_changing(record));
        let administrator = AccountId::new("the administrator").expect("an id");
        for closes in [false, true] {
            let Ok(word) = AdministratorReset::by_host(account.clone(), &administrator) else { return };
            let ask = |verifier: &Verifier| match closes {
                true => verifier.close_account(word),
                false => verifier.administrator_reset(word),
            };
            let (after, outcome) = self.on(record, ask).expect("it needs no key");
            assert_eq!(outcome.is_err(), is_changing(record));
            let status = self.status(&after);
            assert!(outcome.is_err() || !status.is_enabled() && !self.is_current(&after, &live));
        }
        let (forgotten, count) = self.done(record, |verifier| verifier.forget_all_devices(account));
        assert!(self.status(&forgotten).devices.is_empty() && count >= status.devices.len());
        for device in &status.devices {
            let (forgotten, was_there) =
                self.done(record, |verifier| verifier.forget_device(account, device.id));
            assert!(was_there && self.status(&forgotten).devices.iter().all(|left| left.id != device.id));
        }
        let nowhere = DeviceId::parse("AAAAAAAAAAAAAAAAAAAAAAAAAA").expect("16 bytes");
        self.done(record, |verifier| verifier.forget_device(account, nowhere));
    }

    /// Without a key no code is accepted or charged, and nothing is bound; recovery codes still work.
    fn needs_a_key(&self, record: &AccountRecord) {
        let live = session(record);
        let rows = ["0".repeat(21), "0".repeat(24)];
        for typed in ["000000", "0000000", "00000000", &rows[0], &rows[1]] {
            let outcome = self.on(record, |verifier| verifier.fresh_factor(&live, typed));
            let Some((next, outcome)) = outcome else { continue };
            let refusal = outcome.expect_err("a code was accepted without the secret");
            assert!(
                !matches!(refusal, Refusal::NotAccepted | Refusal::ChallengeOver),
                "the code was evaluated"
            );
            assert!(next == *record);
        }
        let begin = |verifier: &Verifier| verifier.begin_enrollment(password(verifier, record), "alice");
        assert!(
            !matches!(self.on(record, begin), Some((_, Ok(_)))),
            "a secret was sealed that nobody can open"
        );
    }
}

const NOBODYS_RECOVERY_CODE: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
