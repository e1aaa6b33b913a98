use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::parse::Mode;
use super::part::Part;
use super::warning::Warnings;
use super::{KeyUriError, KeyUriWarning, UnknownParameter};

/// The parameters as they stand in the text, sorted by name, duplicates refused.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    pub(super) secret: Option<Part<'a>>,
    pub(super) issuer: Option<Part<'a>>,
    pub(super) algorithm: Option<Part<'a>>,
    pub(super) digits: Option<Part<'a>>,
    pub(super) period: Option<Part<'a>>,
    pub(super) counter: Option<Part<'a>>,
    /// `encoder=steam`, or the flag `steam`.
    pub(super) steam: bool,
    pub(super) unknown: Vec<UnknownParameter>,
}

impl<'a> Parameters<'a> {
    /// Reads them into this, which is empty.
    pub(super) fn read(
        &mut self,
        query: Part<'a>,
        mode: Mode,
        warnings: &mut Warnings,
    ) -> Result<(), KeyUriError> {
        let mut rest = Some(query);
        while let Some(here) = rest {
            let (pair, next) = here.split_once(b'&').map_or((here, None), |(pair, next)| (pair, Some(next)));
            rest = next;
            if !pair.text.is_empty() {
                self.add(pair, mode, warnings)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, pair: Part<'a>, mode: Mode, warnings: &mut Warnings) -> Result<(), KeyUriError> {
        let (raw_name, value) =
            pair.split_once(b'=').map_or((pair, None), |(name, value)| (name, Some(value)));
        // A known name that is spelled exactly, the common case, has no escape.
        if let Some(slot) = self.slot(raw_name.text) {
            return fill(slot, pair, value);
        }
        let unescaped;
        let name = if raw_name.first_escape().is_some() {
            unescaped = raw_name.decode()?;
            unescaped.as_str()
        } else {
            raw_name.text
        };
        if let Some(known) = NAMES.into_iter().find(|known| name.eq_ignore_ascii_case(known))
            && (mode == Mode::Lenient || name == known)
            && let Some(slot) = self.slot(known)
        {
            warnings.note_if(name != known, KeyUriWarning::ParameterCase);
            return fill(slot, pair, value);
        }
        if mode == Mode::Strict {
            return Err(KeyUriError::UnknownParameter { position: pair.at });
        }
        match value {
            None if name.eq_ignore_ascii_case("steam") => self.steam = true,
            Some(value)
                if name.eq_ignore_ascii_case("encoder") && value.decode()?.eq_ignore_ascii_case("steam") =>
            {
                self.steam = true;
            }
            _ => self.unknown.push(UnknownParameter {
                name: Zeroizing::new(name.to_owned()),
                value: value.map(Part::decode).transpose()?,
            }),
        }
        Ok(())
    }

    /// Where the parameter of this name is kept.
    #[inline]
    fn slot(&mut self, name: &str) -> Option<&mut Option<Part<'a>>> {
        Some(match name.as_bytes() {
            b"secret" => &mut self.secret,
            b"issuer" => &mut self.issuer,
            b"algorithm" => &mut self.algorithm,
            b"digits" => &mut self.digits,
            b"period" => &mut self.period,
            b"counter" => &mut self.counter,
            _ => return None,
        })
    }
}

/// Once: apps disagree on which of two counts.
#[inline]
fn fill<'a>(slot: &mut Option<Part<'a>>, pair: Part<'a>, value: Option<Part<'a>>) -> Result<(), KeyUriError> {
    if slot.is_some() {
        return Err(KeyUriError::Duplicate { position: pair.at });
    }
    *slot = Some(value.unwrap_or(pair.around(pair.text.len(), pair.text.len()).1));
    Ok(())
}

const NAMES: [&str; 6] = ["secret", "issuer", "algorithm", "digits", "period", "counter"];
