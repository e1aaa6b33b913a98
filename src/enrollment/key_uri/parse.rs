use alloc::vec::Vec;

use super::kind::{STEAM, is_steam_issuer};
use super::label;
use super::marks::{Marks, first_raw};
use super::names::Names;
use super::parameters::Parameters;
use super::part::Part;
use super::percent::position;
use super::warning::Warnings;
use super::{ForeignScheme, ForeignType, KeyUri, KeyUriError, KeyUriKind, KeyUriWarning, LabelPart};
use crate::enrollment::EnrollmentError;
use crate::enrollment::base32::{self, Forgiven};
use crate::otp::{Algorithm, Counter, Digits, Period, Secret};

/// How much is forgiven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Lenient,
    Strict,
}

pub(super) fn parse(text: &str, mode: Mode) -> Result<KeyUri, EnrollmentError> {
    if text.len() > KeyUri::MAX_LEN {
        return Err(KeyUriError::TooLong { found: text.len() }.into());
    }
    let marks = Marks::of(text);
    let mut warnings = Warnings::default();
    if marks.may_have(Marks::UNUSUAL)
        && let Some(position) = first_raw(text)
    {
        match mode {
            Mode::Strict => return Err(KeyUriError::RawCharacter { position }.into()),
            Mode::Lenient => warnings.note(KeyUriWarning::RawCharacters),
        }
    }
    let whole = Part::whole(text, marks);
    let (variant, label, query) = match pieces(whole) {
        Err(KeyUriError::Scheme(ForeignScheme::Steam)) if mode == Mode::Lenient => {
            return Ok(bare_steam(whole, warnings)?);
        }
        pieces => pieces?,
    };
    let variant = Type::read(variant.text, mode)?;
    if mode == Mode::Strict {
        refuse_ambiguous(label, &['+', '/'])?;
    } else {
        warnings.note_if(position(label.text, b'/').is_some(), KeyUriWarning::RawCharacters);
    }

    let mut parameters = Parameters::default();
    parameters.read(query, mode, &mut warnings)?;
    let mut key = Secret::BLANK;
    secret(parameters.secret, mode, &mut warnings, &mut key)?;
    let room = parameters.issuer.map_or(0, |issuer| issuer.text.len()).saturating_add(label.text.len());
    let mut names = Names::with_room(room);
    if let Some(raw) = parameters.issuer {
        parameter_issuer(raw, label, mode, &mut warnings, &mut names)?;
    }
    label::read(label, &mut warnings, &mut names)?;
    label::hold_to(mode, &names)?;
    if mode == Mode::Strict && warnings.contains(KeyUriWarning::EmptyIssuer) {
        return Err(KeyUriError::EmptyName(LabelPart::Issuer).into());
    }
    let issuer = names.issuer();
    if names.account_name().is_empty() {
        warnings.note(KeyUriWarning::EmptyAccountName);
        if issuer.is_none() {
            return Err(KeyUriError::EmptyLabel.into());
        }
    }
    let mismatch = names.own_label_issuer().is_some_and(|own| issuer != Some(own));
    warnings.note_if(mismatch, KeyUriWarning::IssuerMismatch);

    let steam = variant == Type::Steam
        || parameters.steam
        || issuer.is_some_and(is_steam_issuer)
        || mode == Mode::Lenient && parameters.digits.is_some_and(|digits| digits.text == "5");
    let kind = match variant {
        _ if steam => steam_kind(&parameters, &mut warnings),
        Type::Hotp => {
            let counter = counter(&parameters, mode, &mut warnings)?;
            let algorithm = algorithm(parameters.algorithm, mode, &mut warnings)?;
            KeyUriKind::Hotp { algorithm, digits: digits(parameters.digits)?, counter }
        }
        _ => {
            let period = period(&parameters, mode, &mut warnings)?;
            let algorithm = algorithm(parameters.algorithm, mode, &mut warnings)?;
            KeyUriKind::Totp { algorithm, digits: digits(parameters.digits)?, period }
        }
    };
    Ok(KeyUri { names, secret: key, kind, unknown: parameters.unknown, warnings })
}

/// `steam://SECRET`, as Bitwarden writes it: an issuer that everybody knows, and nothing beside the secret.
fn bare_steam(whole: Part<'_>, mut warnings: Warnings) -> Result<KeyUri, KeyUriError> {
    let whole = Part { text: whole.text.trim_ascii_end(), ..whole };
    let start = whole.text.find("://").map(|scheme| scheme.saturating_add(3));
    let raw = start.map(|start| whole.around(start, start).1);
    let mut key = Secret::BLANK;
    secret(raw, Mode::Lenient, &mut warnings, &mut key)?;
    warnings.note(KeyUriWarning::EmptyAccountName);
    let mut names = Names::with_room(STEAM.len());
    names.next().push_str(STEAM);
    names.end_label_issuer();
    Ok(KeyUri { names, secret: key, kind: KeyUriKind::Steam, unknown: Vec::new(), warnings })
}

/// Type, label and query.
fn pieces(whole: Part<'_>) -> Result<(Part<'_>, Part<'_>, Part<'_>), KeyUriError> {
    // As a rule it begins so.
    const START: &str = "otpauth://";
    let rest =
        if whole.text.starts_with(START) { whole.around(0, START.len()).1 } else { after_scheme(whole)? };
    let rest = Part { text: rest.text.trim_ascii_end(), ..rest };
    let (path, query) = rest.split_once(b'?').unwrap_or(rest.around(rest.text.len(), rest.text.len()));
    let (variant, label) = path.split_once(b'/').unwrap_or(path.around(path.text.len(), path.text.len()));
    Ok((variant, label, query))
}

/// What follows `otpauth://`, in any case and after white space.
fn after_scheme(whole: Part<'_>) -> Result<Part<'_>, KeyUriError> {
    let start = whole.text.len().saturating_sub(whole.text.trim_ascii_start().len());
    let (scheme, rest) =
        whole.around(0, start).1.split_once(b':').ok_or(KeyUriError::Scheme(ForeignScheme::Other))?;
    let foreign = match scheme.text {
        name if name.eq_ignore_ascii_case("otpauth") && rest.text.starts_with("//") => {
            return Ok(rest.around(0, 2).1);
        }
        name if name.eq_ignore_ascii_case("otpauth") => ForeignScheme::NoAuthority,
        name if name.eq_ignore_ascii_case("otpauth-migration") => ForeignScheme::Migration,
        name if name.eq_ignore_ascii_case("steam") => ForeignScheme::Steam,
        _ => ForeignScheme::Other,
    };
    Err(KeyUriError::Scheme(foreign))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Totp,
    Hotp,
    Steam,
}

impl Type {
    /// In any case, as RFC 3986 §3.2.2 has it for what stands in the place of a host.
    fn read(text: &str, mode: Mode) -> Result<Self, KeyUriError> {
        let foreign = match text {
            "totp" => return Ok(Self::Totp),
            name if name.eq_ignore_ascii_case("totp") => return Ok(Self::Totp),
            name if name.eq_ignore_ascii_case("hotp") => return Ok(Self::Hotp),
            name if name.eq_ignore_ascii_case("steam") => match mode {
                Mode::Lenient => return Ok(Self::Steam),
                Mode::Strict => ForeignType::Steam,
            },
            name if name.eq_ignore_ascii_case("yaotp") => ForeignType::Yandex,
            "" => ForeignType::Missing,
            _ => ForeignType::Other,
        };
        Err(KeyUriError::Type(foreign))
    }
}

fn refuse_ambiguous(part: Part<'_>, characters: &[char]) -> Result<(), KeyUriError> {
    match part.text.find(characters) {
        None => Ok(()),
        Some(index) => {
            let position = part.at.saturating_add(index);
            let plus = part.text.get(index..).is_some_and(|rest| rest.starts_with('+'));
            Err(if plus {
                KeyUriError::AmbiguousPlus { position }
            } else {
                KeyUriError::RawCharacter { position }
            })
        }
    }
}

fn secret(
    raw: Option<Part<'_>>,
    mode: Mode,
    warnings: &mut Warnings,
    into: &mut Secret,
) -> Result<(), KeyUriError> {
    let raw = raw.ok_or(KeyUriError::MissingSecret)?;
    let read = |text: &[u8], into: &mut Secret| match mode {
        Mode::Strict => base32::read_secret_strict(text, into).map(|()| Forgiven::NOTHING),
        Mode::Lenient => base32::read_secret(text, into),
    };
    let forgiven = match read(raw.text.as_bytes(), into) {
        // What has escapes is no base32 until they are undone.
        Err(_) if raw.first_escape().is_some() => read(&raw.decode_bytes()?, into),
        read => read,
    }
    .map_err(KeyUriError::Secret)?;
    warnings.note_if(forgiven.dropped_bits, KeyUriWarning::TrailingBits);
    warnings.note_if(forgiven.respelled.is_some(), KeyUriWarning::SecretSpelling);
    warnings.note_strength(into);
    Ok(())
}

#[inline]
fn parameter_issuer(
    raw: Part<'_>,
    label: Part<'_>,
    mode: Mode,
    warnings: &mut Warnings,
    names: &mut Names,
) -> Result<(), KeyUriError> {
    let issuer = names.next();
    let decoded = if mode == Mode::Strict {
        refuse_ambiguous(raw, &['+'])?;
        let decoded = raw.decode_onto(issuer)?;
        if issuer.contains(':') {
            return Err(KeyUriError::Colon(LabelPart::Issuer));
        }
        decoded
    } else {
        let decoded = raw.decode_form_onto(issuer)?;
        if decoded.spaces {
            let literal = raw.decode()?;
            if label::spells_exactly(label, &literal)? {
                issuer.clear();
                issuer.push_str(&literal);
            } else {
                warnings.note(KeyUriWarning::PlusAsSpace);
            }
        }
        decoded
    };
    names.end_parameter_issuer();
    let issuer = names.parameter_issuer().unwrap_or_default();
    warnings.note_if(issuer.is_empty(), KeyUriWarning::EmptyIssuer);
    label::refuse_control(issuer, decoded, raw)
}

fn steam_kind(parameters: &Parameters<'_>, warnings: &mut Warnings) -> KeyUriKind {
    let ignored = [parameters.algorithm, parameters.digits, parameters.period, parameters.counter];
    warnings.note_if(ignored.iter().any(Option::is_some), KeyUriWarning::IgnoredParameter);
    KeyUriKind::Steam
}

fn period(parameters: &Parameters<'_>, mode: Mode, warnings: &mut Warnings) -> Result<Period, KeyUriError> {
    ignore(parameters.counter, mode, warnings)?;
    let Some(raw) = parameters.period else { return Ok(Period::DEFAULT) };
    number(raw)
        .and_then(|secs| u32::try_from(secs).ok())
        .and_then(|secs| Period::from_secs(secs).ok())
        .ok_or(KeyUriError::Period { position: raw.at })
}

fn counter(parameters: &Parameters<'_>, mode: Mode, warnings: &mut Warnings) -> Result<Counter, KeyUriError> {
    ignore(parameters.period, mode, warnings)?;
    match (parameters.counter, mode) {
        (Some(raw), _) => number(raw).map(Counter::new).ok_or(KeyUriError::Counter { position: raw.at }),
        (None, Mode::Strict) => Err(KeyUriError::MissingCounter),
        (None, Mode::Lenient) => {
            warnings.note(KeyUriWarning::MissingCounter);
            Ok(Counter::default())
        }
    }
}

/// A parameter that belongs to the other type.
fn ignore(parameter: Option<Part<'_>>, mode: Mode, warnings: &mut Warnings) -> Result<(), KeyUriError> {
    match (parameter, mode) {
        (None, _) => Ok(()),
        (Some(raw), Mode::Strict) => Err(KeyUriError::UnknownParameter { position: raw.at }),
        (Some(_), Mode::Lenient) => {
            warnings.note(KeyUriWarning::IgnoredParameter);
            Ok(())
        }
    }
}

/// The three names, and what they become in the hands of apps: `sha256`, `SHA-1`, `HMACSHA512`,
/// `HMAC-SHA-256`.
#[inline]
fn algorithm(raw: Option<Part<'_>>, mode: Mode, warnings: &mut Warnings) -> Result<Algorithm, KeyUriError> {
    let Some(raw) = raw else { return Ok(Algorithm::default()) };
    let known = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    if let Some(exact) = known.into_iter().find(|algorithm| algorithm.name() == raw.text) {
        return Ok(exact);
    }
    let mut name = raw.decode()?;
    name.retain(|character| !matches!(character, '-' | '_'));
    name.make_ascii_uppercase();
    let bare = name.strip_prefix("HMAC").unwrap_or(&name);
    match known.into_iter().find(|algorithm| algorithm.name() == bare) {
        Some(alias) if mode == Mode::Lenient => {
            warnings.note(KeyUriWarning::AlgorithmAlias);
            Ok(alias)
        }
        _ => Err(KeyUriError::Algorithm { position: raw.at }),
    }
}

fn digits(raw: Option<Part<'_>>) -> Result<Digits, KeyUriError> {
    let Some(raw) = raw else { return Ok(Digits::default()) };
    number(raw)
        .and_then(|count| u8::try_from(count).ok())
        .and_then(|count| Digits::try_from(count).ok())
        .ok_or(KeyUriError::Digits { position: raw.at })
}

/// ASCII digits only: no sign, no space.
fn number(raw: Part<'_>) -> Option<u64> {
    if raw.text.bytes().all(|byte| byte.is_ascii_digit()) { raw.text.parse().ok() } else { None }
}
