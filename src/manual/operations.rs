//! What an operator does: rotate keys, upgrade while the service runs, restore a backup.
//!
//! # Rotating keys
//!
//! A [`KeyRing`](crate::KeyRing) has one key that seals secrets and signs tokens, and retired keys that still open and
//! verify. Rotate in this order. Each step is a rolling deploy of its own, and waits until the one before has reached
//! every instance.
//!
//! 1. **Add the new key as a retired one.** Every instance can now read what the new key will make; none makes it yet.
//! 2. **Let the new key seal,** with the old one retired.
//! 3. **Walk over all rows** and [`reseal`](crate::Verifier::reseal) each. Begin once the last instance seals with the new
//!    key: one that still seals with the old key would seal rows anew with the old one whenever it writes them.
//! 4. **Wait** for the longest life of a token since the last instance signed with the old key: 30 days, or
//!    [`Policy::remember_for`](crate::Policy::remember_for) if that is less, and at least the ten minutes of a login and
//!    of an enrollment.
//! 5. **Remove the old key.**
//!
//! ```
//! use second_factor::{AccountId, KeyRing, MemoryStore, Policy, SealingKey, Verifier};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let [old, new] = [SealingKey::new([1; 32]), SealingKey::new([2; 32])];
//! # let (store, policy) = (MemoryStore::new(), Policy::new("Example")?);
//! # async fn accounts_after(last: Option<&AccountId>) -> Vec<AccountId> {
//! #     let all = ["ann", "bob", "cyd"].map(|id| AccountId::new(id).unwrap());
//! #     all.into_iter().filter(|id| last.is_none_or(|last| id.as_str() > last.as_str())).take(2).collect()
//! # }
//! let first = KeyRing::new(1, old.clone()).with_retired(2, new.clone()); // step 1
//! let then = KeyRing::new(2, new.clone()).with_retired(1, old); // step 2
//!
//! // Step 3, a job beside the service, with the ring of step 2.
//! let verifier = Verifier::new(store, policy, then);
//! let (mut last, mut resealed, mut failed) = (None, 0, Vec::new());
//! loop {
//!     // SELECT account FROM second_factor WHERE account > $last ORDER BY account LIMIT 1000
//!     let page = accounts_after(last.as_ref()).await;
//!     for account in &page {
//!         match verifier.reseal(account).await {
//!             Ok(is_resealed) => resealed += usize::from(is_resealed),
//!             Err(error) => failed.push((account.clone(), error)),
//!         }
//!     }
//!     let Some(end) = page.last() else { break };
//!     last = Some(end.clone());
//! }
//! // Done when a whole walk seals nothing anew and fails nowhere. Otherwise walk again.
//! let is_done = resealed == 0 && failed.is_empty();
//! # assert!(is_done);
//!
//! let last = KeyRing::new(2, new); // step 5
//! # let _ = (first, last);
//! # Ok(())
//! # }
//! ```
//!
//! The walk may run beside everything else, be interrupted, and be repeated. It ends no session, and a login that was
//! quicker is not undone. It writes only rows that need it. To look without writing, read the rows and ask each for
//! [`AccountRecord::sealing_keys`](crate::AccountRecord::sealing_keys): none may list the old key.
//!
//! A row with a secret whose key is missing is answered with
//! [`SealError::UnknownKey`](crate::session::SealError::UnknownKey) and stays as it is. Put that key back on the ring and
//! walk again. If the key is lost, its secret is too: the owner logs in by recovery code and enrolls again.
//!
//! A host with a [`Seal`](crate::session::Seal) of its own takes the same steps with it and with its
//! [`TokenKeys`](crate::session::TokenKeys). `reseal` goes by
//! [`Seal::is_current`](crate::session::Seal::is_current), and `sealing_keys` knows the keys of a `KeyRing` alone.
//!
//! ## A stolen key
//!
//! Tokens that it signed must not count any more. Retire it by
//! [`with_opening_only`](crate::KeyRing::with_opening_only): it opens secrets, so that nobody has to enroll again for its
//! sake, and verifies nothing.
//!
//! ```
//! # use second_factor::{KeyRing, SealingKey};
//! # let [stolen, new] = [SealingKey::new([1; 32]), SealingKey::new([2; 32])];
//! let ring = KeyRing::new(2, new).with_opening_only(1, stolen);
//! # let _ = ring;
//! ```
//!
//! Bring this ring to all instances at once: until the last one has it, forged tokens are taken there. If that cannot be,
//! give them step 1 first; an instance without the new key cannot open what the others seal, and answers with an error.
//! Logins and enrollments that are open begin again, remembered devices are asked for a code, sessions go on. Then walk
//! over all rows. The key may go right after the walk, since nothing waits for its tokens.
//!
//! Whoever has the key *and* a copy of the database has every secret in it, and `reseal` changes nothing about that copy.
//! Then all owners have to enroll again: see "What leaks what" in SECURITY.md.
//!
//! # Upgrading
//!
//! Records, tokens and sessions carry the number of their format first: `{"format":1,…}` in a record and a session, the
//! digit of `c1.`, `d1.` and `e1.` in a token. There is one format so far. A version reads what it knows and refuses a
//! newer one before it looks at the rest:
//!
//! | an older version meets a newer | and answers | what the host does |
//! |---|---|---|
//! | record | [`Error::Store`](crate::verifier::Error::Store) with the store's error in it, which names both formats; nobody gets in, and nothing is written | an error page, as for any store that fails |
//! | challenge, enrollment | [`TokenError`](crate::session::TokenError) when it is parsed | the login, or the enrollment, begins again |
//! | device token | a code is asked for; no device is forgotten, and the cookie stays good | nothing |
//! | session | an error of serde, which names the formats | "try again later". **Do not delete the row:** for the other instances it is a session |
//!
//! ```
//! use second_factor::Session;
//!
//! let row = r#"{"format":2,"account":"user-7"}"#; // of an instance that runs the next version
//! let error = serde_json::from_str::<Session>(row).unwrap_err();
//! assert!(error.to_string().starts_with("session format 2 is not 1"));
//! ```
//!
//! So that nobody meets that table, a version that brings a format keeps this rule: **version N+1 reads formats N and N+1,
//! and writes N until it is told otherwise.** The steps:
//!
//! 1. **Deploy N+1,** one instance after the other. It writes N, so instances of both versions answer the same people in
//!    turns. Going back to version N is possible at any time.
//! 2. **Wait** until no instance of version N is left, those of jobs and of a standby included.
//! 3. **Tell it to write N+1,** one instance after the other. Rows change their format as they are next written, tokens
//!    and sessions as they are next handed out. No walk is needed.
//!
//! Nobody is asked twice or logged out by this, and a code is accepted once, whichever instances it is presented to:
//! `tests/upgrade` plays every step of it, with a format 2 that was made for the test, and with another instance at every
//! call.
//!
//! **In the wrong order,** with N+1 written while version N runs, people whose requests reach the older version get an
//! error page, begin their login again or are asked for a code on a remembered device. Nobody is let in by it, nothing is
//! overwritten, no guess is charged and no device forgotten: replace the instances of version N, or have the others write
//! N again, and all is as it was.
//!
//! **Back from step 3:** have N+1 write N again, one instance after the other. Version N itself can come back only once no
//! row, session or token of format N+1 is left, and a row keeps its format until it is next written.
//!
//! # Restoring a backup
//!
//! A record says what is over: codes that were used, sessions that ended. A record out of a backup does not know what was
//! over since, and so revives it.
//!
//! | revived | until | ended by `end_what_a_backup_revived` |
//! |---|---|---|
//! | codes that were used in the last 90 seconds | they leave the window | yes: the code of now and of the next step are void, so an owner waits a minute at most |
//! | sessions that were ended, by any change or by "log out everywhere" | the host ends them | yes |
//! | logins that were done or exhausted | ten minutes from the password | yes |
//! | enrollments that were over | ten minutes from their beginning | yes |
//! | remembered devices that were forgotten, or whose token was stolen | 30 days from their code | yes, all are forgotten |
//! | the mark of a password change that was under way | the first login a minute later, which is told to try again | no need |
//! | guesses that were spent | | no: an attacker may have some back, at most the guess budget and its credit for each restore (30 guesses by default, 1 chance in 11,000) |
//! | recovery codes that were used | new ones are made | no |
//! | authenticators that were removed or replaced | they are removed again | no |
//! | what [proofs](crate::session::HostAuthenticatorVerified) of the host's own authenticators were used | the host's challenge is over | no: the host accepts none from before |
//! | accounts that were closed | they are closed again | no |
//!
//! And what was *begun* since the backup is gone: an account that enrolled after it has no second factor any more, and its
//! password alone is enough; a new phone is unknown, and the one before it is asked for.
//!
//! What to do:
//!
//! 1. **Keep the service closed** until step 4 is done. What is revived is alive from the moment of the restore.
//! 2. **Restore.** These rows and the host's own tables (users, password hashes) to the same moment.
//! 3. **Empty the host's session table,** if it has one.
//! 4. **Call [`end_what_a_backup_revived`](crate::Verifier::end_what_a_backup_revived)** for every account *of the host*,
//!    and not only for those that have a row: an account without one may have had one. It may be interrupted and
//!    repeated.
//! 5. **Open, and tell all owners** what happened: to look at their list of authenticators, to make new recovery codes if
//!    they used one since, and to enroll again if they did so since. The call hands the event
//!    [`Restored`](crate::session::EventKind::Restored) to the audit log, and it is one to
//!    [tell owners](crate::session::EventKind::notify_owner) of. An audit trail that was not restored with the rest says
//!    who did what since: `AuthenticatorBound`, `AuthenticatorRemoved`, `RecoveryCodeUsed`, `PasswordChanged`,
//!    `AccountClosed`.
//!
//! ```
//! use second_factor::{AccountId, BlockingStore, BlockingVerifier};
//! use second_factor::verifier::Error;
//!
//! /// `accounts`: the ids of the host's users, a page after the other as above.
//! fn after_the_restore<S: BlockingStore>(
//!     verifier: &BlockingVerifier<S>,
//!     accounts: impl Iterator<Item = AccountId>,
//! ) -> Result<(), Error<S::Error>> {
//!     for account in accounts {
//!         // The host's sessions are gone already.
//!         let _ = verifier.end_what_a_backup_revived(&account)?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Who used a recovery code since, or whose old phone is asked for and gone, gets in with a recovery code of the backup's
//! set, or by [`administrator_reset`](crate::Verifier::administrator_reset).
//!
//! ## One of the two alone
//!
//! **These rows are older than the host's tables.** All of the table above is revived, so do the same. Sessions that began
//! after a change which the rows have forgotten are over. Passwords are those of today.
//!
//! **The host's tables are older than these rows.** Nothing above is revived, but the host's own is: passwords that were
//! changed since, because they were stolen perhaps, open the first step again, on a device that was remembered since
//! the whole login; sessions that the host itself ended at a logout are current if nothing else has happened to the account.
//! Empty the session table, make the call for each account whose password was changed since, and have these owners
//! choose another password. Rows of users who signed up since belong to nobody now: before an id can be given to somebody else,
//! [close](crate::Verifier::close_account) these accounts.
