//! See `Cargo.toml`.
#![cfg(test)]

mod deploy;
mod instance;
mod next_version;
mod owner;
mod table;
mod this_version;
mod wrong_order;
