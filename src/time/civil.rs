use super::UnixTime;

/// A moment in the Gregorian calendar and in UTC, from 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Civil {
    pub(super) year: u64,
    /// From 1 on.
    pub(super) month: u64,
    /// From 1 on.
    pub(super) day: u64,
    pub(super) second_of_day: u64,
}

pub(super) const SECS_A_DAY: u64 = 24 * 60 * 60;

/// From 0000-01-01 to 1970-01-01.
pub(super) const DAYS_BEFORE_1970: u64 = 719_528;

impl Civil {
    /// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
    const LAST: u64 = 253_402_300_799;

    /// A moment later than [`LAST`](Self::LAST) is taken for that one.
    pub(super) fn of(moment: UnixTime) -> Self {
        let secs = moment.as_secs().min(Self::LAST);
        let [mut days, second_of_day] = [secs / SECS_A_DAY, secs % SECS_A_DAY];
        let [mut year, mut month] = [1970, 1];
        while let Some(rest) = days.checked_sub(days_of_year(year)) {
            (days, year) = (rest, u64::saturating_add(year, 1));
        }
        while let Some(rest) = days.checked_sub(days_of_month(year, month)) {
            (days, month) = (rest, u64::saturating_add(month, 1));
        }
        Self { year, month, day: days.saturating_add(1), second_of_day }
    }

    /// Days since 0000-01-01, unless there is no such day.
    pub(super) fn days_since_year_0(year: u64, month: u64, day: u64) -> Option<u64> {
        let is_day = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        let months = (1..month).map(|month| days_of_month(year, month)).sum();
        is_day.then(|| days_before(year).saturating_add(months).saturating_add(day).saturating_sub(1))
    }

    /// The month's name of three letters.
    pub(super) fn month_name(&self) -> &'static str {
        const NAMES: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let index = usize::try_from(self.month.saturating_sub(1)).unwrap_or_default();
        NAMES.get(index).copied().unwrap_or_default()
    }

    /// Hours, minutes and seconds of the day.
    pub(super) fn clock(&self) -> [u64; 3] {
        let minutes = self.second_of_day / 60;
        [minutes / 60, minutes % 60, self.second_of_day % 60]
    }
}

const fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

/// From the beginning of year 0, which was a leap year.
const fn days_before(year: u64) -> u64 {
    let leap_years = year.div_ceil(4).saturating_sub(year.div_ceil(100)).saturating_add(year.div_ceil(400));
    year.saturating_mul(365).saturating_add(leap_years)
}

const fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
