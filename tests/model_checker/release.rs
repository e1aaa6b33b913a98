//! Stores the answers with those who got them.

use std::sync::Arc;

use second_factor::session::EventKind;
use second_factor::{DeviceToken, Refusal, Session};

use crate::call::{Call, Released, Typed, What};
use crate::canonical::{fields_of_signed, hash_bytes, name_of, tokens_of_json, tokens_of_signed};
use crate::rules::decided_at;
use crate::state::{ATTACKER, Browser, Device, Enrolling, Held, Phone, State};

/// Stores the answer.
pub fn release(next: &mut State, call: &Call, released: Released, events: &[EventKind]) {
    let is_old = call.old || call.what.is_old();
    let is_owner = call.browser != ATTACKER;
    match released {
        Released::In(session, token) => log_in(next, call, session, token, events),
        Released::Challenge(challenge) => {
            let tokens = tokens_of_signed(challenge.expose());
            browser(next, call).challenge = Some(Held { old: is_old, ..Held::new(challenge, tokens) });
        }
        Released::Enrollment(token, secret) => {
            let fields = fields_of_signed(token.expose());
            let text: Arc<str> =
                base32::encode(base32::Alphabet::Rfc4648 { padding: false }, &fields[5]).into();
            let phone = Phone { id: name_of(&fields[5]), text, secret, typed: 0 };
            let tokens = tokens_of_signed(token.expose());
            // It began with the password alone, while nothing was bound or after a recovery code.
            let is_bare = call.what.chosen().is_none_or(|chosen| chosen.typed == Typed::Nothing);
            let id = call.what.session().and_then(|session| session.value.device());
            let id = id.map(|id| hash_bytes(id.to_string().as_bytes()));
            let device = next.browsers[call.browser].session_device.clone();
            let device = device.filter(|device| Some(device.id) == id);
            let is_gone = id.is_some_and(|id| next.ghost.gone.contains(&id));
            let old = is_old || is_gone || is_bare && call.is_overtaken;
            let token = Held { old, ..Held::new(token, tokens) };
            browser(next, call).enrolling = Some(Enrolling { token, phone, device, is_bare });
        }
        Released::Bound(Some(codes)) | Released::Codes(codes) => {
            if is_owner {
                let row = next.shared.row.as_ref().unwrap();
                let digests = row.recovery_codes().split('"').skip(3).step_by(2);
                let codes = codes.iter().map(|code| Arc::from(code.as_str()));
                next.recovery = codes.zip(digests.map(Arc::from)).take(2).collect();
            }
            end_enrollment(next, call);
        }
        Released::Bound(None) => end_enrollment(next, call),
        Released::Off(session) | Released::Changed(Some(session)) => {
            let held = held(session, call.old);
            let browser = browser(next, call);
            browser.session = Some(held);
            browser.session_device = None;
        }
        Released::Refused(Refusal::ChallengeOver) => browser(next, call).challenge = None,
        Released::Refused(Refusal::EnrollmentOver) => browser(next, call).enrolling = None,
        Released::Forgotten => next.devices_are_gone(|_| true),
        Released::Changed(None)
        | Released::Renamed
        | Released::Imported
        | Released::NotWritten
        | Released::Unfinished
        | Released::Ended
        | Released::Closed
        | Released::WrongPassword
        | Released::Refused(_)
        | Released::Failed(_) => {}
    }
}

fn browser<'s>(next: &'s mut State, call: &Call) -> &'s mut Browser {
    &mut next.browsers[call.browser]
}

fn end_enrollment(next: &mut State, call: &Call) {
    if matches!(call.what, What::Confirm { .. }) {
        browser(next, call).enrolling = None;
    }
}

fn log_in(next: &mut State, call: &Call, session: Session, token: Option<DeviceToken>, events: &[EventKind]) {
    let mut device = match &call.what {
        What::Login { cookie, .. } => cookie.clone(),
        _ => None,
    };
    let remembered = events.iter().find_map(|event| match event {
        EventKind::DeviceRemembered { device, .. } => Some(device.to_string()),
        _ => None,
    });
    if let Some(token) = token {
        let generation = &fields_of_signed(token.expose())[3];
        let generation = u32::from_be_bytes(generation[..].try_into().unwrap()).into();
        let token = Arc::new(token);
        device = match (device, remembered) {
            (Some(device), _) => Some(Device { token, generation, ..device }),
            (None, Some(text)) => {
                let (id, made_at) = (hash_bytes(text.as_bytes()), decided_at(call));
                Some(Device { token, id, text: text.into(), generation, made_at, old: false })
            }
            (None, None) => None,
        };
        if let Some(device) = &mut device {
            device.old |= next.ghost.gone.contains(&device.id);
        }
        browser(next, call).cookie.clone_from(&device);
    }
    let session_device = device.filter(|_| session.device().is_some());
    let is_old = call.old || call.what.is_old();
    let browser = browser(next, call);
    browser.session = Some(held(session, is_old));
    browser.session_device = session_device;
    browser.challenge = None;
}

fn held(session: Session, old: bool) -> Held<Session> {
    let tokens = tokens_of_json(&serde_json::to_string(&session).unwrap());
    Held { old, ..Held::new(session, tokens) }
}
