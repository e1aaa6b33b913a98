/// Which characters there may be in a text that are not to be taken as they are.
///
/// Most texts have none of them, which is found out once, and many bytes at a time.
#[derive(Clone, Copy)]
pub(super) struct Marks(u8);

impl Marks {
    pub(super) const PERCENT: Self = Self(1);
    pub(super) const PLUS: Self = Self(2);
    /// What a URI writes as an escape, controls among it, and some punctuation that is seldom used.
    pub(super) const UNUSUAL: Self = Self(4);

    /// Those of a text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let Some(last) = bytes.last_chunk::<16>() else {
            return Self(bytes.iter().fold(0, |marks, byte| marks | mark(*byte)));
        };
        let mut marks = last.map(mark);
        for block in bytes.as_chunks::<16>().0 {
            for (marks, byte) in marks.iter_mut().zip(block) {
                *marks |= mark(*byte);
            }
        }
        Self(marks.iter().fold(0, |all, marks| all | marks))
    }

    /// Whether there may be one of these.
    pub(super) fn may_have(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }
}

/// Where the first character stands that a URI writes as an escape (RFC 3986 §2: neither unreserved, nor
/// reserved, nor `%`), `#` and the brackets of an IP address included.
pub(super) fn first_raw(text: &str) -> Option<usize> {
    text.bytes().position(|byte| {
        !byte.is_ascii_graphic()
            || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'['..=b'^' | b'`' | b'{'..=b'}')
    })
}

/// The mark that this byte is, if any.
#[inline]
fn mark(byte: u8) -> u8 {
    let among = |first: u8, last: u8| byte.wrapping_sub(first) <= last.wrapping_sub(first);
    let usual = among(b'$', b'Z') | among(b'a', b'z');
    let angle = among(b'<', b'<') | among(b'>', b'>');
    let only = |is: bool, mark: Marks| if is { mark.0 } else { 0 };
    only(byte == b'%', Marks::PERCENT)
        | only(byte == b'+', Marks::PLUS)
        | only(!usual | angle, Marks::UNUSUAL)
}
