use crate::session::token::Reader;

/// The generation of an account's credentials: 128 random bits. They are new whenever a password change
/// begins, an authenticator is bound or removed (except by a quiet import), a device token turns out to be
/// stolen, all sessions are ended, or the account is closed or restored from a backup.
///
/// Whatever was made from a proof carries the epoch of that proof, and is void in another epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct Epoch(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] pub(crate) [u8; 16],
);

impl Epoch {
    /// The epoch of an account that has no record.
    pub(crate) const NONE: Self = Self([0; 16]);

    pub(crate) fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.array().map(Self)
    }
}
