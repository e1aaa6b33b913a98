//! The body of a token: fields, each with its length in front.

use alloc::vec::Vec;

use zeroize::Zeroizing;

/// Fields to be signed.
pub(crate) struct Fields(Zeroizing<Vec<u8>>);

impl Fields {
    pub(super) fn new() -> Self {
        // Enough for the longest token, so that it never grows and leaves a copy behind.
        Self(Zeroizing::new(Vec::with_capacity(super::MAX_BODY)))
    }

    /// Adds a field. Account ids, names and sealed secrets are all far below 64 KiB.
    pub(crate) fn push(&mut self, field: &[u8]) {
        let len = u16::try_from(field.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&len.to_be_bytes());
        self.0.extend_from_slice(field);
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// Fields as they are read back.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
        self.0 = rest;
        Some(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
