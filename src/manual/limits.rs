//! The limits of the default [`Policy`](crate::Policy), and how it avoids locking owners out (ASVS 6.1.1).
//!
//! | setting | default | where it comes from |
//! |---|---|---|
//! | [`window`](crate::Policy::window) | 1 step back, 1 ahead | RFC 6238 §5.2; each code is accepted for 90 seconds in all |
//! | [`guesses_per_challenge`](crate::Policy::guesses_per_challenge) | 5 | somebody who has stolen a challenge has no more guesses than these |
//! | [`guess_budget`](crate::Policy::guess_budget) | 20 at once, then one every 3 days | RFC 4226 §7.3; it is shared by all sessions |
//! | [`most_credit`](crate::Policy::most_credit) | 10 | SP 800-63B §3.2.2: together with the budget, fewer than 100 guesses between two accepted codes |
//! | [`authenticators`](crate::Policy::authenticators) | 3 | SP 800-63B §4.1.2.1; a guess is charged once for each authenticator app that the account has |
//! | [`challenge_lifetime`](crate::Policy::challenge_lifetime) | 10 minutes | time to find the phone |
//! | [`enrollment_lifetime`](crate::Policy::enrollment_lifetime) | 10 minutes | SP 800-63B §4.1.2.2 allows no longer; it is time to install an app |
//! | [`step_up_age`](crate::Policy::step_up_age) | 5 minutes | ASVS 7.5.1 |
//! | [`remember_for`](crate::Policy::remember_for) | 30 days | SP 800-63B §2.1.3; counted from the code, never extended |
//! | [`rotation_grace`](crate::Policy::rotation_grace) | 1 minute | two tabs that log in at once; at least 30 seconds, since a stolen token can cause one write in this time |
//! | [`devices`](crate::Policy::devices) | 10 | when one more is remembered, one that has expired is forgotten, or else the one that was unused for longest |
//! | [`guess_odds`](crate::Policy::guess_odds) | one in 2057 within a year, by 162 guesses | for an attacker who has the password |
//!
//! # The ways in
//!
//! These are all the ways to complete a login (ASVS 6.1.3). Each begins with the password, or with what the
//! host accepts in its place.
//!
//! | besides the password | claimed (`amr`) | what keeps others out |
//! |---|---|---|
//! | nothing, if no authenticator is bound: [`SingleFactor`](crate::AuthMethod::SingleFactor) | `pwd` | the host; under a policy that requires a second factor, this is not a way in |
//! | a code: [`Code`](crate::AuthMethod::Code) | `pwd`, `otp`, `mfa` | the guess budget |
//! | codes in a row: [`CodesInARow`](crate::AuthMethod::CodesInARow) | `pwd`, `otp`, `mfa` | 64 bits or more, so there is no budget |
//! | a recovery code: [`RecoveryCode`](crate::AuthMethod::RecoveryCode) | `pwd`, `mfa` | 128 bits, used once; a wrong one is charged to the guess budget until that is spent |
//! | a security key that the host verified: [`HostAuthenticator`](crate::AuthMethod::HostAuthenticator) | `pwd`, `hwk`, `mfa` | a signature, which cannot be guessed, so there is no budget; see [`passkeys`](super::passkeys) |
//! | a passkey that can be copied and that the host verified: [`HostAuthenticator`](crate::AuthMethod::HostAuthenticator) | `pwd`, `swk`, `mfa` | the same |
//! | a remembered device: [`RememberedDevice`](crate::AuthMethod::RememberedDevice) | `pwd` | a signed token that changes with use, for 30 days at most |
//!
//! # Lockout
//!
//! Your service limits how many passwords somebody may try: see [`hosts`](super::hosts).
//!
//! Only somebody who has the password or a live session can change a counter, so a stranger cannot lock
//! anybody out. Somebody who has one of these can spend the guess budget; the owner is told at the fifth
//! guess. Once the budget is spent, single codes are not evaluated. Remembered devices still need no code,
//! and after typing the password the owner gets in
//!
//! - with the app alone, by codes in a row: four consecutive codes of six digits, typed as one text.
//!   This takes two and a half minutes at most. Four codes have too many bits to be guessed, so they are
//!   accepted whatever the budget says;
//! - at once, by a recovery code;
//! - by waiting: there is one more guess every three days, up to ten. After those, waiting does not help any
//!   more, and [`retry_at`](crate::session::Refusal::Locked) is absent.
//!
//! Every accepted code proves that the clock is right, and so do codes in a row. So once they are accepted, the
//! time that passed before gives guesses back, for a month at most. A guess costs one for each app that
//! is bound, so it takes at most three days for each app until a single code is evaluated again. A password change
//! with a fresh factor shuts the attacker out and gives the budget back, but there are still fewer than 100
//! guesses between two accepted codes. A password *reset* gives nothing back: otherwise whoever controls the
//! mailbox could get one budget after the other.
//!
//! All of this needs three things:
//!
//! - The server clock is right, and was right at the owner's last login. A login under a clock that is ahead
//!   uses up the codes until that time.
//! - Only the owner controls the mailbox: whoever can reset the password can shut the owner out that way.
//! - Nobody but the owner has logged in by a recovery code within the last hour. Somebody with the password and
//!   such a session can replace the app, which also makes new recovery codes. This is no longer possible once the
//!   owner has made new recovery codes.
//!
//! Keep the clocks of your instances less than [`rotation_grace`](crate::Policy::rotation_grace) apart, and
//! let requests time out sooner than that. If clocks differ by more, or if a login is delayed between its
//! load and its write while the same browser logs in twice more, an old token of the owner looks like a
//! stolen one: all devices and sessions end, and the owner is told. This lets nobody in.
