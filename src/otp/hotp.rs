use subtle::Choice;

use super::constant_time::FirstMatch;
use super::hmac::Hmac;
use super::{Algorithm, Code, Counter, Digits, LookAhead, ResyncWindow, Secret};

/// HOTP, the counter-based one-time password of RFC 4226, for one secret.
///
/// It holds the keyed state of the HMAC, not the secret, and clears it when dropped. Make it once to verify
/// many codes.
///
/// ```
/// use second_factor::otp::{Counter, LookAhead};
/// use second_factor::{Algorithm, Code, Digits, Hotp, Secret};
///
/// let hotp = Hotp::new(&Secret::new(b"12345678901234567890")?, Algorithm::Sha1, Digits::Six);
/// let typed = Code::parse("359152", Digits::Six)?;
///
/// let matched = hotp.verify(&typed, Counter::new(0), LookAhead::default()).unwrap();
/// assert_eq!(matched, Counter::new(2));
/// // Remember the counter after it, so that the code is not accepted again.
/// let expected = matched.next().unwrap();
/// assert_eq!(hotp.verify(&typed, expected, LookAhead::default()), None);
/// # Ok::<(), second_factor::otp::OtpError>(())
/// ```
#[derive(Debug)]
pub struct Hotp {
    hmac: Hmac,
    digits: Digits,
}

impl Hotp {
    /// HOTP with this secret. RFC 4226 defines SHA-1 only, but key URIs can name the other algorithms too.
    pub fn new(secret: &Secret, algorithm: Algorithm, digits: Digits) -> Self {
        Self { hmac: Hmac::new(secret, algorithm), digits }
    }

    /// The code of a counter value (RFC 4226 §5.3).
    ///
    /// ```
    /// use second_factor::{Algorithm, Digits, Hotp, Secret, otp::Counter};
    ///
    /// let hotp = Hotp::new(&Secret::new(b"12345678901234567890")?, Algorithm::Sha1, Digits::Six);
    /// assert_eq!(hotp.generate(Counter::new(0)).expose(), "755224");
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn generate(&self, counter: Counter) -> Code {
        Code::from_value(self.hmac.value(counter.get()), self.digits)
    }

    /// Finds the counter value that `code` belongs to, among the expected one and those of the look-ahead
    /// (RFC 4226 §7.2, §7.4). If several values have this code, it returns the lowest.
    ///
    /// Store the [next](Counter::next) value as the new `expected`, in the same atomic step that lets the
    /// claimant in. After the last value there is no next one, and the authenticator cannot be used any more.
    /// The look-ahead ends there too: it never wraps around to values already used.
    ///
    /// The amount of work depends on the look-ahead only.
    ///
    /// ```
    /// use second_factor::otp::{Counter, LookAhead};
    /// use second_factor::{Algorithm, Digits, Hotp, Secret};
    ///
    /// let hotp = Hotp::new(&Secret::new(b"12345678901234567890")?, Algorithm::Sha1, Digits::Six);
    /// let code = hotp.generate(Counter::new(7));
    /// assert_eq!(hotp.verify(&code, Counter::new(5), LookAhead::new(2)?), Some(Counter::new(7)));
    /// assert_eq!(hotp.verify(&code, Counter::new(5), LookAhead::new(1)?), None);
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    #[must_use]
    pub fn verify(&self, code: &Code, expected: Counter, look_ahead: LookAhead) -> Option<Counter> {
        let first = expected.get();
        let guess = code.guess(self.digits);
        let mut matched = FirstMatch::none();
        self.hmac.for_each(first, look_ahead.get().saturating_add(1), |counter, value| {
            let is_this = guess.matches(value);
            // A counter that has wrapped around does not count. The branch is on public values.
            if counter >= first {
                matched.offer(counter, is_this);
            }
        });
        matched.reveal().map(Counter::new)
    }

    /// Finds a counter that has run ahead, from two codes in a row (RFC 4226 §7.4, Appendix E.4). Returns the
    /// value to expect next, after both codes.
    ///
    /// The search for the first code begins at `from` and covers `window`. This window may be wider than any
    /// look-ahead because there are two codes: the chance of guessing both is the square of the chance of
    /// guessing one. One code alone never moves the counter. A pair that ends at the last counter value is
    /// not found, because no value follows it.
    ///
    /// The amount of work depends on the window only.
    ///
    /// ```
    /// use second_factor::otp::{Counter, ResyncWindow};
    /// use second_factor::{Algorithm, Digits, Hotp, Secret};
    ///
    /// let hotp = Hotp::new(&Secret::new(b"12345678901234567890")?, Algorithm::Sha1, Digits::Six);
    /// let first = hotp.generate(Counter::new(700));
    /// let second = hotp.generate(Counter::new(701));
    /// let next = hotp.resynchronize(&first, &second, Counter::new(5), ResyncWindow::default());
    /// assert_eq!(next, Some(Counter::new(702)));
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    #[must_use]
    pub fn resynchronize(
        &self,
        first: &Code,
        second: &Code,
        from: Counter,
        window: ResyncWindow,
    ) -> Option<Counter> {
        let (first, second) = (first.guess(self.digits), second.guess(self.digits));
        let start = from.get();
        let mut before = Choice::from(0);
        let mut matched = FirstMatch::none();
        self.hmac.for_each(start, window.get().saturating_add(2), |counter, value| {
            let (this, after_first) = (first.matches(value), before & second.matches(value));
            if counter >= start {
                matched.offer(counter, after_first);
                before = this;
            }
        });
        matched.reveal().map(Counter::new).and_then(Counter::next)
    }
}
