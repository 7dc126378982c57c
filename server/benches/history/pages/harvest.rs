//! The portal harvests a generated estate from a simulated AWS in this process, and pages are measured meanwhile.

use super::{
    addresses::Address,
    client::Client,
    run::{OneClient, ratio},
    server::Server,
    visits::Visits,
};
use crate::{
    estate::Estate,
    measure::{Times, turns_within},
    size::Size,
};
use muster_server::command::simulate;
use muster_simulator::{GeneratedSpec, RosterAccount, Simulator};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::PoisonError,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// What is harvested, in addition to the data set.
const HARVESTED: GeneratedSpec =
    GeneratedSpec { seed: 7, accounts: 200, instances_per_account: 100, updates_per_instance: 150 };
/// The first ids of accounts in the roster, which the data set does not have.
const HARVESTED_IDS: usize = 800_000_000_000;
/// A page is measured for at most this time, because the harvest ends.
const TIME_MAX: Duration = Duration::from_millis(800);
/// Requests after which the harvest is under way: more than its first accounts need.
const CALLS_MIN: u64 = 1_000;
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Small, so that accounts end one after another, and rows are written all the time.
const ACCOUNTS_AT_ONCE: &str = "4";
const ADDRESSES: [&str; 8] = [
    "/",
    "/accounts/{account}",
    "/instances?page={page}&per_page={rows}",
    "/instances?q={text}&per_page={rows}",
    "/instances/{instance}",
    "/instances/{instance}?tab=history",
    "/updates/list?state=Missing,Failed&page={page}&per_page={rows}",
    "/changes?since={week}&page={page}&per_page={rows}",
];

pub async fn run(
    output: &mut impl Write,
    (binary, folder): (&Path, &Path),
    size: Size,
    visits: &Visits,
    idle: &[(Address, OneClient)],
) -> anyhow::Result<()> {
    let estate = muster_simulator::Estate::generated(&HARVESTED).shared();
    let simulator = Simulator::start(estate.clone(), TcpListener::bind("127.0.0.1:0").await?).await?;
    let harvested = estate.read().unwrap_or_else(PoisonError::into_inner).roster();
    fs::write(folder.join("roster.toml"), simulate::roster_toml(&roster(&Estate::new(size)?, harvested))?)?;
    let (url, keys) = (simulator.url(), Simulator::operator_credentials());
    let server = Server::start(
        binary,
        folder,
        &[
            ("MUSTER_HARVEST_INTERVAL_MINUTES", "1"),
            ("MUSTER_HARVEST_CONCURRENCY", ACCOUNTS_AT_ONCE),
            ("MUSTER_CALLS_PER_SECOND", "0"),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ACCESS_KEY_ID", &keys.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key),
            ("AWS_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
    )?;
    writeln!(
        output,
        "\nBeside a first harvest without a limit of calls per second, {ACCOUNTS_AT_ONCE} accounts at a time. The simulated AWS \
         is in the process of the benchmark and shares the processors. *Calls*: requests to it in that time.\n\n\
         | beside a harvest | p50 ms | p95 ms | **÷ idle p95** | calls |\n|---|---|---|---|---|"
    )?;
    let calls = || simulator.call_counts().iter().map(|bucket| bucket.count).sum::<u64>();
    let started = Instant::now();
    while calls() < CALLS_MIN {
        anyhow::ensure!(started.elapsed() < START_TIMEOUT, "the harvest did not start");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let mut client = Client::new(0, server.address);
    for (address, idle) in idle.iter().filter(|(address, _)| ADDRESSES.contains(&address.template)) {
        let (mut times, calls_before) = (Times::default(), calls());
        for (turn, counts) in turns_within(TIME_MAX) {
            let path = visits.visit(&format!("harvest {}", address.template), turn).path(address.template);
            let (milliseconds, _) = client.get(&path)?;
            if counts {
                times.add(milliseconds);
            }
        }
        let (name, calls) = (address.template, calls() - calls_before);
        writeln!(
            output,
            "| `{name}` | {:.1} | {:.1} | **{}** | {calls} |",
            times.p50(),
            times.p95(),
            ratio(times.p95(), idle.new.p95())
        )?;
        output.flush()?;
    }
    writeln!(output, "\nPeak memory of the server with this harvest: {:.0} MB.", server.peak_mb()?)?;
    Ok(())
}

/// The accounts of the data set, which cannot be read and so keep their rows, and those that are harvested.
fn roster(data_set: &Estate, harvested: Vec<RosterAccount>) -> Vec<RosterAccount> {
    let kept = data_set.accounts.iter().enumerate().map(|(number, account)| RosterAccount {
        provider: account.provider.as_ref().map(|provider| provider.code().to_owned()).unwrap_or_default(),
        account_id: account.account_id.to_string(),
        account_name: account.account_name.clone(),
        customer_id: account.customer_id.clone(),
        customer_name: account.customer_name.clone(),
        systems_account: account.systems_account.clone(),
        role_arn: account.role_arn.clone(),
        external_id: format!("data-set-{number}"),
        regions: account.regions.clone(),
    });
    let added = (HARVESTED_IDS..).zip(harvested);
    kept.chain(added.map(|(id, account)| RosterAccount { account_id: id.to_string(), ..account })).collect()
}
