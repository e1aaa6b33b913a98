//! The password step and what follows it.

use super::second_step::{Charge, Presented, Verdict, evaluate, refuse};
use super::{Context, Decision, Draft, Entropy};
use crate::session::proof::SessionId;
use crate::session::record::{Device, TouchedChallenge};
use crate::session::token::{ChallengeClaims, DeviceClaims};
use crate::session::{
    AccountRecord, AuthMethod, Authenticated, ChallengeToken, DeviceId, DeviceToken, EventKind,
    ForgottenBecause, PasswordVerified, Refusal, RefusedBecause, Session, SessionError,
};
use crate::time::is_alive;

/// What comes after the password.
#[derive(Debug)]
#[must_use = "the claimant waits for the next step"]
pub enum Login {
    /// The claimant is logged in: there is no second factor, or this device is remembered.
    Complete(Accepted),
    /// A code is needed. Nothing that authenticates has been issued; end whatever older session this browser
    /// may have, keep the token in the pre-login session or a `__Host-` cookie and ask for the code.
    CodeRequired(ChallengeToken),
    /// The policy demands a second factor and the account has none: begin an enrollment with this proof, in the same
    /// request. The claimant is not logged in.
    EnrollmentRequired(PasswordVerified),
}

/// A completed login.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "start a session, and set the device cookie if there is one"]
pub struct Accepted {
    /// The proof to start a session from.
    pub authenticated: Authenticated,
    /// The device cookie to set, where there is one: the box was ticked, or a remembered device answered. `None`
    /// leaves the browser's cookie as it is.
    pub device: Option<DeviceToken>,
}

/// Whether to ask for a code on this device again before 30 days are over. A login by recovery code is never
/// remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Remember<'a> {
    /// Ask each time.
    #[default]
    No,
    /// The box was ticked. The label is for the owner's list of devices ("Firefox on Linux"); its first 64
    /// characters are kept.
    ThisDevice {
        /// What to call it.
        label: &'a str,
    },
}

/// What the password step decides.
pub(crate) enum AfterPassword {
    Complete(Accepted),
    CodeRequired(ChallengeToken),
    EnrollmentRequired,
}

/// The password step: what does this account ask for on this device?
pub(crate) fn password_verified(
    record: &AccountRecord,
    proof: &PasswordVerified,
    device: Option<&DeviceToken>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<AfterPassword, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, proof.account(), context, entropy)?;
    if !proof.is_current(record, context.now) {
        return draft.decide(Err(Refusal::ChallengeOver));
    }
    if let Err(refusal) = draft.end_interrupted_password_change()? {
        return draft.decide(Err(refusal));
    }
    if proof.began_during_change() {
        return draft.decide(Err(Refusal::Retry));
    }
    if draft.record.authenticators.is_empty() {
        if context.policy.requires_second_factor() {
            return draft.decide(Ok(AfterPassword::EnrollmentRequired));
        }
        let accepted = log_in(&mut draft, AuthMethod::SingleFactor, None)?;
        return draft.decide(Ok(AfterPassword::Complete(accepted)));
    }
    if let Some(token) = device
        && let Some(accepted) = super::device::recognize(&mut draft, token)?
    {
        return draft.decide(Ok(AfterPassword::Complete(accepted)));
    }
    // After a theft was found, the challenge bears the new epoch.
    let epoch = draft.record.epoch;
    let claims = ChallengeClaims { epoch, opened_at: proof.at(), id: draft.entropy.take()? };
    let account = draft.record.account.clone();
    let challenge = ChallengeToken::sign(account, claims, context.keys.tokens(), context.policy.namespace());
    draft.event(EventKind::ChallengeOpened);
    draft.decide(Ok(AfterPassword::CodeRequired(challenge)))
}

/// The second step: what was typed, for the challenge.
pub(crate) fn present(
    record: &AccountRecord,
    challenge: &ChallengeToken,
    typed: &str,
    remember: Remember<'_>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<Accepted, Refusal>>, SessionError> {
    let Context { now, policy, keys, .. } = *context;
    let mut draft = Draft::of(record, challenge.account(), context, entropy)?;
    let (token, presented) = (&challenge.0, Presented::of(typed, record));
    let claims = token.claims();
    let touched = record.touched.iter().find(|touched| touched.id == claims.id);
    let is_genuine = token.is_genuine(keys.tokens(), policy.namespace());
    if is_genuine && touched.is_some_and(|touched| touched.done) {
        return draft.decide(Err(Refusal::AlreadyDone));
    }
    let is_live = is_genuine
        && claims.epoch == record.epoch
        && is_alive(claims.opened_at, policy.challenge_lifetime(), now)
        && touched.is_none_or(|touched| !touched.is_exhausted(policy))
        && !record.authenticators.is_empty();
    if !is_live {
        draft.event(presented.refused(RefusedBecause::NoChallenge));
        return draft.decide(Err(Refusal::ChallengeOver));
    }
    if let Err(refusal) = draft.wait_for_password_change() {
        return draft.decide(Err(refusal));
    }
    match evaluate(&mut draft, presented, |_| false)? {
        Verdict::Accepted(accepted) => {
            let method = accepted.method();
            if let Some(touched) = TouchedChallenge::of(&mut draft.change().touched, claims, now, policy) {
                touched.done = true;
                let (charged, typed) = (touched.charged, touched.failures);
                draft.change().budget.refund(charged, typed);
            }
            accepted.trust_the_clock(&mut draft);
            let device = match (method, remember) {
                // Whoever lost the authenticator should not stay logged in without it.
                (AuthMethod::RecoveryCode, _) | (_, Remember::No) => None,
                (_, Remember::ThisDevice { label }) => remember_device(&mut draft, label)?,
            };
            let accepted = log_in(&mut draft, method, None)?;
            draft.decide(Ok(Accepted { device, ..accepted }))
        }
        Verdict::Free(refusal, reason) => {
            if let Some(reason) = reason {
                draft.event(presented.refused(reason));
            }
            draft.decide(Err(refusal))
        }
        Verdict::Charged(reason) => {
            let refusal = refuse(&mut draft, presented, reason, Charge::Challenge(claims));
            draft.decide(Err(refusal))
        }
    }
}

/// A new session. `device` is the remembered device that stands in for a code.
pub(super) fn log_in(
    draft: &mut Draft<'_>,
    method: AuthMethod,
    device: Option<DeviceId>,
) -> Result<Accepted, SessionError> {
    let id = SessionId(draft.entropy.take()?);
    draft.event(EventKind::LoggedIn { method });
    let AccountRecord { account, epoch, .. } = &draft.record;
    let session = Session::new(account.clone(), *epoch, draft.context.now, method, device, id);
    Ok(Accepted { authenticated: Authenticated::new(session), device: None })
}

/// Remembers the device that a code was just presented on, unless the policy remembers none.
fn remember_device(draft: &mut Draft<'_>, label: &str) -> Result<Option<DeviceToken>, SessionError> {
    let Context { now, policy, keys, .. } = *draft.context;
    if policy.remember_for().is_zero() || policy.devices() == 0 {
        return Ok(None);
    }
    let (account, series) = (draft.record.account.clone(), draft.entropy.take()?);
    let device = Device::new(DeviceId::of(&account, &series), label, now);
    while draft.record.devices.len() >= policy.devices() {
        let idle = draft.record.devices.iter().enumerate().min_by_key(|(_, device)| device.rotated_at);
        let idle = idle.map_or(0, |(index, _)| index);
        let forgotten = draft.change().devices.remove(idle).id;
        draft.event(EventKind::DeviceForgotten { device: forgotten, reason: ForgottenBecause::TooMany });
    }
    let claims = DeviceClaims { series, generation: device.generation };
    draft.event(EventKind::DeviceRemembered { device: device.id, label: device.label.clone() });
    draft.change().devices.push(device);
    Ok(Some(DeviceToken::sign(account, claims, keys.tokens(), policy.namespace())))
}
