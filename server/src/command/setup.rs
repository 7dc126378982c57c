//! Set-up that commands share: configuration, log, harvester, access, reports.

use super::cli::ConfigArguments;
use crate::config::{Config, HistoryDays, LogFormat};
use anyhow::Context;
use jiff::SignedDuration;
use muster_access::{self, assignments::Assignments, embedder, proxy::Proxy, secret::read_secret};
use muster_collect::{
    client::Connector, patch_documents::PatchDocuments, rate_limit::RateLimits, row_budget::RowBudget,
};
use muster_core::{
    clock::{SharedClock, SystemClock},
    roster::{self, Account},
    schedule::Schedule,
    service_levels::ServiceLevels,
};
use muster_harvest::{organization::Organization, round::Harvester};
use muster_metrics::Limits;
use muster_model::{enrollment::SECRET_BYTES_MIN, ids::AccountId};
use muster_reports::ReportSource;
use muster_store::connection::Store;
use muster_web::{
    embed::Embed,
    enrollment::client::EnrollmentClient,
    sign_in::{SignIn, oidc_flow::OidcFlow},
};
use std::{collections::BTreeSet, ffi::OsString, io::Write, path::PathBuf, sync::Arc, time::Duration};
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

/// The filter unless `RUST_LOG` is set. The SDK logs failures that are reported here already, with the requests' headers.
pub const LOG_FILTER: &str = "info,aws=off,hyper=warn";

/// The configuration file in the current folder.
pub const CONFIG_FILE: &str = "muster.toml";

/// Loads the configuration and starts the log.
pub fn config(arguments: &ConfigArguments) -> anyhow::Result<Config> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let beside = Some(PathBuf::from(CONFIG_FILE)).filter(|path| path.exists());
    let path = arguments.config.clone().or(beside);
    let config = Config::load(path.as_deref(), environment, |text| warn(&text))?;
    log(config.log_format, LOG_FILTER);
    Ok(config)
}

/// Prints a warning about the command line or the configuration.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "muster: warning: {text}");
}

/// Whether a part of the program may log at this level, whatever `RUST_LOG` says: libraries that see headers, and the
/// secrets in them, must not.
fn may_log(metadata: &Metadata<'_>) -> bool {
    let of = |parts: &[&str]| parts.iter().any(|part| metadata.target().starts_with(part));
    !of(&["aws"]) && (!of(&["hyper", "h2", "rustls", "oauth2"]) || *metadata.level() <= Level::WARN)
}

/// Starts logging to standard error what `RUST_LOG` says, or else what `filter` says; standard output belongs to the
/// command's own answer.
pub fn log(format: LogFormat, filter: &str) {
    let configured = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|text| !text.is_empty());
    let filter = match configured.map(EnvFilter::try_new) {
        Some(Ok(configured)) => configured,
        Some(Err(error)) => {
            warn(&format!("the variable {} is invalid and has no effect: {error}", EnvFilter::DEFAULT_ENV));
            EnvFilter::new(filter)
        }
        None => EnvFilter::new(filter),
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(may_log));
    match format {
        LogFormat::Text => registry.with(lines).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
}

/// Finds an account among those of the roster and the organization.
pub fn find<'a>(accounts: &'a [Account], id: &AccountId) -> anyhow::Result<&'a Account> {
    let account = accounts.iter().find(|account| account.account_id == *id);
    account.with_context(|| format!("account {id} is neither in the roster nor in the organization"))
}

/// Fails when the organization could not be listed, or when there is no account at all: silence would look like success.
pub async fn ensure_listed(config: &Config, harvester: &Harvester, accounts: u64) -> anyhow::Result<()> {
    if harvester.organization.is_some()
        && let Some(error) =
            harvester.store.read("the organization's last failure", muster_store::organization::failure).await?
    {
        anyhow::bail!("cannot list the accounts of the organization: {error}");
    }
    anyhow::ensure!(
        accounts > 0,
        "there is no account: the roster `{}` lists no accounts, and neither does an organization",
        config.roster.display()
    );
    Ok(())
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

/// Creates the harvester of the configured accounts, with the credentials and endpoints of the environment.
pub async fn harvester(config: &Config, store: Store) -> anyhow::Result<Harvester> {
    let organization = config.organization_role.clone().map(organization).transpose()?;
    let (accounts, service_levels) = accounts_and_service_levels(config)?;
    let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
    Ok(Harvester {
        service_levels,
        feeds: config.feeds.clone(),
        organization,
        limits: limits(config),
        concurrency: config.harvest_concurrency,
        row_budget: RowBudget::new(config.harvest_rows_max),
        reference_data_interval: SignedDuration::from_mins(i64::from(config.reference_data_interval_minutes)),
        patch_documents: PatchDocuments::default().with(&words(config.patch_documents.as_deref().unwrap_or_default())),
        account_timeout: minutes(config.account_timeout_minutes),
        round_timeout: minutes(config.round_timeout_minutes),
        harvest_log_retention: SignedDuration::from_hours(24 * i64::from(config.harvest_log_days)),
        history_retention: config.keep_history_days.map(HistoryDays::span),
        ..Harvester::new(Connector::from_environment(rate_limits(config)).await, store, accounts, system_clock())
    })
}

/// The organization whose accounts have a role of this name, which can have a path in front.
fn organization(role_name: String) -> anyhow::Result<Organization> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    anyhow::ensure!(
        !role_name.is_empty()
            && role_name.chars().all(is_allowed)
            && !role_name.starts_with('/')
            && !role_name.ends_with('/'),
        "organization_role `{role_name}` is not the name of a role, such as muster-harvest"
    );
    Ok(Organization::new(role_name))
}

/// Reads the files that say what is harvested and what is overdue. Service levels of a customer without an account are
/// refused, because a misspelt id would leave its customer with the default; customers of the organization are not known yet.
pub fn accounts_and_service_levels(config: &Config) -> anyhow::Result<(Vec<Account>, ServiceLevels)> {
    let has_organization = config.organization_role.is_some();
    let accounts = match has_organization && !config.roster.exists() {
        true => Vec::new(),
        false => roster::read(&config.roster)?,
    };
    let levels = ServiceLevels::read(config.service_levels.as_deref())?;
    let customers: BTreeSet<&str> = accounts.iter().map(|account| account.customer_id.as_str()).collect();
    if let Some(problem) = levels.unknown_customer(&customers) {
        match has_organization {
            false => anyhow::bail!("the service levels are invalid: {problem}"),
            true => warn(&format!("the service levels: {problem} unless the organization has it")),
        }
    }
    Ok((accounts, levels))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn rate_limits(config: &Config) -> RateLimits {
    match config.calls_per_second {
        0 => RateLimits::unlimited(),
        rate => RateLimits::starting_at(f64::from(rate)),
    }
}

/// Reads the access file: how people sign in, and which pages may embed the portal. Fails when nobody could sign in.
pub fn access(config: &Config) -> anyhow::Result<(SignIn, Embed)> {
    let file = muster_access::file::read(&config.access)?;
    let assignments = file.assignments.as_deref().map(Assignments::of_file).transpose()?.unwrap_or_default();
    let oidc = file.oidc.map(|settings| OidcFlow::new(settings, &file.public_url, system_clock())).transpose()?;
    let proxy = file.proxy.map(Proxy::new).transpose()?;
    anyhow::ensure!(
        oidc.is_some() || proxy.is_some() || file.break_glass.is_some(),
        "nobody could sign in: add a section to `{}`: [oidc] for your identity provider, [proxy] for a proxy that signs \
         people in, or [break_glass] for an operator with a password",
        config.access.display()
    );
    let embed = Embed::new(&file.public_url, embedder::embedders(file.embedders)?, system_clock());
    let sign_in = SignIn::new(file.public_url, assignments, system_clock()).with_trusted_proxies(file.trusted_proxies);
    Ok((sign_in.with_oidc(oidc).with_proxy(proxy).with_break_glass(file.break_glass), embed))
}

/// The client of the enrollment server, if one is configured.
pub fn enrollment(config: &Config) -> anyhow::Result<Option<Arc<EnrollmentClient>>> {
    match (&config.enrollment_url, &config.enrollment_secret_file) {
        (None, None) => Ok(None),
        (Some(url), Some(path)) => {
            let secret = read_secret(path, SECRET_BYTES_MIN).context("enrollment_secret_file cannot be used")?;
            let client = EnrollmentClient::new(url, secret, system_clock());
            Ok(Some(Arc::new(client.context("enrollment_url cannot be used")?)))
        }
        (Some(_), None) => anyhow::bail!("enrollment_url needs enrollment_secret_file: set both, or neither"),
        (None, Some(_)) => anyhow::bail!("enrollment_secret_file needs enrollment_url: set both, or neither"),
    }
}

pub fn reports(config: &Config, store: Store, schedule: Arc<Schedule>) -> ReportSource {
    ReportSource { store, limits: limits(config), clock: system_clock(), schedule }
}
