//! The limits of the default [`Policy`](crate::Policy), and how it keeps from locking owners out (ASVS
//! 6.1.1).
//!
//! | setting | default | where it comes from |
//! |---|---|---|
//! | [`window`](crate::Policy::window) | 1 step back, 1 ahead | RFC 6238 §5.2; a code is accepted for 90 seconds in all |
//! | [`guesses_per_challenge`](crate::Policy::guesses_per_challenge) | 5 | a stolen challenge is worth no more |
//! | [`guess_budget`](crate::Policy::guess_budget) | 20 at once, then one every 3 days | RFC 4226 §7.3, across all sessions |
//! | [`most_credit`](crate::Policy::most_credit) | 10 | SP 800-63B §3.2.2: with the budget, fewer than 100 guesses between two accepted codes |
//! | [`authenticators`](crate::Policy::authenticators) | 3 | a guess is charged once for each that an account has |
//! | [`challenge_lifetime`](crate::Policy::challenge_lifetime) | 10 minutes | time to find the phone |
//! | [`enrollment_lifetime`](crate::Policy::enrollment_lifetime) | 10 minutes | SP 800-63B §4.1.2.2: no longer; time to install an app |
//! | [`step_up_age`](crate::Policy::step_up_age) | 5 minutes | ASVS 7.5.1 |
//! | [`remember_for`](crate::Policy::remember_for) | 30 days | SP 800-63B §2.1.3, from the code, never extended |
//! | [`rotation_grace`](crate::Policy::rotation_grace) | 1 minute | two tabs that log in at once |
//! | [`devices`](crate::Policy::devices) | 10 | one more forgets the one not used for longest |
//! | [`guess_odds`](crate::Policy::guess_odds) | one in 2057 within a year, by 162 guesses | for an attacker who has the password |
//!
//! # The ways in
//!
//! Every way to complete a login (ASVS 6.1.3). Each begins with the password, or with what the host takes in its place.
//!
//! | beside the password | claimed (`amr`) | what keeps others out |
//! |---|---|---|
//! | nothing, where no authenticator is bound: [`SingleFactor`](crate::AuthMethod::SingleFactor) | `pwd` | the host; under a policy that requires a second factor, this is not a way in |
//! | a code: [`Code`](crate::AuthMethod::Code) | `pwd`, `otp`, `mfa` | the guess budget |
//! | codes in a row: [`CodesInARow`](crate::AuthMethod::CodesInARow) | `pwd`, `otp`, `mfa` | 64 bits and more, so no budget |
//! | a recovery code: [`RecoveryCode`](crate::AuthMethod::RecoveryCode) | `pwd`, `mfa` | 128 bits, used once; a wrong one is charged to the budget while that lasts |
//! | a security key that the host verified: [`HostAuthenticator`](crate::AuthMethod::HostAuthenticator) | `pwd`, `hwk`, `mfa` | a signature, which cannot be guessed, so no budget; see [`passkeys`](super::passkeys) |
//! | a passkey that can be copied, likewise: [`HostAuthenticator`](crate::AuthMethod::HostAuthenticator) | `pwd`, `swk`, `mfa` | the same |
//! | a remembered device: [`RememberedDevice`](crate::AuthMethod::RememberedDevice) | `pwd` | a signed token that changes with use, for 30 days at most |
//!
//! # Locking somebody out
//!
//! Only who has the password, or a live session, reaches a counter, so nobody is locked out by a stranger. Somebody who
//! has it can spend the guess budget, and the owner is told at the fifth guess. Single codes are then not evaluated.
//! Remembered devices go on without a code, and the owner, who has typed the password, gets in
//!
//! - with the app alone, by codes in a row: four codes of six digits, one after the other, in one text. It takes two and a
//!   half minutes at most, and they have too many bits to be guessed. They are taken whatever the budget says;
//! - at once, by a recovery code;
//! - by waiting: one guess every three days, up to ten. Then no wait helps any more, and
//!   [`retry_at`](crate::session::Refusal::Locked) is absent.
//!
//! Codes in a row prove the clock, as each accepted code does, so the month before them counts: the next single code is
//! evaluated within three days. A password change with a fresh factor shuts the attacker out and gives the whole budget
//! back. A password *reset* gives nothing back, since whoever holds the mailbox would draw budgets.
//!
//! All of this needs a server clock that is right, and a mailbox that is the owner's: whoever can reset the password can
//! shut the owner out with it.
//!
//! Keep the clocks of your instances within the [`rotation_grace`](crate::Policy::rotation_grace) of each other, and time
//! requests out sooner than that. Where they differ by more, or where a login is held up between its load and its write
//! while the same browser logs in twice more, an old token of the owner looks like a thief's: all devices and sessions
//! end, and the owner is told. Nobody gets in by it.
