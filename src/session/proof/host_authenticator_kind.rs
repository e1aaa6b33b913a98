/// What kind of key a host-verified authenticator has.
///
/// Both prove the possession of a key by signing, so there is nothing to guess. A code that is sent in a
/// message is not such an authenticator: it can be guessed, and this library would not count the guesses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HostAuthenticatorKind {
    /// The key never leaves the hardware: a security key, a passkey bound to one device. `hwk` in RFC 8176 §2.
    HardwareKey,
    /// Software holds the key, and may copy it to other devices: a synchronized passkey. `swk` in RFC 8176 §2.
    SoftwareKey,
}
