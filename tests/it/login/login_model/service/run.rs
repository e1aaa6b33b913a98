//! Runs one command on the library and on the model.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    self, AdministratorReset, FirstFactor, HostAuthenticatorKind, Import, NewAuthenticator,
    NewHostAuthenticator, Requirement,
};
use second_factor::testing::Fault;
use second_factor::verifier::Clock;
use second_factor::{
    AccountId, Algorithm, Digits, FreshFactor, KeyUri, PasswordReset, PasswordVerified, Period, Remember,
    Secret, TotpParams, UnixTime, otp::TimeStep,
};

use super::Service;
use super::found::{
    Found, Got, Verified, accepted, bound, by, logged_in, none, one, password_changed, refused,
};
use super::holder::Proof;
use super::sent::{Input, credential};
use crate::login::login_model::command::{
    Brought, Browser, Command, Cookie, Demanded, Either, OldCode, Pick, Place, Sensitive, Typed, Who, Write,
};
use crate::login::login_model::invariants::{Asked, Evidence};
use crate::login::login_model::model::{
    self, Demand, Imported, New, OLD_CODES, Outcome, Presented, Sent, Step, Which,
};
use crate::support::{Phone, texts};

impl Service {
    /// The results of model and library, with the facts about the command.
    pub(super) fn both(&mut self, who: Who, command: Command) -> Option<Found> {
        let now = self.clock.now().as_secs();
        let mut evidence = Evidence::default();
        let (expected, (outcome, got)) = match command {
            Command::Password(_, browser, cookie) => {
                let check = self.check(who);
                return Some(self.password(who, check, browser, cookie));
            }
            Command::FirstFactor(_, browser, cookie, is_other, demanded) => {
                let (proof, check) = self.check(who);
                let first = if is_other { FirstFactor::Other } else { FirstFactor::Password };
                let (demand, requirement) = self.demanded(demanded);
                let proof = proof.first_factor(first).demanding(requirement);
                return Some(self.password(who, (proof, check.of(first, demand)), browser, cookie));
            }
            Command::PasswordLater(_, pick, browser, cookie) => {
                let check = self.older_check(who, pick)?;
                return Some(self.password(who, check, browser, cookie));
            }
            Command::Check(_) => {
                let check = self.check(who);
                self.holders[who as usize].checks.push(Some(check));
                return None;
            }
            Command::Code(_, pick, typed) => return self.present(who, pick, Either::Code(typed), None),
            Command::CodeAndRemember(_, pick, typed, browser) => {
                return self.present(who, pick, Either::Code(typed), Some(browser as usize));
            }
            Command::CodesInARow(_, pick, row) => {
                return self.present(who, pick, Either::InARow(row), Some(Browser::Home as usize));
            }
            Command::RecoveryCode(_, pick, recovery) => {
                return self.present(who, pick, Either::Recovery(recovery), Some(Browser::Home as usize));
            }
            Command::Passkey(_, pick, signed) => {
                return self.present(who, pick, Either::Passkey(signed), Some(Browser::Home as usize));
            }
            Command::TryOldCode(_, pick, code) => return self.try_old_code(who, pick, code),
            Command::PresentOldCode(_, pick, tried) => return self.present_old_code(who, pick, tried),
            Command::FreshFactor(_, pick, either) => {
                let (session, input, presented) = self.in_session(who, pick, either, &mut evidence)?;
                let holder = &mut self.holders[who as usize];
                let (kept, of_model) = &holder.sessions[session];
                let found = match refused(self.verifier.fresh_factor(kept, input.presented(&holder.id))) {
                    Ok(fresh) => (Outcome::Fresh(by(fresh.method())), vec![Got::Fresh(fresh)]),
                    Err(refused) => (Outcome::Refused(refused), vec![]),
                };
                (holder.model.fresh_factor(now, of_model, &presented), found)
            }
            Command::Reauthenticate(_, pick, either) => {
                let check = self.check(who);
                return self.reauthenticate(who, pick, check, either);
            }
            Command::ReauthenticateLater(_, pick, either) => {
                pick.index(self.holders[who as usize].sessions.len())?;
                let check = self.older_check(who, pick)?;
                return self.reauthenticate(who, pick, check, either);
            }
            Command::Spend(_, pick, on) => return self.spend(who, pick, on),
            Command::BeginEnrollment(_) => {
                let check = self.check(who);
                self.begin_enrollment(who, check)
            }
            Command::BeginEnrollmentLater(_, pick) => {
                let check = self.older_check(who, pick)?;
                self.begin_enrollment(who, check)
            }
            Command::BindPasskey(_, passkey) => return Some(self.bind_passkey(who, passkey)),
            Command::ShowEnrollment(_, pick) => {
                let holder = &self.holders[who as usize];
                let (token, of_model, _) = &holder.enrollments[pick.index(holder.enrollments.len())?];
                let found = none(self.verifier.pending_enrollment(token), Outcome::EnrollmentShown);
                (holder.model.show_enrollment(now, of_model), found)
            }
            Command::Confirm(_, pick, typed) => return self.confirm(who, pick, typed),
            Command::Import(_, brought) => return Some(self.import(who, brought)),
            Command::EndWhatABackupRevived(_) => {
                let newest = now / 30 + u64::from(self.verifier.policy().window().future());
                evidence.used_up = self.phones(who).iter().map(|(phone, _)| (*phone, newest)).collect();
                let holder = &mut self.holders[who as usize];
                let found = none(self.verifier.end_what_a_backup_revived(&holder.id), Outcome::Done);
                (holder.model.end_what_a_backup_revived(now), found)
            }
            Command::ResetPassword(_, write) => {
                let holder = &mut self.holders[who as usize];
                let reset = PasswordReset::by_host(self.verifier.check_password(&holder.id));
                let check = holder.model.check(now);
                self.plan(write);
                let found = password_changed(self.verifier.change_password(reset, || written(write)));
                self.verifier.store().plan([]);
                (self.holders[who as usize].model.reset_password(now, &check, write), found)
            }
            Command::EndAllSessions(_, pick) => {
                let holder = &mut self.holders[who as usize];
                let (session, of_model) = &holder.sessions[pick.index(holder.sessions.len())?];
                let found = none(self.verifier.end_all_sessions(session), Outcome::Done);
                (holder.model.end_all_sessions(now, of_model), found)
            }
            Command::AdministratorReset(_) => {
                let found = none(self.verifier.administrator_reset(self.administrator(who)), Outcome::Done);
                self.removed(who, &found.0, &mut evidence);
                (self.holders[who as usize].model.administrator_reset(now), found)
            }
            Command::AdministratorCloses(_) => {
                let found = none(self.verifier.close_account(self.administrator(who)), Outcome::Done);
                self.removed(who, &found.0, &mut evidence);
                (self.holders[who as usize].model.close(now, true), found)
            }
            Command::ForgetDevice(_, pick) => {
                let holder = &mut self.holders[who as usize];
                let (device, series) = holder.devices[pick.index(holder.devices.len())?];
                let found = self.verifier.forget_device(&holder.id, device).unwrap();
                (holder.model.forget_device(series), (Outcome::Forgot(found.into()), vec![]))
            }
            Command::ForgetAllDevices(_) => {
                let holder = &mut self.holders[who as usize];
                let found = self.verifier.forget_all_devices(&holder.id).unwrap();
                (holder.model.forget_all_devices(), (Outcome::Forgot(found), vec![]))
            }
            other => panic!("not a single command: {other:?}"),
        };
        Some(Found { expected, outcome, got, evidence })
    }

    fn check(&self, who: Who) -> (PasswordVerified, model::Password) {
        let holder = &self.holders[who as usize];
        let proof = PasswordVerified::by_host(self.verifier.check_password(&holder.id));
        (proof, holder.model.check(self.clock.now().as_secs()))
    }

    /// A check that was not used yet.
    fn older_check(&mut self, who: Who, pick: Pick) -> Option<(PasswordVerified, model::Password)> {
        let checks = &mut self.holders[who as usize].checks;
        let number = pick.index(checks.len())?;
        checks[number].take()
    }

    fn password(
        &mut self,
        who: Who,
        (proof, mut check): (PasswordVerified, model::Password),
        browser: Browser,
        cookie: Cookie,
    ) -> Found {
        let (text, sent) = self.cookie(who, browser as usize, cookie);
        let mut evidence = Evidence::default();
        evidence.cookie_was_given = matches!(sent, Sent::Given(_));
        let now = self.clock.now().as_secs();
        let login = self.verifier.password_verified(proof, text.as_deref());
        let expected = self.holders[who as usize].model.password(now, &mut check, sent);
        let (outcome, got) = logged_in(login, check, browser as usize, &mut evidence);
        Found { expected, outcome, got, evidence }
    }

    fn present(&mut self, who: Who, pick: Pick, either: Either, remember: Option<usize>) -> Option<Found> {
        let number = pick.index(self.holders[who as usize].challenges.len())?;
        let (input, presented) = self.either(who, either)?;
        let now = self.clock.now().as_secs();
        let mut evidence = Evidence::default();
        evidence.asked = Some(Asked::ForLogin(number));
        self.show(who, either, &input, &mut evidence);
        let holder = &mut self.holders[who as usize];
        let box_ticked = match remember {
            Some(_) => Remember::ThisDevice { label: "a browser" },
            None => Remember::No,
        };
        let (challenge, of_model) = &holder.challenges[number];
        let result = self.verifier.present(challenge, input.presented(&holder.id), box_ticked);
        let (outcome, got) = accepted(result, remember, &mut evidence);
        let expected = holder.model.present(now, of_model, &presented, remember.is_some());
        Some(Found { expected, outcome, got, evidence })
    }

    /// Collects the facts that need no rules.
    fn show(&self, who: Who, either: Either, input: &Input, evidence: &mut Evidence) {
        evidence.either(either, self.phones(who), input.text());
        if let Input::Passkey(passkey, signed) = input {
            let is_bound = self.bound(who).contains(&Which::Passkey(*passkey));
            evidence.signed = is_bound.then_some((*passkey, *signed));
        }
    }

    fn try_old_code(&mut self, who: Who, pick: Pick, code: OldCode) -> Option<Found> {
        let number = pick.index(self.holders[who as usize].challenges.len())?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let code = match code {
            OldCode::Brought(pick) => Some(pick.index(holder.old_codes.len())?),
            OldCode::Unknown => None,
        };
        let mut evidence = Evidence::default();
        evidence.asked = Some(Asked::ForLogin(number));
        let (challenge, of_model) = &holder.challenges[number];
        let result = self.verifier.try_old_recovery_code(challenge);
        let (outcome, got) = one(result, Outcome::OldCodeTried, |tried| Got::OldTry(tried, code));
        let expected = holder.model.try_old_code(now, of_model, code.map(|code| OLD_CODES + code));
        Some(Found { expected, outcome, got, evidence })
    }

    fn present_old_code(&mut self, who: Who, pick: Pick, tried: Pick) -> Option<Found> {
        let number = pick.index(self.holders[who as usize].challenges.len())?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let tried = tried.index(holder.tries.len())?;
        let (verified, tried, name) = holder.tries[tried].take()?;
        let mut evidence = Evidence::default();
        evidence.asked = Some(Asked::ForLogin(number));
        evidence.recovery_code = Some(name);
        let (challenge, of_model) = &holder.challenges[number];
        let box_ticked = Remember::ThisDevice { label: "a browser" };
        let (outcome, got) =
            accepted(self.verifier.present(challenge, verified, box_ticked), None, &mut evidence);
        let expected = holder.model.present(now, of_model, &Presented::Old(tried), true);
        Some(Found { expected, outcome, got, evidence })
    }

    /// What is presented, and in which session.
    fn in_session(
        &mut self,
        who: Who,
        pick: Pick,
        either: Either,
        evidence: &mut Evidence,
    ) -> Option<(usize, Input, Presented)> {
        let session = pick.index(self.holders[who as usize].sessions.len())?;
        let (input, presented) = self.either(who, either)?;
        self.show(who, either, &input, evidence);
        evidence.asked = Some(Asked::InSession);
        Some((session, input, presented))
    }

    fn reauthenticate(
        &mut self,
        who: Who,
        pick: Pick,
        (proof, check): (PasswordVerified, model::Password),
        either: Either,
    ) -> Option<Found> {
        let mut evidence = Evidence::default();
        let (session, input, presented) = self.in_session(who, pick, either, &mut evidence)?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let (kept, of_model) = &holder.sessions[session];
        let result = self.verifier.reauthenticate(kept, proof, input.presented(&holder.id));
        let (outcome, got) = one(result, Outcome::Reauthenticated, Got::Reauthenticated);
        let expected = holder.model.reauthenticate(now, of_model, check, &presented);
        Some(Found { expected, outcome, got, evidence })
    }

    fn begin_enrollment(
        &mut self,
        who: Who,
        (proof, check): (PasswordVerified, model::Password),
    ) -> (Outcome, (Outcome, Vec<Got>)) {
        let found = staged(self.verifier.begin_enrollment(proof, "a name"));
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let new = New { which: Which::Phone(holder.phones.len()), replacing: None };
        (holder.model.begin_enrollment(now, &check, new), found)
    }

    fn bind_passkey(&mut self, who: Who, passkey: usize) -> Found {
        let (proof, check) = self.check(who);
        let credential = credential(passkey);
        let new = NewHostAuthenticator::new(&credential, HostAuthenticatorKind::SoftwareKey);
        let found = self.verifier.bind_host_authenticator(proof, new);
        let (outcome, got) = bound(found, Outcome::PasskeyBound);
        let now = self.clock.now().as_secs();
        let new = New { which: Which::Passkey(passkey), replacing: None };
        let expected = self.holders[who as usize].model.begin_enrollment(now, &check, new);
        Found { expected, outcome, got, evidence: Evidence::default() }
    }

    fn confirm(&mut self, who: Who, pick: Pick, typed: Typed) -> Option<Found> {
        let number = pick.index(self.holders[who as usize].enrollments.len())?;
        let phone = self.holders[who as usize].enrollments[number].2;
        let phones = vec![(phone, self.holders[who as usize].phones[phone].clone())];
        let (text, presented) = self.code(who, typed, &phones)?;
        let mut evidence = Evidence::default();
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        evidence.code(phones, &text);
        let (token, of_model, _) = &holder.enrollments[number];
        let expected = holder.model.confirm(now, of_model, &presented);
        let (outcome, got) = bound(self.verifier.confirm_enrollment(token, &text), Outcome::Confirmed);
        evidence.accepted_code = outcome == Outcome::Confirmed;
        Some(Found { expected, outcome, got, evidence })
    }

    /// A new secret each time, as if from another system each time.
    fn import(&mut self, who: Who, brought: Brought) -> Found {
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let phone = holder.phones.len();
        let secret = Secret::new(&[[0x5a; 12].as_slice(), &phone.to_le_bytes()].concat()).unwrap();
        let (algorithm, digits) = (Algorithm::Sha1, Digits::Six);
        let uri = KeyUri::totp("Example", "a name", secret.clone(), algorithm, digits, Period::DEFAULT);
        let step = brought.last.map(|steps| (now / 30).saturating_add_signed(steps.into()));
        let names: Vec<String> = (0..brought.recovery_codes).map(|n| format!("old {phone} {n}")).collect();
        let first = OLD_CODES + holder.old_codes.len();

        let secret = ImportedSecret::new(secret).unwrap();
        let import = Import::by_host(holder.id.clone(), secret, TotpParams::default());
        let import = import.recovery_codes(&names).unwrap();
        let import = step.map(TimeStep::new).into_iter().fold(import, Import::last_accepted);
        let import = if brought.is_quiet { import.quietly() } else { import };
        let result = refused(self.verifier.import(import));
        let mut evidence = Evidence::default();
        let (outcome, got) = match result {
            Ok(end) => {
                holder.phones.push(Phone::scan(&uri.unwrap()));
                holder.old_codes.extend(names);
                evidence.used_up = step.into_iter().map(|step| (phone, step)).collect();
                (Outcome::Imported { ends_sessions: end.is_some() }, vec![Got::Bound(None)])
            }
            Err(refused) => (Outcome::Refused(refused), vec![]),
        };
        let recovery = (first..first + brought.recovery_codes).collect();
        let imported = Imported { phone, is_quiet: brought.is_quiet, step, recovery };
        let expected = holder.model.import(now, &imported);
        Found { expected, outcome, got, evidence }
    }

    fn demanded(&self, demanded: Demanded) -> (Demand, Requirement) {
        match demanded {
            Demanded::No => (Demand::Nothing, Requirement::None),
            Demanded::Now => (Demand::Now, Requirement::Enrolled),
            Demanded::In(secs) => {
                let time = self.clock.now().as_secs().saturating_add_signed(secs.into());
                (Demand::From(time), Requirement::EnrolledBy(UnixTime::from_secs(time)))
            }
        }
    }

    /// The corresponding step of the model.
    fn step(&self, who: Who, on: Sensitive) -> Option<Step> {
        let holder = &self.holders[who as usize];
        let which = |pick| holder.authenticator(pick).map(|(_, which)| which);
        let enroll = |new, place| {
            let replacing = match place {
                Place::Beside => None,
                Place::Of(pick) => Some(which(pick)?),
            };
            Some(Step::Enroll(New { which: new, replacing }))
        };
        Some(match on {
            Sensitive::Disable(demanded) => Step::Disable(self.demanded(demanded).0),
            Sensitive::Remove(pick, demanded) => Step::Remove(which(pick)?, self.demanded(demanded).0),
            Sensitive::Rename(pick, label) => Step::Rename(which(pick)?, label),
            Sensitive::Regenerate => Step::Regenerate,
            Sensitive::EnrollAnew(place) => enroll(Which::Phone(holder.phones.len()), place)?,
            Sensitive::BindPasskey(passkey, place) => enroll(Which::Passkey(passkey), place)?,
            Sensitive::ChangePassword(write) => Step::ChangePassword(write),
            Sensitive::Close => Step::Close,
        })
    }

    fn spend(&mut self, who: Who, pick: Pick, on: Sensitive) -> Option<Found> {
        let now = self.clock.now().as_secs();
        let mut evidence = Evidence::default();
        let step = self.step(who, on)?;
        let holder = &mut self.holders[who as usize];
        let number = pick.index(holder.proofs.len())?;
        let (_, of_model) = holder.proofs[number].as_ref()?;
        let expected = holder.model.spend(now, of_model, step)?;
        let (proof, of_model) = holder.proofs[number].take()?;
        let (outcome, got) = match (proof, on) {
            (Proof::Fresh(fresh), _) => self.spend_fresh(who, fresh, on),
            (Proof::Reauthenticated(proof), _) => self.spend_reauthenticated(who, *proof, on),
        };
        if let (Sensitive::ChangePassword(_), Outcome::PasswordChanged) = (on, &outcome) {
            evidence.restored = matches!(
                of_model,
                model::Proof::Reauthenticated(model::Reauthenticated { beside: model::Beside::Fresh(_), .. })
            );
        }
        self.removed(who, &outcome, &mut evidence);
        Some(Found { expected, outcome, got, evidence })
    }

    fn spend_fresh(&self, who: Who, fresh: FreshFactor, on: Sensitive) -> (Outcome, Vec<Got>) {
        let (verifier, holder) = (&self.verifier, &self.holders[who as usize]);
        let id = |pick| holder.authenticator(pick).unwrap().0;
        match on {
            Sensitive::EnrollAnew(place) => {
                staged(verifier.begin_enrollment(fresh, self.new_phone(who, place)))
            }
            Sensitive::BindPasskey(passkey, place) => {
                let credential = credential(passkey);
                let new = self.new_passkey(who, &credential, place);
                bound(verifier.bind_host_authenticator(fresh, new), Outcome::PasskeyBound)
            }
            Sensitive::Regenerate => {
                let codes = verifier.regenerate_recovery_codes(fresh);
                one(codes, Outcome::Regenerated, |codes| Got::RecoveryCodes(texts(&codes)))
            }
            Sensitive::Disable(demanded) => {
                one(verifier.disable(fresh, self.demanded(demanded).1), Outcome::Done, Got::Continue)
            }
            Sensitive::Remove(pick, demanded) => {
                let removed = verifier.remove_authenticator(fresh, id(pick), self.demanded(demanded).1);
                one(removed, Outcome::Done, Got::Continue)
            }
            Sensitive::Rename(pick, label) => {
                none(verifier.rename_authenticator(fresh, id(pick), label), Outcome::Renamed)
            }
            Sensitive::ChangePassword(_) | Sensitive::Close => {
                panic!("the model has a proof for {on:?} that the library does not accept")
            }
        }
    }

    fn spend_reauthenticated(
        &self,
        who: Who,
        proof: session::Reauthenticated,
        on: Sensitive,
    ) -> (Outcome, Vec<Got>) {
        let verifier = &self.verifier;
        match on {
            Sensitive::EnrollAnew(place) => {
                staged(verifier.begin_enrollment(proof, self.new_phone(who, place)))
            }
            Sensitive::BindPasskey(passkey, place) => {
                let credential = credential(passkey);
                let new = self.new_passkey(who, &credential, place);
                bound(verifier.bind_host_authenticator(proof, new), Outcome::PasskeyBound)
            }
            Sensitive::ChangePassword(write) => {
                self.plan(write);
                let found = password_changed(verifier.change_password(proof, || written(write)));
                verifier.store().plan([]);
                found
            }
            Sensitive::Close => none(verifier.close_account(proof), Outcome::Done),
            _ => panic!("the model has a proof for {on:?} that the library does not accept"),
        }
    }

    fn new_phone(&self, who: Who, place: Place) -> NewAuthenticator<'static> {
        let new = NewAuthenticator::app("a name");
        match place {
            Place::Beside => new,
            Place::Of(pick) => new.replacing(self.holders[who as usize].authenticator(pick).unwrap().0),
        }
    }

    fn new_passkey<'a>(&self, who: Who, credential: &'a [u8], place: Place) -> NewHostAuthenticator<'a> {
        let new = NewHostAuthenticator::new(credential, HostAuthenticatorKind::SoftwareKey);
        match place {
            Place::Beside => new,
            Place::Of(pick) => new.replacing(self.holders[who as usize].authenticator(pick).unwrap().0),
        }
    }

    /// Notes that the last authenticator was removed, which restores the budget.
    fn removed(&self, who: Who, outcome: &Outcome, evidence: &mut Evidence) {
        evidence.restored |= *outcome == Outcome::Done && self.bound(who).is_empty();
    }

    fn administrator(&self, who: Who) -> AdministratorReset {
        let administrator = AccountId::new("administrator").unwrap();
        AdministratorReset::by_host(self.holders[who as usize].id.clone(), &administrator).unwrap()
    }

    /// An interrupted change fails at its third call to the store: after load and swap, the load that follows the write.
    fn plan(&self, write: Write) {
        let faults = (write == Write::Interrupted).then_some((3, Fault::Fail));
        self.verifier.store().plan(faults);
    }
}

/// The result of the host's write of the new hash.
fn written(write: Write) -> Result<(), &'static str> {
    if write == Write::Failed { Err("planted") } else { Ok(()) }
}

fn staged(begun: Verified<session::EnrollmentBegun>) -> (Outcome, Vec<Got>) {
    one(begun, Outcome::EnrollmentBegun, |begun| {
        let phone = Phone::scan(&begun.uri);
        Got::Enrollment(begun.token, phone)
    })
}
