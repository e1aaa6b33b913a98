use alloc::string::String;

use super::parse::Mode;
use super::raw::Raw;
use super::warning::Warnings;
use super::{KeyUriError, KeyUriWarning, LabelPart};

/// What the label says: `issuer:account`, or only the account.
pub(super) struct Label {
    /// Never empty.
    pub(super) issuer: Option<String>,
    pub(super) account_name: String,
}

impl Label {
    /// Reads the label. The issuer parameter decides where a label with several colons is split.
    pub(super) fn read(
        raw: Raw<'_>,
        parameter_issuer: Option<&str>,
        warnings: &mut Warnings,
    ) -> Result<Self, KeyUriError> {
        let (issuer, account) = match split(raw, parameter_issuer)? {
            Split::AfterParameterIssuer(prefix, account) => {
                // The prefix equals the parameter if each of its plus signs is read as a plus or as a space.
                // The parameter shows which of the two it is.
                warnings.note_if(
                    prefix.text.contains('+') && parameter_issuer.is_some_and(|issuer| issuer.contains(' ')),
                    KeyUriWarning::PlusAsSpace,
                );
                (parameter_issuer.map(String::from), account)
            }
            Split::AtColon(prefix, account) => {
                let (mut issuer, has_spaces) = prefix.decode_form()?;
                warnings.note_if(has_spaces, KeyUriWarning::PlusAsSpace);
                warnings.note_if(issuer.is_empty(), KeyUriWarning::EmptyIssuer);
                refuse_control(&issuer, prefix)?;
                (Some(core::mem::take(&mut *issuer)).filter(|issuer| !issuer.is_empty()), account)
            }
            Split::Whole => (None, raw),
        };
        let mut account_name = core::mem::take(&mut *account.decode()?);
        refuse_control(&account_name, account)?;
        let spaces = account_name.bytes().take_while(|byte| *byte == b' ').count();
        account_name.drain(..spaces);
        Ok(Self { issuer, account_name })
    }

    /// Refuses what the strict format does not allow: a missing account name, and a colon in either part.
    pub(super) fn hold_to(&self, mode: Mode) -> Result<(), KeyUriError> {
        if mode == Mode::Lenient {
            Ok(())
        } else if self.account_name.is_empty() {
            Err(KeyUriError::EmptyLabel)
        } else if self.account_name.contains(':') {
            Err(KeyUriError::Colon(LabelPart::AccountName))
        } else if self.issuer.as_ref().is_some_and(|issuer| issuer.contains(':')) {
            Err(KeyUriError::Colon(LabelPart::Issuer))
        } else {
            Ok(())
        }
    }
}

/// Refuses control characters in the text that `raw` was decoded to: no app shows them, and they can forge
/// lines in logs.
pub(super) fn refuse_control(decoded: &str, raw: Raw<'_>) -> Result<(), KeyUriError> {
    // Most names are ASCII, and looking at their bytes is enough.
    let has_control = if decoded.is_ascii() {
        decoded.bytes().any(|byte| byte.is_ascii_control())
    } else {
        decoded.chars().any(char::is_control)
    };
    if has_control {
        return Err(KeyUriError::Control { position: raw.at });
    }
    Ok(())
}

/// Whether the raw label begins with `issuer` and a colon, with every plus sign of the issuer escaped.
pub(super) fn spells_exactly(raw: Raw<'_>, issuer: &str) -> Result<bool, KeyUriError> {
    Ok(after_issuer(raw, issuer, &[])?.is_some())
}

enum Split<'a> {
    AfterParameterIssuer(Raw<'a>, Raw<'a>),
    AtColon(Raw<'a>, Raw<'a>),
    Whole,
}

fn split<'a>(raw: Raw<'a>, parameter_issuer: Option<&str>) -> Result<Split<'a>, KeyUriError> {
    if let Some(issuer) = parameter_issuer
        && let Some((prefix, account)) = after_issuer(raw, issuer, b"+ ")?
    {
        return Ok(Split::AfterParameterIssuer(prefix, account));
    }
    let colon = raw.split_once(b':').or_else(|| {
        let escaped = raw.text.find("%3A").into_iter().chain(raw.text.find("%3a")).min()?;
        Some(raw.around(escaped, escaped.saturating_add(3)))
    });
    Ok(colon.map_or(Split::Whole, |(prefix, account)| Split::AtColon(prefix, account)))
}

/// Splits the label at the colon after `issuer`, or returns `None` if it does not begin with the two. A raw
/// `+` may stand for any of the bytes in `plus`.
fn after_issuer<'a>(
    raw: Raw<'a>,
    issuer: &str,
    plus: &[u8],
) -> Result<Option<(Raw<'a>, Raw<'a>)>, KeyUriError> {
    let (mut start, mut end) = (0, 0_usize);
    for expected in issuer.bytes().chain([b':']) {
        start = end;
        let (is_expected, len) = match raw.text.as_bytes().get(start..).unwrap_or_default() {
            [b'%', ..] => (raw.escaped_byte(start)? == expected, 3),
            [b'+', ..] => (plus.contains(&expected), 1),
            [byte, ..] => (*byte == expected, 1),
            [] => (false, 0),
        };
        if !is_expected {
            return Ok(None);
        }
        end = start.saturating_add(len);
    }
    Ok(Some(raw.around(start, end)))
}
