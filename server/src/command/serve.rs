//! `muster serve`: runs the portal, and harvests on a schedule.

use super::{backup_socket, cli::ConfigArguments, enrolled_accounts, reload::ConfiguredFiles, setup};
use muster_audit::Audit;
use muster_core::schedule::Schedule;
use muster_harvest::{due_targets::DueTargets, events::EventReader, round::Harvester, schedule};
use muster_store::connection::Store;
use muster_verify::nightly;
use muster_web::{run, state::ServerState};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

pub async fn run(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let config = setup::config(arguments)?;
    anyhow::ensure!(
        ["https://", "http://", "/"].iter().any(|start| config.learn_more_url.starts_with(start)),
        "learn_more_url `{}` is not a URL: it must start with https://, http:// or /",
        config.learn_more_url
    );
    anyhow::ensure!(
        config.events_queue_url.is_none() || config.harvest_interval_minutes > 0,
        "events_queue_url needs rounds: set harvest_interval_minutes to 1 or more, or remove events_queue_url"
    );
    let shutdown = run::shutdown_signal()?;
    // Before they are read the first time, so that no change is missed.
    let files = ConfiguredFiles::watch(&config)?;
    let site_dir = run::site_dir(config.site_dir.clone())?;
    let (sign_in, embed) = setup::access(&config)?;
    let enrollment = setup::enrollment(&config)?;
    let audit = Audit::open(&config.audit_dir(), setup::system_clock())?;
    let store = Store::open(&config.store)?;
    let harvester = setup::harvester(&config, store.clone()).await?;
    let harvester = Harvester { audit: Some(audit.clone()), ..harvester };
    harvester.sync_service_levels().await?;
    harvester.sync_feeds().await?;
    let _backups = backup_socket::listen(&store);
    let listener = run::listen(config.listen).await?;
    let schedule = Arc::new(Schedule::default());
    let (current, harvesters) = watch::channel(harvester);
    let followed = harvesters.clone();
    if config.harvest_interval_minutes > 0 {
        let interval = Duration::from_secs(60 * u64::from(config.harvest_interval_minutes));
        let events_interval = Duration::from_secs(60 * u64::from(config.events_interval_minutes.get()));
        let due = Arc::new(DueTargets::new(events_interval));
        if let Some(queue) = &config.events_queue_url {
            let harvester = harvesters.borrow().clone();
            tokio::spawn(EventReader::new(harvester, queue, due.clone(), schedule.clone()).run());
        }
        let schedule = schedule.clone();
        tokio::spawn(async move { schedule::run(&schedule, harvesters, interval, &due).await });
    }
    let reports = setup::reports(&config, store, schedule);
    if let Some(hour) = config.verify_hour.0 {
        tokio::spawn(nightly::run(reports.clone(), hour));
    }
    let state = ServerState::new(reports, site_dir, &config.learn_more_url, sign_in, audit);
    let state = state.with_embed(embed).with_enrollment(enrollment);
    if let Some(client) = state.enrollment.clone() {
        tokio::spawn(enrolled_accounts::follow(client, followed));
    }
    tokio::spawn(files.reload(config, current, state.clone()));
    tracing::info!(listen.address = %listener.local_addr()?, "the portal is up");
    run::serve(listener, state, shutdown).await;
    Ok(())
}
