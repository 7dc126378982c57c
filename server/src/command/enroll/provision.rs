//! `muster plan` and `muster apply`: what a systems account lacks, and its provisioning by hand.

use super::{
    arguments::{ApplyArguments, CloudAccount, PlanArguments},
    config::EnrollConfig,
    provisioner,
};
use crate::command::setup;
use anyhow::Context;
use muster_enroll::provisioning::request_of;
use muster_provision::{AccountRequest, PartPlan, template::template};
use std::io::Write;

/// The name of the leases of `muster apply`.
const HOLDER: &str = "apply";

/// Prints what would be done in an account, in the words of the AWS console, and what differs.
pub async fn plan(arguments: &PlanArguments) -> anyhow::Result<()> {
    let config = EnrollConfig::read(&arguments.config.config)?;
    setup::log(config.log_format, setup::LOG_FILTER);
    let settings = config.settings()?;
    let mut output = std::io::stdout();
    let Some(account) = &arguments.account else {
        return Ok(writeln!(output, "{:#}", template(&settings, &config.creation))?);
    };
    let request = request(&config, account)?;
    print(&mut output, &provisioner(&config, settings).await?.plan(&request).await?)
}

/// Does what `plan` prints, and prints what is left.
pub async fn apply(arguments: &ApplyArguments) -> anyhow::Result<()> {
    let config = EnrollConfig::read(&arguments.config.config)?;
    setup::log(config.log_format, setup::LOG_FILTER);
    let settings = config.settings()?;
    let request = request(&config, &arguments.account)?;
    let provisioner = provisioner(&config, settings).await?;
    if arguments.retry {
        provisioner.retry(&request, HOLDER)?;
    }
    let mut output = std::io::stdout();
    print(&mut output, &provisioner.plan(&request).await?)?;
    let ready = provisioner.provision(&request, HOLDER).await?;
    writeln!(output, "Systems account {} of {} is ready.", ready.systems_account, request.key())?;
    for part in &ready.drift {
        let place = part.region.as_deref().unwrap_or("Account and roles");
        for drift in &part.drift {
            writeln!(output, "{place}: {drift}. It was not changed.")?;
        }
    }
    Ok(())
}

fn print(output: &mut impl Write, parts: &[PartPlan]) -> anyhow::Result<()> {
    for part in parts {
        writeln!(output, "{part}")?;
    }
    Ok(())
}

fn request(config: &EnrollConfig, account: &CloudAccount) -> anyhow::Result<AccountRequest> {
    let registry = config.registry()?;
    let registered = registry.account(account.provider, &account.id);
    let registered = registered.with_context(|| {
        format!(
            "the roster `{}` has no account {}/{} that may enroll",
            config.roster.display(),
            account.provider,
            account.id
        )
    })?;
    Ok(request_of(registered))
}
