//! `make bench WHAT=history`: a year of harvests written day by day, and what pages take on it.
//!
//! Prints Markdown. Arguments: the parts to run (all of them without one, each as a process of its own, so that one's
//! memory is not counted as another's), the data set as `--size S|M|L` or by its numbers (`--accounts`, `--instances`,
//! `--updates`, `--days`, `--seed`), and `--folder` to keep the stores and to run other parts on them later. The folder is
//! otherwise one that is deleted at the end. `write --minutes 60` ends after the day on which so much time is over, and
//! `write --resume` goes on after the last day of the store in the folder.

mod chance;
mod cluster;
mod day;
mod estate;
mod fill;
mod five;
mod growth;
mod measure;
mod pages;
mod past;
mod place;
mod postgres;
mod process;
mod questions;
mod size;
mod vendor;
mod verified;
mod year;

use crate::size::Size;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

const PARTS: [&str; 5] = ["write", "pages", "growth", "postgres", "verify"];

struct Arguments {
    parts: Vec<String>,
    size: Size,
    folder: Option<PathBuf>,
    spell: fill::Spell,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
    let arguments = arguments(std::env::args().skip(1))?;
    if let (Some(folder), [part]) = (&arguments.folder, arguments.parts.as_slice()) {
        return run(part, arguments.size, folder, arguments.spell).await;
    }
    let Size { accounts, instances, updates, days, seed } = arguments.size;
    let mut output = std::io::stdout();
    writeln!(output, "{}\n", process::machine()?)?;
    writeln!(
        output,
        "{instances} instances in {accounts} accounts, {updates} updates each, {days} days, seed {seed}."
    )?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    for part in &arguments.parts {
        writeln!(output, "\n## {part}\n")?;
        output.flush()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(part).arg("--folder").arg(folder);
        for (name, value) in [
            ("--accounts", accounts.to_string()),
            ("--instances", instances.to_string()),
            ("--updates", updates.to_string()),
            ("--days", days.to_string()),
            ("--seed", seed.to_string()),
        ] {
            command.args([name, &value]);
        }
        if let Some(minutes) = arguments.spell.minutes {
            command.args(["--minutes", &minutes.to_string()]);
        }
        if arguments.spell.resumes {
            command.arg("--resume");
        }
        let status = command.status()?;
        anyhow::ensure!(status.success(), "the part `{part}` ended with {status}");
    }
    Ok(())
}

async fn run(part: &str, size: Size, folder: &Path, spell: fill::Spell) -> anyhow::Result<()> {
    let mut output = std::io::stdout();
    match part {
        "pages" => pages::run(&mut output, size, folder).await,
        "growth" => growth::run(&mut output, size, folder).await,
        "postgres" => postgres::run(&mut output, size, folder).await,
        "verify" => verified::run(&mut output, size, folder).await,
        _ => fill::run(&mut output, size, folder, spell).await,
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<Arguments> {
    let mut arguments =
        Arguments { parts: Vec::new(), size: Size::DEFAULT, folder: None, spell: fill::Spell::default() };
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| anyhow::anyhow!("`{argument}` needs a value"));
        let size = &mut arguments.size;
        match argument.as_str() {
            // `cargo bench` itself hands this on.
            "--bench" => {}
            "--size" => *size = Size::named(&value()?)?,
            "--accounts" => size.accounts = value()?.parse::<usize>()?.max(1),
            "--instances" => size.instances = value()?.parse()?,
            "--updates" => size.updates = value()?.parse()?,
            "--days" => size.days = value()?.parse::<i64>()?.max(1),
            "--seed" => size.seed = value()?.parse()?,
            "--minutes" => arguments.spell.minutes = Some(value()?.parse()?),
            "--resume" => arguments.spell.resumes = true,
            "--folder" => arguments.folder = Some(value()?.into()),
            part if PARTS.contains(&part) => arguments.parts.push(argument),
            other => anyhow::bail!("there is no part `{other}`; there are {}", PARTS.join(", ")),
        }
    }
    if arguments.parts.is_empty() {
        arguments.parts = PARTS.map(str::to_owned).to_vec();
    }
    Ok(arguments)
}
