//! A login over HTTP, from the password to the session.
//!
//! The two routes of a service, without a web framework: a trait stands for what the framework does. The site
//! in `examples/web` has the same routes with a framework. Why the calls come in this order, and where to keep each
//! token, is in [`hosts`](super::hosts).
//!
//! ```rust
//! use second_factor::{
//!     AccountId, Authenticated, ChallengeToken, DeviceToken, Error, KeyRing, Login, MemoryStore, PasswordVerified, Policy,
//!     Refusal, Remember, SealingKey, Verifier,
//! };
//!
//! type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
//!
//! /// What your web framework does.
//! trait Browser {
//!     fn cookie(&self, name: &str) -> Option<&str>;
//!     fn set_cookie(&self, name: &str, value: &str);
//!     /// Shows the form for the code. Keep the challenge in the pre-login session or a `__Host-` cookie, never in
//!     /// the form.
//!     fn ask_for_code(&self, challenge: &str) -> &'static str;
//!     /// Starts a new session, under a new id, that keeps `login.into_session()`.
//!     fn start_session(&self, login: Authenticated) -> &'static str;
//!     fn go_to(&self, page: &str) -> &'static str;
//! }
//!
//! /// At start-up. `MemoryStore` is for trying things out; a store on your database has two methods to implement.
//! fn verifier(sealing_key: &str) -> Result<Verifier<MemoryStore>> {
//!     let keys = KeyRing::new(1, SealingKey::from_hex(sealing_key)?);
//!     Ok(Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys))
//! }
//!
//! /// POST /login. `compare` reads the hash of the password and compares it.
//! async fn password(
//!     it: &Verifier<MemoryStore>,
//!     user: AccountId,
//!     compare: impl AsyncFnOnce(&AccountId) -> bool,
//!     browser: &impl Browser,
//! ) -> Result<&'static str> {
//!     let check = it.check_password(&user).await; // call it before the hash is read
//!     if !compare(&user).await {
//!         return Ok("Wrong name or password.");
//!     }
//!     let name = DeviceToken::cookie_name(&user, it.policy());
//!     match it.password_verified(PasswordVerified::by_host(check), browser.cookie(&name)).await? {
//!         Login::Complete(accepted) => {
//!             accepted.device.iter().for_each(|token| browser.set_cookie(&name, token.expose()));
//!             Ok(browser.start_session(accepted.authenticated))
//!         }
//!         Login::CodeRequired(challenge) => Ok(browser.ask_for_code(challenge.expose())),
//!         Login::EnrollmentRequired(_) => Ok("Set up two-factor authentication first."),
//!     }
//! }
//!
//! /// POST /login/code, with the challenge from where it was kept. A recovery code is accepted as well.
//! async fn code(it: &Verifier<MemoryStore>, challenge: &str, code: &str, browser: &impl Browser) -> Result<&'static str> {
//!     let challenge = ChallengeToken::parse(challenge)?;
//!     match it.present(&challenge, code, Remember::ThisDevice { label: "Firefox on Linux" }).await {
//!         Ok(accepted) => {
//!             let name = DeviceToken::cookie_name(challenge.account(), it.policy());
//!             accepted.device.iter().for_each(|token| browser.set_cookie(&name, token.expose()));
//!             Ok(browser.start_session(accepted.authenticated))
//!         }
//!         // The form was sent twice, or the first answer was lost. The page behind the login asks `is_current`.
//!         Err(Error::Refused(Refusal::AlreadyDone)) => Ok(browser.go_to("/account")),
//!         Err(Error::Refused(Refusal::ChallengeOver)) => Ok("Please log in again."),
//!         Err(Error::Refused(_)) => Ok("Not accepted."), // the audit event says why; do not tell the claimant
//!         Err(error) => Err(error.into()),
//!     }
//! }
//! ```
//!
//! Enrollment takes two more calls: [`begin_enrollment`](crate::Verifier::begin_enrollment) returns the URI
//! for the QR code, and [`confirm_enrollment`](crate::Verifier::confirm_enrollment) takes the first code and
//! returns the recovery codes. Before a sensitive step in a session, ask for another code and pass it to
//! [`fresh_factor`](crate::Verifier::fresh_factor). [`Verifier`](crate::Verifier) (async) and
//! [`BlockingVerifier`](crate::BlockingVerifier) have the same methods.
//!
//! An account can have several authenticators, each with a name and the time of its last use, and each can be
//! replaced or removed without the others. A passkey that your service verifies can be one of them
//! ([`passkeys`](super::passkeys)). Your service can demand a second factor in a login, now or from a date on
//! ([`Requirement`](crate::Requirement)).
