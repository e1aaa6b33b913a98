//! What is checked when a token or proof is used, which calls end all of them, and where the bound on guesses comes
//! from. This page is for auditors: begin with [`promises`](super::promises), and use this page as a map.
//!
//! Paths that begin with `rule/` are in `src/session/`.
//!
//! # Which calls change the epoch
//!
//! The epoch is 128 random bits in the record. When it changes, everything from before is void: sessions, challenges,
//! enrollments and proofs. The same write also removes the remembered devices.
//!
//! | call | changes it | file |
//! |---|---|---|
//! | `confirm_enrollment`, `bind_host_authenticator` | yes | `rule/enrollment.rs` |
//! | `remove_authenticator`, `disable`, `administrator_reset`, `close_account`, `end_all_sessions` | yes | `rule/manage.rs` |
//! | `import` | yes, unless it is quiet | `rule/import.rs` |
//! | `change_password` | yes, before the host writes; again if another call has intervened | `rule/password_change.rs` |
//! | `password_verified`, `change_password`, `import`, `administrator_reset`, `close_account` that find an interrupted change | yes | `rule/decision.rs` |
//! | `password_verified` with a device token that was replaced twice | yes: it was copied | `rule/device.rs` |
//! | `end_what_a_backup_revived` | yes | `rule/operate.rs` |
//! | `present`, `fresh_factor`, `reauthenticate`, `try_old_recovery_code` | no | |
//! | `regenerate_recovery_codes` | no; after it, recovery logins can no longer bind anything by the password alone | `rule/manage.rs` |
//! | `forget_device`, `forget_all_devices`, a device token that is used after its grace period, a recovery code | no; they end devices, the sessions that began on these devices, and what was begun in these sessions | `rule/manage.rs`, `rule/device.rs`, `rule/second_step.rs` |
//! | `rename_authenticator`, `reseal` | no | |
//!
//! So a session that began with a code is still valid after devices are forgotten or recovery codes are renewed. An owner
//! who suspects that a session was stolen calls `end_all_sessions` or changes the password.
//!
//! # What is checked at each use
//!
//! "Waits" means that the answer is [`Retry`](crate::Refusal::Retry) while a password is being changed.
//!
//! | value | epoch | age, by default | what else | waits |
//! |---|---|---|---|---|
//! | [`PasswordVerified`](crate::PasswordVerified), [`PasswordReset`](crate::PasswordReset) | of the check | 5 minutes from the check, and no longer than a challenge if it opens one | used once; not begun during a password change | yes |
//! | [`ChallengeToken`](crate::ChallengeToken) | of the check | 10 minutes from the check | tag; not completed; fewer than 5 failures; something is bound | yes |
//! | [`DeviceToken`](crate::DeviceToken) | none | 30 days from the code | tag; its device is remembered; its generation | yes |
//! | [`Session`](crate::Session) | of its beginning | none | the device that began it is remembered | no |
//! | [`FreshFactor`](crate::FreshFactor) | of its session | 5 minutes | the device of its session is remembered; used once | yes |
//! | [`Reauthenticated`](crate::session::Reauthenticated) with a factor | of the check and the session | 5 minutes, both | as the factor | yes |
//! | the same, if nothing is bound | of the check | 5 minutes | still nothing is bound | yes |
//! | the same, after a recovery login | of the check | 5 minutes; an hour from the login | no new recovery codes since the login; it can only begin an enrollment | yes |
//! | [`EnrollmentToken`](crate::EnrollmentToken) | of its beginning | 10 minutes | tag; its place is free; if it was begun in a session of a device, that device is still remembered; if it was begun after a recovery login, no new recovery codes since | yes |
//! | [`OldRecoveryCodeTry`](crate::session::OldRecoveryCodeTry) | that of its challenge | as its challenge | used only with its own challenge | yes |
//! | [`HostAuthenticatorVerified`](crate::session::HostAuthenticatorVerified) | none of its own | none of its own | of this account; bound; not the same as the last accepted one | with the call |
//! | [`EndOtherSessions`](crate::session::EndOtherSessions) | the one before the change | none | used only for its own session; used once | no |
//!
//! An enrollment by the password alone, after a recovery login, must begin within an hour of that login. It must be
//! confirmed within the lifetime of an enrollment, so at most ten minutes after that hour.
//!
//! # Where the bound on guesses comes from
//!
//! [`guess_odds`](crate::Policy::guess_odds) counts `B + 2C + span / E + 1` guesses: the budget `B`
//! ([`guess_budget`](crate::Policy::guess_budget)), the most credit `C` ([`most_credit`](crate::Policy::most_credit)), and
//! one for each `E` ([`regain_every`](crate::Policy::regain_every)). If an account has more apps than `B`, which only an
//! earlier policy can have allowed, read `B` as their number. `src/session/record/budget.rs` keeps three rules:
//!
//! 1. a guess is compared only if `spent + n <= B + credit`; the credit is at most `C`, whatever the clock shows;
//! 2. only an accepted code subtracts credit from `spent`: one for each whole `E` since the time `since`, but at most `C`.
//!    It then moves `since` forward by as many `E`, or to now if nothing is spent any more or the credit was `C`;
//! 3. `since` is set back only if the clock is `E` or more behind it.
//!
//! Now look at a span of time, and at the guesses in it that were not refunded. Their number is `spent` at the end, minus
//! `spent` at the start, plus all credit that was subtracted between.
//!
//! - At the end `spent` is at most `B + C`, by rule 1.
//! - Credit that was saved up before the span is at most `C`, by rule 2.
//! - Credit for the span itself is `span / E`, by rule 2. If clocks are less than `E` apart, their difference lengthens the
//!   span once, by rule 3: this is the `+ 1`.
//!
//! A clock that accepts a code as the app shows it is less than 22 minutes off the app's clock: with the widest window and
//! the longest period, ten steps of two minutes and a part of one more. So two clocks that both accept the owner's codes are
//! less than 44 minutes apart, and `E` is an hour or more. A larger difference has an effect only together with a code that
//! is wrong by as much, in the same direction: that of an app whose own clock is wrong, or one that was typed long after it
//! was shown. From such a pair of clocks an attacker gets at most `C` each time that both are used.
//!
//! `tests/it/login/guess_odds/exhaustive.rs` tries every order of guesses, accepted codes, waits and jumps for small
//! budgets, and reaches the bound exactly; `tests/it/login/guess_odds/year.rs` simulates attackers for years.
