use subtle::Choice;

use super::constant_time::{FirstMatch, reveal_verdict};
use super::hmac::Hmac;
use super::{ClockOffset, Code, CodesInARow, Secret, TimeStep, TotpParams, Verdict, Window};
use crate::time::UnixTime;

/// TOTP, the time-based one-time password of RFC 6238, for one secret.
///
/// It holds the keyed state of the HMAC, not the secret, and clears it when dropped. Make it once to verify
/// many codes.
///
/// ```
/// use second_factor::{Code, Digits, Secret, Totp, TotpParams, UnixTime, Window};
///
/// let totp = Totp::new(&Secret::new(b"12345678901234567890")?, TotpParams::default());
/// let now = UnixTime::from_secs(59);
/// let typed = Code::parse("287 082", Digits::Six)?;
///
/// let accepted = totp.verify(&typed, now, Window::default(), None).accepted();
/// assert_eq!(accepted, totp.time_step(now));
/// // Remember the step, so that the code is not accepted again.
/// assert_eq!(totp.verify(&typed, now, Window::default(), accepted).accepted(), None);
/// # Ok::<(), second_factor::otp::OtpError>(())
/// ```
#[derive(Debug)]
pub struct Totp {
    hmac: Hmac,
    params: TotpParams,
}

impl Totp {
    /// TOTP with this secret and these parameters.
    pub fn new(secret: &Secret, params: TotpParams) -> Self {
        Self { hmac: Hmac::new(secret, params.algorithm()), params }
    }

    /// The parameters.
    pub fn params(&self) -> TotpParams {
        self.params
    }

    /// The code that an authenticator shows at `now` (RFC 6238 §4.2). Before T0, it is the code of step 0.
    ///
    /// ```
    /// use second_factor::{Secret, Totp, TotpParams, UnixTime};
    ///
    /// let totp = Totp::new(&Secret::new(b"12345678901234567890")?, TotpParams::default());
    /// assert_eq!(totp.generate(UnixTime::from_secs(1_111_111_109)).expose(), "081804");
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn generate(&self, now: UnixTime) -> Code {
        let step = self.time_step(now).map_or(0, TimeStep::get);
        Code::from_value(self.hmac.value(step), self.params.digits())
    }

    /// The time step T = (now − T0) / X that `now` is in (RFC 6238 §4.2), or `None` before T0.
    ///
    /// ```
    /// use second_factor::{Secret, Totp, TotpParams, UnixTime, otp::TimeStep};
    ///
    /// let secret = Secret::new(b"12345678901234567890")?;
    /// let totp = Totp::new(&secret, TotpParams::default().with_t0(UnixTime::from_secs(60)));
    /// assert_eq!(totp.time_step(UnixTime::from_secs(119)), Some(TimeStep::new(1)));
    /// assert_eq!(totp.time_step(UnixTime::from_secs(59)), None);
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn time_step(&self, now: UnixTime) -> Option<TimeStep> {
        self.params.time_step(now)
    }

    /// Whether `code` is acceptable at `now`: it must be the code of a step that is inside the window and
    /// later than `after`.
    ///
    /// `after` is the step last accepted for this authenticator. Store the [accepted](Verdict::accepted) step
    /// as the new `after`, in the same atomic step that lets the claimant in: "The verifier MUST NOT accept
    /// the second attempt of the OTP after the successful validation has been issued for the first OTP" (RFC
    /// 6238 §5.2). If several steps have this code, the lowest one counts, so that no more steps than
    /// necessary are used up.
    ///
    /// Before T0 no code is acceptable, and neither is one with another number of digits. The amount of work
    /// and the time are the same in every case; they depend only on the length of the window, which is
    /// public.
    ///
    /// ```
    /// use second_factor::{Secret, Totp, TotpParams, UnixTime, Window, otp::Verdict};
    ///
    /// let totp = Totp::new(&Secret::new(b"12345678901234567890")?, TotpParams::default());
    /// let shown = UnixTime::from_secs(3_000);
    /// let (code, step) = (totp.generate(shown), totp.time_step(shown).unwrap());
    ///
    /// let late = UnixTime::from_secs(3_059);
    /// assert_eq!(totp.verify(&code, late, Window::default(), None), Verdict::Accepted(step));
    /// assert_eq!(totp.verify(&code, late, Window::default(), Some(step)), Verdict::Replayed(step));
    /// assert_eq!(totp.verify(&code, late, Window::EXACT, None), Verdict::Wrong);
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn verify(&self, code: &Code, now: UnixTime, window: Window, after: Option<TimeStep>) -> Verdict {
        let (past, future) = (u64::from(window.past()), u64::from(window.future()));
        let current = self.time_step(now).map(TimeStep::get);
        let middle = current.unwrap_or_default();
        // Steps before 0 and beyond the last one do not exist. They are evaluated too, under numbers outside
        // this range, but do not count.
        let existing = middle.saturating_sub(past)..=middle.saturating_add(future);

        let guess = code.guess(self.params.digits());
        let (mut accepted, mut replayed) = (FirstMatch::none(), FirstMatch::none());
        self.hmac.for_each(middle.wrapping_sub(past), window.steps().into(), |step, value| {
            let matches = guess.matches(value);
            // These branches are on what is public: the time, the window, the last accepted step.
            if current.is_some() && existing.contains(&step) {
                let used = after.is_some_and(|after| step <= after.get());
                if used { replayed.offer(step, matches) } else { accepted.offer(step, matches) }
            }
        });
        reveal_verdict(accepted, replayed)
    }

    /// Like [`verify`](Self::verify), for codes of consecutive steps: the step of the last code must be
    /// inside the window, and the steps of all codes must be later than `after`. The accepted or replayed
    /// step is that of the last code.
    ///
    /// The amount of work depends on the window and on the number of digits only.
    ///
    /// ```
    /// use second_factor::otp::{CodesInARow, Verdict};
    /// use second_factor::{Digits, Secret, Totp, TotpParams, UnixTime, Window};
    ///
    /// let totp = Totp::new(&Secret::new(b"12345678901234567890")?, TotpParams::default());
    /// let shown = [2_910, 2_940, 2_970, 3_000].map(UnixTime::from_secs);
    /// let typed = shown.map(|at| totp.generate(at).expose().to_owned()).join(" ");
    /// let codes = CodesInARow::parse(&typed, Digits::Six)?;
    ///
    /// let last = totp.time_step(shown[3]).unwrap();
    /// assert_eq!(totp.verify_in_a_row(&codes, shown[3], Window::default(), None), Verdict::Accepted(last));
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn verify_in_a_row(
        &self,
        codes: &CodesInARow,
        now: UnixTime,
        window: Window,
        after: Option<TimeStep>,
    ) -> Verdict {
        let (past, future) = (u64::from(window.past()), u64::from(window.future()));
        let before_last = u64::from(CodesInARow::count(self.params.digits())).saturating_sub(1);
        let current = self.time_step(now).map(TimeStep::get);
        let middle = current.unwrap_or_default();
        let first = middle.wrapping_sub(past).wrapping_sub(before_last);
        let steps = u16::from(window.steps()).saturating_add(u16::try_from(before_last).unwrap_or_default());
        let existing =
            middle.saturating_sub(past).saturating_sub(before_last)..=middle.saturating_add(future);
        let in_window = middle.saturating_sub(past)..=middle.saturating_add(future);

        let digits = self.params.digits();
        let mut guesses = codes.codes().iter().map(|code| code.guess(digits));
        let guesses: [_; CodesInARow::MAX_COUNT] = core::array::from_fn(|_| guesses.next());
        // For each code, whether it and all codes before it match the steps that end at the current one.
        let mut run = [Choice::from(0); CodesInARow::MAX_COUNT];
        let (mut accepted, mut replayed) = (FirstMatch::none(), FirstMatch::none());
        self.hmac.for_each(first, steps, |step, value| {
            // Steps before 0 and beyond the last one do not exist. They are evaluated too, but do not count.
            let exists = Choice::from(u8::from(current.is_some() && existing.contains(&step)));
            let mut before = exists;
            let mut whole = exists;
            for (matched, guess) in run.iter_mut().zip(guesses.iter().flatten()) {
                let now_matched = before & guess.matches(value);
                before = exists & *matched;
                *matched = now_matched;
                whole = now_matched;
            }
            // These branches are on what is public: the time, the window, the last accepted step.
            if in_window.contains(&step) {
                let oldest = step.saturating_sub(before_last);
                let used = after.is_some_and(|after| oldest <= after.get());
                if used { replayed.offer(step, whole) } else { accepted.offer(step, whole) }
            }
        });
        reveal_verdict(accepted, replayed)
    }

    /// The step, at most ten minutes away from `now`, that has this code, and how far the authenticator's
    /// clock is off if the code has just been shown. If several steps have it, the earliest is returned.
    ///
    /// Use it to tell somebody why their codes are refused, never to accept a code: across 41 steps of 30
    /// seconds, each guess has 41 chances in a million. Before T0, and for a code with another number of
    /// digits, the result is `None`.
    ///
    /// ```
    /// use second_factor::otp::ClockOffset;
    /// use second_factor::{Secret, Totp, TotpParams, UnixTime};
    ///
    /// let totp = Totp::new(&Secret::new(b"12345678901234567890")?, TotpParams::default());
    /// let shown = totp.generate(UnixTime::from_secs(3_000));
    /// let (step, offset) = totp.clock_offset(&shown, UnixTime::from_secs(3_180)).unwrap();
    /// assert_eq!((step.get(), offset), (100, ClockOffset::from_secs(-180)));
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    #[must_use]
    pub fn clock_offset(&self, code: &Code, now: UnixTime) -> Option<(TimeStep, ClockOffset)> {
        const TEN_MINUTES: u32 = 600;
        let period = self.params.period().as_secs();
        let reach =
            TEN_MINUTES.checked_div(period).and_then(|steps| u16::try_from(steps).ok()).unwrap_or_default();
        let current = self.time_step(now)?.get();
        let existing = current.saturating_sub(reach.into())..=current.saturating_add(reach.into());

        let guess = code.guess(self.params.digits());
        let mut found = FirstMatch::none();
        let count = reach.saturating_mul(2).saturating_add(1);
        self.hmac.for_each(current.wrapping_sub(reach.into()), count, |step, value| {
            let matches = guess.matches(value);
            // This branch depends only on the time, which is public.
            if existing.contains(&step) {
                found.offer(step, matches);
            }
        });
        let step = found.reveal()?;
        let steps = i64::try_from(step).ok()?.checked_sub(i64::try_from(current).ok()?)?;
        let secs = i32::try_from(steps.checked_mul(period.into())?).ok()?;
        Some((TimeStep::new(step), ClockOffset::from_secs(secs)))
    }
}
