//! An instance's update history: every transition, newest first.

use crate::{
    builder::{Context, QueryBuilder, read_id},
    instance_key_filter::find_instance,
    listing::Listing,
    updates::list::described,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::HistoryFilter,
    provider::Provider,
    transition::{TransitionKind, TransitionRow},
    update::UpdateState,
};
use muster_store::{error::StoreError, value::read_time};

const NEWEST_FIRST: &str = "t.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<TransitionRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    Ok(Listing::from_query(query, "the history", include_str!("history.sql"), NEWEST_FIRST, read))
}

fn read(row: &Row<'_>) -> duckdb::Result<TransitionRow> {
    let state = |column| -> duckdb::Result<Option<UpdateState>> {
        Ok(row.get::<_, Option<String>>(column)?.map(|state| UpdateState::parse(&state)))
    };
    let name: String = row.get(5)?;
    let (from_state, to_state, operation) = (state(2)?, state(3)?, row.get::<_, String>(8)?);
    Ok(TransitionRow {
        happened_at: read_time(row, 0)?,
        seen_at: read_time(row, 1)?,
        kind: TransitionKind::of(from_state.as_ref(), to_state.as_ref(), &operation, row.get(18)?),
        from_state,
        to_state,
        description: described(row.get(4)?, &name),
        name,
        classification: row.get(6)?,
        severity: row.get(7)?,
        operation,
        baseline_id: row.get(9)?,
        snapshot_id: row.get(10)?,
        command_id: row.get(11)?,
        instance_id: read_id(row, 12)?,
        instance_name: row.get(13)?,
        provider: Provider::new(row.get::<_, String>(14)?),
        account_id: read_id(row, 15)?,
        account_name: row.get(16)?,
        region: row.get(17)?,
        baseline_name: row.get(19)?,
        previous_baseline_id: row.get(20)?,
    })
}
