//! `GetCommandInvocation`: what a step printed. Harvests ask only for results that failed; of others a
//! person can ask.

use super::{
    account::SystemsAccount, calls::CallCounter, client::Connector, command_results, output::reduce, text::clean_option,
};
use muster_core::{
    error::CollectError,
    known::{FailedResult, Known},
    snapshot::{InvocationRecord, OutputRecord, Target},
};
use muster_model::ids::InstanceId;
use std::time::Duration;
use tokio::time::Instant;

pub const OPERATION: &str = "GetCommandInvocation";
/// Failed results whose output is read in one pull; the rest is read by the next ones.
pub const OUTPUTS_MAX: usize = 25;
/// A person waits for the answer.
const ON_DEMAND_MAX: Duration = Duration::from_secs(30);
const FAILED: &str = "Failed";
/// AWS's code for a result that it no longer has.
pub const FORGOTTEN: &str = "InvocationDoesNotExist";

/// Which outputs to read: of results that just failed, then of earlier ones that are still missing.
pub fn wanted(results: &[InvocationRecord], known: &Known) -> Vec<FailedResult> {
    let of_result = |result: &InvocationRecord| {
        let failed = result.status == FAILED;
        let result = FailedResult {
            command_id: result.command_id.clone(),
            instance_id: result.instance_id.clone(),
            step: result.step.clone().filter(|_| failed)?,
        };
        Some(result)
    };
    let new = results.iter().filter_map(of_result).filter(|result| {
        !known.outputs.contains(&(result.command_id.clone(), result.instance_id.clone()))
            && !known.missing_outputs.contains(result)
    });
    new.chain(known.missing_outputs.iter().cloned()).take(OUTPUTS_MAX).collect()
}

/// A document of several steps has to be told which one is meant.
pub async fn collect(account: &SystemsAccount<'_>, result: &FailedResult) -> Result<OutputRecord, CollectError> {
    let FailedResult { command_id, instance_id, step } = result;
    let send = |ssm: aws_sdk_ssm::Client| {
        ssm.get_command_invocation().command_id(command_id).instance_id(instance_id.as_str()).plugin_name(step).send()
    };
    let answer = account.ask(OPERATION, send).await?;
    Ok(OutputRecord {
        command_id: command_id.clone(),
        instance_id: instance_id.clone(),
        step: step.clone(),
        status: clean_option(answer.status().map(|status| status.as_str())),
        response_code: answer.response_code().into(),
        standard_output: reduce(answer.standard_output_content().unwrap_or_default()),
        standard_error: reduce(answer.standard_error_content().unwrap_or_default()),
    })
}

/// What one instance printed in one command, asked now: for results of which no output is kept. None when AWS has no such
/// result any more, or no step of it has ended.
pub async fn on_demand(
    connector: &Connector,
    target: &Target,
    command_id: &str,
    instance_id: &InstanceId,
) -> Result<Option<OutputRecord>, CollectError> {
    let calls = CallCounter::default();
    let account = SystemsAccount::enter(connector, target, &calls, Instant::now() + ON_DEMAND_MAX).await?;
    let result = command_results::of_instance(&account, command_id, instance_id).await?;
    let Some((result, step)) = result.and_then(|result| result.step.clone().map(|step| (result, step))) else {
        return Ok(None);
    };
    let asked = FailedResult { command_id: result.command_id, instance_id: result.instance_id, step };
    collect(&account, &asked).await.map(Some)
}

/// Kept in the place of an output that can no longer be had, so that it is not asked for again.
pub fn forgotten(result: &FailedResult) -> OutputRecord {
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
