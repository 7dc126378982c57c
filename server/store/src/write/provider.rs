//! The provider of an account that no roster gives one: what its machines were enrolled with, or else where Systems
//! Manager says they come from. It is a label and nothing more: it decides nobody's sight.

use super::{
    super::{past, value},
    append::Tables,
};
use duckdb::params;
use muster_core::snapshot::Snapshot;
use muster_model::provider::Provider;
use std::collections::BTreeMap;

/// The tag that enrolment puts on a machine.
const PROVIDER_TAG: &str = "muster:provider";
const CODE_MAX_CHARS: usize = 32;

const OTHERWISE: &str = "account_id = $1 AND NOT provider_given AND provider <> $2";

pub fn write(tables: &Tables<'_, '_>, snapshot: &Snapshot) -> duckdb::Result<()> {
    let Some(provider) = provider_of(snapshot) else { return Ok(()) };
    let (account, connection) = (snapshot.account_id.as_str(), tables.connection);
    let given = format!("SELECT count(*) > 0 FROM account WHERE {OTHERWISE}");
    let mut changed = connection.prepare_cached(&given)?;
    if !changed.query_row(params![account, provider.code()], |row| row.get(0))? {
        return Ok(());
    }
    past::keep(connection, "account", OTHERWISE, params![account, provider.code()], tables.today)?;
    let found = format!("UPDATE account SET provider = $2, provider_rank = $3, from_day = $4 WHERE {OTHERWISE}");
    let day = value::day(tables.today);
    connection.execute(&found, params![account, provider.code(), provider.rank(), day])?;
    Ok(())
}

/// Tags first, then the source; what most of the machines say.
fn provider_of(snapshot: &Snapshot) -> Option<Provider> {
    let tags = snapshot.tags.iter().flatten().filter(|tag| tag.key == PROVIDER_TAG && is_code(&tag.value));
    let sources = snapshot.instances.iter().flatten().filter_map(|instance| code_of_source(&instance.source_type));
    most_frequent(tags.map(|tag| tag.value.as_str())).or_else(|| most_frequent(sources)).map(Provider::new)
}

fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= CODE_MAX_CHARS && text.bytes().all(fits)
}

/// Plain hybrid activations come from anywhere.
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
