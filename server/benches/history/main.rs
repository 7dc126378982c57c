//! `make bench WHAT=history`: writes a year of harvests day by day, and measures on it what users see.
//!
//! Prints Markdown. Arguments: the parts to run (by default all, each in a separate process, so that its memory is
//! measured alone), the data set as `--size S|M|L` or by numbers (`--accounts`, `--instances`, `--updates`, `--days`,
//! `--seed`), and `--folder` to keep the stores and to run other parts on them later. By default the folder is deleted
//! at the end. `write --minutes 60` stops after the day on which that time has passed, and `write --resume` continues
//! after the last day of the store in the folder. `pages` alone (`make bench WHAT=pages`) writes the store if the folder
//! has none, `pages --before BINARY` compares with another server, and `pages --only TEXT` measures only addresses that
//! contain the text.

mod calendar;
mod cluster;
mod day;
mod estate;
mod fill;
mod fixture;
mod growth;
mod main_queries;
mod measure;
mod pages;
mod past_days;
mod postgres;
mod process;
mod queries;
mod random;
mod reports;
mod size;
mod vendor;
mod verification;
mod year;

use crate::{calendar::Calendar, size::Size};
use jiff::Timestamp;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

const PARTS: [&str; 6] = ["write", "reports", "pages", "growth", "postgres", "verify"];

struct Arguments {
    parts: Vec<String>,
    size: Size,
    folder: Option<PathBuf>,
    session: fill::Session,
    pages: pages::Options,
    /// Whether this process runs one part for another one.
    is_child: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
    let mut arguments = arguments(std::env::args().skip(1))?;
    if let (Some(folder), [part], true) = (&arguments.folder, arguments.parts.as_slice(), arguments.is_child) {
        return run(part, &arguments, folder).await;
    }
    let Size { accounts, instances, updates, days, seed, .. } = arguments.size;
    let mut output = std::io::stdout();
    writeln!(output, "{}\n", process::computer()?)?;
    writeln!(
        output,
        "{instances} instances in {accounts} accounts, {updates} updates each, {days} days, seed {seed}."
    )?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder)?;
    if arguments.parts == ["pages"] && !folder.join(fill::YEAR).exists() {
        arguments.parts.insert(0, "write".to_owned());
    }
    for part in &arguments.parts {
        writeln!(output, "\n## {part}\n")?;
        output.flush()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(part).arg("--child").arg("--folder").arg(folder);
        for (name, value) in [
            ("--accounts", accounts.to_string()),
            ("--instances", instances.to_string()),
            ("--updates", updates.to_string()),
            ("--days", days.to_string()),
            ("--seed", seed.to_string()),
        ] {
            command.args([name, &value]);
        }
        if let Some(minutes) = arguments.session.minutes {
            command.args(["--minutes", &minutes.to_string()]);
        }
        if arguments.session.resumes {
            command.arg("--resume");
        }
        if let Some(before) = &arguments.pages.before {
            command.arg("--before").arg(before);
        }
        command.args(["--only", &arguments.pages.only]);
        let status = command.status()?;
        anyhow::ensure!(status.success(), "the part `{part}` ended with {status}");
    }
    Ok(())
}

async fn run(part: &str, arguments: &Arguments, folder: &Path) -> anyhow::Result<()> {
    let Arguments { mut size, session, .. } = *arguments;
    let (mut output, year) = (std::io::stdout(), folder.join(fill::YEAR));
    let is_new = part == "write" && !session.resumes;
    if !is_new && year.exists() {
        size.calendar = fill::calendar(&year).await?.unwrap_or(size.calendar);
    }
    match part {
        "reports" => reports::run(&mut output, size, folder).await,
        "pages" => pages::run(&mut output, size, folder, &arguments.pages).await,
        "growth" => growth::run(&mut output, size, folder).await,
        "postgres" => postgres::run(&mut output, size, folder).await,
        "verify" => verification::run(&mut output, size, folder).await,
        _ => fill::run(&mut output, size, folder, session).await,
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> anyhow::Result<Arguments> {
    let mut arguments = Arguments {
        parts: Vec::new(),
        size: Size::DEFAULT,
        folder: None,
        session: fill::Session::default(),
        pages: pages::Options::default(),
        is_child: false,
    };
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| anyhow::anyhow!("`{argument}` needs a value"));
        let size = &mut arguments.size;
        match argument.as_str() {
            // `cargo bench` adds this argument.
            "--bench" => {}
            "--size" => *size = Size::named(&value()?)?,
            "--accounts" => size.accounts = value()?.parse::<usize>()?.max(1),
            "--instances" => size.instances = value()?.parse()?,
            "--updates" => size.updates = value()?.parse()?,
            "--days" => size.days = value()?.parse::<i64>()?.max(1),
            "--seed" => size.seed = value()?.parse()?,
            "--minutes" => arguments.session.minutes = Some(value()?.parse()?),
            "--resume" => arguments.session.resumes = true,
            "--before" => arguments.pages.before = Some(fs::canonicalize(value()?)?),
            "--only" => arguments.pages.only = value()?,
            "--child" => arguments.is_child = true,
            "--folder" => arguments.folder = Some(value()?.into()),
            part if PARTS.contains(&part) => arguments.parts.push(argument),
            other => anyhow::bail!("there is no part `{other}`; there are {}", PARTS.join(", ")),
        }
    }
    if arguments.parts.is_empty() {
        arguments.parts = PARTS.map(str::to_owned).to_vec();
    }
    arguments.size.calendar = Calendar::ending(Timestamp::now(), arguments.size.days);
    Ok(arguments)
}
