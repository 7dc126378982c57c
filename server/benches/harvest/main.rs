//! `make bench WHAT=…`: the cost of a harvest, compared with other clients and with formulas in the same run.
//!
//! Prints Markdown. Seconds depend on the computer; ratios are comparable. Arguments: the parts to run (by default
//! all), `--accounts 10,100,1000` for the sizes of `large` and `pace`, `--repeat N` for the number of runs for the
//! median. The peers need a Python with boto3 and duckdb: `MUSTER_BENCH_PYTHON`, by default `python3`.

mod calls;
mod child;
mod large;
mod pace;
mod peer;
mod testbed;
mod write;

use std::io::Write;

const PARTS: [&str; 5] = ["calls", "write", "peer", "pace", "large"];

/// Options of all parts.
struct Options {
    /// The number of runs for the median.
    repeat: usize,
    /// The sizes of `large`, in accounts.
    large_accounts: Vec<usize>,
    /// The sizes of `pace`, in accounts.
    pace_accounts: Vec<usize>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (parts, options) = arguments(std::env::args().skip(1))?;
    let mut output = std::io::stdout();
    for part in parts {
        writeln!(output, "\n## {part}\n")?;
        match part.as_str() {
            "calls" => calls::run(&mut output).await?,
            "write" => write::run(&mut output, &options).await?,
            "peer" => peer::run(&mut output, &options).await?,
            "pace" => pace::run(&mut output, &options).await?,
            _ => large::run(&mut output, &options).await?,
        }
    }
    Ok(())
}

fn arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<(Vec<String>, Options)> {
    let mut options = Options { repeat: 3, large_accounts: vec![10, 100], pace_accounts: vec![500] };
    let mut parts = Vec::new();
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| anyhow::anyhow!("`{argument}` needs a value"));
        match argument.as_str() {
            // `cargo bench` adds this argument.
            "--bench" => {}
            "--repeat" => options.repeat = value()?.parse::<usize>()?.max(1),
            "--accounts" => {
                options.large_accounts = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?;
                options.pace_accounts = options.large_accounts.clone();
            }
            part if PARTS.contains(&part) => parts.push(argument),
            other => anyhow::bail!("there is no part `{other}`; there are {}", PARTS.join(", ")),
        }
    }
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).to_vec();
    }
    Ok((parts, options))
}
