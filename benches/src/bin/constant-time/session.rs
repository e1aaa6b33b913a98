//! The look-ups in a record of which the digests, and the series of the devices, are undefined.

use second_factor::session::StoreSecretsInClear;
use second_factor::{AccountRecord, DeviceToken, Login, Secret};
use second_factor_benches::{Account, Dice, random, valgrind};
use serde_json::Value;

/// Every recovery code in its place, and one that is in none.
pub fn recovery_code() {
    let (mut account, codes) = Account::enrolled(StoreSecretsInClear, random(&mut Dice(2)));
    let challenge = account.challenge();
    account.record = Fields::of(&account.record).undefined(&account.record, &[]);

    // Reading what the claimant types branches on every character of it, so what is undefined here is what is stored.
    let shown = codes.iter().map(|code| (code.expose().expose().to_owned(), true));
    for (typed, is_there) in shown.chain([(OF_NOBODY.to_owned(), false)]) {
        let decision = account.recovery_step(&challenge, &typed, random(&mut Dice(3)));
        assert_eq!(decision.outcome.is_ok(), is_there);
    }
}

/// Every remembered device in its place: with its present token, with the one before, and with one long replaced; and a
/// device that is not remembered.
pub fn remembered_device() {
    let (mut account, _) = Account::enrolled(StoreSecretsInClear, random(&mut Dice(2)));
    let stale: Vec<_> = (10..15).map(|seed| account.remember(random(&mut Dice(seed)))).collect();
    let before: Vec<_> = stale.iter().zip(20..).map(|(token, seed)| account.rotate(token, seed)).collect();
    let current: Vec<_> = before.iter().zip(30..).map(|(token, seed)| account.rotate(token, seed)).collect();
    let stored = account.record.clone();
    let fields = Fields::of(&stored);
    let unknown =
        Account::enrolled(StoreSecretsInClear, random(&mut Dice(2))).0.remember(random(&mut Dice(40)));

    account.record = fields.undefined(&stored, &[]);
    for token in &before {
        assert_eq!(password_step(&account, token), Answer::Remembered);
    }
    for token in stale.iter().chain([&unknown]) {
        assert_eq!(password_step(&account, token), Answer::CodeRequired);
    }
    for token in &current {
        // The text of the new token has the series in it, and whoever makes a string of characters asks of each whether
        // it is ASCII.
        let [series, _] = halves(token);
        account.record = fields.undefined(&stored, &series);
        assert_eq!(password_step(&account, token), Answer::Rotated);
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

/// The password step with this token, whose secret is undefined. The text beside it stays: the step does not read it.
fn password_step(account: &Account<StoreSecretsInClear>, token: &DeviceToken) -> Answer {
    let token = token.clone();
    let [_, secret] = halves(&token);
    assert_eq!(valgrind::make_undefined_within(&token, &secret), 1, "the secret is where we look");
    let decision = account.password_step(Some(&token), random(&mut Dice(50)));
    match &decision.outcome {
        Login::Complete(accepted) if accepted.device.is_some() => Answer::Rotated,
        Login::Complete(_) => Answer::Remembered,
        _ => Answer::CodeRequired,
    }
}

/// The series of a token and its secret.
fn halves(token: &DeviceToken) -> [Vec<u8>; 2] {
    let (front, secret) = token.expose().rsplit_once('.').expect("three fields");
    let (_, series) = front.rsplit_once('.').expect("three fields");
    [decode(series), decode(secret)]
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
