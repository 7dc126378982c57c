//! `GetCommandInvocation`: what a step printed. Harvests read only failed results; `muster run-output` reads any.

use super::{
    account::SystemsAccount, calls::CallCounter, client::Connector, command_results, error::CollectError,
    redact::redact, text::clean,
};
use aws_sdk_ssm::Client;
use muster_core::{
    known::{FailedResult, Known},
    snapshot::{InvocationRecord, OutputRecord, Target},
};
use muster_model::ids::InstanceId;
use std::time::Duration;
use tokio::time::Instant;

pub const OPERATION: &str = "GetCommandInvocation";
/// Failed results whose output is read in one pull; the next pulls read the others.
pub const OUTPUTS_MAX: usize = 25;
/// A person waits for the answer.
const ON_DEMAND_TIMEOUT: Duration = Duration::from_secs(30);
const FAILED: &str = "Failed";
/// AWS's code for a result that it no longer has.
pub const NOT_FOUND: &str = "InvocationDoesNotExist";

/// Selects the outputs to read: first of results that are new, then of earlier ones that are still missing.
pub fn select(results: &[InvocationRecord], known: &Known) -> Vec<FailedResult> {
    let failed = results.iter().filter(|result| result.status == FAILED).filter_map(|result| {
        let (command_id, instance_id) = (result.command_id.clone(), result.instance_id.clone());
        Some(FailedResult { command_id, instance_id, step: result.step.clone()? })
    });
    let new = failed.filter(|result| {
        !known.outputs.contains(&(result.command_id.clone(), result.instance_id.clone()))
            && !known.missing_outputs.contains(result)
    });
    new.chain(known.missing_outputs.iter().cloned()).take(OUTPUTS_MAX).collect()
}

/// Reads the output of one step. AWS requires the step's name for documents with several steps.
pub async fn collect(account: &SystemsAccount<'_>, result: &FailedResult) -> Result<OutputRecord, CollectError> {
    let FailedResult { command_id, instance_id, step } = result;
    let send = |ssm: Client| {
        ssm.get_command_invocation().command_id(command_id).instance_id(instance_id.as_str()).plugin_name(step).send()
    };
    let answer = account.send(OPERATION, send).await?;
    Ok(OutputRecord {
        command_id: command_id.clone(),
        instance_id: instance_id.clone(),
        step: step.clone(),
        status: clean(answer.status()),
        response_code: answer.response_code().into(),
        standard_output: redact(answer.standard_output_content().unwrap_or_default()),
        standard_error: redact(answer.standard_error_content().unwrap_or_default()),
    })
}

/// Reads from AWS what one instance printed in one command. Returns None when AWS no longer has the result, or when no
/// step has ended.
pub async fn on_demand(
    connector: &Connector,
    target: &Target,
    command_id: &str,
    instance_id: &InstanceId,
) -> Result<Option<OutputRecord>, CollectError> {
    let calls = CallCounter::default();
    let account = SystemsAccount::enter(connector, target, &calls, Instant::now() + ON_DEMAND_TIMEOUT).await?;
    let result = command_results::of_instance(&account, command_id, instance_id).await?;
    let Some((result, step)) = result.and_then(|result| result.step.clone().map(|step| (result, step))) else {
        return Ok(None);
    };
    let result = FailedResult { command_id: result.command_id, instance_id: result.instance_id, step };
    match collect(&account, &result).await {
        Err(error) if error.code == NOT_FOUND => Ok(None),
        output => output.map(Some),
    }
}

/// Stands for an output that AWS no longer has, so that it is not requested again.
pub fn unavailable(result: &FailedResult) -> OutputRecord {
    OutputRecord {
        command_id: result.command_id.clone(),
        instance_id: result.instance_id.clone(),
        step: result.step.clone(),
        status: String::new(),
        response_code: -1,
        standard_output: String::new(),
        standard_error: "AWS no longer has this output.".to_owned(),
    }
}
