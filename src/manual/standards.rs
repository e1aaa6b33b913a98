//! What the standards ask for, who sees to it, and the test that shows it.
//!
//! L: this library enforces it. H: it is the host's, and the row says what the library gives the host for it.
//! B: both have a part. `.ci/standards` fails where a row marked L or B names no test, or one that does not
//! exist.
//!
//! # RFC 4226 (HOTP)
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §4 R1, R4 | counter-based; a value that is short and easy to type: 6 to 8 decimal digits | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r4_codes_are_six_to_eight_decimal_digits` |
//! | §4 R5 | a way to resynchronize: two codes in a row, one is not enough | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r5_two_codes_in_a_row_resynchronize_and_one_does_not` |
//! | §4 R6 | secrets of 128 bits, 160 recommended. `Secret::new` reads 1 to 128 bytes, since sites with shorter secrets exist; the floor is where secrets are made (160 bits and more) and taken over (`ImportedSecret::new`; under 128 bits by a named call, never under 80) | L | `tests/it/otp/rfc4226.rs::rfc4226_4_r6_strength_at_every_length`, `tests/it/standards/rfc.rs::rfc4226_4_r6_a_short_secret_is_imported_only_by_the_named_call`, `tests/it/otp/secret_generate.rs::rfc6238_3_r6_generated_secrets_have_the_length_of_the_hmac` |
//! | §5.1 | a counter of eight bytes, the same on both sides | L | `tests/it/otp/rfc4226.rs::rfc4226_5_1_the_counter_is_eight_bytes_big_endian`, `tests/it/otp/rfc4226.rs::rfc4226_5_1_the_last_counter_neither_panics_nor_wraps` |
//! | §5.3 | six digits at least, 7 and 8 possible; leading zeros belong to the code | L | `tests/it/otp/rfc4226.rs::rfc4226_5_3_leading_zeros_are_kept`, `tests/it/otp/rfc4226.rs::rfc4226_5_3_a_code_with_a_leading_zero` |
//! | §5.3, erratum 6756 | the offset is in the last byte of the HMAC, not in byte 19 | L | `tests/it/otp/rfc4226.rs::rfc4226_erratum_6756_the_offset_is_in_the_last_byte` |
//! | §7.1 | throttling at the verifier: nothing leads from a record to an unthrottled comparison (doc test of `AccountRecord`) | L | `tests/it/standards/rfc.rs::rfc4226_7_1_every_wrong_code_is_charged_wherever_it_is_presented` |
//! | §7.2 | at the maximum, lock and tell: the library raises the event with the guess that spends the budget, the host tells | B | `tests/it/standards/rfc.rs::rfc4226_7_2_at_the_maximum_the_host_is_told_once` |
//! | §7.3 | few attempts, counted across sessions and instances: 20 at once by default, and no clock gives any back | L | `tests/it/standards/rfc.rs::rfc4226_7_3_a_thousand_parallel_sessions_share_one_counter` |
//! | §7.4 | a look-ahead as small as possible, and bounded | L | `tests/it/otp/rfc4226.rs::rfc4226_7_4_resynchronization_is_bounded_and_never_wraps`, `tests/it/otp/values.rs::rfc4226_7_4_look_ahead_and_resynchronization_are_bounded` |
//! | §7.5 | secrets kept in a safe place: redacted, cleared, sealed in the record; the host keeps the sealing key | B | `tests/it/otp/values.rs::debug_shows_no_secret`, `tests/it/standards/rfc.rs::rfc6238_3_r7_no_secret_is_stored_and_a_copied_row_opens_nothing` |
//! | App. D | ten vectors | L | `tests/it/otp/rfc4226.rs::rfc4226_appendix_d_ten_vectors`, `tests/it/otp/rfc4226.rs::rfc4226_appendix_d_truncated_values_by_eight_digits` |
//! | App. E.4 | resynchronization by a sequence of codes | L | `tests/it/otp/rfc4226.rs::rfc4226_appendix_e_4_resynchronization_at_the_edges_of_its_window` |
//!
//! # RFC 6238 (TOTP)
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §3 R1 | both sides know the time: an argument here, a clock only at the edge (`.ci/layers`) | B | `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha1_vectors` |
//! | §3 R2, R3 | TOTP is HOTP of the time step | L | `tests/it/otp/rfc6238.rs::rfc6238_3_r2_r3_totp_is_hotp_of_the_time_step` |
//! | §3 R4 | the same period on both sides: it is stored with the authenticator | L | `tests/it/standards/rfc.rs::rfc6238_3_r4_the_period_is_stored_with_the_authenticator`, `tests/it/otp/rfc6238.rs::rfc6238_3_r4_parameters_belong_to_the_authenticator` |
//! | §3 R5 | a key of its own for each prover: 160 random bits and more, drawn for each enrollment. Two accounts with one imported secret are not told apart, since each is sealed for its account and cannot be compared | B | `tests/it/standards/rfc.rs::rfc6238_3_r5_every_enrollment_draws_its_own_secret` |
//! | §3 R6, §5.1 | random keys as long as the HMAC; a generator that fails gives an error and no key | L | `tests/it/otp/secret_generate.rs::rfc6238_3_r6_generated_secrets_have_the_length_of_the_hmac`, `tests/it/otp/secret_generate.rs::f28_a_failing_generator_gives_its_error_and_no_secret`, `tests/it/standards/rfc.rs::rfc6238_3_r6_without_random_numbers_nothing_is_decided` |
//! | §3 R7, §5.1 | keys in a protected store, sealed for account and authenticator, opened only to be used; the host keeps the sealing key | B | `tests/it/standards/rfc.rs::rfc6238_3_r7_no_secret_is_stored_and_a_copied_row_opens_nothing` |
//! | §4.2 | time steps of more than 32 bits | L | `tests/it/otp/rfc6238.rs::rfc6238_4_2_time_steps_wider_than_32_bits`, `tests/it/otp/rfc6238.rs::rfc6238_4_2_at_the_end_of_time_there_is_no_step_beyond` |
//! | §5.2 | one step for delay at most; more by a named call | L | `tests/it/otp/rfc6238.rs::rfc6238_5_2_the_default_window_is_one_step_each_way`, `tests/it/otp/rfc6238.rs::rfc6238_5_2_a_wider_window_needs_the_named_call` |
//! | §5.2 | MUST NOT accept a code twice | L | `tests/it/otp/rfc6238.rs::rfc6238_5_2_must_not_accept_a_code_twice`, `tests/it/standards/rfc.rs::rfc6238_5_2_an_accepted_code_is_refused_in_every_session`, `tests/it/standards/rfc.rs::rfc6238_5_2_of_two_sessions_at_once_one_gets_in` |
//! | §5.2 | nor one that another system accepted: the last step is brought along (`Import::last_accepted`) | B | `tests/it/threats/migration/imports.rs::m02_no_code_up_to_the_last_step_of_the_old_system_is_accepted`, `tests/it/threats/migration/accounts.rs::m01_a_thousand_accounts_move_and_nobody_notices` |
//! | §6 | a limit on clocks that are apart. Drift MAY be recorded; here it is not, so no guess can move anything | L | `tests/it/otp/rfc6238.rs::rfc6238_6_two_steps_back_allow_89_seconds`, `tests/it/standards/rfc.rs::rfc6238_6_no_drift_is_learned_so_failed_guesses_move_nothing` |
//! | App. B, erratum 2866 | 18 vectors, under three seeds | L | `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha1_vectors`, `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha256_vectors_erratum_2866`, `tests/it/otp/rfc6238.rs::rfc6238_appendix_b_sha512_vectors_erratum_2866`, `tests/it/otp/rfc6238.rs::rfc6238_erratum_2866_one_seed_does_not_fit_all` |
//!
//! # RFC 4648, the key-URI format, RFC 8176
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 4648 §3.3 | characters outside of the alphabet are refused, but for what the profile forgives | L | `tests/it/enrollment/base32.rs::rfc4648_3_3_characters_outside_the_alphabet`, `tests/it/enrollment/base32.rs::what_is_decoded_is_in_the_profile` |
//! | 4648 §3.5 | trailing bits are zero when written; when read, others are refused by the strict reader and told by the other | L | `tests/it/enrollment/base32.rs::rfc4648_3_5_trailing_bits` |
//! | 4648 §6 | impossible lengths are refused | L | `tests/it/enrollment/base32.rs::rfc4648_6_impossible_lengths` |
//! | 4648 §12 | input that is not base32 does no harm. Canonical text is decoded without a branch or a look-up (`.ci/constant-time`); where a spelling is forgiven, time tells which characters were letters, digits and separators | L | `tests/it/enrollment/base32.rs::errors_and_debug_tell_nothing_of_the_text`, `tests/it/enrollment/base32.rs::what_is_decoded_is_in_the_profile` |
//! | URI type | `totp` or `hotp` | L | `tests/it/enrollment/key_uri.rs::key_uri_type` |
//! | URI label | issuer, colon, account name, neither with a colon in it; one in an account name is written as U+2236 | L | `tests/it/enrollment/key_uri.rs::key_uri_label_is_split_in_that_order`, `tests/it/enrollment/key_uri.rs::key_uri_label_strictly`, `tests/it/enrollment/key_uri.rs::what_cannot_be_printed_is_not_built` |
//! | URI secret | required, base32, no padding when written | L | `tests/it/enrollment/key_uri.rs::key_uri_secret`, `tests/it/enrollment/key_uri.rs::printed_uri_is_escaped_and_complete` |
//! | URI issuer | in label and parameter, and the same; others are read with a warning | L | `tests/it/enrollment/key_uri.rs::key_uri_issuer_parameter_wins_and_mismatch_is_told` |
//! | URI algorithm, digits, period, counter | SHA-1, 6, 30 when absent; the strict reader demands the counter, the other starts at 0 as apps do | L | `tests/it/enrollment/key_uri.rs::key_uri_defaults`, `tests/it/enrollment/key_uri.rs::key_uri_counter` |
//! | 8176 `otp` | only where a code was verified in this login | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_true_of_every_login`, `tests/it/threats/claims.rs::rfc8176_amr_is_true_of_every_combination` |
//! | 8176 `pwd`, `hwk`, `swk` | only where a password was verified first; only where a key of that kind signed | L | `tests/it/threats/claims.rs::rfc8176_every_login_and_its_session_claim_what_happened`, `tests/it/threats/claims.rs::rfc8176_the_first_factor_of_a_challenge_is_under_its_tag`, `tests/it/threats/claims.rs::rfc8176_the_table_has_every_first_factor_and_every_method` |
//! | 8176 `mfa` | only where there was a second factor; a remembered device is none | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_true_of_every_login`, `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_no_second_factor` |
//! | 8176 `rba` | never claimed | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_true_of_every_login` |
//!
//! # NIST SP 800-63B
//!
//! Sections of revision 4 unless marked r3.
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | §3.1.4.1 | 112 bits of key, 6 digits, another code at least every two minutes | L | `tests/it/otp/values.rs::sp800_63b_3_1_4_1_a_period_is_at_most_two_minutes`, `tests/it/standards/rfc.rs::rfc4226_4_r6_a_short_secret_is_imported_only_by_the_named_call` |
//! | §3.1.4.2 | a code is accepted once; a second use is told to the host and not to the claimant | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_1_4_2_a_used_code_is_an_event_and_the_same_refusal` |
//! | §3.1.4.2 | a defined lifetime: the period times the steps of the window | L | `tests/it/standards/asvs.rs::asvs_6_5_5_a_code_lives_for_the_period_times_the_steps` |
//! | §3.1.4.2 | keys are strongly protected | B | `tests/it/standards/rfc.rs::rfc6238_3_r7_no_secret_is_stored_and_a_copied_row_opens_nothing` |
//! | §3.1.4.2 | fewer than 64 bits of output: rate limiting; codes in a row have as many, and none | L | `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_charges_and_none_gets_around_a_spent_budget`, `tests/it/otp/codes_in_a_row.rs::sp800_63b_3_1_4_2_codes_in_a_row_make_64_bits` |
//! | §3.2.2 | at most 100 consecutive failures, then the authenticator is disabled. Here at most 99 guesses fit between two accepted codes, whatever the time between, and no policy can be built that allows more. Re-binding is not the way out: codes in a row and recovery codes are taken all the time, and a password change with a fresh factor gives the budget back (see below) | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_at_most_99_guesses_between_two_accepted_codes`, `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_what_opens_a_spent_budget`, `tests/it/threats/locks.rs::a11_without_an_accepted_code_guessing_ends_before_the_hundredth` |
//! | §3.2.2 | the count has no window of time: a slow drip stops too | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_a_slow_drip_of_one_guess_a_day_stops` |
//! | §3.2.2 | failures are disregarded after a success of the authenticator, and of nothing else. Here not all of them: a success takes off what the time since the last one is worth, and what was charged in the challenge that it completes | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_only_its_own_success_ends_a_run_of_failures` |
//! | §3.2.2 | MAY: waits. Here: one guess every three days once the budget is spent, ten at most | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_2_2_the_wait_once_the_budget_is_spent` |
//! | §3.1.2.1 | look-up secrets of 20 bits and more from an approved generator: here 128 | L | `tests/it/standards/asvs.rs::asvs_6_5_4_recovery_codes_have_more_than_twenty_bits`, `tests/it/enrollment/recovery_codes.rs::asvs_6_5_2_ten_codes_of_128_bits_from_160_random_bytes` |
//! | §3.1.2.2 | used once, stored as a hash | L | `tests/it/standards/sp80063b.rs::sp800_63b_3_1_2_2_a_recovery_code_is_spent_once_whoever_is_quicker`, `tests/it/standards/sp80063b.rs::sp800_63b_3_1_2_2_the_store_never_sees_a_recovery_code_or_a_token` |
//! | §4.2.1.1 | saved codes of 64 bits and more, hashed, throttled, void on use; a new one SHALL be issued after use, and issuing a replacement SHALL be told. Here ten: `Accepted`, the event and the status say how many are left, and the host offers new ones | B | `tests/it/threats/claims.rs::every_login_says_how_many_recovery_codes_are_left`, `tests/it/threats/binding.rs::recovery_codes_are_made_where_their_owner_needs_some`, `tests/it/threats/enrollment.rs::a19_recovery_codes_are_stored_hashed`, `tests/it/standards/sp80063b.rs::sp800_63b_4_2_1_1_recovery_codes_have_the_bits_and_are_counted`, `tests/it/standards/sp80063b.rs::sp800_63b_4_2_1_1_guessed_recovery_codes_are_charged` |
//! | §4.2.2.2 | a recovery code counts beside another authenticator: the password | L | `tests/it/standards/sp80063b.rs::sp800_63b_4_2_2_2_a_recovery_code_without_the_password_is_refused` |
//! | §4.1.2.1 | several authenticators for an account SHALL be permitted (the second draft had SHOULD), and at least two SHOULD be encouraged, by the host. Binding one takes authentication at the highest level the account has, or the level the new one will be used at if that is lower: password and a fresh factor here. The owner is told independently of the binding | B | `tests/it/threats/authenticators.rs::every_app_is_compared_and_the_one_that_matches_alone_moves`, `tests/it/threats/binding.rs::no_more_are_bound_than_the_policy_allows`, `tests/it/threats/host_authenticator.rs::a_passkey_is_bound_on_the_proofs_that_an_app_is_bound_on`, `tests/it/login/reauthentication.rs::where_one_is_bound_the_password_takes_a_code_beside_it` |
//! | §4.2.3 | binding takes a fresh factor; binding and recovery are told to the owner, by the host | B | `tests/it/standards/sp80063b.rs::sp800_63b_4_2_3_a_change_takes_a_fresh_factor_and_is_told`, `tests/it/login/reauthentication.rs::where_one_is_bound_the_password_takes_a_code_beside_it` |
//! | §4.1 | date and time of binding are recorded, and its source where the host says so (`Verifier::on_behalf_of`) | B | `tests/it/standards/sp80063b.rs::sp800_63b_4_1_binding_is_recorded_with_its_time_and_told` |
//! | §4.1.2.2 | a binding code is used once and lives for 10 minutes: so does an enrollment, for the session that began it, under every policy | L | `tests/it/standards/sp80063b.rs::sp800_63b_4_1_2_2_an_enrollment_waits_ten_minutes_at_most` |
//! | §4.6 | the subscriber is told of every such event, at two addresses at least, with a way to object | H | host: keeps the addresses, sends the messages and writes into them whom to call; the library says of which events, with account and time (`EventKind::notify_owner`), and with which text (`Display`): `tests/it/standards/asvs.rs::asvs_6_3_7_every_event_is_told_or_deliberately_not` |
//! | §2.1.3 (SHOULD) | at AAL1 reauthentication every 30 days at least | L | `tests/it/standards/sp80063b.rs::sp800_63b_2_1_3_a_device_is_remembered_thirty_days_at_most`, `tests/it/login/model_flow.rs::enroll_log_in_be_remembered_and_be_asked_again_after_thirty_days` |
//! | §2.2.2 | at AAL2 an option that resists phishing is offered, and one authenticator resists replay | H | host: offers a passkey or the like, since a code that is typed in can be relayed; codes and recovery codes resist replay: `tests/it/standards/rfc.rs::rfc6238_5_2_an_accepted_code_is_refused_in_every_session` |
//! | §2.2.3, r3 §4.2.3 | at AAL2 after 12 or 24 hours, or inactivity | H | host: sessions are the host's; the library tells the time of each factor (`Authenticated::at`, `AuthMethod::RememberedDevice`, `FreshFactor::at`): `tests/it/standards/sp80063b.rs::sp800_63b_2_2_3_the_time_of_each_factor_is_told` |
//! | §5.1 | a remembered browser does not replace authentication: such a login claims the password and no more, and the host must not take it for more | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_no_second_factor` |
//! | §5.1 (SHOULD NOT) | bearer secrets of a session do not outlive a restart of the browser. A device token is such a secret and lives for 30 days: so it is none of a session. It opens nothing without the password, claims nothing beside it, and elevates no session | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_bearer_token_opens_nothing_and_claims_nothing`, `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_remembered_device_is_no_second_factor` |
//! | §5.1, r3 §7.1 | session secrets of 64 bits and more, made at an authentication: for a device a series of 128 random bits under a tag of 256, another at each use; the session's own is the host's | B | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use` |
//! | §5.1.1 | cookies: `Secure`, `HttpOnly`, `__Host-`, `SameSite`, opaque, expiry not relied on | H | host: sets the cookie; the library gives its name, its value and `DeviceToken::COOKIE_ATTRIBUTES`, and ends it on the server: `tests/it/standards/sp80063b.rs::sp800_63b_5_1_1_the_cookie_is_opaque_and_the_server_ends_it` |
//!
//! # OWASP ASVS 5.0
//!
//! The level stands in brackets.
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 6.1.1 (1) | limits are documented, also against malicious lockout: [`limits`](super::limits) | B | `tests/it/standards/asvs.rs::asvs_6_1_1_the_documented_limits_are_those_of_the_default_policy` |
//! | 6.1.3 (2) | all ways in are documented, with their controls and strength: [`limits`](super::limits), "The ways in"; beside them, the host's own | B | `tests/it/standards/asvs.rs::asvs_6_1_3_every_way_in_is_documented_with_what_it_claims` |
//! | 6.3.1 (1), 6.3.4 (2) | the controls are there, and on all paths alike | B | `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_to_a_proof_is_in_the_table`, `tests/it/standards/asvs.rs::asvs_6_3_4_every_path_charges_and_none_gets_around_a_spent_budget` |
//! | 6.3.3 (2) | a second factor is required | H | host: says so with `PolicyBuilder::require_second_factor`; then an account without one is not logged in: `tests/it/standards/asvs.rs::asvs_6_3_3_a_required_second_factor_is_not_met_by_the_password`. Whoever allows remembered devices allows logins by password on these; `remember_for(Duration::ZERO)` does not |
//! | 6.3.3 (3) | at level 3 one factor is hardware-based and resists phishing | H | host: offers one of its own, such as a FIDO key. Codes and recovery codes are neither |
//! | 6.3.5, 6.3.7 (3) | owners are told of suspicious attempts and of changes, by the host | B | `tests/it/standards/asvs.rs::asvs_6_3_7_every_event_is_told_or_deliberately_not`, `tests/it/standards/asvs.rs::asvs_6_3_5_a_right_password_with_wrong_codes_is_told` |
//! | 6.3.8 (3) | no account can be found out about: after the password one refusal for all wrong codes; before it, the host's | B | `tests/it/standards/asvs.rs::asvs_6_3_8_what_was_wrong_with_a_code_is_not_told` |
//! | 6.4.3 (2) | a password reset does not get around the factor | B | `tests/it/standards/asvs.rs::asvs_6_4_3_a_password_reset_does_not_get_around_the_factor` |
//! | 6.4.4 (2) | a lost factor: proofing as at registration | H | host: identifies the owner; the library takes its word as `AdministratorReset`, which nobody gives for themselves: `tests/it/standards/asvs.rs::asvs_7_4_5_an_administrator_ends_all_and_not_for_oneself` |
//! | 6.5.1 (2) | look-up secrets and TOTP are used once | L | `tests/it/standards/asvs.rs::asvs_6_5_1_codes_and_recovery_codes_are_used_once`, `tests/it/standards/rfc.rs::rfc6238_5_2_of_two_sessions_at_once_one_gets_in` |
//! | 6.5.2 (2) | with 112 bits and more, a plain hash suffices: 128 here | L | `tests/it/standards/asvs.rs::asvs_6_5_2_recovery_codes_are_strong_enough_for_a_plain_hash`, `tests/it/enrollment/recovery_codes.rs::no_bit_of_the_entropy_is_lost` |
//! | 6.5.3 (2) | codes and seeds from a cryptographic generator: another does not compile (doc tests of `Secret::generate` and `Entropy`) | L | `tests/it/otp/secret_generate.rs::f33_symbols_of_generated_secrets_are_uniform`, `tests/it/standards/rfc.rs::rfc6238_3_r6_without_random_numbers_nothing_is_decided` |
//! | 6.5.4 (2) | 20 bits and more | L | `tests/it/standards/asvs.rs::asvs_6_5_4_recovery_codes_have_more_than_twenty_bits` |
//! | 6.5.5 (2) | TOTP lives 30 seconds at most: read as the time step (see below) | L | `tests/it/standards/asvs.rs::asvs_6_5_5_a_code_lives_for_the_period_times_the_steps` |
//! | 6.5.6 (3) | a factor can be revoked, at once, also for logins under way | L | `tests/it/standards/asvs.rs::asvs_6_5_6_revocation_is_immediate_also_for_what_is_under_way` |
//! | 6.5.8 (3) | a trusted source of time: the host's server clock; one that goes back gives nothing back | B | `tests/it/standards/asvs.rs::asvs_6_5_8_a_clock_that_goes_back_gives_nothing_back` |
//! | 6.6.2, 6.6.3 (2) | bound to the request it was made for, and few guesses in it | L | `tests/it/standards/asvs.rs::asvs_6_6_2_a_challenge_is_bound_to_its_account_and_its_purpose`, `tests/it/standards/asvs.rs::asvs_6_6_3_a_challenge_takes_five_guesses` |
//! | 6.8.4 (2) | what is claimed of a login is true of it | L | `tests/it/standards/rfc.rs::rfc8176_amr_is_true_of_every_login`, `tests/it/threats/claims.rs::rfc8176_every_login_and_its_session_claim_what_happened`, `tests/it/threats/claims.rs::rfc8176_an_elevated_session_claims_its_first_and_latest_factor` |
//! | 7.2.2, 7.2.3 (1) | tokens are random, unique, of 128 bits and more | L | `tests/it/standards/sp80063b.rs::sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use` |
//! | 7.2.4 (1) | a new session at each authentication: `Authenticated` is made anew, cannot be copied (doc test) and starts one; ending the old is the host's | B | `tests/it/standards/asvs.rs::asvs_7_2_4_a_login_is_a_new_proof_and_ends_the_old_device_token` |
//! | 7.3.1, 7.3.2 (2) | timeouts: of challenges, step-ups and devices here, of sessions in the host | B | `tests/it/standards/asvs.rs::asvs_7_3_2_every_lifetime_ends_to_the_second`, `tests/it/threats/proofs.rs::g04_a_password_is_proved_for_five_minutes_and_a_minute_of_skew`, `tests/it/threats/enrollment.rs::a18_a_fresh_factor_is_fresh_for_five_minutes_to_the_second` |
//! | 7.4.1 (1), 7.4.3, 7.4.5 (2) | what is ended is over; all others end after a change of the factor; an administrator can end all | L | `tests/it/standards/asvs.rs::asvs_7_4_3_a_change_of_credentials_ends_sessions_and_devices`, `tests/it/standards/asvs.rs::asvs_7_4_5_an_administrator_ends_all_and_not_for_oneself` |
//! | 7.4.2 (1) | when an account is disabled or deleted, all its sessions end: closing it ends them. Where it is disabled, the host lets nobody in at the password and asks in each request, beside `is_current` | B | `tests/it/standards/asvs.rs::asvs_7_4_2_closing_an_account_ends_all_its_sessions` |
//! | 7.5.1 (2) | full authentication before the factor is changed: `FreshFactor`, five minutes old at most, used once (doc test) | L | `tests/it/standards/asvs.rs::asvs_7_5_1_a_change_of_the_factor_takes_a_fresh_one`, `tests/it/standards/asvs.rs::asvs_7_3_2_every_lifetime_ends_to_the_second`, `tests/it/login/reauthentication.rs::where_one_is_bound_the_password_takes_a_code_beside_it`, `tests/it/login/reauthentication.rs::a_code_or_recovery_code_serves_once` |
//! | 7.5.2 (2) | users see their sessions and, having authenticated again, end all: the library ends them with the devices and shows the devices; the list of sessions is the host's, and so is asking for a factor first (`Session::is_elevated`), since ending takes rights away and gives none | B | `tests/it/standards/asvs.rs::asvs_7_5_2_all_sessions_end_and_who_stole_one_cannot_do_it_twice` |
//! | 7.5.3 (3) | a factor before what is highly sensitive: a step-up, for the host to ask for (`Session::is_elevated`); it can be a fresh one each time (`fresh_factor`) | B | `tests/it/threats/sessions.rs::g24_a_step_up_leaves_its_trace_in_the_session`, `tests/it/standards/owasp.rs::owasp_mfa_when_to_require_a_step_up_guards_what_the_host_likes` |
//! | 16.2.1 (2) | a log entry says when, where, who and what: the event has time, account and kind, and the origin of the request that the host hands to `Verifier::on_behalf_of` | B | `tests/it/standards/asvs_logging.rs::asvs_16_2_1_every_event_says_where_the_request_came_from`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_every_call_that_decides_is_in_the_table`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_requests_at_once_do_not_mix`, `tests/it/standards/asvs_logging.rs::asvs_16_2_1_an_event_is_read_from_a_log_as_it_was_written` |
//! | 16.3.1 (2) | all authentication, successful or not, is logged with the factor; wrong passwords are the host's to log. Nothing is compared, and there is no event, where what was typed has not the form of a code, a form is sent twice, a session or a proof is over, or the password is being changed | B | `tests/it/standards/asvs_logging.rs::asvs_16_3_1_every_attempt_is_an_event_with_its_factor`, `tests/it/standards/asvs.rs::asvs_6_3_5_a_right_password_with_wrong_codes_is_told` |
//! | 16.4.1 (2) | no log injection: of the origin, what forges or garbles a line is dropped, and what is too long is cut off; the sink encodes the rest | B | `tests/it/standards/asvs_logging.rs::asvs_16_4_1_an_origin_forges_no_line_of_a_log`, `tests/it/standards/asvs_logging.rs::asvs_16_4_1_an_origin_is_cut_off_at_its_length` |
//!
//! # PCI DSS 4.0.1
//!
//! The settings are in [`regimes`](super::regimes).
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | 8.3.4 | after at most 10 attempts a user is locked out, for 30 minutes or until identified: with `guess_budget(10, …)` and more than 30 days, the eleventh code is not evaluated; codes in a row or a recovery code identify the user. Wrong passwords are the host's to count | B | `tests/it/standards/regimes.rs::pci_dss_8_3_4_the_eleventh_code_is_not_evaluated`, `tests/it/standards/regimes.rs::pci_dss_8_3_4_of_two_authenticators_the_sixth_code_is_not_evaluated`, `tests/it/standards/regimes.rs::pci_dss_8_3_4_the_gentler_setting_ends_at_ten_too` |
//! | 8.5.1 | all factors succeed before access, no replay, no way around: with a required factor and `remember_for(Duration::ZERO)`. Exceptions, which are documented and limited in time, are the host's; the library has none | B | `tests/it/standards/regimes.rs::pci_dss_8_5_1_success_of_both_factors_comes_before_access`, `tests/it/standards/regimes.rs::pci_dss_8_5_1_a_code_that_was_accepted_is_refused` |
//!
//! # PSD2: Delegated Regulation (EU) 2018/389
//!
//! Not for strong customer authentication by itself: see [`regimes`](super::regimes).
//!
//! | clause | requirement | who | shown by |
//! |---|---|---|---|
//! | Art. 4(3)(a) | a failure does not tell which element was wrong | H | **not met here**: the code is asked for after the password, so the question tells that the password was right |
//! | Art. 4(3)(b) | at most five failures one after the other, then a block: with `guess_budget(5, …)` and more than 30 days; at the password the host counts | B | `tests/it/standards/regimes.rs::psd2_rts_4_3_b_after_five_failures_the_sixth_code_is_not_evaluated` |
//! | Art. 5 | dynamic linking: the code belongs to an amount and a payee | H | **not met here**: a code belongs to a time |
//!
//! # OWASP cheat sheets
//!
//! | sheet, section | requirement | who | shown by |
//! |---|---|---|---|
//! | Multifactor, handling codes | short-lived, used once, ended by success, never logged | L | `tests/it/standards/owasp.rs::owasp_mfa_otp_handling_a_success_ends_its_challenge_and_its_code`, `tests/it/output/no_secret_in_output.rs::nothing_that_is_printed_holds_a_secret`, `tests/it/output/no_secret_in_output.rs::nothing_that_is_traced_holds_a_secret` |
//! | Multifactor, changing factors | an existing factor is asked for, not the session alone; the owner is told | B | `tests/it/standards/owasp.rs::owasp_mfa_changing_factors_the_session_alone_does_not_do`, `tests/it/login/reauthentication.rs::where_one_is_bound_the_password_takes_a_code_beside_it` |
//! | Multifactor, failed login | a right password with wrong codes is told: at the fifth guess that no success refunded, so that no owner who mistypes is alarmed; each guess is an event of its own for the host's log | B | `tests/it/standards/owasp.rs::owasp_mfa_failed_login_says_that_somebody_has_the_password` |
//! | Multifactor, when to require | also for what is sensitive in a session: a step-up for whatever the host guards | B | `tests/it/standards/owasp.rs::owasp_mfa_when_to_require_a_step_up_guards_what_the_host_likes` |
//! | Multifactor, resetting | recovery codes at set-up, shown once | L | `tests/it/standards/owasp.rs::owasp_mfa_resetting_recovery_codes_are_given_out_once_at_set_up` |
//! | Authentication, account lockout | counted by account, not by address; no tool against the owner | L | `tests/it/standards/owasp.rs::owasp_account_lockout_is_by_account_and_no_tool_against_its_owner`, `tests/it/standards/owasp.rs::owasp_account_lockout_takes_the_password` |
//! | Forgot password | a reset logs nobody in, ends sessions, locks nobody out | B | `tests/it/standards/owasp.rs::owasp_forgot_password_a_reset_logs_nobody_in_and_locks_nobody_out` |
//! | Session management | a new id after each change of rights; the host makes it, and the epoch tells it when | B | `tests/it/standards/owasp.rs::owasp_session_the_epoch_changes_with_every_change_of_credentials` |
//!
//! # Where the sources conflict
//!
//! **How long a code lives.** ASVS 6.5.5 says 30 seconds; RFC 6238 §5.2 and §6 allow a step for delay and for
//! clocks that are apart. The time step is 30 seconds, and by default one step back and one ahead are
//! accepted: 90 seconds in all, written down and tested to the second.
//! [`Window::NO_FUTURE`](crate::Window::NO_FUTURE) takes the step ahead away,
//! [`Window::EXACT`](crate::Window::EXACT) both.
//!
//! **Disabling against locking out.** SP 800-63B §3.2.2 disables an authenticator after 100 consecutive
//! failures until it is bound again; the OWASP sheets warn of lockout as a weapon. Here only a claimant who
//! has the password or a live session reaches the counter, and nothing is disabled: between two accepted codes fewer
//! than 100 guesses are evaluated under any policy, 30 under the default one. After that single codes are refused
//! unevaluated, for good. Remembered devices go on, and what opens the account to its owner cannot be guessed: codes in a
//! row, which have 64 bits and more (§3.1.4.2 asks for throttling below that), or a recovery code. Within a year an
//! attacker has 162 guesses at most, the first 20 of them at once.
//!
//! **Remembered devices.** SP 800-63B §5.1 does not let a remembered browser stand for authentication;
//! services want it. So a remembered device lowers what is claimed: `method` is
//! [`AuthMethod::RememberedDevice`](crate::AuthMethod::RememberedDevice) with the time of the code, `amr` is `pwd` alone, and whatever
//! is sensitive demands a fresh factor. It ends after 30 days, which is when SP 800-63B §2.1.3 wants
//! everybody to authenticate again.
//!
//! **Recovery codes after use.** SP 800-63B §4.2.1.1 has a new code issued for each one used; what people
//! print is a set of ten. The event [`RecoveryCodeUsed`](crate::session::EventKind::RecoveryCodeUsed) and the
//! account's status say how many are left, and the host offers new ones.
//!
//! **Hashing recovery codes.** Password hashes are for secrets that can be guessed. These have 128 bits,
//! above the 112 from which ASVS 6.5.2 and SP 800-63B §3.1.2.2 take one approved hash for enough; it is bound
//! to the account.
//!
//! **Short secrets.** RFC 4226 §4 R6 wants 128 bits; sites have issued 80. New secrets have 160 bits and
//! more. Older ones are taken over only through [`ImportedSecret`](crate::enrollment::ImportedSecret), and
//! below 128 bits only by the call that says so.
//!
//! # How the texts were read
//!
//! SP 800-63B-4 in its second public draft (August 2024), and of the final text (July 2025) what others quote of it:
//! §2.2.2, §4.6 and §5.1 on bearer secrets. ASVS 5.0 as others reprint it. PCI DSS 4.0.1, which is given out under a
//! licence, in quotations. Of Regulation (EU) 2018/389, Art. 4 and 5 as reprinted. Read the originals before you
//! claim to comply.
