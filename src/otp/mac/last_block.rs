//! The last block of SHA-1 and SHA-256, around what is hashed.

/// The blocks of SHA-1 and SHA-256, in quarters.
///
/// Their compression functions load 16 bytes at once, and such a load waits for narrower stores that are still
/// under way. So each quarter is computed and stored as one.
pub(super) type Block = [[u8; 16]; 4];

/// What the last block holds beside the message (FIPS 180-4 §5.1.1): the bit that ends it, zeros, its length in bits.
///
/// To be handed over where the compiler cannot see the values: those it knows, it stores in pieces as narrow as it pleases.
#[repr(align(64))] // Begins with a line of the cache: no quarter lies across two.
pub(crate) struct LastBlock {
    /// Words as they lie in memory, zero where the message is.
    quarters: [[u32; 4]; 4],
    /// All ones where the message is, in the quarter in which it ends and the padding begins.
    message: [u32; 4],
}

impl LastBlock {
    /// That of a counter, after a block of key.
    pub(super) const OF_COUNTER: Self = Self {
        quarters: [[0, 0, END, 0], [0; 4], [0; 4], [0, 0, 0, bits(64 + 8)]],
        message: [u32::MAX, u32::MAX, 0, 0],
    };

    /// That of a digest of SHA-1, after a block of key.
    pub(super) const OF_SHA1: Self = Self {
        quarters: [[0; 4], [0, END, 0, 0], [0; 4], [0, 0, 0, bits(64 + 20)]],
        message: [u32::MAX, 0, 0, 0],
    };

    /// That of a digest of SHA-256, after a block of key.
    pub(super) const OF_SHA256: Self =
        Self { quarters: [[0; 4], [0; 4], [END, 0, 0, 0], [0, 0, 0, bits(64 + 32)]], message: [0; 4] };

    /// Around a message of two words.
    pub(super) fn around_counter(&self, [high, low]: [u32; 2]) -> Block {
        let [end, second, third, fourth] = self.quarters;
        [self.ending([high, low, high, low], end), bytes(second), bytes(third), bytes(fourth)]
    }

    /// Around a message of five words.
    pub(super) fn around_sha1(&self, [first @ .., last]: [u32; 5]) -> Block {
        let [_, end, third, fourth] = self.quarters;
        [message(first), self.ending([last; 4], end), bytes(third), bytes(fourth)]
    }

    /// Around a message of eight words.
    pub(super) fn around_sha256(&self, [a, b, c, d, second @ ..]: [u32; 8]) -> Block {
        let [_, _, end, fourth] = self.quarters;
        [message([a, b, c, d]), message(second), bytes(end), bytes(fourth)]
    }

    /// The quarter in which a message ends. What is done alike in each place is done in all of them at once.
    fn ending(&self, words: [u32; 4], mut quarter: [u32; 4]) -> [u8; 16] {
        for ((to, word), message) in quarter.iter_mut().zip(words).zip(self.message) {
            *to |= word.to_be() & message;
        }
        bytes(quarter)
    }
}

/// The bit that ends a message, as the first of its word. As it lies in memory.
const END: u32 = 0x8000_0000_u32.to_be();

/// How many bits so many bytes are, as it lies in memory.
const fn bits(bytes: u32) -> u32 {
    bytes.saturating_mul(8).to_be()
}

fn message(words: [u32; 4]) -> [u8; 16] {
    bytes(words.map(u32::to_be))
}

fn bytes(words: [u32; 4]) -> [u8; 16] {
    words.map(u32::to_ne_bytes).as_flattened().first_chunk().copied().unwrap_or_default()
}
