//! Binding an authenticator: begin, confirm with a first code, import from another system.

use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::{EnrollmentError, ImportedSecret, KeyUri, RecoveryCodes};
use crate::otp::{Algorithm, Code, Secret, Totp, TotpParams, Verdict};
use crate::session::record::{Authenticator, GuessBudget, SealedSecret};
use crate::session::token::EnrollmentClaims;
use crate::session::{
    AccountId, AccountRecord, EndAllSessions, EndOtherSessions, EnrollmentProof, EnrollmentToken, EventKind,
    ForgottenBecause, Policy, Refusal, SessionError,
};
use crate::time::{UnixTime, is_alive};

/// An enrollment that was begun: show the QR code, ask for a code.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "show the secret, or nobody can confirm"]
pub struct EnrollmentBegun {
    /// Confirms it. Keep it in the session that began it.
    pub token: EnrollmentToken,
    /// The key URI to show as a QR code and as a setup key.
    pub uri: KeyUri,
    /// When it is over unless confirmed.
    pub expires_at: UnixTime,
}

/// An authenticator is bound.
#[derive(Debug)]
#[must_use = "show the recovery codes, they cannot be shown again; and end all sessions"]
pub struct EnrollmentConfirmed {
    recovery_codes: RecoveryCodes,
    end_sessions: EndAllSessions,
}

impl EnrollmentConfirmed {
    /// The recovery codes, to be shown once, and the obligation to end all sessions: the user logs in again, now with
    /// a code. In one pair, so that neither is dropped unseen.
    pub fn into_parts(self) -> (RecoveryCodes, EndAllSessions) {
        (self.recovery_codes, self.end_sessions)
    }
}

/// Begins an enrollment: makes a secret and hands it out sealed in a token. Nothing is stored before it is confirmed,
/// and an authenticator that is bound stays the live one until then.
pub(crate) fn begin_enrollment(
    record: &AccountRecord,
    proof: &EnrollmentProof,
    account_name: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EnrollmentBegun, Refusal>>, SessionError> {
    let Context { now, policy, keys, .. } = *context;
    let mut draft = Draft::of(record, proof.account(), context, entropy)?;
    if !proof.is_current(record, now, policy) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    if let Err(refusal) = draft.wait_for_password_change() {
        return draft.decide(Err(refusal));
    }
    if proof.began_during_change() {
        return draft.decide(Err(Refusal::Retry));
    }
    let secret = draw_secret(&mut draft.entropy, policy.totp().algorithm())?;
    // This refuses an account name that cannot be enrolled.
    let uri = key_uri(&secret, policy.totp(), account_name, policy)?;
    let id = draft.entropy.take()?;
    let claims = EnrollmentClaims {
        epoch: record.epoch,
        begun_at: now,
        secret: draft.seal(id, &secret)?,
        account_name: account_name.into(),
    };
    let account = draft.record.account.clone();
    let token = EnrollmentToken::sign(account, claims, keys.tokens(), policy.namespace());
    let expires_at = now.saturating_add(policy.enrollment_lifetime());
    draft.event(EventKind::EnrollmentBegun);
    draft.decide(Ok(EnrollmentBegun { token, uri, expires_at }))
}

/// The key URI of an unconfirmed enrollment again, for a page that is loaded anew. Once it is confirmed, no
/// call returns the secret.
pub(crate) fn pending_enrollment(
    record: &AccountRecord,
    token: &EnrollmentToken,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<KeyUri, Refusal>>, SessionError> {
    let draft = Draft::of(record, token.account(), context, entropy)?;
    let claims = match living(&draft, token) {
        Ok(claims) => claims,
        Err(refusal) => return draft.decide(Err(refusal)),
    };
    let secret = claims.secret.open(&draft.record.account, context.keys.seal())?;
    let uri = key_uri(&secret, claims.secret.params, &claims.account_name, context.policy)?;
    draft.decide(Ok(uri))
}

/// Confirms an enrollment with a code from the new secret: binds it, burns the code's step, makes recovery
/// codes, and ends everything from before by a new epoch.
pub(crate) fn confirm_enrollment(
    record: &AccountRecord,
    token: &EnrollmentToken,
    code: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EnrollmentConfirmed, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, token.account(), context, entropy)?;
    let claims = match living(&draft, token) {
        Ok(claims) => claims,
        Err(refusal) => return draft.decide(Err(refusal)),
    };
    let params = claims.secret.params;
    let Ok(code) = Code::parse(code, params.digits()) else {
        return draft.decide(Err(Refusal::Malformed));
    };
    let totp = Totp::new(&claims.secret.open(&draft.record.account, context.keys.seal())?, params);
    let Verdict::Accepted(step) = totp.verify(&code, context.now, context.policy.window(), None) else {
        draft.event(EventKind::EnrollmentRefused);
        return draft.decide(Err(Refusal::NotAccepted));
    };
    let secret = claims.secret.clone();
    bind(&mut draft, Authenticator { secret, last_accepted: Some(step), bound_at: context.now }, false)?;
    let recovery_codes = draw_recovery_codes(&mut draft)?;
    let end_sessions = EndAllSessions { account: draft.record.account.clone() };
    draft.decide(Ok(EnrollmentConfirmed { recovery_codes, end_sessions }))
}

/// An authenticator that was bound and confirmed in another system, on the word of the host that brings it
/// along.
#[derive(Debug)]
#[must_use = "nothing is imported before this goes to the verifier"]
pub struct Import {
    account: AccountId,
    secret: ImportedSecret,
    params: TotpParams,
}

impl Import {
    /// The host brings this authenticator along. The secret's strength was looked at when the
    /// [`ImportedSecret`] was made.
    pub fn by_host(account: AccountId, secret: ImportedSecret, params: TotpParams) -> Self {
        Self { account, secret, params }
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// Binds an authenticator from another system. Refused with [`Refusal::StepUpRequired`] where one is bound:
/// an import never replaces.
///
/// There are no recovery codes until the owner makes some.
pub(crate) fn import(
    record: &AccountRecord,
    import: &Import,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndOtherSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, &import.account, context, entropy)?;
    if let Err(refusal) = draft.end_interrupted_password_change()? {
        return draft.decide(Err(refusal));
    }
    if !draft.record.authenticators.is_empty() {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    let id = draft.entropy.take()?;
    let secret = SealedSecret { params: import.params, ..draft.seal(id, import.secret.secret())? };
    let before = draft.record.epoch;
    bind(&mut draft, Authenticator { secret, last_accepted: None, bound_at: context.now }, true)?;
    let (account, after) = (draft.record.account.clone(), draft.record.epoch);
    draft.decide(Ok(EndOtherSessions { account, session: None, before, after }))
}

/// Makes new recovery codes in place of the old ones.
pub(super) fn draw_recovery_codes(draft: &mut Draft<'_>) -> Result<RecoveryCodes, SessionError> {
    let codes = RecoveryCodes::from_entropy(&draft.entropy.take()?);
    let account = draft.record.account.clone();
    draft.change().recovery_codes = codes.iter().map(|code| code.digest(account.as_str())).collect();
    Ok(codes)
}

/// What a token says, if it is genuine, young enough, and of the account's present epoch.
fn living<'t>(draft: &Draft<'_>, token: &'t EnrollmentToken) -> Result<&'t EnrollmentClaims, Refusal> {
    let Context { now, policy, keys, .. } = *draft.context;
    let claims = token.0.claims();
    let is_living = token.0.is_genuine(keys.tokens(), policy.namespace())
        && claims.epoch == draft.record.epoch
        && is_alive(claims.begun_at, policy.enrollment_lifetime(), now);
    if !is_living {
        return Err(Refusal::EnrollmentOver);
    }
    draft.wait_for_password_change().map(|()| claims)
}

fn bind(draft: &mut Draft<'_>, authenticator: Authenticator, imported: bool) -> Result<(), SessionError> {
    let now = draft.context.now;
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    let record = draft.change();
    record.recovery_codes.clear();
    let replaced = !record.authenticators.is_empty();
    if replaced {
        record.budget.rebind();
    } else {
        record.budget = GuessBudget::of_first_binding(now);
    }
    record.authenticators = [authenticator].into();
    draft.event(EventKind::AuthenticatorBound { replaced, imported });
    Ok(())
}

/// A secret as long as the algorithm's output.
fn draw_secret(entropy: &mut Entropy, algorithm: Algorithm) -> Result<Secret, SessionError> {
    Secret::filled_by(algorithm, |bytes| {
        for byte in bytes {
            [*byte] = entropy.take()?;
        }
        Ok(())
    })
}

fn key_uri(
    secret: &Secret,
    params: TotpParams,
    account_name: &str,
    policy: &Policy,
) -> Result<KeyUri, EnrollmentError> {
    let (algorithm, digits, period) = (params.algorithm(), params.digits(), params.period());
    Ok(KeyUri::totp(policy.issuer(), account_name, secret.clone(), algorithm, digits, period)?)
}
