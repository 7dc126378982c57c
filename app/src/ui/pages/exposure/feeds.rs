//! What the answers rest on: the imported feeds, or what Systems Manager names alone.

use crate::{model::FeedRow, ui::prelude::*};
use jiff::Timestamp;

/// Whole days after which an import is outdated: vendors publish new fixes each week.
const DAYS_MAX: i64 = 14;
const SECONDS_PER_DAY: i64 = 86_400;

/// The whole days since a feed was imported. A past day is answered with today's feeds, which were imported after it.
fn age_days(feed: &FeedRow, now: Timestamp) -> i64 {
    ((now.as_second() - feed.imported_at.as_second()) / SECONDS_PER_DAY).max(0)
}

/// The feeds in which what was found lately is missing, with their age.
pub fn outdated(feeds: &[FeedRow], now: Timestamp) -> Option<String> {
    let old = feeds.iter().filter(|feed| age_days(feed, now) > DAYS_MAX);
    let old: Vec<String> = old
        .map(|feed| format!("{} ({})", feed.name, plural(age_days(feed, now).unsigned_abs(), "day", "days")))
        .collect();
    (!old.is_empty())
        .then(|| format!("Imported more than {DAYS_MAX} days ago, so later fixes are unknown: {}.", old.join(", ")))
}

pub fn feeds_card(feeds: Vec<FeedRow>, now: Timestamp) -> AnyView {
    let columns = [
        Column::text("Feed"),
        Column::text("Format"),
        Column::numeric("Entries"),
        Column::text("Newest change (UTC)"),
        Column::text("Imported (UTC)"),
    ];
    let note = match feeds.is_empty() {
        true => {
            "No feed is imported. Which packages a CVE affects is known only from updates that Systems Manager lists, and where \
             none names the CVE, the answer is unknown."
        }
        false => {
            "Feeds of vendors, as they were imported, and the updates that Systems Manager lists. Where neither names the CVE for an \
             operating system, the answer is unknown. A past day is answered with today's feeds."
        }
    };
    let is_empty = feeds.is_empty();
    let rows = feeds.into_iter().map(|feed| {
        let age = age_days(&feed, now);
        let class = if age > DAYS_MAX { "secondary warning" } else { "secondary" };
        let age =
            (age > 0).then(|| view! { <span class=class>{plural(age.unsigned_abs(), "day", "days")} " ago"</span> });
        cells![
            view! { <bdi>{feed.name}</bdi> },
            feed.format,
            count(feed.entries),
            short_time(feed.published_at, "Unknown"),
            view! { {short_time(Some(feed.imported_at), "")}{age} },
        ]
    });
    let table = (!is_empty).then(|| data_table("Feeds", &columns, rows));
    Card::new("feeds", "What the answers rest on").content(view! { {table}<p class="card-footer muted">{note}</p> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_feeds_that_were_imported_too_long_ago() {
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().expect("a time");
        let feed = |name: &str, imported_at: &str| FeedRow {
            name: name.to_owned(),
            format: "OSV".to_owned(),
            published_at: None,
            imported_at: imported_at.parse().expect("a time"),
            entries: 1,
        };
        let recent = feed("alma", "2026-11-16T12:00:00Z");
        let later = feed("kev", "2026-12-24T12:00:00Z");
        assert_eq!(outdated(&[recent.clone(), later], now), None);
        let text = outdated(&[recent, feed("rocky", "2026-11-15T11:59:59Z")], now).expect("an outdated feed");
        assert!(text.contains("rocky (15 days)") && !text.contains("alma"), "{text}");
    }
}
