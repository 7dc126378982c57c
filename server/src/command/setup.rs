//! What several commands begin with: configuration, log, store, harvester, reports.

use super::cli::ConfigArguments;
use crate::config::{Config, HistoryDays, LogFormat};
use jiff::SignedDuration;
use muster_access::{self, assignments::Assignments, embedder, proxy::Proxy};
use muster_collect::{client::Connector, pace::Pacing};
use muster_core::schedule::Schedule;
use muster_core::{
    clock::{SharedClock, SystemClock},
    roster,
    service_levels::ServiceLevels,
};
use muster_harvest::{organization::Organization, round::Harvester};
use muster_metrics::Limits;
use muster_reports::ReportSource;
use muster_store::connection::Store;
use muster_web::{
    embed::Embed,
    sign_in::{SignIn, oidc::Oidc},
};
use std::{sync::Arc, time::Duration};
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

/// What is logged unless `RUST_LOG` says otherwise. The SDK logs failures that are reported here already, with
/// requests' headers in them.
const LOG_FILTER: &str = "info,aws=off,hyper=warn";

pub fn config(arguments: &ConfigArguments) -> anyhow::Result<Config> {
    Ok(Config::load(arguments.config.as_deref(), |name| std::env::var(name).ok())?)
}

/// Whether a part of the program that sees headers, and secrets in them, may log at this level: whatever `RUST_LOG` says.
fn may_log(metadata: &Metadata<'_>) -> bool {
    let of = |parts: &[&str]| parts.iter().any(|part| metadata.target().starts_with(part));
    !of(&["aws"]) && (!of(&["hyper", "h2", "rustls", "oauth2"]) || *metadata.level() <= Level::WARN)
}

/// Log lines go to standard error; standard output belongs to the command's own answer.
pub fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_FILTER));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(may_log));
    match format {
        LogFormat::Text => registry.with(lines).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
}

pub fn limits(config: &Config) -> Limits {
    Limits {
        stale_scan: SignedDuration::from_hours(24 * i64::from(config.stale_scan_days)),
        stale_harvest: SignedDuration::from_hours(i64::from(config.stale_harvest_hours)),
        history_follows_account: config.history_follows_account,
    }
}

pub fn system_clock() -> SharedClock {
    Arc::new(SystemClock)
}

/// The harvester of the configured roster, with the credentials and endpoints of the environment.
pub async fn harvester(config: &Config, store: Store) -> anyhow::Result<Harvester> {
    let organization = config.organization_role.clone().map(|role_name| Organization { role_name });
    let accounts = match organization.is_some() && !config.roster.exists() {
        true => Vec::new(),
        false => roster::read(&config.roster)?,
    };
    let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
    Ok(Harvester {
        service_levels: ServiceLevels::read(config.service_levels.as_deref())?,
        organization,
        limits: limits(config),
        concurrency: config.harvest_concurrency,
        slow_cycle: SignedDuration::from_mins(i64::from(config.inventory_interval_minutes)),
        account_time_max: minutes(config.account_minutes_max),
        round_time_max: minutes(config.round_minutes_max),
        harvest_log_kept: SignedDuration::from_hours(24 * i64::from(config.harvest_log_days)),
        history_kept: config.keep_history_days.map(HistoryDays::span),
        ..Harvester::new(Connector::from_environment(pacing(config)).await, store, accounts, system_clock())
    })
}

fn pacing(config: &Config) -> Pacing {
    match config.calls_per_second {
        0 => Pacing::unlimited(),
        rate => Pacing::starting_at(f64::from(rate)),
    }
}

/// How people sign in and who may frame the portal, by the access file. A portal that nobody could sign in to does not
/// start.
pub fn access(config: &Config) -> anyhow::Result<(SignIn, Embed)> {
    let file = muster_access::file::read(&config.access)?;
    let assignments = file.assignments.as_deref().map(Assignments::of_file).transpose()?.unwrap_or_default();
    let oidc = file.oidc.map(|settings| Oidc::new(settings, &file.public_url, system_clock())).transpose()?;
    let proxy = file.proxy.map(Proxy::new).transpose()?;
    anyhow::ensure!(
        oidc.is_some() || proxy.is_some() || file.break_glass.is_some(),
        "nobody could sign in: give `{}` a section [oidc] with your identity provider, [proxy] with the proxy that signs \
         people in, or [break_glass] with an operator of the portal's own",
        config.access.display()
    );
    let embed = Embed::new(&file.public_url, embedder::embedders(file.embedders)?, system_clock());
    let sign_in = SignIn::new(file.public_url, assignments, system_clock());
    let sign_in = sign_in.with_trusted_proxies(file.trusted_proxies);
    Ok((sign_in.with_oidc(oidc).with_proxy(proxy).with_break_glass(file.break_glass), embed))
}

pub fn reports(config: &Config, store: Store, schedule: Arc<Schedule>) -> ReportSource {
    ReportSource { store, limits: limits(config), clock: system_clock(), schedule }
}
