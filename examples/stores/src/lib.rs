//! Stores for `second-factor`, small enough to copy: a file each, with its schema beside it.
//!
//! | file | engine | what makes `Stored` durable |
//! |---|---|---|
//! | [`sqlite`] | SQLite through sqlx | WAL with `synchronous = FULL` |
//! | [`rusqlite`] | SQLite without async | the same |
//! | [`diesel`] | SQLite through diesel, without async | the same |
//! | [`postgres`] | PostgreSQL through sqlx | `synchronous_commit = on`, the default |
//! | [`etcd`] | etcd, through its JSON gateway | the synced logs of a majority of the members |
//! | [`mariadb`] | MariaDB or MySQL through sqlx | `innodb_flush_log_at_trx_commit = 1`, the default, and `sync_binlog = 1` if there is a binary log |
//! | [`redis`] | Redis, a script | `appendonly yes` with `appendfsync always`; see there |
//!
//! Over a network, a load is one round trip, and so is a swap with the events of its change. So a login needs three. In
//! SQLite a swap with events is a transaction of two statements.
//!
//! Each store writes an audit trail in the same atomic step as the record, unless it is made with `without_trail`.

pub mod diesel;
pub mod etcd;
pub mod mariadb;
pub mod postgres;
pub mod redis;
pub mod rusqlite;
pub mod sqlite;
