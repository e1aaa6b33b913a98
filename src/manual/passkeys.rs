//! Passkeys and security keys in place of a code: what the host does, what this library does, and a whole example.
//!
//! This library does not speak WebAuthn. The host runs the ceremony with a library made for it, and tells this one how it
//! ended, with [`HostAuthenticatorVerified::by_host`]. What it hands in is presented where a code is
//! ([`present`], [`fresh_factor`], [`reauthenticate`]), and goes by the same rules: it completes a challenge once, the same
//! form sent twice is told so, a device can be remembered after it, and it is removed, replaced and required as an app is.
//!
//! Two things differ, since nobody can guess a signature. A refused one is not charged to the guess budget, and a spent
//! budget does not hold a right one up. And it gives no guesses back: it does not prove the clock.
//!
//! # What the host must do
//!
//! - **Verify with a WebAuthn library.** It checks the signature, the type of the ceremony, and that origin and relying
//!   party are yours. The origin is what makes a passkey safe from phishing: compare it with a list of your own, never with
//!   a header of the request.
//! - **Make a new challenge for each ceremony,** of 16 random bytes at least. Keep it on the server, in the session of the
//!   browser that was asked, and take it away with the first answer, right or wrong. This library refuses the bytes of the
//!   last proof that it accepted, and does not know those before it.
//! - **Hand in the challenge as `signed`,** not the signature: an ECDSA signature can be rewritten into another that is
//!   valid, too.
//! - **Look the credential up in the account** of the login or the session. A proof of another account is an error of the
//!   host's, [`ProofOfAnotherAccount`], and lets nobody in.
//! - **Decide on user verification.** The password was typed before, so the key may be possession alone, and "preferred"
//!   is enough. Where the [first factor](crate::session::FirstFactor) is weaker than a password, demand it, and have the
//!   WebAuthn library check the flag.
//! - **Keep the sign count** of a security key, and do not hand in a proof whose count did not grow: the key was copied.
//!   Synchronized passkeys send zero each time.
//! - **Ask for a proof when one is bound.** [`bind_host_authenticator`] takes what an enrollment takes: the password where
//!   nothing is bound, and a fresh factor otherwise. A fresh factor is good for five minutes, so run the registration
//!   first.
//! - **Delete the credential with the authenticator.** A removal is an
//!   [event](crate::session::EventKind::AuthenticatorRemoved) with its id, which [`AuthenticatorId::of_host`] makes of a
//!   credential. Closing an account is one event for all. What is left over opens nothing: a proof of a credential that is
//!   not bound is refused. But a browser would offer it.
//! - **Hand in nothing that can be guessed,** such as a code in a message: this library would not count the guesses.
//!
//! An app or recovery codes beside a passkey can still be phished. An account that has a passkey alone is asked for it and
//! for nothing else; its recovery codes are the way back in.
//!
//! # What is claimed
//!
//! | kind | after a password | after another first factor |
//! |---|---|---|
//! | [`HardwareKey`](crate::session::HostAuthenticatorKind::HardwareKey): the key cannot leave the device | `pwd`, `hwk`, `mfa` | `hwk`, `mfa` |
//! | [`SoftwareKey`](crate::session::HostAuthenticatorKind::SoftwareKey): the key may be copied, as synchronized passkeys are | `pwd`, `swk`, `mfa` | `swk`, `mfa` |
//!
//! WebAuthn says which it is: a credential that is eligible for backup is a software key. That the user was verified is
//! not claimed (`user`, `pin` and `fpt` of RFC 8176): the host knows, and may add it.
//!
//! # Example
//!
//! The key signs the challenge alone here. In WebAuthn it signs the authenticator's data and a hash of the client's data,
//! in which the challenge is; the library for it does what `finish` does.
//!
//! ```
//! use p256::ecdsa::signature::{Signer, Verifier};
//! use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
//! use second_factor::session::{
//!     AuthenticatorId, HostAuthenticatorKind, HostAuthenticatorVerified, NewHostAuthenticator, Requirement,
//! };
//! use second_factor::{
//!     AccountId, BlockingVerifier, KeyRing, Login, MemoryStore, PasswordVerified, Policy, Remember, SealingKey,
//! };
//!
//! /// A row of the host's table of credentials.
//! struct Credential {
//!     account: AccountId,
//!     id: Vec<u8>,
//!     key: VerifyingKey,
//! }
//!
//! /// What the host keeps in the browser's session while it waits for an answer.
//! struct Ceremony {
//!     challenge: [u8; 32],
//! }
//!
//! impl Ceremony {
//!     fn begin() -> Result<Self, getrandom::Error> {
//!         let mut challenge = [0; 32];
//!         getrandom::fill(&mut challenge)?;
//!         Ok(Self { challenge })
//!     }
//!
//!     /// Takes the ceremony by value: whatever the answer is, there is no second one.
//!     fn finish(self, credential: &Credential, signature: &Signature) -> Option<HostAuthenticatorVerified> {
//!         credential.key.verify(&self.challenge, signature).ok()?;
//!         let account = credential.account.clone();
//!         Some(HostAuthenticatorVerified::by_host(account, &credential.id, &self.challenge))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeyRing::new(1, SealingKey::generate(&mut getrandom::SysRng)?);
//! let verifier = BlockingVerifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
//! let account = AccountId::new("user-7")?;
//! let password_typed = || PasswordVerified::by_host(verifier.check_password(&account)); // and the hash compared
//!
//! // Registration. The private key is in the passkey, the public one in the host's table.
//! let passkey = SigningKey::from_slice(&[7; 32])?;
//! let credential =
//!     Credential { account: account.clone(), id: b"credential id".to_vec(), key: *passkey.verifying_key() };
//! let new = NewHostAuthenticator::new(&credential.id, HostAuthenticatorKind::SoftwareKey).label("Laptop");
//! let bound = verifier.bind_host_authenticator(password_typed(), new)?;
//! assert_eq!(bound.authenticator(), AuthenticatorId::of_host(&account, &credential.id));
//! let (recovery_codes, _end_all_sessions) = bound.into_parts();
//! assert!(recovery_codes.is_some()); // show them once
//!
//! // Login. The token and the ceremony wait in the browser's session.
//! let Login::CodeRequired(challenge) = verifier.password_verified(password_typed(), None)? else {
//!     return Err("a factor is bound, so one is asked for".into());
//! };
//! let ceremony = Ceremony::begin()?;
//! let signature: Signature = passkey.sign(&ceremony.challenge); // the browser's answer
//! let proof = ceremony.finish(&credential, &signature).ok_or("not signed by this key")?;
//! let accepted = verifier.present(&challenge, proof, Remember::No)?;
//! assert_eq!(accepted.authenticated.amr(), ["pwd", "swk", "mfa"]);
//! let mut session = accepted.authenticated.into_session();
//!
//! // The same answer again, in another ceremony: it is of another challenge.
//! assert!(Ceremony::begin()?.finish(&credential, &signature).is_none());
//!
//! // A sensitive step: here, the passkey is removed, and its row with it.
//! let ceremony = Ceremony::begin()?;
//! let signature: Signature = passkey.sign(&ceremony.challenge);
//! let proof = ceremony.finish(&credential, &signature).ok_or("not signed by this key")?;
//! let fresh = verifier.fresh_factor(&session, proof)?;
//! let id = AuthenticatorId::of_host(&account, &credential.id);
//! session.continue_after(verifier.remove_authenticator(fresh, id, Requirement::None)?);
//! drop(credential);
//! assert!(!verifier.status(&account)?.is_enabled());
//! # Ok(())
//! # }
//! ```
//!
//! [`HostAuthenticatorVerified::by_host`]: crate::session::HostAuthenticatorVerified::by_host
//! [`AuthenticatorId::of_host`]: crate::session::AuthenticatorId::of_host
//! [`ProofOfAnotherAccount`]: crate::session::SessionError::ProofOfAnotherAccount
//! [`bind_host_authenticator`]: crate::Verifier::bind_host_authenticator
//! [`present`]: crate::Verifier::present
//! [`fresh_factor`]: crate::Verifier::fresh_factor
//! [`reauthenticate`]: crate::Verifier::reauthenticate
