//! An account of which there is a token of each kind, and what becomes of a text that takes its place.

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

    /// What a token of the kind is made of, in order.
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

/// What became of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Took {
    /// Not even read.
    Unreadable,
    Refused,
    Genuine,
}

pub struct Site {
    pub world: World,
    pub phone: Phone,
    /// Challenge, device and enrollment; the last has a label, an issuer and a place of its own.
    tokens: [String; 3],
}

pub fn ring() -> KeyRing {
    KeyRing::new(1, SealingKey::new([7; 32]))
}

impl Site {
    pub fn new() -> Self {
        Self::enrolled(world())
    }

    /// Another account of the same service.
    pub fn of(&self, account: &AccountId) -> Self {
        let store = self.world.verifier.store().clone();
        Self::enrolled(over(store, policy(), ring().into(), account.clone(), &self.world))
    }

    /// The same account by another instance.
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
        // In a session that the device began, with which the enrollment ends.
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

    /// What becomes of this text in the place of a token. Only for a device that is remembered something is written.
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
            assert_eq!(self.rows(), before, "{took:?} as {kind:?}, and something is written: {text}");
        }
        took
    }

    fn rows(&self) -> [Option<Versioned<AccountRecord>>; 2] {
        ["alice", "bob"].map(|name| self.world.verifier.store().load(&AccountId::new(name).unwrap()).unwrap())
    }

    /// A device that is remembered gets its next token, which is one write.
    fn put_back(&self, rows: [Option<Versioned<AccountRecord>>; 2]) {
        let store = self.world.verifier.store();
        for row in rows.into_iter().flatten() {
            let Versioned { revision, .. } = store.load(row.value.account()).unwrap().unwrap();
            let next = Revision::new(revision.get() / 2 + 1);
            let change = Change::new(Expected::At(revision), next, &row.value, &[]);
            assert_eq!(store.compare_and_swap(row.value.account(), change).unwrap(), Swap::Stored);
        }
    }

    /// A text that is no code is not tried in a challenge that lives, and is told so.
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
                assert_eq!(is_unknown, is_read, "the host is told of what could be read");
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

    /// The present epoch of the account, as a token has it.
    pub fn epoch(&self) -> Vec<u8> {
        let record = serde_json::to_value(self.world.record()).unwrap();
        let text = record["record"]["epoch"].as_str().unwrap();
        base32::decode(base32::Alphabet::Rfc4648 { padding: false }, text).unwrap()
    }
}

fn over(store: Arc<MemoryStore>, policy: Policy, keys: Keys, account: AccountId, beside: &World) -> World {
    let (clock, events) = (beside.clock.clone(), beside.events.clone());
    // Other random numbers than any instance before it, or it would draw their ids again.
    let rng = Mutex::new(TestRng(beside.now().as_secs()));
    let verifier =
        BlockingVerifier::with_sources(store, policy, keys, clock.clone(), rng).with_events(events.clone());
    World { verifier, clock, events, account }
}
