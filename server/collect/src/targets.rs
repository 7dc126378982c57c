//! Formats the targets and schedules of windows and associations in one line: `tag:Patch Group=early; InstanceIds=i-…,i-…`.

use super::text::clean;
use aws_sdk_ssm::types::Target;

pub fn targets(targets: &[Target]) -> String {
    let parts =
        targets.iter().map(|target| format!("{}={}", target.key().unwrap_or_default(), target.values().join(",")));
    clean(&parts.collect::<Vec<_>>().join("; "))
}

/// Formats a schedule with the days that pass after the moment that it names: `cron(0 2 ? * TUE#2 *) + 3 days`.
pub fn schedule(expression: Option<&str>, offset_days: Option<i32>) -> String {
    let expression = clean(expression);
    match offset_days {
        Some(1) => format!("{expression} + 1 day"),
        Some(days) if days > 0 => format!("{expression} + {days} days"),
        _ => expression,
    }
}

#[cfg(test)]
mod tests {
    use super::schedule;

    #[test]
    fn a_schedule_has_its_offset() {
        let second_tuesday = Some("cron(0 2 ? * TUE#2 *)");
        assert_eq!(schedule(second_tuesday, Some(3)), "cron(0 2 ? * TUE#2 *) + 3 days");
        assert_eq!(schedule(second_tuesday, Some(1)), "cron(0 2 ? * TUE#2 *) + 1 day");
        assert_eq!(schedule(second_tuesday, None), "cron(0 2 ? * TUE#2 *)");
        assert_eq!(schedule(None, Some(0)), "");
    }
}
