//! Pages to read: no code in here.
//!
//! - [`promises`]: what is promised, where it is kept, and the tests; the page to begin with;
//! - [`threats`]: what must fail, row by row, and the test that shows that it does;
//! - [`standards`]: the clauses that are met, and the test that shows each;
//! - [`limits`]: every number of the default policy, in one table;
//! - [`operations`]: keys rotated, versions upgraded, backups restored.

pub mod limits;
pub mod operations;
pub mod promises;
pub mod standards;
pub mod threats;
