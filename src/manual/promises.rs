//! What this library promises, where in the code each promise is kept, and the tests that fail when it breaks.
//!
//! Start here to audit it. A row names the files to read and the tests to try; `.ci/standards` fails where one of them
//! does not exist. The model checker (`tests/model_checker`) looks for a way around all of them but the seventh, in
//! every order in which an owner, an attacker, two clocks and a store that loses replies can act.
//!
//! | | promise | kept in | shown by |
//! |---|---|---|---|
