//! `muster feeds import` and `muster feeds fetch`: check files about vulnerabilities and copy them into the folder of feeds, from
//! where rounds import them.

use super::{
    cli::{ConfigArguments, FeedAddress, FeedsFetchArguments, FeedsImportArguments},
    setup,
};
use anyhow::{Context, bail};
use axum::http::StatusCode;
use jiff::{Span, civil::Date};
use muster_access::fetch::{Bounds, FetchError, Fetcher};
use muster_core::clock::{Clock, SystemClock};
use muster_feeds::{feed_at, is_hidden, name_of, read_feed};
use muster_store::value::day_of;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

pub fn import(arguments: &FeedsImportArguments) -> anyhow::Result<()> {
    let folder = folder(&arguments.config)?;
    arguments.files.iter().try_for_each(|path| import_one(path, &folder))
}

/// Of a download: a whole distribution's archive has some hundred megabytes.
const DOWNLOAD: Bounds = Bounds { time: Duration::from_secs(600), bytes: 512 * 1024 * 1024 };

/// Downloads each feed. One that fails leaves what is there as it was, and does not keep the others from being replaced.
pub async fn fetch(arguments: &FeedsFetchArguments) -> anyhow::Result<()> {
    let folder = folder(&arguments.config)?;
    let fetcher = Fetcher::new(true, DOWNLOAD).context("cannot read the certificates of the operating system")?;
    let today = day_of(SystemClock.now());
    let mut failures = Vec::new();
    let feeds: Vec<FeedAddress> = arguments.feeds.iter().flat_map(|feed| of_months(feed, today)).collect();
    if let Some(twice) =
        feeds.iter().enumerate().find(|(at, feed)| feeds[..*at].iter().any(|one| one.name == feed.name))
    {
        bail!("two feeds have the name `{}`", twice.1.name);
    }
    // Hidden, so that no round reads it.
    let downloads = folder.join(format!(".downloads-{}", std::process::id()));
    fs::create_dir_all(&downloads).with_context(|| format!("cannot create `{}`", downloads.display()))?;
    let present = today.strftime(MONTH_FORMAT).to_string();
    for FeedAddress { name, url } in feeds {
        let answer = fetcher.get(&url).await;
        if matches!(&answer, Err(FetchError::Status { status: StatusCode::NOT_FOUND, .. })) && name.ends_with(&present)
        {
            writeln!(std::io::stdout(), "{name}: not published yet")?;
            continue;
        }
        let one = || -> anyhow::Result<()> {
            let path = downloads.join(format!("{name}.{}", ending_of(&url)));
            fs::write(&path, answer?.into_body()).with_context(|| format!("cannot write `{}`", path.display()))?;
            import_one(&path, &folder)
        };
        if let Err(error) = one() {
            failures.push(format!("{name}: {error:#}"));
        }
    }
    remove(&downloads).with_context(|| format!("cannot delete `{}`", downloads.display()))?;
    if !failures.is_empty() {
        bail!("{} of the feeds could not be fetched:\n{}", failures.len(), failures.join("\n"));
    }
    Ok(())
}

const MONTH: &str = "{month}";
const MONTH_FORMAT: &str = "%Y-%b";

/// A feed with the months that its address stands for.
fn of_months(feed: &FeedAddress, today: Date) -> Vec<FeedAddress> {
    if !feed.url.contains(MONTH) {
        return vec![feed.clone()];
    }
    // From the first day of the month, so that one before always exists.
    let first = today.first_of_month();
    let months = [first, first.saturating_sub(Span::new().months(1))].map(|day| day.strftime(MONTH_FORMAT).to_string());
    months
        .map(|month| FeedAddress { name: format!("{}-{month}", feed.name), url: feed.url.replace(MONTH, &month) })
        .to_vec()
}

/// The ending that the file of an address gets, which says how to read it.
fn ending_of(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
    if path.ends_with(".zip") { "zip" } else { "json" }
}

/// The folder of feeds, which is created if needed.
fn folder(config: &ConfigArguments) -> anyhow::Result<PathBuf> {
    let folder = setup::config(config)?
        .feeds
        .context("`feeds` is not configured: name a folder in muster.toml, such as feeds = \"feeds\"")?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    Ok(folder)
}

fn import_one(path: &Path, folder: &Path) -> anyhow::Result<()> {
    // Checked before it replaces anything.
    let feed = read_feed(&feed_at(path)?)?;
    let published = feed.published_at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
    copy(path, folder)?;
    writeln!(
        std::io::stdout(),
        "{}: {}, {} entries, newest change {published}; the next round imports it",
        feed.name,
        feed.format,
        feed.fixes.len() + feed.exploited.len()
    )?;
    Ok(())
}

/// Copies a file or folder under a hidden name first, so that no round reads half of it.
fn copy(from: &Path, folder: &Path) -> anyhow::Result<()> {
    let name = from.file_name().with_context(|| format!("`{}` has no name", from.display()))?;
    let hidden: PathBuf = folder.join(format!(".{}.new", name.to_string_lossy()));
    let to = folder.join(name);
    let cannot_copy = || format!("cannot copy `{}` to `{}`", from.display(), to.display());
    remove(&hidden).and_then(|()| copy_tree(from, &hidden)).with_context(cannot_copy)?;
    // It replaces the feed of its name, a file or a folder.
    let entries = fs::read_dir(folder).with_context(cannot_copy)?.flatten().map(|entry| entry.path());
    let old: Vec<_> = entries.filter(|path| !is_hidden(path) && name_of(path) == name_of(from)).collect();
    old.iter().try_for_each(|path| remove(path)).with_context(cannot_copy)?;
    fs::rename(&hidden, &to).with_context(cannot_copy)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match path {
        path if path.is_dir() => fs::remove_dir_all(path),
        path if path.exists() => fs::remove_file(path),
        _ => Ok(()),
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_tree(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
