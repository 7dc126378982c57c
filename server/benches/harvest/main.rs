//! `make bench WHAT=…`: what a harvest costs, against others' clients and against formulas, each in the same run.
//!
//! Prints Markdown. Seconds say something about one machine; what is meant to be read are the ratios. Arguments: the parts
//! to run (all of them without one), `--accounts 10,100,1000` for the sizes of `large`, `--repeat N` for the runs of which
//! the median counts. The peers need Python with boto3 and duckdb: `MUSTER_BENCH_PYTHON`, or else `python3`.

mod calls;
mod child;
mod large;
mod pace;
mod peer;
mod stage;
mod write;

use std::io::Write;

const PARTS: [&str; 5] = ["calls", "write", "peer", "pace", "large"];

/// What the parts are told.
struct Options {
    /// Runs of which the median counts.
    repeat: usize,
    /// Sizes of the estates of `large`, in accounts.
    large_accounts: Vec<usize>,
    /// Accounts at once of `pace`.
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
            // `cargo bench` itself hands this on.
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
