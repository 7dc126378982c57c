//! `muster run-output`: reads from AWS what one instance printed in one run. Harvests store only failed results.

use super::{cli::RunOutputArguments, setup};
use muster_collect::command_output;
use muster_core::snapshot::OutputRecord;
use muster_harvest::round::targets_of;
use muster_store::connection::Store;
use std::io::Write;

pub async fn run(arguments: &RunOutputArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    // Nothing is stored. Accounts of an organization are listed into a store in memory.
    let harvester = setup::harvester(&config, Store::in_memory()?).await?;
    let accounts = harvester.all_accounts().await?;
    // The run's Region is not known, so an error counts only if no other Region has the result.
    let mut failure = None;
    for target in targets_of(setup::find(&accounts, &arguments.account)?) {
        let (command, instance) = (&arguments.command_id, &arguments.instance_id);
        match command_output::on_demand(&harvester.connector, &target, command, instance).await {
            Ok(Some(output)) => return Ok(print(&output)?),
            Ok(None) => {}
            Err(error) => failure = failure.or(Some((target.region, error))),
        }
    }
    if let Some((region, error)) = failure {
        anyhow::bail!("in {region}: {error}. {}", error.class.advice(&error.code));
    }
    anyhow::bail!(
        "run {} has no finished result of {} in account {}: AWS keeps results for 30 days",
        arguments.command_id,
        arguments.instance_id,
        arguments.account
    )
}

fn print(output: &OutputRecord) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {}, exit code {}", output.step, output.status, output.response_code)?;
    for (name, text) in [("standard output", &output.standard_output), ("standard error", &output.standard_error)] {
        if !text.is_empty() {
            writeln!(out, "\n-- {name}\n{text}")?;
        }
    }
    Ok(())
}
