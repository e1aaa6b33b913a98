//! What the host calls. Each call loads, decides, swaps and releases; the rules are in `session`.
//!
//! What the host must do around these calls is in [`manual::hosts`](crate::manual::hosts).

mod account;
mod blocking;
mod clock;
mod entropy;
mod error;
mod events;
mod login;
mod operate;
#[expect(clippy::module_inception, reason = "the module holds the type of this name")]
mod verifier;

pub use blocking::BlockingVerifier;
pub use clock::Clock;
#[cfg(feature = "std")]
pub use clock::SystemClock;
#[cfg(feature = "os-entropy")]
pub use entropy::OsEntropy;
pub use entropy::{EntropyError, EntropySource};
pub use error::{ChangePasswordError, Error};
#[cfg(feature = "tracing")]
pub use events::TracingEvents;
pub use events::{EventSink, NoEvents};
pub use verifier::Verifier;
