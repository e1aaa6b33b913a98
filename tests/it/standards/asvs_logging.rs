//! OWASP ASVS 5.0, chapter 16: which events are logged, and the origin of the requests.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, AuditEvent, EventKind, Import, Origin, RefusedBecause, Requirement,
};
use second_factor::store::{Change, MemoryStoreError, Swap, Versioned};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, KeyRing, MemoryStore, Policy, Remember, SealingKey,
    Secret, TotpParams, Verifier,
};

use super::asvs::{minutes, source, variant_of};
use crate::support::source::code_of;
use crate::support::{NEVER_ISSUED, Phone, Remote, TestRng, World};

/// A store that keeps the audit trail of each write next to its rows.
#[derive(Debug, Default)]
struct WithTrail {
    rows: MemoryStore,
    trail: Mutex<Vec<AuditEvent>>,
}

impl BlockingStore for WithTrail {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(&self.rows, account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        self.trail.lock().unwrap().extend_from_slice(change.events());
        BlockingStore::compare_and_swap(&self.rows, account, change)
    }
}

/// A call of the verifier, an event that it causes, and how to make the call.
type Door = (&'static str, &'static str, fn(&World<Arc<WithTrail>>, &Phone));

const DOORS: [Door; 20] = [
    ("password_verified", "ChallengeOpened", |world, _| drop(world.challenge())),
    ("present", "LoggedIn", |world, phone| drop(world.log_in(phone))),
    ("fresh_factor", "SteppedUp", |world, phone| drop(world.fresh(phone))),
    ("reauthenticate", "SteppedUp", |world, phone| {
        let code = phone.code(world.now());
        let _ = world.verifier.reauthenticate(&world.session(1), world.password(), &code).unwrap();
    }),
    ("begin_enrollment", "EnrollmentBegun", |world, phone| {
        let _ = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
    }),
    ("confirm_enrollment", "AuthenticatorBound", |world, phone| {
        let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
        let code = Phone::scan(&begun.uri).code(world.now());
        let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    }),
    ("import", "AuthenticatorBound", |world, _| {
        let secret = ImportedSecret::new(Secret::new(&[5; 20]).unwrap()).unwrap();
        let bob = AccountId::new("bob").unwrap();
        let _ = world.verifier.import(Import::by_host(bob, secret, TotpParams::default())).unwrap();
    }),
    ("bind_host_authenticator", "AuthenticatorBound", |world, phone| {
        let _ = world.bind_passkey(phone);
    }),
    ("try_old_recovery_code", "OldRecoveryCodeTried", |world, _| {
        let _ = world.verifier.try_old_recovery_code(&world.challenge()).unwrap();
    }),
    ("remove_authenticator", "AuthenticatorRemoved", |world, phone| {
        let passkey = world.bind_passkey(phone);
        let fresh = world.fresh(phone);
        let _ = world.verifier.remove_authenticator(fresh, passkey, Requirement::None).unwrap();
    }),
    ("rename_authenticator", "AuthenticatorRenamed", |world, phone| {
        let fresh = world.fresh(phone);
        world.verifier.rename_authenticator(fresh, world.first_authenticator(), "Old phone").unwrap();
    }),
    ("end_what_a_backup_revived", "Restored", |world, _| {
        let _ = world.verifier.end_what_a_backup_revived(&world.account).unwrap();
    }),
    ("disable", "AuthenticatorRemoved", |world, phone| {
        let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
    }),
    ("regenerate_recovery_codes", "RecoveryCodesRegenerated", |world, phone| {
        let _ = world.verifier.regenerate_recovery_codes(world.fresh(phone)).unwrap();
    }),
    ("change_password", "PasswordChanged", |world, _| drop(world.reset_password())),
    ("end_all_sessions", "SessionsEnded", |world, _| {
        let _ = world.verifier.end_all_sessions(&world.session(1)).unwrap();
    }),
    ("close_account", "AccountClosed", |world, phone| {
        let code = phone.code(world.now());
        let owner = world.verifier.reauthenticate(&world.session(1), world.password(), &code).unwrap();
        let _ = world.verifier.close_account(owner).unwrap();
    }),
    ("administrator_reset", "AuthenticatorRemoved", |world, _| {
        let root = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &root).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
    }),
    ("forget_device", "DeviceForgotten", |world, phone| {
        let _ = world.remember(phone);
        let device = world.verifier.status(&world.account).unwrap().devices[0].id;
        assert!(world.verifier.forget_device(&world.account, device).unwrap());
    }),
    ("forget_all_devices", "DeviceForgotten", |world, phone| {
        let _ = world.remember(phone);
        assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    }),
];

/// The events for the sink and those for the store, when an enrolled owner makes this call with or without an origin.
fn through((_, _, door): Door, origin: Option<&Origin>) -> (Vec<AuditEvent>, Vec<AuditEvent>) {
    let mut world = World::over(Arc::new(WithTrail::default()), Policy::new("Example").unwrap());
    if let Some(origin) = origin {
        world.verifier = world.verifier.on_behalf_of(origin.clone());
    }
    let (phone, _) = world.enroll();
    door(&world, &phone);
    let trail = world.verifier.store().trail.lock().unwrap().clone();
    (world.events.all(), trail)
}

#[test]
fn asvs_16_2_1_every_event_says_where_the_request_came_from() {
    let origin = Origin::new().with_address(Ipv4Addr::new(192, 0, 2, 1)).with_user_agent("Firefox");
    for door in DOORS {
        let (name, known_by, _) = door;
        let (plain, plain_trail) = through(door, None);
        let kinds: Vec<_> = plain.iter().map(|event| variant_of(&format!("{:?}", event.kind))).collect();
        assert!(kinds.iter().any(|kind| kind == known_by), "{name}: {kinds:?}");
        assert!(plain.iter().chain(&plain_trail).all(|event| event.origin.is_none()), "{name}: {plain:?}");
        // The same events for sink and store, except for the origin.
        let with_origin = |events: Vec<AuditEvent>| -> Vec<_> {
            events
                .into_iter()
                .map(|mut event| {
                    event.origin = Some(origin.clone());
                    event
                })
                .collect()
        };
        let expected = (with_origin(plain), with_origin(plain_trail));
        assert!(!expected.1.is_empty(), "{name}: the enrollment is in the store's trail");
        assert_eq!(through(door, Some(&origin)), expected, "{name}");
    }
}

#[test]
fn asvs_16_2_1_every_call_that_causes_an_event_is_in_the_table() {
    let code: String = ["verifier/login.rs", "verifier/account.rs", "verifier/operate.rs"]
        .iter()
        .map(|file| code_of(&source(file)))
        .collect();
    let decide =
        |function: &&str| function.contains("self.decide(") || function.contains("self.decide_from(");
    let name = |function: &str| function.split(['(', '<']).next().unwrap().to_owned();
    let found: BTreeSet<_> = code.split("pub async fn ").skip(1).filter(decide).map(name).collect();
    // One shows an enrollment again, the other seals a secret with another key: neither causes an event.
    let silent = ["pending_enrollment", "reseal"];
    let driven = DOORS.iter().map(|(name, _, _)| *name).chain(silent).map(str::to_owned).collect();
    assert_eq!(found, driven);
}

#[tokio::test]
async fn asvs_16_2_1_events_of_concurrent_requests_keep_their_origin() {
    let (world, phone, _) = World::enrolled();
    let (policy, ring) = (Policy::new("Example").unwrap(), KeyRing::new(1, SealingKey::new([7; 32])));
    // Between any two steps of one request, the others make a step.
    let store = Remote(world.verifier.store().clone());
    let verifier = Verifier::with_sources(store, policy, ring, world.clock.clone(), Mutex::new(TestRng(2)))
        .with_events(world.events.clone());
    let [here, there] = [1, 2].map(|host| Origin::new().with_address(Ipv4Addr::new(192, 0, 2, host)));
    let (for_one, elsewhere) = (verifier.on_behalf_of(here.clone()), verifier.on_behalf_of(there.clone()));
    let [first, second, third] = [world.challenge(), world.challenge(), world.challenge()];
    let (wrong, code) = (phone.wrong_code(world.now()), phone.code(world.now()));
    world.events.take();
    let (first, second, third) = tokio::join!(
        for_one.present(&first, &wrong, Remember::No),
        elsewhere.present(&second, NEVER_ISSUED, Remember::No),
        verifier.present(&third, &code, Remember::No),
    );
    assert!(first.is_err() && second.is_err() && third.is_ok());
    let mut heard: Vec<_> = world
        .events
        .all()
        .into_iter()
        .map(|event| (variant_of(&format!("{:?}", event.kind)), event.origin))
        .collect();
    heard.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("CodeRefused", Some(here)), ("LoggedIn", None), ("RecoveryCodeRefused", Some(there))];
    assert_eq!(heard, expected.map(|(kind, origin)| (kind.to_owned(), origin)));
}

#[test]
fn asvs_16_2_1_a_clone_shares_the_accounts_but_not_the_origin() {
    let (world, phone, _) = World::enrolled();
    let origin = Origin::new().with_address("192.0.2.1");
    let for_request = world.verifier.on_behalf_of(origin.clone());
    let elsewhere = for_request.clone().on_behalf_of(Origin::new().with_address("192.0.2.2"));
    // With its own sink, which gets only its own events.
    let unheard = for_request.clone().with_events(|_: &AuditEvent| ());
    let code = phone.code(world.now());
    let challenge = world.challenge();
    assert!(unheard.present(&challenge, &phone.wrong_code(world.now()), Remember::No).is_err());
    assert!(for_request.present(&challenge, &code, Remember::No).is_ok());
    assert!(
        elsewhere.present(&world.challenge(), &code, Remember::No).is_err(),
        "a code of the same account was accepted twice"
    );
    let addresses: Vec<_> = world
        .events
        .all()
        .iter()
        .map(|event| event.origin.as_ref().and_then(Origin::address).map(str::to_owned))
        .collect();
    let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|address| Some(address.to_owned()));
    assert_eq!(addresses, [None, here, None, there]);
}

/// Line separators, and marks that change the text direction.
const GARBLING: &str =
    "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";

#[test]
fn asvs_16_4_1_an_origin_cannot_forge_a_line_of_a_log() {
    let garbled = |text: &str| format!("{GARBLING}{text}{GARBLING}");
    let origin =
        Origin::new().with_address(garbled("::1")).with_user_agent(&garbled("Fire\r\nfox 1.0 \u{e9}"));
    assert_eq!((origin.address(), origin.user_agent()), (Some("::1"), Some("Firefox 1.0 \u{e9}")));
    assert_eq!(Origin::new().with_address(GARBLING).with_user_agent(""), Origin::new());
    // From a log that another program wrote.
    let row = serde_json::json!({ "address": garbled("::1"), "user_agent": garbled("Firefox") });
    let read: Origin = serde_json::from_value(row).unwrap();
    assert_eq!((read.address(), read.user_agent()), (Some("::1"), Some("Firefox")));
}

#[test]
fn asvs_16_4_1_a_long_origin_is_cut() {
    assert_eq!((Origin::MAX_ADDRESS, Origin::MAX_USER_AGENT), (64, 256));
    for extra in [0, 1, 1000] {
        // The limit counts characters, not bytes, and not the characters that are removed.
        let long = |max: usize| format!("\n{}", "\u{e9}".repeat(max + extra));
        let made = Origin::new().with_address(long(64)).with_user_agent(&long(256));
        let row = serde_json::json!({ "address": long(64), "user_agent": long(256) });
        for origin in [made, serde_json::from_value(row).unwrap()] {
            assert_eq!(origin.address().unwrap(), "\u{e9}".repeat(64));
            assert_eq!(origin.user_agent().unwrap(), "\u{e9}".repeat(256));
        }
    }
}

#[test]
fn asvs_16_2_1_an_event_is_read_from_a_log_as_it_was_written() {
    let (mut world, _, _) = World::enrolled();
    let _ = world.challenge();
    world.verifier =
        world.verifier.on_behalf_of(Origin::new().with_address("::1").with_user_agent("Firefox"));
    let _ = world.challenge();
    world.verifier = world.verifier.on_behalf_of(Origin::new());
    let _ = world.challenge();
    let rows: Vec<_> = world.events.all().iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let origins: Vec<_> = rows.iter().map(|row| row["origin"].clone()).collect();
    let full = serde_json::json!({ "address": "::1", "user_agent": "Firefox" });
    let empty = serde_json::json!({ "address": null, "user_agent": null });
    assert_eq!(origins, [serde_json::Value::Null, full, empty]);
    let read: Vec<AuditEvent> = rows.into_iter().map(|row| serde_json::from_value(row).unwrap()).collect();
    assert_eq!(read, world.events.all());
}

/// An attempt to authenticate, by an enrolled owner or by somebody else, and the event of its result.
type Attempt = (&'static str, fn(&World, &Phone, &str), fn(&EventKind) -> bool);

const ATTEMPTS: [Attempt; 18] = [
    (
        "a code",
        |world, phone, _| drop(world.log_in(phone)),
        |kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::Code }),
    ),
    (
        "codes in a row",
        |world, phone, _| {
            // All of them from after the enrollment.
            world.clock.advance(minutes(5));
            drop(world.present(&phone.codes_in_a_row(world.now())));
        },
        |kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::CodesInARow }),
    ),
    (
        "a recovery code",
        |world, _, recovery| drop(world.present(recovery)),
        |kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::RecoveryCode }),
    ),
    (
        "a remembered device",
        |world, phone, _| drop(world.login_on(&world.remember(phone))),
        |kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::RememberedDevice { .. } }),
    ),
    (
        "the password alone",
        |world, phone, _| {
            let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
            let _ = world.login();
        },
        |kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::SingleFactor }),
    ),
    (
        "a fresh code",
        |world, phone, _| drop(world.fresh(phone)),
        |kind| matches!(kind, EventKind::SteppedUp { method: AuthMethod::Code }),
    ),
    (
        "a fresh recovery code",
        |world, _, recovery| drop(world.verifier.fresh_factor(&world.session(1), recovery)),
        |kind| matches!(kind, EventKind::SteppedUp { method: AuthMethod::RecoveryCode }),
    ),
    (
        "the right password, no code",
        |world, _, _| drop(world.login()),
        |kind| matches!(kind, EventKind::ChallengeOpened),
    ),
    (
        "a wrong code",
        |world, phone, _| drop(world.present(&phone.wrong_code(world.now()))),
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Wrong }),
    ),
    (
        "a wrong fresh code",
        |world, phone, _| {
            assert!(world.verifier.fresh_factor(&world.session(1), &phone.wrong_code(world.now())).is_err());
        },
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Wrong }),
    ),
    (
        "a wrong code beside the password",
        |world, phone, _| {
            let wrong = phone.wrong_code(world.now());
            assert!(world.verifier.reauthenticate(&world.session(1), world.password(), &wrong).is_err());
        },
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Wrong }),
    ),
    (
        "wrong codes in a row",
        |world, phone, _| drop(world.present(&[&*phone.wrong_code(world.now()); 4].join(" "))),
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Wrong }),
    ),
    (
        "a used code",
        |world, phone, _| {
            let code = phone.code(world.now());
            let _ = world.present(&code).unwrap();
            let _ = world.present(&code).unwrap_err();
        },
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Replayed }),
    ),
    (
        "a code too many",
        |world, phone, _| {
            for _ in 0..21 {
                let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
            }
        },
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::Locked }),
    ),
    (
        "a code that comes late",
        |world, phone, _| {
            let challenge = world.challenge();
            world.clock.advance(minutes(11));
            drop(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No));
        },
        |kind| matches!(kind, EventKind::CodeRefused { reason: RefusedBecause::NoChallenge }),
    ),
    (
        "a wrong recovery code",
        |world, _, _| drop(world.present(NEVER_ISSUED)),
        |kind| matches!(kind, EventKind::RecoveryCodeRefused { reason: RefusedBecause::Wrong }),
    ),
    (
        "the cookie of a device that was forgotten",
        |world, phone, _| {
            let device = world.remember(phone);
            assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
            let _ = world.login_on(&device);
        },
        |kind| matches!(kind, EventKind::DeviceUnknown),
    ),
    (
        "a wrong code of a new app",
        |world, phone, _| {
            let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
            let wrong = Phone::scan(&begun.uri).wrong_code(world.now());
            assert!(world.verifier.confirm_enrollment(&begun.token, &wrong).is_err());
        },
        |kind| matches!(kind, EventKind::EnrollmentRefused),
    ),
];

#[test]
fn asvs_16_3_1_every_attempt_is_an_event_with_its_factor() {
    for (name, attempt, is_told) in ATTEMPTS {
        let (world, phone, codes) = World::enrolled();
        attempt(&world, &phone, &codes[0]);
        let heard = world.events.take();
        assert_eq!(heard.iter().filter(|kind| is_told(kind)).count(), 1, "{name}: {heard:?}");
    }
}
