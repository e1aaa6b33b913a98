//! What a second factor costs a login.
//!
//! - Checking a code against a window of three steps, with SHA-1 (the default) and the key set up, takes less
//!   than half the time of totp-rs and less than a third of that of totp-rfc. It also takes less time than
//!   six calls of the compression function of the hash one after the other.
//! - Reading a key URI takes no longer than with totp-rs.
//! - A whole second step (open the sealed secret, verify the code, decide, seal, swap the record) takes less
//!   than a thousandth of the time of an Argon2id password hash.
//!
//! `cargo bench` measures these and prints one table, which also shows aims that are missed;
//! `benches/README.md` says how to read it. With a database, a login costs three round trips and one write;
//! the README of `examples/stores` has the details.
