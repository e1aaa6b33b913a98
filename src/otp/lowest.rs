use subtle::Choice;

/// The first number offered that matched, kept without a branch on whether and where that was.
#[derive(Clone, Copy)]
pub(crate) struct Lowest {
    number: u64,
    /// All ones once one has matched, else zero.
    found: u64,
}

impl Lowest {
    pub(crate) fn none() -> Self {
        Self { number: 0, found: 0 }
    }

    /// Numbers are offered in ascending order; one that matches counts unless an earlier one has.
    pub(crate) fn offer(&mut self, number: u64, matches: Choice) {
        let matches = 0_u64.wrapping_sub(matches.unwrap_u8().into());
        self.number |= number & matches & !self.found;
        self.found |= matches;
    }

    /// Whether it is this number that is found, once every number has been offered.
    #[cfg(feature = "alloc")]
    pub(crate) fn is(self, number: u64) -> bool {
        (self.number ^ number) | !self.found == 0
    }

    /// What is found, once every number has been offered.
    pub(crate) fn reveal(self) -> Option<u64> {
        (self.found != 0).then_some(self.number)
    }
}
