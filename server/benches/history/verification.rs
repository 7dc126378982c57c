//! Recomputes every figure of the year from its rows on its last day, like `muster verify`.

use crate::{fill::YEAR, fixture::Fixture, size::Size};
use muster_verify::{Extent, verify};
use std::{io::Write, path::Path, time::Instant};

pub async fn run(output: &mut impl Write, size: Size, folder: &Path) -> anyhow::Result<()> {
    let fixture = Fixture::open(&folder.join(YEAR), size, size.days).await?;
    let started = Instant::now();
    let extent = Extent { pages_max: Extent::PAGES_AT_ONCE, ..Extent::WHOLE };
    let verification = verify(&fixture.source, extent).await?;
    writeln!(
        output,
        "{} figures in {:.0} s, {} mismatches.",
        verification.figures,
        started.elapsed().as_secs_f64(),
        verification.mismatches
    )?;
    anyhow::ensure!(verification.mismatches == 0, "figures differ from the rows: {:#?}", verification.first);
    Ok(())
}
