//! `muster simulate`: the simulated AWS on its own, for any client that can be pointed at an endpoint.

use super::{
    cli::{EstateArguments, SimulateArguments},
    setup,
};
use crate::config::LogFormat;
use anyhow::Context;
use muster_collect::{client::Connector, pace::Pacing};
use muster_core::{
    clock::SharedClock,
    roster::{self, Entry},
};
use muster_harvest::round::Harvester;
use muster_simulator::{Estate, EstateSpec, RosterAccount, SharedEstate, Simulator};
use muster_store::connection::Store;
use muster_web::run::listen;
use std::{io::Write, sync::PoisonError};

pub async fn run(arguments: &SimulateArguments) -> anyhow::Result<()> {
    setup::log(LogFormat::Text);
    let mut estate = estate(&arguments.estate)?;
    while !estate.is_at_last_day() {
        estate.next_day();
    }
    if let Some(path) = &arguments.roster {
        std::fs::write(path, roster_toml(&estate.roster())?)
            .with_context(|| format!("cannot write the roster `{}`", path.display()))?;
    }
    let listener = listen(arguments.listen).await?;
    let simulator = Simulator::start(estate.shared(), listener).await?;
    let credentials = Simulator::operator_credentials();
    writeln!(
        std::io::stdout(),
        "export AWS_ENDPOINT_URL={}\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_REGION=us-east-1",
        simulator.url(),
        credentials.access_key_id,
        credentials.secret_access_key
    )?;
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}

/// The named estate at its first moment, or a message that lists the names.
fn estate(EstateArguments { estate, seed }: &EstateArguments) -> anyhow::Result<Estate> {
    muster_simulator::estate_named(estate, *seed)
        .with_context(|| format!("there is no estate `{estate}`; there are {}", muster_simulator::NAMES.join(", ")))
}

/// The spec of an estate with a history to live through, or a message that lists the names.
pub fn estate_spec(name: &str, seed: Option<u64>) -> anyhow::Result<EstateSpec> {
    let spec = EstateSpec::named(name)
        .with_context(|| format!("there is no estate `{name}`; there are {}", EstateSpec::NAMES.join(", ")))?;
    Ok(match seed {
        Some(seed) => spec.with_seed(seed),
        None => spec,
    })
}

/// A harvester of everything that a simulated AWS has. An endpoint of our own needs no pace.
pub async fn harvester(
    estate: &SharedEstate,
    simulator: &Simulator,
    store: Store,
    clock: SharedClock,
) -> anyhow::Result<Harvester> {
    let keys = Simulator::operator_credentials();
    let (url, pacing) = (simulator.url(), Pacing::unlimited());
    let connector = Connector::to_endpoint(&url, &keys.access_key_id, &keys.secret_access_key, pacing).await;
    let entries = estate.read().unwrap_or_else(PoisonError::into_inner).roster().iter().map(entry).collect();
    Ok(Harvester::new(connector, store, roster::check(entries)?, clock))
}

/// A simulated account as the roster's file would have it.
pub fn entry(account: &RosterAccount) -> Entry {
    Entry {
        provider: account.provider.clone(),
        account_id: account.account_id.clone(),
        account_name: account.account_name.clone(),
        customer_id: account.customer_id.clone(),
        customer_name: account.customer_name.clone(),
        systems_account: account.systems_account.clone(),
        role_arn: account.role_arn.clone(),
        external_id: account.external_id.clone(),
        regions: account.regions.clone(),
    }
}

/// The roster as a file that `muster serve` reads.
pub fn roster_toml(accounts: &[RosterAccount]) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct RosterFile {
        account: Vec<Entry>,
    }
    Ok(toml::to_string(&RosterFile { account: accounts.iter().map(entry).collect() })?)
}
