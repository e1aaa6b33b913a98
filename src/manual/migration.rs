//! From totp-rs and a table of secrets to this crate: one account after the other, while the service runs.
//!
//! At every moment one of the two systems is in charge of an account, and a column of the old table says which. So no code
//! is accepted by both, no account is without its second factor for a moment, and an account can be moved back. Apps and
//! old recovery codes go on working. Nobody is told, and no session ends.
//!
//! What follows assumes this table, with a code of six digits every 30 seconds:
//!
//! ```sql
//! CREATE TABLE totp (user_id TEXT PRIMARY KEY, secret TEXT NOT NULL);
//! CREATE TABLE recovery_codes (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, hash TEXT NOT NULL);
//! ```
//!
//! | step | what you do | the way back |
//! |---|---|---|
//! | 1 | the old system remembers the last step | the version before |
//! | 2 | deploy both, and compare | the version before |
//! | 3 | move accounts | move them back |
//! | 4 | enroll here | the version of step 3 |
//! | 5 | drop the old table | your backup |
//!
//! # 1. The old system remembers the last step
//!
//! Add two columns. The version before does not look at them.
//!
//! ```sql
//! ALTER TABLE totp ADD last_step BIGINT; -- of the last code that was accepted
//! ALTER TABLE totp ADD moved TEXT;       -- NULL: the old system is in charge
//! ```
//!
//! Then have the old system accept a code in one statement, and only where it changes a row. `check` of totp-rs 6 returns
//! the step; in 5 it returns a `bool`, so upgrade first.
//!
//! ```
//! # struct Database;
//! # impl Database { fn execute(&self, _: &str, _: (u64, &str)) -> u64 { 1 } }
//! fn accept(db: &Database, user: &str, secret: &str, typed: &str, now: u64) -> Result<bool, Box<dyn std::error::Error>> {
//!     let secret = totp_rs::Secret::try_from_base32(secret)?;
//!     let totp = totp_rs::Builder::new().with_secret(secret).build()?;
//!     let Some(step) = totp.check(typed, now) else { return Ok(false) };
//!     let rows = db.execute(
//!         "UPDATE totp SET last_step = $1
//!          WHERE user_id = $2 AND moved IS NULL AND (last_step IS NULL OR last_step < $1)",
//!         (step, user),
//!     );
//!     Ok(rows == 1)
//! }
//! # assert!(!accept(&Database, "ann", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "000000", 59).unwrap());
//! # assert!(accept(&Database, "ann", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", 59).unwrap());
//! ```
//!
//! An old recovery code is used up in the same way: `DELETE` its row only where `moved IS NULL`.
//!
//! **Check:** log in, log out, and type the same code again: it is refused. **Back:** deploy the version before.
//!
//! # 2. Both are deployed, and the old one is in charge
//!
//! Deploy the [store](crate::store) and a login that asks the row who is in charge:
//!
//! ```
//! use second_factor::{
//!     AccountId, BlockingStore, BlockingVerifier, ChallengeToken, Error, Login, PasswordVerified, Requirement, Session,
//! };
//!
//! /// The account's row of the old table.
//! struct Row {
//!     moved: Option<String>,
//!     // …
//! }
//!
//! enum Next {
//!     LoggedIn(Session),
//!     /// The form of the old system.
//!     OldCode,
//!     /// The form of this crate.
//!     Code(ChallengeToken),
//!     /// "Please try again in a minute."
//!     TryAgain,
//! }
//!
//! fn log_in<S: BlockingStore>(
//!     verifier: &BlockingVerifier<S>,
//!     account: &AccountId,
//!     compare_hash: impl FnOnce() -> bool,
//!     read_row: impl FnOnce() -> Option<Row>,
//! ) -> Result<Option<Next>, Error<S::Error>> {
//!     let check = verifier.check_password(account);
//!     if !compare_hash() {
//!         return Ok(None);
//!     }
//!     let proof = PasswordVerified::by_host(check);
//!     let proof = match read_row() {
//!         Some(Row { moved: None, .. }) => return Ok(Some(Next::OldCode)),
//!         // Never by the password alone, not even half-way through a move.
//!         Some(Row { moved: Some(_), .. }) => proof.demanding(Requirement::Enrolled),
//!         None => proof,
//!     };
//!     Ok(Some(match verifier.password_verified(proof, None)? {
//!         Login::Complete(accepted) => Next::LoggedIn(accepted.authenticated.into_session()),
//!         Login::CodeRequired(challenge) => Next::Code(challenge),
//!         Login::EnrollmentRequired(_) => Next::TryAgain,
//!     }))
//! }
//! # use second_factor::{KeyRing, MemoryStore, Policy, SealingKey};
//! # let keys = KeyRing::new(1, SealingKey::new([7; 32]));
//! # let verifier = BlockingVerifier::new(MemoryStore::new(), Policy::new("Example").unwrap(), keys);
//! # let next = |row: Option<Row>| log_in(&verifier, &AccountId::new("ann").unwrap(), || true, || row).unwrap().unwrap();
//! # assert!(matches!(next(None), Next::LoggedIn(_)));
//! # assert!(matches!(next(Some(Row { moved: None })), Next::OldCode));
//! # assert!(matches!(next(Some(Row { moved: Some(String::new()) })), Next::TryAgain));
//! ```
//!
//! Enrollment, and the page on which a second factor is switched off, stay with the old system for as long as the account
//! is with it. Where the page of a moved account switches it off, it deletes the row first, and then calls
//! [`disable`](crate::Verifier::disable): the row demands a second factor. Sessions that the old login begins hold no
//! [`Session`](crate::Session): let them go on until they expire, and have their owners log in again before they change a
//! password or a factor.
//!
//! **Check:** a job that writes nothing reads every row and compares what both systems make of it.
//!
//! ```
//! use second_factor::otp::TimeStep;
//! use second_factor::{AccountId, Import, ImportedSecret, Secret, Totp, TotpParams, UnixTime};
//!
//! struct Row {
//!     user_id: String,
//!     secret: String,
//!     last_step: Option<u64>,
//!     recovery_codes: Vec<i64>,
//! }
//!
//! type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
//!
//! fn import_of(row: &Row) -> Result<Import> {
//!     // `legacy` where the old system issued secrets of 80 to 127 bits.
//!     let secret = ImportedSecret::new(Secret::from_base32(&row.secret)?)?;
//!     let import = Import::by_host(AccountId::new(&*row.user_id)?, secret, TotpParams::default())
//!         .recovery_codes(row.recovery_codes.iter().map(i64::to_string))?
//!         .quietly();
//!     Ok(match row.last_step {
//!         Some(step) => import.last_accepted(TimeStep::new(step)),
//!         None => import,
//!     })
//! }
//!
//! /// Whether the row can be moved, and both systems make the same codes of it.
//! fn compare(row: &Row, now: u64) -> Result<bool> {
//!     let _would_be_imported = import_of(row)?;
//!     let old = totp_rs::Builder::new().with_secret(totp_rs::Secret::try_from_base32(&row.secret)?).build()?;
//!     let new = Totp::new(&Secret::from_base32(&row.secret)?, TotpParams::default());
//!     Ok(old.check(new.generate(UnixTime::from_secs(now)).expose(), now) == Some(now / 30))
//! }
//! # let row = |secret: &str| Row { user_id: "ann".into(), secret: secret.into(), last_step: Some(1), recovery_codes: vec![31, 32] };
//! # assert!(compare(&row("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 1_700_000_000).unwrap());
//! # assert!(compare(&row("JBSWY3DPEHPK3PXP"), 1_700_000_000).is_err());
//! ```
//!
//! Go on when every row is `true`. What cannot be moved, such as a secret of less than 80 bits, stays with the old system
//! until its owner enrolls again. **Back:** deploy the version before. Nothing was moved.
//!
//! # 3. Accounts are moved
//!
//! One of your own first, then a hundred, then the rest. A job does this for each, and may be interrupted and repeated:
//!
//! ```
//! use second_factor::{AccountId, AdministratorReset, BlockingStore, BlockingVerifier, Error, Import, Refusal};
//!
//! # struct Row { moved: Option<String> }
//! # struct Table(std::cell::RefCell<Row>);
//! # impl Table {
//! #     fn mark(&self, _: &AccountId) -> Result<Row> { self.0.borrow_mut().moved.get_or_insert_default(); Ok(Row { moved: self.0.borrow().moved.clone() }) }
//! #     fn moved(&self, _: &AccountId, id: &str) -> Result<()> { self.0.borrow_mut().moved = Some(id.into()); Ok(()) }
//! #     fn read(&self, _: &AccountId) -> Result<Row> { Ok(Row { moved: self.0.borrow().moved.clone() }) }
//! #     fn last_step(&self, _: &AccountId, _: u64) -> Result<()> { Ok(()) }
//! #     fn give_back(&self, _: &AccountId) -> Result<()> { self.0.borrow_mut().moved = None; Ok(()) }
//! # }
//! # type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
//! # fn import_of(_: &Row) -> Result<Import> {
//! #     use second_factor::{ImportedSecret, Secret, TotpParams};
//! #     let secret = ImportedSecret::new(Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?)?;
//! #     Ok(Import::by_host(AccountId::new("ann")?, secret, TotpParams::default()).quietly())
//! # }
//! fn move_here<S: BlockingStore>(verifier: &BlockingVerifier<S>, totp: &Table, account: &AccountId) -> Result<()> {
//!     // UPDATE totp SET moved = '' WHERE user_id = $1 AND moved IS NULL
//!     // Only then SELECT the row: from now on the old system accepts nothing.
//!     let row = totp.mark(account)?;
//!     match verifier.import(import_of(&row)?) {
//!         Ok(_) => {
//!             // UPDATE totp SET moved = $2 WHERE user_id = $1
//!             let bound = verifier.status(account)?.authenticators;
//!             let ids: Vec<_> = bound.iter().map(|bound| bound.id.to_string()).collect();
//!             totp.moved(account, &ids.concat())?;
//!             Ok(())
//!         }
//!         // Interrupted after the import: it is here.
//!         Err(Error::Refused(Refusal::AlreadyBound)) => Ok(()),
//!         // Whether it is here is unknown. Run the job again.
//!         Err(error) => Err(error.into()),
//!     }
//! }
//!
//! /// Whether the old system is in charge again.
//! fn move_back<S: BlockingStore>(
//!     verifier: &BlockingVerifier<S>,
//!     totp: &Table,
//!     account: &AccountId,
//!     operator: &AccountId,
//!     now: u64,
//! ) -> Result<bool> {
//!     let bound = verifier.status(account)?.authenticators;
//!     let ids: Vec<_> = bound.iter().map(|bound| bound.id.to_string()).collect();
//!     if totp.read(account)?.moved.as_slice() != ids {
//!         return Ok(false); // the owner has another authenticator by now
//!     }
//!     // UPDATE totp SET last_step = $2 WHERE user_id = $1
//!     // No later code is accepted here before the reset: a step of the window, and a minute for clocks and delays.
//!     totp.last_step(account, now / 30 + 3)?;
//!     let _ended = verifier.administrator_reset(AdministratorReset::by_host(account.clone(), operator)?)?;
//!     // UPDATE totp SET moved = NULL WHERE user_id = $1
//!     totp.give_back(account)?;
//!     Ok(true)
//! }
//! # use second_factor::{KeyRing, MemoryStore, Policy, SealingKey};
//! # let keys = KeyRing::new(1, SealingKey::new([7; 32]));
//! # let verifier = BlockingVerifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
//! # let [ann, operator] = [AccountId::new("ann")?, AccountId::new("operator")?];
//! # let totp = Table(Row { moved: None }.into());
//! # for _ in 0..2 {
//! #     move_here(&verifier, &totp, &ann)?;
//! #     move_here(&verifier, &totp, &ann)?;
//! #     assert!(verifier.status(&ann)?.is_enabled());
//! #     assert!(move_back(&verifier, &totp, &ann, &operator, 1)?);
//! #     assert!(!verifier.status(&ann)?.is_enabled());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Between the mark and the import, which is a moment, the login answers "try again". Recovery codes are hashed by the old
//! system's function, so the host compares them:
//! [`try_old_recovery_code`](crate::Verifier::try_old_recovery_code) shows how. Delete the row of one that was used.
//!
//! **Check:** the audit log has an [`AuthenticatorBound`](crate::session::EventKind::AuthenticatorBound) with
//! [`ImportedQuietly`](crate::session::Binding::ImportedQuietly) for each account, and logins with a code go on at the rate
//! of the day before. A row whose `moved` stays empty was interrupted after the import. It is here, and stays here.
//!
//! **Back:** `move_back` for each account that still has its old authenticator; the others stay. The account's sessions of
//! this crate end, and an event says that its second factor was removed: hold that mail back. Its next code is accepted
//! after two minutes. Close the account pages meanwhile, so that nobody replaces a phone while it is moved. An account can
//! be moved here again, also where the way back was interrupted.
//!
//! # 4. New authenticators are enrolled here
//!
//! Once every row is moved, enroll by [`begin_enrollment`](crate::Verifier::begin_enrollment) for accounts that have no row,
//! too. Offer those that moved new recovery codes: the old ones count as what they are.
//!
//! **Check:** no row has `moved IS NULL`, and none appears. **Back:** deploy the version of step 3. What was enrolled here
//! stays here, since no call returns its secret; so the versions of steps 1 and 2, which know the old table alone, would
//! let these accounts in by the password. Do not deploy them any more.
//!
//! # 5. The old table goes
//!
//! When you would not go back for any account: delete the secrets, which is what an attacker would look for. Keep the hashes
//! of recovery codes until their owners have new ones. Remove totp-rs and the old form.
//!
//! **Back:** a backup of the table has the secrets that were moved, as long as you keep it. Keep it as well as you kept the
//! table.
