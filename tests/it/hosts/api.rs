//! JSON that an API for an app sends and receives.

use second_factor::{
    AuthenticatorId, ChallengeToken, DeviceId, DeviceToken, EnrollmentToken, Refusal, Remember, UnixTime,
};
use serde_json::{Value, json};

use crate::support::{DAY, Phone, START, World, texts};

#[test]
fn a_refusal_is_sent_with_what_a_program_needs_and_no_more() {
    let locked = Refusal::Locked { retry_at: Some(START.saturating_add(DAY)) };
    let sent = serde_json::to_value(locked.answer(START)).unwrap();
    let text = locked.in_words();
    assert_eq!(sent, json!({ "code": "locked", "text": text, "is_over": false, "retry_after_secs": 86_400 }));

    let sent = serde_json::to_value(Refusal::ChallengeOver.answer(START)).unwrap();
    let text = Refusal::ChallengeOver.in_words();
    assert_eq!(sent, json!({ "code": "challenge_over", "text": text, "is_over": true }));
}

#[test]
fn the_status_is_sent_with_ids_that_come_back_and_no_secret() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    let codes = texts(&confirmed.into_parts().0);
    world.clock.advance(2 * crate::support::STEP);
    let device = world.remember(&phone);

    let status = world.verifier.status(&world.account).unwrap();
    let sent = serde_json::to_value(&status).unwrap();
    let [bound] = &status.authenticators[..] else { panic!("one is bound") };
    let [remembered] = &status.devices[..] else { panic!("one is remembered") };
    assert_eq!(
        sent,
        json!({
            "enabled_since": bound.bound_at.as_secs(),
            "authenticators": [{
                "id": bound.id.to_string(),
                "label": bound.label,
                "kind": { "app": { "algorithm": "SHA1", "digits": 6, "period": 30, "t0": 0 } },
                "bound_at": bound.bound_at.as_secs(),
                "last_used": bound.last_used.map(UnixTime::as_secs),
            }],
            "recovery_codes_left": 10,
            "is_locked": false,
            "retry_at": null,
            "devices": [{
                "id": remembered.id.to_string(),
                "label": "Firefox on Linux",
                "since": remembered.since.as_secs(),
                "last_used": remembered.last_used.as_secs(),
                "until": remembered.until.as_secs(),
            }],
        })
    );
    // The app sends the ids back.
    let id: AuthenticatorId = serde_json::from_value(sent["authenticators"][0]["id"].clone()).unwrap();
    assert_eq!(id, bound.id);
    let id: DeviceId = serde_json::from_value(sent["devices"][0]["id"].clone()).unwrap();
    assert!(world.verifier.forget_device(&world.account, id).unwrap());

    let sent = sent.to_string();
    let secret = begun.uri.secret().to_base32();
    assert!(!sent.contains(secret.expose()) && !sent.contains(device.expose()), "{sent}");
    assert!(codes.iter().all(|code| !sent.contains(code)), "{sent}");
}

#[test]
fn a_session_as_an_app_gets_it_cannot_be_read_back_as_a_session() {
    let (world, phone, _) = World::enrolled();
    let accepted = world.log_in(&phone);
    let at = accepted.authenticated.at();
    let session = accepted.authenticated.into_session();
    let sent = serde_json::to_value(session.info()).unwrap();
    assert_eq!(
        sent,
        json!({
            "account": "alice",
            "at": at.as_secs(),
            "first_factor": "password",
            "method": "code",
            "text": "with your password and a code",
            "auth_time": at.as_secs(),
            "amr": ["pwd", "otp", "mfa"],
            "device": null,
        })
    );
    // Its id and its epoch stay in the host.
    let kept = serde_json::to_value(&session).unwrap();
    for private in ["epoch", "id"] {
        let value = kept[private].as_str().unwrap();
        assert!(!sent.to_string().contains(value), "{private}");
    }
    assert!(serde_json::from_value::<second_factor::Session>(sent).is_err());
}

/// A whole login of an app without cookies: every token is sent and returned as a JSON string.
#[test]
fn tokens_are_sent_and_returned_as_strings() {
    fn there_and_back<T: serde::Serialize + serde::de::DeserializeOwned>(token: &T) -> T {
        let sent = serde_json::to_value(token).unwrap();
        assert!(matches!(sent, Value::String(_)), "{sent}");
        serde_json::from_value(sent).unwrap()
    }

    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let enrollment: EnrollmentToken = there_and_back(&begun.token);
    let _ = world.verifier.confirm_enrollment(&enrollment, &phone.code(world.now())).unwrap();
    world.clock.advance(2 * crate::support::STEP);

    let challenge: ChallengeToken = there_and_back(&world.challenge());
    let remember = Remember::ThisDevice { label: "App" };
    let accepted = world.verifier.present(&challenge, &phone.code(world.now()), remember).unwrap();
    let device: DeviceToken = there_and_back(&accepted.device.unwrap());
    let _ = crate::support::complete(world.login_on(&device));
}
