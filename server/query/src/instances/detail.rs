//! One instance's page without its lists, or nothing if it is not in scope.

use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    freshness::freshness,
    instance_key_filter::find_instance,
};
use muster_model::{
    column::Columns, freshness::HarvestState, ids::InstanceId, instance::InstancePage, patch_status::PatchStatus,
};
use muster_store::error::StoreError;

#[derive(Columns)]
struct Found {
    instance_key: i64,
    #[column(flatten)]
    page: InstancePage,
}

pub fn instance(context: Context<'_>, instance: &InstanceId) -> Result<Option<InstancePage>, StoreError> {
    let found = find_instance(context, instance)?;
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&found);
    let pages: Vec<Found> = query.read("an instance", include_str!("detail.sql"))?;
    let Some(Found { instance_key: key, mut page }) = pages.into_iter().next() else { return Ok(None) };
    page.freshness = freshness(context, AccountSelection::one(&page.instance.account_id))?;
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&found).filter_by("f.instance_key = {}", key);
    page.states = query.read("an instance's states", include_str!("states.sql"))?;
    // States that need work come first.
    page.states.sort_by(|a, b| a.state.cmp(&b.state));
    page.tags = query.rows("an instance's tags", include_str!("tags.sql"), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if context.scope.sees_output() {
        page.failed_outputs = query.read("the output of failed runs", include_str!("failed_outputs.sql"))?;
    }
    page.registrations = query.read("an instance's registrations", include_str!("registrations.sql"))?;
    page.hints = hints(&page);
    Ok(Some(page))
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
