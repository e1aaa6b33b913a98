//! One command, done to the library and to the model.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, Import, Requirement};
use second_factor::testing::Fault;
use second_factor::verifier::Clock;
use second_factor::{
    AccountId, Algorithm, Digits, KeyUri, PasswordReset, PasswordVerified, Period, Remember, Secret,
    TotpParams,
};

use super::Service;
use super::found::{Found, Got, accepted, by, logged_in, none, one, password_changed, refused};
use super::holder::Proof;
use crate::login::login_model::command::{
    Browser, Command, Cookie, Either, Pick, Sensitive, Typed, Who, Write,
};
use crate::login::login_model::invariants::{Asked, Evidence};
use crate::login::login_model::model::{self, Outcome, Sent};
use crate::support::{Phone, texts};

impl Service {
    /// What the model and the library make of it, and what was shown to happen.
    pub(super) fn both(&mut self, who: Who, command: Command) -> Option<Found> {
        let now = self.clock.now().as_secs();
        let mut evidence = Evidence::default();
        let (expected, (outcome, got)) = match command {
            Command::Password(_, browser, cookie) => {
                let check = self.check(who);
                return Some(self.password(who, check, browser, cookie));
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
            Command::FreshFactor(_, pick, either) => {
                let (session, text, presented) = self.in_session(who, pick, either, &mut evidence)?;
                let holder = &mut self.holders[who as usize];
                let (kept, of_model) = &holder.sessions[session];
                let found = match refused(self.verifier.fresh_factor(kept, &text)) {
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
            Command::ShowEnrollment(_, pick) => {
                let holder = &self.holders[who as usize];
                let (token, of_model, _) = &holder.enrollments[pick.index(holder.enrollments.len())?];
                let found = none(self.verifier.pending_enrollment(token), Outcome::EnrollmentShown);
                (holder.model.show_enrollment(now, of_model), found)
            }
            Command::Confirm(_, pick, typed) => return self.confirm(who, pick, typed),
            Command::Import(_) => return Some(self.import(who)),
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

    /// One that is not spent yet.
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
        let (text, presented) = self.either(who, either)?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let mut evidence = Evidence::default();
        evidence.asked = Some(Asked::ForLogin(number));
        evidence.either(either, &holder.phones, holder.bound, &text);
        let box_ticked = match remember {
            Some(_) => Remember::ThisDevice { label: "a browser" },
            None => Remember::No,
        };
        let (challenge, of_model) = &holder.challenges[number];
        let result = self.verifier.present(challenge, &text, box_ticked);
        let (outcome, got) = accepted(result, remember, &mut evidence);
        let expected = holder.model.present(now, of_model, &presented, remember.is_some());
        Some(Found { expected, outcome, got, evidence })
    }

    /// What is typed in which session.
    fn in_session(
        &self,
        who: Who,
        pick: Pick,
        either: Either,
        evidence: &mut Evidence,
    ) -> Option<(usize, String, model::Presented)> {
        let holder = &self.holders[who as usize];
        let session = pick.index(holder.sessions.len())?;
        let (text, presented) = self.either(who, either)?;
        evidence.either(either, &holder.phones, holder.bound, &text);
        evidence.asked = Some(Asked::InSession);
        Some((session, text, presented))
    }

    fn reauthenticate(
        &mut self,
        who: Who,
        pick: Pick,
        (proof, check): (PasswordVerified, model::Password),
        either: Either,
    ) -> Option<Found> {
        let mut evidence = Evidence::default();
        let (session, text, presented) = self.in_session(who, pick, either, &mut evidence)?;
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let (kept, of_model) = &holder.sessions[session];
        let result = self.verifier.reauthenticate(kept, proof, &text);
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
        (self.holders[who as usize].model.begin_enrollment(now, &check), found)
    }

    fn confirm(&mut self, who: Who, pick: Pick, typed: Typed) -> Option<Found> {
        let number = pick.index(self.holders[who as usize].enrollments.len())?;
        let phone = self.holders[who as usize].enrollments[number].2;
        let (text, presented) = self.code(who, typed, Some(phone))?;
        let mut evidence = Evidence::default();
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        evidence.code(&holder.phones, Some(phone), &text);
        let (token, of_model, _) = &holder.enrollments[number];
        let expected = holder.model.confirm(now, of_model, &presented);
        let result = self.verifier.confirm_enrollment(token, &text);
        let (outcome, got) =
            one(result, Outcome::Confirmed, |confirmed| Got::RecoveryCodes(texts(&confirmed.into_parts().0)));
        if outcome == Outcome::Confirmed {
            holder.bind(phone);
            evidence.accepted_code = true;
        }
        Some(Found { expected, outcome, got, evidence })
    }

    /// Another secret each time, as if there were many other systems.
    fn import(&mut self, who: Who) -> Found {
        let now = self.clock.now().as_secs();
        let holder = &mut self.holders[who as usize];
        let number = holder.phones.len().to_le_bytes();
        let secret = Secret::new(&[[0x5a; 12].as_slice(), &number].concat()).unwrap();
        let (algorithm, digits) = (Algorithm::Sha1, Digits::Six);
        let uri = KeyUri::totp("Example", "a name", secret.clone(), algorithm, digits, Period::DEFAULT);
        let import =
            Import::by_host(holder.id.clone(), ImportedSecret::new(secret).unwrap(), TotpParams::default());
        let (outcome, got) = one(self.verifier.import(import), Outcome::Imported, Got::Continue);
        if outcome == Outcome::Imported {
            holder.phones.push(Phone::scan(&uri.unwrap()));
            holder.bind(holder.phones.len() - 1);
        }
        let expected = holder.model.import(now);
        Found { expected, outcome, got, evidence: Evidence::default() }
    }

    fn spend(&mut self, who: Who, pick: Pick, on: Sensitive) -> Option<Found> {
        let now = self.clock.now().as_secs();
        let mut evidence = Evidence::default();
        let holder = &mut self.holders[who as usize];
        let number = pick.index(holder.proofs.len())?;
        let (_, of_model) = holder.proofs[number].as_ref()?;
        let expected = holder.model.spend(now, of_model, on)?;
        let (proof, of_model) = holder.proofs[number].take()?;
        let verifier = &self.verifier;
        let (outcome, got) = match (proof, on) {
            (Proof::Fresh(fresh), Sensitive::EnrollAnew) => {
                staged(verifier.begin_enrollment(fresh, "a name"))
            }
            (Proof::Reauthenticated(proof), Sensitive::EnrollAnew) => {
                staged(verifier.begin_enrollment(*proof, "a name"))
            }
            (Proof::Fresh(fresh), Sensitive::Regenerate) => {
                let codes = verifier.regenerate_recovery_codes(fresh);
                one(codes, Outcome::Regenerated, |codes| Got::RecoveryCodes(texts(&codes)))
            }
            (Proof::Fresh(fresh), Sensitive::Disable) => {
                one(verifier.disable(fresh, Requirement::None), Outcome::Done, Got::Continue)
            }
            (Proof::Reauthenticated(proof), Sensitive::ChangePassword(write)) => {
                self.plan(write);
                let found = password_changed(verifier.change_password(*proof, || written(write)));
                self.verifier.store().plan([]);
                found
            }
            (Proof::Reauthenticated(proof), Sensitive::Close) => {
                none(verifier.close_account(*proof), Outcome::Done)
            }
            _ => panic!("a proof that the model takes for {on:?}, and the library does not"),
        };
        match on {
            Sensitive::Disable | Sensitive::Close => self.removed(who, &outcome, &mut evidence),
            Sensitive::ChangePassword(_) => {
                let is_fresh = matches!(
                    of_model,
                    model::Proof::Reauthenticated(model::Reauthenticated {
                        beside: model::Beside::Fresh(_),
                        ..
                    })
                );
                evidence.restored = is_fresh && outcome == Outcome::PasswordChanged;
            }
            _ => {}
        }
        Some(Found { expected, outcome, got, evidence })
    }

    /// The authenticator is gone, and with it what was guessed at.
    fn removed(&mut self, who: Who, outcome: &Outcome, evidence: &mut Evidence) {
        if *outcome == Outcome::Done {
            self.holders[who as usize].bound = None;
            evidence.restored = true;
        }
    }

    fn administrator(&self, who: Who) -> AdministratorReset {
        let administrator = AccountId::new("administrator").unwrap();
        AdministratorReset::by_host(self.holders[who as usize].id.clone(), &administrator).unwrap()
    }

    /// A change that is interrupted never comes to its third call: load and swap, and the load after the write.
    fn plan(&self, write: Write) {
        let faults = (write == Write::Interrupted).then_some((3, Fault::Fail));
        self.verifier.store().plan(faults);
    }
}

/// The host's write of the new hash.
fn written(write: Write) -> Result<(), &'static str> {
    if write == Write::Failed { Err("planted") } else { Ok(()) }
}

fn staged(begun: super::found::Verified<second_factor::session::EnrollmentBegun>) -> (Outcome, Vec<Got>) {
    one(begun, Outcome::EnrollmentBegun, |begun| {
        let phone = Phone::scan(&begun.uri);
        Got::Enrollment(begun.token, phone)
    })
}
