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
        let (mut now, mut before) = (Times::default(), Times::default());
        for turn in 0..TURNS {
            requests(&mut now, servers.new.address, visits, templates, &format!("{name} {turn}"))?;
            if let Some(server) = &servers.before {
                requests(&mut before, server.address, visits, templates, &format!("{name} {turn}"))?;
            }
        }
        let per_second = |times: &Times| times.count() as f64 / (TURN_TIME * TURNS as u32).as_secs_f64();
        let compared = match servers.before {
            Some(_) => format!(" {:.1} | **{}** |", per_second(&before), ratio(per_second(&now), per_second(&before))),
            None => String::new(),
        };
        writeln!(output, "| {name} | {:.1} | {:.1} | {:.1} |{compared}", per_second(&now), now.p50(), now.p95())?;
        output.flush()?;
    }
    Ok(())
}

/// Lets all clients send requests for the time of a turn.
fn requests(
    times: &mut Times,
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
        anyhow::Ok(measured)
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || one(number))).collect();
        for client in clients {
            let measured = client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
            measured.into_iter().for_each(|milliseconds| times.add(milliseconds));
        }
        Ok(())
    })
}
