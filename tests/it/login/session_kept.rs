//! Sessions and tokens stored by the host: reading returns what was written, and nothing else is accepted.

use core::time::Duration;

use second_factor::session::{EnrollmentToken, Remember};
use second_factor::{AuthMethod, ChallengeToken, DeviceToken, Login, Refusal, Session};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::sessions::{fresh_factor, row as row_of, session_of};
use crate::support::{Phone, STEP, World, code_required};

/// The value, stored and read back as text and as bytes.
fn kept<T: Serialize + DeserializeOwned>(value: &T) -> [T; 2] {
    let bytes = postcard::to_allocvec(value).unwrap();
    let text = serde_json::to_string(value).unwrap();
    [serde_json::from_str(&text).unwrap(), postcard::from_bytes(&bytes).unwrap()]
}

#[test]
fn a_session_that_was_stored_and_read_is_the_same() {
    let (world, phone, codes) = World::enrolled();
    let mut session = session_of(&world, &phone);
    let fresh = fresh_factor(&world, &session, &codes[0]).unwrap();
    session.elevate(&fresh);
    for read in kept(&session) {
        assert_eq!(read, session);
        assert_eq!((read.auth_time(), read.amr()), (world.now(), ["pwd", "mfa"].as_slice()));
        assert!(world.is_current(&read));
        assert_eq!(fresh_factor(&world, &read, &codes[0]).unwrap_err(), Refusal::AlreadyDone);
    }
}

#[test]
fn a_changed_session_proves_nothing_that_the_original_did_not() {
    let (world, phone, codes) = World::enrolled();
    let session = session_of(&world, &phone);
    let row = serde_json::to_value(&session).unwrap();
    let with = |field: &str, value: Value| -> Session {
        let mut row = row.clone();
        row[field] = value;
        serde_json::from_value(row).unwrap()
    };
    let other = serde_json::to_value(World::new().session(1)).unwrap();
    let device = json!(other["id"]);
    let _ = fresh_factor(&world, &session, &codes[0]).unwrap();
    let before = row_of(&world);
    // Time and method are only reported; the account, the epoch, the device and the id are checked.
    for field in ["epoch", "account", "device"] {
        let value = match field {
            "account" => json!("bob"),
            "device" => device.clone(),
            _ => other[field].clone(),
        };
        let changed = with(field, value);
        assert!(field == "account" || !world.is_current(&changed), "{field}");
        let typed = &codes[1];
        assert_eq!(fresh_factor(&world, &changed, typed).unwrap_err(), Refusal::StepUpRequired, "{field}");
    }
    assert_eq!(row_of(&world), before);
    let elsewhere = with("id", other["id"].clone());
    assert_eq!(fresh_factor(&world, &elsewhere, &codes[0]).unwrap_err(), Refusal::NotAccepted);
    let later = with("at", json!(session.at().as_secs() + 1));
    let otherwise = with("method", json!("single_factor"));
    assert_eq!(
        (later.at(), otherwise.method()),
        (session.at().saturating_add(Duration::from_secs(1)), AuthMethod::SingleFactor)
    );
    assert_eq!(fresh_factor(&world, &later, &codes[0]).unwrap_err(), Refusal::AlreadyDone);
}

#[test]
fn a_row_that_is_not_a_session_is_refused() {
    let (world, phone, _) = World::enrolled();
    let row = serde_json::to_value(session_of(&world, &phone)).unwrap();
    assert!(serde_json::from_value::<Session>(row.clone()).is_ok());
    let fields = row.as_object().unwrap();
    let names: std::collections::BTreeSet<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["account", "at", "device", "elevation", "epoch", "first_factor", "format", "id", "method"].into()
    );
    for field in fields.keys().filter(|field| fields[*field] != Value::Null) {
        let mut without = fields.clone();
        without.remove(field);
        assert!(serde_json::from_value::<Session>(without.into()).is_err(), "without {field}");
    }
    let id = fields["id"].as_str().unwrap();
    for (field, value) in [
        ("is_admin", json!(true)),
        ("account", json!("")),
        ("method", json!("trusted")),
        ("id", json!(id[..25])),
        ("id", json!(format!("{id}A"))),
        ("id", json!(id.to_lowercase())),
        ("id", json!("")),
        ("epoch", json!(-1)),
        ("epoch", json!("")),
        ("format", json!(0)),
        ("format", json!(2)),
        ("device", json!(id[..25])),
        ("elevation", json!({ "at": 1 })),
    ] {
        let mut changed = fields.clone();
        changed.insert(field.to_owned(), value.clone());
        assert!(serde_json::from_value::<Session>(changed.into()).is_err(), "{field}: {value}");
    }
}

/// The token is written as this text and read from it, and from none of the others.
fn assert_kept<T: Serialize + DeserializeOwned>(token: &T, text: &str, others: &[&str]) {
    assert_eq!(serde_json::to_value(token).unwrap(), json!(text));
    for read in kept(token) {
        assert_eq!(serde_json::to_value(read).unwrap(), json!(text));
    }
    let garbage = ["", "c1", "c1...", &text[1..], &format!("{text}A"), &text.to_lowercase()];
    for other in others.iter().chain(&garbage) {
        let error = serde_json::from_value::<T>(json!(other)).err().unwrap_or_else(|| panic!("{other}"));
        assert_eq!(error.to_string(), "not a token of this kind");
        assert!(postcard::from_bytes::<T>(&postcard::to_allocvec(other).unwrap()).is_err(), "{other}");
    }
    for value in [json!(null), json!(1), json!([text]), json!({ "text": text })] {
        assert!(serde_json::from_value::<T>(value).is_err());
    }
}

#[test]
fn a_token_is_stored_as_its_text_and_read_only_as_its_own_kind() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let challenge = code_required(world.login());
    let (c, d, e) = (challenge.expose(), device.expose(), begun.token.expose());
    assert_kept::<ChallengeToken>(&challenge, c, &[d, e]);
    assert_kept::<DeviceToken>(&device, d, &[c, e]);
    assert_kept::<EnrollmentToken>(&begun.token, e, &[c, d]);

    // A token that was read still works.
    let new = Phone::scan(&begun.uri);
    let [challenge, _] = kept(&challenge);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
    world.clock.advance(STEP);
    let [_, device] = kept(&device);
    assert!(matches!(world.login_on(&device), Login::Complete(_)));
    let [enrollment, _] = kept(&begun.token);
    assert!(world.verifier.confirm_enrollment(&enrollment, &new.code(world.now())).is_ok());
}
