//! Times as UTC, and the clock.

use oxen_types::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;
use time::{Date, Month, OffsetDateTime};

/// The time now.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs())
}

/// `2026-11-22 08:30:00`, UTC.
#[must_use]
pub fn date_and_time(timestamp: Timestamp) -> String {
    let Some(moment) = moment(timestamp) else {
        return format!("second {timestamp}");
    };
    let (hour, minute, second) = moment.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", calendar_date(moment))
}

/// `2026-11-22T08:30:00Z`, ISO 8601, for tables that programs read.
#[must_use]
pub fn iso(timestamp: Timestamp) -> String {
    let text = date_and_time(timestamp);
    if text.contains(':') {
        format!("{}Z", text.replace(' ', "T"))
    } else {
        text
    }
}

/// `2026-11-22`, UTC.
#[must_use]
pub fn date(timestamp: Timestamp) -> String {
    moment(timestamp).map_or_else(|| format!("second {timestamp}"), calendar_date)
}

fn moment(timestamp: Timestamp) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(timestamp.seconds()).ok()?).ok()
}

fn calendar_date(moment: OffsetDateTime) -> String {
    let (year, month, day) = moment.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// Text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a date: write YYYY-MM-DD, for example 2024-03-31")]
pub struct DateError(String);

/// Midnight at the beginning of a day, UTC.
///
/// # Errors
/// Not a day since 1970.
pub fn parse_date(text: &str) -> Result<Timestamp, DateError> {
    let wrong = || DateError(text.to_owned());
    let mut parts = text.trim().splitn(3, '-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| part.parse::<u16>().ok())?
    };
    let (year, month, day) = (number(4), number(2), number(2));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(wrong());
    };
    let month = u8::try_from(month)
        .ok()
        .and_then(|month| Month::try_from(month).ok())
        .ok_or_else(wrong)?;
    let day = u8::try_from(day).map_err(|_| wrong())?;
    let date = Date::from_calendar_date(i32::from(year), month, day).map_err(|_| wrong())?;
    let seconds = u64::try_from(date.midnight().assume_utc().unix_timestamp()).map_err(|_| wrong())?;
    Ok(Timestamp::from_seconds(seconds))
}

/// A duration in its two largest units: `2 h 5 min`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds < 10 => format!("{:.1} s", duration.as_secs_f64()),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back() {
        let day = parse_date("2024-02-29").unwrap();
        assert_eq!(day.seconds(), 1_709_164_800);
        assert_eq!(
            (date(day).as_str(), date_and_time(day).as_str()),
            ("2024-02-29", "2024-02-29 00:00:00")
        );
        assert_eq!(iso(Timestamp::from_seconds(1_709_164_801)), "2024-02-29T00:00:01Z");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2024",
            "2023-02-29",
            "24-02-29",
            "2024-2-9",
            "2024-13-01",
            "1969-12-31",
            "2024-02-29x",
            "+024-02-01",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_two_units() {
        let text = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(
            (text(9), text(61), text(7_500), text(90_000)),
            (
                "9.0 s".to_owned(),
                "1 min 1 s".to_owned(),
                "2 h 5 min".to_owned(),
                "1 d 1 h".to_owned()
            )
        );
    }
}
