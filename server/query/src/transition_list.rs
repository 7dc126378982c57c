//! An instance's update history: every transition, newest first.

use super::{
    bind::{Context, Question, read_id},
    listing::Listing,
    narrowed,
    update_list::described,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::HistoryFilter,
    page::Window,
    provider::Provider,
    transition::{TransitionKind, TransitionRow},
    update::UpdateState,
};
use muster_store::{error::StoreError, value::read_time};

const NEWEST_FIRST: &str = "t.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn history(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<TransitionRow>), StoreError> {
    listing(connection, context, filter)?.page(connection, window)
}

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<TransitionRow>, StoreError> {
    let mut question = Question::about_names(context);
    question.only_instance(&narrowed::find(connection, &filter.instance)?);
    Ok(Listing::asked(question, "the history", include_str!("transition_list.sql"), NEWEST_FIRST, read))
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
