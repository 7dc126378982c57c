//! `muster demo`: simulates an estate, harvests its history through the real SDK, and runs the portal on it.

use super::{
    backup_socket,
    cli::DemoArguments,
    demo_enrollment::{DEDICATED, DemoEnrollment},
    demo_exceptions, demo_people,
    manage_portal::ManagePortal,
    setup,
    simulate::{self, estate_spec},
};
use crate::config::{LEARN_MORE_URL, LogFormat};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use muster_access::public_url::PublicUrl;
use muster_audit::Audit;
use muster_core::clock::OffsetClock;
use muster_core::schedule::Schedule;
use muster_harvest::{
    due_targets::DueTargets,
    organization::Organization,
    progress::NoProgress,
    report::RoundReport,
    round::{Harvester, RoundOptions},
    schedule,
};
use muster_metrics::Limits;
use muster_provision::Settings;
use muster_reports::ReportSource;
use muster_simulator::{Estate, EstateSpec, SharedEstate, Simulator};
use muster_store::connection::Store;
use muster_web::{
    embed::Embed,
    run::{listen, serve, shutdown_signal, site_dir},
    sign_in::person::Person,
    state::ServerState,
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Logged unless `RUST_LOG` is set. Requests would scroll the addresses away, and so would the operations that fail on purpose:
/// `/harvest` shows those.
const LOG_FILTER: &str = "warn,muster_harvest::progress=error,aws=off";
/// Between rounds once the portal is up.
const ROUND_INTERVAL: Duration = Duration::from_secs(15 * 60);
/// Tags and software change seldom in the past that is harvested before the portal is up.
const REFERENCE_DATA_INTERVAL_PAST: SignedDuration = SignedDuration::from_hours(7 * 24);
const REFERENCE_DATA_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// Between two harvests of an account because machines have enrolled.
const ENROLLED_INTERVAL: Duration = Duration::from_secs(5);

pub async fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    setup::log(LogFormat::Text, LOG_FILTER);
    let spec = estate_spec(&arguments.estate.estate, arguments.estate.seed)?;
    let site_dir = site_dir(std::env::var_os("MUSTER_SITE_DIR").map(PathBuf::from))?;
    let listener = listen(arguments.listen).await?;
    let estate = Estate::new(&spec).shared();
    let simulator = Simulator::start(estate.clone(), listen(arguments.simulator_listen).await?).await?;
    let (store, _folder) = open_store(arguments.store.clone())?;
    let clock = Arc::new(OffsetClock::default());
    let mut harvester = Harvester {
        reference_data_interval: REFERENCE_DATA_INTERVAL_PAST,
        ..simulate::harvester(&estate, &simulator, store.clone(), clock.clone()).await?
    };
    let _backups = backup_socket::listen(&store);
    let mut shutdown = pin!(shutdown_signal()?);
    resume(&harvester, &estate).await?;
    tokio::select! {
        harvested = harvest_history(&mut harvester, &estate, &clock, &spec) => harvested?,
        () = &mut shutdown => return Ok(()),
    }

    import_samples(&store, harvester.clock.now()).await?;
    let schedule = Arc::new(Schedule::default());
    let organization = Organization::new(Settings::default().roles.harvest);
    let (background, due) = (schedule.clone(), Arc::new(DueTargets::new(ENROLLED_INTERVAL)));
    let live = Harvester { organization: Some(organization.clone()), ..harvester.clone() };
    let (live, live_due) = (watch::channel(live).1, due.clone());
    tokio::spawn(async move { schedule::run(&background, live, ROUND_INTERVAL, &live_due).await });
    let public_url = PublicUrl::try_from(format!("http://{}", listener.local_addr()?)).map_err(anyhow::Error::msg)?;
    let sign_in = demo_people::sign_in(&harvester.accounts, public_url.clone(), clock.clone());
    let audit = Audit::open(&store.path().with_file_name("audit"), clock.clone())?;
    let manage = listen(arguments.manage_listen).await?;
    let customer = demo_people::customer(sign_in.people(), &harvester.accounts);
    let enrollment = DemoEnrollment::start(&simulator, customer, clock.clone(), organization, due).await?;
    // One that waits for an operator, so that there is something to approve.
    enrollment.enroll(DEDICATED);
    let manage = ManagePortal::new(
        manage,
        &public_url,
        sign_in.people(),
        &harvester.accounts,
        enrollment.clone(),
        clock.clone(),
    )?;
    let embed = Embed::new(&public_url, vec![manage.embedder()?], clock.clone());
    let reports = ReportSource { store, limits: Limits::default(), clock, schedule };
    demo_exceptions::make(&reports).await?;
    let store_path = std::path::absolute(reports.store.path())?;
    let summary = summary(&public_url, manage.origin(), &simulator.url(), &store_path, sign_in.people());
    write!(std::io::stdout(), "{summary}")?;
    tokio::spawn(manage.serve());
    let state = ServerState::new(reports, site_dir, LEARN_MORE_URL, sign_in, audit).with_embed(embed);
    let state = state.with_enrollment(Some(enrollment.client.clone()));
    serve(listener, state, shutdown).await;
    simulator.stop().await;
    Ok(())
}

/// Imports the sample feeds, so that the demo knows of some vulnerabilities.
async fn import_samples(store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let feeds = muster_feeds::samples();
    let names: Vec<String> = feeds.iter().map(|feed| feed.name.clone()).collect();
    Ok(store.write("feeds", move |writer| muster_store::feeds::replace(writer, &names, &feeds, now)).await?)
}

/// Formats what the demo prints last: what to open, and who to sign in as.
fn summary(portal: &PublicUrl, manage_portal: &str, aws: &str, store: &Path, people: &[Person]) -> String {
    let (line, portal) = ("─".repeat(78), portal.origin());
    let people = people.iter().map(|it| format!("{} ({})", it.identity.name, it.code.replace('_', " ")));
    let people = people.collect::<Vec<_>>().join(", ");
    format!(
        "\n{line}\n  VM Management is running on a simulated estate. Stop it with Ctrl-C.\n\n  \
         Portal:         {portal}/\n  Sign in as:     {people}\n  \
         Manage portal:  {manage_portal}/  (shows the portal in a frame, and enrolls machines)\n  \
         Simulated AWS:  {aws}\n  \
         Store:          {} (muster backup --store copies it)\n\n  \
         Some operations fail on purpose; the portal's page /harvest shows them to operators.\n  \
         RUST_LOG=info logs requests and harvests here.\n{line}\n",
        store.display()
    )
}

/// Opens the given store, or one in a temporary folder that is removed at the end.
fn open_store(path: Option<PathBuf>) -> anyhow::Result<(Store, Option<tempfile::TempDir>)> {
    if let Some(path) = path {
        return Ok((Store::open(&path)?, None));
    }
    let folder = tempfile::Builder::new().prefix("muster-demo-").tempdir().context("cannot make a temporary folder")?;
    Ok((Store::open(&folder.path().join("demo.duckdb"))?, Some(folder)))
}

/// Moves the estate to the day on which the kept store ends. Refuses a store of another estate.
async fn resume(harvester: &Harvester, estate: &SharedEstate) -> anyhow::Result<()> {
    let accounts = harvester.accounts.clone();
    let harvested_until = harvester
        .store
        .read("where the demo left off", move |connection| muster_store::roster::harvested_until(connection, &accounts))
        .await?
        .context("the store belongs to another estate or to real accounts; choose another file for the demo")?;
    let mut estate = estate.write().unwrap_or_else(PoisonError::into_inner);
    while harvested_until.is_some_and(|until| estate.now() < until) && !estate.is_at_last_day() {
        estate.next_day();
    }
    Ok(())
}

/// Moves the estate to its last day and harvests each day on the way, as a portal that was always running.
async fn harvest_history(
    harvester: &mut Harvester,
    estate: &SharedEstate,
    clock: &OffsetClock,
    spec: &EstateSpec,
) -> anyhow::Result<()> {
    let now = || {
        let estate = estate.read().unwrap_or_else(PoisonError::into_inner);
        (estate.now(), estate.is_at_last_day(), estate.today())
    };
    let days = u64::try_from((spec.last_day - now().2).get_days() + 1)?;
    let bar = ProgressBar::new(days).with_style(
        ProgressStyle::with_template("Harvesting {pos} of {len} days of the estate's history [{wide_bar}] {elapsed}")?
            .progress_chars("=> "),
    );
    let mut total = RoundReport::default();
    loop {
        let (moment, last, _) = now();
        clock.set(moment);
        if last {
            harvester.reference_data_interval = REFERENCE_DATA_INTERVAL;
        }
        let round = harvester.round(&RoundOptions::default(), &NoProgress).await?;
        total.api_calls += round.api_calls;
        total.rows += round.rows;
        total.transitions += round.transitions;
        bar.inc(1);
        if last {
            break;
        }
        estate.write().unwrap_or_else(PoisonError::into_inner).next_day();
    }
    bar.finish_and_clear();
    writeln!(
        std::io::stderr(),
        "Harvested {days} days in {:.0} s: {} API calls, {} rows, {} transitions.",
        bar.elapsed().as_secs_f64(),
        total.api_calls,
        total.rows,
        total.transitions
    )?;
    Ok(())
}
