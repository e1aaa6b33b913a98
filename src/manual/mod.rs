//! Pages to read: no code in here but examples.
//!
//! - [`promises`]: what is promised, where it is kept, and the tests; the page to begin with;
//! - [`login`]: the two routes of a login over HTTP;
//! - [`threats`]: what must fail, row by row, and the test that shows that it does;
//! - [`standards`]: the clauses that are met, and the test that shows each;
//! - [`limits`]: every number of the default policy, in one table, and every way in;
//! - [`regimes`]: the settings for NIST SP 800-63B, OWASP ASVS, PCI DSS and PSD2, and what they do not give;
//! - [`operations`]: keys rotated, versions upgraded, backups restored;
//! - [`remembered_devices`]: what "remember me on this device" is worth;
//! - [`speed`]: what a second factor costs a login;
//! - [`passkeys`]: passkeys and security keys that the host verifies, with a whole example.

pub mod limits;
pub mod login;
pub mod operations;
pub mod passkeys;
pub mod promises;
pub mod regimes;
pub mod remembered_devices;
pub mod speed;
pub mod standards;
pub mod threats;
