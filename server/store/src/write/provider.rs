//! Detects the provider of an account whose roster entry names none: from the source type that Systems Manager reports, or
//! else from the enrollment tags of its instances, which instances can write. The provider is only a label, it grants no
//! access.

use super::{
    super::{temporal, value},
    append::Tables,
};
use duckdb::params;
use muster_core::snapshot::Snapshot;
use muster_model::provider::Provider;
use std::collections::BTreeMap;

/// The tag that enrollment sets on an instance.
const PROVIDER_TAG: &str = "muster:provider";
const CODE_MAX_CHARS: usize = 32;

const HAS_OTHER_PROVIDER: &str = "account_id = $1 AND NOT provider_given AND provider <> $2";

pub fn write(tables: &Tables<'_, '_>, snapshot: &Snapshot) -> duckdb::Result<()> {
    let Some(provider) = provider_of(snapshot) else { return Ok(()) };
    let (account, connection) = (snapshot.account_id.as_str(), tables.connection);
    let sql = format!("SELECT count(*) > 0 FROM account WHERE {HAS_OTHER_PROVIDER}");
    let mut is_changed = connection.prepare_cached(&sql)?;
    if !is_changed.query_row(params![account, provider.code()], |row| row.get(0))? {
        return Ok(());
    }
    temporal::archive(connection, "account", HAS_OTHER_PROVIDER, params![account, provider.code()], tables.today)?;
    let update =
        format!("UPDATE account SET provider = $2, provider_rank = $3, from_day = $4 WHERE {HAS_OTHER_PROVIDER}");
    let day = value::day(tables.today);
    connection.execute(&update, params![account, provider.code(), provider.rank(), day])?;
    Ok(())
}

/// Takes the most frequent source type of a cloud, or else the most frequent tag, if the tags of all instances were read.
fn provider_of(snapshot: &Snapshot) -> Option<Provider> {
    let data = &snapshot.reference_data;
    let tags = data.tags.iter().filter(|_| data.is_complete).flatten();
    let tags = tags.filter(|tag| tag.key == PROVIDER_TAG && is_code(&tag.value));
    let sources = snapshot.instances.iter().flatten().filter_map(|instance| code_of_source(&instance.source_type));
    most_frequent(sources).or_else(|| most_frequent(tags.map(|tag| tag.value.as_str()))).map(Provider::new)
}

fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= CODE_MAX_CHARS && text.bytes().all(fits)
}

/// Hybrid activations without a cloud can be anywhere, so they have no code.
fn code_of_source(source_type: &str) -> Option<&'static str> {
    match source_type {
        "AWS::EC2::Instance" => Some("aws"),
        "Microsoft.Compute/virtualMachines" => Some("azure"),
        "compute.googleapis.com/Instance" => Some("gcp"),
        _ => None,
    }
}

fn most_frequent<'a>(codes: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    codes.for_each(|code| *counts.entry(code).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(code, _)| code)
}
