//! Helpers for tests with several authenticators.

use second_factor::session::{AuthenticatorId, AuthenticatorInfo, NewAuthenticator};
use second_factor::store::{Change, Expected, Revision, Swap};
use second_factor::{AccountId, BlockingStore};
use serde_json::Value;

use super::{Phone, STEP, World};

impl World {
    /// Binds another app with a fresh factor of a bound one. Advances the clock by three steps.
    pub fn add_app(&self, bound: &Phone, label: &str) -> (AuthenticatorId, Phone) {
        let new = NewAuthenticator::app("alice@example.com").label(label);
        let begun = self.verifier.begin_enrollment(self.fresh(bound), new).unwrap();
        let phone = Phone::scan(&begun.uri);
        let confirmed = self.verifier.confirm_enrollment(&begun.token, &phone.code(self.now())).unwrap();
        self.clock.advance(2 * STEP);
        self.events.take();
        (confirmed.authenticator(), phone)
    }

    /// An account with this many apps, the oldest first.
    pub fn with_apps(count: usize) -> (Self, Vec<Phone>, Vec<String>) {
        let (world, phone, codes) = Self::enrolled();
        let mut phones = vec![phone];
        for number in 1..count {
            let (_, other) = world.add_app(&phones[0], &format!("App {number}"));
            phones.push(other);
        }
        (world, phones, codes)
    }

    /// The list of authenticators in the account's status.
    pub fn list(&self) -> Vec<AuthenticatorInfo> {
        self.verifier.status(&self.account).unwrap().authenticators
    }

    pub fn recovery_codes_left(&self) -> usize {
        self.verifier.status(&self.account).unwrap().recovery_codes_left
    }

    /// Edits the stored record as JSON, as somebody with access to the database could.
    pub fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let row = self.verifier.store().load(&self.account).unwrap().unwrap();
        let mut json = serde_json::to_value(&row.value).unwrap();
        edit(&mut json["record"]);
        let record = serde_json::from_value(json).unwrap();
        let next = Revision::new(row.revision.get() ^ 1);
        let change = Change::new(Expected::At(row.revision), next, &record, &[]);
        let swapped = self.verifier.store().compare_and_swap(&self.account, change);
        assert_eq!(swapped.unwrap(), Swap::Stored);
    }

    /// The same service with another account.
    pub fn of(&self, account: &str) -> Self {
        Self {
            verifier: self.verifier.clone(),
            clock: self.clock.clone(),
            events: self.events.clone(),
            account: AccountId::new(account).unwrap(),
        }
    }
}
