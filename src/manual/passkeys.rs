//! Passkeys and security keys in place of a code: what the host does, what this library does, and a complete
//! example.
//!
//! This library does not implement WebAuthn. The host runs the ceremony with a WebAuthn library, and tells
//! this library with [`HostAuthenticatorVerified::by_host`] that it succeeded. This proof is presented where
//! a code would be ([`present`], [`fresh_factor`], [`reauthenticate`]), and the same rules apply to it: it
//! completes a challenge once; if the same form is sent twice, the second answer says so; after it, a device can
//! be remembered. The authenticator can be removed, replaced and required like an app.
//!
//! Two things differ. Nobody can guess a signature, so a refused proof is not charged to the guess budget,
//! and a right proof is accepted even if the budget is spent. And a proof gives no guesses back over time,
//! since, unlike a code, it does not show that the clock is right.
//!
//! # What the host must do
//!
//! In addition to what [`hosts`](super::hosts) lists:
//!
//! - **Verify with a WebAuthn library.** It checks the signature, the type of the ceremony, and that the
//!   origin and the relying party are yours. The check of the origin is what protects a passkey from
//!   phishing: compare it with your own list, never with a header of the request.
//! - **Make a new challenge for each ceremony,** of at least 16 random bytes. Keep it on the server, in the
//!   session of the browser that was asked, and delete it with the first answer, right or wrong. For each
//!   authenticator, this library refuses the proof that it accepted last, but does not remember earlier ones.
//!   The last proof is kept with the authenticator: if the authenticator is removed, and the same credential is
//!   bound again, that proof is not known any more either. A challenge that works once covers both.
//! - **Pass the challenge as `signed`,** not the signature: anybody can turn an ECDSA signature into another
//!   one that is valid too.
//! - **Look up the credential among those of the account** that logs in or owns the session. A proof of
//!   another account is an error of the host, [`ProofOfAnotherAccount`], and lets nobody in.
//! - **Decide on user verification.** After a password, the key only has to prove possession, so "preferred"
//!   is enough. If the [first factor](crate::session::FirstFactor) is weaker than a password, require user
//!   verification, and have the WebAuthn library check the flag.
//! - **Store the signature counter** of a security key, and do not pass on a proof whose counter has not
//!   grown: the key may have been copied. Synchronized passkeys always send zero.
//! - **Ask for a proof before binding.** [`bind_host_authenticator`] takes what an enrollment takes: the
//!   password if no authenticator is bound yet, and a fresh factor otherwise. A fresh factor is valid for
//!   five minutes by default, so run the registration before you ask for it.
//! - **Delete the credential with the authenticator.** A removal is an
//!   [event](crate::session::EventKind::AuthenticatorRemoved) with the id of the authenticator, which
//!   [`AuthenticatorId::of_host`] computes from the credential. When an account is closed, there is one event
//!   for all of them. A credential that you forget to delete lets nobody in, since a proof of a credential
//!   that is not bound is refused. But a browser would still offer it.
//! - **Pass nothing that can be guessed,** such as a code from a message: this library would not count the
//!   guesses.
//!
//! An app or recovery codes that an account has besides a passkey can still be phished. An account whose only
//! authenticator is a passkey is asked for the passkey and nothing else, but its recovery codes still let the
//! owner in.
//!
//! # What is claimed
//!
//! | kind | after a password | after another first factor |
//! |---|---|---|
//! | [`HardwareKey`](crate::session::HostAuthenticatorKind::HardwareKey): the key cannot leave the device | `pwd`, `hwk`, `mfa` | `hwk`, `mfa` |
//! | [`SoftwareKey`](crate::session::HostAuthenticatorKind::SoftwareKey): the key may be copied, as synchronized passkeys are | `pwd`, `swk`, `mfa` | `swk`, `mfa` |
//!
//! WebAuthn says of which kind a credential is: one that is eligible for backup is a software key. The claims
//! that say that the user was verified (`user`, `pin` and `fpt` of RFC 8176) are never made; the host knows
//! about it and may add them.
//!
//! # Example
//!
//! In this example the key signs only the challenge. In WebAuthn it signs the authenticator data and a hash
//! of the client data, which contains the challenge. There, the WebAuthn library does what `finish` does
//! here.
//!
//! ```
//! use p256::ecdsa::signature::{Signer, Verifier};
//! use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
//! use second_factor::session::{
//!     AuthenticatorId, HostAuthenticatorKind, HostAuthenticatorVerified, NewHostAuthenticator, Requirement,
//! };
//! use second_factor::{
//!     AccountId, BlockingVerifier, EntropyError, EntropySource, KeyRing, Login, MemoryStore, OsEntropy,
//!     PasswordVerified, Policy, Remember, SealingKey,
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
//!     fn begin() -> Result<Self, EntropyError> {
//!         let mut challenge = [0; 32];
//!         OsEntropy.fill(&mut challenge)?;
//!         Ok(Self { challenge })
//!     }
//!
//!     /// Takes the ceremony by value, so that only one answer to it is accepted.
//!     fn finish(self, credential: &Credential, signature: &Signature) -> Option<HostAuthenticatorVerified> {
//!         credential.key.verify(&self.challenge, signature).ok()?;
//!         let account = credential.account.clone();
//!         Some(HostAuthenticatorVerified::by_host(account, &credential.id, &self.challenge))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
//! let verifier = BlockingVerifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
//! let account = AccountId::new("user-7")?;
//! let password_typed = || PasswordVerified::by_host(verifier.check_password(&account)); // and the hash was compared
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
//! // Login. The token and the ceremony are kept in the browser's session.
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
//! // The same answer fails in another ceremony, which has another challenge.
//! assert!(Ceremony::begin()?.finish(&credential, &signature).is_none());
//!
//! // A sensitive step: here, the passkey is removed, and the host's row of it is deleted.
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
