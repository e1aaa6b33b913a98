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
    Account, Beside, Challenge, Enrollment, Issued, Password, Proof, Reauthenticated, Rules, Session, Token,
};
pub use outcome::{By, Event, Outcome, Presented, Refused, Sent, how, why, why_forgotten};
