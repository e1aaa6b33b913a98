//! Secrets: generated ones (RFC 6238 §3 R6 and §5.1, A20a, F28, F33) and imported ones (RFC 4226 §4 R6).

use second_factor::enrollment::{ImportedSecret, SecretTooShort};
use second_factor::otp::Strength;
use second_factor::{Algorithm, Secret};

use crate::support::{Broken, BrokenRng, CountingRng};

const ALGORITHMS: [(Algorithm, usize); 3] =
    [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)];

/// RFC 6238 §3 R6 and §5.1: a generated secret is random and as long as the HMAC output. It takes exactly that many random bytes.
#[test]
fn rfc6238_3_r6_generated_secrets_have_the_length_of_the_hmac() {
    for (algorithm, len) in ALGORITHMS {
        let mut rng = CountingRng::new(1);
        let secret = Secret::generate(algorithm, &mut rng).unwrap();
        assert_eq!(secret.expose().len(), len);
        assert_eq!(secret.strength(), Strength::Recommended);
        assert_eq!(rng.bytes_taken(), len);
        let mut same = vec![0; len];
        CountingRng::new(1).fill(&mut same);
        assert_eq!(secret.expose(), same, "the secret is not made of all random bytes");
    }
}

#[test]
fn f28_a_failing_generator_gives_its_error_and_no_secret() {
    for (algorithm, _) in ALGORITHMS {
        assert_eq!(Secret::generate(algorithm, &mut BrokenRng).unwrap_err(), Broken);
    }
}

#[cfg(feature = "os-entropy")]
#[test]
fn the_generator_of_the_operating_system_makes_everything_random() {
    use second_factor::rand_core::{TryCryptoRng, TryRng};
    use second_factor::{OsEntropy, RecoveryCodes};

    fn different<R: TryCryptoRng, T: PartialEq>(rng: &mut R, draw: impl Fn(&mut R) -> T) -> bool {
        draw(rng) != draw(rng)
    }
    let rng = &mut OsEntropy;
    assert!(different(rng, |rng| Secret::generate(Algorithm::Sha512, rng).unwrap()));
    assert!(different(rng, |rng| RecoveryCodes::generate(rng).unwrap().to_lines().expose().to_owned()));
    // Numbers of 32 bits are equal now and then; ten pairs are not.
    assert!(different(rng, |rng| [(); 10].map(|()| rng.try_next_u32().unwrap())));
    assert!(different(rng, |rng| [(); 10].map(|()| rng.try_next_u64().unwrap())));
}

#[test]
fn generate_takes_a_generator_behind_a_pointer() {
    let mut rng = CountingRng::new(2);
    let rng: &mut dyn rand_core::TryCryptoRng<Error = core::convert::Infallible> = &mut rng;
    let Ok(secret) = Secret::generate(Algorithm::Sha1, rng);
    assert_eq!(secret.bits(), 160);
}

/// A million base32 symbols of generated secrets are uniform: chi-square test with 31 degrees of freedom, 99.99 % quantile 66.6.
#[test]
fn f33_symbols_of_generated_secrets_are_uniform() {
    let mut rng = CountingRng::new(0x5eed);
    let mut counts = [0_u32; 128];
    let mut total = 0_u32;
    while total < 1_000_000 {
        let secret = Secret::generate(Algorithm::Sha1, &mut rng).unwrap();
        for symbol in secret.to_base32().expose().bytes() {
            counts[usize::from(symbol)] += 1;
            total += 1;
        }
    }
    let expected = f64::from(total) / 32.0;
    let chi_square: f64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        .iter()
        .map(|&symbol| (f64::from(counts[usize::from(symbol)]) - expected).powi(2) / expected)
        .sum();
    assert!(chi_square < 66.6, "{chi_square}");
    assert_eq!(counts.iter().sum::<u32>(), total);
}

/// RFC 4226 §4 R6: at least 128 bits (16 bytes); 80 bits need a call of their own. Tests every length.
#[test]
fn a20a_imported_secrets_have_a_least_length() {
    for len in 1..=Secret::MAX_LEN {
        let secret = Secret::new(&vec![7; len]).unwrap();
        let told = |error: SecretTooShort| (error.found_bits, error.floor_bits);
        let short = |floor_bits| Err((len * 8, floor_bits));
        let ordinary = ImportedSecret::new(secret.clone()).map(ImportedSecret::into_secret).map_err(told);
        assert_eq!(ordinary, if len < 16 { short(128) } else { Ok(secret.clone()) });
        let legacy = ImportedSecret::legacy(secret.clone()).map(ImportedSecret::into_secret).map_err(told);
        assert_eq!(legacy, if len < 10 { short(80) } else { Ok(secret) });
    }
    assert!(Secret::new(&[]).is_err());
}

#[test]
fn an_imported_secret_is_redacted() {
    let imported = ImportedSecret::new(Secret::new(b"PLANTEDPLANTEDPLANTED").unwrap()).unwrap();
    assert_eq!(format!("{imported:?}"), "ImportedSecret(Secret(..))");
}
