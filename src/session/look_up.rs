use core::hint::black_box;

use subtle::Choice;

use crate::otp::lowest::Lowest;

/// The first entry that matches, and its place.
///
/// Every entry is compared, whichever it is, and no branch tells before the last has been.
pub(crate) fn find<T>(entries: &[T], matches: impl Fn(&T) -> Choice) -> Option<(usize, &T)> {
    let mut found = Lowest::none();
    for (place, entry) in (0..).zip(entries) {
        found.offer(place, matches(entry));
    }
    reveal(entries, found)
}

/// Here the outcome, and nothing else, becomes a branch.
#[inline(never)]
fn reveal<T>(entries: &[T], found: Lowest) -> Option<(usize, &T)> {
    for (place, (number, entry)) in (0..).zip(entries).enumerate() {
        // Hidden from the optimizer, which would compute the place from what is found: the one returned is public.
        if black_box(found.is(number)) {
            return Some((place, entry));
        }
    }
    None
}

/// A condition on what is public, among those that are not.
pub(crate) fn only_if(public: bool) -> Choice {
    Choice::from(u8::from(public))
}

#[cfg(test)]
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
                only_if(*entry == wanted)
            });
            assert_eq!(found, place.map(|place| (place, &wanted)), "{wanted}");
            assert_eq!(compared.get(), entries.len(), "{wanted}");
        }
        assert_eq!(find(&[] as &[u8], |_| only_if(true)), None);
    }
}
