//! The limits of the default [`Policy`](crate::Policy), and how it keeps from locking owners out (ASVS
//! 6.1.1).
//!
//! | setting | default | where it comes from |
//! |---|---|---|
//! | [`window`](crate::Policy::window) | 1 step back, 1 ahead | RFC 6238 §5.2; a code is accepted for 90 seconds in all |
//! | [`guesses_per_challenge`](crate::Policy::guesses_per_challenge) | 5 | a stolen challenge is worth no more |
//! | [`guess_budget`](crate::Policy::guess_budget) | 20 at once, then one every 3 days | RFC 4226 §7.3, across all sessions |
//! | [`suspend_after`](crate::Policy::suspend_after) | 100 | SP 800-63B §3.2.2, consecutive failures |
//! | [`challenge_lifetime`](crate::Policy::challenge_lifetime) | 10 minutes | time to find the phone |
//! | [`enrollment_lifetime`](crate::Policy::enrollment_lifetime) | 10 minutes | SP 800-63B §4.1, time to install an app |
//! | [`step_up_age`](crate::Policy::step_up_age) | 5 minutes | ASVS 7.5.1 |
//! | [`remember_for`](crate::Policy::remember_for) | 30 days | SP 800-63B §2.1.3, from the code, never extended |
//! | [`rotation_grace`](crate::Policy::rotation_grace) | 1 minute | two tabs that log in at once |
//! | [`devices`](crate::Policy::devices) | 10 | one more forgets the one not used for longest |
//! | [`guess_odds`](crate::Policy::guess_odds) | one in 2363 within a year, by 141 guesses | for an attacker who has the password |
//!
//! # Locking somebody out
//!
//! Only who has the password reaches a counter, so nobody is locked out by a stranger. Somebody who has it
//! can spend the guess budget, and the owner is told at the fifth guess. Meanwhile remembered devices go on
//! without a code, a recovery code lets the owner in, and a new password, which shuts the attacker out, gives
//! the whole budget back.
