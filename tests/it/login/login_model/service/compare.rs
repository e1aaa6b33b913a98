//! What library and model must agree on after every command.

use second_factor::session::AuthenticatorKind;
use second_factor::verifier::Clock;
use second_factor::{AuthMethod, UnixTime};

use super::Service;
use crate::login::login_model::command::Who;
use crate::login::login_model::model::Which;

impl Service {
    pub(super) fn compare_status(&self, who: Who) -> Result<(), String> {
        let now = self.clock.now().as_secs();
        let holder = &self.holders[who as usize];
        let status = self.verifier.status(&holder.id).unwrap();
        let devices = status.devices.iter().map(|device| device.since.as_secs()).collect::<Vec<_>>();
        let found = (
            status.enabled_since.map(UnixTime::as_secs),
            status.recovery_codes_left,
            status.is_locked,
            status.retry_at.map(UnixTime::as_secs),
            devices,
        );
        let authenticators = status.authenticators.iter().map(|shown| {
            let (at, used) = (shown.bound_at.as_secs(), shown.last_used.map(UnixTime::as_secs));
            let which = holder.which(shown.id);
            let is_app = matches!(shown.kind, AuthenticatorKind::App(_));
            assert_eq!(is_app, matches!(which, Which::Phone(_)), "{which:?} is shown as {:?}", shown.kind);
            (which, shown.label.as_str(), at, used)
        });
        let authenticators: Vec<_> = authenticators.collect();
        let model = &holder.model;
        let lock = model.lock(now);
        let expected = (
            model.bound_at(),
            model.recovery.len(),
            lock.is_some(),
            lock.and_then(|lock| lock.retry_at),
            model.live_devices(now),
        );
        if authenticators != model.authenticators() {
            return Err(format!(
                "{who:?} has, in the model {:?}, in the library {authenticators:?}",
                model.authenticators()
            ));
        }
        if expected == found {
            Ok(())
        } else {
            Err(format!(
                "status of {who:?} (bound, recovery codes, is locked, until, devices): \
                 the model says {expected:?}, the library {found:?}"
            ))
        }
    }

    pub(super) fn compare_sessions(&self, who: Who) -> Result<(), String> {
        let now = self.clock.now().as_secs();
        let holder = &self.holders[who as usize];
        for (session, of_model) in &holder.sessions {
            let is_current = self.verifier.is_current(session).unwrap();
            if holder.model.is_current(of_model, now) != is_current {
                let state = if is_current { "outlived a change" } else { "was ended" };
                return Err(format!("{of_model:?} {state}"));
            }
            // Independent of the model: a remembered device replaces a code for thirty days.
            if let (true, AuthMethod::RememberedDevice { since }, Some(_)) =
                (is_current, session.method(), session.device())
                && now >= since.as_secs() + 30 * 86_400
            {
                return Err(format!("{of_model:?} lives {} s after the code", now - since.as_secs()));
            }
        }
        Ok(())
    }
}
