//! Ids of 128 bits for lists, logs and forms. They grant no access.

/// Defines such an id. Serde and `Display` write it as base32 text.
macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(try_from = "String", into = "String")
        )]
        pub struct $name([u8; 16]);

        impl $name {
            /// Reads the text that `Display` prints, as it comes back from a form.
            ///
            /// # Errors
            ///
            /// [`TokenError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, TokenError> {
                crate::session::token::text::decode_array(text).map(Self).ok_or(TokenError)
            }
        }

        /// As [`parse`](Self::parse).
        impl core::str::FromStr for $name {
            type Err = TokenError;

            fn from_str(text: &str) -> Result<Self, TokenError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = TokenError;

            fn try_from(text: String) -> Result<Self, TokenError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                alloc::string::ToString::to_string(&id)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&crate::session::token::text::encode(&self.0))
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

pub(super) use public_id;
