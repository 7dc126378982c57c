//! `muster enroll`: runs the enrollment service, and provisions systems accounts.

pub mod arguments;
pub mod config;
pub mod provision;
pub mod token;

use super::setup;
use anyhow::Context;
use arguments::EnrollArguments;
use config::EnrollConfig;
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_enroll::{
    provisioning::{Pace, Provisioning},
    random::SystemRandom,
    service::Service,
};
use muster_provision::{FileLedger, Provisioner, Settings};
use muster_web::run::{listen, shutdown_signal};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub async fn run(arguments: &EnrollArguments) -> anyhow::Result<()> {
    let config = EnrollConfig::read(&arguments.config.config)?;
    setup::log(config.log_format, setup::LOG_FILTER);
    let shutdown = shutdown_signal()?;
    let mut hangup = signal(SignalKind::hangup()).context("cannot receive SIGHUP")?;
    let settings = config.settings()?;
    let (tls, clock) = (config.tls()?, setup::system_clock());
    let service = config.service(&settings, arguments.accept_ledger)?;
    let provisioning = Provisioning::new(provisioner(&config, settings).await?, clock.clone(), Pace::default());
    let service =
        Service::open(service, config.attestors()?, Arc::new(provisioning.clone()), clock, Arc::new(SystemRandom));
    let service = service.await?;
    let listener = listen(config.listen).await?;
    tracing::info!(listen.address = %listener.local_addr()?, tls = tls.is_some(), "instances can enroll");
    let following = tokio::spawn(provisioning.follow(service.clone()));
    let reloaded = service.clone();
    let reloading = tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match reloaded.reload_registry().await {
                Ok(()) => tracing::info!("read the roster again"),
                Err(error) => tracing::error!("{error}. What was read before stays in use"),
            }
        }
    });
    muster_enroll::serve(service, listener, tls, shutdown).await;
    following.abort();
    reloading.abort();
    Ok(())
}

/// What creates and sets up systems accounts, with the credentials and endpoints of the environment.
async fn provisioner(config: &EnrollConfig, settings: Settings) -> anyhow::Result<Provisioner<FileLedger>> {
    let clock = setup::system_clock();
    let ledger = FileLedger::open(&config.provisioning_dir(), clock.now())?;
    let connector = Connector::from_environment(RateLimits::unlimited()).await;
    Ok(Provisioner::new(connector, settings, config.creation.clone(), ledger, clock))
}
