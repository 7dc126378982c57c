//! Converts AWS's times. Systems Manager sends epoch 0 for "none".

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Converts to microseconds, the store's precision. JSON has decimal fractions, which the SDK parses to the nearest binary
/// one, so they are rounded, not truncated.
pub fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let micros = time.secs().checked_mul(1_000_000)?.checked_add((i64::from(time.subsec_nanos()) + 500) / 1_000)?;
    if micros == 0 {
        return None;
    }
    Timestamp::from_microsecond(micros).ok()
}

/// Parses the times of inventory and windows, which are text. Anything else is None.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| *time != Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_epoch_zero_to_none() {
        assert_eq!(timestamp(&DateTime::from_secs(0)), None);
        assert_eq!(parse("1970-01-01T00:00:00Z"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn keeps_milliseconds() {
        let time = timestamp(&DateTime::from_millis(1_582_221_233_421)).expect("a time");
        assert_eq!(time.to_string(), "2020-02-20T17:53:53.421Z");
        let time = timestamp(&DateTime::from_secs_f64(1_763_865_374.635)).expect("a time");
        assert_eq!(time.to_string(), "2025-11-23T02:36:14.635Z");
    }
}
