use alloc::string::String;

/// The most characters of a label that are kept.
pub(crate) const MAX_LABEL: usize = 64;

/// What somebody calls a device or an authenticator, without control characters and cut to [`MAX_LABEL`].
pub(crate) fn label(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_LABEL).collect()
}

/// Whether a label is no longer than [`label`] makes it.
#[cfg(feature = "serde")]
pub(crate) fn is_label(text: &str) -> bool {
    text.chars().count() <= MAX_LABEL
}
