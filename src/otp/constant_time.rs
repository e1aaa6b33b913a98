//! Searches whose time and branches do not depend on where they find something.
//!
//! A search looks at every candidate. Only at the end, in a `reveal` function, is there a branch on the
//! result. These functions are never inlined, because `benches/constant-time.supp` names them as the places
//! where a branch may depend on a secret.

#[cfg(feature = "alloc")]
use core::hint::black_box;

use subtle::Choice;
#[cfg(feature = "alloc")]
use subtle::ConstantTimeEq;

use super::{TimeStep, Verdict};

/// The first of the offered numbers that matched. Keeping it takes no branch on whether or where one matched.
#[derive(Clone, Copy)]
pub(crate) struct FirstMatch {
    number: u64,
    /// All ones once a number has matched, zero before that.
    found: u64,
}

impl FirstMatch {
    pub(crate) fn none() -> Self {
        Self { number: 0, found: 0 }
    }

    /// Keeps `number` if it matches and no earlier number did.
    pub(crate) fn offer(&mut self, number: u64, matches: Choice) {
        let matches = 0_u64.wrapping_sub(matches.unwrap_u8().into());
        self.number |= number & matches & !self.found;
        self.found |= matches;
    }

    /// The number that was found. Call it once every number has been offered.
    #[inline(never)]
    pub(crate) fn reveal(self) -> Option<u64> {
        (self.found != 0).then_some(self.number)
    }

    /// Whether `number` is the one that was found. Call it once every number has been offered.
    #[cfg(feature = "alloc")]
    fn is(self, number: u64) -> bool {
        (self.number ^ number) | !self.found == 0
    }
}

/// The verdict on a code that was compared with the acceptable steps and with the used ones.
#[inline(never)]
pub(crate) fn reveal_verdict(accepted: FirstMatch, replayed: FirstMatch) -> Verdict {
    match (accepted.reveal(), replayed.reveal()) {
        (Some(step), _) => Verdict::Accepted(TimeStep::new(step)),
        (None, Some(step)) => Verdict::Replayed(TimeStep::new(step)),
        (None, None) => Verdict::Wrong,
    }
}

/// The first entry that matches, and its place. Every entry is compared, whichever one matches.
#[cfg(feature = "alloc")]
pub(crate) fn find<T>(entries: &[T], matches: impl Fn(&T) -> Choice) -> Option<(usize, &T)> {
    let mut found = FirstMatch::none();
    for (place, entry) in (0..).zip(entries) {
        found.offer(place, matches(entry));
    }
    reveal_entry(entries, found)
}

#[cfg(feature = "alloc")]
#[inline(never)]
fn reveal_entry<T>(entries: &[T], found: FirstMatch) -> Option<(usize, &T)> {
    for (place, (number, entry)) in (0..).zip(entries).enumerate() {
        // Behind `black_box`, so that what is returned is the loop's own counter. The optimizer would
        // otherwise return `found.number`, which memcheck still sees as secret.
        if black_box(found.is(number)) {
            return Some((place, entry));
        }
    }
    None
}

/// Whether two tags or digests are equal.
#[cfg(feature = "alloc")]
pub(crate) fn reveal_equal<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    reveal(one.ct_eq(other))
}

/// The result of a comparison as a `bool`.
#[cfg(feature = "alloc")]
#[inline(never)]
pub(crate) fn reveal(equal: Choice) -> bool {
    // Behind `black_box`, so that what is returned is the constant `true`. The optimizer would otherwise
    // return the result of the comparison, which memcheck still sees as secret.
    if equal.into() { black_box(true) } else { false }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use core::cell::Cell;

    use super::*;

    #[test]
    fn f32_every_entry_is_compared_whichever_matches() {
        let entries = [10, 11, 12, 13, 11];
        for (wanted, place) in [(10, Some(0)), (11, Some(1)), (12, Some(2)), (13, Some(3)), (9, None)] {
            let compared = Cell::new(0);
            let found = find(&entries, |entry| {
                compared.set(compared.get() + 1);
                Choice::from(u8::from(*entry == wanted))
            });
            assert_eq!(found, place.map(|place| (place, &wanted)), "{wanted}");
            assert_eq!(compared.get(), entries.len(), "{wanted}");
        }
        assert_eq!(find(&[] as &[u8], |_| Choice::from(1)), None);
    }
}
