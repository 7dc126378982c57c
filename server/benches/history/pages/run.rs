//! The part: starts the servers, and measures every address for one client, now and as of past days.

use super::{
    addresses::{Address, addresses},
    client::Client,
    harvest, many_clients,
    server::{Server, prepare},
    visits::Visits,
};
use crate::{
    fill::YEAR,
    fixture::Fixture,
    measure::{Times, turns_within},
    size::Size,
};
use anyhow::Context;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const STORE: &str = "muster.duckdb";
const KB: f64 = 1e3;
/// A slow page is measured for at most this time, because there are many.
const TIME_MAX: Duration = Duration::from_secs(5);
/// The least that a page reads: rows of one instance, by its key.
const SMALLEST: [(&str, &str); 3] = [
    ("in one table", "SELECT name FROM instance WHERE instance_key = {key}"),
    (
        "joined with another",
        "SELECT i.name, a.account_name FROM instance i JOIN account a USING (account_id) WHERE i.instance_key = {key}",
    ),
    (
        "of many rows, joined and sorted",
        "SELECT u.state, p.title FROM instance_update u JOIN patch p USING (patch_key) WHERE u.instance_key = {key}
         ORDER BY u.state, p.title",
    ),
];
/// Every how many requests the same address is requested again.
const AGAIN_EVERY: usize = 3;

pub struct Servers {
    pub new: Server,
    /// The one to compare with.
    pub before: Option<Server>,
}

/// Times of one client at an address.
#[derive(Default)]
pub struct OneClient {
    pub new: Times,
    before: Times,
    repeated: Times,
    by_hand: Times,
    bytes: usize,
}

/// What to measure, apart from the data set.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The server to compare with.
    pub before: Option<PathBuf>,
    /// Only addresses that contain this text.
    pub only: String,
}

pub async fn run(output: &mut impl Write, size: Size, folder: &Path, options: &Options) -> anyhow::Result<()> {
    let before = options.before.as_deref();
    let new = binary()?;
    let fixture = Fixture::open(&folder.join(YEAR), size, size.days).await?;
    let visits = Visits::new(&fixture, size).await?;
    // Servers change their stores.
    let folders = tempfile::tempdir_in(folder)?;
    let start = |name: &str, binary: &Path| {
        let own = folders.path().join(name);
        fs::create_dir(&own)?;
        fs::copy(folder.join(YEAR), own.join(STORE))?;
        prepare(&own)?;
        Server::start(binary, &own, &[])
    };
    let servers =
        Servers { new: start("new", &new)?, before: before.map(|binary| start("before", binary)).transpose()? };
    writeln!(output, "The data set ends on {}. Server: `{}`.", fixture.literals.today(), name(&new))?;
    if let Some(before) = before {
        writeln!(output, "Before: `{}`, which answers the same requests in alternation.", name(before))?;
    }
    let problems =
        || format!("New: {}\nBefore: {:?}", servers.new.problems(), servers.before.as_ref().map(Server::problems));
    measure_smallest(output, &fixture, &visits).await?;
    let one_client =
        measure_present(output, &fixture, &visits, &servers, &options.only).await.with_context(problems)?;
    measure_past(output, &visits, &servers, &one_client).with_context(problems)?;
    let sequential_mb = servers.new.peak_mb()?;
    many_clients::run(output, &servers, &visits)?;
    let concurrent_mb = servers.new.peak_mb()?;
    writeln!(
        output,
        "\nPeak memory of the server: {sequential_mb:.0} MB with one client, {concurrent_mb:.0} MB with several."
    )?;
    if let Some(before) = &servers.before {
        writeln!(output, "Of the one before: {:.0} MB.", before.peak_mb()?)?;
    }
    servers.new.stop()?;
    harvest::run(output, (&new, &folders.path().join("new")), size, &visits, &one_client).await
}

/// The server to measure.
fn binary() -> std::io::Result<PathBuf> {
    fs::canonicalize(std::env::var_os("MUSTER_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_muster").into()))
}

fn name(binary: &Path) -> String {
    let parts: Vec<_> = binary.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Measures single statements, of which every page needs several.
async fn measure_smallest(output: &mut impl Write, fixture: &Arc<Fixture>, visits: &Visits) -> anyhow::Result<()> {
    writeln!(output, "\n| one statement about an instance | p50 ms | p95 ms |\n|---|---|---|")?;
    for (what, sql) in SMALLEST {
        let mut times = Times::default();
        for (turn, counts) in turns_within(TIME_MAX) {
            let key = visits.visit(what, turn).subject.key;
            let milliseconds = fixture.run(vec![sql.replace("{key}", &key.to_string())]).await?;
            if counts {
                times.add(milliseconds);
            }
        }
        writeln!(output, "| {what} | {:.1} | {:.1} |", times.p50(), times.p95())?;
    }
    Ok(())
}

async fn measure_present(
    output: &mut impl Write,
    fixture: &Arc<Fixture>,
    visits: &Visits,
    servers: &Servers,
    only: &str,
) -> anyhow::Result<Vec<(Address, OneClient)>> {
    let (heading, rule) = compared_heading(servers);
    writeln!(
        output,
        "\n| one client | p50 ms | p95 ms | kB | the same again p50 | SQL by hand p50 | **÷ SQL** |{heading}\n\
         |---|---|---|---|---|---|---|{rule}"
    )?;
    let mut clients = Clients::new(servers);
    let mut measured = Vec::new();
    for address in addresses().into_iter().filter(|address| address.template.contains(only)) {
        let mut times = OneClient::default();
        let template = address.template;
        let again = visits.visit("again", 0).path(template);
        let mut by_hand_left = TIME_MAX;
        for (turn, counts) in turns_within(TIME_MAX) {
            let visit = visits.visit(template, turn);
            let (new, before, bytes) = clients.get(turn, &visit.path(template))?;
            let repeated = turn.is_multiple_of(AGAIN_EVERY).then(|| clients.new.get(&again)).transpose()?;
            if let Some(by_hand) = address.by_hand.filter(|_| !by_hand_left.is_zero()) {
                let milliseconds = fixture.run(vec![visit.sql(fixture, by_hand)]).await?;
                by_hand_left = by_hand_left.saturating_sub(Duration::from_secs_f64(milliseconds / 1e3));
                // Also of warm-up runs: a slow one has no others.
                times.by_hand.add(milliseconds);
            }
            if counts {
                times.new.add(new);
                repeated.into_iter().for_each(|(milliseconds, _)| times.repeated.add(milliseconds));
                before.into_iter().for_each(|milliseconds| times.before.add(milliseconds));
                times.bytes = times.bytes.max(bytes);
            }
        }
        let OneClient { new, before, repeated, by_hand, bytes } = &times;
        let sql = match address.by_hand {
            Some(_) => format!("{:.1} | **{}**", by_hand.p50(), ratio(new.p50(), by_hand.p50())),
            None => "| ".to_owned(),
        };
        let (p50, p95, kb, again) = (new.p50(), new.p95(), *bytes as f64 / KB, repeated.p50());
        let compared = compared(servers, new, before);
        writeln!(output, "| `{template}` | {p50:.1} | {p95:.1} | {kb:.1} | {again:.1} | {sql} |{compared}")?;
        output.flush()?;
        measured.push((address, times));
    }
    Ok(measured)
}

fn measure_past(
    output: &mut impl Write,
    visits: &Visits,
    servers: &Servers,
    present: &[(Address, OneClient)],
) -> anyhow::Result<()> {
    let (heading, rule) = compared_heading(servers);
    writeln!(
        output,
        "\n| as of a past day | another day p50 ms | p95 ms | the same day p50 ms | p95 ms | **÷ present p95** |{heading}\n\
         |---|---|---|---|---|---|{rule}"
    )?;
    let mut clients = Clients::new(servers);
    for (address, present) in present.iter().filter(|(address, _)| address.has_past()) {
        let template = address.template;
        let (mut new, mut before, mut same_day) = (Times::default(), Times::default(), Times::default());
        for (turn, counts) in turns_within(TIME_MAX) {
            let path = visits.visit(&format!("past {template}"), turn).past_path(template, None);
            let (milliseconds, other, _) = clients.get(turn, &path)?;
            if counts {
                new.add(milliseconds);
                other.into_iter().for_each(|milliseconds| before.add(milliseconds));
            }
        }
        for (turn, counts) in turns_within(TIME_MAX) {
            let visit = visits.visit(&format!("past {template}"), turn);
            let (milliseconds, _) = clients.new.get(&visit.past_path(template, Some(visits.a_week_ago())))?;
            if counts {
                same_day.add(milliseconds);
            }
        }
        let [another, same] = [&new, &same_day].map(|times| format!("{:.1} | {:.1}", times.p50(), times.p95()));
        let times_present = ratio(same_day.p95(), present.new.p95());
        let compared = compared(servers, &new, &before);
        writeln!(output, "| `{template}` | {another} | {same} | **{times_present}** |{compared}")?;
        output.flush()?;
    }
    Ok(())
}

/// A client of each server.
struct Clients {
    new: Client,
    before: Option<Client>,
}

impl Clients {
    fn new(servers: &Servers) -> Self {
        let client = |server: &Server| Client::new(0, server.address);
        Self { new: client(&servers.new), before: servers.before.as_ref().map(client) }
    }

    /// Sends a request to each server; every second time, the other one is first. Returns the milliseconds of both, and the
    /// bytes.
    fn get(&mut self, turn: usize, path: &str) -> anyhow::Result<(f64, Option<f64>, usize)> {
        let mut before = None;
        if turn % 2 == 1 {
            before = self.before.as_mut().map(|client| client.get(path)).transpose()?;
        }
        let (new, bytes) = self.new.get(path)?;
        if turn.is_multiple_of(2) {
            before = self.before.as_mut().map(|client| client.get(path)).transpose()?;
        }
        Ok((new, before.map(|(milliseconds, _)| milliseconds), bytes))
    }
}

fn compared_heading(servers: &Servers) -> (&'static str, &'static str) {
    match servers.before {
        Some(_) => (" before p50 | **new ÷ before** |", "---|---|"),
        None => ("", ""),
    }
}

fn compared(servers: &Servers, new: &Times, before: &Times) -> String {
    match servers.before {
        Some(_) => format!(" {:.1} | **{}** |", before.p50(), ratio(new.p50(), before.p50())),
        None => String::new(),
    }
}

pub fn ratio(one: f64, other: f64) -> String {
    format!("{:.2}", one / other)
}
