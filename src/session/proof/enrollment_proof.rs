use crate::session::token::Basis;
use crate::session::{AccountId, AccountRecord, FreshFactor, PasswordVerified, Policy, Reauthenticated};
use crate::time::UnixTime;

/// What permits an enrollment: a [`Reauthenticated`], a [`FreshFactor`], or, while no authenticator is bound,
/// the password that was just typed.
#[derive(Debug)]
#[must_use = "nothing is enrolled before this goes to `begin_enrollment`"]
pub struct EnrollmentProof(Enrolling);

#[derive(Debug)]
enum Enrolling {
    Password(PasswordVerified),
    FreshFactor(FreshFactor),
    Reauthenticated(Reauthenticated),
}

impl EnrollmentProof {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        match &self.0 {
            Enrolling::Password(proof) => proof.account(),
            Enrolling::FreshFactor(proof) => proof.account(),
            Enrolling::Reauthenticated(proof) => proof.account(),
        }
    }

    /// Whether it may be of a password that a change has replaced since.
    pub(crate) fn began_during_change(&self) -> bool {
        matches!(&self.0, Enrolling::Password(proof) if proof.began_during_change())
    }

    /// What the enrollment depends on that it begins.
    pub(crate) fn basis(&self) -> Basis {
        match &self.0 {
            Enrolling::Password(_) => Basis::Epoch,
            Enrolling::FreshFactor(proof) => proof.basis(),
            Enrolling::Reauthenticated(proof) => proof.basis(),
        }
    }

    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        match &self.0 {
            Enrolling::Password(proof) => record.authenticators.is_empty() && proof.is_current(record, now),
            Enrolling::FreshFactor(proof) => proof.is_current(record, now, policy),
            Enrolling::Reauthenticated(proof) => proof.permits_enrollment(record, now, policy),
        }
    }
}

impl From<PasswordVerified> for EnrollmentProof {
    fn from(proof: PasswordVerified) -> Self {
        Self(Enrolling::Password(proof))
    }
}

impl From<FreshFactor> for EnrollmentProof {
    fn from(proof: FreshFactor) -> Self {
        Self(Enrolling::FreshFactor(proof))
    }
}

impl From<Reauthenticated> for EnrollmentProof {
    fn from(proof: Reauthenticated) -> Self {
        Self(Enrolling::Reauthenticated(proof))
    }
}
