//! When an update was released and approved, as far as titles, scans and baselines tell, and when its clock starts.

use super::rows::Instance;
use duckdb::Connection;
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday},
    tz::Offset,
};
use muster_model::{column::Columns, ids::AccountId};
use muster_store::named_row::each;
use std::collections::HashMap;

/// What is known of a pending update.
pub struct Dated<'a> {
    pub title: &'a str,
    pub kb_id: &'a str,
    pub classification: &'a str,
    pub severity: &'a str,
    pub first_seen_at: Timestamp,
    pub pending_since: Timestamp,
    /// The end of the last scan that lacked it.
    pub absent_at: Option<Timestamp>,
}

/// What one baseline approves.
#[derive(Default)]
pub struct Baseline {
    rules: Vec<Rule>,
    /// Patches that are approved whatever the rules say.
    approved: Vec<String>,
}

struct Rule {
    days: Option<i64>,
    until: Option<Date>,
    filters: Vec<Filter>,
}

struct Filter {
    name: String,
    values: Vec<String>,
}

/// How well an update fulfils a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    No,
    Maybe,
    Yes,
}

/// Baselines by account, Region and id.
pub type Baselines = HashMap<(AccountId, String, String), Baseline>;

#[derive(Columns)]
struct RuleRow {
    account_id: AccountId,
    region: String,
    baseline_id: String,
    days: Option<i64>,
    until: String,
    filters: String,
}

const RULES: &str =
    "SELECT account_id, region, baseline_id, approve_after_days AS days, approve_until AS until, filters
    FROM patch_rule";

#[derive(Columns)]
struct ApprovedRow {
    account_id: AccountId,
    region: String,
    baseline_id: String,
    approved_patches: String,
}

const APPROVED: &str = "SELECT account_id, region, baseline_id, approved_patches FROM patch_baseline_detail";

pub fn baselines(connection: &Connection) -> duckdb::Result<Baselines> {
    let mut baselines = Baselines::new();
    each(connection, RULES, [], |row: RuleRow| {
        let rule = Rule { days: row.days, until: row.until.parse().ok(), filters: filters(&row.filters) };
        baselines.entry((row.account_id, row.region, row.baseline_id)).or_default().rules.push(rule);
    })?;
    each(connection, APPROVED, [], |row: ApprovedRow| {
        let approved = row.approved_patches.split(' ').map(str::to_lowercase).collect();
        baselines.entry((row.account_id, row.region, row.baseline_id)).or_default().approved = approved;
    })?;
    Ok(baselines)
}

fn filters(text: &str) -> Vec<Filter> {
    let filters = text.split("; ").filter(|filter| !filter.is_empty()).map(|filter| {
        let (name, values) = filter.split_once('=').unwrap_or((filter, ""));
        Filter { name: name.to_owned(), values: folded(values).split(',').map(str::to_owned).collect() }
    });
    filters.collect()
}

fn folded(text: &str) -> String {
    text.replace(' ', "").to_lowercase()
}

/// Returns when the days of the service level start to count: with the approval, if that is known.
pub fn clock_starts(update: &Dated<'_>, instance: &Instance, baseline: Option<&Baseline>) -> Timestamp {
    // It was reported in another state before, so it was approved before.
    if update.pending_since > update.first_seen_at {
        return update.pending_since;
    }
    let approved =
        approval(update, instance, baseline).and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    approved.map_or(update.pending_since, |approved| approved.max(instance.first_seen_at).min(update.pending_since))
}

/// Returns the day on which a rule approved the update, if the scans agree.
fn approval(update: &Dated<'_>, instance: &Instance, baseline: Option<&Baseline>) -> Option<Date> {
    let day = |at: Timestamp| Offset::UTC.to_datetime(at).date();
    let released = release_day(update, instance)?;
    let approved = baseline.and_then(|baseline| baseline.approval_of(update, instance, released));
    // Some scans list an update before it is approved.
    let first_listed = approved.filter(|approved| *approved <= day(update.first_seen_at)).unwrap_or(released);
    let scans_agree =
        day(update.absent_at?) <= first_listed && day(update.pending_since.min(update.first_seen_at)) >= released;
    approved.filter(|approved| scans_agree && *approved <= day(update.pending_since))
}

/// Returns the day on which Windows' security updates of the title's month were released.
fn release_day(update: &Dated<'_>, instance: &Instance) -> Option<Date> {
    if instance.platform_type != "Windows" || folded(update.classification) != "securityupdates" {
        return None;
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let month = |word: &str| {
        let (year, month) = word.split_once('-').filter(|_| word.len() == 7 && word.starts_with("20"))?;
        Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
    };
    let first = update.title.split(|c| !is_word(c)).find_map(month)?;
    first.nth_weekday_of_month(2, Weekday::Tuesday).ok()
}

impl Baseline {
    fn approval_of(&self, update: &Dated<'_>, instance: &Instance, released: Date) -> Option<Date> {
        if self.approved.contains(&update.kb_id.to_lowercase()) {
            return None;
        }
        let (mut surely, mut perhaps) = (None::<Date>, None::<Date>);
        for rule in &self.rules {
            let is_met = match rule.until {
                Some(until) if until < released => Match::No,
                _ => rule.matches(update, instance),
            };
            if is_met == Match::No {
                continue;
            }
            let day = match (rule.days, rule.until) {
                (None, None) => return None,
                (Some(days), _) => released.checked_add(SignedDuration::from_hours(24 * days)).ok()?,
                (None, Some(_)) => released,
            };
            let earlier = |known: Option<Date>| Some(known.map_or(day, |known| known.min(day)));
            perhaps = earlier(perhaps);
            if is_met == Match::Yes {
                surely = earlier(surely);
            }
        }
        surely.filter(|day| Some(*day) == perhaps)
    }
}

impl Rule {
    fn matches(&self, update: &Dated<'_>, instance: &Instance) -> Match {
        let product = product(update.title, &instance.platform_name);
        self.filters.iter().map(|filter| filter.matches(update, product.as_deref())).min().unwrap_or(Match::Yes)
    }
}

impl Filter {
    /// `product` is the update's, if it is one of the operating system.
    fn matches(&self, update: &Dated<'_>, product: Option<&str>) -> Match {
        let has = |value: &str| self.values.iter().any(|one| one == value);
        let is = |fulfilled: bool| if fulfilled { Match::Yes } else { Match::No };
        if has("*") {
            return Match::Yes;
        }
        let kb_id = update.kb_id.to_lowercase();
        match (self.name.as_str(), product) {
            ("CLASSIFICATION", _) if update.classification.is_empty() => Match::Maybe,
            ("CLASSIFICATION", _) => is(has(&folded(update.classification))),
            ("MSRC_SEVERITY", _) if update.severity.is_empty() => Match::Maybe,
            ("MSRC_SEVERITY", _) => is(has(&update.severity.to_lowercase())),
            ("PATCH_ID", _) => is(has(&kb_id) || has(&kb_id.chars().skip(2).collect::<String>())),
            ("PRODUCT", Some(product)) => {
                let other_spelling = self.values.iter().any(|value| value.starts_with("microsoftserver"));
                if has(product) {
                    Match::Yes
                } else if other_spelling {
                    Match::Maybe
                } else {
                    Match::No
                }
            }
            ("PRODUCT_FAMILY", Some(_)) => is(has("windows")),
            ("PATCH_SET", Some(_)) => is(has("os")),
            _ => Match::Maybe,
        }
    }
}

/// Returns the operating system's product, as in `windowsserver2012r2`, if the title names it.
fn product(title: &str, platform: &str) -> Option<String> {
    const SERVER: &str = "windowsserver20";
    let (title, platform) = (folded(title), folded(platform));
    let mut starts = platform.match_indices(SERVER).map(|(start, _)| &platform[start..]);
    let name = starts.find_map(|rest| {
        let year = rest.get(..SERVER.len() + 2)?;
        let is_year = year.bytes().rev().take(2).all(|digit| digit.is_ascii_digit());
        let name = if rest[year.len()..].starts_with("r2") { &rest[..year.len() + 2] } else { year };
        is_year.then_some(name)
    })?;
    let is_named = title.contains(name) || title.contains("serveroperatingsystem");
    is_named.then(|| name.to_owned())
}
