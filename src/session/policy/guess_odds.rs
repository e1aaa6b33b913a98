use core::fmt;

use crate::otp::Window;

/// An upper bound on the chance that somebody with the password guesses a code within some time.
///
/// It holds for guesses without pause, from any number of machines, while the owner logs in as often as they
/// like: see [`Policy::guess_odds`](super::Policy::guess_odds).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GuessOdds {
    guesses: u64,
    /// How many of the 2³¹ truncated values, at most, make one guess right.
    winning: u64,
}

impl GuessOdds {
    /// The values that dynamic truncation yields (RFC 4226 §5.3).
    const VALUES: u64 = 1 << 31;

    /// The codes of six digits. Longer codes are harder to guess.
    const CODES: u64 = 1_000_000;

    pub(crate) fn new(guesses: u64, window: Window) -> Self {
        // 2³¹ is not a multiple of a power of ten, so some codes have one value more than the others. The
        // bound assumes such codes.
        let luckiest = Self::VALUES.div_ceil(Self::CODES);
        Self { guesses, winning: luckiest.saturating_mul(window.steps().into()) }
    }

    /// How many guesses are evaluated at most.
    pub fn guesses(&self) -> u64 {
        self.guesses
    }

    /// The chance as "at most one in …", rounded down, that is, in favor of the attacker.
    pub fn one_in(&self) -> u64 {
        Self::VALUES.checked_div(self.guesses.saturating_mul(self.winning)).unwrap_or(u64::MAX).max(1)
    }

    /// The chance as a number between 0 and 1.
    pub fn probability(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a probability is for reading; the bound that is enforced is `one_in`"
        )]
        let chance = self.guesses.saturating_mul(self.winning) as f64 / Self::VALUES as f64;
        chance.min(1.0)
    }
}

impl fmt::Display for GuessOdds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most 1 in {} ({} guesses)", self.one_in(), self.guesses)
    }
}
