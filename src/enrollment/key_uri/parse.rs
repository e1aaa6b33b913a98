use alloc::string::String;
use alloc::vec::Vec;

use super::label::{self, Label};
use super::names::{STEAM, is_steam};
use super::parameters::Parameters;
use super::raw::Raw;
use super::warning::Warnings;
use super::{ForeignScheme, ForeignType, KeyUri, KeyUriError, KeyUriKind, KeyUriWarning, LabelPart};
use crate::enrollment::base32::{self, Base32Error, Forgiven};
use crate::otp::{Algorithm, Counter, Digits, Period, Secret};

/// How much is forgiven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Lenient,
    Strict,
}

/// How a text is read, and what has been forgiven so far.
pub(super) struct Reading {
    pub(super) mode: Mode,
    pub(super) warnings: Warnings,
}

impl Reading {
    /// Notes what is forgiven, or refuses it in strict reading.
    pub(super) fn forgive(
        &mut self,
        warning: KeyUriWarning,
        refusal: KeyUriError,
    ) -> Result<(), KeyUriError> {
        match self.mode {
            Mode::Strict => Err(refusal),
            Mode::Lenient => {
                self.warnings.note(warning);
                Ok(())
            }
        }
    }
}

pub(super) fn parse(text: &str, mode: Mode) -> Result<KeyUri, KeyUriError> {
    if text.len() > KeyUri::MAX_LEN {
        return Err(KeyUriError::TooLong { found: text.len() });
    }
    let mut reading = Reading { mode, warnings: Warnings::default() };
    if let Some(position) = first_raw(text) {
        reading.forgive(KeyUriWarning::RawCharacters, KeyUriError::RawCharacter { position })?;
    }
    let whole = Raw { text, at: 0 };
    let rest = match after_scheme(whole) {
        Err(KeyUriError::Scheme(ForeignScheme::Steam)) if mode == Mode::Lenient => {
            return bare_steam(whole, reading);
        }
        rest => rest?,
    };
    let rest = Raw { text: rest.text.trim_ascii_end(), ..rest };
    let (path, query) = rest.split_or_all(b'?');
    let (variant, raw_label) = path.split_or_all(b'/');
    let variant = Type::read(variant.text, mode)?;
    if mode == Mode::Strict {
        refuse_ambiguous(raw_label, &['+', '/'])?;
    } else {
        reading.warnings.note_if(raw_label.text.contains('/'), KeyUriWarning::RawCharacters);
    }

    let parameters = Parameters::read(query, &mut reading)?;
    let secret = secret(parameters.secret.map(Raw::value), &mut reading)?;
    let parameter_issuer = match parameters.issuer {
        Some(pair) => parameter_issuer(pair.value(), raw_label, &mut reading)?,
        None => None,
    };
    let label = Label::read(raw_label, parameter_issuer.as_deref(), &mut reading.warnings)?;
    label.hold_to(mode)?;
    if mode == Mode::Strict && reading.warnings.contains(KeyUriWarning::EmptyIssuer) {
        return Err(KeyUriError::EmptyName(LabelPart::Issuer));
    }
    let issuer = parameter_issuer.as_deref().or(label.issuer.as_deref());
    if label.account_name.is_empty() {
        reading.warnings.note(KeyUriWarning::EmptyAccountName);
        if issuer.is_none() {
            return Err(KeyUriError::EmptyLabel);
        }
    }
    let mismatch = label.issuer.is_some() && label.issuer.as_deref() != issuer;
    reading.warnings.note_if(mismatch, KeyUriWarning::IssuerMismatch);

    let kind = match variant {
        _ if variant == Type::Steam || parameters.steam || issuer.is_some_and(is_steam) => {
            steam(&parameters, &mut reading)
        }
        Type::Hotp => hotp(&parameters, &mut reading)?,
        _ => totp(&parameters, &mut reading)?,
    };
    Ok(KeyUri {
        label_issuer: label.issuer,
        parameter_issuer,
        account_name: label.account_name,
        secret,
        kind,
        unknown: parameters.unknown,
        warnings: reading.warnings,
    })
}

/// The position of the first character that a URI has to escape (RFC 3986 §2): one that is neither unreserved
/// nor reserved nor `%`. `#`, `[` and `]` are reserved but have no use in a key URI, so they count too.
fn first_raw(text: &str) -> Option<usize> {
    let is_raw =
        |byte: u8| !matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~');
    // Most texts have none. This pass over all bytes is fast because it does not branch on each of them.
    let any = text.bytes().fold(false, |any, byte| any | is_raw(byte));
    if any { text.bytes().position(is_raw) } else { None }
}

/// `steam://SECRET`, as Bitwarden writes it: the issuer is Steam, and there is nothing but the secret.
fn bare_steam(whole: Raw<'_>, mut reading: Reading) -> Result<KeyUri, KeyUriError> {
    let whole = Raw { text: whole.text.trim_ascii_end(), ..whole };
    let raw = whole.text.find("://").map(|start| whole.around(start, start.saturating_add(3)).1);
    let secret = secret(raw, &mut reading)?;
    reading.warnings.note(KeyUriWarning::EmptyAccountName);
    Ok(KeyUri {
        label_issuer: Some(STEAM.into()),
        parameter_issuer: None,
        account_name: String::new(),
        secret,
        kind: KeyUriKind::Steam,
        unknown: Vec::new(),
        warnings: reading.warnings,
    })
}

/// What follows `otpauth://`, which may be in upper or lower case and after white space.
fn after_scheme(whole: Raw<'_>) -> Result<Raw<'_>, KeyUriError> {
    let start = whole.text.len().saturating_sub(whole.text.trim_ascii_start().len());
    let (_, trimmed) = whole.around(0, start);
    let (scheme, rest) = trimmed.split_once(b':').ok_or(KeyUriError::Scheme(ForeignScheme::Other))?;
    let is = |name: &str| scheme.text.eq_ignore_ascii_case(name);
    if is("otpauth") && rest.text.starts_with("//") {
        return Ok(rest.around(0, 2).1);
    }
    Err(KeyUriError::Scheme(if is("otpauth") {
        ForeignScheme::NoAuthority
    } else if is("otpauth-migration") {
        ForeignScheme::Migration
    } else if is("steam") {
        ForeignScheme::Steam
    } else {
        ForeignScheme::Other
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Totp,
    Hotp,
    Steam,
}

impl Type {
    /// Reads the type in upper or lower case. It is in the place of a URI's host, whose case does not matter
    /// (RFC 3986 §3.2.2).
    fn read(text: &str, mode: Mode) -> Result<Self, KeyUriError> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        let foreign = match mode {
            _ if is("totp") => return Ok(Self::Totp),
            _ if is("hotp") => return Ok(Self::Hotp),
            Mode::Lenient if is("steam") => return Ok(Self::Steam),
            Mode::Strict if is("steam") => ForeignType::Steam,
            _ if is("yaotp") => ForeignType::Yandex,
            _ if text.is_empty() => ForeignType::Missing,
            _ => ForeignType::Other,
        };
        Err(KeyUriError::Type(foreign))
    }
}

fn refuse_ambiguous(raw: Raw<'_>, characters: &[char]) -> Result<(), KeyUriError> {
    match raw.text.match_indices(characters).next() {
        None => Ok(()),
        Some((index, "+")) => Err(KeyUriError::AmbiguousPlus { position: raw.at.saturating_add(index) }),
        Some((index, _)) => Err(KeyUriError::RawCharacter { position: raw.at.saturating_add(index) }),
    }
}

fn secret(raw: Option<Raw<'_>>, reading: &mut Reading) -> Result<Secret, KeyUriError> {
    let raw = raw.ok_or(KeyUriError::MissingSecret)?;
    let (secret, forgiven) = match read_secret(raw.text.as_bytes(), reading.mode) {
        // A text with escapes is base32 only once they are undone.
        Err(_) => read_secret(&raw.decode_bytes()?, reading.mode),
        read => read,
    }
    .map_err(KeyUriError::Secret)?;
    reading.warnings.note_if(forgiven.dropped_bits, KeyUriWarning::TrailingBits);
    reading.warnings.note_if(forgiven.respelled.is_some(), KeyUriWarning::SecretSpelling);
    reading.warnings.note_strength(&secret);
    Ok(secret)
}

fn read_secret(text: &[u8], mode: Mode) -> Result<(Secret, Forgiven), Base32Error> {
    match mode {
        Mode::Strict => base32::read_secret_strict(text).map(|secret| (secret, Forgiven::NOTHING)),
        Mode::Lenient => base32::read_secret(text),
    }
}

/// The issuer parameter, unless it is empty.
fn parameter_issuer(
    raw: Raw<'_>,
    raw_label: Raw<'_>,
    reading: &mut Reading,
) -> Result<Option<String>, KeyUriError> {
    let mut issuer = if reading.mode == Mode::Strict {
        refuse_ambiguous(raw, &['+'])?;
        let issuer = raw.decode()?;
        if issuer.contains(':') {
            return Err(KeyUriError::Colon(LabelPart::Issuer));
        }
        issuer
    } else {
        let (with_spaces, has_spaces) = raw.decode_form()?;
        let literal = if has_spaces { Some(raw.decode()?) } else { None };
        match literal {
            Some(literal) if label::spells_exactly(raw_label, &literal)? => literal,
            _ => {
                reading.warnings.note_if(has_spaces, KeyUriWarning::PlusAsSpace);
                with_spaces
            }
        }
    };
    reading.warnings.note_if(issuer.is_empty(), KeyUriWarning::EmptyIssuer);
    label::refuse_control(&issuer, raw)?;
    Ok(Some(core::mem::take(&mut *issuer)).filter(|issuer| !issuer.is_empty()))
}

fn steam(parameters: &Parameters<'_>, reading: &mut Reading) -> KeyUriKind {
    let ignored = [parameters.algorithm, parameters.digits, parameters.period, parameters.counter];
    reading.warnings.note_if(ignored.iter().any(Option::is_some), KeyUriWarning::IgnoredParameter);
    KeyUriKind::Steam
}

fn totp(parameters: &Parameters<'_>, reading: &mut Reading) -> Result<KeyUriKind, KeyUriError> {
    ignore(parameters.counter, reading)?;
    let period = period(parameters.period)?;
    let algorithm = algorithm(parameters.algorithm, reading)?;
    Ok(KeyUriKind::Totp { algorithm, digits: digits(parameters.digits)?, period })
}

fn hotp(parameters: &Parameters<'_>, reading: &mut Reading) -> Result<KeyUriKind, KeyUriError> {
    ignore(parameters.period, reading)?;
    let counter = counter(parameters.counter, reading)?;
    let algorithm = algorithm(parameters.algorithm, reading)?;
    Ok(KeyUriKind::Hotp { algorithm, digits: digits(parameters.digits)?, counter })
}

/// Ignores a parameter that belongs to the other type, or refuses it in strict reading.
fn ignore(parameter: Option<Raw<'_>>, reading: &mut Reading) -> Result<(), KeyUriError> {
    let Some(pair) = parameter else { return Ok(()) };
    reading.forgive(KeyUriWarning::IgnoredParameter, KeyUriError::UnknownParameter { position: pair.at })
}

fn period(parameter: Option<Raw<'_>>) -> Result<Period, KeyUriError> {
    let Some(raw) = parameter.map(Raw::value) else { return Ok(Period::DEFAULT) };
    number(raw)
        .and_then(|secs| u32::try_from(secs).ok())
        .and_then(|secs| Period::from_secs(secs).ok())
        .ok_or(KeyUriError::Period { position: raw.at })
}

fn counter(parameter: Option<Raw<'_>>, reading: &mut Reading) -> Result<Counter, KeyUriError> {
    if let Some(raw) = parameter.map(Raw::value) {
        return number(raw).map(Counter::new).ok_or(KeyUriError::Counter { position: raw.at });
    }
    reading.forgive(KeyUriWarning::MissingCounter, KeyUriError::MissingCounter)?;
    Ok(Counter::default())
}

/// Reads the three names, and in lenient mode also what apps make of them: `sha256`, `SHA-1`, `HMACSHA512`,
/// `HMAC-SHA-256`.
fn algorithm(parameter: Option<Raw<'_>>, reading: &mut Reading) -> Result<Algorithm, KeyUriError> {
    let Some(raw) = parameter.map(Raw::value) else { return Ok(Algorithm::default()) };
    if let Ok(exact) = raw.text.parse() {
        return Ok(exact);
    }
    let mut name = raw.decode()?;
    name.retain(|character| !matches!(character, '-' | '_'));
    name.make_ascii_uppercase();
    let bare = name.strip_prefix("HMAC").unwrap_or(&name);
    let unknown = KeyUriError::Algorithm { position: raw.at };
    let alias = bare.parse().map_err(|_| unknown)?;
    reading.forgive(KeyUriWarning::AlgorithmAlias, unknown)?;
    Ok(alias)
}

fn digits(parameter: Option<Raw<'_>>) -> Result<Digits, KeyUriError> {
    let Some(raw) = parameter.map(Raw::value) else { return Ok(Digits::default()) };
    number(raw)
        .and_then(|count| u8::try_from(count).ok())
        .and_then(|count| Digits::try_from(count).ok())
        .ok_or(KeyUriError::Digits { position: raw.at })
}

/// ASCII digits only: no sign, no space.
fn number(raw: Raw<'_>) -> Option<u64> {
    if raw.text.bytes().all(|byte| byte.is_ascii_digit()) { raw.text.parse().ok() } else { None }
}
