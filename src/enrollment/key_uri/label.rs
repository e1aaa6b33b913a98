use super::marks::Marks;
use super::names::Names;
use super::parse::Mode;
use super::part::{Decoded, Part};
use super::percent::{Bytes, position};
use super::warning::Warnings;
use super::{KeyUri, KeyUriError, KeyUriWarning, LabelPart};

/// Reads the label, `issuer:account` or the account alone.
///
/// `names` has the issuer parameter, which decides where a label with several colons is split.
pub(super) fn read(raw: Part<'_>, warnings: &mut Warnings, names: &mut Names) -> Result<(), KeyUriError> {
    let account = match split(raw, names.parameter_issuer())? {
        Split::AfterIssuer(prefix, account) => {
            // Equal under one of the readings of a plus sign: the parameter says under which.
            warnings.note_if(
                raw.marks.may_have(Marks::PLUS)
                    && position(prefix.text, b'+').is_some()
                    && names.parameter_issuer().is_some_and(|issuer| issuer.contains(' ')),
                KeyUriWarning::PlusAsSpace,
            );
            names.same_issuer();
            account
        }
        Split::AtColon(prefix, account) => {
            let decoded = prefix.decode_form_onto(names.next())?;
            names.end_label_issuer();
            warnings.note_if(decoded.spaces, KeyUriWarning::PlusAsSpace);
            let issuer = names.own_label_issuer().unwrap_or_default();
            warnings.note_if(issuer.is_empty(), KeyUriWarning::EmptyIssuer);
            refuse_control(issuer, decoded, prefix)?;
            account
        }
        Split::Whole => raw,
    };
    let decoded = account.decode_onto(names.next())?;
    refuse_control(names.account_name(), decoded, account)?;
    names.trim_account_name();
    Ok(())
}

/// What the format demands on top: an account name, and no colon on either side.
pub(super) fn hold_to(mode: Mode, names: &Names) -> Result<(), KeyUriError> {
    let colon = |text: &str| text.contains(':');
    if mode == Mode::Lenient {
        Ok(())
    } else if names.account_name().is_empty() {
        Err(KeyUriError::EmptyLabel)
    } else if colon(names.account_name()) {
        Err(KeyUriError::Colon(LabelPart::AccountName))
    } else if names.own_label_issuer().is_some_and(colon) {
        // As the parameter it has none: that was refused before.
        Err(KeyUriError::Colon(LabelPart::Issuer))
    } else {
        Ok(())
    }
}

/// Refuses control characters, which no app shows and which forge lines in logs.
///
/// `text` is what `part` was decoded to.
pub(super) fn refuse_control(text: &str, decoded: Decoded, part: Part<'_>) -> Result<(), KeyUriError> {
    if decoded.controls && text.chars().any(char::is_control) {
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
        && position(issuer, b'%').is_none()
        && (!raw.marks.may_have(Marks::PLUS) || position(issuer, b'+').is_none())
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
