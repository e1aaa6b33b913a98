//! What claimants and hosts hold back and use later, with what the model knows of it.

use second_factor::session::{
    AuthenticatorId, DeviceId, EnrollmentBegun, FirstFactor, OldRecoveryCodeTry, PasswordCheck,
    Reauthenticated, Requirement,
};
use second_factor::{ChallengeToken, FreshFactor, PasswordReset, PasswordVerified};
use second_factor_fuzz::Phone;

use crate::account::{Account, View};
use crate::is_alive;

/// A login that waits for its code.
pub struct Open {
    pub account: usize,
    pub token: ChallengeToken,
    pub number: u32,
    pub key: u32,
    pub epoch: u32,
    /// When the password check began.
    pub at: u64,
    pub first: FirstFactor,
}

/// A recovery code of an old system that was tried in a challenge, and that the host compares.
pub struct Tried {
    pub account: usize,
    pub challenge: u32,
    pub paid: OldRecoveryCodeTry,
}

/// A device token in some browser.
pub struct Cookie {
    pub account: usize,
    pub text: String,
    pub key: u32,
    pub id: DeviceId,
    pub generation: u32,
}

/// A password check, of which the host makes a proof when it likes.
pub struct Checked {
    pub account: usize,
    pub epoch: u32,
    pub at: u64,
    pub word: Word,
    pub first: FirstFactor,
    pub demands: Requirement,
}

pub enum Word {
    /// With the record as the check read it, and its revision.
    Check(PasswordCheck, View, Option<u64>),
    /// A proof that a login gave back.
    Proof(PasswordVerified),
}

impl Checked {
    pub fn is_current(&self, owner: &Account, now: u64) -> bool {
        self.dated().is_current(owner, now)
    }

    pub fn dated(&self) -> Dated {
        Dated { epoch: self.epoch, at: self.at, device: None }
    }

    /// The host may have compared a hash that was replaced since.
    pub fn began_during_change(&self) -> bool {
        matches!(&self.word, Word::Check(_, view, _) if view.mark.is_some())
    }

    pub fn into_password(self) -> PasswordVerified {
        let proof = match self.word {
            Word::Check(check, ..) => PasswordVerified::by_host(check),
            Word::Proof(proof) => proof,
        };
        proof.first_factor(self.first).demanding(self.demands)
    }

    pub fn into_reset(self) -> Option<PasswordReset> {
        match self.word {
            Word::Check(check, ..) => Some(PasswordReset::by_host(check)),
            Word::Proof(_) => None,
        }
    }
}

/// When and in which epoch a proof was made. Both kinds count for five minutes.
#[derive(Clone, Copy, Debug)]
pub struct Dated {
    pub epoch: u32,
    pub at: u64,
    /// With which it ends.
    pub device: Option<DeviceId>,
}

impl Dated {
    pub fn is_current(self, owner: &Account, now: u64) -> bool {
        let lives = |id| owner.is_remembered(id, now);
        self.epoch == owner.epoch && is_alive(300, self.at, now) && self.device.is_none_or(lives)
    }
}

/// A fresh factor, and the session that it was presented in.
pub struct Fresh {
    pub account: usize,
    pub session: u32,
    pub dated: Dated,
    pub proof: FreshFactor,
}

/// The password typed again in a session, and what was shown beside it.
pub struct Again {
    pub account: usize,
    pub session: u32,
    pub password: Dated,
    pub beside: Beside,
    pub proof: Reauthenticated,
}

#[derive(Clone, Copy, Debug)]
pub enum Beside {
    Nothing,
    Factor(Dated),
    /// When the session began.
    RecoveryLogin(u64),
}

/// What an enrollment ends with beside its epoch.
#[derive(Clone, Copy, Debug)]
pub enum Basis {
    Epoch,
    Device(DeviceId),
    RecoveryLogin(u64),
}

impl From<Dated> for Basis {
    fn from(dated: Dated) -> Self {
        dated.device.map_or(Self::Epoch, Self::Device)
    }
}

impl Again {
    pub fn permits_change(&self, owner: &Account, now: u64) -> bool {
        self.password.is_current(owner, now)
            && match self.beside {
                Beside::Nothing => !owner.has_factor(),
                Beside::Factor(fresh) => fresh.is_current(owner, now),
                Beside::RecoveryLogin(_) => false,
            }
    }

    pub fn permits_enrollment(&self, owner: &Account, now: u64) -> bool {
        match self.beside {
            Beside::RecoveryLogin(at) => {
                self.password.is_current(owner, now) && owner.is_recovery_login(at, now)
            }
            _ => self.permits_change(owner, now),
        }
    }

    pub fn basis(&self) -> Basis {
        match self.beside {
            Beside::Nothing => Basis::Epoch,
            Beside::Factor(fresh) => fresh.into(),
            Beside::RecoveryLogin(at) => Basis::RecoveryLogin(at),
        }
    }
}

/// An enrollment that was begun.
pub struct Enrolling {
    pub account: usize,
    pub begun: EnrollmentBegun,
    pub phone: Phone,
    pub label: String,
    pub place: Place,
    pub key: u32,
    pub epoch: u32,
    pub at: u64,
    pub basis: Basis,
}

/// Where a new authenticator goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    First,
    Beside,
    Of(AuthenticatorId),
}

/// Takes one that was held back, if any is.
pub fn take<T>(held: &mut Vec<T>, pick: u8) -> Option<T> {
    let index = usize::from(pick).checked_rem(held.len())?;
    Some(held.swap_remove(index))
}

/// Holds one more; the first goes where there are `most`.
pub fn hold<T>(held: &mut Vec<T>, most: usize, new: T) {
    if held.len() >= most {
        held.remove(0);
    }
    held.push(new);
}
