use subtle::{Choice, ConditionallySelectable};

/// The first number offered that matched, kept without a branch on whether and where that was.
#[derive(Clone, Copy)]
pub(super) struct Lowest {
    number: u64,
    found: Choice,
}

impl Lowest {
    pub(super) fn none() -> Self {
        Self { number: 0, found: Choice::from(0) }
    }

    /// Numbers are offered in ascending order; one that matches counts unless an earlier one has.
    pub(super) fn offer(&mut self, number: u64, matches: Choice) {
        self.number.conditional_assign(&number, matches & !self.found);
        self.found |= matches;
    }

    /// What is found, once every number has been offered.
    pub(super) fn reveal(self) -> Option<u64> {
        bool::from(self.found).then_some(self.number)
    }
}

/// A choice on something public.
pub(super) fn public(condition: bool) -> Choice {
    Choice::from(u8::from(condition))
}
