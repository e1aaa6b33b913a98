//! What must fail, and the test that shows that it does.
//!
//! Each row is something that a real system got wrong; where it has a public number, that stands beside it. A
//! row is held by the tests named in it, which go through the public API and the shipped stores: time is set by
//! hand, nothing sleeps, and races are run with threads that start together. `.ci/standards` fails where a named
//! test does not exist.
//!
//! To check one, search for its test: it is named after the row (`a07_…` for A7, `f12_…` for F12), says what is
//! given, and asserts what the claimant is told ([`Refusal`](crate::Refusal)) and what the log is told
//! ([`EventKind`](crate::session::EventKind)), not only that something failed. "host:" marks what this library
//! cannot do and the host has to; "not here:" what does not exist in it.
//!
//! # Attacks on the flow
//!
//! | # | What must fail, or hold | Held by |
//! |---|---|---|
//! | A1a | A code that was accepted, again in a second challenge of the same time step: refused, and the claimant is told what a wrong code is told (CVE-2022-25838, CVE-2015-7225) | `tests/threats_a_replay.rs::a01a_same_code_in_a_second_challenge_of_the_same_step` |
//! | A1b | The same in the next step, still inside the window (CVE-2021-43177) | `tests/threats_a_replay.rs::a01b_same_code_in_the_next_step_still_inside_the_window` |
//! | A2 | An unused older code after a newer one was accepted early: refused, since the step is remembered and not the string | `tests/threats_a_replay.rs::a02_older_code_after_a_newer_one` |
//! | A3 | One code from fifty claimants at once, each with a challenge: one success (at most 8 challenges are open, so some share) | `tests/threats_a_replay.rs::a03_same_code_from_fifty_threads_on_the_memory_store`, `tests/threats_a_replay.rs::a03_same_code_from_fifty_threads_on_a_host_store`, `tests/threats_a_replay.rs::a03_same_code_from_fifty_tasks_on_the_async_front` |
//! | A4a | The code that confirmed the enrollment, at login, step-up and everything behind it | `tests/threats_a_replay.rs::a04a_the_code_that_confirmed_the_enrollment_at_every_other_door` |
//! | A4b | The code of a login or a step-up, at every other door | `tests/threats_a_replay.rs::a04b_the_code_of_a_login_at_every_other_door`, `tests/threats_a_replay.rs::a04b_the_code_of_a_login_where_a_new_enrollment_is_confirmed`, `tests/threats_a_replay.rs::a04b_the_code_of_a_step_up_at_every_other_door` |
//! | A5 | Two accounts whose codes are the same at one step: both log in | `tests/threats_a_replay.rs::a05_two_accounts_whose_codes_are_the_same` |
//! | A6a | The clock goes back ten steps: nothing is accepted again | `tests/threats_a_replay.rs::a06a_the_clock_goes_back_ten_steps` |
//! | A6b | The clock was a year ahead for one login: there is a way out, and no lockout of a year | `tests/threats_a_replay.rs::a06b_the_clock_was_a_year_ahead_and_a_recovery_code_is_the_way_out`, `tests/threats_a_replay.rs::a06b_the_clock_was_a_year_ahead_and_an_administrator_is_the_way_out`, `tests/threats_a_replay.rs::a06b_what_a_clock_a_year_ahead_left_behind_locks_nobody_out_for_a_year` |
//! | A7 | Five wrong codes kill the challenge for every kind of factor (CVE-2024-0227) | `tests/threats_a_budget.rs::a07_five_wrong_codes_kill_the_challenge_for_every_kind_of_factor`, `tests/threats_a_budget.rs::a07_wrong_codes_of_both_kinds_count_together` |
//! | A8 | A fresh challenge after every four guesses is no fresh budget, at login and at step-up; challenges do not outlive the lock (20 guesses here, not 10: see `Policy`) | `tests/threats_a_budget.rs::a08_a_fresh_challenge_after_every_four_guesses_is_no_fresh_budget`, `tests/threats_a_budget.rs::a08_a_challenge_from_before_the_lock_does_not_outlive_it`, `tests/threats_a_budget.rs::a08_step_up_from_a_stolen_session_takes_from_the_same_budget`, `tests/threats_a_budget.rs::a08_a_login_of_the_owner_does_not_refill_the_budget_of_somebody_else`, `tests/threats_a_budget.rs::a08_the_owner_who_mistypes_and_then_succeeds_pays_nothing` |
//! | A9 | Two hundred wrong codes at once: as many are evaluated as the challenge and the budget allow, not one more | `tests/threats_a_budget.rs::a09_two_hundred_wrong_codes_at_once_in_one_challenge`, `tests/threats_a_budget.rs::a09_two_hundred_wrong_codes_at_once_against_a_budget_of_five`, `tests/threats_a_budget.rs::a09_two_hundred_wrong_codes_at_once_on_the_async_front` |
//! | A10a | The host rolls its transaction back when a request fails: the charge stays (CVE-2026-35597) | `tests/threats_a_budget.rs::a10a_a_charge_survives_the_roll_back_of_the_request` |
//! | A10b | The store cannot write: an error for right and wrong alike, never a success, never a free guess (CVE-2026-27801) | `tests/threats_a_budget.rs::a10b_a_store_that_cannot_write_lets_nobody_in_and_answers_no_guess`, `tests/threats_a_budget.rs::a10b_a_write_of_unknown_outcome_lets_nobody_in_and_burns_the_code`, `tests/threats_a_budget.rs::a10b_wrong_codes_are_charged_when_only_the_answer_is_lost` |
//! | A11 | After the lock: to the second, with the normal budget and no more; it is regained one guess at a time | `tests/threats_a_budget.rs::a11_the_lock_ends_to_the_second_and_the_budget_is_the_normal_one`, `tests/threats_a_budget.rs::a11_the_right_code_is_accepted_when_the_lock_ends`, `tests/threats_a_budget.rs::a11_a_hundred_failures_in_a_row_suspend_and_no_time_ends_that` |
//! | A12a | Without the password, codes, forged challenges and forged device tokens move no counter of the account | `tests/threats_a_budget.rs::a12_without_the_password_nothing_moves_the_counters_or_writes_at_all`, `tests/threats_a_budget.rs::a12_forged_remember_tokens_cost_nothing`, `tests/threats_a_budget.rs::a12_opening_challenges_without_end_fills_nothing` |
//! | A12b | Who has the password can spend the budget: the owner still gets in on a remembered device or by recovery code | `tests/threats_a_budget.rs::a12_the_owner_on_a_remembered_device_gets_in_while_the_budget_is_spent` |
//! | A12c | A code tried on one method does not move another: guesses are counted by account | not here: an account has one authenticator, and recovery codes share its budget on purpose (F6, F15); between accounts `tests/threats_a_budget.rs::a12_wrong_codes_for_one_account_do_not_move_another` |
//! | A12d | The second step is no password oracle | `tests/threats_a_budget.rs::a12_the_second_step_is_no_password_oracle` |
//! | A13 | A token of each kind at every method that takes another: as it is, with the other prefix, and with another account in it | `tests/threats_a_states.rs::a13_no_token_is_read_as_one_of_another_kind`, `tests/threats_a_states.rs::a13_no_token_forged_into_another_kind_is_accepted`, `tests/threats_a_states.rs::a13_each_token_is_accepted_where_it_belongs`, `tests/threats_a_states.rs::a13_a_token_of_one_account_is_none_of_another` |
//! | A14a | The password step yields nothing that authenticates and no user data | `tests/threats_a_states.rs::a14_the_password_step_yields_nothing_that_authenticates_and_nothing_of_the_user`, `tests/threats_a_states.rs::a14_where_a_second_factor_is_demanded_and_missing_nobody_is_logged_in` |
//! | A14b | An older full session in that browser is ended at the password step | host: sessions are its own; `Login::CodeRequired` says to end whatever the browser has |
//! | A15a | Another route (reset, magic link, single sign-on) leads past the code: there are three ways into a session, each demands it, no route is exempt | `tests/threats_a_states.rs::a15a_three_methods_lead_into_a_session_and_there_is_no_fourth`, `tests/threats_a_states.rs::a15a_each_way_into_a_session_demands_a_code`, `tests/threats_a_states.rs::a15a_a_password_reset_is_no_login_and_leaves_the_second_factor_on` |
//! | A15b | An e-mail code is factor one and factor two | not here: codes by e-mail or SMS are no factor of this library; the second factor is an authenticator or a recovery code, and the first is the host's |
//! | A16a | A challenge ends at ten minutes to the second, at logout, at every change of credentials, and when it was completed | `tests/threats_a_states.rs::a16a_a_challenge_is_good_for_ten_minutes_to_the_second`, `tests/threats_a_states.rs::a16a_a_step_up_is_good_for_ten_minutes_to_the_second`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_at_logout`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_at_a_password_change`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_at_a_reset_by_an_administrator`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_when_the_second_factor_is_switched_off`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_when_another_authenticator_is_enrolled`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_when_new_recovery_codes_are_made`, `tests/threats_a_states.rs::a16a_a_challenge_is_over_when_it_was_completed` |
//! | A16b | A code and a recovery code at once in one challenge: one session | `tests/threats_a_states.rs::a16b_a_code_and_a_recovery_code_at_once_in_one_challenge_give_one_session` |
//! | A16c | No stored record holds a password, a secret, a code or a token, in any encoding (CVE-2020-15105) | `tests/threats_a_states.rs::a16c_no_stored_record_holds_a_secret_a_code_or_a_token`, `tests/threats_a_states.rs::a16c_the_scan_finds_what_is_there`; passwords never reach the library |
//! | A17a | An abandoned first enrollment leaves two-factor authentication off, and its secret dies in ten minutes | `tests/threats_a_enrollment.rs::a17a_a_wrong_code_leaves_two_factor_authentication_off`, `tests/threats_a_enrollment.rs::a17a_the_fifth_wrong_code_ends_the_enrollment`, `tests/threats_a_enrollment.rs::a17a_a_tab_that_is_closed_leaves_a_secret_that_dies_in_ten_minutes_to_the_second`, `tests/threats_a_enrollment.rs::a17a_an_enrollment_is_confirmed_with_the_token_of_whoever_began_it` |
//! | A17b | An abandoned new enrollment leaves the old secret in force | `tests/threats_a_enrollment.rs::a17b_a_new_enrollment_that_is_left_leaves_the_old_secret_alone` |
//! | A18 | A session without a fresh code (password alone, remembered device, too old, an earlier epoch) cannot disable, enroll anew or make recovery codes; an administrator cannot for himself (CVE-2026-3429) | `tests/threats_a_enrollment.rs::a18_a_session_that_passed_the_password_alone_changes_nothing`, `tests/threats_a_enrollment.rs::a18_a_session_of_a_remembered_device_changes_nothing`, `tests/threats_a_enrollment.rs::a18_a_fresh_factor_is_fresh_for_five_minutes_to_the_second`, `tests/threats_a_enrollment.rs::a18_a_fresh_factor_from_before_a_change_of_credentials_is_not_fresh`, `tests/threats_a_enrollment.rs::a18_a_session_from_before_a_change_of_credentials_cannot_step_up`, `tests/threats_a_enrollment.rs::a18_an_administrator_is_asked_for_a_code_by_themselves_as_everybody` |
//! | A19 | A recovery code twenty times at once is one login; the others still work; hashed; spelling does not matter; the old set dies (CVE-2026-48505) | `tests/threats_a_enrollment.rs::a19_one_recovery_code_twenty_times_at_once_is_one_login_and_the_other_nine_still_work`, `tests/threats_a_enrollment.rs::a19_one_recovery_code_twenty_times_at_once_on_a_host_store`, `tests/threats_a_enrollment.rs::a19_two_recovery_codes_at_once_are_both_used_up`, `tests/threats_a_enrollment.rs::a19_recovery_codes_are_stored_hashed`, `tests/threats_a_enrollment.rs::a19_case_spaces_and_dashes_are_ignored_and_are_no_second_code`, `tests/threats_a_enrollment.rs::a19_the_old_set_dies_when_new_codes_are_made`, `tests/threats_a_enrollment.rs::a19_a_recovery_code_of_one_account_is_none_of_another` |
//! | A20a | Secrets made have 160 bits, secrets brought along 128, counted in bytes (CVE-2024-8796) | `tests/threats_a_enrollment.rs::a20a_a_secret_that_is_made_has_160_bits_counted_in_bytes`, `tests/threats_a_enrollment.rs::a20a_a_secret_that_is_brought_along_has_128_bits_counted_in_bytes` |
//! | A20b | A ciphertext copied to another account or authenticator does not open | `tests/threats_a_enrollment.rs::a20b_a_ciphertext_that_is_copied_to_another_account_does_not_open`, `tests/threats_a_enrollment.rs::a20b_a_ciphertext_that_is_copied_to_another_authenticator_does_not_open` |
//! | A20c | A retired key still opens, and the secret is sealed anew on use | `tests/threats_a_enrollment.rs::a20c_a_retired_key_still_opens_and_the_secret_is_sealed_anew_on_use`, `tests/threats_a_enrollment.rs::a20c_a_key_that_is_not_on_the_ring_lets_nobody_in` |
//! | A21a | A device token of another account: a code is asked for, and the token stays usable for its own | `tests/threats_a_devices.rs::a21a_the_token_of_one_account_with_the_password_of_another`, `tests/threats_a_devices.rs::a21a_a_token_is_bound_to_its_account_also_where_the_device_entry_was_copied` |
//! | A21b | Another browser is asked for a code | `tests/threats_a_devices.rs::a21b_another_browser_is_asked_for_a_code`, `tests/threats_a_devices.rs::a21b_a_code_without_the_box_ticked_remembers_nothing`, `tests/threats_a_devices.rs::a21b_a_policy_that_remembers_no_device_remembers_none` |
//! | A22 | Every remembered device dies at password change, reset, disabling, new enrollment, recovery, and stays dead after two-factor authentication is on again | `tests/threats_a_devices.rs::a22_devices_die_at_a_password_change_or_reset`, `tests/threats_a_devices.rs::a22_devices_die_when_two_factor_authentication_is_switched_off_and_on_again`, `tests/threats_a_devices.rs::a22_devices_die_at_a_new_enrollment`, `tests/threats_a_devices.rs::a22_devices_die_at_a_login_by_recovery_code`, `tests/threats_a_devices.rs::a22_devices_die_at_a_step_up_by_recovery_code`, `tests/threats_a_devices.rs::a22_devices_die_at_a_reset_by_an_administrator`, `tests/threats_a_devices.rs::a22_devices_die_when_the_host_disables_or_deletes_the_account` |
//! | A23 | Thirty days by the server's clock, to the second, whatever the use and whatever the browser does with the cookie | `tests/threats_a_devices.rs::a23_thirty_days_to_the_second_however_often_it_is_used`, `tests/threats_a_devices.rs::a23_a_login_that_the_token_let_in_cannot_ask_to_be_remembered_again`, `tests/threats_a_devices.rs::a23_what_the_browser_does_with_the_cookie_changes_nothing` |
//! | A24a | A stale copy after the grace: that series is revoked, and the owner told | `tests/threats_a_devices.rs::a24a_the_old_copy_after_the_grace_ends_its_series_alone_and_is_reported`, `tests/threats_a_devices.rs::a24a_the_thief_who_was_quicker_is_found_when_the_owner_comes` |
//! | A24b | Two tabs in the grace both pass | `tests/threats_a_devices.rs::a24b_two_tabs_in_the_grace_both_pass`, `tests/threats_a_devices.rs::a24b_twenty_tabs_at_once_all_pass_and_one_token_is_new` |
//! | A24c | Grace keeps no client alive that never stores the new token | `tests/threats_a_devices.rs::a24c_grace_does_not_keep_a_client_alive_that_never_stores_the_new_token`, `tests/threats_a_devices.rs::a24c_the_token_before_the_one_before_has_no_grace` |
//! | A25 | Hostile cookies, codes and recovery codes: refused, no panic, no counter moved, leading zeros kept | `tests/threats_a_devices.rs::a25_a_hostile_cookie_is_no_cookie`, `tests/threats_a_devices.rs::a25_an_expired_cookie_is_no_cookie`, `tests/threats_a_devices.rs::a25_a_hostile_code_is_malformed_and_costs_nothing`, `tests/threats_a_devices.rs::a25_a_code_as_apps_show_it_and_browsers_paste_it_is_the_same_code`, `tests/threats_a_devices.rs::a25_a_hostile_recovery_code_is_malformed_and_costs_nothing` |
//!
//! # Failures of deployed systems
//!
//! | # | What went wrong | Held by |
//! |---|---|---|
//! | F1 | AuthQuake (2024): ten guesses in each of any number of sessions at once, codes valid for minutes, no alert | F-PENDING |
//! | F2 | One pending login token takes wrong codes without end (CVE-2026-56450) | F-PENDING |
//! | F3 | The password step again resets the limiter | F-PENDING |
//! | F4 | The lockout is rolled back with the transaction (CVE-2026-35597) | F-PENDING |
//! | F5 | Five thousand guesses at once, counted by reading first and writing afterwards | F-PENDING |
//! | F6 | One of two entry points has no limit | F-PENDING |
//! | F7 | A code is replayed in another session (CVE-2015-7225, CVE-2025-43798, CVE-2026-33473, CVE-2026-61630) | F-PENDING |
//! | F8 | A code is replayed by spelling it differently (CVE-2025-6014, CVE-2025-55000) | F-PENDING |
//! | F9 | A fresh code in several requests at once | F-PENDING |
//! | F10 | Replay is tested by equality, not by order | F-PENDING |
//! | F11 | The enrollment code is reused as the first login code | F-PENDING |
//! | F12 | A recovery code in thirty requests at once | F-PENDING |
//! | F13 | A lost update brings a spent recovery code back | F-PENDING |
//! | F14 | A recovery code is never used up (CVE-2026-31875) | F-PENDING |
//! | F15 | Recovery codes are guessed across tokens | F-PENDING |
//! | F16 | A remembered device survives a password change, a reset, a deactivation | F-PENDING |
//! | F17 | A remembered device survives a new enrollment or a recovery | F-PENDING |
//! | F18 | A remembered device never expires because its token is issued anew | F-PENDING |
//! | F19 | The device cookie is not bound to the account | F-PENDING |
//! | F20 | A step is skipped: half a login asks for a session (SA-CONTRIB-2023-030, CVE-2026-33315) | F-PENDING |
//! | F21 | The account is switched between the steps | F-PENDING |
//! | F22 | A password reset leads past the code | F-PENDING |
//! | F23 | An enrollment over an existing factor | F-PENDING |
//! | F24 | An unconfirmed secret goes live | F-PENDING |
//! | F25 | Two enrollments at once, and the older is confirmed | F-PENDING |
//! | F26 | An enrollment begun in one session is confirmed from another | F-PENDING |
//! | F27 | The secret can be read after enrollment | F-PENDING |
//! | F28 | Something is missing, corrupt or broken, and the answer is yes | F-PENDING |
//! | F29 | The session id from before the code is kept after it | F-PENDING |
//! | F30 | An attacker locks the owner out | F-PENDING |
//! | F31 | A patient attacker: four guesses a day, refilled by the owner's own logins | F-PENDING |
//! | F32 | The time of a comparison tells (CVE-2022-29185) | F-PENDING |
//! | F33 | The generator is biased or the secret short | F-PENDING |
//! | F34 | The client says that it is verified | F-PENDING |
//! | F35 | The limit is by address only | F-PENDING |
//! | F36 | The clock jumps, forwards or backwards | F-PENDING |
