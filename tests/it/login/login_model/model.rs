//! The rules of the login machine in the simplest form, not the fastest: steps are a list, codes are a set, tokens are
//! tuples, and the guess budget is computed from the whole history each time.

mod account;
mod budget;
mod changes;
mod login;
mod outcome;
mod second_step;

pub use account::{
    Account, Beside, Challenge, Enrollment, Issued, OLD_CODES, OldTry, Password, Proof, Reauthenticated,
    Rules, Session, Token,
};
pub use changes::{New, Step};
pub use outcome::{
    By, Demand, Event, Imported, Outcome, Presented, Refused, Sent, Shown, Which, how, why, why_forgotten,
};
