//! Ids of 128 bits for lists, logs and forms. They grant no access.

/// Defines such an id. Serde and `Display` write it as base32 text.
macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) [u8; 16]);

        impl $name {
            /// Reads the text that `Display` prints, as it comes back from a form.
            ///
            /// # Errors
            ///
            /// [`TokenError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, TokenError> {
                crate::enrollment::base32::decode_array(text).map(Self).ok_or(TokenError)
            }
        }

        /// As [`parse`](Self::parse).
        impl core::str::FromStr for $name {
            type Err = TokenError;

            fn from_str(text: &str) -> Result<Self, TokenError> {
                Self::parse(text)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                crate::enrollment::bytes_text::serialize_text(&self.0, to)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::enrollment::bytes_text::deserialize_text(from).map(Self)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&crate::enrollment::base32::encode(&self.0))
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
