//! Values that claimants and hosts keep and use later, with the model's data about them.

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

/// A try of an old system's recovery code in a challenge; the host is about to compare the code.
pub struct Tried {
    pub account: usize,
    pub challenge: u32,
    pub paid: OldRecoveryCodeTry,
}

/// A device token in a browser.
pub struct Cookie {
    pub account: usize,
    pub text: String,
    pub key: u32,
    pub id: DeviceId,
    pub generation: u32,
}

/// A password check, from which the host can make a proof at any time.
pub struct Checked {
    pub account: usize,
    pub epoch: u32,
    pub at: u64,
    /// The key of the verifier that read the record. Another verifier reads it again.
    pub key: u32,
    pub word: Word,
    pub first: FirstFactor,
    pub demands: Requirement,
}

pub enum Word {
    /// A check, with the record as it read it, and the revision of that.
    Check(PasswordCheck, View, Option<u64>),
    /// A proof that a login returned.
    Proof(PasswordVerified),
}

impl Checked {
    pub fn is_current(&self, owner: &Account, now: u64) -> bool {
        self.dated().is_current(owner, now)
    }

    pub fn dated(&self) -> Dated {
        Dated { epoch: self.epoch, at: self.at, device: None }
    }

    /// Whether the host may have compared a hash that was replaced since.
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

/// When and in which epoch a proof was made. Both kinds are valid for five minutes.
#[derive(Clone, Copy, Debug)]
pub struct Dated {
    pub epoch: u32,
    pub at: u64,
    /// The device with which the proof ends.
    pub device: Option<DeviceId>,
}

impl Dated {
    pub fn is_current(self, owner: &Account, now: u64) -> bool {
        let lives = |id| owner.is_remembered(id, now);
        self.epoch == owner.epoch && is_alive(300, self.at, now) && self.device.is_none_or(lives)
    }
}

/// A fresh factor, and the session in which it was presented.
pub struct Fresh {
    pub account: usize,
    pub session: u32,
    pub dated: Dated,
    pub proof: FreshFactor,
}

/// The password typed again in a session, and the proof that came with it.
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

/// What an enrollment depends on, apart from its epoch.
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

/// An enrollment that has begun.
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

/// Whether a new authenticator replaces another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    First,
    Beside,
    Of(AuthenticatorId),
}

/// Takes one of the values, if there are any.
pub fn take<T>(held: &mut Vec<T>, pick: u8) -> Option<T> {
    let index = usize::from(pick).checked_rem(held.len())?;
    Some(held.swap_remove(index))
}

/// Adds a value; if there are `most` already, the first is dropped.
pub fn hold<T>(held: &mut Vec<T>, most: usize, new: T) {
    if held.len() >= most {
        held.remove(0);
    }
    held.push(new);
}
