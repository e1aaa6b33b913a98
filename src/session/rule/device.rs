//! A remembered device in place of a code.

use super::login::log_in;
use super::{Accepted, Context, Draft};
use crate::session::token::DeviceClaims;
use crate::session::{
    AuthMethod, DeviceId, DeviceToken, EventKind, FirstFactor, ForgottenBecause, SessionError,
};
use crate::time::is_near;

/// Logs in on a remembered device, or reacts to a token that is outdated, stolen or unknown.
///
/// | token of a series that is remembered | answer | writes |
/// |---|---|---|
/// | current generation, younger than the grace | logged in, with the same token | 0 |
/// | current generation | logged in, with the next generation | 1 |
/// | previous generation, within the grace | logged in, with the current token again | 0 |
/// | previous generation, later | a code is asked for; the device is forgotten, which ends its sessions; the owner is told | 1 |
/// | any older generation | a code is asked for; all devices are forgotten, all sessions end; the owner is told | 1 |
/// | anything else | a code is asked for | 0 |
pub(super) fn recognize(
    draft: &mut Draft<'_>,
    token: &DeviceToken,
    first_factor: FirstFactor,
) -> Result<Option<Accepted>, SessionError> {
    let Context { now, policy, .. } = *draft.context;
    let is_genuine = *token.account() == draft.record.account && draft.is_genuine(&token.0);
    let DeviceClaims { series, generation } = token.0.claims;
    let id = DeviceId::of(&draft.record.account, &series);
    let Some((index, device)) = draft.record.remembered_device(id, now, policy).filter(|_| is_genuine) else {
        draft.event(EventKind::DeviceUnknown);
        return Ok(None);
    };
    let (since, mut device) = (device.since, device.clone());
    let in_grace = is_near(device.rotated_at, policy.rotation_grace(), now);
    match device.generation.checked_sub(generation) {
        Some(0 | 1) if in_grace => {}
        Some(0) => {
            device.rotate(now);
            if let Some(kept) = draft.change().devices.get_mut(index) {
                *kept = device.clone();
            }
        }
        Some(1) => {
            draft.forget_devices(ForgottenBecause::Outdated, |kept| kept.id != id);
            return Ok(None);
        }
        Some(_) => {
            draft.event(EventKind::DeviceTokenStolen { device: id });
            draft.next_epoch(ForgottenBecause::Stolen)?;
            return Ok(None);
        }
        // Newer than the current one, as after a backup was restored.
        None => {
            draft.event(EventKind::DeviceUnknown);
            return Ok(None);
        }
    }
    let accepted = log_in(draft, first_factor, AuthMethod::RememberedDevice { since }, Some(id))?;
    let token = DeviceToken(draft.sign(DeviceClaims { series, generation: device.generation }));
    Ok(Some(Accepted { device: Some(token), ..accepted }))
}
