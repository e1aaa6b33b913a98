//! The fields of a record, from its JSON.

use std::collections::BTreeSet;

use second_factor::{AccountRecord, Secret, Session};
use second_factor_fuzz::{Phone, START};
use serde_json::{Value, json};

fn field(record: &AccountRecord, name: &str) -> Value {
    let json = serde_json::to_value(record).expect("a record can be written");
    json["record"][name].clone()
}

/// A session of the record's epoch, as in the host's table. It is not the one of the last step-up.
pub fn session(record: &AccountRecord) -> Session {
    session_in(record, &field(record, "epoch"))
}

pub fn session_in(record: &AccountRecord, epoch: &Value) -> Session {
    session_of(record, epoch, &SESSIONS[..2])
}

/// Another session of the record's epoch.
pub fn other_session(record: &AccountRecord) -> Session {
    session_of(record, &field(record, "epoch"), &SESSIONS[2..])
}

const SESSIONS: [&str; 4] = [
    "AAAQEAYEAUDAOCAJBIFQYDIOB4",
    "BAAQEAYEAUDAOCAJBIFQYDIOB4",
    "CAAQEAYEAUDAOCAJBIFQYDIOB4",
    "DAAQEAYEAUDAOCAJBIFQYDIOB4",
];

fn session_of(record: &AccountRecord, epoch: &Value, ids: &[&str]) -> Session {
    let last = field(record, "step_up")["session"].clone();
    let id = ids.iter().find(|id| last != **id).expect("two ids");
    let row = json!({
        "format": 1, "account": record.account(), "epoch": epoch, "at": START,
        "first_factor": "password", "method": "code", "device": null, "id": id, "elevation": null,
    });
    serde_json::from_value(row).expect("a session")
}

/// Whether the record has the mark of a password change.
pub fn is_changing(record: &AccountRecord) -> bool {
    !field(record, "password_change").is_null()
}

pub fn has_distinct_authenticators(record: &AccountRecord) -> bool {
    let bound = field(record, "authenticators");
    let ids: Vec<_> = bound.as_array().into_iter().flatten().map(|bound| bound["id"].as_str()).collect();
    ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
}

/// The charge of a wrong code: one guess for each app.
pub fn guesses(record: &AccountRecord) -> u64 {
    let bound = field(record, "authenticators");
    let apps = bound.as_array().into_iter().flatten().filter(|bound| bound.pointer("/prover/app").is_some());
    u64::try_from(apps.count()).expect("five at most").max(1)
}

pub fn spent(record: &AccountRecord) -> u64 {
    field(record, "budget")["spent"].as_u64().expect("a number")
}

/// The secrets of the bound apps and their last steps, if all secrets are stored in clear.
pub fn clear_secrets(record: &AccountRecord) -> Option<Vec<(Phone, Option<u64>)>> {
    let bound = field(record, "authenticators");
    let apps = bound.as_array()?.iter().filter_map(|bound| bound.pointer("/prover/app"));
    let clear = apps.map(|app| {
        let sealed = Secret::from_base32(app.pointer("/secret/sealed")?.as_str()?).ok()?;
        let (form, secret) = sealed.expose().split_first()?;
        let params = serde_json::from_value(app.pointer("/secret/totp")?.clone()).ok()?;
        let phone = Phone::new(&Secret::new(secret).ok()?, params);
        (*form == 0).then(|| (phone, app["step"].as_u64()))
    });
    clear.collect()
}
