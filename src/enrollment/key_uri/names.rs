use alloc::string::String;

use super::{KeyUri, KeyUriError, LabelPart};

/// What replaces a colon in an account name: U+2236 RATIO.
///
/// The colon itself ends the issuer, and apps split at an escaped colon too. RATIO looks like a colon, is in
/// the Chinese fonts that every system has (GB 2312), and is not turned into a colon by Unicode
/// normalization, as the full-width colon is. U+A789 MODIFIER LETTER COLON looks the same, but fewer fonts
/// have it.
const COLON: &str = "\u{2236}";

/// Refuses an issuer that cannot be enrolled. Key URIs and policies both use this rule.
pub(crate) fn printable_issuer(issuer: &str) -> Result<(), KeyUriError> {
    printable(LabelPart::Issuer, issuer)?;
    if issuer.contains(':') {
        Err(KeyUriError::Colon(LabelPart::Issuer))
    } else if issuer.trim() != issuer {
        Err(KeyUriError::SurroundingSpace(LabelPart::Issuer))
    } else if is_steam(issuer) {
        Err(KeyUriError::SteamIssuer)
    } else {
        Ok(())
    }
}

/// The account name as it is printed, or an error if it cannot be enrolled.
pub(super) fn printable_account_name(name: &str) -> Result<String, KeyUriError> {
    let name = name.replace(':', COLON);
    printable(LabelPart::AccountName, &name)?;
    if name.starts_with(' ') {
        return Err(KeyUriError::SurroundingSpace(LabelPart::AccountName));
    }
    Ok(name)
}

fn printable(part: LabelPart, name: &str) -> Result<(), KeyUriError> {
    if name.is_empty() {
        Err(KeyUriError::EmptyName(part))
    } else if name.len() > part.max_len() {
        Err(KeyUriError::NameTooLong { part, found: name.len() })
    } else if name.chars().any(char::is_control) {
        Err(KeyUriError::ControlCharacter(part))
    } else {
        Ok(())
    }
}

impl LabelPart {
    /// The most bytes that are printed.
    pub(super) const fn max_len(self) -> usize {
        match self {
            Self::Issuer => KeyUri::MAX_ISSUER_LEN,
            Self::AccountName => KeyUri::MAX_ACCOUNT_NAME_LEN,
        }
    }
}

pub(super) const STEAM: &str = "Steam";

/// Whether apps take this issuer, in upper or lower case, for Steam's own kind of codes.
pub(super) fn is_steam(issuer: &str) -> bool {
    issuer.eq_ignore_ascii_case(STEAM)
}
