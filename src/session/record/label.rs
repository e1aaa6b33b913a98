use alloc::string::String;

/// The most characters of a label that are kept.
pub(crate) const MAX_LABEL: usize = 64;

/// The name of a device or an authenticator, without characters that garble a line, and cut to [`MAX_LABEL`].
pub(crate) fn label(text: &str) -> String {
    text.chars().filter(|&c| !garbles(c)).take(MAX_LABEL).collect()
}

/// Whether a label is no longer than [`label`] makes it.
#[cfg(feature = "serde")]
pub(crate) fn is_label(text: &str) -> bool {
    text.chars().count() <= MAX_LABEL
}

/// Whether a character could forge or garble the line of a log or a list: control characters, separators of
/// lines and paragraphs, and the marks of Unicode's bidirectional algorithm (UAX #9 §2).
pub(crate) fn garbles(c: char) -> bool {
    const MARKS: [char; 3] = ['\u{61c}', '\u{200e}', '\u{200f}'];
    c.is_control() || MARKS.contains(&c) || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
