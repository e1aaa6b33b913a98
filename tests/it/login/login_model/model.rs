//! The login machine as its rules are told, in plain structs and by the longest way: steps are a list, codes are a
//! set, tokens are tuples, and what is left of the guess budget is worked out anew from the history each time it is
//! asked for.

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
