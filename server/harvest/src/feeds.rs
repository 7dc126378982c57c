//! Imports the feeds about vulnerabilities of a folder when they change.

use super::round::Harvester;
use muster_core::feed::Feed;
use muster_feeds::{FeedError, FeedFiles, Found, feed_files, read_feed};
use muster_store::{error::StoreError, feeds};
use std::{collections::HashMap, error::Error, path::Path};

impl Harvester {
    /// Stores the feeds that changed, and removes those that are gone. A feed that cannot be read stays as it was.
    pub async fn sync_feeds(&self) -> Result<(), StoreError> {
        let Some(folder) = self.feeds.clone() else { return Ok(()) };
        let stored = feeds::stored(&self.store).await?;
        let read = tokio::task::spawn_blocking(move || changed(&folder, &stored)).await;
        let (names, changed) = match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                report(&error);
                return Ok(());
            }
            Err(error) => {
                tracing::error!("the feeds could not be read: {error}");
                return Ok(());
            }
        };
        let Some(changed) = changed else { return Ok(()) };
        for feed in &changed {
            let entries = feed.fixes.len() + feed.exploited.len();
            tracing::info!(feed.name = feed.name, feed.entries = entries, "a feed was imported");
        }
        let now = self.clock.now();
        self.store.write("feeds", move |writer| feeds::replace(writer, &names, &changed, now)).await
    }
}

/// The names of all feeds, and those that changed; none if nothing did.
type Changed = (Vec<String>, Option<Vec<Feed>>);

fn changed(folder: &Path, stored: &HashMap<String, String>) -> Result<Changed, FeedError> {
    let found = feed_files(folder)?;
    let names: Vec<String> = found.iter().map(|feed| feed.name.clone()).collect();
    let mut changed = Vec::new();
    for Found { name, files } in &found {
        let is_known = |files: &FeedFiles| stored.get(name) == Some(&files.file_key);
        match files {
            Ok(files) if is_known(files) => {}
            Ok(files) => match read_feed(files) {
                Ok(feed) => changed.push(feed),
                Err(error) => report(&error),
            },
            Err(error) => report(error),
        }
    }
    let is_gone = stored.keys().any(|name| !names.contains(name));
    Ok((names, (is_gone || !changed.is_empty()).then_some(changed)))
}

fn report(error: &FeedError) {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    tracing::error!("{error}{cause}. What was imported of it before stays in use");
}
