//! The cost of the estate `large`: time to build it, memory, and processor time per response. The client runs in the same
//! process and opens a connection for each request, so the times of the wire are upper bounds.

#![expect(clippy::expect_used, reason = "benchmarks report failures by panicking")]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/client.rs"]
mod client;

use std::{io::Write, time::Instant};

use client::Client;
use muster_simulator::{Simulator, estate_named};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The number of instances whose rows are computed.
const INSTANCES: u32 = 10_000;

/// Requests per measurement, over all accounts in rotation.
const REQUESTS: usize = 2_000;

/// The unit in which the kernel counts processor time.
const TICKS_PER_SECOND: f64 = 100.0;

/// Makes the input of a request from an account's first instance ids.
type Input = fn(&Value) -> Value;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout();
    let started = Instant::now();
    let mut estate = estate_named("large", None).expect("the large estate");
    let instances: usize = estate.sites().map(|site| site.instances.len()).sum();
    writeln!(output, "{instances} instances in {:.2} s, {} MB resident", started.elapsed().as_secs_f64(), resident())?;
    let reports = estate.sites().flat_map(|site| &site.instances).filter_map(|one| one.report.as_ref());
    let started = Instant::now();
    let rows: usize = reports.take(INSTANCES as usize).map(|report| report.rows().len()).sum();
    let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(INSTANCES);
    writeln!(output, "{} rows of an instance in {micros:.1} µs", rows / INSTANCES as usize)?;
    let started = Instant::now();
    estate.change(0.05);
    writeln!(output, "a change of 5 % in {:.0} ms", started.elapsed().as_secs_f64() * 1_000.0)?;

    let roster = estate.roster();
    let simulator = Simulator::start(estate.shared(), TcpListener::bind("127.0.0.1:0").await?).await?;
    let sessions: Vec<Client> = roster.iter().map(|account| Client::session(&simulator, account)).collect();
    let ids = |session: &Client| -> Value {
        let page = session.ssm("DescribeInstanceInformation", json!({ "MaxResults": 50 })).json();
        let list = page["InstanceInformationList"].as_array().expect("a list");
        list.iter().map(|one| one["InstanceId"].clone()).collect()
    };
    let ids: Vec<Value> = sessions.iter().map(ids).collect();
    let requests: [(&str, Input); 6] = [
        ("DescribeInstancePatches", |ids| json!({ "InstanceId": ids[0], "MaxResults": 50 })),
        ("DescribeInstancePatchStates", |ids| json!({ "InstanceIds": ids })),
        ("DescribeInstanceInformation", |_| json!({ "MaxResults": 50 })),
        ("ListCommandInvocations", |_| json!({ "MaxResults": 50, "Details": true })),
        ("GetInventory", |_| json!({ "ResultAttributes": [{ "TypeName": "AWS:Tag" }] })),
        ("GetInventory", |_| json!({ "ResultAttributes": [{ "TypeName": "AWS:Application" }] })),
    ];
    for (operation, input) in requests {
        let before = processor_seconds();
        let mut bytes = 0;
        for request in 0..REQUESTS {
            let at = request % sessions.len();
            let response = sessions[at].ssm(operation, input(&ids[at]));
            assert_eq!(response.status, 200, "{}", response.body);
            bytes += response.body.len();
        }
        let micros = (processor_seconds() - before) * 1e6 / REQUESTS as f64;
        let shown = if operation == "GetInventory" { input(&Value::Null).to_string() } else { String::new() };
        writeln!(output, "{operation} {shown}: {micros:.0} µs of processor time, {} kB", bytes / REQUESTS / 1_000)?;
    }
    writeln!(output, "{} MB resident at the end", resident())?;
    simulator.stop().await;
    Ok(())
}

/// The processor time of this process, or 0 where `/proc` does not exist.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    // User and system time are the 14th and the 15th field, and the first two are cut off.
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}

/// The resident megabytes of this process, or 0 where `/proc` does not exist.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    kilobytes.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1_000
}
