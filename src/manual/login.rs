//! A login over HTTP, from the password to the session.
//!
//! The example has the two routes of a service, without a web framework: a trait stands for the framework. The web site
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
//!     fn ask_for_code(&self, challenge: &str) -> String;
//!     /// Starts a new session, under a new id, that keeps `login.into_session()`.
//!     fn start_session(&self, login: Authenticated) -> String;
//!     fn go_to(&self, page: &str) -> String;
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
//! ) -> Result<String> {
//!     let check = it.check_password(&user).await; // call it before the hash is read
//!     if !compare(&user).await {
//!         return Ok("Wrong name or password.".into());
//!     }
//!     let name = DeviceToken::cookie_name(&user, it.policy());
//!     match it.password_verified(PasswordVerified::by_host(check), browser.cookie(&name)).await? {
//!         Login::Complete(accepted) => {
//!             accepted.device.iter().for_each(|token| browser.set_cookie(&name, token.expose()));
//!             Ok(browser.start_session(accepted.authenticated))
//!         }
//!         Login::CodeRequired(challenge) => Ok(browser.ask_for_code(challenge.expose())),
//!         Login::EnrollmentRequired(_) => Ok("Set up two-factor authentication first.".into()),
//!     }
//! }
//!
//! /// POST /login/code, with the challenge from where it was kept. A recovery code is accepted as well.
//! async fn code(it: &Verifier<MemoryStore>, challenge: &str, code: &str, browser: &impl Browser) -> Result<String> {
//!     let challenge = ChallengeToken::parse(challenge)?;
//!     match it.present(&challenge, code, Remember::ThisDevice { label: "Firefox on Linux" }).await {
//!         Ok(accepted) => {
//!             let name = DeviceToken::cookie_name(challenge.account(), it.policy());
//!             accepted.device.iter().for_each(|token| browser.set_cookie(&name, token.expose()));
//!             Ok(browser.start_session(accepted.authenticated))
//!         }
//!         // The form was sent twice, or the first answer was lost. The page behind the login asks `is_current`.
//!         Err(Error::Refused(Refusal::AlreadyDone)) => Ok(browser.go_to("/account")),
//!         Err(Error::Refused(Refusal::ChallengeOver)) => Ok(browser.go_to("/login")),
//!         // This says what to do, also under a lock. Only the audit event says why a code was wrong.
//!         Err(Error::Refused(refusal)) => Ok(refusal.in_words()),
//!         Err(error) => Err(error.into()),
//!     }
//! }
//! ```
//!
//! Enrollment takes two more calls: [`begin_enrollment`](crate::Verifier::begin_enrollment) returns the URI
//! for the QR code, and [`confirm_enrollment`](crate::Verifier::confirm_enrollment) takes the first code and
//! returns the recovery codes. It ends every session, including the one of this request: show the codes on a page that
//! needs no session, and say that the login needs the next code of the app, since the first is used up. What each step
//! needs:
//!
//! | step in a session | needs | made by | afterwards |
//! |---|---|---|---|
//! | enable two-factor authentication | password | [`reauthenticate`](crate::Verifier::reauthenticate) with a blank code | all sessions are over |
//! | add an authenticator, or replace one | password and code, or a code | [`reauthenticate`](crate::Verifier::reauthenticate) or [`fresh_factor`](crate::Verifier::fresh_factor) | all sessions are over |
//! | change the password | password, and a code if there is a second factor | [`reauthenticate`](crate::Verifier::reauthenticate) | [`continue_after`](crate::Session::continue_after) keeps this session |
//! | disable, remove an authenticator | a code | [`fresh_factor`](crate::Verifier::fresh_factor) | [`continue_after`](crate::Session::continue_after) keeps this session |
//! | new recovery codes, or a new label | a code | [`fresh_factor`](crate::Verifier::fresh_factor) | sessions go on |
//! | close the account | password, and a code if there is a second factor | [`reauthenticate`](crate::Verifier::reauthenticate) | all sessions are over |
//!
//! Somebody who has forgotten the password has no session: after the reset mail, pass a
//! [`PasswordReset`](crate::PasswordReset) to [`change_password`](crate::Verifier::change_password). It logs
//! nobody in, and the next login asks for a code as before.
//!
//! [`Verifier`](crate::Verifier) (async) and [`BlockingVerifier`](crate::BlockingVerifier) have the same methods.
//!
//! An account can have several authenticators, each with a name and the time of its last use, and each can be
//! replaced or removed without the others. A passkey that your service verifies can be one of them
//! ([`passkeys`](super::passkeys)). Your service can demand a second factor in a login, now or from a date on
//! ([`Requirement`](crate::Requirement)).
