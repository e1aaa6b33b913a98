use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Clause, Hook};

/// What the suite found. [`assert_complete`](Self::assert_complete) panics if something is wrong; `Display` prints
/// everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[must_use = "a report that nobody reads proves nothing: call `assert_complete`"]
pub struct Report {
    passed: Vec<&'static str>,
    skipped: Vec<(&'static str, Hook)>,
    failures: Vec<Failure>,
}

impl Report {
    /// Panics with the report unless every case was run and passed. Call it at the end of a store's test.
    ///
    /// # Panics
    ///
    /// If a case failed or was skipped.
    #[track_caller]
    pub fn assert_complete(&self) {
        self.assert();
        assert!(self.skipped.is_empty(), "{self}");
    }

    /// Panics with the report unless every case that was run passed. Use it for a store for which some cases cannot be run,
    /// such as one that keeps no audit trail: [`skipped`](Self::skipped) has the cases that were not run.
    ///
    /// # Panics
    ///
    /// If a case failed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.failures.is_empty(), "{self}");
    }

    /// The cases that passed.
    pub fn passed(&self) -> &[&'static str] {
        &self.passed
    }

    /// The cases that were not run, and the hook that each needs.
    pub fn skipped(&self) -> &[(&'static str, Hook)] {
        &self.skipped
    }

    /// The clauses that were broken, in the order of the cases.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    pub(super) fn skip(&mut self, case: &'static str, needs: Hook) {
        self.skipped.push((case, needs));
    }

    pub(super) fn note(&mut self, case: &'static str, outcome: Result<(), Broken>) {
        match outcome {
            Ok(()) => self.passed.push(case),
            Err(Broken { clause, expected, found }) => {
                self.failures.push(Failure { case, clause, expected, found });
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, skipped, failed) = (self.passed.len(), self.skipped.len(), self.failures.len());
        writeln!(f, "store conformance: {passed} passed, {failed} failed, {skipped} skipped")?;
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        for (case, hook) in &self.skipped {
            write!(f, "\nskipped `{case}`: the suite was given no `{hook}`")?;
        }
        Ok(())
    }
}

/// A case that failed: which clause was broken, what was expected, what came, and what usually causes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    case: &'static str,
    clause: Clause,
    expected: String,
    found: String,
}

impl Failure {
    /// The case.
    pub fn case(&self) -> &'static str {
        self.case
    }

    /// The clause that was broken.
    pub fn clause(&self) -> Clause {
        self.clause
    }

    /// What was expected.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What came instead.
    pub fn found(&self) -> &str {
        &self.found
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "case `{}` failed", self.case)?;
        writeln!(f, "  clause:       {}", self.clause)?;
        writeln!(f, "  expected:     {}", self.expected)?;
        writeln!(f, "  came:         {}", self.found)?;
        writeln!(f, "  usual cause:  {}", self.clause.usual_cause())
    }
}

/// A failure; the caller knows its case.
#[derive(Debug)]
pub(super) struct Broken {
    clause: Clause,
    expected: String,
    found: String,
}

impl Broken {
    pub(super) fn new(clause: Clause, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { clause, expected: expected.into(), found: found.into() }
    }

    /// The same, with `what` added to the expectation.
    pub(super) fn about(mut self, what: &str) -> Self {
        self.expected = [&self.expected, " (", what, ")"].concat();
        self
    }
}
