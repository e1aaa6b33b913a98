use super::KeyUriError;
use super::part::Part;

/// Where a byte first stands, eight of them looked at together.
#[inline]
pub(super) fn position(text: &str, wanted: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk() else { return position_among_few(bytes, wanted) };
    let mut before = 0_usize;
    for word in bytes.as_chunks().0 {
        if let Some(place) = place(u64::from_le_bytes(*word), wanted) {
            return Some(before.saturating_add(place));
        }
        before = before.saturating_add(8);
    }
    // These overlap with what was looked at before, where it is not.
    let place = place(u64::from_le_bytes(*last), wanted)?;
    Some(bytes.len().saturating_sub(8).saturating_add(place))
}

/// The same for fewer than eight. Four of them and the last four, which overlap, are enough for most.
fn position_among_few(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return bytes.iter().position(|byte| *byte == wanted);
    };
    let [first, last] = [*first, *last].map(|four| u64::from(u32::from_le_bytes(four)));
    match place(first | last << 32, wanted)? {
        place @ 0..4 => Some(place),
        place => Some(bytes.len().saturating_add(place).saturating_sub(8)),
    }
}

/// Where a byte first stands among eight.
#[inline]
fn place(word: u64, wanted: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // The byte sought becomes zero, and the first that is zero is the first to borrow.
    let difference = word ^ u64::from_le_bytes([wanted; 8]);
    let zero = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
    if zero == 0 { None } else { usize::try_from(zero.trailing_zeros() / 8).ok() }
}

/// One byte of a text with its escapes undone.
#[derive(Clone, Copy)]
pub(super) struct Byte {
    pub(super) value: u8,
    pub(super) escaped: bool,
    /// Where it begins and ends in the raw text.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The bytes of a text with its escapes undone, each with where it came from.
pub(super) struct Bytes<'a> {
    raw: &'a [u8],
    at: usize,
    next: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(part: Part<'a>) -> Self {
        Self { raw: part.text.as_bytes(), at: part.at, next: 0 }
    }
}

impl Iterator for Bytes<'_> {
    type Item = Result<Byte, KeyUriError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next;
        let byte = match self.raw.get(start..)? {
            [] => return None,
            [b'%', ..] => {
                let Some(value) = escaped(self.raw, start) else {
                    self.next = self.raw.len();
                    return Some(Err(KeyUriError::Escape { position: self.at.saturating_add(start) }));
                };
                Byte { value, escaped: true, start, end: start.saturating_add(3) }
            }
            [value, ..] => Byte { value: *value, escaped: false, start, end: start.saturating_add(1) },
        };
        self.next = byte.end;
        Some(Ok(byte))
    }
}

/// The byte whose escape begins at `start`, its percent sign.
#[inline]
pub(super) fn escaped(raw: &[u8], start: usize) -> Option<u8> {
    let [_, high, low] = raw.get(start..)?.first_chunk()?;
    Some(hex(*high)? << 4 | hex(*low)?)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'A'..=b'F' => digit.checked_sub(b'A' - 10),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}
