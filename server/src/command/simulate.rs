//! `muster simulate`: runs the simulated AWS alone, for any client with a configurable endpoint.

use super::{
    cli::{EstateArguments, SimulateArguments},
    setup,
};
use crate::config::LogFormat;
use anyhow::Context;
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_core::{clock::SharedClock, roster};
use muster_harvest::round::Harvester;
use muster_simulator::{Estate, EstateSpec, RosterAccount, SharedEstate, Simulator, metadata::keys::Keys};
use muster_store::connection::Store;
use muster_web::run::listen;
use std::{collections::BTreeMap, io::Write, sync::PoisonError};

pub async fn run(arguments: &SimulateArguments) -> anyhow::Result<()> {
    setup::log(LogFormat::Text, setup::LOG_FILTER);
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
    // Enrollment runs by the wall clock.
    simulator.follow_wall_clock();
    if let Some(folder) = &arguments.keys {
        simulator.serve_google_keys(Keys::load_or_create(folder)?.google_jwks());
    }
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

/// Creates an estate at its first day. The error lists the names.
fn estate(EstateArguments { estate, seed }: &EstateArguments) -> anyhow::Result<Estate> {
    muster_simulator::estate_named(estate, *seed).with_context(|| {
        format!("there is no estate `{estate}`; the estates are {}", muster_simulator::NAMES.join(", "))
    })
}

/// Returns the spec of an estate with a history. The error lists the names.
pub fn estate_spec(name: &str, seed: Option<u64>) -> anyhow::Result<EstateSpec> {
    let spec = EstateSpec::named(name)
        .with_context(|| format!("there is no estate `{name}`; the estates are {}", EstateSpec::NAMES.join(", ")))?;
    let seed = seed.unwrap_or(spec.seed);
    Ok(spec.with_seed(seed))
}

/// Connects to a simulated AWS as its operator, without rate limits.
pub async fn connector(simulator: &Simulator) -> Connector {
    let keys = Simulator::operator_credentials();
    let limits = RateLimits::unlimited();
    Connector::to_endpoint(&simulator.url(), &keys.access_key_id, &keys.secret_access_key, limits).await
}

/// Creates a harvester of a simulated AWS, without rate limits.
pub async fn harvester(
    estate: &SharedEstate,
    simulator: &Simulator,
    store: Store,
    clock: SharedClock,
) -> anyhow::Result<Harvester> {
    let connector = connector(simulator).await;
    let roster = serde_json::to_value(estate.read().unwrap_or_else(PoisonError::into_inner).roster())?;
    Ok(Harvester::new(connector, store, roster::check(serde_json::from_value(roster)?)?, clock))
}

/// Formats the roster as a file for `muster serve`.
pub fn roster_toml(accounts: &[RosterAccount]) -> anyhow::Result<String> {
    Ok(toml::to_string(&BTreeMap::from([("account", accounts)]))?)
}
