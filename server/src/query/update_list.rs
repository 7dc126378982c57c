//! Lists of updates: an instance's (Figure 12), or those of many instances.

use super::bind::{Context, Question, direction, read_id};
use crate::store::{
    error::StoreError,
    value::{read_time, read_time_option},
};
use app::model::{
    filter::{Direction, UpdateFilter, UpdateSort},
    ids::{AccountId, InstanceId},
    page::Window,
    provider::Provider,
    severity::SeverityBand,
    update::{UpdateRow, UpdateState},
};
use duckdb::{Connection, Row};

/// What needs work first.
const PENDING: &str = "CASE u.state WHEN 'Failed' THEN 5 WHEN 'Missing' THEN 4 WHEN 'InstalledPendingReboot' THEN 3
    WHEN 'AvailableSecurityUpdate' THEN 2 WHEN 'InstalledRejected' THEN 1 WHEN 'NotApplicable' THEN -1 ELSE 0 END";
const SEVERITY: &str = "CASE lower(u.severity) WHEN 'critical' THEN 4 WHEN 'important' THEN 3 WHEN 'high' THEN 3
    WHEN 'moderate' THEN 2 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END";

/// The updates that the filter leaves; all of them without a window. Without an instance named, only those of
/// current instances.
pub fn updates(
    connection: &Connection,
    context: Context<'_>,
    filter: &UpdateFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<UpdateRow>), StoreError> {
    let order = order(filter);
    let list = include_str!("update_list.sql");
    question(context, filter).window(connection, "updates", list, &order, window, read)
}

fn question(context: Context<'_>, filter: &UpdateFilter) -> Question {
    let mut question = Question::about_names(context);
    question
        .only_if("contains(lower(concat_ws(' ', p.title, p.kb_id, u.cve_ids)), lower({}))", filter.q.as_deref())
        .only_if("f.customer_id = {}", filter.customer.as_deref())
        .only_if("f.provider = {}", filter.provider.as_deref())
        .only_if("f.account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .only_if("f.instance_id = {}", filter.instance.as_ref().map(InstanceId::as_str))
        .only_if("p.kb_id = {}", filter.name.as_deref())
        .only_if("u.classification = {}", filter.classification.as_deref());
    if filter.instance.is_none() {
        question.only("f.gone_at IS NULL");
    }
    if !filter.states.is_empty() {
        let states = filter.states.iter().map(UpdateState::code).collect::<Vec<_>>().join(",");
        question.only_with("u.state IN (SELECT unnest(string_split({}, ',')))", states);
    }
    if let Some(band) = filter.severity {
        question.only(severity_is(band));
    }
    question
}

/// A constant for each band, because the ladder is SQL text and only values are bound.
fn severity_is(band: SeverityBand) -> &'static str {
    match band {
        SeverityBand::Critical => concat!(include_str!("../figures/severity_band.sql"), " = 'critical'"),
        SeverityBand::Important => concat!(include_str!("../figures/severity_band.sql"), " = 'important'"),
        SeverityBand::Moderate => concat!(include_str!("../figures/severity_band.sql"), " = 'moderate'"),
        SeverityBand::Low => concat!(include_str!("../figures/severity_band.sql"), " = 'low'"),
        SeverityBand::Unrated => concat!(include_str!("../figures/severity_band.sql"), " = 'unrated'"),
    }
}

fn order(filter: &UpdateFilter) -> String {
    let column = match filter.sort {
        UpdateSort::Pending => PENDING,
        UpdateSort::Description => "lower(p.title)",
        UpdateSort::Classification => "lower(u.classification)",
        UpdateSort::Name => "lower(p.kb_id)",
        UpdateSort::Severity => SEVERITY,
        UpdateSort::InstallTime => "u.installed_at",
        UpdateSort::InstanceName => "lower(f.name)",
        UpdateSort::FirstSeen => "u.first_seen_at",
    };
    let first = direction(filter.direction);
    let newest = direction(Direction::Descending);
    format!("{column} {first}, {SEVERITY} DESC, u.installed_at {newest}, p.title, p.kb_id, f.name, f.instance_id")
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
    })
}

/// The title, or the KB id where the vendor gave no title.
pub(super) fn described(title: String, kb_id: &str) -> String {
    if title.is_empty() { kb_id.to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::SEVERITY_BAND;

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
