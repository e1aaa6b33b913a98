//! The settings for four sets of rules that services are audited by: a policy for each, and what this library
//! cannot provide.
//!
//! [`standards`](super::standards) says clause by clause what is met and which test shows it. This page says
//! what to set. A policy alone does not make a service compliant: each section ends with what the host has to do
//! and, except that of PCI DSS, with what this library cannot provide.
//!
//! Under all four policies, codes in a row and recovery codes are still accepted when single codes are not.
//! They identify the user, who has also typed the password: codes in a row have at least 64 bits, and a
//! recovery code has 128. Wrong codes in a row are not counted at all, and wrong recovery codes are not
//! counted once the budget is spent. An assessor may want these to be refused under a lock, too. This library does
//! not do that, because then somebody who guesses could lock the owner out.
//!
//! # NIST SP 800-63B-4, AAL2
//!
//! ```
//! use core::time::Duration;
//! use second_factor::Policy;
//!
//! let policy = Policy::builder("Example")
//!     .require_second_factor()
//!     .remember_for(Duration::ZERO) // §5.1
//!     .build()?;
//!
//! assert!(policy.requires_second_factor());
//! assert_eq!(policy.remember_for(), Duration::ZERO);
//! // §3.2.2: at most 100 consecutive failures. Here it is 30 between two accepted codes, and no policy allows 100.
//! assert_eq!(policy.guess_budget() + policy.most_credit(), 30);
//! // §4.1.2.2: no policy allows more than 10 minutes.
//! assert_eq!(policy.enrollment_lifetime(), Duration::from_secs(10 * 60));
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! §5.1: a remembered browser does not count as authentication. A service that wants remembered devices has
//! to treat their sessions as AAL1. A session is at AAL2 if its [`amr`](crate::Session::amr) contains `mfa`;
//! on a remembered device, that is so only after a step-up.
//!
//! The host's part:
//!
//! - Reauthentication (§2.2.3: after 24 hours, or one hour without activity). [`auth_time`](crate::Session::auth_time)
//!   says when a factor was last presented.
//! - Telling the owner, at two addresses and with a way to object (§4.6), of every event for which
//!   [`notify_owner`](crate::session::EventKind::notify_owner) is true.
//! - The password (§3.1.1), and how often a wrong password may be typed.
//!
//! What this library cannot provide:
//!
//! - Phishing resistance. At AAL2 the service has to offer an option that resists phishing (§2.2.2), such as
//!   a passkey. A code that is typed in can be relayed.
//! - Verifier compromise resistance: with the sealing key and the database, codes can be computed.
//! - Validated cryptography (FIPS 140), which government agencies need: the implementations of SHA-1, SHA-2
//!   and XChaCha20-Poly1305 have no certificate, and XChaCha20-Poly1305 is not an approved algorithm.
//! - §3.2.2 literally: the authenticator is not disabled; single codes are refused instead. See
//!   [`standards`](super::standards), "Where the sources conflict".
//!
//! # OWASP ASVS 5.0, level 2
//!
//! ```
//! use core::time::Duration;
//! use second_factor::{Policy, TotpParams, Window};
//!
//! let policy = Policy::builder("Example")
//!     .require_second_factor()      // 6.3.3
//!     .remember_for(Duration::ZERO) // 6.3.3
//!     .build()?;
//!
//! assert!(policy.requires_second_factor());
//! assert_eq!(policy.remember_for(), Duration::ZERO);
//! assert_eq!(policy.step_up_age(), Duration::from_secs(5 * 60)); // 7.5.1
//! // 6.5.5: the time step is 30 seconds, and the codes of three steps are accepted.
//! assert_eq!(policy.totp().period().as_secs(), 30);
//! assert_eq!(policy.window().steps(), 3);
//!
//! // 6.5.5 literally: a code is accepted for 30 seconds in all.
//! let strict = Policy::builder("Example").window(Window::EXACT).build()?;
//! assert_eq!(strict.window().steps(), 1);
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! 6.5.5 allows a code 30 seconds. If that means the time step, every policy with the default period meets
//! it; the default window accepts a code for 90 seconds in all (RFC 6238 §5.2 and §6).
//! [`Window::NO_FUTURE`](crate::Window::NO_FUTURE) makes that 60 seconds and
//! [`Window::EXACT`](crate::Window::EXACT) 30. With the latter, a code that changes while it is typed is
//! refused, and so is every code of a phone whose clock is off by half a minute.
//!
//! The host's part:
//!
//! - 7.5.1: full authentication before the factors are changed. Use
//!   [`reauthenticate`](crate::Verifier::reauthenticate), which takes the password and a code. The library
//!   also accepts a [`FreshFactor`](crate::FreshFactor), which is a code without the password.
//!   [`disable`](crate::Verifier::disable) and
//!   [`regenerate_recovery_codes`](crate::Verifier::regenerate_recovery_codes) take nothing else, so ask for
//!   the password too before you call them.
//! - 7.5.2: a factor before all sessions are ended. Check [`is_elevated`](crate::Session::is_elevated), since
//!   [`end_all_sessions`](crate::Verifier::end_all_sessions) does not ask for a factor. The list of sessions
//!   is the host's too.
//! - 7.3.1, 7.3.2: how long a session lives.
//! - 16.3.1: wrong passwords in the log.
//!
//! What this library cannot provide: the hardware-based, phishing-resistant factor of level 3 (6.3.3).
//!
//! # PCI DSS 4.0.1
//!
//! ```
//! use core::time::Duration;
//! use second_factor::Policy;
//!
//! let days = |count: u64| Duration::from_secs(count * 24 * 60 * 60);
//! let policy = Policy::builder("Example")
//!     .require_second_factor()      // 8.5.1
//!     .remember_for(Duration::ZERO) // 8.5.1
//!     .guess_budget(10, days(31))   // 8.3.4
//!     .build()?;
//!
//! assert!(policy.requires_second_factor());
//! assert_eq!(policy.remember_for(), Duration::ZERO);
//! assert_eq!(policy.guess_budget(), 10);
//! assert_eq!(policy.most_credit(), 0); // no guess is ever given back by time
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! 8.3.4: a user is locked out after at most 10 attempts, for 30 minutes or until identified. Under this
//! policy the eleventh code is not evaluated, even if it is right, in any session, on any instance and after
//! any time. Codes in a row and recovery codes identify the user.
//!
//! - A guess is charged once for each authenticator app that an account has. With two apps the sixth code is
//!   not evaluated, with three the fourth.
//! - Wrong codes in a login that is then completed are given back. All others add up for as long as the
//!   account exists, and an accepted code does not give them back, since under this policy time gives nothing back.
//!   Once there are ten, every login needs codes in a row instead of a single code, until the owner changes
//!   the password with a fresh factor, which gives the ten back. So tell the owner when the event
//!   [`Locked`](crate::session::EventKind::Locked) comes.
//! - `guess_budget(5, days(6))` is less strict: 10 guesses fit between two accepted codes, and time gives
//!   some back. But a lock may then end after less than 30 minutes.
//!
//! The host's part:
//!
//! - Wrong passwords: the library does not learn of them, so the host has to lock after ten of them.
//! - 8.5.1: an exception for a user is documented, authorised and limited in time. The library has no
//!   exceptions: after an [administrator's reset](crate::session::AdministratorReset) the user has to enroll
//!   again before getting in.
//! - 8.2.8: ending sessions after 15 minutes without activity.
//!
//! # PSD2 (Delegated Regulation (EU) 2018/389)
//!
//! **This library alone is not strong customer authentication.** Art. 4(3)(a): if authentication fails, it
//! must not be possible to tell which element was wrong. Here the password comes before the code, so whoever
//! is asked for a code knows that the password was right. A service can ask for both on one form. It then has
//! to give the same answer whichever was wrong, take the same time for it, and count the failures of the
//! password itself. What can be set:
//!
//! ```
//! use core::time::Duration;
//! use second_factor::Policy;
//!
//! let days = |count: u64| Duration::from_secs(count * 24 * 60 * 60);
//! let policy = Policy::builder("Example")
//!     .require_second_factor()
//!     .remember_for(Duration::ZERO)
//!     .guess_budget(5, days(31)) // Art. 4(3)(b)
//!     .build()?;
//!
//! assert!(policy.requires_second_factor());
//! assert_eq!(policy.remember_for(), Duration::ZERO);
//! assert_eq!(policy.guess_budget(), 5);
//! assert_eq!(policy.most_credit(), 0);
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! Art. 4(3)(b): at most five failed attempts one after the other, then a block. The sixth code is not
//! evaluated; with two authenticator apps, the third. Guesses add up as described above for PCI DSS.
//!
//! The host's part: ending a session after 5 minutes without activity (Art. 4(3)(d)), and telling the payer
//! before a block is made permanent (Art. 4(4)). The event [`Locked`](crate::session::EventKind::Locked)
//! comes with the fifth failure, and a [`CodeRefused`](crate::session::EventKind::CodeRefused) with each one.
//!
//! What else this library cannot provide: dynamic linking (Art. 5). A code is bound to a time, not to an
//! amount and a payee.
