//! OWASP ASVS 5.0, chapters 6 and 7.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use second_factor::session::{
    AdministratorOfOneself, AdministratorReset, AuthenticatorId, Binding, EndAllSessions, EnrollmentToken,
    EventKind, FirstFactor, ForgottenBecause, PolicyError, RefusedBecause, RemovedBy, Requirement,
};
use second_factor::store::{Change, Expected, Revision, Swap};
use second_factor::{
    AccountId, AuthMethod, BlockingStore, ChallengeToken, DeviceToken, Login, Period, Policy, RecoveryCode,
    Refusal, Remember, TotpParams, UnixTime, Window,
};

use crate::support::source::{code_of, is_word, sources, variants};
use crate::support::tokens::Parts;
use crate::support::{
    AUTH_METHODS, DAY, NEVER_ISSUED, Phone, START, STEP, World, code_required, complete, days,
    is_refused_because, refusal,
};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// The text of a file under `src/`.
pub(super) fn source(path: &str) -> String {
    sources().into_iter().find(|file| file.path == path).expect(path).text
}

#[test]
fn asvs_6_1_1_the_documented_limits_are_those_of_the_default_policy() {
    let policy = Policy::new("Example").unwrap();
    let window = policy.window();
    let year = policy.guess_odds(days(365));
    let in_days = |span: Duration| format!("{} days", span.as_secs() / DAY.as_secs());
    let in_minutes = |span: Duration| match span.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        count => format!("{count} minutes"),
    };
    let rows = [
        ("window", format!("{} step back, {} ahead", window.past(), window.future())),
        ("guesses_per_challenge", policy.guesses_per_challenge().to_string()),
        (
            "guess_budget",
            format!("{} at once, then one every {}", policy.guess_budget(), in_days(policy.regain_every())),
        ),
        ("most_credit", policy.most_credit().to_string()),
        ("authenticators", policy.authenticators().to_string()),
        ("challenge_lifetime", in_minutes(policy.challenge_lifetime())),
        ("enrollment_lifetime", in_minutes(policy.enrollment_lifetime())),
        ("step_up_age", in_minutes(policy.step_up_age())),
        ("remember_for", in_days(policy.remember_for())),
        ("rotation_grace", in_minutes(policy.rotation_grace())),
        ("devices", policy.devices().to_string()),
        ("guess_odds", format!("one in {} within a year, by {} guesses", year.one_in(), year.guesses())),
    ];
    let page = source("manual/limits.rs");
    let documented: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("//! | [`"))
        .map(|line| {
            let mut cells = line.split(" | ");
            let name = cells.next().unwrap().split('`').next().unwrap().to_owned();
            (name, cells.next().unwrap().trim().to_owned())
        })
        .collect();
    assert_eq!(documented, rows.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn asvs_6_1_3_every_way_in_is_documented_with_what_it_claims() {
    let ways: Vec<_> = AUTH_METHODS
        .iter()
        .map(|method| {
            let claimed: Vec<_> =
                method.amr(FirstFactor::Password).iter().map(|amr| format!("`{amr}`")).collect();
            (variant_of(&format!("{method:?}")), claimed.join(", "))
        })
        .collect();
    let page = source("manual/limits.rs");
    let documented: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("//! | ")?.split_once("(crate::AuthMethod::"))
        .map(|(_, row)| {
            let (name, cells) = row.split_once(')').unwrap();
            (name.to_owned(), cells.split('|').nth(1).unwrap().trim().to_owned())
        })
        .collect();
    assert_eq!(documented, ways);
    let mut names: Vec<_> = ways.into_iter().map(|(name, _)| name).collect();
    names.dedup();
    assert_eq!(variants(&source("session/proof/auth_method.rs"), "AuthMethod"), names);
}

/// Every public call that returns a proof for a code or a recovery code. A call that accepts both is listed twice; the name
/// of the call comes before the comma.
type Path = (&'static str, fn(&World, &str, &str) -> Result<(), Refusal>);

const PATHS: [Path; 6] = [
    ("present, code", |world, code, _| {
        refusal(world.verifier.present(&world.challenge(), code, Remember::No)).map(|_| ())
    }),
    ("present, recovery code", |world, _, recovery| {
        refusal(world.verifier.present(&world.challenge(), recovery, Remember::No)).map(|_| ())
    }),
    ("fresh_factor, code", |world, code, _| {
        refusal(world.verifier.fresh_factor(&world.session(1), code)).map(|_| ())
    }),
    ("fresh_factor, recovery code", |world, _, recovery| {
        refusal(world.verifier.fresh_factor(&world.session(1), recovery)).map(|_| ())
    }),
    ("reauthenticate, code", |world, code, _| reauthenticated(world, code)),
    ("reauthenticate, recovery code", |world, _, recovery| reauthenticated(world, recovery)),
];

/// With the right password and this text.
fn reauthenticated(world: &World, typed: &str) -> Result<(), Refusal> {
    refusal(world.verifier.reauthenticate(&world.session(1), world.password(), typed)).map(|_| ())
}

/// The types that prove something to the host, or contain such a proof.
const PROOFS: [&str; 5] = ["Login", "Accepted", "Authenticated", "FreshFactor", "Reauthenticated"];

#[test]
fn asvs_6_3_4_every_path_to_a_proof_is_in_the_table() {
    let fronts = [
        &["verifier/verifier.rs", "verifier/login.rs", "verifier/account.rs"][..],
        &["verifier/blocking.rs", "verifier/blocking/login.rs", "verifier/blocking/account.rs"],
    ];
    for files in fronts {
        let code: String = files.iter().map(|file| code_of(&source(file))).collect();
        let mut found = Vec::new();
        for function in code.split("pub ").filter_map(|text| text.split_once("fn ").map(|(_, after)| after)) {
            let (name, rest) = function.split_once(['(', '<']).unwrap();
            let signature = rest.split('{').next().unwrap();
            let returned = signature.rsplit("->").next().unwrap();
            let mut words = returned.split(|c| !is_word(c));
            if words.any(|word| PROOFS.contains(&word)) {
                found.push(name.to_owned());
            }
        }
        found.sort();
        let names = PATHS.iter().map(|(name, _)| name.split(',').next().unwrap());
        let expected: BTreeSet<_> = names.chain(["password_verified"]).map(ToOwned::to_owned).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(found, expected, "{files:?}");
    }
    // Each kind of proof is made in one place only.
    let made = |what: &str| -> BTreeMap<String, usize> {
        let counts = sources().into_iter().map(|file| (file.path, code_of(&file.text).matches(what).count()));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(made("Authenticated::new("), [("session/rule/login.rs".to_owned(), 1)].into());
    assert_eq!(made("FreshFactor::new("), [("session/rule/step_up.rs".to_owned(), 1)].into());
    let verified = |what: &str| {
        let mut verified = made(what);
        verified.retain(|file, _| !file.ends_with("/tests.rs"));
        verified
    };
    assert_eq!(verified("totp.verify_in_a_row("), [("session/rule/second_step.rs".to_owned(), 1)].into());
    let expected = [("session/rule/enrollment.rs", 1), ("session/rule/second_step.rs", 1)];
    assert_eq!(verified("totp.verify("), expected.map(|(file, count)| (file.to_owned(), count)).into());
}

#[test]
fn asvs_6_3_4_every_path_charges_and_none_gets_around_a_spent_budget() {
    for (spent_through, spend) in PATHS {
        let (world, phone, codes) = World::enrolled();
        for _ in 0..20 {
            let wrong = phone.wrong_code(world.now());
            assert!(spend(&world, &wrong, NEVER_ISSUED).is_err(), "{spent_through}");
        }
        assert!(codes.len() >= PATHS.len());
        for ((name, path), recovery_code) in PATHS.iter().zip(&codes) {
            let outcome = path(&world, &phone.code(world.now()), recovery_code);
            if name.contains("recovery") {
                // A recovery code lets the owner in, whoever spent the budget: 128 bits cannot be guessed.
                assert_eq!(outcome, Ok(()), "{name} after {spent_through}");
                continue;
            }
            assert!(
                matches!(outcome, Err(Refusal::Locked { .. })),
                "{name} after {spent_through}: {outcome:?}"
            );
        }
    }
}

#[test]
fn asvs_6_3_3_a_required_second_factor_is_not_met_by_the_password() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::with_policy(policy);
    assert!(matches!(world.login(), Login::EnrollmentRequired(_)));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    let (phone, _) = world.enroll();
    assert_eq!(world.log_in(&phone).authenticated.amr(), ["pwd", "otp", "mfa"]);
}

#[test]
fn asvs_6_3_7_every_event_is_either_told_to_the_owner_or_exempt() {
    let (world, phone, _) = World::enrolled();
    let _ = world.remember(&phone);
    let device = world.verifier.status(&world.account).unwrap().devices[0].id;
    let until = Some(START);
    let reason = RefusedBecause::Wrong;
    let method = AuthMethod::Code;
    let authenticator = AuthenticatorId::of_host(&world.account, b"credential");
    let bound = |binding| EventKind::AuthenticatorBound { authenticator, label: String::new(), binding };
    let removed = |remaining| {
        let (label, by) = (String::new(), RemovedBy::Owner);
        EventKind::AuthenticatorRemoved { authenticator, label, by, remaining }
    };
    // Every kind, and whether the owner is told.
    let table = [
        (EventKind::ChallengeOpened, false),
        (EventKind::LoggedIn { method }, false),
        (EventKind::SteppedUp { method }, false),
        (EventKind::CodeRefused { reason }, false),
        (EventKind::RecoveryCodeRefused { reason }, false),
        (EventKind::HostAuthenticatorRefused { reason }, false),
        (EventKind::OldRecoveryCodeTried, false),
        (EventKind::RecoveryCodeUsed { remaining: 1 }, true),
        (EventKind::ChallengeExhausted, false),
        (EventKind::PasswordSuspectedKnown { guesses: 5 }, true),
        (EventKind::Locked { until }, true),
        (EventKind::EnrollmentBegun, false),
        (EventKind::EnrollmentRefused, false),
        (bound(Binding::First), true),
        (bound(Binding::Added), true),
        (bound(Binding::Replaced), true),
        (bound(Binding::Imported), true),
        (bound(Binding::ImportedQuietly), false),
        (removed(1), true),
        (removed(0), true),
        (EventKind::AuthenticatorRenamed { authenticator, label: String::new() }, false),
        (EventKind::RecoveryCodesRegenerated, true),
        (EventKind::PasswordChangeBegun, false),
        (EventKind::PasswordChanged, true),
        (EventKind::PasswordNotChanged, true),
        (EventKind::PasswordChangeInterrupted, true),
        (EventKind::SessionsEnded, true),
        (EventKind::Restored, true),
        (EventKind::AccountClosed, true),
        (EventKind::DeviceRemembered { device, label: String::new() }, true),
        (EventKind::DeviceForgotten { device, reason: ForgottenBecause::Revoked }, false),
        (EventKind::DeviceTokenStolen { device }, true),
        (EventKind::DeviceUnknown, false),
    ];
    for (kind, told) in &table {
        assert_eq!(kind.notify_owner(), *told, "{kind:?}");
    }
    let outdated = EventKind::DeviceForgotten { device, reason: ForgottenBecause::Outdated };
    assert!(outdated.notify_owner(), "an outdated token may mean two copies");
    let mut names: Vec<_> = table.iter().map(|(kind, _)| variant_of(&format!("{kind:?}"))).collect();
    names.dedup();
    assert_eq!(variants(&source("session/event.rs"), "EventKind"), names);
}

/// The variant's name, from the beginning of its `Debug` output.
pub(super) fn variant_of(debug: &str) -> String {
    debug.chars().take_while(|c| is_word(*c)).collect()
}

#[test]
fn asvs_6_3_5_wrong_codes_after_a_right_password_raise_an_alarm() {
    let (world, phone, _) = World::enrolled();
    for guess in 1..=20_u32 {
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
        let told = world.events.count(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. }));
        assert_eq!(told, (guess / 5) as usize, "guess {guess}");
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), guess as usize);
    }
    assert!(EventKind::PasswordSuspectedKnown { guesses: 5 }.notify_owner());
}

#[test]
fn asvs_6_3_8_a_refusal_does_not_say_what_was_wrong_with_a_code() {
    let (world, phone, _) = World::enrolled();
    let used = phone.code(world.now());
    let early = phone.code(world.now().saturating_add(minutes(5)));
    let _ = world.log_in(&phone);
    let late = phone.code(UnixTime::from_secs(world.now().as_secs() - 300));
    let refusals: Vec<_> = [used, early, late, phone.wrong_code(world.now())]
        .iter()
        .map(|code| {
            let error = world.verifier.present(&world.challenge(), code, Remember::No).unwrap_err();
            (error.to_string(), format!("{error:?}"))
        })
        .collect();
    assert!(refusals.iter().all(|told| *told == refusals[0]), "{refusals:?}");
    // Without a valid challenge (none, another account's, one that is over) there is one refusal too.
    let over = world.challenge();
    world.clock.advance(minutes(10));
    let of_nobody = ChallengeToken::parse(&Parts::of(over.expose()).of_account("nobody").text()).unwrap();
    for challenge in [over, of_nobody] {
        let refused = refusal(world.verifier.present(&challenge, "123456", Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    }
}

#[test]
fn asvs_6_4_3_a_password_reset_does_not_get_around_the_factor() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let open = world.challenge();
    // It returns an obligation to end sessions and no proof: a login with the new password needs a code too.
    let ended = world.reset_password();
    assert_eq!(ended.account(), &world.account);
    let _ = code_required(world.login_on(&device));
    let refused = refusal(world.verifier.present(&open, &phone.code(world.now()), Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
    assert!(world.verifier.status(&world.account).unwrap().devices.is_empty());
    assert!(EventKind::PasswordChanged.notify_owner());
    assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordChanged), 1);
}

#[test]
fn asvs_6_5_1_codes_and_recovery_codes_are_used_once() {
    for (name, path) in PATHS {
        for (again, second_path) in PATHS {
            let (world, phone, codes) = World::enrolled();
            let code = phone.code(world.now());
            assert_eq!(path(&world, &code, &codes[0]), Ok(()), "{name}");
            let same_kind = name.contains("recovery") == again.contains("recovery");
            let outcome = second_path(&world, &code, &codes[0]);
            let in_session = |name: &str| !name.starts_with("present");
            let expected = match (same_kind, in_session(name) && in_session(again)) {
                (true, true) => Err(Refusal::AlreadyDone),
                (true, false) => Err(Refusal::NotAccepted),
                (false, _) => Ok(()),
            };
            assert_eq!(outcome, expected, "{name}, then {again}");
        }
    }
}

#[test]
fn asvs_6_5_2_recovery_codes_are_strong_enough_for_a_plain_hash() {
    const { assert!(8 * RecoveryCode::LEN >= 112) };
    let code = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA").unwrap();
    assert_ne!(code.digest("alice"), code.digest("bob"));
}

#[test]
fn asvs_6_5_4_recovery_codes_have_more_than_twenty_bits() {
    const { assert!(8 * RecoveryCode::LEN >= 20) };
    let (_, _, codes) = World::enrolled();
    for code in codes {
        let symbols = code.chars().filter(char::is_ascii_alphanumeric).count();
        assert_eq!((symbols, symbols * 5 / 8), (26, RecoveryCode::LEN));
    }
}

#[test]
fn asvs_6_5_5_a_code_lives_for_the_period_times_the_steps() {
    for (window, before, after) in
        [(Window::DEFAULT, 30, 60), (Window::NO_FUTURE, 0, 60), (Window::EXACT, 0, 30)]
    {
        let policy = Policy::builder("Example").window(window).build().unwrap();
        let (world, phone, _) = World::enrolled_with(policy);
        world.clock.advance(minutes(4));
        let step = world.now().as_secs();
        let code = phone.code(world.now());
        // The same decision, on the same record, at every second around the step.
        world.clock.set(UnixTime::from_secs(step - 100));
        let challenge = world.challenge();
        let record = world.verifier.store().load(&world.account).unwrap().unwrap().value;
        let accepted: Vec<u64> = (step - 100..step + 100)
            .filter(|&secs| {
                let again = World::with_policy(world.verifier.policy().clone());
                let seed = Change::new(Expected::Absent, Revision::new(1), &record, &[]);
                let seeded = again.verifier.store().compare_and_swap(&world.account, seed);
                assert!(matches!(seeded, Ok(Swap::Stored)));
                again.clock.set(UnixTime::from_secs(secs));
                refusal(again.verifier.present(&challenge, &code, Remember::No)).is_ok()
            })
            .collect();
        assert_eq!(accepted, (step - before..step + after).collect::<Vec<_>>(), "{window:?}");
        assert_eq!(accepted.len(), 30 * usize::from(window.steps()));
    }
    // The time step itself is thirty seconds.
    assert_eq!(TotpParams::default().period(), Period::DEFAULT);
    assert_eq!(Period::DEFAULT.as_secs(), 30);
}

/// A change of the account's credentials.
type CredentialChange = (&'static str, fn(&World, &Phone));

const CHANGES: [CredentialChange; 5] = [
    ("change_password", |world, phone| {
        let session = world.session(1);
        let _ = world.change_password(&session, &phone.code(world.now())).unwrap();
        world.clock.advance(STEP);
    }),
    ("change_password, reset", |world, _| {
        let _ = world.reset_password();
    }),
    ("disable", |world, phone| {
        let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
    }),
    ("confirm_enrollment", |world, phone| {
        let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
        let code = Phone::scan(&begun.uri).code(world.now());
        let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    }),
    ("administrator_reset", |world, _| {
        let administrator = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
    }),
];

#[test]
fn asvs_6_5_6_revocation_also_ends_logins_that_are_under_way() {
    for (name, change) in CHANGES {
        let (world, phone, codes) = World::enrolled();
        let (first, second) = (world.challenge(), world.challenge());
        change(&world, &phone);
        let refused = refusal(world.verifier.present(&first, &phone.code(world.now()), Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver, "{name}");
        let refused = refusal(world.verifier.present(&second, &codes[0], Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver, "{name}");
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 2, "{name}");
    }
}

#[test]
fn asvs_6_5_8_a_clock_that_goes_back_gives_nothing_back() {
    let (world, phone, _) = World::enrolled();
    let before = world.now();
    let code = phone.code(before);
    let _ = world.log_in(&phone);
    for _ in 0..20 {
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
    }
    world.clock.set(before);
    assert!(matches!(world.present(&code), Err(Refusal::Locked { .. })));
    world.clock.back(days(3_000));
    assert!(matches!(world.present(&phone.code(world.now())), Err(Refusal::Locked { .. })));

    // It does not extend a device's lifetime either.
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    world.clock.back(days(20));
    let _ = code_required(world.login_on(&device));
}

#[test]
fn asvs_6_6_2_a_challenge_is_bound_to_its_account_and_its_purpose() {
    let (world, phone, _) = World::enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let challenge = world.challenge();
    let code = phone.code(world.now());
    // It is not accepted as another kind of token, not with the prefix changed, and not with its tag on another body.
    let (own, other) = (Parts::of(challenge.expose()), Parts::of(begun.token.expose()));
    for text in [own.text(), Parts { prefix: "e1".into(), ..own.clone() }.text()] {
        assert!(EnrollmentToken::parse(&text).is_err());
    }
    for text in [own.text(), Parts { prefix: "d1".into(), ..own.clone() }.text()] {
        assert!(DeviceToken::parse(&text).is_err());
    }
    let disguised = Parts { tag: own.tag.clone(), ..other.clone() }.text();
    let disguised = EnrollmentToken::parse(&disguised).unwrap();
    let confirmed = refusal(world.verifier.confirm_enrollment(&disguised, &code));
    assert_eq!(confirmed.unwrap_err(), Refusal::EnrollmentOver);
    // Nor with another account, epoch, time or id in it.
    let mut changed: Vec<_> = (2..=5)
        .map(|field| {
            let mut changed = own.clone();
            *changed.fields[field].last_mut().unwrap() ^= 1;
            changed
        })
        .collect();
    changed.extend([own.clone().of_account("mallory"), Parts { tag: other.tag, ..own }]);
    for changed in &changed {
        let changed = ChallengeToken::parse(&changed.text()).unwrap();
        let refused = refusal(world.verifier.present(&changed, &code, Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), changed.len());
    assert!(world.verifier.present(&challenge, &code, Remember::No).is_ok());
}

#[test]
fn asvs_6_6_3_a_challenge_accepts_five_guesses() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let present = |code: &str| refusal(world.verifier.present(&challenge, code, Remember::No)).unwrap_err();
    for guess in 1..=5 {
        let refused = present(&phone.wrong_code(world.now()));
        let expected = if guess == 5 { Refusal::ChallengeOver } else { Refusal::NotAccepted };
        assert_eq!(refused, expected, "guess {guess}");
    }
    assert_eq!(present(&phone.code(world.now())), Refusal::ChallengeOver, "the right code was accepted");
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 1);
}

#[test]
fn asvs_7_2_4_a_login_makes_a_new_proof_and_replaces_the_device_token() {
    let (world, phone, _) = World::enrolled();
    let first = world.remember(&phone);
    world.clock.advance(MINUTE);
    let second = complete(world.login_on(&first)).device.unwrap();
    assert_ne!(first.expose(), second.expose());
    // Wait for the grace period for a second tab. After it, the old token may be a stolen copy.
    world.clock.advance(MINUTE);
    let _ = code_required(world.login_on(&first));
    let outdated = |kind: &EventKind| {
        matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::Outdated, .. })
    };
    assert_eq!(world.events.count(outdated), 1);
    let _ = code_required(world.login_on(&second));
}

#[test]
fn asvs_7_3_2_every_lifetime_ends_to_the_second() {
    let (world, phone, _) = World::enrolled();
    let wait = |span: Duration, offset: i64| {
        world.clock.advance(Duration::from_secs((span.as_secs().cast_signed() + offset).cast_unsigned()));
    };
    for (offset, alive) in [(-1, true), (0, false), (1, false)] {
        let challenge = world.challenge();
        wait(minutes(10), offset);
        let outcome = refusal(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No));
        assert_eq!(outcome.map(|_| ()), if alive { Ok(()) } else { Err(Refusal::ChallengeOver) }, "{offset}");

        world.clock.advance(STEP);
        let fresh = world.verifier.fresh_factor(&world.session(1), &phone.code(world.now())).unwrap();
        wait(minutes(5), offset);
        let outcome = refusal(world.verifier.regenerate_recovery_codes(fresh));
        assert_eq!(
            outcome.map(|_| ()),
            if alive { Ok(()) } else { Err(Refusal::StepUpRequired) },
            "{offset}"
        );

        let since = world.now();
        let device = world.remember(&phone);
        world.clock.set(since);
        wait(days(30), offset);
        assert_eq!(matches!(world.login_on(&device), Login::Complete(_)), alive, "{offset}");
    }
}

#[test]
fn asvs_7_4_3_a_change_of_credentials_ends_sessions_and_devices() {
    for (name, change) in CHANGES {
        let (world, phone, _) = World::enrolled();
        let devices = [world.remember(&phone), world.remember(&phone)];
        let ids: Vec<_> =
            world.verifier.status(&world.account).unwrap().devices.iter().map(|device| device.id).collect();
        let session = world.log_in(&phone).authenticated.into_session();
        assert!(world.is_current(&session));
        change(&world, &phone);
        assert!(!world.is_current(&session), "{name}");
        for device in ids {
            let gone = EventKind::DeviceForgotten { device, reason: ForgottenBecause::CredentialsChanged };
            assert_eq!(world.events.count(|kind| *kind == gone), 1, "{name}");
        }
        let refused = refusal(world.verifier.fresh_factor(&session, &phone.code(world.now())));
        assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired, "{name}");
        for device in &devices {
            let accepted = world.login_on(device);
            let remembered = matches!(&accepted, Login::Complete(done) if done.authenticated.method() != AuthMethod::SingleFactor);
            assert!(!remembered, "{name}: {accepted:?}");
        }
    }
}

#[test]
fn asvs_7_4_5_an_administrator_ends_sessions_of_others_only() {
    let (world, phone, _) = World::enrolled();
    let _ = world.remember(&phone);
    let oneself = AdministratorReset::by_host(world.account.clone(), &world.account);
    assert_eq!(oneself.unwrap_err(), AdministratorOfOneself);
    let session = world.log_in(&phone).authenticated.into_session();
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    let reset = AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap();
    let ended = world.verifier.administrator_reset(reset).unwrap();
    assert_eq!(ended.account(), &world.account);
    assert!(!world.is_current(&session));
}

#[test]
fn asvs_7_5_1_a_change_of_the_factor_needs_a_fresh_factor() {
    let (world, phone, _) = World::enrolled();
    let older = Policy::builder("Example").step_up_age(minutes(16)).build();
    assert_eq!(
        older.unwrap_err(),
        PolicyError::OutOfBounds { setting: "step_up_age", bounds: "1 second to 15 minutes" }
    );
    assert_eq!(world.verifier.policy().step_up_age(), minutes(5));
    // The password alone is refused, and so is a fresh factor from before another change. It is taken by value, so a second
    // use does not compile: see `FreshFactor`.
    let refused = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    let stale = [world.fresh(&phone), world.fresh(&phone), world.fresh(&phone)];
    let _ = world.reset_password();
    let [first, second, third] = stale;
    assert_eq!(
        refusal(world.verifier.disable(first, Requirement::None)).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert_eq!(
        refusal(world.verifier.regenerate_recovery_codes(second)).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert_eq!(
        refusal(world.verifier.begin_enrollment(third, "alice")).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn asvs_7_4_2_closing_an_account_ends_all_its_sessions() {
    let by_administrator = |world: &World, _: &Phone| {
        let administrator = AccountId::new("root").unwrap();
        let word = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        world.verifier.close_account(word).unwrap()
    };
    let by_its_owner = |world: &World, phone: &Phone| {
        let session = world.session(9);
        let code = phone.code(world.now());
        let proof = world.verifier.reauthenticate(&session, world.password(), &code).unwrap();
        world.verifier.close_account(proof).unwrap()
    };
    let ways: [fn(&World, &Phone) -> EndAllSessions; 2] = [by_administrator, by_its_owner];
    for close in ways {
        let (world, phone, codes) = World::enrolled();
        let device = world.remember(&phone);
        let on_the_device = complete(world.login_on(&device)).authenticated.into_session();
        let sessions = [on_the_device, world.log_in(&phone).authenticated.into_session(), world.session(1)];
        let challenge = world.challenge();
        assert!(sessions.iter().all(|session| world.is_current(session)));
        let ended = close(&world, &phone);
        assert_eq!(ended.account(), &world.account);
        assert!(!sessions.iter().any(|session| world.is_current(session)));
        let refused = refusal(world.verifier.present(&challenge, &codes[0], Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
        for session in &sessions {
            let refused = refusal(world.verifier.fresh_factor(session, &phone.code(world.now())));
            assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
        }
    }
}

#[test]
fn asvs_7_5_2_the_owner_ends_all_sessions_and_a_thief_cannot_again() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    assert_eq!(world.verifier.status(&world.account).unwrap().devices.len(), 1);
    let on_the_device = complete(world.login_on(&device)).authenticated.into_session();
    let own = world.log_in(&phone).authenticated.into_session();
    // The host first asks for a recent factor in this session.
    assert!(own.is_elevated(world.now(), MINUTE) && !on_the_device.is_elevated(world.now(), MINUTE));
    let challenge = world.challenge();
    let ended = world.verifier.end_all_sessions(&own).unwrap();
    assert_eq!(ended.account(), &world.account);
    assert!(!world.is_current(&own) && !world.is_current(&on_the_device));
    assert_eq!(world.verifier.status(&world.account).unwrap().devices, []);
    assert_eq!(world.events.count(|kind| *kind == EventKind::SessionsEnded), 1);
    assert!(EventKind::SessionsEnded.notify_owner());
    let refused = refusal(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);

    // Refused with a session that is over, and on the device. With a code there is a new session.
    for over in [&own, &on_the_device] {
        assert_eq!(refusal(world.verifier.end_all_sessions(over)).unwrap_err(), Refusal::StepUpRequired);
    }
    let _ = code_required(world.login_on(&device));
    let anew = world.log_in(&phone).authenticated.into_session();
    assert!(world.is_current(&anew));
    assert_eq!(world.events.count(|kind| *kind == EventKind::SessionsEnded), 1);
}
