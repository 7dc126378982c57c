//! Lists and pages of instances for eight clients at once.

use super::{
    client::Client,
    run::{Servers, ratio},
    visits::Visits,
};
use crate::measure::Times;
use std::{
    io::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// The servers take turns of this length.
const TURN_TIME: Duration = Duration::from_secs(2);
const TURNS: usize = 3;

pub fn run(output: &mut impl Write, servers: &Servers, visits: &Visits) -> anyhow::Result<()> {
    let before = if servers.before.is_some() { " before | **new ÷ before** |" } else { "" };
    let rule = if servers.before.is_some() { "---|---|" } else { "" };
    writeln!(
        output,
        "\n| {CLIENTS} clients at once | requests/s | p50 ms | p95 ms |{before}\n|---|---|---|---|{rule}"
    )?;
    for (name, templates) in [
        ("lists of instances", super::addresses::LISTS.as_slice()),
        ("lists of instances, JSON", &super::addresses::LISTS_JSON),
        ("pages of one instance, each tab", &super::addresses::INSTANCE_PAGES),
        ("one instance and its lists, JSON", &super::addresses::INSTANCE_JSON),
    ] {
        let (mut now, mut before) = (Load::default(), Load::default());
        for turn in 0..TURNS {
            requests(&mut now, servers.new.address, visits, templates, &format!("{name} {turn}"))?;
            if let Some(server) = &servers.before {
                requests(&mut before, server.address, visits, templates, &format!("{name} {turn}"))?;
            }
        }
        let compared = match servers.before {
            Some(_) => format!(" {:.1} | **{}** |", before.rate(), ratio(now.rate(), before.rate())),
            None => String::new(),
        };
        writeln!(output, "| {name} | {:.1} | {:.1} | {:.1} |{compared}", now.rate(), now.times.p50(), now.times.p95())?;
        output.flush()?;
    }
    Ok(())
}

/// What all turns of a server measured.
#[derive(Default)]
struct Load {
    times: Times,
    /// Requests per second of all clients together, each over its own time, summed over the turns.
    per_second: f64,
}

impl Load {
    fn rate(&self) -> f64 {
        self.per_second / TURNS as f64
    }
}

/// Lets all clients send requests for the time of a turn.
fn requests(
    load: &mut Load,
    address: SocketAddr,
    visits: &Visits,
    templates: &[&str],
    series: &str,
) -> anyhow::Result<()> {
    let one = |number: usize| {
        let mut client = Client::new(1 + number, address);
        let mut measured = Vec::new();
        let started = Instant::now();
        while started.elapsed() < TURN_TIME {
            let turn = number + measured.len() * CLIENTS;
            // The clients are at different addresses at the same time.
            let template = templates[(number + measured.len()) % templates.len()];
            measured.push(client.get(&visits.visit(series, turn).path(template))?.0);
        }
        anyhow::Ok((measured, started.elapsed().as_secs_f64()))
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || one(number))).collect();
        for client in clients {
            let (measured, seconds) = client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
            load.per_second += measured.len() as f64 / seconds;
            measured.into_iter().for_each(|milliseconds| load.times.add(milliseconds));
        }
        Ok(())
    })
}
