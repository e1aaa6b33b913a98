//! What your service must do: a checklist, in the order in which you meet it.
//!
//! This library keeps the rules of the second factor. It does not see what your service does around its calls: when it
//! reads a password hash, where it keeps a token, whether it asks about a session. Each item below says what to do, why,
//! and what happens if you forget it. It also names a test with a small service that forgets this one thing; the same test
//! shows that nothing bad happens if the item is done. `.ci/standards` fails if a named test does not exist.
//!
//! # Before the first login
//!
//! ## Commit before you call
//!
//! Call the verifier outside of your own database transaction: commit or roll back first, then call. After the call, begin
//! another transaction.
//!
//! **Why:** When the verifier answers, its change is already stored, in a transaction of the store. If your request then
//! fails and is rolled back, the charge for a wrong code must stay.
//!
//! **Forgotten:** If the records are in the same SQLite file, the store waits for your transaction, and your transaction
//! waits for the call. After five seconds the call fails with [`Error::Store`](crate::Error::Store), "database is locked".
//! PostgreSQL and MariaDB have no such lock, but each such request holds two connections of the pool at once. If all
//! connections are taken by requests that wait for their second one, none of them can continue.
//!
//! **Shown by:** `examples/stores/tests/hosts.rs::a_call_inside_a_transaction_of_the_hosts_is_answered_locked`
//!
//! ## Run each request to its end
//!
//! If your web framework drops the future of a request when the browser hangs up, run the request as a separate task, and
//! let the framework's future wait for the task. A time limit around the whole request drops the future, too. Limit your
//! database calls instead; limit the write of a new password hash to 30 seconds.
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
//! **Why:** A dropped future stops where it is, and [`change_password`](crate::Verifier::change_password) makes two writes,
//! with your write of the new hash between them. A code that was accepted is used up, even if the answer is never built.
//!
//! **Forgotten:** A browser that hangs up at the wrong moment leaves a password change half done: the old password is in
//! force, all sessions have ended, and for about a minute every login is answered with [`Retry`](crate::Refusal::Retry).
//! This lets nobody in.
//!
//! **Shown by:** `tests/it/hosts/hung_up.rs::a_request_that_ends_with_its_connection_leaves_a_change_half_done`
//!
//! ## Let the audit events through your log filter
//!
//! With `TracingEvents`, of the feature `tracing`, the target of all events is `second_factor::audit`. Name it in your filter,
//! for example `RUST_LOG=my_service=info,second_factor::audit=info`.
//!
//! **Why:** A filter that names targets passes only the events of these targets.
//!
//! **Forgotten:** The audit log is empty, and nothing says so until somebody needs it.
//!
//! **Shown by:** `examples/web/tests/audit_log.rs::a_filter_that_names_the_service_alone_drops_the_audit_log`
//!
//! # The password
//!
//! ## Check before you read the hash
//!
//! Call [`check_password`](crate::Verifier::check_password) first. Then read the password hash and compare it. Then make a
//! [`PasswordVerified`](crate::PasswordVerified) from that check.
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
//! /// The password step, in the only correct order.
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
//!     // If there is no hash, this compares with a hash that belongs to nobody.
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
//! **Why:** The check records the current state of the account's credentials. If they change while your service compares,
//! everything that is made from the check is invalid.
//!
//! **Forgotten:** A login reads the old hash while the password is being changed. Then the old password logs somebody in,
//! after the owner was told that it is no longer valid.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_check_after_the_hash_was_read_lets_an_old_password_in`
//!
//! ## Do the same work for a name that nobody has
//!
//! Call `check_password` with an id that nobody has, and compare the password with a hash that belongs to nobody, as above.
//!
//! **Why:** The time of an answer shows how much work was done for it.
//!
//! **Forgotten:** Somebody who measures the time learns who has an account: for an unknown name, nothing is read and
//! nothing is hashed.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_name_that_is_unknown_takes_less_work_where_no_check_is_made`
//!
//! ## Limit the tries of a password
//!
//! Count wrong passwords by account and by address, and after some of them delay the next try (SP 800-63B §3.2.2). Do this in
//! every form that takes the password, also in a session.
//!
//! **Why:** This library learns only of right passwords. Its guess budget counts codes.
//!
//! **Forgotten:** An attacker tries passwords until one is right. Nothing is counted, and nobody is told.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::without_a_limit_on_tries_the_password_is_found_by_trying`
//!
//! # From the password to the session
//!
//! ## Keep the challenge on your side
//!
//! Keep the [`ChallengeToken`](crate::ChallengeToken) in the session from before the login, or in a `__Host-` cookie; never
//! in a form, a URL or anything else that a page of another site can send. (An app without a browser keeps it in its memory.)
//! Always keep the [`EnrollmentToken`](crate::EnrollmentToken) on your side, in the session that began the enrollment.
//!
//! **Why:** When a challenge is completed, the guesses that were charged in it are given back, since they look like typing
//! errors.
//!
//! **Forgotten:** A thief with the password opens a challenge, makes four guesses in it, and plants it in the owner's form.
//! The owner completes it, and the guesses are free. The thief can do this every day, without a lock and without an alarm.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::g36_a_challenge_in_the_form_lets_the_owner_pay_for_a_thief_s_guesses`
//!
//! ## Give a session a new id when it gains rights
//!
//! Give it a new id when you put the challenge into it, when somebody is logged in, and when a factor was presented in it.
//! Delete the row under the old id. If the form with the code is then sent twice, the second request finds no challenge:
//! redirect it to the page behind the login, which asks whether the session is current.
//!
//! **Why:** Somebody else may know the id from before, or have chosen it (session fixation).
//!
//! **Forgotten:** A thief who planted a session id in the owner's browser is logged in together with the owner.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::an_attacker_who_planted_a_session_id_knows_it_after_the_login`
//!
//! ## Set the device cookie whenever there is one
//!
//! [`Accepted::device`](crate::Accepted::device) has a token after a login with "remember me" *and* after each login on a
//! remembered device. [`DeviceToken::set_cookie`](crate::DeviceToken::set_cookie) returns the value of the header.
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
//! **Forgotten:** The second login on a remembered device sends a token that was already replaced. A code is asked for, the
//! device is forgotten, and the owner is told.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_device_token_that_is_not_set_again_ends_the_device`
//!
//! ## Use development cookies on plain HTTP
//!
//! On `http://localhost`, use [`development_cookie_name`](crate::DeviceToken::development_cookie_name) and
//! [`set_development_cookie`](crate::DeviceToken::set_development_cookie), and leave `__Host-` and `Secure` out of your own
//! cookies. Decide by the address that browsers see. If that is plain HTTP and not loopback, refuse to start.
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
//! **Why:** Browsers accept a cookie that is `Secure`, or whose name begins with `__Host-`, only over HTTPS. On plain HTTP,
//! some browsers accept it from localhost, and others drop it.
//!
//! **Forgotten:** "Remember me" does nothing on your machine: you tick the box, and the same browser is asked for a code
//! again.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_cookie_for_https_is_dropped_on_plain_http`
//!
//! # In a session
//!
//! ## Ask with each request
//!
//! Ask [`is_current`](crate::Verifier::is_current) in each request that a session authenticates. If the answer is no, end
//! your session.
//!
//! **Why:** The password, a factor or a device may have been changed elsewhere. This question ends the sessions from before
//! the change, in all browsers and on all instances.
//!
//! **Forgotten:** The owner changes the password to throw a thief out, and the thief stays.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_that_is_not_checked_survives_a_password_change`
//!
//! ## End sessions on the server
//!
//! At a logout, delete the session's row, not only the cookie. For "log out everywhere" there is
//! [`end_all_sessions`](crate::Verifier::end_all_sessions).
//!
//! **Why:** This library keeps no sessions, so only your service can end a single one.
//!
//! **Forgotten:** Whoever copied the cookie stays logged in after the owner has logged out.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_logout_only_in_the_browser_leaves_a_copied_cookie_logged_in`
//!
//! ## Continue the session that made a change
//!
//! Pass the [`EndOtherSessions`](crate::EndOtherSessions) that a change returns to
//! [`continue_after`](crate::Session::continue_after), and store the session under a new id. If a change returns
//! [`EndAllSessions`](crate::EndAllSessions), no session continues.
//!
//! ```
//! use second_factor::{Error, FreshFactor, Requirement, Session, Store, Verifier};
//!
//! /// Switches the second factor off. Store the returned session in the session table, under a new id.
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
//! **Why:** A change ends every session from before it, including the one that made the change.
//!
//! **Forgotten:** The owner changes the password, and is logged out.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_that_is_not_continued_ends_with_its_own_change`
//!
//! # The owner
//!
//! ## Tell the owner
//!
//! Send a mail, or another message that the claimant does not control, for each event for which
//! [`notify_owner`](crate::EventKind::notify_owner) is true. Use the event in words as the subject. Say in the mail what
//! the owner has to do if somebody else caused the event.
//!
//! **Why:** Only the owner knows who caused an event.
//!
//! **Forgotten:** A thief who has the password tries codes until the budget is spent, and the owner is not told.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::an_owner_who_gets_no_mail_does_not_hear_of_a_thief`
//!
//! ## Expect many events
//!
//! Put a bounded queue between the events and whatever writes or sends them
//! (the documentation of [`EventSink`](crate::EventSink) has one to copy). Send mails only for events that the owner has to
//! be told of. On a page with the latest events, reserve room for these.
//!
//! **Why:** The number of writes to a record is bounded, and so is the number of events that owners are told of. The total
//! number of events is not bounded: each code that is typed is an event, also under a lock.
//!
//! **Forgotten:** Somebody with the password fills your memory, buries the owner in mails, or pushes the alarm off the page.
//!
//! **Shown by:** `tests/it/hosts/many_events.rs::a_queue_without_a_bound_grows_with_each_code_of_a_thief`,
//! `tests/it/hosts/many_events.rs::a_mail_for_every_event_buries_the_owner`,
//! `tests/it/hosts/many_events.rs::g34_a_page_of_the_latest_events_loses_the_alarm`
//!
//! ## Offer what gets the owner back in
//!
//! Have a page on which owners can make new recovery codes
//! ([`regenerate_recovery_codes`](crate::Verifier::regenerate_recovery_codes)): the answer with the first ones may have been
//! lost. After a login by [`CodesInARow`](crate::AuthMethod::CodesInARow), and whenever
//! [`status`](crate::Verifier::status) says `is_locked`, offer to change the password: this shuts the attacker out, and single
//! codes are accepted again. After a login by recovery code, begin the enrollment of the new phone with
//! [`NewAuthenticator::replacing`](crate::NewAuthenticator::replacing) and the id of the lost one, from `status`.
//!
//! **Why:** A new authenticator is added to the others, which stay valid. Only the owner knows which one is lost.
//!
//! **Forgotten:** Whoever has found the lost phone still has a second factor of the account.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_new_phone_beside_a_lost_one_leaves_the_lost_one_bound`
//!
//! # The day of the deployment, and after
//!
//! ## End the sessions from before
//!
//! When you deploy this library into a service that already has sessions, end all of them. From then on, a session is valid
//! only if it holds a [`Session`](crate::Session), which only a login makes. There is one exception: sessions that began with
//! the second factor of an old system may go on until they expire, if nobody can change a password or a factor in them.
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
//! **Why:** If a session of your service holds no `Session`, no change of the password or the factor can end it.
//!
//! **Forgotten:** A session that was stolen before the deployment is still valid after the owner has set up a second factor.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_from_before_the_deployment_outlives_the_second_factor`
//!
//! ## Close accounts, and keep the row
//!
//! Call [`close_account`](crate::Verifier::close_account) when an account is closed, and do not delete the row that it
//! writes. The row holds nothing about the person: only the id, and 128 random bits.
//!
//! **Why:** An id may be used again, because of a restored backup, a support call or a database counter. The library treats
//! an account without a row as one that never had a second factor. Sessions from before the second factor would be current
//! again.
//!
//! **Forgotten:** A browser that was never logged out is then in the account of the next person who gets the id.
//!
//! **Shown by:** `tests/it/hosts/forgotten.rs::a_session_of_a_deleted_account_opens_the_next_one_with_its_id`
