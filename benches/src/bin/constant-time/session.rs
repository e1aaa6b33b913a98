//! The look-ups in a record of which the digests, and the series of the devices, are undefined.

use std::sync::Mutex;

use second_factor::session::StoreSecretsInClear;
use second_factor::{AccountRecord, DeviceToken, Login, Remember, Secret};
use second_factor_benches::{Dice, Service, valgrind};
use serde_json::Value;

/// Every recovery code in its place, and one that is in none.
pub fn recovery_code() {
    let service = Service::enrolled(StoreSecretsInClear);
    let challenge = service.challenge();
    let stored = service.record();
    let undefined = Fields::of(&stored).undefined(&stored, &[]);

    // Reading what the claimant types branches on every character of it, so what is undefined here is what is stored.
    let shown = service.recovery_codes.iter().map(|code| (code.as_str(), true));
    for (typed, is_there) in shown.chain([(OF_NOBODY, false)]) {
        service.put(&undefined);
        let outcome = service.verifier.present(&challenge, typed, Remember::No);
        assert_eq!(outcome.is_ok(), is_there);
    }
}

/// Every remembered device in its place: with its present token, with the one before, and with one long replaced; and a
/// device that is not remembered.
pub fn remembered_device() {
    let service = Service::enrolled(StoreSecretsInClear);
    let stale: Vec<_> = (0..5).map(|_| service.remember()).collect();
    let before: Vec<_> = stale.iter().map(|token| service.rotate(token)).collect();
    let current: Vec<_> = before.iter().map(|token| service.rotate(token)).collect();
    let stored = service.record();
    let fields = Fields::of(&stored);
    let unknown = Service::enrolled_with(StoreSecretsInClear, Mutex::new(Dice(40))).remember();

    let undefined = fields.undefined(&stored, &[]);
    for token in &before {
        service.put(&undefined);
        assert_eq!(password_step(&service, token), Answer::Remembered);
    }
    for token in stale.iter().chain([&unknown]) {
        service.put(&undefined);
        assert_eq!(password_step(&service, token), Answer::CodeRequired);
    }
    for token in &current {
        // The text of the new token has the series in it, and whoever makes a string of characters asks of each whether
        // it is ASCII.
        service.put(&fields.undefined(&stored, &decode(field_of(token.expose(), 1))));
        assert_eq!(password_step(&service, token), Answer::Rotated);
    }
}

/// No account has it.
const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

#[derive(PartialEq, Eq, Debug)]
enum Answer {
    Remembered,
    Rotated,
    CodeRequired,
}

/// The password step with the cookie of this token, whose secret is undefined.
fn password_step(service: &Service, token: &DeviceToken) -> Answer {
    let cookie = token.expose().to_owned();
    valgrind::make_undefined(field_of(&cookie, 2).as_bytes());
    match service.log_in(Some(&cookie)) {
        Login::Complete(accepted) if accepted.device.is_some() => Answer::Rotated,
        Login::Complete(_) => Answer::Remembered,
        _ => Answer::CodeRequired,
    }
}

/// One of the fields of a token's text: kind, series, secret, account.
fn field_of(text: &str, place: usize) -> &str {
    text.split('.').nth(place).expect("four fields")
}

/// The fields of a record that are to be undefined.
struct Fields(Vec<Vec<u8>>);

impl Fields {
    fn of(record: &AccountRecord) -> Self {
        let json = serde_json::to_value(record).expect("JSON");
        let list = |name| json["record"][name].as_array().into_iter().flatten();
        let mut fields: Vec<Vec<u8>> = list("recovery").map(field).collect();
        fields.extend(list("challenges").map(|challenge| field(&challenge["digest"])));
        for device in list("devices") {
            fields.extend([field(&device["series"]), field(&device["secret"])]);
            fields.extend(device["before"].get("secret").map(field));
        }
        Self(fields)
    }

    /// The record with all of them undefined but `known`. In postcard they stand as they are, and reading copies them.
    fn undefined(&self, record: &AccountRecord, known: &[u8]) -> AccountRecord {
        let stored = postcard::to_allocvec(record).expect("postcard");
        let place = |field: &[u8]| stored.windows(field.len()).position(|window| window == field);
        let places: Vec<_> = self
            .0
            .iter()
            .filter(|field| *field != known)
            .map(|field| (place(field).expect("the field as it is"), field.len()))
            .collect();
        for (at, len) in places {
            valgrind::make_undefined(&stored[at..at + len]);
        }
        postcard::from_bytes(&stored).expect("a record")
    }
}

fn field(text: &Value) -> Vec<u8> {
    decode(text.as_str().expect("base32"))
}

fn decode(text: &str) -> Vec<u8> {
    Secret::from_base32_strict(text).expect("base32").expose().to_vec()
}
