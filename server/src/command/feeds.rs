//! `muster feeds import`: checks files about vulnerabilities and copies them into the folder of feeds, from where rounds import
//! them.

use super::{cli::FeedsImportArguments, setup};
use anyhow::Context;
use muster_feeds::{feed_at, name_of, read_feed};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

pub fn import(arguments: &FeedsImportArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let folder =
        config.feeds.context("`feeds` is not configured: name a folder in muster.toml, such as feeds = \"feeds\"")?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for path in &arguments.files {
        // Checked before it replaces anything.
        let feed = read_feed(&feed_at(path)?)?;
        let published = feed.published_at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
        copy(path, &folder)?;
        writeln!(
            std::io::stdout(),
            "{}: {}, {} entries, newest change {published}; the next round imports it",
            feed.name,
            feed.format,
            feed.fixes.len() + feed.exploited.len()
        )?;
    }
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
    let of_its_name = |entry: &fs::DirEntry| {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        !is_hidden && name_of(&entry.path()) == name_of(from)
    };
    let old: Vec<_> = fs::read_dir(folder).with_context(cannot_copy)?.flatten().filter(of_its_name).collect();
    old.iter().try_for_each(|entry| remove(&entry.path())).with_context(cannot_copy)?;
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
