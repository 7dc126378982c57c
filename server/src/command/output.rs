//! `muster output`: what one instance printed in one run, asked of AWS now. Harvests keep only what failed.

use super::{cli::OutputArguments, setup};
use crate::{
    collect::{command_output, snapshot::OutputRecord},
    harvest::round::targets_of,
    store::connection::Store,
};
use std::io::Write;

pub async fn run(arguments: &OutputArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    // Nothing is stored; accounts of an organization are listed into a store that goes with the process.
    let harvester = setup::harvester(&config, Store::in_memory()?).await?;
    let accounts = harvester.all_accounts().await?;
    let account = accounts.iter().find(|account| account.account_id == arguments.account);
    let account = account.ok_or_else(|| anyhow::anyhow!("account {} is not in the roster", arguments.account))?;
    for target in targets_of(account) {
        let (command, instance) = (&arguments.command_id, &arguments.instance_id);
        let output = command_output::on_demand(&harvester.connector, &target, command, instance).await;
        if let Some(output) = output.map_err(|error| anyhow::anyhow!("{error}. {}", error.class.advice()))? {
            return Ok(print(&output)?);
        }
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
