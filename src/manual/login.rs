//! A login over HTTP, from the password to the session.
//!
//! Two routes of a service, without its web framework: a trait stands for what that does. The site in `examples/web` and
//! the recipes beside it are the same with a framework.
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
//!     /// The form for the code; the challenge in the pre-login session or a `__Host-` cookie, never in the form.
//!     fn ask_for_code(&self, challenge: &str) -> &'static str;
//!     /// A new session, under a new id. It keeps `login.into_session()`.
//!     fn start_session(&self, login: Authenticated) -> &'static str;
//! }
//!
//! /// At start-up. `MemoryStore` is for the first afternoon; your database is two methods away.
//! fn verifier(sealing_key: &str) -> Result<Verifier<MemoryStore>> {
//!     let keys = KeyRing::new(1, SealingKey::from_hex(sealing_key)?);
//!     Ok(Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys))
//! }
//!
//! /// POST /login. `compare` reads the password's hash and compares it.
//! async fn password(
//!     it: &Verifier<MemoryStore>,
//!     user: AccountId,
//!     compare: impl AsyncFnOnce(&AccountId) -> bool,
//!     browser: &impl Browser,
//! ) -> Result<&'static str> {
//!     let check = it.check_password(&user).await; // before the hash is read
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
//! /// POST /login/code, the challenge read from where it was put; a recovery code is taken too.
//! async fn code(it: &Verifier<MemoryStore>, challenge: &str, code: &str, browser: &impl Browser) -> Result<&'static str> {
//!     let challenge = ChallengeToken::parse(challenge)?;
//!     match it.present(&challenge, code, Remember::ThisDevice { label: "Firefox on Linux" }).await {
//!         Ok(accepted) => {
//!             let name = DeviceToken::cookie_name(challenge.account(), it.policy());
//!             accepted.device.iter().for_each(|token| browser.set_cookie(&name, token.expose()));
//!             Ok(browser.start_session(accepted.authenticated))
//!         }
//!         Err(Error::Refused(Refusal::AlreadyDone)) => Ok("You are logged in."), // the form was sent twice
//!         Err(Error::Refused(Refusal::ChallengeOver)) => Ok("Please log in again."),
//!         Err(Error::Refused(_)) => Ok("Not accepted."), // why is in the audit event; the claimant is not told
//!         Err(error) => Err(error.into()),
//!     }
//! }
//! ```
//!
//! Enrollment is two calls more: [`begin_enrollment`](crate::Verifier::begin_enrollment) returns the QR code's URI, and
//! [`confirm_enrollment`](crate::Verifier::confirm_enrollment) takes the first code and returns the recovery codes. Before
//! something sensitive, [`fresh_factor`](crate::Verifier::fresh_factor) takes another code in the session. Both fronts,
//! [`Verifier`](crate::Verifier) and [`BlockingVerifier`](crate::BlockingVerifier), have the same methods.
//!
//! An account has several authenticators, each with a name and its last use, and each is replaced or removed by itself. A
//! passkey that your service verifies is one of them ([`passkeys`](super::passkeys)). Your service can demand a second
//! factor in a login, now or from a date on ([`Requirement`](crate::Requirement)).
