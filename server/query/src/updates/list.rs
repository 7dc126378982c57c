//! Lists of updates, of one instance (Figure 12) or of many.

use crate::{
    builder::{Context, QueryBuilder, direction, read_id},
    instance_key_filter::find_instance,
    listing::Listing,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{Direction, UpdateFilter, UpdateSort},
    ids::AccountId,
    provider::Provider,
    service_level::Due,
    severity::SeverityBand,
    update::{UpdateRow, UpdateState},
};
use muster_store::{
    error::StoreError,
    value::{read_day_option, read_time, read_time_option},
};

/// Prepares the updates that match the filter: of one instance, or of all current ones.
pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &UpdateFilter,
) -> Result<Listing<UpdateRow>, StoreError> {
    let list = include_str!("list.sql");
    let listing = Listing::from_query(query(connection, context, filter)?, "updates", list, order(filter), read);
    Ok(listing.row_key("instance_key, patch_key"))
}

fn query(connection: &Connection, context: Context<'_>, filter: &UpdateFilter) -> Result<QueryBuilder, StoreError> {
    let mut query = QueryBuilder::for_updates(context);
    query
        .filter_by_option("contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower({}))", filter.q.as_deref())
        .filter_by_option("customer_id = {}", filter.customer.as_deref())
        .filter_by_option("provider = {}", filter.provider.as_deref())
        .filter_by_option("account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .filter_by_option("kb_id = {}", filter.name.as_deref())
        .filter_by_option("classification = {}", filter.classification.as_deref())
        .filter_by_option("severity_band = {}", filter.severity.map(SeverityBand::code));
    match &filter.instance {
        Some(instance) => query.filter_instance(&find_instance(connection, instance)?),
        None => query.filter("gone_at IS NULL"),
    };
    if !filter.states.is_empty() {
        query.filter_in("state", filter.states.iter().map(|state| state.code().to_owned()));
    }
    if let Some(due) = filter.due {
        // First the column that skips what is not pending.
        query.filter("pending_since IS NOT NULL").filter_by("due = {}", due.code().to_owned());
    }
    Ok(query)
}

fn order(filter: &UpdateFilter) -> String {
    let column = match filter.sort {
        UpdateSort::Pending => "{update_state_rank}",
        UpdateSort::Description => "lower(title)",
        UpdateSort::Classification => "lower(classification)",
        UpdateSort::Name => "lower(kb_id)",
        UpdateSort::Severity => "{severity_rank}",
        UpdateSort::InstallTime => "installed_at",
        UpdateSort::InstanceName => "lower(name)",
        UpdateSort::FirstSeen => "first_seen_at",
        UpdateSort::DueAt => "due_at",
    };
    let first = direction(filter.direction);
    let newest = direction(Direction::Descending);
    format!("{column} {first}, {{severity_rank}} DESC, installed_at {newest}, title, kb_id, name, instance_id")
}

fn read(row: &Row<'_>) -> duckdb::Result<UpdateRow> {
    let state: String = row.get(0)?;
    let title: String = row.get(1)?;
    let name: String = row.get(3)?;
    let cve_ids: String = row.get(13)?;
    Ok(UpdateRow {
        install_status: UpdateState::parse(&state),
        description: described(title, &name),
        classification: row.get(2)?,
        name,
        severity: row.get(4)?,
        install_time: read_time_option(row, 5)?,
        instance_id: read_id(row, 6)?,
        instance_name: row.get(7)?,
        provider: Provider::new(row.get::<_, String>(8)?),
        account_id: read_id(row, 9)?,
        account_name: row.get(10)?,
        customer_id: row.get(11)?,
        region: row.get(12)?,
        cve_ids: cve_ids.split(',').map(str::trim).filter(|cve| !cve.is_empty()).map(str::to_owned).collect(),
        first_seen_at: read_time(row, 14)?,
        changed_at: read_time(row, 15)?,
        pending_since: read_time_option(row, 16)?,
        released_on: read_day_option(row, 17)?,
        approved_at: read_time_option(row, 18)?,
        due_at: read_time_option(row, 19)?,
        due: row.get::<_, Option<String>>(20)?.as_deref().and_then(Due::from_code),
        age_days: row.get(21)?,
    })
}

/// Returns the title, or the KB id if the vendor gave no title.
pub fn described(title: String, kb_id: &str) -> String {
    if title.is_empty() { kb_id.to_owned() } else { title }
}
