//! The record format: records that were written once stay readable, and records of an unknown format are never changed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use second_factor::enrollment::RecoveryCodeDigest;
use second_factor::session::{EventKind, RefusedBecause, Sealed};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    AccountRecord, Algorithm, AuthMethod, BlockingStore, DeviceToken, Digits, KeyUri, Login, PasswordReset,
    Period, Policy, Refusal, Remember, Secret, UnixTime,
};
use serde_json::{Map, Value, json};

use crate::support::{DAY, JsonStore, Phone, STEP, World, complete, is_refused_because, refusal};

/// Written by `full_record` when format 1 was new. It must not change: some database has records like it.
const GOLDEN: &str = include_str!("../data/record-format-1.json");
/// The time at which it was written.
const WRITTEN: UnixTime = UnixTime::from_secs(1_700_000_340);
/// What the owner of the golden record has: the phone's secret, a recovery code and a device cookie.
const SECRET: &str = "YFOAFCPMFUFJCZ7MRZS2DDPLXZPFKMX3";
const RECOVERY_CODE: &str = "7DUGV-PPUAB-QFHEA-XZIU6-IPFP6A";
const DEVICE: &str = "d1.AACAAAAAAEAAKYLMNFRWKAAQH3W3S4G4UMZOJLHACBBBJMDXAQAAIAAAAAAQ.BS4TKPFMJXUE74USLFSGP4JGJUVT4AI74KANPGLQYBEAJYZYH5LQ";

type JsonWorld = World<Arc<JsonStore>>;

fn json_world() -> JsonWorld {
    World::over(Arc::new(JsonStore::default()), Policy::new("Example").unwrap())
}

fn row(world: &JsonWorld) -> String {
    world.verifier.store().text(&world.account).unwrap()
}

/// A record with a value in every field: an app, a passkey that was used, five devices of which one was just rotated, a
/// completed challenge and one with a failure, a step-up, and ten recovery codes.
fn full_record() -> JsonWorld {
    let world = json_world();
    let (phone, _) = world.enroll();
    let _ = world.bind_passkey(&phone);
    let _ = world.verifier.present(&world.challenge(), world.signed_by_passkey("1"), Remember::No).unwrap();
    let devices: Vec<_> = (0..5).map(|_| world.remember(&phone)).collect();
    let _ = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    let wrong = phone.wrong_code(world.now());
    assert_eq!(world.present(&wrong).unwrap_err(), Refusal::NotAccepted);
    world.clock.advance(STEP);
    let _ = complete(world.login_on(&devices[4]));
    // Added by hand: a password change begins by removing everything that is under way, so its mark never occurs with the rest.
    let text = with_body(&row(&world), |record| record["password_change"] = mark(&world));
    world.verifier.store().put(&world.account, &text);
    world
}

/// The mark that an interrupted password change leaves in a record.
fn mark(of: &JsonWorld) -> Value {
    let world = json_world();
    let _ = world.enroll();
    world.clock.set(of.now());
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let crashed = catch_unwind(AssertUnwindSafe(|| {
        let _ = world.verifier.change_password(reset, || -> Result<(), &str> { panic!("planted") });
    }));
    assert!(crashed.is_err());
    serde_json::from_str::<Value>(&row(&world)).unwrap()["record"]["password_change"].clone()
}

/// A world whose store holds this text, with the clock at the time when the golden record was written.
fn world_with(text: &str) -> JsonWorld {
    let world = json_world();
    world.verifier.store().put(&world.account, text);
    world.clock.set(WRITTEN);
    world
}

fn golden() -> Value {
    serde_json::from_str(GOLDEN).unwrap()
}

/// The golden record with a changed body.
fn golden_with(change: impl FnOnce(&mut Value)) -> String {
    with_body(GOLDEN, change)
}

/// The golden record without the mark of a password change.
fn settled() -> String {
    golden_with(|record| record["password_change"] = Value::Null)
}

fn with_body(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    change(&mut value["record"]);
    // Serializing sorts the keys, and `format` comes first.
    value.to_string()
}

#[test]
fn the_golden_record_is_written_back_unchanged() {
    let record: AccountRecord = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(serde_json::to_string_pretty(&record).unwrap() + "\n", GOLDEN);
}

#[test]
fn the_golden_record_has_every_field_that_is_written_now() {
    let world = full_record();
    let now: Value = serde_json::from_str(&row(&world)).unwrap();
    assert_eq!(
        fields(&golden()),
        fields(&now),
        "a field was added or removed without a new format; a full record reads {now:#}"
    );
    // No optional field is empty: the test would not show that it can be read.
    assert!(!fields(&golden()).iter().any(|field| field.ends_with("=null")), "{:?}", fields(&golden()));
}

/// The paths of all fields of all objects; a field that is null everywhere is marked so.
fn fields(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(value, &format!("{path}.{name}"), into);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), into)),
            Value::Null => {
                into.insert(format!("{path}=null"));
            }
            _ => {
                into.insert(path.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(value, "", &mut found);
    let (null, set): (BTreeSet<_>, BTreeSet<_>) = found.into_iter().partition(|path| path.ends_with("=null"));
    let is_set = |path: &str| set.iter().any(|set| set.starts_with(path.trim_end_matches("=null")));
    let null: BTreeSet<_> = null.into_iter().filter(|path| !is_set(path)).collect();
    set.into_iter().chain(null).collect()
}

#[test]
fn the_golden_record_accepts_its_owners_proofs() {
    let secret = Secret::from_base32(SECRET).unwrap();
    let uri =
        KeyUri::totp("Example", "alice", secret, Algorithm::Sha1, Digits::Six, Period::DEFAULT).unwrap();
    let phone = Phone::scan(&uri);

    let world = world_with(&settled());
    let device = DeviceToken::parse(DEVICE).unwrap();
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    world.clock.advance(STEP);
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
    let accepted = world.verifier.present(&world.challenge(), RECOVERY_CODE, Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    let by_passkey = |signed| {
        let presented = world.signed_by_passkey(signed);
        refusal(world.verifier.present(&world.challenge(), presented, Remember::No))
    };
    assert_eq!(
        by_passkey("1").unwrap_err(),
        Refusal::NotAccepted,
        "a proof that was used before was accepted"
    );
    assert!(by_passkey("2").is_ok());

    // A code that was used before the golden record was written is still refused.
    let world = world_with(&settled());
    let step = golden()["record"]["authenticators"][0]["prover"]["app"]["step"].as_u64().unwrap();
    let used = phone.code(UnixTime::from_secs(step * 30));
    world.clock.set(UnixTime::from_secs(step * 30));
    assert_eq!(world.present(&used).unwrap_err(), Refusal::NotAccepted);
    assert!(world.events.count(is_refused_because(RefusedBecause::Replayed)) == 1);
}

#[test]
fn the_golden_record_waits_a_minute_for_its_password_change() {
    let retry = |world: &JsonWorld| refusal(world.verifier.password_verified(world.password(), None));
    let world = world_with(GOLDEN);
    assert_eq!(retry(&world).unwrap_err(), Refusal::Retry);
    assert_eq!(row(&world), GOLDEN);
    world.clock.advance(2 * STEP);
    assert_eq!(retry(&world).unwrap_err(), Refusal::Retry);
    assert!(world.events.all().iter().any(|event| event.kind == EventKind::PasswordChangeInterrupted));
    assert!(matches!(retry(&world).unwrap(), Login::CodeRequired(_)));
}

/// A step-up by recovery code is written in another form.
#[test]
fn a_step_up_by_recovery_code_keeps_its_written_form() {
    let world = json_world();
    let (_, codes) = world.enroll();
    let written: Value = serde_json::from_str(&row(&world)).unwrap();
    let written_so = format!(r#"{{"recovery_code":{}}}"#, written["record"]["recovery"][0]);
    let _ = world.verifier.fresh_factor(&world.session(1), &codes[0]).unwrap();
    let written: Value = serde_json::from_str(&row(&world)).unwrap();
    assert_eq!(written["record"]["step_up"]["what"].to_string(), written_so);
    let read: AccountRecord = serde_json::from_str(&row(&world)).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), row(&world));
}

#[test]
fn a_newer_format_is_an_error_and_is_never_overwritten() {
    let newer = GOLDEN.replacen("\"format\": 1", "\"format\": 2", 1);
    let unknown_body = r#"{"format": 4294967295, "record": {"epoch": "not even close"}}"#;
    for text in [newer.as_str(), unknown_body] {
        let world = world_with(text);
        let error = world.verifier.password_verified(world.password(), None).unwrap_err();
        let Error::Store(cause) = &error else { panic!("{error:?}") };
        assert!(cause.to_string().contains("is newer than 1"), "{cause}");
        assert!(!cause.to_string().contains("epoch"), "the body was parsed: {cause}");

        let device = DeviceToken::parse(DEVICE).unwrap();
        let _ = world.verifier.password_verified(world.password(), Some(device.expose())).unwrap_err();
        let _ = world.verifier.begin_enrollment(world.password(), "alice").unwrap_err();
        let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
        let changed =
            world.verifier.change_password(reset, || -> Result<(), &str> { panic!("the change was begun") });
        assert!(matches!(changed, Err(ChangePasswordError::NotStarted(Error::Store(_)))));
        let _ = world.verifier.forget_all_devices(&world.account).unwrap_err();
        let _ = world.verifier.status(&world.account).unwrap_err();
        assert_eq!(row(&world), text, "the record was overwritten");
        assert_eq!(world.verifier.store().written().len(), 1);
        assert!(world.events.all().is_empty(), "an event was reported");
    }
}

#[track_caller]
fn refused(text: &str, because: &str) {
    let error = serde_json::from_str::<AccountRecord>(text).expect_err(text).to_string();
    assert!(error.contains(because), "{error}\nfor {text}");
}

#[test]
fn other_envelopes_are_refused() {
    let body = golden()["record"].to_string();
    refused(&format!(r#"{{"format": 0, "record": {body}}}"#), "there is no format 0");
    refused(&format!(r#"{{"record": {body}}}"#), "missing field `format`");
    refused(&format!(r#"{{"format": 1, "record": {body}, "more": 1}}"#), "unknown field `more`");
    refused(&format!(r#"{{"format": 1, "format": 1, "record": {body}}}"#), "duplicate field `format`");
    refused(&format!(r#"{{"format": 1, "record": {body}, "record": {body}}}"#), "duplicate field `record`");
    refused(&format!(r#"{{"format": "1", "record": {body}}}"#), "invalid type");
    refused(&format!(r#"{{"format": -1, "record": {body}}}"#), "invalid value");
    refused(r#"{"format": 1}"#, "missing field `record`");
    refused(r#"{"format": 1, "record": null}"#, "invalid type");
    refused("{}", "missing field `format`");
    refused(&body, "unknown field `account`");
    refused("[]", "invalid length 0");
    refused("[1]", "invalid length 1");
    refused("null", "invalid type");
}

#[test]
fn the_format_may_come_last_and_is_checked_all_the_same() {
    let body = golden()["record"].to_string();
    let last = |format: u32| format!(r#"{{"record": {body}, "format": {format}}}"#);
    let record: AccountRecord = serde_json::from_str(&last(1)).unwrap();
    assert_eq!(record, serde_json::from_str(GOLDEN).unwrap());
    refused(&last(0), "there is no format 0");
    refused(&last(2), "format 2 is newer than 1");
}

#[test]
fn an_unknown_field_is_refused_in_every_object() {
    fn objects(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
        match value {
            Value::Object(fields) => {
                visit(fields);
                fields.values_mut().for_each(|value| objects(value, visit));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| objects(item, visit)),
            _ => {}
        }
    }
    let mut count = 0;
    objects(&mut golden()["record"], &mut |_| count += 1);
    assert!(count > 10, "objects in the golden record: {count}");
    for chosen in 0..count {
        let mut index = 0;
        let text = golden_with(|record| {
            objects(record, &mut |fields| {
                if index == chosen {
                    fields.insert("zzz".into(), json!(1));
                }
                index += 1;
            });
        });
        // Two fields hold one of several variants: the proof of a step-up, and an authenticator's prover. For a second key
        // there, serde's error is another one.
        let error = serde_json::from_str::<AccountRecord>(&text).unwrap_err().to_string();
        assert!(
            error.contains("unknown field `zzz`") || error.contains("expected value"),
            "{error} for {text}"
        );
    }
}

#[test]
fn lists_that_are_too_long_are_refused() {
    // A list of the greatest length is read; a longer one is refused.
    for (list, cap) in [("authenticators", 5), ("touched", 100), ("recovery", 20), ("devices", 20)] {
        let of_length = |length: usize| {
            golden_with(|record| {
                let one = record[list][0].clone();
                record[list] = vec![one; length].into();
            })
        };
        assert!(serde_json::from_str::<AccountRecord>(&of_length(cap)).is_ok(), "{list}");
        refused(&of_length(cap + 1), "beyond its cap");
    }
    let label = |length: usize| golden_with(|record| record["devices"][0][4] = "é".repeat(length).into());
    assert!(serde_json::from_str::<AccountRecord>(&label(64)).is_ok());
    refused(&label(1_000), "beyond its cap");
    let sealed = |text: String| {
        golden_with(|record| record["authenticators"][0]["prover"]["app"]["secret"]["sealed"] = text.into())
    };
    refused(&sealed(String::new()), "malformed");
    refused(&sealed("A".repeat(8 * 1_025 / 5)), "malformed");
}

#[test]
fn a_record_that_is_cut_or_damaged_is_an_error_not_a_panic() {
    let compact = golden().to_string();
    for length in 0..compact.len() {
        assert!(serde_json::from_str::<AccountRecord>(&compact[..length]).is_err(), "{length}");
    }
    // With any one character changed: refused, or read and written back the same.
    for (at, _) in compact.char_indices() {
        for other in ["0", "\"", "A", "}", "-"] {
            let damaged = [&compact[..at], other, &compact[at + 1..]].concat();
            if let Ok(record) = serde_json::from_str::<AccountRecord>(&damaged) {
                let written = serde_json::to_string(&record).unwrap();
                assert_eq!(serde_json::from_str::<AccountRecord>(&written).unwrap(), record);
            }
        }
    }
}

#[test]
fn bytes_have_one_spelling() {
    type Field = fn(&mut Value) -> &mut Value;
    let fields: [(Field, &str); 3] = [
        (|record| &mut record["authenticators"][0]["id"], "not canonical base32"),
        (
            |record| &mut record["authenticators"][0]["prover"]["app"]["secret"]["sealed"],
            "not canonical base32",
        ),
        (|record| &mut record["authenticators"][1]["prover"]["host"]["proof"], "not canonical base32"),
    ];
    for (field, because) in fields {
        for respelled in [str::to_lowercase, |text: &str| format!("{text}=")] {
            let text = golden_with(|record| {
                let value = field(record);
                *value = respelled(value.as_str().unwrap()).into();
            });
            refused(&text, because);
        }
    }
    let short = golden_with(|record| record["touched"][0][0] = "AAAA".into());
    refused(&short, "not canonical base32 of 16 bytes");
}

#[test]
fn a_binary_format_without_field_names_keeps_the_record() {
    let record: AccountRecord = serde_json::from_str(GOLDEN).unwrap();
    let bytes = postcard::to_allocvec(&record).unwrap();
    assert_eq!(postcard::from_bytes::<AccountRecord>(&bytes).unwrap(), record);
    assert!(bytes.len() < golden().to_string().len());
    for length in 0..bytes.len() {
        assert!(postcard::from_bytes::<AccountRecord>(&bytes[..length]).is_err(), "{length}");
    }
    // The format comes first in binary too.
    assert_eq!(bytes[0], 1);
    for format in [0, 2] {
        let other = [&[format], &bytes[1..]].concat();
        assert!(postcard::from_bytes::<AccountRecord>(&other).is_err(), "format {format}");
    }
}

#[test]
fn a_database_that_sorts_keys_keeps_the_record() {
    // Like PostgreSQL's jsonb: shorter keys first, then by bytes; white space is not kept.
    fn sorted(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| (name.len(), name.as_bytes().to_vec()));
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("\"{name}\": {}", sorted(value))).collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(", ")),
            other => other.to_string(),
        }
    }
    let text = sorted(&golden());
    assert!(text.starts_with("{\"format\": 1, \"record\": "));
    let record: AccountRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(record, serde_json::from_str(GOLDEN).unwrap());
}

#[test]
fn a_record_with_ten_recovery_codes_and_five_devices_fits_two_kilobytes() {
    let world = json_world();
    let (phone, _) = world.enroll();
    for label in [
        "Firefox on Linux",
        "Safari on iPhone",
        "Chrome on Windows",
        "Edge on Windows 11",
        "Firefox on Android",
    ] {
        let remember = Remember::ThisDevice { label };
        let _ = world.verifier.present(&world.challenge(), &phone.code(world.now()), remember).unwrap();
        world.clock.advance(DAY);
    }
    assert_eq!(world.verifier.status(&world.account).unwrap().devices.len(), 5);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 10);
    let size = row(&world).len();
    assert!(size <= 2 * 1024, "{size} bytes");
}

#[test]
fn a_revision_fits_a_signed_column() {
    let (world, phone, _) = World::enrolled();
    for wrong in phone.wrong_codes(world.now()).take(16) {
        let _ = world.present(&wrong).unwrap_err();
        let row = world.verifier.store().load(&world.account).unwrap().unwrap();
        assert!(i64::try_from(row.revision.get()).is_ok(), "{:?}", row.revision);
    }
}

#[test]
fn records_with_another_code_in_the_last_step_up_differ() {
    let mut row: Value = serde_json::from_str(GOLDEN).unwrap();
    let read = |row: &Value| serde_json::from_value::<AccountRecord>(row.clone()).unwrap();
    let before = read(&row);
    let code = &mut row["record"]["step_up"]["what"]["code"];
    assert!(format!("{before:?}").contains("UsedCode(..)"), "{before:?}");
    *code = code.as_str().unwrap().replacen(|_: char| true, "A", 8).into();
    assert_ne!(read(&row), before);
}

#[test]
fn what_is_no_record_is_told_with_what_was_expected() {
    let error = serde_json::from_str::<AccountRecord>("5").unwrap_err().to_string();
    assert!(error.contains("expected an account record with its format"), "{error}");
    let error = serde_json::from_str::<RecoveryCodeDigest>("5").unwrap_err().to_string();
    assert!(error.contains("expected canonical base32 of 16 bytes"), "{error}");
    let error = serde_json::from_str::<Sealed>("5").unwrap_err().to_string();
    assert!(error.contains("expected canonical base32"), "{error}");
}
