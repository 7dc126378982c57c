//! Whether look-ups grow with the history: the same questions after a quarter of the days and after all of them.

use crate::{
    fill::{QUARTER, YEAR, quarter_days},
    measure::{Times, ask, turns},
    place::Place,
    questions::{ACCOUNTS, HISTORY, INSTANCE, OVERVIEW, PENDING, UPDATES, questions},
    size::Size,
};
use std::{io::Write, path::Path};

const ASKED: [&str; 6] = [HISTORY, INSTANCE, UPDATES, PENDING, ACCOUNTS, OVERVIEW];

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let quarter_days = quarter_days(size);
    let quarter = Place::open(&folder.join(QUARTER), quarter_days - 1).await?;
    let year = Place::open(&folder.join(YEAR), size.days - 1).await?;
    writeln!(
        output,
        "Asked in turn of both stores.\n\n\
         | question | p50 ms after {quarter_days} days | after {} | **growth** |\n|---|---|---|---|",
        size.days
    )?;
    let (of_quarter, of_year) = (questions(quarter.literals), questions(year.literals));
    for (before, after) in of_quarter.iter().zip(&of_year).filter(|(one, _)| ASKED.contains(&one.name.as_str())) {
        let (mut short, mut long) = (Times::default(), Times::default());
        for (turn, counts) in turns() {
            let (one, other) = (ask(&quarter, before, turn).await?, ask(&year, after, turn).await?);
            if counts {
                short.add(one);
                long.add(other);
            }
        }
        let growth = long.p50() / short.p50();
        writeln!(output, "| `{}` | {:.1} | {:.1} | **{growth:.2}** |", before.name, short.p50(), long.p50())?;
    }
    Ok(())
}
