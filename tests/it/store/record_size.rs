//! The size of a record in a database.

use second_factor::AccountId;
use second_factor::session::Remember;
use serde_json::{Value, json};

use crate::support::World;

/// One authenticator, ten recovery codes, five devices, and an account id as long as a UUID: most accounts have no more.
#[test]
fn the_record_of_an_account_with_five_devices_is_at_most_1_8_kb() {
    let mut world = World::new();
    world.account = AccountId::new("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
    let (phone, codes) = world.enroll();
    assert_eq!(codes.len(), 10);
    for _ in 0..5 {
        let _ = world.remember(&phone);
    }
    let code = phone.code(world.now());
    let _ = world.verifier.present(&world.challenge(), &code, Remember::No).unwrap();

    let mut record: Value = serde_json::to_value(world.record()).unwrap();
    for (list, entries) in [("authenticators", 1), ("recovery", 10), ("devices", 5)] {
        assert_eq!(record["record"][list].as_array().map(Vec::len), Some(entries), "{list}");
    }
    let touched = record["record"]["touched"].take();
    record["record"]["touched"] = json!([]);
    let bytes = record.to_string().len();
    println!("{bytes} bytes, and {touched} more with touched challenges");
    assert!(bytes <= 1_800, "{bytes} bytes: {record}");
}
