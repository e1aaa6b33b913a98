//! An account with a token of each kind, and the answer to a text in place of a token.

use std::sync::{Arc, Mutex};

use second_factor::session::{EnrollmentToken, EventKind, KeyRing, RefusedBecause, SealingKey};
use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken, Keys, Login,
    MemoryStore, Policy, Refusal, Remember,
};

use super::{policy, world};
use crate::support::{Phone, STEP, TestRng, World, complete, refusal};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Challenge,
    Device,
    Enrollment,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Challenge, Self::Device, Self::Enrollment];

    /// The fields of a token of this kind, in order.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Challenge => &["key", "account", "epoch", "first factor", "opened", "id"],
            Self::Device => &["key", "account", "series", "generation"],
            Self::Enrollment => &[
                "key",
                "account",
                "epoch",
                "begun",
                "id",
                "secret",
                "algorithm",
                "digits",
                "period",
                "t0",
                "label",
                "issuer",
                "account name",
                "place",
                "basis",
            ],
        }
    }

    pub fn prefix(self) -> &'static str {
        match self {
            Self::Challenge => "c1",
            Self::Device => "d1",
            Self::Enrollment => "e1",
        }
    }
}

/// What happened to a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Took {
    /// It was not even parsed.
    Unreadable,
    Refused,
    Genuine,
}

pub struct Site {
    pub world: World,
    pub phone: Phone,
    /// Challenge, device and enrollment. The enrollment has a label and an issuer, and replaces an authenticator.
    tokens: [String; 3],
}

pub fn ring() -> KeyRing {
    KeyRing::new(1, SealingKey::new([7; 32]))
}

impl Site {
    pub fn new() -> Self {
        Self::enrolled(world())
    }

    /// The same service with another account.
    pub fn of(&self, account: &AccountId) -> Self {
        let store = self.world.verifier.store().clone();
        Self::enrolled(over(store, policy(), ring().into(), account.clone(), &self.world))
    }

    /// The same account on another instance.
    pub fn under(&self, policy: Policy, keys: impl Into<Keys>) -> Self {
        let store = self.world.verifier.store().clone();
        let world = over(store, policy, keys.into(), self.world.account.clone(), &self.world);
        Self::with_tokens(world, self.phone.clone())
    }

    fn enrolled(world: World) -> Self {
        let (phone, _) = world.enroll();
        Self::with_tokens(world, phone)
    }

    fn with_tokens(world: World, phone: Phone) -> Self {
        let device = world.remember(&phone).expose().to_owned();
        let new = world.in_place_of_first().label("Tablet").issuer("Tenant");
        // The session began on the device; forgetting the device ends the enrollment.
        let session =
            complete(world.login_on(&DeviceToken::parse(&device).unwrap())).authenticated.into_session();
        let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
        world.clock.advance(STEP);
        let begun = world.verifier.begin_enrollment(fresh, new).unwrap();
        let tokens = [world.challenge().expose().to_owned(), device, begun.token.expose().to_owned()];
        Self { world, phone, tokens }
    }

    pub fn genuine(&self, kind: Kind) -> String {
        self.tokens[kind as usize].clone()
    }

    /// Presents the text in place of a token. Something is written only if the text is a genuine device token.
    pub fn takes(&self, kind: Kind, text: &str) -> Took {
        let before = self.rows();
        self.world.events.take();
        let took = match kind {
            Kind::Challenge => self.takes_challenge(text),
            Kind::Device => self.takes_device(text),
            Kind::Enrollment => self.takes_enrollment(text),
        };
        if (kind, took) == (Kind::Device, Took::Genuine) {
            self.put_back(before);
        } else {
            assert_eq!(self.rows(), before, "{took:?} as {kind:?}, but something was written: {text}");
        }
        took
    }

    fn rows(&self) -> [Option<Versioned<AccountRecord>>; 2] {
        ["alice", "bob"].map(|name| self.world.verifier.store().load(&AccountId::new(name).unwrap()).unwrap())
    }

    /// Undoes the one write: a genuine device token was replaced.
    fn put_back(&self, rows: [Option<Versioned<AccountRecord>>; 2]) {
        let store = self.world.verifier.store();
        for row in rows.into_iter().flatten() {
            let Versioned { revision, .. } = store.load(row.value.account()).unwrap().unwrap();
            let next = Revision::new(revision.get() / 2 + 1);
            let change = Change::new(Expected::At(revision), next, &row.value, &[]);
            assert_eq!(store.compare_and_swap(row.value.account(), change).unwrap(), Swap::Stored);
        }
    }

    /// A malformed code is not charged, but the refusal shows whether the challenge is valid.
    fn takes_challenge(&self, text: &str) -> Took {
        let Ok(challenge) = ChallengeToken::parse(text) else { return Took::Unreadable };
        let told = refusal(self.world.verifier.present(&challenge, "12345x", Remember::No)).unwrap_err();
        let reason = RefusedBecause::NoChallenge;
        match told {
            Refusal::Malformed => Took::Genuine,
            Refusal::ChallengeOver => {
                assert_eq!(self.world.events.take(), [EventKind::CodeRefused { reason }]);
                Took::Refused
            }
            other => panic!("{other:?}"),
        }
    }

    fn takes_device(&self, text: &str) -> Took {
        let is_read = DeviceToken::parse(text).is_ok();
        let proof = self.world.password();
        let login = self.world.verifier.password_verified(proof, Some(text)).unwrap();
        let is_unknown = self.world.events.take().contains(&EventKind::DeviceUnknown);
        match login {
            Login::Complete(_) => Took::Genuine,
            Login::CodeRequired(_) => {
                assert_eq!(
                    is_unknown, is_read,
                    "the host hears of every token that could be parsed, and only of those"
                );
                if is_read { Took::Refused } else { Took::Unreadable }
            }
            other @ Login::EnrollmentRequired(_) => panic!("{other:?}"),
        }
    }

    fn takes_enrollment(&self, text: &str) -> Took {
        let Ok(token) = EnrollmentToken::parse(text) else { return Took::Unreadable };
        let shown = refusal(self.world.verifier.pending_enrollment(&token)).map(drop);
        let confirmed = refusal(self.world.verifier.confirm_enrollment(&token, "12345x")).map(drop);
        match (shown, confirmed) {
            (Ok(()), Err(Refusal::Malformed)) => Took::Genuine,
            (Err(Refusal::EnrollmentOver), Err(Refusal::EnrollmentOver)) => Took::Refused,
            other => panic!("{other:?}"),
        }
    }

    /// The account's present epoch, in the encoding of tokens.
    pub fn epoch(&self) -> Vec<u8> {
        let record = serde_json::to_value(self.world.record()).unwrap();
        let text = record["record"]["epoch"].as_str().unwrap();
        base32::decode(base32::Alphabet::Rfc4648 { padding: false }, text).unwrap()
    }
}

fn over(store: Arc<MemoryStore>, policy: Policy, keys: Keys, account: AccountId, beside: &World) -> World {
    let (clock, events) = (beside.clock.clone(), beside.events.clone());
    // Another seed than that of any earlier instance, or the same ids would be drawn again.
    let rng = Mutex::new(TestRng(beside.now().as_secs()));
    let verifier =
        BlockingVerifier::with_sources(store, policy, keys, clock.clone(), rng).with_events(events.clone());
    World { verifier, clock, events, account }
}
