//! Whether somebody's store is correct, as something to call.

mod bench;
mod blocking;
mod cases;
mod clause;
mod faulty;
mod hooks;
mod race;
mod report;
mod samples;
mod suite;

pub use blocking::BlockingSuite;
pub use clause::Clause;
pub use faulty::{Fault, Faulty, FaultyError};
pub use hooks::Hook;
pub use race::Task;
pub use report::{Failure, Report};
pub use suite::Suite;
