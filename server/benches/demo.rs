//! `make bench WHAT=demo`: the cost of harvesting the demo estate, and the time of each page.
//!
//! Absolute times depend on the computer; ratios of one run are comparable. Arguments: `--days N` harvests only the
//! last N days of the estate.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, header::COOKIE},
    middleware::map_request,
};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use muster_access::{assignments::Assignments, principal::Principal, public_url::PublicUrl};
use muster_audit::Audit;
use muster_core::clock::FixedClock;
use muster_core::schedule::Schedule;
use muster_harvest::{
    progress::NoProgress,
    report::RoundReport,
    round::{Harvester, RoundOptions},
};
use muster_metrics::Limits;
use muster_reports::ReportSource;
use muster_server::command::simulate;
use muster_simulator::{Estate, EstateSpec, SharedEstate, Simulator};
use muster_store::connection::Store;
use muster_web::{limits::RequestLimits, rates::Quota, router::router, sign_in::SignIn, state::ServerState};
use std::{
    io::Write,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The portal as seen by an operator's browser.
fn signed_in(source: ReportSource) -> anyhow::Result<Router> {
    let public_url = PublicUrl::try_from("http://localhost".to_owned()).map_err(anyhow::Error::msg)?;
    let sign_in = SignIn::new(public_url, Assignments::default(), source.clock.clone());
    let audit = Audit::open(&source.store.path().with_file_name("audit"), source.clock.clone())?;
    // The benchmark exceeds the default rate limit of a person.
    let pages = Quota { burst: u32::MAX, period: Duration::from_nanos(1) };
    let limits = RequestLimits { pages, ..RequestLimits::default() };
    let state = ServerState::new(source, PathBuf::from("no-site"), "/", sign_in, audit).with_limits(limits);
    let cookie = state.sign_in.get().start(&HeaderMap::new(), Principal::local().identity)?;
    Ok(router(state).layer(map_request(move |mut request: Request<Body>| {
        request.headers_mut().insert(COOKIE, cookie.clone());
        std::future::ready(request)
    })))
}

/// Measured requests for each page, after one warm-up request.
const REQUESTS: usize = 40;

struct Bench {
    estate: SharedEstate,
    clock: Arc<FixedClock>,
    harvester: Harvester,
    _simulator: Simulator,
    _folder: tempfile::TempDir,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let days = arguments.iter().position(|argument| argument == "--days").and_then(|at| arguments.get(at + 1));
    let days: Option<usize> = days.map(|days| days.parse()).transpose()?;
    let mut output = std::io::stdout();
    let bench = Bench::new().await?;
    writeln!(output, "# Harvest of the estate `demo`\n")?;
    bench.harvests(&mut output, days).await?;
    writeln!(output, "\n# Pages on it, {REQUESTS} requests each, one at a time\n")?;
    bench.pages(&mut output).await
}

impl Bench {
    async fn new() -> anyhow::Result<Self> {
        let spec = EstateSpec::named("demo").ok_or_else(|| anyhow::anyhow!("no estate `demo`"))?;
        let estate = Estate::new(&spec);
        let clock = Arc::new(FixedClock::at(estate.now()));
        let estate = estate.shared();
        let simulator = Simulator::start(estate.clone(), TcpListener::bind("127.0.0.1:0").await?).await?;
        let folder = tempfile::tempdir()?;
        let store = Store::open(&folder.path().join("bench.duckdb"))?;
        let harvester = Harvester {
            reference_data_interval: SignedDuration::from_hours(7 * 24),
            ..simulate::harvester(&estate, &simulator, store, clock.clone()).await?
        };
        Ok(Self { estate, clock, harvester, _simulator: simulator, _folder: folder })
    }

    fn at_last_day(&self) -> bool {
        self.estate.read().unwrap_or_else(PoisonError::into_inner).is_at_last_day()
    }

    fn next_day(&self) {
        let mut estate = self.estate.write().unwrap_or_else(PoisonError::into_inner);
        estate.next_day();
        self.clock.set(estate.now());
    }

    async fn round(&self, full: bool) -> anyhow::Result<(RoundReport, Duration)> {
        let started = Instant::now();
        let round = self.harvester.round(&RoundOptions { full, ..RoundOptions::default() }, &NoProgress).await?;
        Ok((round, started.elapsed()))
    }

    async fn harvests(&self, output: &mut impl Write, days: Option<usize>) -> anyhow::Result<()> {
        let last = self.estate.read().unwrap_or_else(PoisonError::into_inner).last_day();
        let skip = |bench: &Self| {
            let today = bench.estate.read().unwrap_or_else(PoisonError::into_inner).today();
            days.is_some_and(|days| usize::try_from((last - today).get_days()).unwrap_or(0) >= days)
        };
        while skip(self) && !self.at_last_day() {
            self.next_day();
        }
        writeln!(output, "| round | seconds | API calls | calls/s | rows | transitions |\n|---|---|---|---|---|---|")?;
        let first = self.round(true).await?;
        line(output, "first, everything new", &first)?;
        let mut history = (RoundReport::default(), Duration::ZERO);
        let mut rounds = 0;
        while !self.at_last_day() {
            self.next_day();
            let (round, took) = self.round(false).await?;
            history.0.api_calls += round.api_calls;
            history.0.rows += round.rows;
            history.0.transitions += round.transitions;
            history.1 += took;
            rounds += 1;
        }
        line(output, &format!("{rounds} days, one round each"), &history)?;
        let idle = self.round(false).await?;
        line(output, "idle, nothing has changed", &idle)?;
        let full = self.round(true).await?;
        line(output, "full, everything read again", &full)?;
        writeln!(
            output,
            "\nidle ÷ full: {:.2} of the calls, {:.2} of the time",
            idle.0.api_calls as f64 / full.0.api_calls as f64,
            idle.1.as_secs_f64() / full.1.as_secs_f64()
        )?;
        Ok(())
    }

    async fn pages(&self, output: &mut impl Write) -> anyhow::Result<()> {
        let source = ReportSource {
            store: self.harvester.store.clone(),
            limits: Limits::default(),
            clock: self.clock.clone(),
            schedule: Arc::new(Schedule::default()),
        };
        let router = signed_in(source)?;
        let instances: serde_json::Value =
            serde_json::from_slice(&body(&router, "/api/v1/instances?per_page=1").await?)?;
        let row = &instances["rows"][0];
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let (instance, account) = (text("instance_id"), text("account_id"));
        writeln!(output, "| page | p50 ms | p95 ms | kB | ÷ the same rows as JSON |\n|---|---|---|---|---|")?;
        for (page, json) in [
            ("/".to_owned(), "/api/v1/accounts".to_owned()),
            (format!("/accounts/{account}"), format!("/api/v1/accounts?q={account}")),
            ("/instances".to_owned(), "/api/v1/instances".to_owned()),
            ("/instances?status=pending".to_owned(), "/api/v1/instances?status=pending".to_owned()),
            (format!("/instances/{instance}"), format!("/api/v1/instances/{instance}/updates")),
            (format!("/instances/{instance}?tab=history"), format!("/api/v1/instances/{instance}/history")),
            ("/updates/list?state=Missing,Failed".to_owned(), "/api/v1/updates?state=Missing,Failed".to_owned()),
            ("/harvest".to_owned(), "/api/v1/harvest".to_owned()),
        ] {
            let (p50, p95, bytes) = measure(&router, &page).await?;
            let (rows, ..) = measure(&router, &json).await?;
            let shown = page.replace(&instance, "{instance}").replace(&account, "{account}");
            writeln!(output, "| `{shown}` | {p50:.1} | {p95:.1} | {} | {:.1} |", bytes / 1_000, p50 / rows)?;
        }
        Ok(())
    }
}

fn line(output: &mut impl Write, what: &str, (round, took): &(RoundReport, Duration)) -> std::io::Result<()> {
    let seconds = took.as_secs_f64();
    let rate = round.api_calls as f64 / seconds;
    let (calls, rows, transitions) = (round.api_calls, round.rows, round.transitions);
    writeln!(output, "| {what} | {seconds:.1} | {calls} | {rate:.0} | {rows} | {transitions} |")
}

/// Median and 95th percentile in milliseconds, and the size of the answer.
async fn measure(router: &Router, path: &str) -> anyhow::Result<(f64, f64, usize)> {
    let bytes = body(router, path).await?.len();
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let started = Instant::now();
        body(router, path).await?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((times[REQUESTS / 2], times[REQUESTS * 95 / 100], bytes))
}

async fn body(router: &Router, path: &str) -> anyhow::Result<Vec<u8>> {
    let response = router.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
    anyhow::ensure!(response.status().is_success(), "{path}: {}", response.status());
    Ok(response.into_body().collect().await?.to_bytes().to_vec())
}
