//! Stores for `second-factor`, small enough to copy: a file each, with its schema beside it.
//!
//! | file | engine | what `Stored` rests on |
//! |---|---|---|
//! | [`sqlite`] | SQLite through sqlx | WAL with `synchronous = FULL` |
//! | [`rusqlite`] | SQLite without async | the same |
//! | [`diesel`] | SQLite through diesel, without async | the same |
//! | [`postgres`] | PostgreSQL through sqlx | `synchronous_commit = on`, the default |
//! | [`etcd`] | etcd, through its JSON gateway | the synced logs of a majority of the members |
//! | [`redis`] | Redis, a script | `appendonly yes` with `appendfsync always`; see there |
//!
//! A load is one statement, a swap is one statement: a login is three round trips.

pub mod diesel;
pub mod etcd;
pub mod postgres;
pub mod redis;
pub mod rusqlite;
pub mod sqlite;
