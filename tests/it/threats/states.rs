//! Steps that are skipped, swapped or taken twice, and half a login taken for a whole one: threats A13 to A16,
//! failures F20 to F22, F29, F34.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Mutex;

use second_factor::session::{
    AdministratorReset, EnrollmentToken, EventKind, RefusedBecause, Remember, StoreSecretsInClear,
};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken,
    Epoch, Login, PasswordVerified, Policy, Refusal,
};

use crate::support::source::{code_of, sources};
use crate::support::{
    Phone, STEP, TestRng, World, at_once, code_required, complete, is_refused_because, refusal, texts,
};

/// An account with a live token of every kind.
struct Tokens {
    world: World,
    phone: Phone,
    codes: Vec<String>,
    challenge: ChallengeToken,
    enrollment: EnrollmentToken,
    /// A code of the enrollment that waits.
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
    /// The text of every kind, and its prefix.
    fn texts(&self) -> [(&'static str, &str); 3] {
        [("c1", self.challenge.expose()), ("e1", self.enrollment.expose()), ("d1", self.device.expose())]
    }

    /// The bytes of `text` as a token of another kind.
    fn forged(&self, text: &str, prefix: &str) -> String {
        let fields: Vec<_> = text.split('.').collect();
        let account = self.challenge.expose().rsplit('.').next().unwrap();
        [prefix, fields[1], fields[2], account].join(".")
    }
}

#[test]
fn a13_no_token_is_read_as_one_of_another_kind() {
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
        // Nor is it a recovery code, nor a code.
        let presented = tokens.world.verifier.present(&tokens.challenge, text, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::Malformed);
        let in_a_session = tokens.world.verifier.fresh_factor(&tokens.world.session(1), text);
        assert_eq!(refusal(in_a_session).unwrap_err(), Refusal::Malformed);
    }
}

/// Every kind of token, its bytes under every other prefix, at every method that takes a token, with what the
/// right token would have been accepted with.
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
        assert_eq!(before, after, "{kind}: nothing was written, so nothing was charged or ended");
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
    assert_eq!(confirmed.end_sessions.account(), &world.account);
}

#[test]
fn a13_a_token_of_one_account_is_none_of_another() {
    let tokens = tokens();
    let bob = World { account: AccountId::new("bob").unwrap(), ..tokens.world };
    let (bobs_phone, _) = bob.enroll();
    // The account in the token is not proved by itself: with another one in it, the digest is another.
    let text = tokens.challenge.expose();
    let (front, _) = text.rsplit_once('.').unwrap();
    let bobs = bob.challenge();
    let account = bobs.expose().rsplit('.').next().unwrap();
    let forged = ChallengeToken::parse(&format!("{front}.{account}")).unwrap();
    assert_eq!(forged.account(), &bob.account);
    let refused = bob.verifier.present(&forged, &bobs_phone.code(bob.now()), Remember::No);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::ChallengeOver);
}

#[test]
fn a14_the_password_step_yields_nothing_that_authenticates() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    world.events.take();
    let login = world.login();
    assert_eq!(format!("{login:?}"), "CodeRequired(ChallengeToken(..))");
    let token = code_required(login);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);

    // All there is in it: its kind, 16 and 32 random bytes, and the account that the host itself just named.
    let fields: Vec<_> = token.expose().split('.').collect();
    assert_eq!((fields.len(), fields[0], fields[1].len(), fields[2].len()), (4, "c1", 26, 52));
    assert_eq!(base32(fields[3]).unwrap(), b"alice");
    let again = world.challenge();
    let again: Vec<_> = again.expose().split('.').collect();
    assert!(fields[1] != again[1] && fields[2] != again[2], "random: they are others each time");
    let status = world.verifier.status(&world.account).unwrap();
    for known in [device.expose(), &status.devices[0].label, &status.devices[0].id.to_string(), &codes[0]] {
        assert!(!token.expose().contains(known));
    }
}

#[test]
fn a14_where_a_second_factor_is_demanded_and_missing_nobody_is_logged_in() {
    let world = World::with_policy(Policy::builder("Example").require_second_factor().build().unwrap());
    assert!(matches!(world.login(), Login::EnrollmentRequired));
    assert_eq!(world.events.take(), []);
    // Not even by confirming: the user logs in again, with a code.
    let (phone, _) = world.enroll();
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// Every public method of `Verifier` that does something, and what it yields. Whoever adds one says here
/// whether somebody gets in by it.
const METHODS: [(&str, &str); 16] = [
    ("password_verified", "Login"),
    ("present", "Accepted"),
    ("fresh_factor", "FreshFactor"),
    ("reauthenticate", "Reauthenticated"),
    ("begin_enrollment", "EnrollmentBegun"),
    ("pending_enrollment", "KeyUri"),
    ("confirm_enrollment", "EnrollmentConfirmed"),
    ("import", "EndOtherSessions"),
    ("disable", "EndOtherSessions"),
    ("regenerate_recovery_codes", "RecoveryCodes"),
    ("password_changed", "EndOtherSessions"),
    ("administrator_reset", "EndAllSessions"),
    ("forget_device", "bool"),
    ("forget_all_devices", "usize"),
    ("status", "FactorStatus"),
    ("is_current", "bool"),
];

/// Name and outcome of the public functions in a source file whose result is `Result<_, Error<…>>`.
fn methods(path: &str) -> BTreeMap<String, String> {
    let sources = sources();
    let source = sources.iter().find(|source| source.path == path).unwrap();
    let code = code_of(&source.text);
    let signatures = code.split("pub ").filter_map(|item| {
        let item = item.strip_prefix("async ").unwrap_or(item).strip_prefix("fn ")?;
        let signature = item.split_once('{')?.0;
        let outcome = signature.split_once("-> Result<")?.1.split_once(", Error<")?.0;
        Some((signature.split_once('(')?.0.to_owned(), outcome.to_owned()))
    });
    signatures.collect()
}

#[test]
fn a15a_two_methods_lead_into_a_session_and_there_is_no_third() {
    let table = METHODS.map(|(name, outcome)| (name.to_owned(), outcome.to_owned())).into();
    assert_eq!(methods("verifier/verifier.rs"), table);
    assert_eq!(methods("verifier/blocking.rs"), table);

    // A session starts from `Authenticated`, which one function makes, in one file, and which two types hold.
    // What the host keeps of it is made from it alone: a fresh factor starts nothing.
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
    assert_eq!(kept, ["session/proof/authenticated.rs"]);
    assert_eq!(holders, ["session/rule/login.rs", "session/rule/login.rs"]);
}

#[test]
fn a15a_each_way_into_a_session_demands_a_code() {
    let (world, phone, codes) = World::enrolled();
    // Password, reset link, magic link, single sign-on, unknown route: whatever let the claimant in, the host
    // says
    // `PasswordVerified`, and there is no other proof to log in with and no exemption to configure.
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
fn a15a_a_password_reset_is_no_login_and_leaves_the_second_factor_on() {
    let (world, phone, _) = World::enrolled();
    let end_sessions = world.verifier.password_changed(&world.account).unwrap();
    assert_eq!(world.events.take(), [EventKind::PasswordChanged]);
    assert_eq!(end_sessions.account(), &world.account);
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// A login at this age of the challenge.
fn present_after(age: Duration) -> Result<AuthMethod, Refusal> {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    world.clock.advance(age);
    let presented = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No);
    refusal(presented).map(|accepted| accepted.authenticated.method())
}

#[test]
fn a16a_a_challenge_is_good_for_ten_minutes_to_the_second() {
    let secs = Duration::from_secs;
    assert_eq!(present_after(secs(599)), Ok(AuthMethod::Code));
    assert_eq!(present_after(secs(600)), Err(Refusal::ChallengeOver));
    assert_eq!(present_after(secs(601)), Err(Refusal::ChallengeOver));
    assert_eq!(present_after(secs(u64::from(u32::MAX))), Err(Refusal::ChallengeOver));
}

/// Presents the right code, of whatever phone is right by then, in a challenge that was opened before
/// `change`.
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
fn a16a_a_challenge_is_over_at_a_password_change() {
    present_after_change(|world, _, _| {
        let _ = world.verifier.password_changed(&world.account).unwrap();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_at_a_reset_by_an_administrator() {
    present_after_change(|world, _, _| {
        let administrator = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_when_the_second_factor_is_switched_off() {
    present_after_change(|world, phone, _| {
        let _ = world.verifier.disable(world.fresh(phone)).unwrap();
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
fn a16a_a_challenge_is_over_when_new_recovery_codes_are_made() {
    present_after_change(|world, phone, _| {
        let _ = world.verifier.regenerate_recovery_codes(world.fresh(phone)).unwrap();
        None
    });
}

#[test]
fn a16a_a_challenge_is_over_when_it_was_completed() {
    present_after_change(|world, phone, challenge| {
        let code = phone.code(world.now());
        let _ = world.verifier.present(challenge, &code, Remember::No).unwrap();
        world.clock.advance(STEP);
        None
    });
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
        assert_eq!(refused, [&Refusal::ChallengeOver]);
        assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
    }
}

/// The bytes of a text in base32 without padding.
fn base32(text: &str) -> Option<Vec<u8>> {
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut bytes = Vec::new();
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'2'..=b'7' => symbol - b'2' + 26,
            _ => return None,
        };
        held = (held << 5 | u32::from(value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
        }
    }
    Some(bytes)
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

/// Whether the bytes stand anywhere in the JSON: as they are, in hex, as a list of numbers, or inside of a
/// base32 text.
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

/// The record, as stored, at every stage of a life, and all that was secret in that life.
fn life<S: BlockingStore>(world: &World<S>) -> (Vec<String>, Vec<(&'static str, Vec<u8>)>)
where
    S::Error: core::fmt::Debug,
{
    let mut stages = Vec::new();
    let mut stage = || {
        let row = world.verifier.store().load(&world.account).unwrap().unwrap();
        stages.push(serde_json::to_string(&row.value).unwrap());
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
    for code in texts(&confirmed.recovery_codes) {
        secrets.push(("recovery code", base32(&code.replace('-', "")).unwrap()));
        secrets.push(("recovery code as shown", code.into_bytes()));
    }
    world.clock.advance(2 * STEP);
    let challenge = world.challenge();
    stage();
    secrets.push(("challenge token", base32(challenge.expose().split('.').nth(2).unwrap()).unwrap()));
    // One that does not happen to stand in the time.
    let wrong = phone.wrong_codes(world.now()).nth(271_828).unwrap();
    let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
    stage();
    let right = phone.code(world.now());
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&challenge, &right, remember).unwrap();
    stage();
    let device = accepted.device.unwrap();
    secrets.push(("device token", base32(device.expose().split('.').nth(2).unwrap()).unwrap()));
    for code in [code, wrong, right] {
        secrets.push(("code", code.into_bytes()));
    }
    let _ = complete(world.login_on(&device));
    stage();
    (stages, secrets)
}

#[test]
fn a16c_no_stored_record_holds_a_secret_a_code_or_a_token() {
    let (stages, secrets) = life(&World::new());
    assert_eq!((stages.len(), secrets.len()), (6, 27));
    for (number, stage) in stages.iter().enumerate() {
        for (what, bytes) in &secrets {
            assert!(!holds(stage, bytes), "stage {number} holds a {what}: {stage}");
        }
    }
}

#[test]
fn a16c_the_scan_finds_what_is_there() {
    let world = World::new();
    let store = world.verifier.store().clone();
    let verifier = BlockingVerifier::with_sources(
        store,
        Policy::new("Example").unwrap(),
        StoreSecretsInClear,
        world.clock.clone(),
        Mutex::new(TestRng(1)),
    );
    let (stages, secrets) = life(&World { verifier, ..world });
    assert!(stages.iter().all(|stage| holds(stage, &secrets[0].1)), "a secret stored in clear is found");
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
    let proof = PasswordVerified::by_host(account.clone());
    let begun = world.verifier.begin_enrollment(proof, "mallory@example.com").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    (account, phone)
}

// That `Authenticated` cannot be built or copied, and `FreshFactor` not used twice, is shown by the
// `compile_fail` examples in `session/proof/`.
#[test]
fn f20_the_password_alone_yields_nothing_that_authenticates() {
    let (world, phone, _) = World::enrolled();
    let Login::CodeRequired(challenge) = world.login() else { panic!("half a login") };
    // Navigating away, coming back, asking again: half a login stays half a login.
    for _ in 0..20 {
        let _ = code_required(world.login());
    }
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    // The half is no whole of any kind.
    assert!(DeviceToken::parse(challenge.expose()).is_err());
    assert!(EnrollmentToken::parse(challenge.expose()).is_err());
    let login = world.verifier.password_verified(world.password(), Some(challenge.expose())).unwrap();
    let _ = code_required(login);
    // And no epoch that somebody without a session could know is a current one.
    for guess in [Epoch::NONE, Epoch::new(1), Epoch::default()] {
        assert!(!world.verifier.is_current(&world.account, guess).unwrap());
        let mut session = serde_json::to_value(world.session(1)).unwrap();
        session["epoch"] = serde_json::to_value(guess).unwrap();
        let session = serde_json::from_value(session).unwrap();
        let stepped_up = world.verifier.fresh_factor(&session, &phone.code(world.now()));
        assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::StepUpRequired);
    }
}

#[test]
fn f20_the_code_alone_yields_nothing() {
    let (world, phone, codes) = World::enrolled();
    // A challenge that was never opened, for the right account: the password step was skipped.
    let never_opened = World::enrolled().0.challenge();
    let before = record(&world, &world.account);
    let code = phone.code(world.now());
    let presented = world.verifier.present(&never_opened, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    let presented = world.verifier.present(&never_opened, &codes[0], Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 2);
    assert_eq!(record(&world, &world.account), before, "nothing was evaluated or used up");
}

#[test]
fn f20_where_a_factor_is_demanded_the_password_leads_to_enrollment() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::with_policy(policy);
    assert!(matches!(world.login(), Login::EnrollmentRequired));
    let begun = world.begin();
    assert!(matches!(world.login(), Login::EnrollmentRequired), "begun is not bound");
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    let _ = code_required(world.login());
}

#[test]
fn f21_a_code_of_ones_own_account_opens_no_other() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let of_the_victim = world.challenge();
    let his_code = his_phone.code(world.now());
    assert_ne!(his_code, phone.code(world.now()));
    let before = record(&world, &mallory);
    let presented = world.verifier.present(&of_the_victim, &his_code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(record(&world, &mallory), before, "his own account is not even looked at");
    let events = world.events.all();
    let refused = events.iter().find(|event| is_refused_because(RefusedBecause::Wrong)(&event.kind));
    assert_eq!(refused.unwrap().account, world.account);
}

#[test]
fn f21_a_challenge_whose_account_was_edited_is_over() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let proof = PasswordVerified::by_host(mallory);
    let his = code_required(world.verifier.password_verified(proof, None).unwrap());
    let hers = world.challenge();
    let account = |token: &ChallengeToken| token.expose().rsplit_once('.').unwrap().1.to_owned();
    let front = |token: &ChallengeToken| token.expose().rsplit_once('.').unwrap().0.to_owned();

    // Her name on the challenge for which he knew the password, and his on hers.
    for (front_of, account_of, code) in [
        (&his, &hers, his_phone.code(world.now())),
        (&his, &hers, phone.code(world.now())),
        (&hers, &his, his_phone.code(world.now())),
    ] {
        let edited = ChallengeToken::parse(&[front(front_of), account(account_of)].join(".")).unwrap();
        assert_eq!(edited.account(), account_of.account());
        let presented = world.verifier.present(&edited, &code, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 3);
}

#[test]
fn f22_a_password_reset_is_no_login_and_removes_no_factor() {
    let (world, phone, _) = World::enrolled();
    let before = world.challenge();
    let session = world.epoch();
    let ended = world.verifier.password_changed(&world.account).unwrap();
    assert_ne!(ended.epoch(), session, "sessions from before are over");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);

    let code = phone.code(world.now());
    let presented = world.verifier.present(&before, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "opened with the old password");
    let accepted = world.present(&code).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
}

#[test]
fn f29_what_was_known_before_the_code_is_dead_after_it() {
    let (world, phone, _) = World::enrolled();
    let known = world.challenge();
    let accepted = world.verifier.present(&known, &phone.code(world.now()), Remember::No).unwrap();
    // What the host starts the new session from has no id that anybody could have planted.
    assert_eq!(accepted.authenticated.account(), &world.account);
    assert!(accepted.device.is_none());

    world.clock.advance(STEP);
    let again = world.verifier.present(&known, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::ChallengeOver);
    // An enrollment ends the sessions from before it, the one that made it included.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert_eq!(confirmed.end_sessions.account(), &world.account);
    assert!(!world.verifier.is_current(&world.account, accepted.authenticated.epoch()).unwrap());
}

#[test]
fn f34_no_change_to_what_the_client_holds_lets_it_in() {
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
    assert!(parsed > 100, "{parsed} forgeries were read");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    for forged in ["", "verified=true", "{\"verified\":true}", "c1", "c1...", "null"] {
        assert!(ChallengeToken::parse(forged).is_err());
        assert!(EnrollmentToken::parse(forged).is_err());
        let login = world.verifier.password_verified(world.password(), Some(forged)).unwrap();
        let _ = code_required(login);
    }
}
