//! What each token and proof checks when it is used, which calls end all of them, and where the bound on guesses comes
//! from. For whoever audits the rules: begin with [`promises`](super::promises), and take this page for a map.
//!
//! # Which calls move the epoch
//!
//! The epoch is 128 random bits in the record. Under a new one everything from before is void: sessions, challenges,
//! enrollments and proofs. Remembered devices go in the same write.
//!
//! | call | moves it | file |
//! |---|---|---|
//! | `confirm_enrollment`, `bind_host_authenticator` | yes | `rule/enrollment.rs` |
//! | `remove_authenticator`, `disable`, `administrator_reset`, `close_account`, `end_all_sessions` | yes | `rule/manage.rs` |
//! | `import` | yes, unless it is quiet | `rule/import.rs` |
//! | `change_password` | yes, before the host writes; again if somebody else went on meanwhile | `rule/password_change.rs` |
//! | `password_verified`, `change_password`, `import`, `administrator_reset`, `close_account` that find an interrupted change | yes | `rule/decision.rs` |
//! | `password_verified` with a device token that was replaced twice | yes: it was copied | `rule/device.rs` |
//! | `end_what_a_backup_revived` | yes | `rule/operate.rs` |
//! | `present`, `fresh_factor`, `reauthenticate`, `try_old_recovery_code` | no | |
//! | `regenerate_recovery_codes` | no; it ends what recovery logins may do by the password alone | `rule/manage.rs` |
//! | `forget_device`, `forget_all_devices`, a device token that comes late, a recovery code | no; they end devices, the sessions that those began, and what was begun in these | `rule/manage.rs`, `rule/device.rs`, `rule/second_step.rs` |
//! | `rename_authenticator`, `reseal` | no | |
//!
//! So a session that was begun by a code lives on while devices are forgotten and recovery codes renewed. Whoever fears
//! for one calls `end_all_sessions` or changes the password.
//!
//! # What is checked when it is used
//!
//! "Waits" means that it is answered [`Retry`](crate::Refusal::Retry) while a password is being changed.
//!
//! | value | epoch | age, by default | what else | waits |
//! |---|---|---|---|---|
//! | [`PasswordVerified`](crate::PasswordVerified), [`PasswordReset`](crate::PasswordReset) | of the check | 5 minutes from the check | used once; not begun during a password change | yes |
//! | [`ChallengeToken`](crate::ChallengeToken) | of the check | 10 minutes from the check | tag; not completed; fewer than 5 failures; something is bound | yes |
//! | [`DeviceToken`](crate::DeviceToken) | none | 30 days from the code | tag; its series is in the record; its generation | yes |
//! | [`Session`](crate::Session) | of its beginning | none | the device that began it is remembered | no |
//! | [`FreshFactor`](crate::FreshFactor) | of its session | 5 minutes | the device of its session is remembered; used once | yes |
//! | [`Reauthenticated`](crate::session::Reauthenticated) with a factor | of the check and the session | 5 minutes, both | as the factor | yes |
//! | the same, nothing bound | of the check | 5 minutes | nothing is bound still | yes |
//! | the same, after a recovery login | of the check | 5 minutes; the login an hour | no new recovery codes since the login; begins an enrollment and nothing else | yes |
//! | [`EnrollmentToken`](crate::EnrollmentToken) | of its beginning | 10 minutes | tag; its place is free; of what it was begun with: the session's device is remembered, or no new recovery codes since the recovery login | yes |
//! | [`OldRecoveryCodeTry`](crate::session::OldRecoveryCodeTry) | that of its challenge | as its challenge | its challenge and no other | yes |
//! | [`HostAuthenticatorVerified`](crate::session::HostAuthenticatorVerified) | none of its own | none of its own | of this account; bound; not the last one again | with the call |
//! | [`EndOtherSessions`](crate::session::EndOtherSessions) | the one before the change | none | this session and no other; used once | no |
//!
//! An enrollment that a recovery login begins by the password alone starts within an hour of the login. It is confirmed
//! within the life of an enrollment, so at the latest ten minutes after that hour.
//!
//! # Where the bound on guesses comes from
//!
//! [`guess_odds`](crate::Policy::guess_odds) counts `B + 2C + span / E + 1` guesses: the budget `B`
//! ([`guess_budget`](crate::Policy::guess_budget)), the most credit `C` ([`most_credit`](crate::Policy::most_credit)), and
//! one for each `E` ([`regain_every`](crate::Policy::regain_every)). `src/session/record/budget.rs` keeps three rules:
//!
//! 1. a guess is compared only while `spent + n <= B + credit`, with at most `C` of credit whatever the clock shows;
//! 2. only an accepted code takes credit off `spent`. It takes whole `E`s of the time since `since`, at most `C`, and
//!    moves `since` on by as many, or to now where that is later;
//! 3. `since` goes back only to a clock that is `E` or more behind it.
//!
//! Take a span of time and the guesses in it that nothing refunded. They are what `spent` is at the end, less what it was
//! at the start, and all credit that was taken between.
//!
//! - At the end `spent` is at most `B + C`, by rule 1.
//! - Credit that was saved up before the span is at most `C`, by rule 2.
//! - Credit for the span itself is `span / E`, by rule 2. Clocks that are less than `E` apart lengthen the span by their
//!   difference once, by rule 3: that is the `+ 1`.
//!
//! Two clocks that both take the owner's codes are 22 minutes apart at most (the widest window, the longest period), and
//! `E` is an hour or more. A larger jump counts only with a code of an app whose own clock is wrong by as much, in the
//! same direction; what an attacker gets of such a pair of clocks is at most `C` for each time that both are used.
//!
//! `tests/it/login/guess_odds/exhaustive.rs` tries every order of guesses, accepted codes, waits and jumps for small
//! budgets, and reaches the bound to the last guess; `tests/it/login/guess_odds/year.rs` plays years of strategies.
