//! Tokens, and the keys that sign them.

use second_factor::session::{Keys, StoreSecretsInClear, TokenKey, TokenKeys};
use second_factor::{KeyRing, SealingKey};

use super::policy;
use super::site::{Kind, Site, Took, ring};

fn key(byte: u8) -> SealingKey {
    SealingKey::new([byte; 32])
}

fn all(of: &Site, from: &Site, took: Took) {
    for kind in Kind::ALL {
        assert_eq!(of.takes(kind, &from.genuine(kind)), took, "{kind:?}");
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let site = Site::new();
    // Another key with the same number, and the same key with an unknown number.
    let tokens = |id, byte| Keys::new(ring(), TokenKeys::new(id, TokenKey::new([byte; 32])));
    for (id, byte) in [(1, 8), (2, 7), (0, 0)] {
        let other = site.under(policy(), tokens(id, byte));
        all(&site, &other, Took::Refused);
        all(&other, &site, Took::Refused);
    }
    // A key that this ring does not have; the right one is there to open the secret.
    let other = site.under(policy(), KeyRing::new(2, key(9)).with_retired(1, key(7)));
    all(&site, &other, Took::Refused);
}

/// The sealing key does not sign; a key derived from it does.
#[test]
fn a_tag_made_with_the_sealing_key_itself_is_refused() {
    let site = Site::new();
    let same_bytes = Keys::new(ring(), TokenKeys::new(1, TokenKey::new([7; 32])));
    let other = site.under(policy(), same_bytes);
    all(&site, &other, Took::Refused);
}

/// Two instances in turn: both verify with the new key before either signs with it.
#[test]
fn a_key_rotation_over_two_instances_ends_no_token() {
    let old = || KeyRing::new(1, key(7));
    let known = || KeyRing::new(1, key(7)).with_retired(2, key(8));
    let new = || KeyRing::new(2, key(8)).with_retired(1, key(7));
    let site = Site::new();
    for [first, second] in [[old(), known()], [known(), known()], [known(), new()], [new(), new()]] {
        let [first, second] = [first, second].map(|ring| site.under(policy(), ring));
        for (here, there) in [(&first, &second), (&second, &first)] {
            all(here, there, Took::Genuine);
            all(here, &site, Took::Genuine);
        }
    }
    // Without the old key.
    let last = site.under(policy(), new());
    let alone = site.under(policy(), KeyRing::new(2, key(8)));
    all(&alone, &last, Took::Genuine);
    all(&alone, &site, Took::Refused);
}

/// In the wrong order: one instance signs with a key that the other does not have yet.
#[test]
fn a_key_that_signs_before_all_instances_have_it_is_refused() {
    let site = Site::new();
    let second = site.under(policy(), KeyRing::new(2, key(8)).with_retired(1, key(7)));
    all(&site, &second, Took::Refused);
    all(&second, &site, Took::Genuine);
}

/// A stolen key still opens secrets, but its signatures are not accepted.
#[test]
fn a_key_retired_for_opening_only_verifies_no_token() {
    let site = Site::new();
    let after = site.under(policy(), KeyRing::new(2, key(8)).with_opening_only(1, key(7)));
    all(&after, &site, Took::Refused);
    let code = after.phone.code(after.world.now());
    assert!(after.world.present(&code).is_ok(), "the secret does not open");
    all(&after, &after, Took::Genuine);
}

/// A host with its own seal rotates its token keys in the same way.
#[test]
fn token_keys_of_a_host_with_its_own_seal_rotate_too() {
    let signing = |id, byte| TokenKeys::new(id, TokenKey::new([byte; 32]));
    let site = Site::new();
    let old = site.under(policy(), Keys::new(ring(), signing(3, 3)));
    let new = site.under(policy(), Keys::new(ring(), signing(4, 4).with_retired(3, TokenKey::new([3; 32]))));
    all(&new, &old, Took::Genuine);
    all(&old, &new, Took::Refused);
    let last = site.under(policy(), Keys::new(ring(), signing(4, 4)));
    all(&last, &new, Took::Genuine);
    all(&last, &old, Took::Refused);
    let _ = Keys::new(StoreSecretsInClear, signing(1, 1));
}
