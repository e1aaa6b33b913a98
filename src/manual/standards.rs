//! What the standards ask for, who does it, and the tests that show it.
//!
//! L: this library enforces it. H: the host has to do it, and the row says what the library provides for
//! that; what every host has to do is in [`hosts`](super::hosts). B: both have a part. `.ci/standards` fails if
//! a row marked L or B names no test, or a test that does not exist.
//!
//! # RFC 4226 (HOTP)
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §4 R1, R4 | counter-based, and a value that is short and easy to type: 6 to 8 decimal digits | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r4_codes_are_six_to_eight_decimal_digits` |
//! | §4 R5 | a way to resynchronize: it takes two codes in a row; one is not enough | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r5_two_codes_in_a_row_resynchronize_and_one_does_not` |
//! | §4 R6 | secrets of at least 128 bits, 160 recommended. `Secret::new` accepts 1 to 128 bytes, since some sites issue shorter secrets. The minimum applies where secrets are made (160 bits and more) and imported (`ImportedSecret::new`; below 128 bits only by `ImportedSecret::legacy`, and never below 80) | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r6_strength_at_every_length`, `tests/it/standards/rfc.rs::rfc4226_4_r6_importing_a_short_secret_needs_a_call_of_its_own`, `tests/it/otp/secret_generate.rs::rfc6238_3_r6_generated_secrets_have_the_length_of_the_hmac` |
//! | §5.1 | a counter of eight bytes, the same on both sides | L | `tests/it/otp/rfc4226.rs::rfc4226_5_1_the_counter_is_eight_bytes_big_endian`, `tests/it/otp/rfc4226.rs::rfc4226_5_1_the_last_counter_neither_panics_nor_wraps` |
//! | §5.3 | at least six digits, 7 and 8 are possible; leading zeros belong to the code | L | `tests/it/otp/rfc4226.rs::rfc4226_5_3_leading_zeros_are_kept`, `tests/it/otp/rfc4226.rs::rfc4226_5_3_a_code_with_a_leading_zero` |
//! | §5.3, erratum 6756 | the offset is in the last byte of the HMAC, not in byte 19 | L | `tests/it/otp/rfc4226.rs::rfc4226_erratum_6756_the_offset_is_in_the_last_byte` |
//! | §7.1 | throttling at the verifier: no call compares a code with a record without charging a guess (doc test of `AccountRecord`) | L | `tests/it/standards/rfc.rs::rfc4226_7_1_every_wrong_code_is_charged_wherever_it_is_presented` |
//! | §7.2 | at the maximum of attempts, lock the account and warn the user: the guess that spends the budget raises the event, and the host warns the user | B | `tests/it/standards/rfc.rs::rfc4226_7_2_at_the_maximum_the_host_is_told_once` |
//! | §7.3 | few attempts, counted across sessions and instances: 20 at once by default, and a wrong clock gives none back | L | `tests/it/standards/rfc.rs::rfc4226_7_3_a_thousand_parallel_sessions_share_one_counter` |
//! | §7.4 | a look-ahead that is as small as possible, and bounded | L | `tests/it/otp/rfc4226.rs::rfc4226_7_4_resynchronization_is_bounded_and_never_wraps`, `tests/it/otp/values.rs::rfc4226_7_4_look_ahead_and_resynchronization_are_bounded` |
//! | §7.5 | secrets are stored safely: redacted, cleared, and sealed in the record; the host keeps the sealing key | B | `tests/it/otp/values.rs::debug_shows_no_secret`, `tests/it/standards/rfc.rs::rfc6238_3_r7_no_plain_secret_is_stored_and_copied_rows_fail` |
//! | App. D | ten test vectors | L | `tests/it/otp/rfc4226.rs::rfc4226_appendix_d_ten_vectors`, `tests/it/otp/rfc4226.rs::rfc4226_appendix_d_truncated_values_by_eight_digits` |
//! | App. E.4 | resynchronization by a sequence of codes | L | `tests/it/otp/rfc4226.rs::rfc4226_appendix_e_4_resynchronization_at_the_edges_of_its_window` |
//!
//! # RFC 6238 (TOTP)
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §3 R1 | both sides know the time: here it is an argument, and only the verifier reads a clock (`.ci/layers`) | B | `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha1_vectors` |
//! | §3 R2, R3 | TOTP is HOTP with the time step as the counter | L | `tests/it/otp/rfc6238.rs::rfc6238_3_r2_r3_totp_is_hotp_of_the_time_step` |
//! | §3 R4 | the same period on both sides: it is stored with the authenticator | L | `tests/it/standards/rfc.rs::rfc6238_3_r4_the_period_is_stored_with_the_authenticator`, `tests/it/otp/rfc6238.rs::rfc6238_3_r4_parameters_belong_to_the_authenticator` |
//! | §3 R5 | a separate key for each prover: at least 160 random bits, new for each enrollment. If the same secret is imported into two accounts, that is not detected: each copy is sealed for its account, so the two cannot be compared | B | `tests/it/standards/rfc.rs::rfc6238_3_r5_every_enrollment_draws_its_own_secret` |
//! | §3 R6, §5.1 | random keys as long as the output of the HMAC; if the generator fails, there is an error and no key | L | `tests/it/otp/secret_generate.rs::rfc6238_3_r6_generated_secrets_have_the_length_of_the_hmac`, `tests/it/otp/secret_generate.rs::f28_a_failing_generator_gives_its_error_and_no_secret`, `tests/it/standards/rfc.rs::rfc6238_3_r6_without_random_numbers_every_call_fails` |
//! | §3 R7, §5.1 | keys in a protected store: sealed for their account and authenticator, and opened only to be used; the host keeps the sealing key | B | `tests/it/standards/rfc.rs::rfc6238_3_r7_no_plain_secret_is_stored_and_copied_rows_fail` |
//! | §4.2 | time steps of more than 32 bits | L | `tests/it/otp/rfc6238.rs::rfc6238_4_2_time_steps_wider_than_32_bits`, `tests/it/otp/rfc6238.rs::rfc6238_4_2_at_the_last_time_no_later_step_is_accepted` |
//! | §5.2 | at most one step for network delay; more only by `Window::wide` | L | `tests/it/otp/rfc6238.rs::rfc6238_5_2_the_default_window_is_one_step_each_way`, `tests/it/otp/rfc6238.rs::rfc6238_5_2_a_wider_window_needs_a_call_of_its_own` |
//! | §5.2 | MUST NOT accept a code twice | L | `tests/it/otp/rfc6238.rs::rfc6238_5_2_must_not_accept_a_code_twice`, `tests/it/standards/rfc.rs::rfc6238_5_2_an_accepted_code_is_refused_in_every_session`, `tests/it/standards/rfc.rs::rfc6238_5_2_of_two_sessions_at_once_one_gets_in` |
//! | §5.2 | the same for a code that another system accepted before the import: the last step that it accepted is imported too (`Import::last_accepted`) | B | `tests/it/threats/migration/imports.rs::m02_no_code_up_to_the_last_step_of_the_old_system_is_accepted`, `tests/it/threats/migration/accounts.rs::m01_a_thousand_accounts_move_without_a_change_for_their_owners` |
//! | §6 | a limit on how far clocks may differ. Drift MAY be recorded; here it is not, so no guess can change it | L | `tests/it/otp/rfc6238.rs::rfc6238_6_two_steps_back_allow_89_seconds`, `tests/it/standards/rfc.rs::rfc6238_6_no_clock_drift_is_learned_from_any_code` |
//! | App. B, erratum 2866 | 18 test vectors, with three seeds | L | `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha1_vectors`, `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha256_vectors_erratum_2866`, `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha512_vectors_erratum_2866`, `tests/it/otp/rfc6238.rs::rfc6238_erratum_2866_one_seed_does_not_fit_all_algorithms` |
//!
//! # RFC 4648, the key-URI format, RFC 8176
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 4648 §3.3 | characters outside of the alphabet are refused, except those that the lenient reader forgives | L | `tests/it/enrollment/base32.rs::rfc4648_3_3_characters_outside_the_alphabet`, `tests/it/enrollment/base32.rs::what_is_decoded_is_in_the_profile` |
//! | 4648 §3.5 | trailing bits are zero when written. When they are not zero in a text, the strict reader refuses it and the lenient one warns | L | `tests/it/enrollment/base32.rs::rfc4648_3_5_trailing_bits` |
//! | 4648 §6 | impossible lengths are refused | L | `tests/it/enrollment/base32.rs::rfc4648_6_impossible_lengths` |
//! | 4648 §12 | input that is not base32 does no harm. Canonical text is decoded without a branch or a table look-up that depends on it (`.ci/constant-time`). If a spelling is forgiven, the time shows which characters were letters, digits and separators | L | `tests/it/enrollment/base32.rs::errors_and_debug_show_nothing_of_the_text`, `tests/it/enrollment/base32.rs::what_is_decoded_is_in_the_profile` |
//! | URI type | `totp` or `hotp` | L | `tests/it/enrollment/key_uri.rs::key_uri_type` |
//! | URI label | issuer, colon, account name; neither name may contain a colon, and one in an account name is written as U+2236 | L | `tests/it/enrollment/key_uri.rs::key_uri_label_is_split_in_that_order`, `tests/it/enrollment/key_uri.rs::key_uri_label_strictly`, `tests/it/enrollment/key_uri.rs::a_uri_that_cannot_be_printed_is_not_built` |
//! | URI secret | required, base32, no padding when written | L | `tests/it/enrollment/key_uri.rs::key_uri_secret`, `tests/it/enrollment/key_uri.rs::printed_uri_is_escaped_and_complete` |
//! | URI issuer | in the label and as a parameter, and the same in both; if they differ, the URI is read with a warning | L | `tests/it/enrollment/key_uri.rs::key_uri_issuer_parameter_wins_and_a_mismatch_is_reported` |
//! | URI algorithm, digits, period, counter | SHA-1, 6 and 30 if they are absent; the strict reader requires the counter, the lenient one starts at 0 as apps do | L | `tests/it/enrollment/key_uri.rs::key_uri_defaults`, `tests/it/enrollment/key_uri.rs::key_uri_counter` |
//! | 8176 `otp` | only if a code was verified in this login | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_right_for_every_login`, `tests/it/threats/claims.rs::rfc8176_amr_is_right_for_every_combination` |
//! | 8176 `pwd`, `hwk`, `swk` | `pwd` only if a password was verified first; `hwk` and `swk` only if a key of that kind signed | L | `tests/it/threats/claims.rs::rfc8176_every_login_and_its_session_have_the_right_claims`, `tests/it/threats/claims.rs::rfc8176_the_first_factor_of_a_challenge_is_under_its_tag`, `tests/it/threats/claims.rs::rfc8176_the_table_has_every_first_factor_and_every_method` |
//! | 8176 `mfa` | only if there was a second factor; a remembered device is not one | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_right_for_every_login`, `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_not_a_second_factor` |
//! | 8176 `rba` | never claimed | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_right_for_every_login` |
//!
//! # NIST SP 800-63B
//!
//! Sections are those of revision 4 unless marked r3.
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §3.1.4.1 | a key of 112 bits, 6 digits, and a new code at least every two minutes | L | `tests/it/otp/values.rs::sp800_63b_3_1_4_1_a_period_is_at_most_two_minutes`, `tests/it/standards/rfc.rs::rfc4226_4_r6_importing_a_short_secret_needs_a_call_of_its_own` |
//! | §3.1.4.2 | a code is accepted once; a second use is reported to the host and not to the claimant | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_1_4_2_a_used_code_is_an_event_and_the_same_refusal` |
//! | §3.1.4.2 | a defined lifetime: the period times the number of steps in the window | L | `tests/it/standards/asvs.rs::asvs_6_5_5_a_code_lives_for_the_period_times_the_steps` |
//! | §3.1.4.2 | keys are strongly protected | B | `tests/it/standards/rfc.rs::rfc6238_3_r7_no_plain_secret_is_stored_and_copied_rows_fail` |
//! | §3.1.4.2 | rate limiting if the output has fewer than 64 bits; codes in a row have at least 64, and are not limited | L | `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_charges_and_none_gets_around_a_spent_budget`, `tests/it/otp/codes_in_a_row.rs::sp800_63b_3_1_4_2_codes_in_a_row_make_64_bits` |
//! | §3.2.2 | at most 100 consecutive failures, then the authenticator is disabled. Here at most 99 guesses are possible between two accepted codes, however much time is between them, and no policy can be built that allows more. The owner need not bind the authenticator again: codes in a row and recovery codes are always accepted, and a password change with a fresh factor gives the budget back (see below) | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_at_most_99_guesses_between_two_accepted_codes`, `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_what_restores_a_spent_budget`, `tests/it/threats/locks.rs::a11_without_an_accepted_code_guessing_ends_before_the_hundredth` |
//! | §3.2.2 | the count is not limited to a span of time, so slow guessing is stopped too | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_a_slow_drip_of_one_guess_a_day_stops` |
//! | §3.2.2 | failures are disregarded after a success of the same authenticator, but not after a success of another one. Here a success does not cancel all failures: it gives back only the guesses for the time since the last success, and those that were charged in the challenge that it completes | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_only_a_right_code_ends_a_run_of_wrong_codes` |
//! | §3.2.2 | MAY make claimants wait. Here there is one guess every three days once the budget is spent, ten at most | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_the_wait_once_the_budget_is_spent` |
//! | §3.1.2.1 | look-up secrets of at least 20 bits from an approved generator; here they have 128 | L | `tests/it/standards/asvs.rs::asvs_6_5_4_recovery_codes_have_more_than_twenty_bits`, `tests/it/enrollment/recovery_codes.rs::asvs_6_5_2_ten_codes_of_128_bits_from_160_random_bytes` |
//! | §3.1.2.2 | used once, stored as a hash | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_1_2_2_a_recovery_code_is_spent_once_in_a_race`, `tests/it/standards/sp80063b.rs::sp800_63b_3_1_2_2_the_store_never_sees_a_recovery_code_or_a_token` |
//! | §4.2.1.1 | saved recovery codes have at least 64 bits, are hashed, throttled, and void once used. A new one SHALL be issued after use, and the owner SHALL be told of it. Here there are ten: `Accepted`, the event and the status say how many are left, and the host offers new ones | B | `tests/it/threats/claims.rs::every_login_says_how_many_recovery_codes_are_left`, `tests/it/threats/binding.rs::recovery_codes_are_made_only_when_their_owner_needs_new_ones`, `tests/it/threats/enrollment.rs::a19_recovery_codes_are_stored_hashed`, `tests/it/standards/sp80063b.rs::sp800_63b_4_2_1_1_recovery_codes_have_the_bits_and_are_counted`, `tests/it/standards/sp80063b.rs::sp800_63b_4_2_1_1_guessed_recovery_codes_are_charged` |
//! | §4.2.2.2 | a recovery code counts only together with another authenticator, here the password | L | `tests/it/standards/sp80063b.rs::sp800_63b_4_2_2_2_a_recovery_code_without_the_password_is_refused` |
//! | §4.1.2.1 | several authenticators for an account SHALL be permitted (the second draft said SHOULD), and the host SHOULD encourage at least two. Binding one needs authentication at the highest level that the account has, or, if that is lower, at the level at which the new one will be used; here it needs the password and a fresh factor. The owner is told independently of the binding | B | `tests/it/threats/authenticators.rs::every_app_is_compared_and_only_the_one_that_matches_moves`, `tests/it/threats/binding.rs::no_more_are_bound_than_the_policy_allows`, `tests/it/threats/host_authenticator.rs::binding_a_passkey_needs_the_same_proofs_as_binding_an_app`, `tests/it/login/reauthentication.rs::with_an_authenticator_the_password_needs_a_code_too` |
//! | §4.1.2.1, §4.2.3 | binding needs a fresh factor; the host tells the owner of binding (§4.1.2.1) and of recovery (§4.2.3) | B | `tests/it/standards/sp80063b.rs::sp800_63b_4_2_3_a_change_needs_a_fresh_factor_and_is_reported`, `tests/it/login/reauthentication.rs::with_an_authenticator_the_password_needs_a_code_too` |
//! | §4.1 | the date and time of binding are recorded, and its source if the host passes it (`Verifier::on_behalf_of`) | B | `tests/it/standards/sp80063b.rs::sp800_63b_4_1_a_binding_is_recorded_with_its_time_and_reported` |
//! | §4.1.2.2 | a binding code is used once and lives for 10 minutes. The same is true of an enrollment: it is confirmed once, in the session that began it, and lives for at most 10 minutes under every policy | L | `tests/it/standards/sp80063b.rs::sp800_63b_4_1_2_2_an_enrollment_waits_ten_minutes_at_most` |
//! | §4.6 | the subscriber is told of every such event, at two addresses at least, with a way to object | H | host: keeps the addresses, sends the messages and says in them whom to call; the library says which events these are (`EventKind::notify_owner`), and gives their account, time and text (`Display`): `tests/it/standards/asvs.rs::asvs_6_3_7_every_event_is_either_told_to_the_owner_or_exempt` |
//! | §2.1.3 (SHOULD) | at AAL1, reauthentication at least every 30 days | L | `tests/it/standards/sp80063b.rs::sp800_63b_2_1_3_a_device_is_remembered_thirty_days_at_most`, `tests/it/login/model_flow.rs::a_remembered_device_is_asked_for_a_code_again_after_thirty_days` |
//! | §2.2.2 | at AAL2, an option that resists phishing is offered, and one authenticator resists replay | H | host: offers a passkey or the like, since a code that is typed in can be relayed; codes and recovery codes resist replay: `tests/it/standards/rfc.rs::rfc6238_5_2_an_accepted_code_is_refused_in_every_session` |
//! | §2.2.3, r3 §4.2.3 | at AAL2, reauthentication after 24 hours (r3: 12), or after inactivity | H | host: keeps the sessions; the library gives the time of each factor (`Authenticated::at`, `AuthMethod::RememberedDevice`, `FreshFactor::at`): `tests/it/standards/sp80063b.rs::sp800_63b_2_2_3_the_time_of_each_factor_is_reported` |
//! | §5.1 | a remembered browser does not replace authentication: such a login claims only the password, and the host must not treat it as more | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_not_a_second_factor` |
//! | §5.1 (SHOULD NOT) | bearer secrets of a session do not outlive a restart of the browser. A device token is a bearer secret and lives for 30 days, so it is not used for sessions: it opens nothing without the password, claims nothing besides it, and elevates no session | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_bearer_token_opens_nothing_and_claims_nothing`, `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_not_a_second_factor` |
//! | §5.1, r3 §7.1 | session secrets have at least 64 bits and are made at an authentication: a device token has a series of 128 random bits and a tag of 256 bits, and there is another token at each use; the host makes the session id | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use` |
//! | §5.1.1 | cookies: `Secure`, `HttpOnly`, `__Host-`, `SameSite`, opaque, and their expiry is not relied on | H | host: sets the cookie; the library gives its name, its value and `DeviceToken::COOKIE_ATTRIBUTES`, and makes it invalid on the server: `tests/it/standards/sp80063b.rs::sp800_63b_5_1_1_the_cookie_is_opaque_and_the_server_ends_it` |
//!
//! # OWASP ASVS 5.0
//!
//! The level is in brackets.
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 6.1.1 (1) | limits are documented, and how malicious lockout is prevented: [`limits`](super::limits) | B | `tests/it/standards/asvs.rs::asvs_6_1_1_the_documented_limits_are_those_of_the_default_policy` |
//! | 6.1.3 (2) | all ways in are documented, with their controls and strength: [`limits`](super::limits), "The ways in"; the host documents its own | B | `tests/it/standards/asvs.rs::asvs_6_1_3_every_way_in_is_documented_with_what_it_claims` |
//! | 6.3.1 (1), 6.3.4 (2) | the controls are there, and are the same on all paths | B | `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_to_a_proof_is_in_the_table`, `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_charges_and_none_gets_around_a_spent_budget` |
//! | 6.3.3 (2) | a second factor is required | H | host: demands it with `PolicyBuilder::require_second_factor`; then an account without one is not logged in: `tests/it/standards/asvs.rs::asvs_6_3_3_a_required_second_factor_is_not_met_by_the_password`. Whoever allows remembered devices allows logins by password on these; `remember_for(Duration::ZERO)` does not |
//! | 6.3.3 (3) | at level 3 one factor is hardware-based and resists phishing | H | host: offers one of its own, such as a FIDO key. Codes and recovery codes are not hardware-based and do not resist phishing |
//! | 6.3.5, 6.3.7 (3) | the host tells owners of suspicious attempts and of changes | B | `tests/it/standards/asvs.rs::asvs_6_3_7_every_event_is_either_told_to_the_owner_or_exempt`, `tests/it/standards/asvs.rs::asvs_6_3_5_wrong_codes_after_a_right_password_raise_an_alarm` |
//! | 6.3.8 (3) | answers do not show whether an account exists: after the password, all wrong codes get the same refusal; before it, the host sees to this | B | `tests/it/standards/asvs.rs::asvs_6_3_8_a_refusal_does_not_say_what_was_wrong_with_a_code` |
//! | 6.4.3 (2) | a password reset does not bypass the factor | B | `tests/it/standards/asvs.rs::asvs_6_4_3_a_password_reset_does_not_get_around_the_factor` |
//! | 6.4.4 (2) | after the loss of a factor, identity is proved as at registration | H | host: identifies the owner, and tells the library with `AdministratorReset`, which administrators cannot use for themselves: `tests/it/standards/asvs.rs::asvs_7_4_5_an_administrator_ends_sessions_of_others_only` |
//! | 6.5.1 (2) | look-up secrets and TOTP are used once | L | `tests/it/standards/asvs.rs::asvs_6_5_1_codes_and_recovery_codes_are_used_once`, `tests/it/standards/rfc.rs::rfc6238_5_2_of_two_sessions_at_once_one_gets_in` |
//! | 6.5.2 (2) | with 112 bits and more, a plain hash is enough; here there are 128 | L | `tests/it/standards/asvs.rs::asvs_6_5_2_recovery_codes_are_strong_enough_for_a_plain_hash`, `tests/it/enrollment/recovery_codes.rs::no_bit_of_the_entropy_is_lost` |
//! | 6.5.3 (2) | codes and seeds come from a cryptographic generator; another one does not compile (doc tests of `Secret::generate` and `Entropy`) | L | `tests/it/otp/secret_generate.rs::f33_symbols_of_generated_secrets_are_uniform`, `tests/it/standards/rfc.rs::rfc6238_3_r6_without_random_numbers_every_call_fails` |
//! | 6.5.4 (2) | out-of-band codes and look-up secrets have at least 20 bits | L | `tests/it/standards/asvs.rs::asvs_6_5_4_recovery_codes_have_more_than_twenty_bits` |
//! | 6.5.5 (2) | a TOTP code lives for at most 30 seconds, which is read as the time step (see below) | L | `tests/it/standards/asvs.rs::asvs_6_5_5_a_code_lives_for_the_period_times_the_steps` |
//! | 6.5.6 (3) | a factor can be revoked at once, also for logins that are in progress | L | `tests/it/standards/asvs.rs::asvs_6_5_6_revocation_also_ends_logins_that_are_under_way` |
//! | 6.5.8 (3) | a trusted source of time: the clock of the host's server. If it goes back, no code or guess becomes available again | B | `tests/it/standards/asvs.rs::asvs_6_5_8_a_clock_that_goes_back_gives_nothing_back` |
//! | 6.6.2, 6.6.3 (2) | a code is bound to the request it was made for, and few guesses are allowed in it | L | `tests/it/standards/asvs.rs::asvs_6_6_2_a_challenge_is_bound_to_its_account_and_its_purpose`, `tests/it/standards/asvs.rs::asvs_6_6_3_a_challenge_accepts_five_guesses` |
//! | 6.8.4 (2) | the claims about a login are true | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_right_for_every_login`, `tests/it/threats/claims.rs::rfc8176_every_login_and_its_session_have_the_right_claims`, `tests/it/threats/claims.rs::rfc8176_a_step_up_adds_its_factor_to_the_claims_of_the_session` |
//! | 7.2.2, 7.2.3 (1) | tokens are random, unique, of 128 bits and more | L | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use` |
//! | 7.2.4 (1) | a new session at each authentication: each has its own `Authenticated`, which cannot be copied (doc test) and starts one session; the host ends the old one | B | `tests/it/standards/asvs.rs::asvs_7_2_4_a_login_makes_a_new_proof_and_replaces_the_device_token` |
//! | 7.3.1, 7.3.2 (2) | timeouts: the library has those of challenges, step-ups and devices, the host those of sessions | B | `tests/it/standards/asvs.rs::asvs_7_3_2_every_lifetime_ends_to_the_second`, `tests/it/threats/proofs.rs::g04_a_password_is_proved_for_five_minutes_and_a_minute_of_skew`, `tests/it/threats/enrollment.rs::a18_a_fresh_factor_is_fresh_for_exactly_five_minutes` |
//! | 7.4.1 (1), 7.4.3, 7.4.5 (2) | a session that was ended is over; all other sessions end after a change of the factor; an administrator can end all | L | `tests/it/standards/asvs.rs::asvs_7_4_3_a_change_of_credentials_ends_sessions_and_devices`, `tests/it/standards/asvs.rs::asvs_7_4_5_an_administrator_ends_sessions_of_others_only` |
//! | 7.4.2 (1) | when an account is disabled or deleted, all its sessions end: closing it ends them. If it is disabled, the host refuses the password and also checks for this in each request, besides `is_current` | B | `tests/it/standards/asvs.rs::asvs_7_4_2_closing_an_account_ends_all_its_sessions` |
//! | 7.5.1 (2) | full authentication before the factor is changed: a `FreshFactor`, at most five minutes old by default and used once (doc test) | L | `tests/it/standards/asvs.rs::asvs_7_5_1_a_change_of_the_factor_needs_a_fresh_factor`, `tests/it/standards/asvs.rs::asvs_7_3_2_every_lifetime_ends_to_the_second`, `tests/it/login/reauthentication.rs::with_an_authenticator_the_password_needs_a_code_too`, `tests/it/login/reauthentication.rs::a_code_or_recovery_code_works_once` |
//! | 7.5.2 (2) | users see their sessions and can end all of them after authenticating again. The library ends them together with the devices, and shows the devices. The host has the list of sessions, and asks for a factor first (`Session::is_elevated`); the library does not, since ending sessions takes rights away and gives none | B | `tests/it/standards/asvs.rs::asvs_7_5_2_the_owner_ends_all_sessions_and_a_thief_cannot_again` |
//! | 7.5.3 (3) | another factor before highly sensitive actions: the host asks for a step-up (`Session::is_elevated`), or for a fresh one each time (`fresh_factor`) | B | `tests/it/threats/sessions.rs::g24_a_step_up_is_noted_in_the_session`, `tests/it/standards/owasp.rs::owasp_mfa_when_to_require_a_step_up_is_up_to_the_host` |
//! | 16.2.1 (2) | a log entry says when, where, who and what: the event has the time, the account and the kind, and the origin of the request that the host passes to `Verifier::on_behalf_of` | B | `tests/it/standards/asvs_logging.rs::asvs_16_2_1_every_event_says_where_the_request_came_from`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_every_call_that_causes_an_event_is_in_the_table`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_events_of_concurrent_requests_keep_their_origin`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_an_event_is_read_from_a_log_as_it_was_written` |
//! | 16.3.1 (2) | all authentication, successful or not, is logged with the factor; the host logs wrong passwords. Nothing is compared, and there is no event, if what was typed does not have the form of a code, if a form is sent twice, if a session or a proof has expired, or while the password is being changed | B | `tests/it/standards/asvs_logging.rs::asvs_16_3_1_every_attempt_is_an_event_with_its_factor`, `tests/it/standards/asvs.rs::asvs_6_3_5_wrong_codes_after_a_right_password_raise_an_alarm` |
//! | 16.4.1 (2) | no log injection: characters of the origin that could forge or garble a line are dropped, and what is too long is cut off; the sink encodes the rest | B | `tests/it/standards/asvs_logging.rs::asvs_16_4_1_an_origin_cannot_forge_a_line_of_a_log`, `tests/it/standards/asvs_logging.rs::asvs_16_4_1_a_long_origin_is_cut` |
//!
//! # PCI DSS 4.0.1
//!
//! The settings are in [`regimes`](super::regimes).
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 8.3.4 | after at most 10 attempts a user is locked out, for 30 minutes or until identified: with `guess_budget(10, …)` and more than 30 days, the eleventh code is not evaluated; codes in a row or a recovery code identify the user. The host counts wrong passwords | B | `tests/it/standards/regimes.rs::pci_dss_8_3_4_the_eleventh_code_is_not_evaluated`, `tests/it/standards/regimes.rs::pci_dss_8_3_4_of_two_authenticators_the_sixth_code_is_not_evaluated`, `tests/it/standards/regimes.rs::pci_dss_8_3_4_the_gentler_setting_ends_at_ten_too` |
//! | 8.5.1 | all factors succeed before access is given, without replay and without a way around: set a required factor and `remember_for(Duration::ZERO)`. The library has no exceptions; the host documents its own and limits them in time | B | `tests/it/standards/regimes.rs::pci_dss_8_5_1_success_of_both_factors_comes_before_access`, `tests/it/standards/regimes.rs::pci_dss_8_5_1_a_code_that_was_accepted_is_refused` |
//!
//! # PSD2: Delegated Regulation (EU) 2018/389
//!
//! The library alone is not strong customer authentication: see [`regimes`](super::regimes).
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | Art. 4(3)(a) | a failure does not tell which element was wrong | H | **not met here**: the code is asked for after the password, so being asked shows that the password was right |
//! | Art. 4(3)(b) | at most five failures one after the other, then a block: set `guess_budget(5, …)` and more than 30 days; the host counts failures of the password | B | `tests/it/standards/regimes.rs::psd2_rts_4_3_b_after_five_failures_the_sixth_code_is_not_evaluated` |
//! | Art. 5 | dynamic linking: the code is bound to an amount and a payee | H | **not met here**: a code is bound to a time |
//!
//! # OWASP cheat sheets
//!
//! | sheet, section | requirement | who | shown by |
//! |---|---|---|---|
//! | Multifactor, handling codes | codes are short-lived, used once, invalid after success, and never logged | L | `tests/it/standards/owasp.rs::owasp_mfa_otp_handling_a_success_ends_its_challenge_and_its_code`, `tests/it/output/no_secret_in_output.rs::nothing_that_is_printed_holds_a_secret`, `tests/it/output/no_secret_in_output.rs::nothing_that_is_traced_holds_a_secret` |
//! | Multifactor, changing factors | an existing factor is asked for, not the session alone; the owner is told | B | `tests/it/standards/owasp.rs::owasp_mfa_changing_factors_needs_more_than_the_session`, `tests/it/login/reauthentication.rs::with_an_authenticator_the_password_needs_a_code_too` |
//! | Multifactor, failed login | the owner is told of a right password with wrong codes: at the fifth guess that no success refunded, so that owners who only mistype are not alarmed; each guess is also an event for the host's log | B | `tests/it/standards/owasp.rs::owasp_mfa_failed_login_says_that_somebody_has_the_password` |
//! | Multifactor, when to require | also for sensitive actions in a session: a step-up for whatever the host protects | B | `tests/it/standards/owasp.rs::owasp_mfa_when_to_require_a_step_up_is_up_to_the_host` |
//! | Multifactor, resetting | recovery codes at set-up, shown once | L | `tests/it/standards/owasp.rs::owasp_mfa_resetting_recovery_codes_are_shown_once_at_the_set_up` |
//! | Authentication, account lockout | failures are counted by account, not by address; lockout cannot be used against the owner | L | `tests/it/standards/owasp.rs::owasp_account_lockout_does_not_lock_out_the_owner`, `tests/it/standards/owasp.rs::owasp_account_lockout_can_be_caused_only_with_the_password` |
//! | Forgot password | a reset logs nobody in, ends sessions, and locks nobody out | B | `tests/it/standards/owasp.rs::owasp_forgot_password_a_reset_logs_nobody_in_and_locks_nobody_out` |
//! | Session management | a new session id after each change of rights; the host makes it, and a new epoch shows when | B | `tests/it/standards/owasp.rs::owasp_session_the_epoch_changes_with_every_change_of_credentials` |
//!
//! # Where the sources conflict
//!
//! **How long a code lives.** ASVS 6.5.5 says 30 seconds; RFC 6238 §5.2 and §6 allow one more step for delay
//! and for clocks that differ. Here the time step is 30 seconds, and by default one step back and one ahead
//! are accepted: 90 seconds in all, which is documented and tested to the second.
//! [`Window::NO_FUTURE`](crate::Window::NO_FUTURE) does not accept the step ahead,
//! [`Window::EXACT`](crate::Window::EXACT) neither of the two.
//!
//! **Disabling against locking out.** SP 800-63B §3.2.2 disables an authenticator after 100 consecutive
//! failures until it is bound again; the OWASP sheets warn that attackers use lockout as a weapon. Here only
//! a claimant who has the password or a live session can change the counter, and nothing is disabled: between
//! two accepted codes fewer than 100 guesses are evaluated under every policy, and 30 under the default one.
//! After that, single codes are refused without being evaluated, however long one waits. Remembered devices
//! still work, and so do codes in a row, which have at least 64 bits (§3.1.4.2 asks for throttling below
//! that), and recovery codes: none of these can be guessed. Within a year an attacker has at most 162
//! guesses, the first 20 of them at once.
//!
//! **Remembered devices.** SP 800-63B §5.1 does not accept a remembered browser as authentication, but
//! services want it. So a login on a remembered device claims less: `method` is
//! [`AuthMethod::RememberedDevice`](crate::AuthMethod::RememberedDevice) with the time of the code, `amr` is
//! `pwd` alone, and everything sensitive needs a fresh factor. A device is remembered for 30 days, after which
//! SP 800-63B §2.1.3 wants everybody to authenticate again.
//!
//! **Recovery codes after use.** SP 800-63B §4.2.1.1 wants a new code to be issued for each one used, but
//! people print a set of ten codes. The event
//! [`RecoveryCodeUsed`](crate::session::EventKind::RecoveryCodeUsed) and the account's status say how many
//! are left, and the host offers new ones.
//!
//! **Hashing recovery codes.** Password hashes are for secrets that can be guessed. Recovery codes have 128
//! bits; from 112 bits on, ASVS 6.5.2 and SP 800-63B §3.1.2.2 accept one approved hash. The hash includes the
//! account.
//!
//! **Short secrets.** RFC 4226 §4 R6 requires 128 bits, but sites have issued 80. New secrets have 160 bits
//! and more. Older ones are imported only through [`ImportedSecret`](crate::enrollment::ImportedSecret), and
//! those below 128 bits only through [`ImportedSecret::legacy`](crate::enrollment::ImportedSecret::legacy).
//!
//! # How the texts were read
//!
//! Not all texts were read in the original:
//!
//! - SP 800-63B-4: the second public draft (August 2024). Of the final text (July 2025), only quotations of
//!   §2.2.2, §4.6 and §5.1 on bearer secrets.
//! - ASVS 5.0: a reprint.
//! - PCI DSS 4.0.1, which needs a licence: quotations.
//! - Regulation (EU) 2018/389: a reprint of Art. 4 and 5.
//!
//! Read the originals before you claim to comply.
