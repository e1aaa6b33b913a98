/// The generation of an account's credentials. The host keeps it in each session and asks
/// `is_current`; a session of an older epoch is over.
///
/// It changes whenever the password or the second factor does. The first change starts from a random number,
/// so that an account that is deleted and made again does not revive sessions of its earlier life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of an account that has no record yet.
    pub const NONE: Self = Self(0);

    /// The epoch of this number, as the host stored it in a session.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, for the host to store in a session. It fits a signed 64-bit column.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The next epoch; the one after [`NONE`](Self::NONE) starts anywhere in 48 bits.
    pub(crate) fn next(self, random: [u8; 6]) -> Self {
        const LAST: u64 = i64::MAX as u64;
        match self.0 {
            0 | LAST.. => {
                let start = random.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                Self(start.saturating_add(1))
            }
            number => Self(number.saturating_add(1)),
        }
    }
}
