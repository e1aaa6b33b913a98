//! What a second factor costs a login.
//!
//! - Checking a code over a window of three steps takes less than half of the time of totp-rs and a third of totp-rfc's,
//!   and less than six calls of the hash's compression function one after the other.
//! - Reading a key URI takes no longer than with totp-rs.
//! - A whole second step (open the sealed secret, verify, decide, seal, swap) takes under a thousandth of an Argon2id
//!   password hash.
//!
//! `cargo bench` measures these and prints one table, aims that are missed included; `benches/README.md` says how to read
//! it. What a login costs with a database behind it is in the README of `examples/stores`: three round trips and one
//! write.
