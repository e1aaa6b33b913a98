//! Challenges, device tokens and enrollments that are changed in any way, or used in another place, are refused, and
//! nothing is written.

mod forged;
mod keys;
mod parts;
mod site;

use core::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use second_factor::session::EnrollmentToken;
use second_factor::{AccountId, Policy};

use parts::{Parts, every_bit_flipped, every_change};
use site::{Kind, Site, Took};

use crate::support::{Phone, World};

fn policy() -> Policy {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let builder = Policy::builder("Example").challenge_lifetime(minutes(30));
    builder.enrollment_lifetime(minutes(10)).build().unwrap()
}

#[test]
fn a_token_has_the_fields_that_these_tests_change() {
    let site = Site::new();
    for kind in Kind::ALL {
        let text = site.genuine(kind);
        let parts = Parts::of(&text);
        assert_eq!(
            parts.text(),
            text,
            "{kind:?} is not the same after taking it apart and putting it together"
        );
        assert_eq!(parts.fields.len(), kind.fields().len(), "{kind:?}: {:?}", kind.fields());
        assert_eq!(site.takes(kind, &text), Took::Genuine, "{kind:?}");
    }
}

#[test]
fn every_field_of_every_token_is_under_the_tag() {
    let site = Site::new();
    let mut count = 0;
    for kind in Kind::ALL {
        let genuine = Parts::of(&site.genuine(kind));
        for changed in every_change(&genuine) {
            let took = site.takes(kind, &changed.text());
            assert!(matches!(took, Took::Unreadable | Took::Refused), "{kind:?} as {changed:?}: {took:?}");
            count += 1;
        }
    }
    assert_eq!(count, 3_613);
}

/// An enrollment of an additional authenticator is not confirmed as the first one, or in place of another.
#[test]
fn the_place_of_an_enrollment_is_under_the_tag() {
    let site = Site::new();
    let in_place = Parts::of(&site.genuine(Kind::Enrollment));
    let begun = site.world.verifier.begin_enrollment(site.world.fresh(&site.phone), "alice").unwrap();
    let beside = Parts::of(begun.token.expose());
    let place = Kind::Enrollment.fields().iter().position(|field| *field == "place").unwrap();
    assert_eq!((beside.fields[place].as_slice(), in_place.fields[place].len()), (&b"beside"[..], 16));
    for genuine in [&beside, &in_place] {
        for other in [b"first".to_vec(), b"beside".to_vec(), in_place.fields[place].clone(), vec![0; 16]] {
            let mut changed = genuine.clone();
            changed.fields[place] = other;
            let expected = if changed == *genuine { Took::Genuine } else { Took::Refused };
            assert_eq!(site.takes(Kind::Enrollment, &changed.text()), expected, "{changed:?}");
        }
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let site = Site::new();
    for kind in Kind::ALL {
        let text = site.genuine(kind);
        for other in every_bit_flipped(&text) {
            let took = site.takes(kind, &other);
            assert!(matches!(took, Took::Unreadable | Took::Refused), "{kind:?} as {other}: {took:?}");
        }
        for length in 0..text.len() {
            assert_eq!(site.takes(kind, &text[..length]), Took::Unreadable, "{kind:?} cut to {length}");
        }
        for longer in [format!("{text}A"), format!("{text}."), format!("{text}="), format!(" {text}")] {
            assert_eq!(site.takes(kind, &longer), Took::Unreadable, "{kind:?} as {longer}");
        }
        assert_eq!(site.takes(kind, &text.to_lowercase()), Took::Unreadable);
    }
}

#[test]
fn a_token_of_one_kind_is_refused_as_another_kind() {
    let site = Site::new();
    for from in Kind::ALL {
        let genuine = Parts::of(&site.genuine(from));
        for to in Kind::ALL.into_iter().filter(|to| *to != from) {
            let body_of_to = Parts::of(&site.genuine(to)).fields;
            for forged in [
                genuine.clone(),
                Parts { prefix: to.prefix().into(), ..genuine.clone() },
                // The body of one kind with the tag of the other.
                Parts { prefix: to.prefix().into(), fields: body_of_to, ..genuine.clone() },
            ] {
                let took = site.takes(to, &forged.text());
                assert!(matches!(took, Took::Unreadable | Took::Refused), "{from:?} as {to:?}: {took:?}");
            }
        }
    }
}

/// A token is only valid for the account that it names.
#[test]
fn a_token_of_one_account_is_refused_for_another() {
    let (site, bob) = (Site::new(), AccountId::new("bob").unwrap());
    let bobs = site.of(&bob);
    for kind in Kind::ALL {
        assert_eq!(bobs.takes(kind, &bobs.genuine(kind)), Took::Genuine, "{kind:?}");
        let mut renamed = Parts::of(&site.genuine(kind));
        assert_eq!(renamed.fields[1], b"alice");
        renamed.fields[1] = b"bob".to_vec();
        assert_eq!(bobs.takes(kind, &renamed.text()), Took::Refused, "{kind:?}");
    }
    assert_eq!(bobs.takes(Kind::Device, &site.genuine(Kind::Device)), Took::Refused);
}

#[test]
fn a_token_of_an_earlier_epoch_is_refused() {
    let site = Site::new();
    let texts = Kind::ALL.map(|kind| site.genuine(kind));
    let _ = site.world.verifier.end_all_sessions(&site.world.session(1)).unwrap();
    for (kind, text) in Kind::ALL.into_iter().zip(&texts) {
        assert_eq!(site.takes(kind, text), Took::Refused, "{kind:?}");
        // The same if the present epoch is written into it.
        let mut moved = Parts::of(text);
        if kind != Kind::Device {
            moved.fields[2] = site.epoch();
        }
        assert_eq!(site.takes(kind, &moved.text()), Took::Refused, "{kind:?}");
    }
}

#[test]
fn a_token_of_another_namespace_is_refused() {
    let site = Site::new();
    let elsewhere = [
        Policy::new("Example 2").unwrap(),
        Policy::builder("Example").namespace("example").build().unwrap(),
        Policy::builder("Other").namespace("Exampl").build().unwrap(),
    ];
    for policy in elsewhere {
        let other = site.under(policy, site::ring());
        for kind in Kind::ALL {
            assert_eq!(other.takes(kind, &site.genuine(kind)), Took::Refused, "{kind:?}");
            assert_eq!(site.takes(kind, &other.genuine(kind)), Took::Refused, "{kind:?}");
        }
    }
    // The name of the service may change: only the namespace counts.
    let same = site.under(Policy::builder("Renamed").namespace("Example").build().unwrap(), site::ring());
    for kind in Kind::ALL {
        assert_eq!(same.takes(kind, &site.genuine(kind)), Took::Genuine, "{kind:?}");
    }
}

// --- at random ---

fn for_all<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value))
where
    S::Value: core::fmt::Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[0x70; 32]);
    let result = TestRunner::new_with_rng(config, rng).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn random_bytes_are_refused() {
    let site = Site::new();
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let shape = (0..3_usize, prop::collection::vec(bytes(), 0..12), prop::collection::vec(any::<u8>(), 32));
    for_all(1_000, shape, |(kind, fields, tag)| {
        let kind = Kind::ALL[kind];
        let mut forged = Parts { prefix: kind.prefix().into(), fields, tag };
        let took = site.takes(kind, &forged.text());
        assert!(matches!(took, Took::Unreadable | Took::Refused), "{forged:?}: {took:?}");
        // With right values in the first fields.
        let genuine = Parts::of(&site.genuine(kind)).fields;
        forged.fields.splice(0..0, genuine.into_iter().take(2));
        let took = site.takes(kind, &forged.text());
        assert!(matches!(took, Took::Unreadable | Took::Refused), "{forged:?}: {took:?}");
    });
    for_all(2_000, ".{0,200}", |text: String| {
        for kind in Kind::ALL {
            assert_eq!(site.takes(kind, &text), Took::Unreadable, "{text}");
        }
    });
}

#[test]
fn random_flips_of_a_genuine_token_are_refused() {
    let site = Site::new();
    let flips = prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..6);
    for_all(2_000, (0..3_usize, flips), |(kind, flips)| {
        let kind = Kind::ALL[kind];
        let text = site.genuine(kind);
        let mut bytes = Parts::of(&text).bytes();
        let before = bytes.clone();
        for (index, bit) in flips {
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if bytes == before {
            return;
        }
        let other = Parts::spell(kind.prefix(), &bytes);
        let took = site.takes(kind, &other);
        assert!(matches!(took, Took::Unreadable | Took::Refused), "{other}: {took:?}");
    });
}

#[test]
fn a_token_with_a_field_too_many_or_too_long_a_text_is_not_read() {
    const MAX_TEXT: usize = 4352;
    let site = Site::new();
    for kind in Kind::ALL {
        let mut more = Parts::of(&site.genuine(kind));
        more.fields.push(vec![]);
        assert_eq!(site.takes(kind, &more.text()), Took::Unreadable, "{kind:?}");
    }
    let genuine = Parts::of(&site.genuine(Kind::Enrollment));
    let label = Kind::Enrollment.fields().iter().position(|field| *field == "label").unwrap();
    let with_label = |len: usize| {
        let mut parts = genuine.clone();
        parts.fields[label] = vec![b'x'; len];
        parts.text()
    };
    let longest = (0..MAX_TEXT).rev().find(|len| with_label(*len).len() <= MAX_TEXT).unwrap();
    assert_eq!(with_label(longest).len(), MAX_TEXT);
    assert_eq!(site.takes(Kind::Enrollment, &with_label(longest)), Took::Refused);
    assert_eq!(site.takes(Kind::Enrollment, &with_label(longest + 1)), Took::Unreadable);
}

#[test]
fn an_enrollment_after_a_recovery_login_goes_on_from_its_tokens_text() {
    let (world, _, codes) = World::enrolled();
    let session = world.present(&codes[0]).unwrap().authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), "").unwrap();
    let begun = world.verifier.begin_enrollment(proof, world.in_place_of_first()).unwrap();
    let token = EnrollmentToken::parse(begun.token.expose()).unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    assert!(world.verifier.confirm_enrollment(&token, &code).is_ok());
}

/// Each test that changes the account has a world of its own.
fn world() -> World {
    World::with_policy(policy())
}
