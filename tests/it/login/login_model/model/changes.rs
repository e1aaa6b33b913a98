//! What changes an account beside its logins.

use second_factor::session::Binding;
use std::collections::BTreeSet;

use super::account::{
    Account, Beside, Bound, Enrollment, Fresh, Issued, Mark, Password, Proof, Reauthenticated, Session, alive,
};
use super::budget::Past;

use super::{Event, Outcome, Presented, Refused, how};
use crate::login::login_model::command::{Sensitive, Write};

impl Account {
    fn is_fresh(&self, now: u64, fresh: &Fresh) -> bool {
        self.is_current(&fresh.session, now) && alive(fresh.at, self.rules.step_up, now)
    }

    fn permits_change(&self, now: u64, proof: &Reauthenticated) -> bool {
        self.is_password_current(&proof.password, now)
            && match &proof.beside {
                Beside::Nothing => self.bound.is_none(),
                Beside::Fresh(fresh) => self.is_fresh(now, fresh),
                Beside::RecoveryLogin => false,
            }
    }

    // --- enrollment ---

    /// With the password alone.
    pub fn begin_enrollment(&mut self, now: u64, password: &Password) -> Outcome {
        let is_permitted = self.bound.is_none() && self.is_password_current(password, now);
        self.stage(now, is_permitted, password.during_change)
    }

    fn stage(&mut self, now: u64, is_permitted: bool, during_change: bool) -> Outcome {
        if !is_permitted {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.mark.is_some() || during_change {
            return Outcome::Refused(Refused::Retry);
        }
        self.events.push(Event::EnrollmentBegun);
        self.issued.push(Issued::Enrollment(Enrollment { epoch: self.epoch, begun: now }));
        Outcome::EnrollmentBegun
    }

    fn living(&self, now: u64, token: &Enrollment) -> Result<(), Refused> {
        if token.epoch != self.epoch || !alive(token.begun, self.rules.enrollment, now) {
            return Err(Refused::EnrollmentOver);
        }
        if self.mark.is_some() { Err(Refused::Retry) } else { Ok(()) }
    }

    pub fn show_enrollment(&self, now: u64, token: &Enrollment) -> Outcome {
        self.living(now, token).map_or_else(Outcome::Refused, |()| Outcome::EnrollmentShown)
    }

    pub fn confirm(&mut self, now: u64, token: &Enrollment, presented: &Presented) -> Outcome {
        if let Err(refused) = self.living(now, token) {
            return Outcome::Refused(refused);
        }
        let Presented::Code(steps) = presented else {
            return Outcome::Refused(Refused::Malformed);
        };
        let Ok(step) = self.judge_after(now, &[steps], None) else {
            self.events.push(Event::EnrollmentRefused);
            return Outcome::Refused(Refused::NotAccepted);
        };
        let binding = if self.bound.is_some() { Binding::Replaced } else { Binding::First };
        self.bind(now, vec![step], binding);
        self.new_recovery_codes();
        Outcome::Confirmed
    }

    fn bind(&mut self, now: u64, accepted: Vec<u64>, binding: Binding) {
        self.events.push(Event::Bound(how(binding)));
        if binding == Binding::Replaced {
            self.events.push(Event::Removed { by_owner: true, remaining: 1 });
        }
        let past = if self.bound.is_none() { Past::FirstBound } else { Past::Rebound };
        self.history.push((now, past));
        self.next_epoch("credentials changed");
        self.bound = Some(Bound { id: self.next_id(), at: now, accepted });
        self.recovery.clear();
    }

    fn new_recovery_codes(&mut self) {
        self.recovery = (self.recovery_codes..self.recovery_codes + 10).collect();
        self.recovery_codes += 10;
        self.issued.push(Issued::RecoveryCodes);
    }

    /// The host brings an authenticator along, for an account that has none.
    pub fn import(&mut self, now: u64) -> Outcome {
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        if self.bound.is_some() {
            return Outcome::Refused(Refused::AlreadyBound);
        }
        let before = self.epoch;
        self.bind(now, vec![], Binding::Imported);
        self.issued.push(Issued::Continue { session: None, before, after: self.epoch });
        Outcome::Imported
    }

    // --- what a proof is spent on ---

    /// Nothing where a proof of this kind does not fit.
    pub fn spend(&mut self, now: u64, proof: &Proof, on: Sensitive) -> Option<Outcome> {
        Some(match (proof, on) {
            (Proof::Fresh(fresh), Sensitive::EnrollAnew) => self.stage(now, self.is_fresh(now, fresh), false),
            (Proof::Reauthenticated(proof), Sensitive::EnrollAnew) => {
                let has_lost_phone = matches!(proof.beside, Beside::RecoveryLogin);
                let is_permitted = self.permits_change(now, proof)
                    || has_lost_phone && self.is_password_current(&proof.password, now);
                self.stage(now, is_permitted, false)
            }
            (Proof::Fresh(fresh), Sensitive::Disable | Sensitive::Regenerate) => {
                if !self.is_fresh(now, fresh) {
                    return Some(Outcome::Refused(Refused::StepUpRequired));
                }
                if self.mark.is_some() {
                    return Some(Outcome::Refused(Refused::Retry));
                }
                if on == Sensitive::Regenerate {
                    self.new_recovery_codes();
                    self.write();
                    self.events.push(Event::Regenerated);
                    return Some(Outcome::Regenerated);
                }
                if self.rules.required {
                    return Some(Outcome::Refused(Refused::FactorRequired));
                }
                let before = self.epoch;
                self.remove(true);
                let session = Some(fresh.session.id);
                self.issued.push(Issued::Continue { session, before, after: self.epoch });
                Outcome::Done
            }
            (Proof::Reauthenticated(proof), Sensitive::ChangePassword(write)) => {
                let has_fresh_factor = matches!(proof.beside, Beside::Fresh(_));
                let is_permitted = self.permits_change(now, proof);
                self.change_password(now, is_permitted, Some(proof.session), has_fresh_factor, write)
            }
            (Proof::Reauthenticated(proof), Sensitive::Close) => {
                let is_permitted = self.permits_change(now, proof);
                self.close(now, is_permitted)
            }
            _ => return None,
        })
    }

    /// By the mailbox, which the host verified after this check began.
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
        self.next_epoch("credentials changed");
        if write == Write::Interrupted {
            return Outcome::Interrupted;
        }
        self.mark = None;
        self.write();
        if write == Write::Failed {
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

    fn remove(&mut self, by_owner: bool) {
        self.next_epoch("credentials changed");
        self.bound = None;
        self.recovery.clear();
        self.events.push(Event::Removed { by_owner, remaining: 0 });
    }

    pub fn administrator_reset(&mut self, now: u64) -> Outcome {
        if self.is_changing(now) {
            return Outcome::Refused(Refused::Retry);
        }
        self.remove(false);
        Outcome::Done
    }

    pub fn end_all_sessions(&mut self, now: u64, session: &Session) -> Outcome {
        if !self.is_current(session, now) {
            return Outcome::Refused(Refused::StepUpRequired);
        }
        if self.mark.is_some() {
            return Outcome::Refused(Refused::Retry);
        }
        self.next_epoch("revoked");
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
        self.next_epoch("credentials changed");
        self.bound = None;
        self.recovery = BTreeSet::new();
        self.last_step_up = None;
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
