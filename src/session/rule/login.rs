//! The password step and what follows it.

use super::device::recognize;
use super::second_step::{Form, Step, evaluate, pay};
use super::{Context, Draft, Stop, require};
use crate::session::proof::SessionId;
use crate::session::record::Device;
use crate::session::token::{ChallengeClaims, DeviceClaims};
use crate::session::{
    AccountRecord, AuthMethod, Authenticated, ChallengeToken, DeviceId, DeviceToken, EventKind, FirstFactor,
    ForgottenBecause, OldRecoveryCodeTry, PasswordVerified, Presented, Refusal, RefusedBecause, Session,
    SessionError,
};
use crate::time::{UnixTime, is_alive};

/// What comes after the password.
#[derive(Debug)]
#[must_use = "the claimant waits for the next step"]
pub enum Login {
    /// The claimant is logged in: there is no second factor, or this device is remembered.
    Complete(Accepted),
    /// A code is needed. Nothing that authenticates has been issued; end whatever older session this browser
    /// may have, keep the token in the pre-login session or a `__Host-` cookie and ask for the code.
    CodeRequired(ChallengeToken),
    /// The policy or the host demands a second factor and the account has none: begin an enrollment with this
    /// proof, in the same request. The claimant is not logged in.
    EnrollmentRequired(PasswordVerified),
}

/// A completed login.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "start a session, and set the device cookie if there is one"]
pub struct Accepted {
    /// The proof to start a session from.
    pub authenticated: Authenticated,
    /// The device cookie to set: the claimant asked to be remembered, or logged in on a remembered device. If
    /// it is `None`, leave the browser's cookie as it is.
    pub device: Option<DeviceToken>,
    /// How many recovery codes are unused. SP 800-63B §4.2.1.1 requires a new code after each use: with a set
    /// of ten, offer new ones before all are used.
    pub recovery_codes_left: usize,
    /// The deadline for the account, which has no second factor, to enroll one; see
    /// [`Requirement::EnrolledBy`](crate::session::Requirement::EnrolledBy).
    pub enroll_by: Option<UnixTime>,
}

/// Whether to remember this device, so that no code is asked for on it for 30 days (or what the policy says).
/// A login with a recovery code is never remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Remember<'a> {
    /// Ask each time.
    #[default]
    No,
    /// The claimant ticked the box. The label is for the owner's list of devices ("Firefox on Linux"); its
    /// first 64 characters are kept.
    ThisDevice {
        /// What to call it.
        label: &'a str,
    },
}

/// The password step: what does this account ask for on this device? `None` means an enrollment, for which
/// the proof remains.
pub(crate) fn password_verified(
    draft: &mut Draft<'_>,
    proof: &PasswordVerified,
    device: Option<&DeviceToken>,
) -> Result<Option<Login>, Stop> {
    let Context { now, policy, .. } = *draft.context;
    require(proof.check.is_current(&draft.record, now), Refusal::ChallengeOver)?;
    draft.end_interrupted_password_change()?;
    require(!proof.check.during_change, Refusal::Retry)?;
    if draft.record.authenticators.is_empty() {
        let requirement = proof.requirement.under(policy);
        if requirement.is_due(now) {
            return Ok(None);
        }
        let accepted = log_in(draft, proof.first_factor, AuthMethod::SingleFactor, None)?;
        return Ok(Some(Login::Complete(Accepted { enroll_by: requirement.deadline(), ..accepted })));
    }
    if let Some(token) = device
        && let Some(accepted) = recognize(draft, token, proof.first_factor)?
    {
        return Ok(Some(Login::Complete(accepted)));
    }
    require(is_alive(proof.check.at, policy.challenge_lifetime(), now), Refusal::ChallengeOver)?;
    // If `recognize` found a theft just now, it began a new epoch, which the challenge must have.
    let epoch = draft.record.epoch;
    let (first_factor, opened_at) = (proof.first_factor, proof.check.at);
    let claims = ChallengeClaims { epoch, first_factor, opened_at, id: draft.entropy.take()? };
    draft.event(EventKind::ChallengeOpened);
    Ok(Some(Login::CodeRequired(ChallengeToken(draft.sign(claims)))))
}

/// The second step: what is presented for the challenge.
pub(crate) fn present(
    draft: &mut Draft<'_>,
    challenge: &ChallengeToken,
    presented: &Presented<'_>,
    remember: Remember<'_>,
) -> Result<Accepted, Stop> {
    let form = Form::of(presented, &draft.record)?;
    let claims = match living(draft, challenge) {
        // If the try of an old recovery code was the last guess, the host's answer to it may still come.
        Err(NotLiving::Exhausted) if matches!(form, Form::OldRecoveryCode(_)) => &challenge.0.claims,
        living => living.map_err(|why| why.refuse(draft, form.refused(RefusedBecause::NoChallenge)))?,
    };
    draft.wait_for_password_change()?;
    let method = evaluate(draft, &form, Step::Login(claims))?.method();
    let device = match (method, remember) {
        // Whoever has lost the authenticator should not be remembered without it.
        (AuthMethod::RecoveryCode, _) | (_, Remember::No) => None,
        (_, Remember::ThisDevice { label }) => remember_device(draft, label)?,
    };
    let accepted = log_in(draft, claims.first_factor, method, None)?;
    Ok(Accepted { device, ..accepted })
}

/// Begins a try of a recovery code of an old system. The host compares the code. The try is charged before it
/// is known whether the code is right, since the host's answer comes later or never.
pub(crate) fn try_old_recovery_code(
    draft: &mut Draft<'_>,
    challenge: &ChallengeToken,
) -> Result<OldRecoveryCodeTry, Stop> {
    let refused = |reason| EventKind::RecoveryCodeRefused { reason };
    let claims =
        living(draft, challenge).map_err(|why| why.refuse(draft, refused(RefusedBecause::NoChallenge)))?;
    draft.wait_for_password_change()?;
    if draft.record.recovery_codes.is_empty() {
        draft.event(refused(RefusedBecause::Wrong));
        return Err(Refusal::NotAccepted.into());
    }
    if let Some(lock) = draft.record.lock(draft.context) {
        draft.event(refused(RefusedBecause::Locked));
        return Err(Refusal::from(lock).into());
    }
    draft.event(EventKind::OldRecoveryCodeTried);
    let _ = pay(draft, Step::Login(claims));
    Ok(OldRecoveryCodeTry::new(draft.record.account.clone(), claims.id))
}

/// Why nothing can be presented for a challenge.
enum NotLiving {
    /// It was completed.
    Done,
    /// Its last guess has failed.
    Exhausted,
    /// It is expired, forged, or from before a change.
    Over,
}

impl NotLiving {
    /// Refuses what is presented for the challenge, and logs `refused`. If the challenge was completed,
    /// nothing is logged: usually the form was sent twice.
    fn refuse(self, draft: &mut Draft<'_>, refused: EventKind) -> Refusal {
        match self {
            Self::Done => Refusal::AlreadyDone,
            Self::Exhausted | Self::Over => {
                draft.event(refused);
                Refusal::ChallengeOver
            }
        }
    }
}

/// The claims of a challenge, if something can be presented for it.
fn living<'t>(draft: &Draft<'_>, challenge: &'t ChallengeToken) -> Result<&'t ChallengeClaims, NotLiving> {
    let Context { now, policy, .. } = *draft.context;
    let record = &draft.record;
    let claims = &challenge.0.claims;
    let touched = record.touched.iter().find(|touched| touched.id == claims.id);
    let is_genuine = draft.is_genuine(&challenge.0);
    if is_genuine && touched.is_some_and(|touched| touched.done) {
        return Err(NotLiving::Done);
    }
    let is_live = is_genuine
        && claims.epoch == record.epoch
        && is_alive(claims.opened_at, policy.challenge_lifetime(), now)
        && !record.authenticators.is_empty();
    match touched {
        _ if !is_live => Err(NotLiving::Over),
        Some(touched) if touched.is_exhausted(policy) => Err(NotLiving::Exhausted),
        _ => Ok(claims),
    }
}

/// A new session. `device` is the remembered device that takes the place of a code.
pub(super) fn log_in(
    draft: &mut Draft<'_>,
    first_factor: FirstFactor,
    method: AuthMethod,
    device: Option<DeviceId>,
) -> Result<Accepted, SessionError> {
    let id = SessionId(draft.entropy.take()?);
    draft.event(EventKind::LoggedIn { method });
    let AccountRecord { account, epoch, .. } = &*draft.record;
    let session = Session::new(account.clone(), *epoch, draft.context.now, first_factor, method, device, id);
    let recovery_codes_left = draft.record.recovery_codes.len();
    Ok(Accepted {
        authenticated: Authenticated::new(session),
        device: None,
        recovery_codes_left,
        enroll_by: None,
    })
}

/// Remembers the device that a code was just presented on, unless the policy remembers none.
fn remember_device(draft: &mut Draft<'_>, label: &str) -> Result<Option<DeviceToken>, SessionError> {
    let Context { now, policy, .. } = *draft.context;
    if policy.remember_for().is_zero() || policy.devices() == 0 {
        return Ok(None);
    }
    draft.forget_surplus_devices();
    let series = draft.entropy.take()?;
    let device = Device::new(DeviceId::of(&draft.record.account, &series), label, now);
    while draft.record.devices.len() >= policy.devices() {
        let devices = draft.record.devices.iter().enumerate();
        let idle = devices.min_by_key(|(_, device)| (device.is_alive(now, policy), device.rotated_at));
        let idle = idle.map_or(0, |(index, _)| index);
        let forgotten = draft.change().devices.remove(idle).id;
        draft.event(EventKind::DeviceForgotten { device: forgotten, reason: ForgottenBecause::TooMany });
    }
    let claims = DeviceClaims { series, generation: device.generation };
    draft.event(EventKind::DeviceRemembered { device: device.id, label: device.label.clone() });
    draft.change().devices.push(device);
    Ok(Some(DeviceToken(draft.sign(claims))))
}
