//! The row of an account.

use second_factor::AccountRecord;
use serde_json::{Value, json};

use crate::account::{Account, With};
use crate::authenticator::{Authenticator, id_of_host};

impl Account {
    /// The record is that of the model, except for ids and digests, which the library draws or computes.
    pub fn assert_is(&self, record: &AccountRecord) {
        let written = serde_json::to_string(record).expect("a record can be written");
        assert_eq!(serde_json::from_str::<AccountRecord>(&written).ok().as_ref(), Some(record));
        let record: Value = serde_json::from_str(&written).expect("JSON");
        let record = &record["record"];
        let list = |name: &str| record[name].as_array().expect("a list").clone();
        assert_eq!(record["budget"], self.budget.to_json());
        assert_eq!(list("recovery").len(), self.codes_left());
        assert_eq!(record["regenerated"].as_u64(), self.regenerated_at);
        let bound: Vec<_> = self.authenticators.iter().map(Authenticator::to_json).collect();
        assert_eq!(list("authenticators").into_iter().map(Authenticator::json_of).collect::<Vec<_>>(), bound);
        let devices = self.devices.iter().map(|one| {
            let (rotated, since) = (one.rotated_at, one.since);
            json!([one.id, one.generation, rotated, since, "a browser"])
        });
        assert_eq!(list("devices"), devices.collect::<Vec<_>>());
        let touched = self.touched.iter().zip(list("touched")).map(|(one, kept)| {
            let (opened, failures, charged) = (one.opened_at, one.failures, one.charged);
            json!([kept[0], opened, failures, charged, one.done])
        });
        assert_eq!(list("touched"), touched.collect::<Vec<_>>());
        assert_eq!(list("touched").len(), self.touched.len());
        assert_eq!(record["password_change"]["at"].as_u64(), self.mark.map(|mark| mark.at));
        let stepped_up = self.stepped_up.as_ref();
        assert_eq!(record["step_up"]["at"].as_u64(), stepped_up.map(|last| last.at));
        let what = &record["step_up"]["what"];
        match stepped_up.map(|last| &last.with) {
            None => assert!(record["step_up"].is_null()),
            Some(With::Code(_)) => assert!(what["code"].is_string()),
            Some(With::Host(proof)) => {
                let id = id_of_host(&self.id, proof.credential);
                assert_eq!(what["host"]["authenticator"], json!(id));
            }
            Some(With::RecoveryCode(_)) => assert!(what["recovery_code"].is_string()),
        }
    }
}
