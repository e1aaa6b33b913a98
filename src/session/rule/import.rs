//! The import of what was set up in another system.

use alloc::string::String;
use alloc::vec::Vec;

use super::new_authenticator::label_or;
use super::{Draft, Stop, require};
use crate::enrollment::{ImportedSecret, RecoveryCodeDigest};
use crate::otp::{TimeStep, TotpParams};
use crate::session::proof::old_recovery_code;
use crate::session::record::{App, Authenticator, GuessBudget, Prover};
use crate::session::{
    AccountId, AccountRecord, AuthenticatorId, Binding, EndAllSessions, EventKind, ForgottenBecause, Refusal,
};

/// An authenticator app that was bound and confirmed in another system. The host vouches for that, and
/// imports it with [`Verifier::import`](crate::Verifier::import).
///
/// Accounts can be moved one after the other while the service runs. The app goes on working, and so do the
/// old recovery codes, whose hashes the host keeps:
/// [`try_old_recovery_code`](crate::Verifier::try_old_recovery_code) shows a login with one.
///
/// ```
/// use second_factor::enrollment::ImportedSecret;
/// use second_factor::otp::TimeStep;
/// use second_factor::session::Import;
/// use second_factor::{AccountId, Secret, TotpParams};
///
/// /// A row of the old system.
/// struct Old {
///     user: &'static str,
///     secret: &'static str,
///     last_step: Option<u64>,
///     /// The ids of the rows with the hashes of the unused recovery codes.
///     recovery_codes: Vec<u32>,
/// }
///
/// fn import(old: &Old) -> Result<Import, Box<dyn std::error::Error>> {
///     // `legacy` instead of `new` for secrets of 80 to 127 bits.
///     let secret = ImportedSecret::new(Secret::from_base32(old.secret)?)?;
///     let import = Import::by_host(AccountId::new(old.user)?, secret, TotpParams::default())
///         .recovery_codes(old.recovery_codes.iter().map(u32::to_string))?
///         .quietly();
///     Ok(match old.last_step {
///         Some(step) => import.last_accepted(TimeStep::new(step)),
///         None => import,
///     })
/// }
///
/// let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// let old = Old { user: "user-7", secret, last_step: Some(56_666_666), recovery_codes: vec![31, 32] };
/// assert_eq!(import(&old)?.account().as_str(), "user-7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is imported before this goes to the verifier"]
pub struct Import {
    account: AccountId,
    secret: ImportedSecret,
    params: TotpParams,
    label: String,
    last_accepted: Option<TimeStep>,
    recovery_codes: Vec<RecoveryCodeDigest>,
    quietly: bool,
}

impl Import {
    /// The host imports this authenticator. The strength of the secret was checked when the
    /// [`ImportedSecret`] was made.
    pub fn by_host(account: AccountId, secret: ImportedSecret, params: TotpParams) -> Self {
        let (label, recovery_codes) = (label_or("", "Authenticator app"), Vec::new());
        Self { account, secret, params, label, last_accepted: None, recovery_codes, quietly: false }
    }

    /// What its owner calls it, for lists; the first 64 characters are kept.
    pub fn label(mut self, label: &str) -> Self {
        self.label = label_or(label, "Authenticator app");
        self
    }

    /// The time step of the last code that the other system accepted, so that neither this code nor an
    /// earlier one is accepted again (RFC 6238 §5.2).
    pub fn last_accepted(mut self, step: TimeStep) -> Self {
        self.last_accepted = Some(step);
        self
    }

    /// The unused recovery codes of the other system. The host gives each a name, for example the id of the
    /// row that holds its hash. A claimant uses one through
    /// [`try_old_recovery_code`](crate::Verifier::try_old_recovery_code); each works once.
    ///
    /// Leave out codes with fewer than eight digits, and others that are as weak: they are guessed more
    /// easily than a code of an app.
    ///
    /// # Errors
    ///
    /// [`TooManyRecoveryCodes`] for more than [`MAX_RECOVERY_CODES`](Self::MAX_RECOVERY_CODES).
    pub fn recovery_codes<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, TooManyRecoveryCodes> {
        self.recovery_codes.clear();
        for name in names {
            let code = old_recovery_code(&self.account, name.as_ref());
            if self.recovery_codes.contains(&code) {
                continue;
            }
            if self.recovery_codes.len() >= Self::MAX_RECOVERY_CODES {
                return Err(TooManyRecoveryCodes);
            }
            self.recovery_codes.push(code);
        }
        Ok(self)
    }

    /// The most recovery codes of another system.
    pub const MAX_RECOVERY_CODES: usize = AccountRecord::MAX_RECOVERY_CODES;

    /// Use this if nothing is switched on: the account had this second factor all along. Its sessions go on,
    /// and its owner is not told.
    ///
    /// A login whose password was typed before the import may still complete without a code. Its session is
    /// like those that go on, and cannot change the second factor.
    pub fn quietly(mut self) -> Self {
        self.quietly = true;
        self
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// The host wants to import more recovery codes than an account can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at most {max} recovery codes can be imported for an account", max = Import::MAX_RECOVERY_CODES)]
pub struct TooManyRecoveryCodes;

/// Binds an authenticator from another system. Refused with [`Refusal::AlreadyBound`] if one is bound: an
/// import neither replaces an authenticator nor adds one beside others.
///
/// The account has only the old recovery codes until the owner makes new ones.
pub(crate) fn import(draft: &mut Draft<'_>, import: &Import) -> Result<Option<EndAllSessions>, Stop> {
    draft.end_interrupted_password_change()?;
    require(draft.record.authenticators.is_empty(), Refusal::AlreadyBound)?;
    let id = AuthenticatorId(draft.entropy.take()?);
    let secret = draft.seal(&id, import.secret.secret(), import.params)?;
    if !import.quietly {
        draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    }
    let (label, now) = (import.label.clone(), draft.context.now);
    let record = draft.change();
    record.budget = GuessBudget::of_first_binding(now);
    record.recovery_codes.clone_from(&import.recovery_codes);
    record.authenticators.push(Authenticator {
        id,
        label: label.clone(),
        bound_at: now,
        last_used: None,
        prover: Prover::App(App { secret, last_accepted: import.last_accepted }),
    });
    let binding = if import.quietly { Binding::ImportedQuietly } else { Binding::Imported };
    draft.event(EventKind::AuthenticatorBound { authenticator: id, label, binding });
    Ok((!import.quietly).then(|| EndAllSessions { account: draft.record.account.clone() }))
}
