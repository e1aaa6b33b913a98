//! Changes of an account, apart from logins.

use second_factor::session::Binding;
use std::collections::BTreeSet;

use super::account::{
    Account, Basis, Beside, Bound, Enrollment, Fresh, Issued, Mark, Password, Place, Proof, Reauthenticated,
    Session, alive,
};
use super::budget::Past;
use super::second_step::{near, offset};
use super::{Demand, Event, Imported, Outcome, Presented, Refused, Which, how};
use crate::login::login_model::command::Write;

/// What a proof is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Enroll(New),
    Disable(Demand),
    Remove(Which, Demand),
    Rename(Which, &'static str),
    Regenerate,
    ChangePassword(Write),
    Close,
}

/// The new authenticator, and which one it replaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct New {
    pub which: Which,
    pub replacing: Option<Which>,
}

impl Account {
    fn is_fresh(&self, now: u64, fresh: &Fresh) -> bool {
        self.is_current(&fresh.session, now) && alive(fresh.at, self.rules.step_up, now)
    }

    fn permits_change(&self, now: u64, proof: &Reauthenticated) -> bool {
        self.is_password_current(&proof.password, now)
            && match &proof.beside {
                Beside::Nothing => self.bound.is_empty(),
                Beside::Fresh(fresh) => self.is_fresh(now, fresh),
                Beside::RecoveryLogin { .. } => false,
            }
    }

    // --- enrollment ---

    /// With the password alone.
    pub fn begin_enrollment(&mut self, now: u64, password: &Password, new: New) -> Outcome {
        let is_permitted = self.bound.is_empty() && self.is_password_current(password, now);
        self.enroll(now, is_permitted, password.during_change, new, Basis::Nothing)
    }

    /// A phone must be confirmed; a passkey is bound at once.
    fn enroll(
        &mut self,
        now: u64,
        is_permitted: bool,
        during_change: bool,
        new: New,
        basis: Basis,
    ) -> Outcome {
        let place = match self.place(is_permitted, during_change, new.replacing) {
            Ok(place) => place,
            Err(refused) => return Outcome::Refused(refused),
        };
        match new.which {
            Which::Phone(phone) => {
                self.events.push(Event::EnrollmentBegun);
                let token = Enrollment { epoch: self.epoch, begun: now, phone, place, basis };
                self.issued.push(Issued::Enrollment(token));
                Outcome::EnrollmentBegun
            }
            passkey @ Which::Passkey(_) if self.bound(passkey).is_some() => {
                Outcome::Refused(Refused::AlreadyBound)
            }
            passkey @ Which::Passkey(_) => {
                let bound = Bound { which: passkey, label: "Passkey", at: now, used: None, accepted: vec![] };
                self.bind_at(now, bound, place);
                Outcome::PasskeyBound
            }
        }
    }

    fn place(
        &self,
        is_permitted: bool,
        during_change: bool,
        replacing: Option<Which>,
    ) -> Result<Place, Refused> {
        if !is_permitted {
            return Err(Refused::StepUpRequired);
        }
        if self.mark.is_some() || during_change {
            return Err(Refused::Retry);
        }
        match replacing {
            Some(replaced) if self.bound(replaced).is_none() => Err(Refused::NoAuthenticator),
            Some(replaced) => Ok(Place::Of(replaced)),
            None if self.bound.is_empty() => Ok(Place::First),
            None if self.bound.len() >= self.rules.authenticators => Err(Refused::TooManyAuthenticators),
            None => Ok(Place::Beside),
        }
    }

    fn living(&self, now: u64, token: &Enrollment) -> Result<(), Refused> {
        let rests = match token.basis {
            Basis::Nothing => true,
            Basis::Device(series) => self.is_remembered(series, now),
            Basis::RecoveryLogin(at) => self.is_after_new_codes(at),
        };
        if token.epoch != self.epoch || !alive(token.begun, self.rules.enrollment, now) || !rests {
            return Err(Refused::EnrollmentOver);
        }
        match token.place {
            _ if self.mark.is_some() => Err(Refused::Retry),
            // Another one was imported meanwhile, quietly.
            Place::First if !self.bound.is_empty() => Err(Refused::EnrollmentOver),
            _ => Ok(()),
        }
    }

    pub fn show_enrollment(&self, now: u64, token: &Enrollment) -> Outcome {
        self.living(now, token).map_or_else(Outcome::Refused, |()| Outcome::EnrollmentShown)
    }

    pub fn confirm(&mut self, now: u64, token: &Enrollment, presented: &Presented) -> Outcome {
        if let Err(refused) = self.living(now, token) {
            return Outcome::Refused(refused);
        }
        let Presented::Code(shown) = presented else {
            return Outcome::Refused(Refused::Malformed);
        };
        let steps = &shown[&token.phone];
        let Ok(step) = self.judge_after(now, &[steps], None) else {
            self.events.push(Event::EnrollmentRefused);
            let off = |step| Refused::ClockOff { by: offset(now, step) };
            return Outcome::Refused(near(now, steps).map_or(Refused::NotAccepted, off));
        };
        let (which, label) = (Which::Phone(token.phone), "Authenticator app");
        let bound = Bound { which, label, at: now, used: Some(now), accepted: vec![step] };
        self.bind_at(now, bound, token.place);
        Outcome::Confirmed
    }

    fn bind_at(&mut self, now: u64, new: Bound, place: Place) {
        let which = new.which;
        let is_first = self.bound.is_empty();
        self.next_epoch("credentials changed", now);
        let is_kept = |bound: &Bound| place != Place::Of(bound.which);
        let count = self.bound.len();
        self.bound.retain(is_kept);
        let is_replaced = self.bound.len() < count;
        if is_first {
            self.history.push((now, Past::FirstBound));
        } else if self.bound.is_empty() {
            self.history.push((now, Past::Rebound));
        }
        self.bound.push(new);
        let binding = match (is_first, is_replaced) {
            (true, _) => Binding::First,
            (_, true) => Binding::Replaced,
            _ => Binding::Added,
        };
        self.events.push(Event::Bound(how(binding)));
        if is_replaced {
            self.events.push(Event::Removed { by_owner: true, remaining: self.bound.len() });
        }
        self.issued.push(Issued::Bound(which));
        if binding != Binding::Added || self.recovery.is_empty() {
            self.new_recovery_codes();
        }
    }

    fn new_recovery_codes(&mut self) {
        self.recovery = (self.recovery_codes..self.recovery_codes + 10).collect();
        self.recovery_codes += 10;
        self.issued.push(Issued::RecoveryCodes);
    }

    /// Imports an authenticator for an account without one.
    pub fn import(&mut self, now: u64, import: &Imported) -> Outcome {
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        if !self.bound.is_empty() {
            return Outcome::Refused(Refused::AlreadyBound);
        }
        let binding = if import.is_quiet {
            self.write();
            Binding::ImportedQuietly
        } else {
            self.next_epoch("credentials changed", now);
            Binding::Imported
        };
        self.events.push(Event::Bound(how(binding)));
        self.history.push((now, Past::FirstBound));
        let (which, label) = (Which::Phone(import.phone), "Authenticator app");
        let accepted = import.step.into_iter().collect();
        self.bound.push(Bound { which, label, at: now, used: None, accepted });
        self.recovery = import.recovery.iter().copied().collect();
        self.issued.push(Issued::Bound(which));
        Outcome::Imported { ends_sessions: !import.is_quiet }
    }

    // --- the use of a proof ---

    /// `None` if this kind of proof does not fit the step.
    pub fn spend(&mut self, now: u64, proof: &Proof, on: Step) -> Option<Outcome> {
        Some(match (proof, on) {
            (Proof::Fresh(fresh), Step::Enroll(new)) => {
                self.enroll(now, self.is_fresh(now, fresh), false, new, of_session(fresh))
            }
            (Proof::Reauthenticated(proof), Step::Enroll(new)) => {
                let (has_lost_phone, basis) = match &proof.beside {
                    Beside::Nothing => (false, Basis::Nothing),
                    Beside::Fresh(fresh) => (false, of_session(fresh)),
                    Beside::RecoveryLogin { at } => {
                        (self.may_bind_by_password(*at, now), Basis::RecoveryLogin(*at))
                    }
                };
                let is_permitted = self.permits_change(now, proof)
                    || has_lost_phone && self.is_password_current(&proof.password, now);
                self.enroll(now, is_permitted, false, new, basis)
            }
            (
                Proof::Fresh(fresh),
                Step::Disable(_) | Step::Remove(..) | Step::Rename(..) | Step::Regenerate,
            ) => {
                if !self.is_fresh(now, fresh) {
                    return Some(Outcome::Refused(Refused::StepUpRequired));
                }
                if self.mark.is_some() {
                    return Some(Outcome::Refused(Refused::Retry));
                }
                self.with_fresh(now, fresh, on)
            }
            (Proof::Reauthenticated(proof), Step::ChangePassword(write)) => {
                let has_fresh_factor = matches!(proof.beside, Beside::Fresh(_));
                let is_permitted = self.permits_change(now, proof);
                self.change_password(now, is_permitted, Some(proof.session), has_fresh_factor, write)
            }
            (Proof::Reauthenticated(proof), Step::Close) => {
                let is_permitted = self.permits_change(now, proof);
                self.close(now, is_permitted)
            }
            _ => return None,
        })
    }

    fn with_fresh(&mut self, now: u64, fresh: &Fresh, on: Step) -> Outcome {
        let (removed, demand) = match on {
            Step::Disable(demand) => (None, demand),
            Step::Remove(which, _) | Step::Rename(which, _) if self.bound(which).is_none() => {
                return Outcome::Refused(Refused::NoAuthenticator);
            }
            Step::Remove(which, demand) => (Some(which), demand),
            Step::Rename(which, label) => {
                self.rename(which, label);
                return Outcome::Renamed;
            }
            _ => {
                self.new_recovery_codes();
                self.regenerated = Some(now);
                self.write();
                self.events.push(Event::Regenerated);
                return Outcome::Regenerated;
            }
        };
        let are_all = removed.is_none() || self.bound.len() == 1;
        if are_all && self.demanded(demand).is_due(now) {
            return Outcome::Refused(Refused::FactorRequired);
        }
        let before = self.epoch;
        self.remove(true, now, |which| removed.is_none_or(|removed| removed == which));
        let session = Some(fresh.session.id);
        self.issued.push(Issued::Continue { session, before, after: self.epoch });
        Outcome::Done
    }

    /// A blank label or the same label changes nothing.
    fn rename(&mut self, which: Which, label: &'static str) {
        let bound = self.bound.iter_mut().find(|bound| bound.which == which).unwrap();
        let label = label.trim();
        if !label.is_empty() && label != bound.label {
            bound.label = label;
            self.write();
            self.events.push(Event::Renamed);
        }
    }

    /// With the mailbox, which the host verified after the check began.
    pub fn reset_password(&mut self, now: u64, check: &Password, write: Write) -> Outcome {
        let is_permitted = self.is_password_current(check, now);
        self.change_password(now, is_permitted, None, false, write)
    }

    fn change_password(
        &mut self,
        now: u64,
        is_permitted: bool,
        session: Option<u64>,
        has_fresh_factor: bool,
        write: Write,
    ) -> Outcome {
        if !is_permitted {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        let before = self.epoch;
        self.mark = Some(Mark { at: now });
        self.next_epoch("credentials changed", now);
        self.events.push(Event::PasswordChangeBegun);
        if write == Write::Interrupted {
            return Outcome::Interrupted;
        }
        self.mark = None;
        self.write();
        if write == Write::Failed {
            self.events.push(Event::PasswordNotChanged);
            return Outcome::NotWritten;
        }
        self.events.push(Event::PasswordChanged);
        if has_fresh_factor {
            self.history.push((now, Past::Restored));
        }
        self.issued.push(Issued::Continue { session, before, after: self.epoch });
        Outcome::PasswordChanged
    }

    // --- everything else ---

    fn remove(&mut self, by_owner: bool, now: u64, is_removed: impl Fn(Which) -> bool) {
        self.next_epoch("credentials changed", now);
        while let Some(index) = self.bound.iter().position(|bound| is_removed(bound.which)) {
            self.bound.remove(index);
            self.events.push(Event::Removed { by_owner, remaining: self.bound.len() });
        }
        if self.bound.is_empty() {
            self.recovery.clear();
        }
    }

    pub fn administrator_reset(&mut self, now: u64) -> Outcome {
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        self.remove(false, now, |_| true);
        Outcome::Done
    }

    /// The operator restored the row from a backup: no code up to now is valid any more.
    pub fn end_what_a_backup_revived(&mut self, now: u64) -> Outcome {
        self.next_epoch("restored", now);
        let newest = now / 30 + self.rules.future;
        for bound in self.bound.iter_mut().filter(|bound| bound.phone().is_some()) {
            bound.accepted.push(newest);
        }
        self.events.push(Event::Restored);
        Outcome::Done
    }

    pub fn end_all_sessions(&mut self, now: u64, session: &Session) -> Outcome {
        if !self.is_current(session, now) {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.mark.is_some() {
            return Outcome::Refused(Refused::Retry);
        }
        self.next_epoch("revoked", now);
        self.events.push(Event::SessionsEnded);
        Outcome::Done
    }

    pub fn close(&mut self, now: u64, is_permitted: bool) -> Outcome {
        if !is_permitted {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        self.next_epoch("credentials changed", now);
        self.bound.clear();
        self.recovery = BTreeSet::new();
        (self.last_step_up, self.regenerated) = (None, None);
        self.events.push(Event::AccountClosed);
        Outcome::Done
    }

    pub fn forget_device(&mut self, series: u64) -> Outcome {
        let count = self.forget_devices("revoked", |device| device.series != series);
        if count > 0 {
            self.write();
        }
        Outcome::Forgot(count)
    }

    pub fn forget_all_devices(&mut self) -> Outcome {
        let count = self.forget_devices("revoked", |_| false);
        if count > 0 {
            self.write();
        }
        Outcome::Forgot(count)
    }
}

fn of_session(fresh: &Fresh) -> Basis {
    fresh.session.device.map_or(Basis::Nothing, Basis::Device)
}
