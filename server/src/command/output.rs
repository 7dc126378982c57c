//! `muster output`: what one instance printed in one run, asked of AWS now. Harvests keep only what failed.

use super::{cli::OutputArguments, setup};
use muster_collect::command_output;
use muster_core::snapshot::OutputRecord;
use muster_harvest::round::targets_of;
use muster_store::connection::Store;
use std::io::Write;

pub async fn run(arguments: &OutputArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    // Nothing is stored; accounts of an organization are listed into a store that goes with the process.
    let harvester = setup::harvester(&config, Store::in_memory()?).await?;
    let accounts = harvester.all_accounts().await?;
    let account = accounts.iter().find(|account| account.account_id == arguments.account);
    let account = account.ok_or_else(|| {
        anyhow::anyhow!("account {} is neither in the roster nor found in the organization", arguments.account)
    })?;
    // Which of the account's Regions the run was in is not known: one that cannot be asked may not be the one.
    let mut refused = None;
    for target in targets_of(account) {
        let (command, instance) = (&arguments.command_id, &arguments.instance_id);
        match command_output::on_demand(&harvester.connector, &target, command, instance).await {
            Ok(Some(output)) => return Ok(print(&output)?),
            Ok(None) => {}
            Err(error) => refused = refused.or(Some((target.region, error))),
        }
    }
    if let Some((region, error)) = refused {
        anyhow::bail!("in {region}: {error}. {}", error.class.advice());
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
