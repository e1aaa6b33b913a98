//! Pages to read: no code in here.
//!
//! - [`threats`]: what must fail, row by row, and the test that shows that it does.

pub mod threats;
