/// `Debug` for types whose content must not be shown: the name and two dots, as in `Secret(..)`.
macro_rules! redacted_debug {
    ($name:ident) => {
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

pub(crate) use redacted_debug;
