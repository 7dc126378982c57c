//! What AWS would refuse in the settings. Each check returns the problem.

use super::{Associations, Group, Roles, Windows};
use std::collections::BTreeSet;

const DURATION_HOURS_MAX: i32 = 24;
const OFFSET_DAYS: std::ops::RangeInclusive<i32> = 1..=6;
const ROLE_CHARS_MAX: usize = 64;
const TIMEZONE_CHARS_MAX: usize = 64;
const CRON_FIELDS: usize = 6;
const UNITS: [&str; 6] = ["minute", "minutes", "hour", "hours", "day", "days"];
const SHARE_CHARS_MAX: usize = 7;
/// The longest name of an association, and the longest end of one of ours.
const ASSOCIATION_CHARS_MAX: usize = 128;
const LONGEST_ASSOCIATION: &str = "-agent-update";

fn inner<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')')
}

fn is_rate(text: &str) -> bool {
    let parts: Vec<&str> = inner(text, "rate").unwrap_or_default().split(' ').collect();
    matches!(parts.as_slice(), [number, unit] if number.parse::<u32>().is_ok_and(|number| number > 0) && UNITS.contains(unit))
}

fn is_cron(text: &str) -> bool {
    inner(text, "cron").is_some_and(|inner| inner.split_whitespace().count() == CRON_FIELDS)
}

fn schedule(key: &str, text: &str) -> Result<(), String> {
    match is_rate(text) || is_cron(text) {
        true => Ok(()),
        false => Err(format!(
            "{key}: {text:?} is neither cron(…) with {CRON_FIELDS} fields nor rate(…), such as rate(1 day)"
        )),
    }
}

/// A number, or a percentage from 1 to 100. `MaxErrors` may be 0.
fn share(key: &str, text: &str, min: u32) -> Result<(), String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let is_percentage = number.len() < text.len();
    let is_plain = text.len() <= SHARE_CHARS_MAX && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = number.parse::<u32>().is_ok_and(|number| number >= min && (!is_percentage || number <= 100));
    match is_plain && is_valid {
        true => Ok(()),
        false => Err(format!("{key}: {text:?} is neither a number nor a percentage, such as 25%")),
    }
}

pub(super) fn windows(windows: &Windows, groups: &[Group]) -> Result<(), String> {
    let &Windows { duration_hours, cutoff_hours, schedule_offset_days, .. } = windows;
    if !(1..=DURATION_HOURS_MAX).contains(&duration_hours) || !(0..duration_hours).contains(&cutoff_hours) {
        return Err(format!(
            "windows: duration_hours must be from 1 to {DURATION_HOURS_MAX}, and cutoff_hours less than that"
        ));
    }
    if schedule_offset_days.is_some_and(|days| !OFFSET_DAYS.contains(&days)) {
        return Err("windows.schedule_offset_days: AWS allows 1 to 6 days, and 0 stands for none".to_owned());
    }
    for group in groups {
        schedule(&format!("groups.{}.window_schedule", group.name), &group.window_schedule)?;
        if schedule_offset_days.is_some() && !is_cron(&group.window_schedule) {
            return Err(format!(
                "windows.schedule_offset_days: it is for cron(…) only, and the schedule of group {} is {}. Set it to 0.",
                group.name, group.window_schedule
            ));
        }
    }
    let is_timezone = |c: char| c.is_ascii_alphanumeric() || "_-+/".contains(c);
    let timezone = &windows.timezone;
    if timezone.is_empty() || timezone.len() > TIMEZONE_CHARS_MAX || !timezone.chars().all(is_timezone) {
        return Err(format!("windows.timezone: {timezone:?} is not the name of a time zone, such as Europe/Zurich"));
    }
    share("windows.max_concurrency", &windows.max_concurrency, 1)?;
    share("windows.max_errors", &windows.max_errors, 0)
}

pub(super) fn associations(associations: &Associations, prefix: &str) -> Result<(), String> {
    if prefix.len() + LONGEST_ASSOCIATION.len() > ASSOCIATION_CHARS_MAX {
        return Err(format!("prefix: names of associations have at most {ASSOCIATION_CHARS_MAX} characters"));
    }
    schedule("associations.inventory_schedule", &associations.inventory_schedule)?;
    schedule("associations.agent_update_schedule", &associations.agent_update_schedule)?;
    schedule("associations.scan_schedule", &associations.scan_schedule)
}

pub(super) fn roles(roles: &Roles) -> Result<(), String> {
    let named = [("harvest", &roles.harvest), ("hybrid", &roles.hybrid), ("host_management", &roles.host_management)];
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    for (key, name) in named {
        if name.is_empty() || name.len() > ROLE_CHARS_MAX || !name.chars().all(is_allowed) {
            return Err(format!("roles.{key}: {name:?} is not the name of a role, without its path"));
        }
    }
    match named.map(|(_, name)| name).into_iter().collect::<BTreeSet<_>>().len() == named.len() {
        true => Ok(()),
        false => Err("roles: two roles have the same name".to_owned()),
    }
}
