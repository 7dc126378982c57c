//! How long pages take to get their rows: while nothing is written, and while a harvest follows the other.

use crate::{
    estate::Estate,
    fill::YEAR,
    measure::{Compared, alone, with_statements},
    past::past_questions,
    place::Place,
    process::memory,
    questions::questions,
    size::Size,
    year::harvest,
};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Days are added to a copy, so that the year stays as it is.
const COPY: &str = "pages.duckdb";
const MB: f64 = 1e6;

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(COPY);
    fs::copy(folder.join(YEAR), &path)?;
    let result = measure(output, size, &path).await;
    fs::remove_file(&path)?;
    result
}

async fn measure(output: &mut impl Write, size: Size, path: &Path) -> anyhow::Result<()> {
    let place = Place::open(path, size.days - 1).await?;
    let questions = questions(place.literals);
    let mut idle: Vec<Compared> = Vec::with_capacity(questions.len());
    for question in &questions {
        idle.push(with_statements(&place, question).await?);
    }
    let (peak_idle, _) = memory()?;

    let over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write_on(place.clone(), size, over.clone()));
    let mut busy = Vec::with_capacity(questions.len());
    for question in &questions {
        busy.push(alone(&place, question).await?);
    }
    over.store(true, Ordering::Relaxed);
    let (days, seconds) = writing.await??;

    writeln!(
        output,
        "*Its SQL*: the same statements with literals, one after the other on one connection, in turn with the page. \
         *CPU*: of all threads, the mean. \
         *Writing*: asked while {days} days were harvested one after the other without a pause ({:.1} s of writing each).\n\n\
         | question | p50 ms | p95 ms | CPU ms | its SQL p50 | **÷ its SQL** | writing p50 | p95 | **p95 ÷ idle p95** |\n\
         |---|---|---|---|---|---|---|---|---|",
        seconds / days as f64
    )?;
    for ((question, Compared { asked, processor, bare }), busy) in questions.iter().zip(&idle).zip(&busy) {
        writeln!(
            output,
            "| `{}` | {:.1} | {:.1} | {:.1} | {:.1} | **{:.2}** | {:.1} | {:.1} | **{:.2}** |",
            question.name,
            asked.p50(),
            asked.p95(),
            processor.mean(),
            bare.p50(),
            asked.p50() / bare.p50(),
            busy.p50(),
            busy.p95(),
            busy.p95() / asked.p95()
        )?;
    }
    writeln!(output, "\n| question of the past | p50 ms | p95 ms |\n|---|---|---|")?;
    for question in past_questions(place.literals.today(), size.days) {
        let asked = alone(&place, &question).await?;
        writeln!(output, "| `{}` | {:.1} | {:.1} |", question.name, asked.p50(), asked.p95())?;
    }
    let (peak, _) = memory()?;
    writeln!(
        output,
        "\nMost memory this process held: {:.0} MB reading, {:.0} MB with harvests beside it (their making up included).",
        peak_idle as f64 / MB,
        peak as f64 / MB
    )?;
    Ok(())
}

/// Harvests further days until it is over. Returns how many, and the seconds of writing.
async fn write_on(place: Arc<Place>, size: Size, over: Arc<AtomicBool>) -> anyhow::Result<(i64, f64)> {
    let estate = Estate::new(size)?;
    let (mut days, mut seconds) = (0, 0.0);
    while !over.load(Ordering::Relaxed) {
        seconds += harvest(&place.store, &estate, size.days + days).await?.seconds;
        days += 1;
    }
    Ok((days, seconds))
}
