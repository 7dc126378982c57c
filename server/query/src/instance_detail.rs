//! One instance's page beside its lists, or nothing when it is not in scope.

use super::{
    bind::{Context, Question},
    freshness::{freshness, state_of_rank},
    instance_list, narrowed, registrations,
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
    let found = narrowed::find(connection, instance)?;
    let mut question = Question::about_status(context);
    question.only_instance(&found);
    let pages =
        question.rows(connection, "an instance", include_str!("instance_detail.sql"), |row| read(row, context))?;
    let Some((key, mut page)) = pages.into_iter().next() else { return Ok(None) };
    page.freshness = freshness(connection, context, None, None, Some(&page.instance.account_id))?;
    let mut about_it = Question::about_names(context);
    about_it.only_instance(&found).only_with("f.instance_key = {}", key);
    page.states = states(connection, &about_it)?;
    page.tags = tags(connection, &about_it)?;
    if context.scope.sees_output() {
        page.failed_outputs = failed_outputs(connection, &about_it)?;
    }
    page.registrations = registrations::registrations(connection, &about_it)?;
    page.hints = hints(&page);
    Ok(Some(page))
}

fn read(row: &Row<'_>, context: Context<'_>) -> duckdb::Result<(i64, InstancePage)> {
    let instance = instance_list::read(row)?;
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

fn states(connection: &Connection, question: &Question) -> Result<Vec<StateCount>, StoreError> {
    let mut states = question.rows(connection, "an instance's states", include_str!("instance_states.sql"), |row| {
        let state: String = row.get(0)?;
        Ok(StateCount { state: UpdateState::parse(&state), updates: row.get(1)? })
    })?;
    // The states' own order is what needs work first.
    states.sort_by(|a, b| a.state.cmp(&b.state));
    Ok(states)
}

fn tags(connection: &Connection, question: &Question) -> Result<Vec<(String, String)>, StoreError> {
    question
        .rows(connection, "an instance's tags", include_str!("instance_tags.sql"), |row| Ok((row.get(0)?, row.get(1)?)))
}

fn failed_outputs(connection: &Connection, question: &Question) -> Result<Vec<StepOutput>, StoreError> {
    question.rows(connection, "the output of failed runs", include_str!("failed_outputs.sql"), |row| {
        Ok(StepOutput {
            command_id: row.get(0)?,
            step: row.get(1)?,
            standard_output: row.get(2)?,
            standard_error: row.get(3)?,
        })
    })
}

/// Why it may be offline and why its figures may be missing, in the order in which to look.
fn hints(page: &InstancePage) -> Vec<String> {
    let row = &page.instance;
    let mut hints = Vec::new();
    if page.gone_at.is_some() {
        let why = match page.node_status.as_str() {
            "Stopped" => "its inventory says that it was stopped",
            "Terminated" => "its inventory says that it was terminated",
            _ => "it was stopped, terminated or deregistered",
        };
        hints.push(format!("Systems Manager no longer lists it: {why}. What is shown is what was last known."));
        return hints;
    }
    if matches!(page.harvest_state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale) {
        hints.push(
            "The account could not be harvested lately, so everything here may be older than it looks. The harvest \
             page says why."
                .to_owned(),
        );
    }
    if !row.online {
        hints.push(
            "Offline: the SSM agent has stopped answering. Check that the machine runs, that the agent's service \
             runs, and that it reaches the Systems Manager endpoints of its Region on port 443."
                .to_owned(),
        );
        if row.instance_id.as_str().starts_with("mi-") {
            hints.push(
                "A hybrid machine also loses contact when its clock is off or when it was cloned with its \
                 registration: register it again with a new activation."
                    .to_owned(),
            );
        }
    }
    match row.patch_status {
        PatchStatus::NoData => hints.push(
            "No patch data: it was never scanned, its last scan failed, or Patch Manager does not support its \
             operating system. Run a scan with AWS-RunPatchBaseline and look at the result."
                .to_owned(),
        ),
        PatchStatus::Stale => hints.push(
            "The last scan is old: the figures below are those of that day. Check that the machine is online during \
             its scan and that a window or association still targets it."
                .to_owned(),
        ),
        _ => {}
    }
    if !row.agent_is_latest {
        hints.push("The SSM agent is not the latest: AWS-UpdateSSMAgent brings it up to date.".to_owned());
    }
    hints
}
