//! What your service must do: a checklist, in the order in which you meet it.
//!
//! This library keeps the rules of the second factor. It does not see what your service does around its calls: when it
//! reads a password hash, where it keeps a token, whether it asks about a session. Each item below says what to do, why,
//! what happens where it is forgotten, and a test with a small service that forgets this one thing; the same test shows
//! that nothing of the kind happens where it is done. `.ci/standards` fails where a test does not exist.
//!
//! # Before the first login
//!
//! ## Commit before you call
//!
//! Call the verifier outside of your own database transaction: commit or roll back first, then call. After the call, begin
//! another one.
//!
//! **Why:** What the verifier releases is stored already, in a transaction of the store's own. A charge for a wrong code must
//! stay when your request fails and is rolled back.
//!
//! **Forgotten:** Where the records are in the same SQLite file, the store waits for your transaction, which waits for the
//! call. After five seconds the call fails with [`Error::Store`](crate::Error::Store), "database is locked". PostgreSQL
//! and MariaDB have no such lock, but each such request holds two connections of the pool at once. Where every request has
//! its first one and waits for the second, none goes on.
//!
//! **Shown by:** `examples/stores/tests/hosts.rs::a_call_inside_a_transaction_of_the_hosts_is_answered_locked`
//!
//! ## Run each request to its end
//!
//! Where your web framework drops the future of a request whose browser hangs up, run the request as a task of its own, and
//! have the framework's future wait for the task. A time limit around the whole request drops it as well: limit your calls
//! of the database instead, the write of a new password hash to 30 seconds.
//!
//! ```
//! # async fn handle(_request: u8) -> u16 { 200 }
//! async fn to_its_end(request: u8) -> u16 {
//!     let task = tokio::spawn(handle(request));
//!     // Dropped while it waits, this leaves the task running.
//!     task.await.unwrap_or(500)
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() { assert_eq!(to_its_end(0).await, 200) }
//! ```
//!
//! **Why:** A future that is dropped stops where it is, and [`change_password`](crate::Verifier::change_password) has your
//! write of the new hash in its middle. A code that was accepted is used up whether or not the answer is built.
//!
//! **Forgotten:** A browser that hangs up at the wrong moment leaves a password change half done: the old password is in
//! force, all sessions have ended, and for about a minute every login is answered with [`Retry`](crate::Refusal::Retry).
//! Nobody gets in by it.
//!
//! **Shown by:** `tests/it/hosts/hung_up.rs::a_request_that_ends_with_its_connection_leaves_a_change_half_done`
//!
//! ## Let the audit events through your log filter
//!
//! With `TracingEvents`, of the feature `tracing`, the target of all events is `second_factor::audit`. Name it in your filter,
//! such as `RUST_LOG=my_service=info,second_factor::audit=info`.
//!
//! **Why:** A filter that names targets lets through these and no others.
//!
//! **Forgotten:** The audit log is empty, and nothing says so until somebody needs it.
//!
//! **Shown by:** `examples/web/tests/audit_log.rs::a_filter_that_names_the_service_alone_drops_the_audit_log`
//!
//! # The password
//!
//! ## Check before you read the hash
//!
//! Call [`check_password`](crate::Verifier::check_password) first, then read the password hash and compare it, then make the
//! [`PasswordVerified`](crate::PasswordVerified) of that check.
//!
//! ```
//! use second_factor::{AccountId, PasswordVerified, Store, Verifier};
//!
//! # struct Users;
//! # impl Users {
//! #     async fn id(&self, _name: &str) -> Option<u64> { None }
//! #     async fn hash(&self, _id: &AccountId) -> Option<String> { None }
//! # }
//! # fn is_right(_password: &str, _hash: Option<&str>) -> bool { false }
//! /// The password step, in the one order that is right.
//! async fn password<S: Store>(
//!     verifier: &Verifier<S>,
//!     users: &Users,
//!     name: &str,
//!     password: &str,
//! ) -> Option<PasswordVerified> {
//!     // Nobody has the id 0.
//!     let account = AccountId::from(users.id(name).await.unwrap_or(0));
//!     let check = verifier.check_password(&account).await;
//!     let hash = users.hash(&account).await;
//!     // Where there is no hash, it compares with one of nobody's.
//!     is_right(password, hash.as_deref()).then(|| PasswordVerified::by_host(check))
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), second_factor::PolicyError> {
//! #     use second_factor::{KeyRing, MemoryStore, Policy, SealingKey};
//! #     let keys = KeyRing::new(1, SealingKey::new([1; 32]));
//! #     let verifier = Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
//! #     assert!(password(&verifier, &Users, "ann", "a guess").await.is_none());
//! #     Ok(())
//! # }
//! ```
//!
//! **Why:** The check notes what the account's credentials are. What is made of it is dead if they change while your service
//! compares.
//!
//! **Forgotten:** A login that has read the old hash while the password is changed lets the old password in, after the owner
//! was told that it no longer counts.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_check_after_the_hash_was_read_lets_an_old_password_in`
//!
//! ## Do the same work for a name that nobody has
//!
//! Call it with an id that nobody has, and compare the password with a hash of nobody's, as above.
//!
//! **Why:** The time of an answer tells what was done for it.
//!
//! **Forgotten:** Whoever measures the time learns who has an account: an unknown name costs no read, and no hash.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_name_that_is_unknown_takes_less_work_where_no_check_is_made`
//!
//! ## Limit the tries of a password
//!
//! Count wrong passwords by account and by address, and after some of them let the next one wait (SP 800-63B §3.2.2): in every
//! form that takes the password, those in a session too.
//!
//! **Why:** This library hears of right passwords only. Its guess budget is one of codes.
//!
//! **Forgotten:** Passwords are tried until one is right. Nothing is counted, and nobody is told.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::without_a_limit_on_tries_the_password_is_found_by_trying`
//!
//! # From the password to the session
//!
//! ## Keep the challenge on your side
//!
//! Keep the [`ChallengeToken`](crate::ChallengeToken) in the session from before the login, or in a `__Host-` cookie; never
//! in a form, a URL or anything else that a page of another site can send. (An app without a browser keeps it in its memory.)
//! The [`EnrollmentToken`](crate::EnrollmentToken) stays on your side always, in the session that began the enrollment.
//!
//! **Why:** Whoever completes a challenge gets back the guesses that were charged in it, since they look like typing errors.
//!
//! **Forgotten:** A thief with the password opens a challenge, makes four guesses in it, and plants it in the owner's form.
//! The owner completes it, and the guesses are free: day after day, without a lock and without an alarm.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::g36_a_challenge_in_the_form_lets_the_owner_pay_for_a_thief_s_guesses`
//!
//! ## Give the session a new id at each step up
//!
//! A new id when the challenge is put into the session, when somebody is logged in, and when a factor was presented in the
//! session. The row under the old id is deleted. So the second of two equal code forms finds no challenge: lead it to the
//! page behind the login, which asks whether the session is current.
//!
//! **Why:** Somebody else may know the id from before, or have chosen it (session fixation).
//!
//! **Forgotten:** A thief who planted a session id in the owner's browser is logged in together with the owner.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::an_attacker_who_planted_a_session_id_knows_it_after_the_login`
//!
//! ## Set the device cookie whenever there is one
//!
//! [`Accepted::device`](crate::Accepted::device) is there after a login with the box ticked *and* after each login on a
//! remembered device. [`DeviceToken::set_cookie`](crate::DeviceToken::set_cookie) is the whole header.
//!
//! ```
//! use second_factor::{Accepted, Policy, SecretText};
//!
//! /// The `Set-Cookie` header of any completed login.
//! fn device_cookie(accepted: &Accepted, policy: &Policy) -> Option<SecretText> {
//!     accepted.device.as_ref().map(|token| token.set_cookie(policy))
//! }
//! ```
//!
//! **Why:** The token changes with use, so that a copy of it is noticed.
//!
//! **Forgotten:** The second login on a remembered device sends a token that was replaced. A code is asked for, the device is
//! forgotten, and the owner is told of it.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_device_token_that_is_not_set_again_ends_the_device`
//!
//! ## Have development cookies on plain HTTP
//!
//! On `http://localhost`, use [`development_cookie_name`](crate::DeviceToken::development_cookie_name) and
//! [`set_development_cookie`](crate::DeviceToken::set_development_cookie), and leave `__Host-` and `Secure` out of your own
//! cookies. Decide by the address that browsers see, and refuse to start where that is plain HTTP and not loopback.
//!
//! ```
//! use second_factor::{AccountId, DeviceToken, Policy};
//!
//! fn device_cookie_name(account: &AccountId, policy: &Policy, is_https: bool) -> String {
//!     let name = if is_https { DeviceToken::cookie_name } else { DeviceToken::development_cookie_name };
//!     name(account, policy)
//! }
//! # let policy = Policy::new("Example")?;
//! # assert!(device_cookie_name(&AccountId::from(7), &policy, true).starts_with("__Host-"));
//! # Ok::<(), second_factor::PolicyError>(())
//! ```
//!
//! **Why:** A browser takes a cookie that is `Secure`, or whose name begins with `__Host-`, over HTTPS. On plain HTTP some
//! take it from localhost, and others drop it.
//!
//! **Forgotten:** "Remember me" does nothing on your machine: the box is ticked, and the same browser is asked for a code.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_cookie_for_https_is_dropped_on_plain_http`
//!
//! # In a session
//!
//! ## Ask with each request
//!
//! Ask [`is_current`](crate::Verifier::is_current) with each request that a session authenticates. Where it is not, end your
//! session.
//!
//! **Why:** Password, factor or device may have been changed elsewhere. This is how the sessions from before end, in all
//! browsers and on all instances.
//!
//! **Forgotten:** The owner changes the password to throw a thief out, and the thief stays.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_that_is_not_checked_survives_a_password_change`
//!
//! ## End sessions on the server
//!
//! At a logout, delete the session's row, and not the cookie alone. For "log out everywhere" there is
//! [`end_all_sessions`](crate::Verifier::end_all_sessions).
//!
//! **Why:** This library keeps no sessions, so a logout from one of them is yours.
//!
//! **Forgotten:** Whoever copied the cookie stays logged in after the owner has logged out.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_logout_only_in_the_browser_leaves_a_copied_cookie_logged_in`
//!
//! ## Continue the session that made a change
//!
//! Hand the [`EndOtherSessions`](crate::EndOtherSessions) that a change returns to
//! [`continue_after`](crate::Session::continue_after), and store the session under a new id. An
//! [`EndAllSessions`](crate::EndAllSessions) continues none.
//!
//! ```
//! use second_factor::{Error, FreshFactor, Requirement, Session, Store, Verifier};
//!
//! /// Switches the second factor off. What is returned goes into the session table, under a new id.
//! async fn disable<S: Store>(
//!     verifier: &Verifier<S>,
//!     mut session: Session,
//!     fresh: FreshFactor,
//! ) -> Result<Session, Error<S::Error>> {
//!     let others = verifier.disable(fresh, Requirement::None).await?;
//!     session.continue_after(others);
//!     Ok(session)
//! }
//! ```
//!
//! **Why:** A change ends every session from before it, the one that made it among them.
//!
//! **Forgotten:** The owner changes the password and is logged out by it.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_that_is_not_continued_ends_with_its_own_change`
//!
//! # The owner
//!
//! ## Tell the owner
//!
//! Send a mail, or whatever else the claimant does not control, for each event of which
//! [`notify_owner`](crate::EventKind::notify_owner) says so. The event in words is its subject; write into the mail what to
//! do if it was somebody else.
//!
//! **Why:** Only the owner can tell a thief from the owner.
//!
//! **Forgotten:** A thief who has the password types codes for as long as the budget lasts, and the owner hears nothing.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::an_owner_who_gets_no_mail_does_not_hear_of_a_thief`
//!
//! ## Expect many events
//!
//! Put a bounded queue between the events and whatever writes or sends them
//! ([`EventSink`](crate::EventSink) has one to copy). Send mails for those that the owner is told of and for no others. On
//! a page with the latest events, keep room for these.
//!
//! **Why:** The number of writes to a record is bounded, and so is the number of events that owners are told of. The number
//! of all events is not: each code that is typed is one, under a lock as well.
//!
//! **Forgotten:** Somebody with the password fills your memory, buries the owner in mails, or pushes the alarm off the page.
//!
//! **Shown by:** `tests/it/hosts/many_events.rs::a_queue_without_a_bound_grows_with_each_code_of_a_thief`,
//! `tests/it/hosts/many_events.rs::a_mail_for_every_event_buries_the_owner`,
//! `tests/it/hosts/many_events.rs::g34_a_page_of_the_latest_events_loses_the_alarm`
//!
//! ## Offer what gets the owner back in
//!
//! Show a page on which a member makes new recovery codes
//! ([`regenerate_recovery_codes`](crate::Verifier::regenerate_recovery_codes)): the answer with the first ones may have been
//! lost. After a login by [`CodesInARow`](crate::AuthMethod::CodesInARow), and wherever
//! [`status`](crate::Verifier::status) says `is_locked`, offer to change the password: it shuts the guesser out, and a single
//! code counts again. After a login by recovery code, begin the enrollment of the new phone with
//! [`NewAuthenticator::replacing`](crate::NewAuthenticator::replacing) and the id of the lost one, from `status`.
//!
//! **Why:** An authenticator that is added stands beside the others. Only the owner knows which one is lost.
//!
//! **Forgotten:** Whoever has found the lost phone still has a second factor of the account.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_new_phone_beside_a_lost_one_leaves_the_lost_one_bound`
//!
//! # The day of the deployment, and after
//!
//! ## End the sessions from before
//!
//! When you deploy this library into a service that has sessions already, end all of them. A session is one from then on if
//! it holds a [`Session`](crate::Session), and that comes from a login alone. Where sessions were begun with a second factor
//! of an old system, they may go on until they expire, if nobody can change a password or a factor in them.
//!
//! ```
//! use second_factor::{ChallengeToken, Session};
//!
//! /// What a row of the session table holds from now on.
//! #[derive(serde::Serialize, serde::Deserialize)]
//! enum Kept {
//!     BeforeTheCode(ChallengeToken),
//!     LoggedIn(Session),
//! }
//!
//! let from_before = r#"{"user":7}"#;
//! assert!(serde_json::from_str::<Kept>(from_before).is_err()); // nobody is logged in by it
//! ```
//!
//! **Why:** A session without a `Session` has nothing that a change could end.
//!
//! **Forgotten:** A session that was stolen before the deployment goes on after the owner has set a second factor up.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_from_before_the_deployment_outlives_the_second_factor`
//!
//! ## Close accounts, and keep the row
//!
//! Call [`close_account`](crate::Verifier::close_account) when an account is closed, and leave the row that it writes. The
//! row holds nothing of the person: the id, and 128 random bits.
//!
//! **Why:** An id may come back: from a backup, by a support call, from a counter of the database. An account without a row
//! is one that never had any, and that is what sessions from before any second factor were begun under.
//!
//! **Forgotten:** A browser that was never logged out is in the account of whoever gets the id next.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_of_a_deleted_account_opens_the_next_one_with_its_id`
