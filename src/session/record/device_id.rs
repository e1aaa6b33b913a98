use super::public_id::public_id;
use crate::enrollment::digest::{HalfDigest, sha256};
use crate::session::{AccountId, TokenError};

public_id! {
    /// Identifies a remembered device in lists, logs and forms. It is a hash of what the device's token
    /// holds, so it grants no access.
    DeviceId
}

impl DeviceId {
    /// The device of this series.
    pub(crate) fn of(account: &AccountId, series: &[u8; 16]) -> Self {
        let digest = sha256(&[b"second-factor/device-id/v1", account.as_bytes(), series]);
        Self(HalfDigest::of(&digest).0)
    }
}
