use alloc::string::String;

use super::parse::Mode;
use super::percent::{Bytes, Part, position};
use super::warning::Warnings;
use super::{KeyUri, KeyUriError, KeyUriWarning, LabelPart};

/// The label with its escapes undone: `issuer:account`, or the account alone.
pub(super) struct Label {
    pub(super) issuer: LabelIssuer,
    pub(super) account_name: String,
}

/// What stands before the colon of the label, decoded.
#[derive(Clone)]
pub(super) enum LabelIssuer {
    /// Nothing, or an empty text.
    None,
    /// The same as in the parameter, as a rule.
    AsParameter,
    /// This text. Never empty.
    Own(String),
}

impl LabelIssuer {
    pub(super) fn resolve<'a>(&'a self, parameter: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::None => None,
            Self::AsParameter => parameter,
            Self::Own(text) => Some(text),
        }
    }
}

impl Label {
    /// `issuer` is the parameter, which decides where a label with several colons is split.
    pub(super) fn read(
        raw: Part<'_>,
        issuer: Option<&str>,
        warnings: &mut Warnings,
    ) -> Result<Self, KeyUriError> {
        let (prefix, account) = match split(raw, issuer)? {
            Split::AfterIssuer(prefix, account) => {
                // Equal under one of the readings of a plus sign: the parameter says under which.
                warnings.note_if(
                    position(prefix.text, b'+').is_some()
                        && issuer.is_some_and(|issuer| position(issuer, b' ').is_some()),
                    KeyUriWarning::PlusAsSpace,
                );
                (LabelIssuer::AsParameter, account)
            }
            Split::AtColon(prefix, account) => {
                let (text, spaces) = prefix.decode_form()?;
                warnings.note_if(spaces, KeyUriWarning::PlusAsSpace);
                warnings.note_if(text.is_empty(), KeyUriWarning::EmptyIssuer);
                refuse_control(&text, prefix)?;
                (if text.is_empty() { LabelIssuer::None } else { LabelIssuer::Own(text) }, account)
            }
            Split::Whole => (LabelIssuer::None, raw),
        };
        let mut account_name = account.decode()?;
        refuse_control(&account_name, account)?;
        if account_name.starts_with(' ') {
            account_name = account_name.trim_start_matches(' ').into();
        }
        Ok(Self { issuer: prefix, account_name })
    }

    /// What the format demands on top: an account name, and no colon on either side.
    pub(super) fn hold_to(&self, mode: Mode) -> Result<(), KeyUriError> {
        match (mode, &self.issuer) {
            (Mode::Lenient, _) => Ok(()),
            _ if self.account_name.is_empty() => Err(KeyUriError::EmptyLabel),
            _ if self.account_name.contains(':') => Err(KeyUriError::Colon(LabelPart::AccountName)),
            // As the parameter it has none: that was refused before.
            (_, LabelIssuer::Own(issuer)) if issuer.contains(':') => {
                Err(KeyUriError::Colon(LabelPart::Issuer))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses control characters, which no app shows and which forge lines in logs.
pub(super) fn refuse_control(text: &str, part: Part<'_>) -> Result<(), KeyUriError> {
    // What is printable ASCII has none, as is seen without a branch on every byte.
    let printable = text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    if !printable && text.chars().any(char::is_control) {
        return Err(KeyUriError::Control { position: part.at });
    }
    Ok(())
}

/// What an issuer or account name must be to be printed.
pub(super) fn printable(part: LabelPart, name: &str) -> Result<(), KeyUriError> {
    if name.is_empty() {
        Err(KeyUriError::EmptyName(part))
    } else if name.len() > KeyUri::MAX_NAME_LEN {
        Err(KeyUriError::NameTooLong { part, found: name.len() })
    } else if name.contains(':') {
        Err(KeyUriError::Colon(part))
    } else if name.chars().any(char::is_control) {
        Err(KeyUriError::ControlCharacter(part))
    } else if name.starts_with(' ') {
        Err(KeyUriError::LeadingSpace(part))
    } else {
        Ok(())
    }
}

/// Whether the raw label spells `issuer` and a colon, with every plus sign of it escaped.
pub(super) fn spells_exactly(raw: Part<'_>, issuer: &str) -> Result<bool, KeyUriError> {
    Ok(prefix(raw, issuer, |_| false)?.is_some())
}

enum Split<'a> {
    AfterIssuer(Part<'a>, Part<'a>),
    AtColon(Part<'a>, Part<'a>),
    Whole,
}

fn split<'a>(raw: Part<'a>, issuer: Option<&str>) -> Result<Split<'a>, KeyUriError> {
    if let Some(issuer) = issuer
        && let Some((start, end)) = prefix(raw, issuer, |expected| matches!(expected, b'+' | b' '))?
    {
        let (prefix, account) = raw.around(start, end);
        return Ok(Split::AfterIssuer(prefix, account));
    }
    if let Some((prefix, account)) = raw.split_once(b':') {
        return Ok(Split::AtColon(prefix, account));
    }
    for byte in Bytes::new(raw) {
        let byte = byte?;
        if byte.value == b':' {
            let (prefix, account) = raw.around(byte.start, byte.end);
            return Ok(Split::AtColon(prefix, account));
        }
    }
    Ok(Split::Whole)
}

/// Where the colon after `issuer` begins and ends, if the raw label begins with the two.
/// `plus` says what a raw `+` may stand for.
fn prefix(
    raw: Part<'_>,
    issuer: &str,
    plus: impl Fn(u8) -> bool,
) -> Result<Option<(usize, usize)>, KeyUriError> {
    // As a rule the issuer stands there as it is, and has none of the two characters that can be read otherwise.
    let colon = issuer.len();
    if raw.text.as_bytes().get(colon) == Some(&b':')
        && raw.text.starts_with(issuer)
        && position(issuer, b'%').or(position(issuer, b'+')).is_none()
    {
        return Ok(Some((colon, colon.saturating_add(1))));
    }
    let mut bytes = Bytes::new(raw);
    for expected in issuer.bytes() {
        match bytes.next().transpose()? {
            Some(byte) if byte.value == b'+' && !byte.escaped && plus(expected) => {}
            Some(byte) if byte.value == expected && (byte.value != b'+' || byte.escaped) => {}
            _ => return Ok(None),
        }
    }
    Ok(bytes.next().transpose()?.filter(|byte| byte.value == b':').map(|byte| (byte.start, byte.end)))
}
