//! One instance's page without its lists, or nothing if it is not in scope.

use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    freshness::{freshness, state_of_rank},
    instance_key_filter::find_instance,
    instances,
};
use duckdb::{Connection, Row};
use muster_model::{
    freshness::HarvestState,
    ids::InstanceId,
    instance::{InstancePage, StateCount, StepOutput},
    patch_status::PatchStatus,
    update::UpdateState,
};
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};

pub fn instance(
    connection: &Connection,
    context: Context<'_>,
    instance: &InstanceId,
) -> Result<Option<InstancePage>, StoreError> {
    let found = find_instance(connection, instance)?;
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&found);
    let pages = query.rows(connection, "an instance", include_str!("detail.sql"), |row| read(row, context))?;
    let Some((key, mut page)) = pages.into_iter().next() else { return Ok(None) };
    page.freshness = freshness(connection, context, AccountSelection::one(&page.instance.account_id))?;
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&found).filter_by("f.instance_key = {}", key);
    page.states = states(connection, &query)?;
    page.tags = tags(connection, &query)?;
    if context.scope.sees_output() {
        page.failed_outputs = failed_outputs(connection, &query)?;
    }
    page.registrations = instances::registrations::registrations(connection, &query)?;
    page.hints = hints(&page);
    Ok(Some(page))
}

fn read(row: &Row<'_>, context: Context<'_>) -> duckdb::Result<(i64, InstancePage)> {
    let instance = instances::list::read(row)?;
    let latest_agent: Option<String> = row.get(33)?;
    let page = InstancePage {
        freshness: muster_model::freshness::Freshness {
            now: context.now,
            newest_harvest_at: None,
            oldest_harvest_at: None,
            accounts: 0,
            accounts_fresh: 0,
            accounts_stale: 0,
        },
        computer_name: row.get(23)?,
        ip_address: row.get(24)?,
        platform_type: row.get(25)?,
        resource_type: row.get(26)?,
        registered_at: read_time_option(row, 27)?,
        first_seen_at: read_time(row, 28)?,
        gone_at: read_time_option(row, 29)?,
        harvest_state: state_of_rank(row.get(30)?),
        baseline_id: row.get(31)?,
        last_operation: row.get(32)?,
        latest_agent_version: latest_agent.filter(|_| !instance.agent_is_latest),
        states: Vec::new(),
        transitions: row.get(34)?,
        software: row.get(35)?,
        runs: row.get(36)?,
        node_status: row.get(37)?,
        hardware: row.get(38)?,
        failed_outputs: Vec::new(),
        tags: Vec::new(),
        hints: Vec::new(),
        registrations: Vec::new(),
        instance,
    };
    Ok((row.get(22)?, page))
}

fn states(connection: &Connection, query: &QueryBuilder) -> Result<Vec<StateCount>, StoreError> {
    let mut states = query.rows(connection, "an instance's states", include_str!("states.sql"), |row| {
        let state: String = row.get(0)?;
        Ok(StateCount { state: UpdateState::parse(&state), updates: row.get(1)? })
    })?;
    // States that need work come first.
    states.sort_by(|a, b| a.state.cmp(&b.state));
    Ok(states)
}

fn tags(connection: &Connection, query: &QueryBuilder) -> Result<Vec<(String, String)>, StoreError> {
    query.rows(connection, "an instance's tags", include_str!("tags.sql"), |row| Ok((row.get(0)?, row.get(1)?)))
}

fn failed_outputs(connection: &Connection, query: &QueryBuilder) -> Result<Vec<StepOutput>, StoreError> {
    query.rows(connection, "the output of failed runs", include_str!("failed_outputs.sql"), |row| {
        Ok(StepOutput {
            command_id: row.get(0)?,
            step: row.get(1)?,
            standard_output: row.get(2)?,
            standard_error: row.get(3)?,
        })
    })
}

/// Returns why the instance may be offline or its figures missing, in the order in which to check.
fn hints(page: &InstancePage) -> Vec<String> {
    let row = &page.instance;
    let mut hints = Vec::new();
    if page.gone_at.is_some() {
        let why = match page.node_status.as_str() {
            "Stopped" => "its inventory reports it as stopped",
            "Terminated" => "its inventory reports it as terminated",
            _ => "it was stopped, terminated or deregistered",
        };
        hints.push(format!("Systems Manager no longer lists it: {why}. This page shows the last known state."));
        return hints;
    }
    if matches!(page.harvest_state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale) {
        hints.push(
            "The account could not be harvested lately, so this page may be out of date. The harvest page says why."
                .to_owned(),
        );
    }
    if !row.online {
        hints.push(
            "Offline: the SSM agent has stopped answering. Check that the instance and the agent's service are \
             running, and that it can reach the Systems Manager endpoints of its Region on port 443."
                .to_owned(),
        );
        if row.instance_id.as_str().starts_with("mi-") {
            hints.push(
                "A hybrid instance also loses contact if its clock is wrong or if it was cloned with its registration. \
                 Register it again with a new activation."
                    .to_owned(),
            );
        }
    }
    match row.patch_status {
        PatchStatus::NoData => hints.push(
            "No patch data: it was never scanned, its last scan failed, or Patch Manager does not support its \
             operating system. Run a scan with AWS-RunPatchBaseline and check its result."
                .to_owned(),
        ),
        PatchStatus::Stale => hints.push(
            "The last scan is too old: the figures below are from that day. Check that the instance is online during \
             its scan and that a maintenance window or association still targets it."
                .to_owned(),
        ),
        _ => {}
    }
    if !row.agent_is_latest {
        hints.push("The SSM agent is out of date. Run AWS-UpdateSSMAgent to update it.".to_owned());
    }
    hints
}
