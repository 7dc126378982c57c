//! Lists of updates: an instance's (Figure 12), or those of many instances.

use super::{
    bind::{Context, Question, direction, read_id},
    listing::Listing,
    narrowed,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{Direction, UpdateFilter, UpdateSort},
    ids::AccountId,
    page::Window,
    provider::Provider,
    service_level::Due,
    severity::SeverityBand,
    update::{UpdateRow, UpdateState},
};
use muster_store::{
    error::StoreError,
    value::{read_day_option, read_time, read_time_option},
};

/// What needs work first.
const PENDING: &str = "CASE state WHEN 'Failed' THEN 5 WHEN 'Missing' THEN 4 WHEN 'InstalledPendingReboot' THEN 3
    WHEN 'AvailableSecurityUpdate' THEN 2 WHEN 'InstalledRejected' THEN 1 WHEN 'NotApplicable' THEN -1 ELSE 0 END";
const SEVERITY: &str = "CASE lower(severity) WHEN 'critical' THEN 4 WHEN 'important' THEN 3 WHEN 'high' THEN 3
    WHEN 'moderate' THEN 2 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END";

/// The updates that the filter leaves; all of them without a window. Without an instance named, only those of
/// current instances.
pub fn updates(
    connection: &Connection,
    context: Context<'_>,
    filter: &UpdateFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<UpdateRow>), StoreError> {
    listing(connection, context, filter)?.page(connection, window)
}

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &UpdateFilter,
) -> Result<Listing<UpdateRow>, StoreError> {
    let list = include_str!("update_list.sql");
    let listing = Listing::asked(question(connection, context, filter)?, "updates", list, order(filter), read);
    Ok(listing.told_apart_by("instance_key, patch_key"))
}

fn question(connection: &Connection, context: Context<'_>, filter: &UpdateFilter) -> Result<Question, StoreError> {
    let mut question = Question::about_clocks(context);
    question
        .only_if("contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower({}))", filter.q.as_deref())
        .only_if("customer_id = {}", filter.customer.as_deref())
        .only_if("provider = {}", filter.provider.as_deref())
        .only_if("account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .only_if("kb_id = {}", filter.name.as_deref())
        .only_if("classification = {}", filter.classification.as_deref())
        .only_if("severity_band = {}", filter.severity.map(SeverityBand::code));
    match &filter.instance {
        Some(instance) => question.only_instance(&narrowed::find(connection, instance)?),
        None => question.only("gone_at IS NULL"),
    };
    if !filter.states.is_empty() {
        question.only_among("state", filter.states.iter().map(|state| state.code().to_owned()));
    }
    if let Some(due) = filter.due {
        // First the column that skips what is not pending.
        question.only("pending_since IS NOT NULL").only_with("due = {}", due.code().to_owned());
    }
    Ok(question)
}

fn order(filter: &UpdateFilter) -> String {
    let column = match filter.sort {
        UpdateSort::Pending => PENDING,
        UpdateSort::Description => "lower(title)",
        UpdateSort::Classification => "lower(classification)",
        UpdateSort::Name => "lower(kb_id)",
        UpdateSort::Severity => SEVERITY,
        UpdateSort::InstallTime => "installed_at",
        UpdateSort::InstanceName => "lower(name)",
        UpdateSort::FirstSeen => "first_seen_at",
        UpdateSort::DueAt => "due_at",
    };
    let first = direction(filter.direction);
    let newest = direction(Direction::Descending);
    format!("{column} {first}, {SEVERITY} DESC, installed_at {newest}, title, kb_id, name, instance_id")
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

/// The title, or the KB id where the vendor gave no title.
pub(super) fn described(title: String, kb_id: &str) -> String {
    if title.is_empty() { kb_id.to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_metrics::SEVERITY_BAND;

    #[test]
    fn the_ladder_in_sql_is_the_ladder_in_the_model() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql = format!("SELECT {SEVERITY_BAND} FROM (SELECT $1 AS severity) u, (SELECT $2 AS platform_name) f");
        for word in ["Critical", "IMPORTANT", "high", "Moderate", "medium", "Low", "", "Unspecified", "Optional"] {
            let band: String = connection.query_row(&sql, [word, "SLES"], |row| row.get(0)).expect("a band");
            assert_eq!(SeverityBand::from_code(&band), Some(SeverityBand::of(word)), "{word}");
        }
        let apt: String = connection.query_row(&sql, ["Important", "Ubuntu"], |row| row.get(0)).expect("a band");
        assert_eq!(apt, "unrated");
    }
}
