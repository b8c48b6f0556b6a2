//! UTC days and edition numbers. Nothing in Bisik is dated more finely than a day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use crate::ids::text_serde;

/// A date or an edition number is not written as its format demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Not `YYYY-MM-DD` of a day that exists, from 2000 to 9999.
    #[error("not a date written YYYY-MM-DD")]
    Date,
    /// Not nine ASCII digits `YYYYMMDDn` of a day that exists.
    #[error("not an edition number written YYYYMMDDn")]
    EditionNumber,
}

/// A UTC day from 2000-01-01 to 9999-12-31, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Returns the day of a calendar date.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DayError> {
        let month = Month::try_from(month).map_err(|_| DayError::Date)?;
        let date = Date::from_calendar_date(i32::from(year), month, day).map_err(|_| DayError::Date)?;
        Self::within_range(date)
    }

    /// Returns the UTC day of a Unix time in seconds.
    pub fn from_unix_seconds(seconds: u64) -> Result<Self, DayError> {
        let seconds = i64::try_from(seconds).map_err(|_| DayError::Date)?;
        let moment = time::OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DayError::Date)?;
        Self::within_range(moment.date())
    }

    /// Returns the day this many days later (earlier if negative), kept within the range of days.
    pub fn plus(self, days: i32) -> Self {
        let moved = Date::from_julian_day(self.0.to_julian_day().saturating_add(days));
        match moved.map_err(|_| DayError::Date).and_then(Self::within_range) {
            Ok(day) => day,
            Err(_) if days < 0 => Self(FIRST),
            Err(_) => Self(Date::MAX),
        }
    }

    /// Returns how many days `self` is after `earlier` (negative if before).
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0.to_julian_day() - earlier.0.to_julian_day()
    }

    fn within_range(date: Date) -> Result<Self, DayError> {
        if date >= FIRST { Ok(Self(date)) } else { Err(DayError::Date) }
    }
}

/// 2000-01-01.
const FIRST: Date = match Date::from_ordinal_date(2000, 1) {
    Ok(date) => date,
    Err(_) => Date::MAX,
};

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return Err(DayError::Date) };
        Self::new(digits(year, 4)?, small(month)?, small(day)?)
    }
}
text_serde!(Day);

fn small(text: &str) -> Result<u8, DayError> {
    u8::try_from(digits(text, 2)?).map_err(|_| DayError::Date)
}

/// Reads exactly `len` ASCII digits.
fn digits(text: &str, len: usize) -> Result<u16, DayError> {
    if text.len() != len || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DayError::Date);
    }
    text.parse().map_err(|_| DayError::Date)
}

/// The number of an edition, nine ASCII digits `YYYYMMDDn`: the day it was made and which of that day (0 to 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditionNumber {
    day: Day,
    of_day: u8,
}

impl EditionNumber {
    /// Returns the number of the `of_day`th edition (0 to 9) made on `day`.
    pub fn new(day: Day, of_day: u8) -> Result<Self, DayError> {
        if of_day <= 9 { Ok(Self { day, of_day }) } else { Err(DayError::EditionNumber) }
    }

    /// Returns the day in the number.
    pub const fn day(self) -> Day {
        self.day
    }

    /// Returns the next number for an edition made on `today`: strictly after `last`.
    ///
    /// After ten editions in one day, or when `last` lies in the future, the number runs ahead of the date.
    pub fn next(last: Option<Self>, today: Day) -> Self {
        match last {
            Some(last) if last.day >= today && last.of_day < 9 => Self { of_day: last.of_day + 1, ..last },
            Some(last) if last.day >= today => Self { day: last.day.plus(1), of_day: 0 },
            _ => Self { day: today, of_day: 0 },
        }
    }
}

impl fmt::Display for EditionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.day.0;
        write!(f, "{:04}{:02}{:02}{}", date.year(), u8::from(date.month()), date.day(), self.of_day)
    }
}

impl FromStr for EditionNumber {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let part = |from, to| text.get(from..to).ok_or(DayError::EditionNumber);
        if text.len() != 9 {
            return Err(DayError::EditionNumber);
        }
        let read = || -> Result<Self, DayError> {
            let day = Day::new(digits(part(0, 4)?, 4)?, small(part(4, 6)?)?, small(part(6, 8)?)?)?;
            let of_day = u8::try_from(digits(part(8, 9)?, 1)?).map_err(|_| DayError::EditionNumber)?;
            Self::new(day, of_day)
        };
        read().map_err(|_| DayError::EditionNumber)
    }
}
text_serde!(EditionNumber);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_strict() {
        assert_eq!(day("2026-02-28").plus(1), day("2026-03-01"));
        for bad in
            ["2026-2-28", "2026-02-30", "1999-12-31", "2026-02-28 ", "+026-02-28", "20260228", "٢٠٢٦-٠٢-٢٨"]
        {
            assert_eq!(bad.parse::<Day>(), Err(DayError::Date), "{bad}");
        }
    }

    #[test]
    fn unix_seconds_become_utc_days() {
        assert_eq!(Day::from_unix_seconds(1_795_305_599).unwrap(), day("2026-11-21"));
        assert_eq!(Day::from_unix_seconds(1_795_305_600).unwrap(), day("2026-11-22"));
        assert!(Day::from_unix_seconds(0).is_err());
        assert!(Day::from_unix_seconds(u64::MAX).is_err());
    }

    #[test]
    fn numbers_rise_within_and_beyond_a_day() {
        let today = day("2026-12-31");
        let first = EditionNumber::next(None, today);
        assert_eq!(first.to_string(), "202612310");
        let ninth: EditionNumber = "202612319".parse().unwrap();
        assert_eq!(EditionNumber::next(Some(ninth), today).to_string(), "202701010");
        assert!(
            EditionNumber::next(Some("203001010".parse().unwrap()), today) > "203001010".parse().unwrap()
        );
    }

    #[test]
    fn plus_stays_within_the_range_of_days() {
        assert_eq!(day("2000-01-01").plus(-1), day("2000-01-01"));
        assert_eq!(day("9999-12-31").plus(i32::MAX), day("9999-12-31"));
    }

    proptest! {
        #[test]
        fn days_and_numbers_round_trip(offset in 0..2_900_000i32, of_day in 0..=9u8) {
            let day = day("2000-01-01").plus(offset);
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(day.days_since("2000-01-01".parse().unwrap()), offset);
            let number = EditionNumber::new(day, of_day).unwrap();
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert!(EditionNumber::next(Some(number), day) > number);
        }
    }
}
