//! What an operator does: rotate keys, upgrade while the service runs, and restore a backup. What the service
//! itself must do is in [`hosts`](super::hosts).
//!
//! # Rotating keys
//!
//! A [`KeyRing`](crate::KeyRing) has one key that seals secrets and signs tokens, and retired keys that still
//! open secrets and verify tokens. Rotate in the order below. Steps 1, 2 and 5 are a rolling deploy each.
//! Begin a step only when the one before has reached every instance.
//!
//! 1. **Add the new key as a retired one.** Every instance can now read what the new key will seal and sign,
//!    but none seals or signs with it yet.
//! 2. **Let the new key seal and sign,** and retire the old one.
//! 3. **Walk over all rows** and [`reseal`](crate::Verifier::reseal) each. Begin once the last instance seals
//!    with the new key: an instance that still uses the old key would seal with it every row that it writes.
//! 4. **Wait** until every token that the old key signed has expired, counted from when the last instance
//!    signed with it: 30 days, or [`Policy::remember_for`](crate::Policy::remember_for) if that is less, but
//!    at least as long as a login and an enrollment may take (ten minutes by default).
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
//! // Step 3: a job that runs beside the service, with the ring of step 2.
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
//! // Done when a whole walk has resealed nothing and failed nowhere. Otherwise walk again.
//! let is_done = resealed == 0 && failed.is_empty();
//! # assert!(is_done);
//!
//! let last = KeyRing::new(2, new); // step 5
//! # let _ = (first, last);
//! # Ok(())
//! # }
//! ```
//!
//! The walk may run while the service does, and it may be interrupted and repeated. It ends no session and
//! does not undo a login that writes a row at the same time. It writes only rows that need it. To check without
//! writing, read the rows and ask each for
//! [`AccountRecord::sealing_keys`](crate::AccountRecord::sealing_keys): none may list the old key.
//!
//! For a row with a secret whose key is missing, the answer is
//! [`SealError::UnknownKey`](crate::session::SealError::UnknownKey), and the row stays as it is. Put that key
//! back on the ring and walk again. If the key is lost, so is the secret: its owner logs in with a recovery
//! code and enrolls again.
//!
//! A host with its own [`Seal`](crate::session::Seal) takes the same steps with that and with its
//! [`TokenKeys`](crate::session::TokenKeys). `reseal` asks
//! [`Seal::is_current`](crate::session::Seal::is_current) which secrets to seal again, and `sealing_keys`
//! lists only the keys of a `KeyRing`.
//!
//! ## A stolen key
//!
//! Tokens that a stolen key signed must no longer be accepted. Retire the key with
//! [`with_opening_only`](crate::KeyRing::with_opening_only): it still opens secrets, so that nobody has to
//! enroll again, but verifies no token.
//!
//! ```
//! # use second_factor::{KeyRing, SealingKey};
//! # let [stolen, new] = [SealingKey::new([1; 32]), SealingKey::new([2; 32])];
//! let ring = KeyRing::new(2, new).with_opening_only(1, stolen);
//! # let _ = ring;
//! ```
//!
//! Deploy this ring to all instances at once: an instance that does not have it yet accepts forged tokens. If
//! you cannot replace all of them at once, do step 1 first, since an instance without the new key cannot open
//! what the others seal, and answers with an error. Open logins and enrollments have to begin again,
//! remembered devices are asked for a code, and sessions go on. Then walk over all rows. Remove the key right
//! after the walk: no token that it signed is accepted, so there is nothing to wait for.
//!
//! Whoever has the key *and* a copy of the database has every secret in it, and `reseal` does not change that
//! copy. In that case all owners have to enroll again: see "What leaks what" in SECURITY.md.
//!
//! # Upgrading
//!
//! Records, tokens and sessions begin with the number of their format: `{"format":1,…}` in a record and a
//! session, the digit of `c1.`, `d1.` and `e1.` in a token. There is one format so far. A version of this
//! library reads the formats it knows. It refuses a newer one before it looks at the rest:
//!
//! | an older version reads a newer | and answers | what the host does |
//! |---|---|---|
//! | record | [`Error::Store`](crate::verifier::Error::Store) with the error of the store, which names both formats; nobody gets in, and nothing is written | shows an error page, as whenever the store fails |
//! | challenge, enrollment | [`TokenError`](crate::session::TokenError) when it is parsed | begins the login or the enrollment again |
//! | device token | asks for a code; no device is forgotten, and the cookie stays valid | nothing |
//! | session | an error of serde, which names both formats | says "try again later". **Do not delete the row:** for the other instances it is a valid session |
//!
//! ```
//! use second_factor::Session;
//!
//! let row = r#"{"format":2,"account":"user-7"}"#; // written by an instance of the next version
//! let error = serde_json::from_str::<Session>(row).unwrap_err();
//! assert!(error.to_string().starts_with("format 2 is newer than 1"));
//! ```
//!
//! To avoid all of this, a version that introduces a format follows this rule: **version N+1 reads formats N
//! and N+1, and writes N until it is told otherwise.** The steps:
//!
//! 1. **Deploy N+1,** one instance after the other. It writes N, so the requests of one person can go to
//!    instances of both versions. Going back to version N is possible at any time.
//! 2. **Wait** until no instance of version N is left. Include those of jobs and of a standby.
//! 3. **Tell it to write N+1,** one instance after the other. A row changes its format when it is next
//!    written, a token or session when the next one is handed out. No walk over the rows is needed.
//!
//! With these steps nobody is asked for a code twice or logged out, and a code is accepted once, whichever
//! instances it is presented to. `tests/upgrade` runs every step, with a format 2 that was made for the test,
//! and uses another instance for every call.
//!
//! **In the wrong order,** that is if format N+1 is written while version N still runs, people whose requests
//! reach the older version get an error page, have to begin their login again, or are asked for a code on a
//! remembered device. This lets nobody in, overwrites nothing, charges no guess and forgets no device.
//! Replace the instances of version N, or have the others write N again, and everything works as before.
//!
//! **To go back from step 3,** have N+1 write N again, one instance after the other. Version N itself can run
//! again only once no row, session or token of format N+1 is left. A row keeps its format until it is next
//! written.
//!
//! # Restoring a backup
//!
//! A record contains what has ended: codes that were used, sessions that are over. A record from a backup does
//! not contain what has ended since the backup was taken. So these things become valid again.
//!
//! | valid again | until | ended by `end_what_a_backup_revived` |
//! |---|---|---|
//! | codes that were used in the last 90 seconds | they leave the window | yes; the codes of the current and the next step become void too, so an owner waits a minute at most |
//! | sessions that were ended, by any change or by "log out everywhere" | the host ends them | yes |
//! | logins that were completed or exhausted | ten minutes after the password | yes |
//! | enrollments that were over | ten minutes after they began | yes |
//! | remembered devices that were forgotten, or whose token was stolen | 30 days after their code | yes: all are forgotten |
//! | the mark of a password change that was in progress | the first login a minute later, which is told to try again | not necessary |
//! | guesses that were spent | | no: an attacker may get some back, at most the guess budget and its credit for each restore (30 guesses by default, 1 chance in 11,000) |
//! | recovery codes that were used | new ones are made | no |
//! | authenticators that were removed or replaced | they are removed again | no |
//! | [proofs](crate::session::HostAuthenticatorVerified) of the host's own authenticators that were used | the challenge of the host expires | no: the host must accept no answer to a challenge from before the restore |
//! | accounts that were closed | they are closed again | no |
//!
//! What was *begun* since the backup is lost. An account that enrolled after the backup no longer has a second
//! factor, so its password is enough. A phone that was bound after the backup is unknown, and the codes of the
//! earlier phone are asked for.
//!
//! What to do:
//!
//! 1. **Keep the service closed** until step 4 is done. What is listed above is valid from the moment of the
//!    restore.
//! 2. **Restore** these rows and the host's own tables (users, password hashes) to the same point in time.
//! 3. **Empty the host's session table,** if it has one.
//! 4. **Call [`end_what_a_backup_revived`](crate::Verifier::end_what_a_backup_revived)** for every account
//!    *of the host*, not only for those that have a row: an account without a row may have had one. This may
//!    be interrupted and repeated.
//! 5. **Open the service, and tell all owners** what happened. Ask them to check their list of
//!    authenticators, to make new recovery codes if they have used one since the backup, and to enroll again
//!    if they enrolled since. For each account the call adds the event
//!    [`Restored`](crate::session::EventKind::Restored) to the audit log: [tell
//!    owners](crate::session::EventKind::notify_owner) of it. An audit trail that was not restored with the
//!    rest says who did what since the backup: `AuthenticatorBound`, `AuthenticatorRemoved`,
//!    `RecoveryCodeUsed`, `PasswordChanged`, `AccountClosed`.
//!
//! ```
//! use second_factor::{AccountId, BlockingStore, BlockingVerifier};
//! use second_factor::verifier::Error;
//!
//! /// `accounts`: the ids of the host's users, page by page as above.
//! fn after_the_restore<S: BlockingStore>(
//!     verifier: &BlockingVerifier<S>,
//!     accounts: impl Iterator<Item = AccountId>,
//! ) -> Result<(), Error<S::Error>> {
//!     for account in accounts {
//!         // The host has already emptied its session table.
//!         let _ = verifier.end_what_a_backup_revived(&account)?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Owners who have used a recovery code since, or who no longer have the phone whose codes are asked for, get
//! in with a recovery code of the set in the backup, or by
//! [`administrator_reset`](crate::Verifier::administrator_reset).
//!
//! ## Only one of the two was restored
//!
//! **These rows are older than the host's tables.** Everything in the table above is valid again, so take the
//! same steps. If a session began after a change, and the rows no longer contain that change, the session is
//! over. Passwords are the current ones.
//!
//! **The host's tables are older than these rows.** Nothing in the table above is valid again, but things of the
//! host are. Passwords that were replaced since, perhaps because they were stolen, are valid again: for the
//! first step of a login, and for the whole login on a device that was remembered since. Sessions that the
//! host itself ended at a logout are current again, unless something else has ended the sessions of the account.
//! Empty the session table, make the call for each account whose password was changed since, and have these
//! owners choose another password. Rows of users who signed up since belong to nobody now:
//! [close](crate::Verifier::close_account) these accounts before their ids can be given to somebody else.
