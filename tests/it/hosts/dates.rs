//! Dates: to and from `SystemTime`, RFC 3339, and words. Checked against the crate `time`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use second_factor::{UnixTime, UnixTimeError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// 9999-12-31T23:59:59Z
const LAST: u64 = 253_402_300_799;

#[track_caller]
fn agrees_with_the_oracle(secs: u64) {
    let moment = UnixTime::from_secs(secs);
    let oracle = OffsetDateTime::from_unix_timestamp(secs.try_into().unwrap()).unwrap();
    let text = moment.to_string();
    assert_eq!(text, oracle.format(&Rfc3339).unwrap());
    assert_eq!(text.parse(), Ok(moment));

    let month = &oracle.month().to_string()[..3];
    let day = format!("{} {month} {}", oracle.day(), oracle.year());
    assert_eq!(moment.day_in_words().to_string(), day);
    let in_words = format!("{day}, {:02}:{:02} UTC", oracle.hour(), oracle.minute());
    assert_eq!(moment.in_words().to_string(), in_words);
}

#[test]
fn every_day_of_400_years_is_written_and_read_as_by_the_oracle() {
    for day in 0..146_097_u64 {
        // Another second on each day; 86,400 and 7,919 have no common factor.
        agrees_with_the_oracle(day * 86_400 + day * 7_919 % 86_400);
    }
}

#[test]
fn both_ends_of_every_year_are_written_and_read_as_by_the_oracle() {
    for year in 1970..=9999 {
        let new_year = time::Date::from_ordinal_date(year, 1).unwrap().midnight().assume_utc();
        let secs = u64::try_from(new_year.unix_timestamp()).unwrap();
        agrees_with_the_oracle(secs);
        agrees_with_the_oracle(secs + 59 * 86_400 - 1);
        agrees_with_the_oracle(secs + 59 * 86_400);
        agrees_with_the_oracle(secs.saturating_sub(1));
    }
    agrees_with_the_oracle(LAST);
}

#[test]
fn a_time_after_the_year_9999_is_written_as_its_last_second() {
    for secs in [LAST + 1, 1 << 40, u64::MAX - 1, u64::MAX] {
        assert_eq!(UnixTime::from_secs(secs).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(UnixTime::from_secs(secs).in_words().to_string(), "31 Dec 9999, 23:59 UTC");
    }
}

/// Every text that `time` reads as RFC 3339 is read in the same way, and every other text is refused.
#[test]
fn rfc3339_5_6_zones_and_fractions_are_read_as_by_the_oracle() {
    let dates =
        ["1970-01-01", "2026-11-24", "2024-02-29", "2023-02-29", "2026-13-01", "2026-00-10", "2026-04-31"];
    let times = ["00:00:00", "23:59:59", "11:03:07.5", "11:03:07.123456789", "24:00:00", "11:60:00", "11:03"];
    let zones = ["Z", "z", "+00:00", "-00:00", "+02:00", "-09:30", "+23:59", "-23:59", "+24:00", "+0200", ""];
    let mut read = 0;
    for (date, time, zone) in dates
        .iter()
        .flat_map(|date| times.iter().map(move |time| (date, time)))
        .flat_map(|(date, time)| zones.iter().map(move |zone| (date, time, zone)))
    {
        let text = format!("{date}T{time}{zone}");
        let found = text.parse::<UnixTime>();
        match OffsetDateTime::parse(&text, &Rfc3339) {
            Err(_) => assert_eq!(found, Err(UnixTimeError::Format), "{text}"),
            Ok(oracle) => {
                read += 1;
                let secs = u64::try_from(oracle.unix_timestamp()).map(UnixTime::from_secs);
                assert_eq!(found, secs.map_err(|_| UnixTimeError::OutOfRange), "{text}");
            }
        }
    }
    assert_eq!(read, 3 * 4 * 8);
}

#[test]
fn a_date_alone_is_its_beginning_in_utc() {
    assert_eq!("2027-01-01".parse(), Ok(UnixTime::from_secs(1_798_761_600)));
    assert_eq!("1970-01-01".parse(), Ok(UnixTime::EPOCH));
    assert_eq!("2027-01-01 08:00:00Z".parse(), Ok(UnixTime::from_secs(1_798_790_400)));
}

#[test]
fn a_leap_second_is_the_first_of_the_next_minute() {
    assert_eq!("2016-12-31T23:59:60Z".parse(), "2017-01-01".parse::<UnixTime>());
}

/// Each minute of the last and the first days of months, in three zones.
#[test]
fn rfc3339_5_7_a_leap_second_ends_a_month_in_utc_as_for_the_oracle() {
    let mut read = Vec::new();
    for date in ["2016-06-30", "2016-12-31", "2017-01-01", "2016-02-28", "2016-02-29", "2016-12-30"] {
        for (minute, zone) in
            (0..24 * 60).flat_map(|minute| ["Z", "+05:30", "-08:00"].map(|zone| (minute, zone)))
        {
            let text = format!("{date}T{:02}:{:02}:60{zone}", minute / 60, minute % 60);
            let found = text.parse::<UnixTime>();
            match OffsetDateTime::parse(&text, &Rfc3339) {
                Err(_) => assert_eq!(found, Err(UnixTimeError::Format), "{text}"),
                Ok(oracle) => {
                    // The oracle returns the last nanosecond before it.
                    let next = u64::try_from(oracle.unix_timestamp()).unwrap() + 1;
                    assert_eq!(found, Ok(UnixTime::from_secs(next)), "{text}");
                    read.push(text);
                }
            }
        }
    }
    let expected = [
        "2016-06-30T15:59:60-08:00",
        "2016-06-30T23:59:60Z",
        "2016-12-31T15:59:60-08:00",
        "2016-12-31T23:59:60Z",
        "2017-01-01T05:29:60+05:30",
        "2016-02-29T15:59:60-08:00",
        "2016-02-29T23:59:60Z",
    ];
    assert_eq!(read, expected);
}

#[test]
fn times_before_1970_are_out_of_range() {
    for text in ["1969-12-31", "0000-01-01", "1969-12-31T23:59:59Z", "1970-01-01T00:59:59+01:00"] {
        assert_eq!(text.parse::<UnixTime>(), Err(UnixTimeError::OutOfRange), "{text}");
    }
    assert_eq!("1969-12-31T23:00:00-01:00".parse(), Ok(UnixTime::EPOCH));
}

#[test]
fn other_text_is_refused() {
    let all = [
        "",
        "now",
        "2027",
        "2027-1-1",
        "27-01-01",
        "2027-01-01T",
        "2027-01-01Z",
        "2027-01-01T08:00:00",
        "2027-01-01T08:00:00.Z",
        "2027-01-01T08:00:00Z ",
        " 2027-01-01",
        "+2027-01-01",
        "2027-01-01T08:00:61Z",
        "2027-01-01T08:00:60Z",
        "2027-01-01T08:00:00\u{2212}02:00",
        "2027-01-01T08:00:00Z\u{a0}",
        "２０２７-01-01",
        "2027−01−01",
        "1798761600",
        "2027-01-01T08:00:00Zulu",
        "20270101",
    ];
    for text in all {
        assert_eq!(text.parse::<UnixTime>(), Err(UnixTimeError::Format), "{text:?}");
    }
}

#[test]
fn times_convert_to_and_from_system_time() {
    let moment = UnixTime::from_secs(1_700_000_000);
    let system = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!(SystemTime::try_from(moment), Ok(system));
    assert_eq!(UnixTime::try_from(system + Duration::from_millis(999)), Ok(moment));
    assert_eq!(UnixTime::try_from(UNIX_EPOCH), Ok(UnixTime::EPOCH));
    assert_eq!(UnixTime::try_from(UNIX_EPOCH - Duration::from_nanos(1)), Err(UnixTimeError::OutOfRange));
    // A time that the operating system cannot represent is an error, not a panic.
    match SystemTime::try_from(UnixTime::MAX) {
        Ok(far) => assert_eq!(UnixTime::try_from(far), Ok(UnixTime::MAX)),
        Err(error) => assert_eq!(error, UnixTimeError::OutOfRange),
    }
}
