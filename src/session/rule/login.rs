//! The password step and what follows it.

use super::second_step::second_step;
use super::{Context, Decision, Draft, Entropy};
use crate::otp::constant_time;
use crate::session::proof::SessionId;
use crate::session::record::{Challenge, Device, Purpose, TokenIs};
use crate::session::token::TokenParts;
use crate::session::{
    AccountRecord, AuthMethod, Authenticated, ChallengeToken, DeviceToken, EventKind, ForgottenBecause,
    PasswordVerified, Refusal, SessionError,
};

/// What comes after the password.
#[derive(Debug)]
#[must_use = "the claimant waits for the next step"]
pub enum Login {
    /// The claimant is logged in: there is no second factor, or this device is remembered.
    Complete(Accepted),
    /// A code is needed. Nothing that authenticates has been issued; end whatever older session this browser
    /// may have, keep the token in a pre-login cookie and ask for the code.
    CodeRequired(ChallengeToken),
    /// The policy demands a second factor and the account has none: begin an enrollment, with the password
    /// that was just verified. The claimant is not logged in.
    EnrollmentRequired,
}

/// A completed login.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "start a session, and set the device cookie if there is one"]
pub struct Accepted {
    /// The proof to start a session from.
    pub authenticated: Authenticated,
    /// The device cookie to set, where there is one: the box was ticked, or the device's token was rotated.
    /// `None` leaves the browser's cookie as it is.
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

/// The password step: what does this account ask for on this device?
pub(crate) fn password_verified(
    record: &AccountRecord,
    proof: &PasswordVerified,
    device: Option<&DeviceToken>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Login>, SessionError> {
    let mut draft = Draft::of(record, proof.account(), context, entropy)?;
    if draft.record.authenticator.is_none() {
        if context.policy.requires_second_factor() {
            return draft.decide(Login::EnrollmentRequired);
        }
        let accepted = log_in(&mut draft, AuthMethod::SingleFactor, None)?;
        return draft.decide(Login::Complete(accepted));
    }
    if let Some(token) = device
        && let Some(accepted) = recognize(&mut draft, token)?
    {
        return draft.decide(Login::Complete(accepted));
    }
    let challenge = open_challenge(&mut draft)?;
    draft.decide(Login::CodeRequired(challenge))
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
    let mut draft = Draft::of(record, challenge.account(), context, entropy)?;
    match second_step(&mut draft, Purpose::Login, &challenge.digest(), typed)? {
        Ok(method) => {
            let device = match (method, remember) {
                // Whoever lost the authenticator should not stay logged in without it.
                (AuthMethod::RecoveryCode, _) | (_, Remember::No) => None,
                (_, Remember::ThisDevice { label }) => remember_device(&mut draft, label)?,
            };
            let accepted = log_in(&mut draft, method, device)?;
            draft.decide(Ok(accepted))
        }
        Err(refusal) => draft.decide(Err(refusal)),
    }
}

fn open_challenge(draft: &mut Draft<'_>) -> Result<ChallengeToken, SessionError> {
    let Context { now, policy, .. } = *draft.context;
    let parts = TokenParts::draw(&mut draft.entropy)?;
    let token = ChallengeToken::new(draft.record.account.clone(), parts);
    Challenge::open(&mut draft.change().challenges, Purpose::Login, token.digest(), now, policy);
    draft.event(EventKind::ChallengeOpened);
    Ok(token)
}

fn log_in(
    draft: &mut Draft<'_>,
    method: AuthMethod,
    device: Option<DeviceToken>,
) -> Result<Accepted, SessionError> {
    let id = SessionId(draft.entropy.take()?);
    draft.event(EventKind::LoggedIn { method });
    let AccountRecord { account, epoch, .. } = &draft.record;
    let authenticated = Authenticated::new(account.clone(), *epoch, draft.context.now, method, id);
    Ok(Accepted { authenticated, device })
}

/// Lets a remembered device in, or takes its token for what it is.
fn recognize(draft: &mut Draft<'_>, token: &DeviceToken) -> Result<Option<Accepted>, SessionError> {
    let Context { now, policy, .. } = *draft.context;
    // The digest is of the account that the token names, so a token of another one would match in a copied row.
    let is_own = *token.account() == draft.record.account;
    let Some((index, device)) = constant_time::find(&draft.record.devices, |device| {
        device.is_series_of(token) & constant_time::only_if(is_own && device.is_alive(now, policy))
    }) else {
        draft.event(EventKind::DeviceUnknown);
        return Ok(None);
    };
    let (id, since) = (device.id(), device.since);
    match device.knows(token, now, policy) {
        TokenIs::Current => {
            let account = draft.record.account.clone();
            let mut rotated = device.clone();
            let token = rotated.rotate(&account, now, &mut draft.entropy)?;
            if let Some(kept) = draft.change().devices.get_mut(index) {
                *kept = rotated;
            }
            log_in(draft, AuthMethod::RememberedDevice { since }, Some(token)).map(Some)
        }
        TokenIs::InGrace => log_in(draft, AuthMethod::RememberedDevice { since }, None).map(Some),
        TokenIs::Stale => {
            draft.change().devices.remove(index);
            draft.event(EventKind::DeviceTokenStolen { device: id });
            Ok(None)
        }
    }
}

/// Remembers the device that a code was just presented on, unless the policy remembers none.
fn remember_device(draft: &mut Draft<'_>, label: &str) -> Result<Option<DeviceToken>, SessionError> {
    let Context { now, policy, .. } = *draft.context;
    if policy.remember_for().is_zero() || policy.devices() == 0 {
        return Ok(None);
    }
    let account = draft.record.account.clone();
    let (device, token) = Device::remember(&account, label, now, &mut draft.entropy)?;
    draft.change().devices.retain(|device| device.is_alive(now, policy));
    while draft.record.devices.len() >= policy.devices() {
        let idle = draft
            .record
            .devices
            .iter()
            .enumerate()
            .min_by_key(|(_, device)| device.last_used)
            .map_or(0, |(index, _)| index);
        let forgotten = draft.change().devices.remove(idle).id();
        draft.event(EventKind::DeviceForgotten { device: forgotten, reason: ForgottenBecause::TooMany });
    }
    draft.event(EventKind::DeviceRemembered { device: device.id(), label: device.label.clone() });
    draft.change().devices.push(device);
    Ok(Some(token))
}
