//! Binding an authenticator: begin, confirm with a first code, import from another system.

use super::step_up::is_fresh;
use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::{EnrollmentError, ImportedSecret, KeyUri, RecoveryCodes};
use crate::otp::{Algorithm, Code, Secret, Totp, TotpParams, Verdict};
use crate::session::record::{Authenticator, PendingEnrollment};
use crate::session::token::TokenParts;
use crate::session::{
    AccountId, AccountRecord, EndAllSessions, EndOtherSessions, EnrollmentToken, EventKind, Reauthenticated,
    Refusal, SessionError,
};
use crate::time::UnixTime;

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
#[non_exhaustive]
#[must_use = "show the recovery codes, they cannot be shown again; and end all sessions"]
pub struct EnrollmentConfirmed {
    /// To be shown once.
    pub recovery_codes: RecoveryCodes,
    /// The user logs in again, now with a code.
    pub end_sessions: EndAllSessions,
}

/// Begins an enrollment: makes a secret and stages it. An authenticator that is bound stays the live one
/// until the new one is confirmed.
///
/// `account_name` is what the app shows beside the issuer: the user name or e-mail address. A second call
/// replaces the first enrollment. Refused with [`Refusal::StepUpRequired`] where an authenticator is bound
/// and the proof is no fresh factor.
pub(crate) fn begin_enrollment(
    record: &AccountRecord,
    proof: &Reauthenticated,
    account_name: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EnrollmentBegun, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, proof.account(), context, entropy)?;
    let is_proved = match proof {
        Reauthenticated::Password(_) => draft.record.authenticator.is_none(),
        Reauthenticated::FreshFactor(fresh) => is_fresh(&draft, fresh),
    };
    if !is_proved {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    let secret = draw_secret(&mut draft.entropy, context.policy.totp().algorithm())?;
    // Before anything is stored: this refuses an account name that cannot be enrolled.
    let uri = key_uri(&secret, context.policy.totp(), account_name, context)?;
    let parts = TokenParts::draw(&mut draft.entropy)?;
    let sealed = draft.seal(parts.id, &secret)?;
    let token = EnrollmentToken::new(draft.record.account.clone(), parts);
    let pending = PendingEnrollment {
        secret: sealed,
        digest: token.digest(),
        account_name: account_name.into(),
        begun_at: context.now,
        failures: 0,
    };
    draft.change().pending = Some(pending);
    draft.event(EventKind::EnrollmentBegun);
    let expires_at = context.now.saturating_add(context.policy.enrollment_lifetime());
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
    let Some(pending) = pending_of(&draft, token) else {
        return draft.decide(Err(Refusal::EnrollmentOver));
    };
    let secret = pending.secret.open(&draft.record.account, context.seal)?;
    let uri = key_uri(&secret, pending.secret.params, &pending.account_name, context)?;
    draft.decide(Ok(uri))
}

/// Confirms an enrollment with a code from the new secret: binds it, burns the code's step, makes recovery
/// codes, ends remembered devices, challenges and, by the epoch, sessions.
pub(crate) fn confirm_enrollment(
    record: &AccountRecord,
    token: &EnrollmentToken,
    code: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EnrollmentConfirmed, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, token.account(), context, entropy)?;
    let Some(pending) = pending_of(&draft, token) else {
        return draft.decide(Err(Refusal::EnrollmentOver));
    };
    let params = pending.secret.params;
    let Ok(code) = Code::parse(code, params.digits()) else {
        return draft.decide(Err(Refusal::Malformed));
    };
    let totp = Totp::new(&pending.secret.open(&draft.record.account, context.seal)?, params);
    let Verdict::Accepted(step) = totp.verify(&code, context.now, context.policy.window(), None) else {
        let refusal = charge(&mut draft);
        return draft.decide(Err(refusal));
    };
    let secret = pending.secret.clone();
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
    if draft.record.authenticator.is_some() {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    let id = draft.entropy.take()?;
    let mut secret = draft.seal(id, import.secret.secret())?;
    secret.params = import.params;
    bind(&mut draft, Authenticator { secret, last_accepted: None, bound_at: context.now }, true)?;
    let end_sessions = EndOtherSessions { account: draft.record.account.clone(), epoch: draft.record.epoch };
    draft.decide(Ok(end_sessions))
}

/// Makes new recovery codes in place of the old ones.
pub(super) fn draw_recovery_codes(draft: &mut Draft<'_>) -> Result<RecoveryCodes, SessionError> {
    let codes = RecoveryCodes::from_entropy(&draft.entropy.take()?);
    let account = draft.record.account.clone();
    draft.change().recovery_codes = codes.iter().map(|code| code.digest(account.as_str())).collect();
    Ok(codes)
}

/// The pending enrollment of this token, if it is alive.
fn pending_of<'d>(draft: &'d Draft<'_>, token: &EnrollmentToken) -> Option<&'d PendingEnrollment> {
    let pending = draft.record.pending.as_ref()?;
    (pending.digest.matches(&token.digest()) && pending.is_alive(draft.context.now, draft.context.policy))
        .then_some(pending)
}

fn charge(draft: &mut Draft<'_>) -> Refusal {
    draft.event(EventKind::EnrollmentRefused);
    let Context { now, policy, .. } = *draft.context;
    let is_over = draft.change().pending.as_mut().is_none_or(|pending| {
        pending.failures = pending.failures.saturating_add(1);
        !pending.is_alive(now, policy)
    });
    if is_over { Refusal::EnrollmentOver } else { Refusal::NotAccepted }
}

fn bind(draft: &mut Draft<'_>, authenticator: Authenticator, imported: bool) -> Result<(), SessionError> {
    draft.end_challenges_and_devices();
    draft.next_epoch()?;
    let record = draft.change();
    record.pending = None;
    record.recovery_codes.clear();
    record.budget.end_suspension();
    let replaced = record.authenticator.replace(authenticator).is_some();
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
    context: &Context<'_>,
) -> Result<KeyUri, EnrollmentError> {
    let (algorithm, digits, period) = (params.algorithm(), params.digits(), params.period());
    let issuer = context.policy.issuer();
    Ok(KeyUri::totp(issuer, account_name, secret.clone(), algorithm, digits, period)?)
}
