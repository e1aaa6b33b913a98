//! The settings for four sets of rules that services are audited by: a policy for each, and what this library cannot
//! give.
//!
//! [`standards`](super::standards) says clause by clause what is met and which test shows it; this page says what to
//! set. A policy alone complies with nothing: each section ends with the part of the host, and with what takes
//! another factor than a code that is typed in.
//!
//! In all four, codes in a row and recovery codes are taken when single codes are not any more. They identify the
//! user, who has typed the password besides; they have 64 bits and more, and 128. Wrong codes in a row are not counted
//! at all, and wrong recovery codes not once the budget is spent. An assessor who wants these refused under a lock, too,
//! wants what this library does not do: nobody is locked out by somebody who guesses.
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
//! // §3.2.2: at most 100 consecutive failures. 30 fit between two accepted codes, and no policy allows 100.
//! assert_eq!(policy.guess_budget() + policy.most_credit(), 30);
//! // §4.1.2.2: no policy allows more than 10 minutes.
//! assert_eq!(policy.enrollment_lifetime(), Duration::from_secs(10 * 60));
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! §5.1: a remembered browser is no authentication. A service that wants remembered devices treats what they let in as
//! AAL1: a session is at AAL2 where its [`amr`](crate::Session::amr) holds `mfa`, and on a remembered device it does so
//! only after a step-up.
//!
//! The host's part:
//!
//! - Reauthentication (§2.2.3: after 24 hours, or one hour without activity). [`auth_time`](crate::Session::auth_time)
//!   says when a factor was last presented.
//! - Telling the owner, at two addresses and with a way to object (§4.6), of every event for which
//!   [`notify_owner`](crate::session::EventKind::notify_owner) says so.
//! - The password (§3.1.1), and how often a wrong one may be typed.
//!
//! What this library cannot give:
//!
//! - Phishing resistance. AAL2 demands that an option with it is offered (§2.2.2), such as a passkey. A code that is
//!   typed in can be relayed.
//! - Verifier compromise resistance: with the sealing key and the database, codes can be computed.
//! - Validated cryptography (FIPS 140), which is demanded of government agencies: the implementations of SHA-1, SHA-2 and
//!   XChaCha20-Poly1305 have no certificate, and the last is no approved algorithm.
//! - §3.2.2 to the letter: nothing is disabled, single codes are refused instead. See [`standards`](super::standards),
//!   "Where the sources conflict".
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
//! // 6.5.5: the time step is 30 seconds, and three of them are accepted.
//! assert_eq!(policy.totp().period().as_secs(), 30);
//! assert_eq!(policy.window().steps(), 3);
//!
//! // 6.5.5 to the letter: a code is accepted for 30 seconds in all.
//! let strict = Policy::builder("Example").window(Window::EXACT).build()?;
//! assert_eq!(strict.window().steps(), 1);
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! 6.5.5 gives a code 30 seconds. Read as the time step, every policy with the default period meets it, and the default
//! window accepts a code for 90 seconds in all (RFC 6238 §5.2 and §6).
//! [`Window::NO_FUTURE`](crate::Window::NO_FUTURE) makes that 60, [`Window::EXACT`](crate::Window::EXACT) 30: then a code
//! that was typed as it changed is refused, and so is every code of a phone whose clock is wrong by half a minute.
//!
//! The host's part:
//!
//! - 7.5.1: full authentication before the factors are changed: [`reauthenticate`](crate::Verifier::reauthenticate), which
//!   takes password and code. A [`FreshFactor`](crate::FreshFactor), the code alone, is taken, too; ask for the password
//!   beside it before [`disable`](crate::Verifier::disable) and
//!   [`regenerate_recovery_codes`](crate::Verifier::regenerate_recovery_codes), which take nothing else.
//! - 7.5.2: a factor before all sessions are ended: [`is_elevated`](crate::Session::is_elevated), since
//!   [`end_all_sessions`](crate::Verifier::end_all_sessions) asks for none. The list of sessions is the host's.
//! - 7.3.1, 7.3.2: how long a session lives. 16.3.1: wrong passwords in the log.
//!
//! What this library cannot give: the hardware-based, phishing-resistant factor of level 3 (6.3.3).
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
//! assert_eq!(policy.most_credit(), 0); // no time gives a guess back
//! # Ok::<(), second_factor::session::PolicyError>(())
//! ```
//!
//! 8.3.4: a user is locked out after at most 10 attempts, for 30 minutes or until identified. The eleventh code is not
//! evaluated, even if it is right, in whichever session and on whichever instance, after whatever time. Codes in a row
//! and recovery codes identify the user.
//!
//! - A guess is charged once for each authenticator that an account has. With two of them the sixth code is not
//!   evaluated, with three the fourth.
//! - Wrong codes in a login that is then completed are given back. All others add up for as long as the account lives,
//!   and no accepted code makes up for them, since there is no time that could. Once there are ten, every login takes
//!   codes in a row, until the owner changes the password with a fresh factor beside it: that gives the ten back. So tell
//!   the owner at [`Locked`](crate::session::EventKind::Locked).
//! - `guess_budget(5, days(6))` is gentler: 10 guesses fit between two accepted codes, and time gives some back. But a
//!   lock may then end in less than 30 minutes.
//!
//! The host's part:
//!
//! - Wrong passwords: the library does not hear of them, so the lock after ten of them is the host's.
//! - 8.5.1: an exception for somebody is documented, authorised and limited in time. The library knows none: an
//!   [administrator's reset](crate::session::AdministratorReset) leads to another enrollment and not into the account.
//! - 8.2.8: sessions that end after 15 minutes without activity.
//!
//! # PSD2 (Delegated Regulation (EU) 2018/389)
//!
//! **This library is no strong customer authentication by itself.** Art. 4(3)(a): where authentication failed, it must not
//! be possible to tell which element was wrong. Here a password comes before the code, so whoever is asked for a code
//! knows that the password was right. A service that asks for both on one form, and answers alike whichever was wrong, has
//! to see to that itself, to the time which it takes, and to counting what failed at the password. What can be set:
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
//! Art. 4(3)(b): at most five failed attempts one after the other, then a block. The sixth code is not evaluated; with two
//! authenticators the third. What is said above of guesses that add up holds here, too.
//!
//! The host's part: the end of a session after 5 minutes without activity (Art. 4(3)(d)); telling the payer before a block
//! is made permanent (Art. 4(4)): the event comes with the fifth failure, and a
//! [`CodeRefused`](crate::session::EventKind::CodeRefused) with each.
//!
//! What this library cannot give besides: dynamic linking (Art. 5). A code is bound to a time and to no amount and no
//! payee.
