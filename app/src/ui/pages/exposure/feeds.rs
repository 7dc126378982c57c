//! What the answers rest on: the imported feeds, or what Systems Manager names alone.

use crate::{model::FeedRow, ui::prelude::*};

pub fn feeds_card(feeds: Vec<FeedRow>) -> AnyView {
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
        cells![
            view! { <bdi>{feed.name}</bdi> },
            feed.format,
            count(feed.entries),
            short_time(feed.published_at, "Unknown"),
            short_time(Some(feed.imported_at), ""),
        ]
    });
    let table = (!is_empty).then(|| data_table("Feeds", &columns, rows));
    Card::new("feeds", "What the answers rest on").content(view! { {table}<p class="card-footer muted">{note}</p> })
}
