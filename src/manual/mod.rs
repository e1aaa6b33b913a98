//! The manual: pages to read, without code except examples.
//!
//! - [`hosts`]: what your service must do, item by item, and what happens if an item is forgotten. Begin here;
//! - [`login`]: the two routes of a login over HTTP;
//! - [`promises`]: what is promised, where in the code it is kept, and the tests that show it. Begin here if
//!   you audit the library;
//! - [`proofs`]: what each token and proof checks, what ends it, and where the bound on guesses comes from;
//! - [`threats`]: what must fail, row by row, and the tests that show that it does;
//! - [`standards`]: the clauses that are met, and the tests that show it;
//! - [`limits`]: every number of the default policy in one table, and every way to complete a login;
//! - [`regimes`]: the settings for NIST SP 800-63B, OWASP ASVS, PCI DSS and PSD2, and what no setting can
//!   provide;
//! - [`comparison`]: the alternatives, and when to choose them;
//! - [`migration`]: how to move from totp-rs and a table of secrets to this crate, each step with its way back;
//! - [`operations`]: how to rotate keys, upgrade versions and restore backups;
//! - [`remembered_devices`]: what "remember me on this device" is worth;
//! - [`speed`]: what a second factor costs a login;
//! - [`passkeys`]: passkeys and security keys that the host verifies, with a complete example.

pub mod comparison;
pub mod hosts;
pub mod limits;
pub mod login;
pub mod migration;
pub mod operations;
pub mod passkeys;
pub mod promises;
pub mod proofs;
pub mod regimes;
pub mod remembered_devices;
pub mod speed;
pub mod standards;
pub mod threats;
