//! The time, as a parameter.

use std::fmt;
use std::sync::Arc;

use bisik_formats::day::{Day, DayError};

/// Gives the present time; what it is made of is decided in `main` and in tests.
#[derive(Clone)]
pub struct Clock {
    unix_seconds: Arc<dyn Fn() -> u64 + Send + Sync>,
    first: Day,
}

impl Clock {
    /// Takes a function that returns the Unix time in seconds.
    ///
    /// # Errors
    /// Never in fact: the first day of the calendar exists.
    pub fn new(unix_seconds: impl Fn() -> u64 + Send + Sync + 'static) -> Result<Self, DayError> {
        Ok(Self { unix_seconds: Arc::new(unix_seconds), first: Day::from_unix_seconds(YEAR_2000)? })
    }

    /// Returns the Unix time in seconds.
    pub fn unix_seconds(&self) -> u64 {
        (self.unix_seconds)()
    }

    /// Returns the UTC day; a clock outside the years 2000 to 9999 stands at the nearest day.
    pub fn today(&self) -> Day {
        let days = self.unix_seconds().saturating_sub(YEAR_2000) / SECONDS_A_DAY;
        self.first.plus(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// Returns the UTC hour since 1970.
    pub fn hour(&self) -> u32 {
        u32::try_from(self.unix_seconds() / 3600).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// 2000-01-01, the first day there is.
const YEAR_2000: u64 = 946_684_800;

const SECONDS_A_DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for seconds in [YEAR_2000, 1_795_305_599, 1_795_305_600, 253_402_300_799] {
            let clock = Clock::new(move || seconds).unwrap();
            assert_eq!(clock.today(), Day::from_unix_seconds(seconds).unwrap());
        }
        assert_eq!(Clock::new(|| 0).unwrap().today().to_string(), "2000-01-01");
        assert_eq!(Clock::new(|| u64::MAX).unwrap().today().to_string(), "9999-12-31");
    }
}
