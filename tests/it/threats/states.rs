//! Steps that are skipped, swapped or taken twice, and half a login that is taken for a complete one: threats A13 to A16,
//! failures F20 to F22, F29, F34.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Mutex;

use second_factor::session::{
    AdministratorReset, EnrollmentToken, EventKind, RefusedBecause, Remember, Requirement,
    StoreSecretsInClear, TokenKey, TokenKeys,
};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken, Keys,
    Login, Policy, Refusal, Session,
};

use crate::support::source::{code_of, is_word, sources};
use crate::support::tokens::{Parts, base32_bytes as base32, under_another_key};
use crate::support::{
    Phone, START, STEP, TestRng, World, at_once, code_required, complete, is_refused_because, refusal, texts,
};

/// An account with a valid token of every kind.
struct Tokens {
    world: World,
    phone: Phone,
    codes: Vec<String>,
    challenge: ChallengeToken,
    enrollment: EnrollmentToken,
    /// The phone that scanned the pending enrollment.
    new_phone: Phone,
    device: DeviceToken,
}

fn tokens() -> Tokens {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    let challenge = world.challenge();
    world.events.take();
    Tokens { world, phone, codes, challenge, enrollment: begun.token, new_phone, device }
}

impl Tokens {
    /// The prefix and the text of a token of every kind.
    fn texts(&self) -> [(&'static str, &str); 3] {
        [("c1", self.challenge.expose()), ("e1", self.enrollment.expose()), ("d1", self.device.expose())]
    }

    /// The token of this kind, with the tag of `text`.
    fn forged(&self, text: &str, kind: &str) -> String {
        let (_, own) = self.texts().into_iter().find(|(prefix, _)| *prefix == kind).unwrap();
        Parts { tag: Parts::of(text).tag, ..Parts::of(own) }.text()
    }
}

#[test]
fn a13_no_token_is_parsed_as_one_of_another_kind() {
    let tokens = tokens();
    for (kind, text) in tokens.texts() {
        let read = [
            ("c1", ChallengeToken::parse(text).is_ok()),
            ("e1", EnrollmentToken::parse(text).is_ok()),
            ("d1", DeviceToken::parse(text).is_ok()),
        ];
        for (reader, is_read) in read {
            assert_eq!(is_read, kind == reader, "{kind} read as {reader}");
        }
        // With another kind's prefix it is refused too.
        for prefix in ["c1", "e1", "d1"] {
            let text = Parts { prefix: prefix.to_owned(), ..Parts::of(text) }.text();
            assert_eq!(ChallengeToken::parse(&text).is_ok(), (kind, prefix) == ("c1", "c1"));
            assert_eq!(EnrollmentToken::parse(&text).is_ok(), (kind, prefix) == ("e1", "e1"));
            assert_eq!(DeviceToken::parse(&text).is_ok(), (kind, prefix) == ("d1", "d1"));
        }
        // It is neither a recovery code nor a code.
        let presented = tokens.world.verifier.present(&tokens.challenge, text, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::Malformed);
        let in_a_session = tokens.world.verifier.fresh_factor(&tokens.world.session(1), text);
        assert_eq!(refusal(in_a_session).unwrap_err(), Refusal::Malformed);
    }
}

/// A token of every kind with the tag of every other kind, in every method that takes a token, with the right second
/// argument.
#[test]
fn a13_no_token_forged_into_another_kind_is_accepted() {
    let tokens = tokens();
    let Tokens { world, phone, codes, new_phone, .. } = &tokens;
    let verifier = &world.verifier;
    let (code, new_code) = (phone.code(world.now()), new_phone.code(world.now()));
    let mut tried = 0;
    for (kind, text) in tokens.texts() {
        let before = world.verifier.store().load(&world.account).unwrap().unwrap();
        for reader in ["c1", "e1"].into_iter().filter(|reader| *reader != kind) {
            let forged = tokens.forged(text, reader);
            let answers = if reader == "c1" {
                let forged = ChallengeToken::parse(&forged).unwrap();
                vec![
                    refusal(verifier.present(&forged, &code, Remember::No)).unwrap_err(),
                    refusal(verifier.present(&forged, &codes[0], Remember::No)).unwrap_err(),
                ]
            } else {
                let forged = EnrollmentToken::parse(&forged).unwrap();
                vec![
                    refusal(verifier.pending_enrollment(&forged)).unwrap_err(),
                    refusal(verifier.confirm_enrollment(&forged, &new_code)).unwrap_err(),
                ]
            };
            let over = if reader == "e1" { Refusal::EnrollmentOver } else { Refusal::ChallengeOver };
            assert_eq!(answers, [over, over], "{kind} as {reader}");
            tried += answers.len();
        }
        let after = world.verifier.store().load(&world.account).unwrap().unwrap();
        assert_eq!(before, after, "{kind}: something was written");
    }
    assert_eq!(tried, 8);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 4);

    for (kind, text) in &tokens.texts()[..2] {
        world.events.take();
        let cookie = tokens.forged(text, "d1");
        assert!(DeviceToken::parse(&cookie).is_ok());
        let login = world.verifier.password_verified(world.password(), Some(&cookie)).unwrap();
        let _ = code_required(login);
        assert!(world.events.take().contains(&EventKind::DeviceUnknown), "{kind} as a device");
    }
}

#[test]
fn a13_each_token_is_accepted_where_it_belongs() {
    let tokens = tokens();
    let world = &tokens.world;
    let login = world.login_on(&DeviceToken::parse(tokens.device.expose()).unwrap());
    assert!(matches!(complete(login).authenticated.method(), AuthMethod::RememberedDevice { .. }));
    let accepted = world.verifier.present(&tokens.challenge, &tokens.phone.code(world.now()), Remember::No);
    assert_eq!(accepted.unwrap().authenticated.method(), AuthMethod::Code);
    let new_code = tokens.new_phone.code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&tokens.enrollment, &new_code).unwrap();
    assert_eq!(confirmed.into_parts().1.account(), &world.account);
}

#[test]
fn a13_a_token_of_one_account_is_refused_for_another() {
    let tokens = tokens();
    let bob = World { account: AccountId::new("bob").unwrap(), ..tokens.world };
    let (bobs_phone, _) = bob.enroll();
    let forged = Parts::of(tokens.challenge.expose()).of_account("bob").text();
    let forged = ChallengeToken::parse(&forged).unwrap();
    assert_eq!(forged.account(), &bob.account);
    let refused = bob.verifier.present(&forged, &bobs_phone.code(bob.now()), Remember::No);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::ChallengeOver);
}

#[test]
fn a14_the_password_step_returns_nothing_that_authenticates() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    world.events.take();
    let login = world.login();
    assert_eq!(format!("{login:?}"), "CodeRequired(ChallengeToken(..))");
    let token = code_required(login);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);

    // It contains only the key's id, the account that the host just named, the epoch, that the first factor was a password,
    // the time, and 16 random bytes.
    let Parts { prefix, fields, tag } = Parts::of(token.expose());
    let sizes: Vec<_> = fields.iter().map(Vec::len).collect();
    assert_eq!((prefix.as_str(), sizes, tag.len()), ("c1", vec![4, 5, 16, 1, 8, 16], 32));
    assert_eq!(
        (fields[1].as_slice(), fields[4].as_slice()),
        (b"alice".as_slice(), &world.now().as_secs().to_be_bytes()[..])
    );
    let again = Parts::of(world.challenge().expose());
    assert!(fields[5] != again.fields[5] && tag != again.tag, "two challenges have the same random bytes");
    let status = world.verifier.status(&world.account).unwrap();
    for known in [device.expose(), &status.devices[0].label, &status.devices[0].id.to_string(), &codes[0]] {
        assert!(!token.expose().contains(known));
    }
}

#[test]
fn a14_if_a_required_second_factor_is_missing_nobody_is_logged_in() {
    let world = World::with_policy(Policy::builder("Example").require_second_factor().build().unwrap());
    assert!(matches!(world.login(), Login::EnrollmentRequired(_)));
    assert_eq!(world.events.take(), []);
    // Confirming the enrollment does not log in either: the user logs in again, with a code.
    let (phone, _) = world.enroll();
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// Every public method of `Verifier` that returns a `Result`, and its type. A new method must be added here, with a decision
/// on whether it lets somebody in.
const METHODS: [(&str, &str); 24] = [
    ("password_verified", "Login"),
    ("present", "Accepted"),
    ("try_old_recovery_code", "OldRecoveryCodeTry"),
    ("fresh_factor", "FreshFactor"),
    ("reauthenticate", "Reauthenticated"),
    ("begin_enrollment", "EnrollmentBegun"),
    ("pending_enrollment", "KeyUri"),
    ("confirm_enrollment", "EnrollmentConfirmed"),
    ("bind_host_authenticator", "EnrollmentConfirmed"),
    ("import", "Option<EndAllSessions>"),
    ("disable", "EndOtherSessions"),
    ("remove_authenticator", "EndOtherSessions"),
    ("rename_authenticator", "()"),
    ("regenerate_recovery_codes", "RecoveryCodes"),
    ("change_password", "EndOtherSessions"),
    ("end_all_sessions", "EndAllSessions"),
    ("close_account", "EndAllSessions"),
    ("administrator_reset", "EndAllSessions"),
    ("forget_device", "bool"),
    ("forget_all_devices", "usize"),
    ("reseal", "bool"),
    ("end_what_a_backup_revived", "EndAllSessions"),
    ("status", "FactorStatus"),
    ("is_current", "bool"),
];

/// The public functions in these source files that return a `Result`, with the type of its value.
fn methods(paths: &[&str]) -> BTreeMap<String, String> {
    let sources = sources();
    let source = |path: &&str| code_of(&sources.iter().find(|source| source.path == *path).unwrap().text);
    let code: String = paths.iter().map(source).collect();
    let signatures = code.split("pub ").filter_map(|item| {
        let item = item.strip_prefix("async ").unwrap_or(item).strip_prefix("fn ")?;
        let signature = item.split_once('{')?.0;
        let outcome = signature.rsplit_once("-> Result<")?.1.split_once(", ")?.0;
        let name = signature.chars().take_while(|c| is_word(*c)).collect();
        Some((name, outcome.to_owned()))
    });
    signatures.collect()
}

#[test]
fn a15a_only_two_methods_lead_to_a_session() {
    let table = METHODS.map(|(name, outcome)| (name.to_owned(), outcome.to_owned())).into();
    let asynchronous =
        ["verifier/verifier.rs", "verifier/login.rs", "verifier/account.rs", "verifier/operate.rs"];
    let blocking = [
        "verifier/blocking.rs",
        "verifier/blocking/login.rs",
        "verifier/blocking/account.rs",
        "verifier/blocking/operate.rs",
    ];
    assert_eq!(methods(&asynchronous), table);
    assert_eq!(methods(&blocking), table);

    // A session is made from `Authenticated`. One function, in one file, makes that, and two types hold it. The session that the
    // host stores is made from it alone: a fresh factor makes no session.
    let mut makers = Vec::new();
    let mut holders = Vec::new();
    let mut kept = Vec::new();
    for source in sources() {
        let code = code_of(&source.text);
        makers.extend(code.match_indices("Authenticated::new(").map(|_| source.path.clone()));
        kept.extend(code.match_indices("Session::new(").map(|_| source.path.clone()));
        holders.extend(code.match_indices(": Authenticated,").map(|_| source.path.clone()));
        holders.extend(code.match_indices("(Accepted)").map(|_| source.path.clone()));
    }
    assert_eq!(makers, ["session/rule/login.rs"]);
    assert_eq!(kept, ["session/rule/login.rs"]);
    // A field of `Accepted`, which is in `Login`.
    assert_eq!(holders, ["session/rule/login.rs"; 2]);
}

#[test]
fn a15a_every_first_factor_leads_to_a_code() {
    let (world, phone, codes) = World::enrolled();
    // Password, magic link, single sign-on, unknown route: for every first factor the host makes a `PasswordVerified`. There is
    // no other proof to log in with, and no exemption to configure.
    for cookie in [None, Some(""), Some("remember"), Some("d1")] {
        let _ = code_required(world.verifier.password_verified(world.password(), cookie).unwrap());
    }
    let challenge = world.challenge();
    world.events.take();
    for nothing in ["", " ", "null", "true", "-", "000000000"] {
        let presented = world.verifier.present(&challenge, nothing, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::Malformed, "{nothing:?}");
    }
    let wrong = world.verifier.present(&challenge, &phone.wrong_code(world.now()), Remember::No);
    assert_eq!(refusal(wrong).unwrap_err(), Refusal::NotAccepted);
    let wrong = world.verifier.present(&challenge, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", Remember::No);
    assert_eq!(refusal(wrong).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    let accepted = world.verifier.present(&challenge, &codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.amr(), ["pwd", "mfa"]);
}

#[test]
fn a15a_a_password_reset_logs_nobody_in_and_keeps_the_factor() {
    let (world, phone, _) = World::enrolled();
    let end_sessions = world.reset_password();
    assert_eq!(world.events.take(), [EventKind::PasswordChangeBegun, EventKind::PasswordChanged]);
    assert_eq!(end_sessions.account(), &world.account);
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// A login in a challenge of this age.
fn present_after(age: Duration) -> Result<AuthMethod, Refusal> {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    world.clock.advance(age);
    let presented = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No);
    refusal(presented).map(|accepted| accepted.authenticated.method())
}

#[test]
fn a16a_a_challenge_is_valid_for_exactly_ten_minutes() {
    let secs = Duration::from_secs;
    assert_eq!(present_after(secs(599)), Ok(AuthMethod::Code));
    assert_eq!(present_after(secs(600)), Err(Refusal::ChallengeOver));
    assert_eq!(present_after(secs(601)), Err(Refusal::ChallengeOver));
    assert_eq!(present_after(secs(u64::from(u32::MAX))), Err(Refusal::ChallengeOver));
}

/// Presents the right code, of the phone that is bound by then, in a challenge that was opened before `change`.
fn present_after_change(change: impl Fn(&World, &Phone, &ChallengeToken) -> Option<Phone>) {
    let (world, phone, codes) = World::enrolled();
    let challenge = world.challenge();
    let right = change(&world, &phone, &challenge).unwrap_or(phone);
    world.events.take();
    let presented = world.verifier.present(&challenge, &right.code(world.now()), Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    let presented = world.verifier.present(&challenge, &codes[0], Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 2);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
}

#[test]
fn a16a_a_challenge_is_over_after_a_password_change() {
    present_after_change(|world, _, _| {
        let _ = world.reset_password();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_after_a_reset_by_an_administrator() {
    present_after_change(|world, _, _| {
        let administrator = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_when_the_second_factor_is_disabled() {
    present_after_change(|world, phone, _| {
        let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_when_another_authenticator_is_enrolled() {
    present_after_change(|world, phone, _| {
        let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
        let new = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
        world.clock.advance(STEP);
        Some(new)
    });
}

#[test]
fn a16a_a_challenge_is_over_when_sessions_end_or_the_account_is_closed() {
    present_after_change(|world, _, _| {
        let _ = world.verifier.end_all_sessions(&world.session(1)).unwrap();
        None
    });
    present_after_change(|world, _, _| {
        let administrator = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        let _ = world.verifier.close_account(reset).unwrap();
        None
    });
}

/// They do not help somebody who knows the password, so the challenge stays open; but the old codes are void in it.
#[test]
fn a16a_new_recovery_codes_void_the_old_ones_in_an_open_challenge() {
    let (world, phone, old) = World::enrolled();
    let challenge = world.challenge();
    let new = texts(&world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap());
    let void = world.verifier.present(&challenge, &old[0], Remember::No);
    assert_eq!(refusal(void).unwrap_err(), Refusal::NotAccepted);
    assert!(world.verifier.present(&challenge, &new[0], Remember::No).is_ok());
}

#[test]
fn a16a_a_completed_challenge_accepts_nothing_more() {
    let (world, phone, codes) = World::enrolled();
    let challenge = world.challenge();
    let _ = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
    let before = world.record();
    world.events.take();
    for later in [0, 30, 599] {
        world.clock.set(START.saturating_add(2 * STEP + Duration::from_secs(later)));
        for typed in [phone.code(world.now()), phone.wrong_code(world.now()), codes[0].clone()] {
            let again = world.verifier.present(&challenge, &typed, Remember::No);
            assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone, "{later} s");
        }
    }
    // A form that is sent twice is not an attack: there is no event and no charge.
    assert_eq!((world.record(), world.events.take()), (before, vec![]));
}

#[test]
fn a16b_a_code_and_a_recovery_code_at_once_give_one_session() {
    for round in 0..20 {
        let (world, phone, codes) = World::enrolled();
        let challenge = world.challenge();
        let code = phone.code(world.now());
        world.events.take();
        let answers = at_once(2, |number| {
            if (number + round) % 2 == 0 {
                refusal(world.verifier.present(&challenge, &code, Remember::No))
            } else {
                refusal(world.verifier.present(&challenge, &codes[0], Remember::No))
            }
        });
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert_eq!(refused, [&Refusal::AlreadyDone]);
        assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
    }
}

/// Every text and number in a JSON document, keys included.
fn leaves(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.push(key.clone());
            leaves(value, found);
        }),
        serde_json::Value::Array(list) => list.iter().for_each(|value| leaves(value, found)),
        serde_json::Value::String(text) => found.push(text.clone()),
        other => found.push(other.to_string()),
    }
}

/// Whether the JSON contains the bytes: as they are, in hex, as a list of numbers, or within a base32 text.
fn holds(json: &str, bytes: &[u8]) -> bool {
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let list: Vec<_> = bytes.iter().map(ToString::to_string).collect();
    let mut texts = Vec::new();
    leaves(&serde_json::from_str(json).unwrap(), &mut texts);
    let inside = |text: &[u8]| text.windows(bytes.len()).any(|window| window == bytes);
    json.to_lowercase().contains(&hex)
        || json.contains(&list.join(","))
        || texts.iter().any(|text| inside(text.as_bytes()) || base32(text).is_some_and(|text| inside(&text)))
}

/// The stored record at every stage of an account's life, and all secrets of that life.
fn life<S: BlockingStore>(world: &World<S>) -> (Vec<String>, Vec<(&'static str, Vec<u8>)>)
where
    S::Error: core::fmt::Debug,
{
    let mut stages = Vec::new();
    let mut stage = || {
        let row = world.verifier.store().load(&world.account).unwrap();
        stages.extend(row.map(|row| serde_json::to_string(&row.value).unwrap()));
    };
    let mut secrets = Vec::new();
    let begun = world.begin();
    stage();
    let phone = Phone::scan(&begun.uri);
    secrets.push(("secret", begun.uri.secret().expose().to_vec()));
    secrets.push(("enrollment token", base32(begun.token.expose().split('.').nth(2).unwrap()).unwrap()));
    let code = phone.code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    stage();
    for code in texts(&confirmed.into_parts().0) {
        secrets.push(("recovery code", base32(&code.replace('-', "")).unwrap()));
        secrets.push(("recovery code as shown", code.into_bytes()));
    }
    world.clock.advance(2 * STEP);
    let challenge = world.challenge();
    stage();
    secrets.push(("challenge token", base32(challenge.expose().split('.').nth(2).unwrap()).unwrap()));
    // A code whose digits do not occur in the time.
    let wrong = phone.wrong_codes(world.now()).nth(271_828).unwrap();
    let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
    stage();
    let right = phone.code(world.now());
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&challenge, &right, remember).unwrap();
    stage();
    let device = accepted.device.unwrap();
    let parts = Parts::of(device.expose());
    secrets.push(("device token", parts.tag));
    secrets.push(("device series", parts.fields[2].clone()));
    for code in [code, wrong, right] {
        secrets.push(("code", code.into_bytes()));
    }
    world.clock.advance(2 * STEP);
    let _ = complete(world.login_on(&device));
    stage();
    (stages, secrets)
}

#[test]
fn a16c_no_stored_record_holds_a_secret_a_code_or_a_token() {
    let (stages, secrets) = life(&World::new());
    // A pending enrollment is not stored at all.
    assert_eq!((stages.len(), secrets.len()), (5, 28));
    for (number, stage) in stages.iter().enumerate() {
        for (what, bytes) in &secrets {
            assert!(!holds(stage, bytes), "stage {number} holds a {what}: {stage}");
        }
    }
}

#[test]
fn a16c_the_scan_finds_a_stored_secret() {
    let world = World::new();
    let store = world.verifier.store().clone();
    let verifier = BlockingVerifier::with_sources(
        store,
        Policy::new("Example").unwrap(),
        Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([7; 32]))),
        world.clock.clone(),
        Mutex::new(TestRng(1)),
    );
    let (stages, secrets) = life(&World { verifier, ..world });
    assert!(
        stages.iter().all(|stage| holds(stage, &secrets[0].1)),
        "a secret that is stored in clear was not found"
    );
    assert!(holds(r#"{"a":["0AfF10"]}"#, &[0x0a, 0xff, 0x10]));
    assert!(holds(r#"{"a":[1,10,255,16]}"#, &[10, 255, 16]));
    assert!(holds(r#"{"a":{"123456":1}}"#, b"123456"));
    assert!(!holds(r#"{"a":"b"}"#, b"123456"));
}

fn record(world: &World, account: &AccountId) -> AccountRecord {
    BlockingStore::load(&**world.verifier.store(), account).unwrap().unwrap().value
}

/// Another account of the same service, enrolled.
fn mallory(world: &World) -> (AccountId, Phone) {
    let account = AccountId::new("mallory").unwrap();
    let proof = world.password_of(&account);
    let begun = world.verifier.begin_enrollment(proof, "mallory@example.com").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    (account, phone)
}

// The `compile_fail` examples in `session/proof/` show that `Authenticated` cannot be built or copied, and that
// `FreshFactor` cannot be used twice.
#[test]
fn f20_the_password_alone_returns_nothing_that_authenticates() {
    let (world, phone, _) = World::enrolled();
    let Login::CodeRequired(challenge) = world.login() else { panic!("no code was asked for") };
    // Leaving, coming back and requesting again: it stays half a login.
    for _ in 0..20 {
        let _ = code_required(world.login());
    }
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    // A challenge is not valid as anything else.
    assert!(DeviceToken::parse(challenge.expose()).is_err());
    assert!(EnrollmentToken::parse(challenge.expose()).is_err());
    let login = world.verifier.password_verified(world.password(), Some(challenge.expose())).unwrap();
    let _ = code_required(login);
    // No epoch that somebody without a session could know is current: not that of an account without a record, not that of
    // another account.
    let (mallory, _) = mallory(&world);
    for other in [World::new().record(), record(&world, &mallory)] {
        let mut session = serde_json::to_value(world.session(1)).unwrap();
        session["epoch"] = serde_json::to_value(other).unwrap()["record"]["epoch"].clone();
        let session: Session = serde_json::from_value(session).unwrap();
        assert!(!world.is_current(&session));
        let stepped_up = world.verifier.fresh_factor(&session, &phone.code(world.now()));
        assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::StepUpRequired);
    }
}

#[test]
fn f20_the_code_alone_lets_nobody_in() {
    let (world, phone, codes) = World::enrolled();
    // A challenge for the right account that was never opened: the password step was skipped.
    let elsewhere = under_another_key();
    let _ = elsewhere.enroll();
    let never_opened = elsewhere.challenge();
    let before = record(&world, &world.account);
    let code = phone.code(world.now());
    let presented = world.verifier.present(&never_opened, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    let presented = world.verifier.present(&never_opened, &codes[0], Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 2);
    assert_eq!(record(&world, &world.account), before, "something was evaluated or used up");
}

#[test]
fn f20_if_a_factor_is_required_the_password_leads_to_enrollment() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::with_policy(policy);
    assert!(matches!(world.login(), Login::EnrollmentRequired(_)));
    let begun = world.begin();
    assert!(
        matches!(world.login(), Login::EnrollmentRequired(_)),
        "an enrollment that only began counts as bound"
    );
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    let _ = code_required(world.login());
}

#[test]
fn f21_a_code_of_ones_own_account_is_refused_for_another() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let of_the_victim = world.challenge();
    let his_code = his_phone.code(world.now());
    assert_ne!(his_code, phone.code(world.now()));
    let before = record(&world, &mallory);
    let presented = world.verifier.present(&of_the_victim, &his_code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(record(&world, &mallory), before, "his own account was changed");
    let events = world.events.all();
    let refused = events.iter().find(|event| is_refused_because(RefusedBecause::Wrong)(&event.kind));
    assert_eq!(refused.unwrap().account, world.account);
}

#[test]
fn f21_a_challenge_whose_account_was_edited_is_over() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let proof = world.password_of(&mallory);
    let his = code_required(world.verifier.password_verified(proof, None).unwrap());
    let hers = world.challenge();

    // Her name in the challenge for which he knew the password, and his name in hers.
    for (front_of, account_of, code) in [
        (&his, &hers, his_phone.code(world.now())),
        (&his, &hers, phone.code(world.now())),
        (&hers, &his, his_phone.code(world.now())),
    ] {
        let edited = Parts::of(front_of.expose()).of_account(account_of.account().as_str()).text();
        let edited = ChallengeToken::parse(&edited).unwrap();
        assert_eq!(edited.account(), account_of.account());
        let presented = world.verifier.present(&edited, &code, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 3);
}

#[test]
fn f22_a_password_reset_logs_nobody_in_and_removes_no_factor() {
    let (world, phone, _) = World::enrolled();
    let before = world.challenge();
    let session = world.session(1);
    let _ = world.reset_password();
    assert!(!world.is_current(&session), "sessions from before are over");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);

    let code = phone.code(world.now());
    let presented = world.verifier.present(&before, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "opened with the old password");
    let accepted = world.present(&code).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
}

#[test]
fn f29_ids_from_before_the_code_are_not_valid_after_it() {
    let (world, phone, _) = World::enrolled();
    let known = world.challenge();
    let accepted = world.verifier.present(&known, &phone.code(world.now()), Remember::No).unwrap();
    // The host starts the new session from this value, which contains no id that anybody could have planted.
    assert_eq!(accepted.authenticated.account(), &world.account);
    assert!(accepted.device.is_none());
    let session = accepted.authenticated.into_session();

    world.clock.advance(STEP);
    let again = world.verifier.present(&known, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone);
    // An enrollment ends all earlier sessions, including the one that made it.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert_eq!(confirmed.into_parts().1.account(), &world.account);
    assert!(!world.is_current(&session));
}

#[test]
fn f34_no_change_to_a_clients_token_lets_it_in() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let text = challenge.expose();
    let code = phone.code(world.now());
    let mut parsed = 0;
    for position in 0..text.len() {
        for replacement in ["A", "7", ".", "a", "", "true"] {
            let forged = [&text[..position], replacement, &text[position + 1..]].concat();
            let Some(forged) = (forged != text).then(|| ChallengeToken::parse(&forged).ok()).flatten() else {
                continue;
            };
            parsed += 1;
            let presented = world.verifier.present(&forged, &code, Remember::No);
            assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "at {position}");
        }
    }
    assert!(parsed > 100, "only {parsed} forgeries could be parsed");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    for forged in ["", "verified=true", "{\"verified\":true}", "c1", "c1...", "null"] {
        assert!(ChallengeToken::parse(forged).is_err());
        assert!(EnrollmentToken::parse(forged).is_err());
        let login = world.verifier.password_verified(world.password(), Some(forged)).unwrap();
        let _ = code_required(login);
    }
}
