/// What the host verified first, before it called this library.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FirstFactor {
    /// A password.
    #[default]
    Password,
    /// Something else: a link in a mail, a single sign-on. No `pwd` is claimed for it (RFC 8176 §2).
    Other,
}

impl FirstFactor {
    /// Its number in a token.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Password => 0,
            Self::Other => 1,
        }
    }

    pub(crate) const fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Password),
            1 => Some(Self::Other),
            _ => None,
        }
    }
}
