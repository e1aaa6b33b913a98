//! What the benchmarks and checks share: a service with one account, and a way to talk to valgrind.

mod service;
pub mod valgrind;

use second_factor::session::{Keys, StoreSecretsInClear, TokenKey, TokenKeys};

pub use service::{Dice, Service};

/// Keys that sign tokens but do not seal secrets.
pub fn without_a_seal() -> Keys {
    Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([7; 32])))
}

/// The secret of RFC 6238 Appendix B for SHA-1, 160 bits.
pub const SECRET: &[u8] = b"12345678901234567890";

/// A key URI as enrollment prints it: with the issuer in the label and as a parameter, an escape, and the
/// recommended 160 bits.
pub const KEY_URI: &str =
    "otpauth://totp/Example:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example";
