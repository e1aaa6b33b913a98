//! The integration tests, by topic. One crate, so that it links only once.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::needless_for_each,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "what modules share is `pub`")]

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod support;

mod otp {
    mod code;
    mod codes_in_a_row;
    mod rfc4226;
    mod rfc6238;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
    mod secret_generate;
    mod values;
}

#[cfg(feature = "alloc")]
mod enrollment {
    mod base32;
    mod key_uri;
    mod otpauth_corpus;
    #[cfg(feature = "qr")]
    mod qr;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
    mod recovery_codes;
}

mod hosts {
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
    mod api;
    #[cfg(feature = "std")]
    mod dates;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing", feature = "os-entropy"))]
    mod forgotten;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing", feature = "os-entropy"))]
    mod host;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing", feature = "os-entropy"))]
    mod hung_up;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
    mod many_events;
    #[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
    mod words;
}

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod login {
    mod device_orders;
    #[cfg(feature = "testing")]
    mod faults;
    mod from_totp_rs;
    mod fuzz_found;
    mod guess_odds;
    mod interleavings;
    #[cfg(feature = "testing")]
    mod login_model;
    mod model_flow;
    mod model_found;
    #[cfg(feature = "testing")]
    mod password_change;
    mod reauthentication;
    #[cfg(feature = "testing")]
    mod round_trips;
    mod schedule;
    mod session_kept;
    mod tokens;
}

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod store {
    #[cfg(feature = "testing")]
    mod conformance;
    mod dyn_store;
    #[cfg(feature = "json")]
    mod json;
    mod key_rotation;
    mod record_format;
    mod record_size;
    mod restored_backup;
    #[cfg(feature = "testing")]
    mod trail;
    #[cfg(feature = "testing")]
    mod wrong_stores;
    #[cfg(feature = "testing")]
    mod wrong_trails;
}

#[cfg(all(feature = "testing", feature = "serde", feature = "sealing"))]
mod testing {
    mod authenticator_app;
    mod manual_clock;
}

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod standards {
    mod asvs;
    mod asvs_logging;
    mod owasp;
    mod regimes;
    mod rfc;
    mod sp80063b;
}

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod threats {
    mod authenticators;
    mod binding;
    mod budget;
    mod charges;
    mod claims;
    mod clock_off;
    mod codes_in_a_row;
    mod crowding;
    mod device_tokens;
    mod devices;
    mod doubled;
    mod enrollment;
    mod guess_budget;
    mod guessing;
    mod host_authenticator;
    mod lapsed_enrollments;
    mod locks;
    mod migration;
    mod owner_gets_in;
    mod password_change;
    mod policies;
    mod proofs;
    mod replay;
    mod requirement;
    mod secrets;
    mod sessions;
    mod states;
    mod written;
}

#[cfg(all(feature = "std", feature = "serde", feature = "sealing"))]
mod output {
    #[cfg(target_os = "linux")]
    mod cleared_on_drop;
    #[cfg(all(feature = "os-entropy", feature = "qr"))]
    mod no_secret_in_output;
}
