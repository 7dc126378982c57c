//! Growth of lookups with the history: the same queries after a quarter of the days and after all days.

use crate::{
    fill::{QUARTER, YEAR, quarter_days},
    fixture::Fixture,
    measure::{Times, run_query, turns},
    queries::{ACCOUNTS, HISTORY, INSTANCE, OVERVIEW, PENDING, UPDATES, queries},
    size::Size,
};
use std::{io::Write, path::Path};

const QUERIES: [&str; 6] = [HISTORY, INSTANCE, UPDATES, PENDING, ACCOUNTS, OVERVIEW];

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let quarter_days = quarter_days(size);
    let quarter = Fixture::open(&folder.join(QUARTER), size, quarter_days).await?;
    let year = Fixture::open(&folder.join(YEAR), size, size.days).await?;
    writeln!(
        output,
        "Both stores were queried alternately.\n\n\
         | query | p50 ms after {quarter_days} days | after {} | **growth** |\n|---|---|---|---|",
        size.days
    )?;
    let (of_quarter, of_year) = (queries(quarter.literals), queries(year.literals));
    for (before, after) in of_quarter.iter().zip(&of_year).filter(|(one, _)| QUERIES.contains(&one.name.as_str())) {
        let (mut short, mut long) = (Times::default(), Times::default());
        for (turn, counts) in turns() {
            let (one, other) = (run_query(&quarter, before, turn).await?, run_query(&year, after, turn).await?);
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
