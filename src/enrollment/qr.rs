use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::ops::Range;

use qrcodegen::{QrCode as Encoded, QrCodeEcc};
use zeroize::Zeroizing;

use super::{KeyUri, SecretText};

/// The QR code of a key URI: as SVG, as text for a terminal, or as a plain matrix.
///
/// It has error correction M or better and a quiet zone of four modules (ISO/IEC 18004). It is dark on a
/// light background, and the theme of the page or the terminal cannot invert that. Whoever sees the image has
/// the secret, so the outputs are [`SecretText`], the matrix is cleared when dropped, and `Debug` shows only
/// the size. The working memory of the `qrcodegen` crate is not cleared.
///
/// ```
/// use second_factor::{Algorithm, Digits, KeyUri, Period, QrCode, Secret};
///
/// let secret = Secret::new(b"12345678901234567890")?;
/// let uri = KeyUri::totp("ACME", "alice", secret, Algorithm::Sha1, Digits::Six, Period::DEFAULT)?;
/// let code = QrCode::new(&uri)?;
/// assert!(code.svg().expose().starts_with("<svg "));
/// assert!(code.is_dark(0, 0)); // a corner of the finder pattern
/// assert!(!code.is_dark(code.size(), 0)); // the quiet zone
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct QrCode {
    size: usize,
    /// Row by row, without the quiet zone.
    dark: Zeroizing<Vec<bool>>,
}

impl QrCode {
    /// The light modules around the code on each side, in the SVG and in the terminal text.
    pub const QUIET_ZONE: usize = 4;

    /// The QR code of this URI.
    ///
    /// # Errors
    ///
    /// [`QrCapacityError`] if the URI is longer than the largest code holds (2,331 bytes). This can happen
    /// only to a URI that was read, with long names or unknown parameters. A URI that [`KeyUri::totp`] or
    /// [`KeyUri::hotp`] made always fits. A code scans well if its URI has fewer than 300 bytes.
    pub fn new(uri: &KeyUri) -> Result<Self, QrCapacityError> {
        let text = uri.to_uri();
        let encoded = Encoded::encode_text(text.expose(), QrCodeEcc::Medium)
            .map_err(|_| QrCapacityError { found: text.expose().len() })?;
        let modules = encoded.size();
        let size = usize::try_from(modules).unwrap_or_default();
        let mut dark = Zeroizing::new(Vec::with_capacity(size.saturating_mul(size)));
        for y in 0..modules {
            dark.extend((0..modules).map(|x| encoded.get_module(x, y)));
        }
        Ok(Self { size, dark })
    }

    /// The number of modules on each side, without the quiet zone: 21 to 177.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module in column `x` of row `y` is dark. All modules outside the code are light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.size
            && y.checked_mul(self.size)
                .and_then(|row| row.checked_add(x))
                .and_then(|index| self.dark.get(index).copied())
                .unwrap_or(false)
    }

    /// A complete SVG document to put into a page. It scales without blur and has the title "QR code" for
    /// screen readers. It loads nothing from elsewhere, so the secret goes to nobody else.
    pub fn svg(&self) -> SecretText {
        let side = self.size.saturating_add(2 * Self::QUIET_ZONE);
        let runs = (0..self.size).map(|y| self.runs(y).count()).fold(0, usize::saturating_add);
        // No run takes more than 24 characters, so the string never reallocates, which would leave a copy
        // behind.
        let mut text = Zeroizing::new(String::with_capacity(runs.saturating_mul(24).saturating_add(512)));
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
             shape-rendering=\"crispEdges\"><title>QR code</title>\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\""
        );
        for y in 0..self.size {
            for run in self.runs(y) {
                let (x, width) = (run.start.saturating_add(Self::QUIET_ZONE), run.len());
                let _ = write!(text, "M{x} {}h{width}v1h-{width}z", y.saturating_add(Self::QUIET_ZONE));
            }
        }
        text.push_str("\"/></svg>\n");
        SecretText::new(text)
    }

    /// Lines of half-block characters, for a terminal with UTF-8 and 256 colours.
    ///
    /// The colours are set to black on white, so that the code is not inverted on a dark terminal.
    pub fn terminal(&self) -> SecretText {
        const START: &str = "\x1b[38;5;16;48;5;231m";
        const END: &str = "\x1b[0m\n";
        let side = self.size.saturating_add(2 * Self::QUIET_ZONE);
        let line = side.saturating_mul('█'.len_utf8()).saturating_add(START.len()).saturating_add(END.len());
        let capacity = line.saturating_mul(side.div_ceil(2));
        let mut text = Zeroizing::new(String::with_capacity(capacity));
        for y in (0..side).step_by(2) {
            text.push_str(START);
            for x in 0..side {
                text.push(match (self.framed(x, y), self.framed(x, y.saturating_add(1))) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str(END);
        }
        SecretText::new(text)
    }

    /// Like [`is_dark`](Self::is_dark), but counted from the corner of the quiet zone.
    fn framed(&self, x: usize, y: usize) -> bool {
        match (x.checked_sub(Self::QUIET_ZONE), y.checked_sub(Self::QUIET_ZONE)) {
            (Some(x), Some(y)) => self.is_dark(x, y),
            _ => false,
        }
    }

    /// The runs of dark modules in row `y`, as ranges of columns.
    fn runs(&self, y: usize) -> impl Iterator<Item = Range<usize>> {
        let mut x = 0;
        core::iter::from_fn(move || {
            let start = (x..self.size).find(|&x| self.is_dark(x, y))?;
            x = (start..self.size).find(|&x| !self.is_dark(x, y)).unwrap_or(self.size);
            Some(start..x)
        })
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrCode").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The key URI does not fit into a QR code. The host is at fault: only a URI that was read, with long names
/// or unknown parameters, can be too long.
///
/// ```
/// use second_factor::{KeyUri, QrCode};
///
/// let text = format!("otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQ&x={}", "y".repeat(2_400));
/// let uri = KeyUri::parse(&text)?;
/// assert_eq!(QrCode::new(&uri).unwrap_err().found, uri.to_uri().expose().len());
/// # Ok::<(), second_factor::enrollment::KeyUriError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the key URI of {found} bytes does not fit into a QR code")]
#[non_exhaustive]
pub struct QrCapacityError {
    /// The length of the URI in bytes.
    pub found: usize,
}
