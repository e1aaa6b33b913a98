//! Records and events as JSON: the same text as with serde, and an error that says why a text is refused without repeating any of it.

use std::sync::Arc;

use second_factor::session::JsonError;
use second_factor::store::{Change, Expected, Revision, Versioned};
use second_factor::{AccountRecord, AuditEvent, MemoryStore, Origin, Policy};
use serde_json::{Value, json};

use crate::support::World;

/// See `record_format.rs`.
const GOLDEN: &str = include_str!("../data/record-format-1.json");
/// A planted secret that no error may repeat.
const PLANTED: &str = "YFOAFCPMFUFJCZ7MRZS2DDPLXZPFKMX3";

/// The golden record without whitespace.
fn compact() -> String {
    let lines: Vec<_> = GOLDEN.lines().map(|line| line.trim_start().replacen("\": ", "\":", 1)).collect();
    lines.concat()
}

fn golden() -> AccountRecord {
    serde_json::from_str(GOLDEN).unwrap()
}

#[test]
fn a_record_is_written_as_serde_writes_it_to_the_byte() {
    assert_eq!(golden().to_json().unwrap(), compact());
    assert_eq!(golden().to_json().unwrap(), serde_json::to_string(&golden()).unwrap());
}

#[test]
fn a_record_is_read_from_text_and_bytes_and_with_its_revision() {
    let (text, record) = (compact(), golden());
    assert_eq!(AccountRecord::from_json(GOLDEN).unwrap(), record);
    assert_eq!(AccountRecord::from_json(&text).unwrap(), record);
    assert_eq!(AccountRecord::from_json(text.clone().into_bytes()).unwrap(), record);
    let row = Versioned::from_json(text, Revision::new(7)).unwrap();
    assert_eq!(row, Versioned { value: record, revision: Revision::new(7) });
}

#[test]
fn a_record_that_is_cut_off_anywhere_says_that_it_is() {
    let text = compact();
    for length in 0..text.len() {
        let error = AccountRecord::from_json(&text.as_bytes()[..length]).unwrap_err();
        assert!(matches!(error, JsonError::CutOff { .. }), "{error:?} for {}", &text[..length]);
    }
    // The same if the format is unknown to this version.
    let newer = text.replacen("\"format\":1", "\"format\":2", 1);
    for length in 0..newer.len() {
        let error = AccountRecord::from_json(&newer.as_bytes()[..length]).unwrap_err();
        assert!(matches!(error, JsonError::CutOff { .. }), "{error:?} for {}", &newer[..length]);
    }
}

#[test]
fn a_newer_format_and_malformed_text_are_different_errors() {
    let of_format = |format: &str| {
        let text = compact().replacen("\"format\":1", &format!("\"format\":{format}"), 1);
        AccountRecord::from_json(text).unwrap_err()
    };
    assert_eq!(of_format("2"), JsonError::NewerFormat { format: 2 });
    assert_eq!(of_format("4294967295"), JsonError::NewerFormat { format: u32::MAX });
    let unknown_body = r#"{"format":3,"record":{"epoch":"of another kind"}}"#;
    assert_eq!(AccountRecord::from_json(unknown_body), Err(JsonError::NewerFormat { format: 3 }));
    let format_last = r#"{"record":{"epoch":"of another kind"},"format":3}"#;
    assert_eq!(AccountRecord::from_json(format_last), Err(JsonError::NewerFormat { format: 3 }));
    for malformed in ["0", "-1", "4294967296", "\"2\"", "1.5", "null"] {
        let error = of_format(malformed);
        assert!(matches!(error, JsonError::Malformed { line: 1, .. }), "{malformed}: {error:?}");
    }
}

#[test]
fn text_that_is_not_json_or_not_a_record_has_its_own_error() {
    for text in ["", " ", "[1", "{\"format\":1,\"record\""] {
        let error = AccountRecord::from_json(text).unwrap_err();
        assert!(matches!(error, JsonError::CutOff { .. }), "{text}: {error:?}");
    }
    let trailing = compact() + "}";
    let unquoted = compact().replacen("\"record\"", "record", 1);
    let deep = format!("{{\"format\":1,\"record\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for text in ["x", "{]", "nuL", &trailing, &unquoted, &deep]
        .map(str::as_bytes)
        .into_iter()
        .chain([&b"\"\xff\""[..]])
    {
        let error = AccountRecord::from_json(text).unwrap_err();
        let is_told = matches!(error, JsonError::NotJson { .. } | JsonError::Malformed { .. });
        assert!(is_told, "{:?}: {error:?}", String::from_utf8_lossy(text));
    }
    let error = AccountRecord::from_json(&trailing).unwrap_err();
    assert_eq!(error, JsonError::NotJson { line: 1, column: trailing.len() });
    for text in ["null", "[]", "{}", "1", "\"record\"", r#"{"format":1}"#, r#"{"format":1,"record":null}"#] {
        let error = AccountRecord::from_json(text).unwrap_err();
        assert!(matches!(error, JsonError::Malformed { .. }), "{text}: {error:?}");
    }
}

/// Every variation of the golden record with the planted value instead of one value, or as the name of a new field.
fn with_one_planted(planted: &Value) -> Vec<Value> {
    fn vary(value: &Value, planted: &Value) -> Vec<Value> {
        let mut varied = vec![planted.clone()];
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    for other in vary(field, planted) {
                        let mut fields = fields.clone();
                        fields.insert(name.clone(), other);
                        varied.push(fields.into());
                    }
                }
                let mut fields = fields.clone();
                fields.insert(PLANTED.to_owned(), planted.clone());
                varied.push(fields.into());
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    for other in vary(item, planted) {
                        let mut items = items.clone();
                        items[index] = other;
                        varied.push(items.into());
                    }
                }
            }
            _ => {}
        }
        varied
    }
    vary(&serde_json::from_str(GOLDEN).unwrap(), planted)
}

#[test]
fn no_error_repeats_anything_from_the_text() {
    let mut refused = 0;
    for planted in [json!(PLANTED), json!({ PLANTED: 1 }), json!([PLANTED]), json!(98_765_432_109_u64)] {
        for text in with_one_planted(&planted).iter().map(Value::to_string) {
            let read = AccountRecord::from_json(&text);
            assert_eq!(read.is_ok(), serde_json::from_str::<AccountRecord>(&text).is_ok(), "{text}");
            let Err(error) = read else { continue };
            refused += 1;
            let told = format!("{error} {error:?}");
            assert!(!told.contains(PLANTED) && !told.contains("98765432109"), "{told}");
            assert!(std::error::Error::source(&error).is_none());
        }
    }
    assert!(refused > 300, "{refused}");
    // serde's own error repeats it.
    let text = compact().replacen("\"epoch\":\"", &format!("\"{PLANTED}\":\""), 1);
    assert!(serde_json::from_str::<AccountRecord>(&text).unwrap_err().to_string().contains(PLANTED));
    let error = AccountRecord::from_json(&text).unwrap_err();
    let JsonError::Malformed { line: 1, column } = error else { panic!("{error:?}") };
    assert!(text[..column].ends_with(&format!("\"{PLANTED}\"")), "{column} in {text}");
    assert_eq!(
        error.to_string(),
        format!("not as this version of second-factor writes it, at line 1, column {column}")
    );
}

#[test]
fn a_damaged_record_is_read_or_refused_as_by_serde() {
    let text = compact();
    for (at, _) in text.char_indices() {
        for other in ["0", "\"", "A", "}", "\u{0}"] {
            let damaged = [&text[..at], other, &text[at + 1..]].concat();
            let read = AccountRecord::from_json(&damaged);
            assert_eq!(read.ok(), serde_json::from_str(&damaged).ok(), "{damaged}");
        }
    }
}

#[test]
fn events_are_written_as_serde_writes_them_one_by_one_and_as_an_array() {
    let store = Arc::new(MemoryStore::with_trail());
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    let _ = world.remember(&phone);
    let _ = world.present(&codes[0]).unwrap();
    let events = store.trail(&world.account).unwrap();
    assert!(events.len() > 3, "{events:?}");
    for event in &events {
        let text = event.to_json().unwrap();
        assert_eq!(text, serde_json::to_string(event).unwrap());
        assert_eq!(AuditEvent::from_json(&text).unwrap(), *event);
        for length in 0..text.len() {
            let error = AuditEvent::from_json(&text.as_bytes()[..length]).unwrap_err();
            assert!(matches!(error, JsonError::CutOff { .. }), "{error:?}");
        }
    }
    let record = world.record();
    let change = Change::new(Expected::Absent, Revision::new(1), &record, &events);
    assert_eq!(change.events_json().unwrap(), serde_json::to_string(&events).unwrap());
    let none = Change::new(Expected::Absent, Revision::new(1), &record, &[]);
    assert_eq!(none.events_json().unwrap(), "[]");
    let unknown = r#"{"account":"alice","at":1,"kind":"of_a_newer_version"}"#;
    assert!(matches!(AuditEvent::from_json(unknown), Err(JsonError::Malformed { .. })));
}

#[test]
fn events_with_and_without_an_origin_survive_a_binary_format() {
    let origins = [
        None,
        Some(Origin::new().with_address("192.0.2.1")),
        Some(Origin::new().with_user_agent("Firefox")),
        Some(Origin::new().with_address("192.0.2.1").with_user_agent("Firefox")),
    ];
    for origin in origins {
        let store = Arc::new(MemoryStore::with_trail());
        let mut world = World::over(store.clone(), Policy::new("Example").unwrap());
        if let Some(origin) = &origin {
            world.verifier = world.verifier.on_behalf_of(origin.clone());
        }
        let _ = world.enroll();
        let events = store.trail(&world.account).unwrap();
        assert_eq!(events[0].origin, origin);
        let bytes = postcard::to_allocvec(&events).unwrap();
        assert_eq!(postcard::from_bytes::<Vec<AuditEvent>>(&bytes).unwrap(), events);
    }
}
