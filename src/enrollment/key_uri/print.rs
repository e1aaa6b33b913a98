use alloc::string::{String, ToString};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{KeyUri, KeyUriKind};
use crate::enrollment::SecretText;
use crate::otp::{Algorithm, Digits, Period};

pub(super) fn print(uri: &KeyUri) -> SecretText {
    let mut out = Out(Zeroizing::new(String::with_capacity(capacity(uri))));
    out.plain(match uri.kind {
        KeyUriKind::Totp { .. } => "otpauth://totp/",
        KeyUriKind::Hotp { .. } => "otpauth://hotp/",
        KeyUriKind::Steam => "otpauth://steam/",
    });
    match uri.issuer() {
        Some(issuer) => {
            out.escaped(issuer);
            out.plain(":");
        }
        // Without this colon, a colon in the account name would be read as the end of an issuer.
        None if uri.account_name().contains(':') => out.plain(":"),
        None => {}
    }
    out.escaped(uri.account_name());
    out.plain("?secret=");
    out.plain(uri.secret.to_base32().expose());
    if let Some(issuer) = uri.issuer() {
        out.plain("&issuer=");
        out.escaped(issuer);
    }
    match uri.kind {
        KeyUriKind::Totp { algorithm, digits, period } => {
            out.differing(algorithm, digits);
            if period != Period::DEFAULT {
                out.plain("&period=");
                out.plain(&period.as_secs().to_string());
            }
        }
        KeyUriKind::Hotp { algorithm, digits, counter } => {
            out.differing(algorithm, digits);
            out.plain("&counter=");
            out.plain(&counter.get().to_string());
        }
        KeyUriKind::Steam => {}
    }
    for (name, value) in uri.unknown_parameters() {
        out.plain("&");
        out.escaped(name);
        if let Some(value) = value {
            out.plain("=");
            out.escaped(value);
        }
    }
    SecretText::new(out.0)
}

/// Enough for every byte to be escaped, so that the string never reallocates, which would leave a copy
/// behind.
fn capacity(uri: &KeyUri) -> usize {
    const FIXED: usize = 512; // names, separators, numbers, and 205 characters of base32
    let issuer = uri.issuer().map_or(0, str::len);
    let unknown = uri
        .unknown_parameters()
        .map(|(name, value)| name.len().saturating_add(value.map_or(0, str::len)).saturating_add(2));
    let names = unknown
        .fold(issuer.saturating_mul(2).saturating_add(uri.account_name().len()), usize::saturating_add);
    names.saturating_mul(3).saturating_add(FIXED)
}

struct Out(Zeroizing<String>);

impl Out {
    fn plain(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Writes unreserved characters (RFC 3986 §2.3) as they are, and everything else as `%XX`.
    fn escaped(&mut self, text: &str) {
        utf8_percent_encode(text, RESERVED).for_each(|piece| self.plain(piece));
    }

    fn differing(&mut self, algorithm: Algorithm, digits: Digits) {
        if algorithm != Algorithm::default() {
            self.plain("&algorithm=");
            self.plain(algorithm.name());
        }
        if digits != Digits::default() {
            self.plain("&digits=");
            self.plain(&digits.count().to_string());
        }
    }
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
