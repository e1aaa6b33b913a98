use crate::session::token::Basis;
use crate::session::{AccountId, AccountRecord, FreshFactor, PasswordVerified, Policy, Reauthenticated};
use crate::time::UnixTime;

/// What permits an enrollment: a [`Reauthenticated`], a [`FreshFactor`], or, while no authenticator is bound,
/// the password that was just typed.
#[derive(Debug)]
#[must_use = "nothing is enrolled before this goes to `begin_enrollment`"]
#[non_exhaustive]
pub enum EnrollmentProof {
    /// The password; for the first authenticator only.
    Password(PasswordVerified),
    /// A factor that was presented in the session.
    FreshFactor(FreshFactor),
    /// The password, typed again, with a factor if the account has one.
    Reauthenticated(Reauthenticated),
}

impl EnrollmentProof {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Password(proof) => proof.account(),
            Self::FreshFactor(proof) => proof.account(),
            Self::Reauthenticated(proof) => proof.account(),
        }
    }

    /// Whether a change may have replaced its password since.
    pub(crate) fn began_during_change(&self) -> bool {
        matches!(self, Self::Password(proof) if proof.check.during_change)
    }

    /// What an enrollment that it permits depends on.
    pub(crate) fn basis(&self) -> Basis {
        match self {
            Self::Password(_) => Basis::Epoch,
            Self::FreshFactor(proof) => proof.basis,
            Self::Reauthenticated(proof) => proof.basis(),
        }
    }

    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        match self {
            Self::Password(proof) => record.authenticators.is_empty() && proof.check.is_current(record, now),
            Self::FreshFactor(proof) => proof.is_current(record, now, policy),
            Self::Reauthenticated(proof) => proof.permits_enrollment(record, now, policy),
        }
    }
}

impl From<PasswordVerified> for EnrollmentProof {
    fn from(proof: PasswordVerified) -> Self {
        Self::Password(proof)
    }
}

impl From<FreshFactor> for EnrollmentProof {
    fn from(proof: FreshFactor) -> Self {
        Self::FreshFactor(proof)
    }
}

impl From<Reauthenticated> for EnrollmentProof {
    fn from(proof: Reauthenticated) -> Self {
        Self::Reauthenticated(proof)
    }
}
