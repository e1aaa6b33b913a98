//! From totp-rs and a table of secrets to this crate: one account after the other, while the service runs.
//!
//! At every moment exactly one of the two systems is in charge of an account, and a column of the old table says which one.
//! So no code is accepted by both, no account is ever without its second factor, and an account can be moved back. Apps and
//! old recovery codes keep working. The owners notice nothing, and no session ends.
//!
//! The steps below assume these tables, and codes of six digits that change every 30 seconds:
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
//! | 4 | enroll here | the version of step 2 |
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
//! Then change the old system so that one statement decides whether a code is accepted: it is accepted only if the statement
//! changes a row. `check` of totp-rs 6 returns the step; in version 5 it returns a `bool`, so upgrade first.
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
//! Also add `moved IS NULL` to every other statement with which the old system changes the account's second factor: the
//! statements that use up a recovery code, store a new secret, or delete the row. Delete rows whose enrollment was never
//! confirmed.
//!
//! **Check:** log in, log out, and type the same code again: it is refused. **Back:** deploy the version before.
//!
//! # 2. Both systems are deployed, and the old one is in charge
//!
//! Deploy the [store](crate::store), and a login that reads from the row which system is in charge:
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
//!         // The password alone is never enough, not even in the middle of a move.
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
//! For as long as the old system is in charge of an account, it also enrolls, steps up, changes the password and switches
//! the second factor off. For a moved account, this crate does. To switch the second factor of a moved account off, delete
//! the row first and then call [`disable`](crate::Verifier::disable), because a row demands a second factor.
//!
//! Sessions that began with the old login hold no [`Session`](crate::Session). Let them continue until they expire, but ask
//! for a new login before their owners change a password or a second factor of a moved account. What else your service
//! must do is in [`hosts`](super::hosts).
//!
//! **Check:** run a job that writes nothing. It reads every row, and compares the codes that both systems make from it.
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
//!     // Use `legacy` if the old system issued secrets of 80 to 127 bits.
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
//! /// Whether the row can be moved, and both systems make the same codes from it.
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
//! If your table holds key URIs, take the parameters that the apps were given from them. With other digits or another
//! period an import succeeds too, but then every code is refused:
//!
//! ```
//! use second_factor::{AccountId, Import, ImportedSecret, KeyUri};
//!
//! fn import_of(user_id: &str, key_uri: &str) -> Result<Import, Box<dyn std::error::Error>> {
//!     let uri = KeyUri::parse(key_uri)?;
//!     let params = uri.totp_params().ok_or("these codes are not time-based")?;
//!     let secret = ImportedSecret::new(uri.secret().clone())?;
//!     Ok(Import::by_host(AccountId::new(user_id)?, secret, params).quietly())
//! }
//! # assert!(import_of("ann", "otpauth://totp/A:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8").is_ok());
//! # assert!(import_of("ann", "otpauth://hotp/A:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1").is_err());
//! ```
//!
//! Continue when the result is `true` for every row. A row that cannot be moved, such as one with a secret of less than 80 bits, stays with
//! the old system until its owner enrolls again. **Back:** deploy the version before. Nothing was moved.
//!
//! # 3. Accounts are moved
//!
//! Move one of your own accounts first, then a hundred, then the rest. The job for one account may be interrupted and
//! repeated:
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
//!         // The job was interrupted after the import: the account is here already.
//!         Err(Error::Refused(Refusal::AlreadyBound)) => Ok(()),
//!         // It is unknown whether the account is here. Run the job again.
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
//!     // No code of a later step can be accepted here before the reset: one step of the window, and a minute for clocks
//!     // and delays.
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
//! Between the mark and the import, the login answers "try again". The hashes of the old recovery codes stay
//! in their table, and your service compares them:
//! [`try_old_recovery_code`](crate::Verifier::try_old_recovery_code) shows how. Delete the hash of a code that was used.
//!
//! **Check:** the audit log has an [`AuthenticatorBound`](crate::session::EventKind::AuthenticatorBound) with
//! [`ImportedQuietly`](crate::session::Binding::ImportedQuietly) for each account, and as many logins with a code
//! succeed as on the day before. If `moved` stays empty, the job was interrupted after the import: the account was moved,
//! and cannot be moved back.
//!
//! **Back:** run `move_back` for each account; only after that deploy the version of step 1. Accounts whose owners have
//! another authenticator by now cannot be moved back, so for these you must keep the newer version. When an account is moved
//! back, its sessions of this crate end. An event says that its second factor was removed; do not mail that to the owner. The
//! owner's codes are accepted again after two minutes. Close the account pages meanwhile, so that nobody replaces a phone at
//! that moment. The account can be moved again later, even if the way back was interrupted.
//!
//! # 4. New authenticators are enrolled here
//!
//! Once every row is moved, deploy a version that also uses [`begin_enrollment`](crate::Verifier::begin_enrollment) for
//! accounts without a row. Offer new recovery codes to the owners who have old ones.
//!
//! **Check:** no row has `moved IS NULL`, and no new row appears. **Back:** deploy the version of step 2. An account that was
//! enrolled here stays here, since no call returns its secret. Versions from before step 2 must not run any more: they look
//! only in the old table, and would let somebody into such an account with the password alone.
//!
//! # 5. The old table is deleted
//!
//! When you are sure that you will not go back, delete the secrets, since an attacker would look for them. Keep the
//! hashes of recovery codes until their owners have new ones. Remove totp-rs and the old form.
//!
//! **Back:** only a backup of the table still has the secrets. Protect it as you protected the table, and delete it in the
//! end.
