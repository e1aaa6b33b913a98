use alloc::boxed::Box;
use core::fmt;

#[cfg(feature = "sealing")]
use super::KeyRing;
use super::{Seal, TokenKeys};

/// The keys of a service: those that seal its secrets, and those that sign its tokens.
///
/// A [`KeyRing`](super::KeyRing) provides both and converts into this type. A host with a [`Seal`] of its own
/// passes [`TokenKeys`] along with it.
///
/// ```
/// use second_factor::session::{Keys, StoreSecretsInClear, TokenKey, TokenKeys};
///
/// let keys = Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([0x11; 32])));
/// assert_eq!(format!("{keys:?}"), "Keys { tokens: TokenKeys { signing: (1, TokenKey(..)), retired: [] }, .. }");
/// ```
pub struct Keys {
    seal: Box<dyn Seal>,
    tokens: TokenKeys,
}

impl Keys {
    /// Keys made of the host's own seal and the keys that sign tokens.
    pub fn new(seal: impl Seal + 'static, tokens: TokenKeys) -> Self {
        Self { seal: Box::new(seal), tokens }
    }

    pub(crate) fn seal(&self) -> &dyn Seal {
        &*self.seal
    }

    pub(crate) fn tokens(&self) -> &TokenKeys {
        &self.tokens
    }
}

/// One ring both seals secrets and signs tokens.
#[cfg(feature = "sealing")]
impl From<KeyRing> for Keys {
    fn from(ring: KeyRing) -> Self {
        let tokens = ring.token_keys().clone();
        Self::new(ring, tokens)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}
