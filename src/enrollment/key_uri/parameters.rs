use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::parse::{Mode, Reading};
use super::raw::Raw;
use super::{KeyUriError, KeyUriWarning};
use crate::otp::redacted_debug;

/// The parameters as they are in the text, name and value, with a field for each known name. Duplicates are
/// refused.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    pub(super) secret: Option<Raw<'a>>,
    pub(super) issuer: Option<Raw<'a>>,
    pub(super) algorithm: Option<Raw<'a>>,
    pub(super) digits: Option<Raw<'a>>,
    pub(super) period: Option<Raw<'a>>,
    pub(super) counter: Option<Raw<'a>>,
    /// `encoder=steam`, or the flag `steam`.
    pub(super) steam: bool,
    pub(super) unknown: Vec<UnknownParameter>,
}

/// An unknown parameter, with its escapes undone. It is cleared when dropped, since a misspelled `secret`
/// ends up here too.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UnknownParameter {
    pub(super) name: Zeroizing<String>,
    pub(super) value: Option<Zeroizing<String>>,
}

redacted_debug!(UnknownParameter);

impl<'a> Parameters<'a> {
    pub(super) fn read(query: Raw<'a>, reading: &mut Reading) -> Result<Self, KeyUriError> {
        let mut parameters = Self::default();
        let mut rest = query;
        while !rest.text.is_empty() {
            let (pair, next) = rest.split_or_all(b'&');
            if !pair.text.is_empty() {
                parameters.add(pair, reading)?;
            }
            rest = next;
        }
        Ok(parameters)
    }

    fn add(&mut self, pair: Raw<'a>, reading: &mut Reading) -> Result<(), KeyUriError> {
        let (raw_name, value) = match pair.split_once(b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        if let Some(slot) = self.slot(raw_name.text) {
            return fill(slot, pair);
        }
        let name = raw_name.decode()?;
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let undefined = KeyUriError::UnknownParameter { position: pair.at };
        if let Some(known) = NAMES.into_iter().find(|known| is(known))
            && let Some(slot) = self.slot(known)
        {
            if *name != known {
                reading.forgive(KeyUriWarning::ParameterCase, undefined)?;
            }
            return fill(slot, pair);
        }
        if reading.mode == Mode::Strict {
            return Err(undefined);
        }
        let value = value.map(Raw::decode).transpose()?;
        match &value {
            None if is("steam") => self.steam = true,
            Some(encoder) if is("encoder") && encoder.eq_ignore_ascii_case("steam") => self.steam = true,
            _ => self.unknown.push(UnknownParameter { name, value }),
        }
        Ok(())
    }

    /// The field for the parameter of this name, if the name is known.
    fn slot(&mut self, name: &str) -> Option<&mut Option<Raw<'a>>> {
        Some(match name {
            "secret" => &mut self.secret,
            "issuer" => &mut self.issuer,
            "algorithm" => &mut self.algorithm,
            "digits" => &mut self.digits,
            "period" => &mut self.period,
            "counter" => &mut self.counter,
            _ => return None,
        })
    }
}

/// Fills the field, but only once: apps disagree on which of two values counts.
fn fill<'a>(slot: &mut Option<Raw<'a>>, pair: Raw<'a>) -> Result<(), KeyUriError> {
    if slot.is_some() {
        return Err(KeyUriError::Duplicate { position: pair.at });
    }
    *slot = Some(pair);
    Ok(())
}

const NAMES: [&str; 6] = ["secret", "issuer", "algorithm", "digits", "period", "counter"];
