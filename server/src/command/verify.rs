//! `muster verify`: recomputes every published figure and exits with 1 when one does not match. The store must not be in
//! use.

use super::{cli::VerifyArguments, setup};
use muster_core::schedule::Schedule;
use muster_model::verification::Verification;
use muster_store::connection::Store;
use muster_verify::{Extent, verify};
use std::{
    io::{IsTerminal, Write},
    sync::Arc,
};

pub async fn run(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    // Opening would create a store, and every figure of an empty store matches.
    anyhow::ensure!(
        config.store.exists(),
        "there is no store `{}`: run `muster harvest` first",
        config.store.display()
    );
    let store = Store::open(&config.store)?;
    let source = setup::reports(&config, store, Arc::new(Schedule::default()));
    let pages_max = if arguments.every_page { usize::MAX } else { Extent::PAGES_AT_ONCE };
    let verification = verify(&source, Extent { pages_max, ..Extent::WHOLE }).await?;
    let output = std::io::stdout().lock();
    if output.is_terminal() {
        print(output, &verification)?
    } else {
        print_json(output, &verification)?
    }
    anyhow::ensure!(
        verification.mismatches == 0,
        "{1} of {0} figures do not match the stored rows",
        verification.figures,
        verification.mismatches
    );
    Ok(())
}

fn print(mut out: impl Write, verification: &Verification) -> std::io::Result<()> {
    for mismatch in &verification.first {
        let (what, place) = (&mismatch.what, &mismatch.place);
        writeln!(out, "{what} of {place}: published {}, recomputed {}", mismatch.published, mismatch.recomputed)?;
    }
    if verification.mismatches == 0 {
        writeln!(out, "{} figures checked, no mismatches", verification.figures)?;
    }
    if verification.pages_left_out > 0 {
        let left_out = verification.pages_left_out;
        writeln!(out, "The pages of {left_out} instances are checked on other days, or with --every-page")?;
    }
    Ok(())
}

/// Prints a JSON line for each reported mismatch, and one with the totals.
fn print_json(mut out: impl Write, verification: &Verification) -> std::io::Result<()> {
    for mismatch in &verification.first {
        writeln!(out, "{}", serde_json::to_string(mismatch)?)?;
    }
    let totals = serde_json::json!({
        "figures": verification.figures,
        "mismatches": verification.mismatches,
        "pages_left_out": verification.pages_left_out,
    });
    writeln!(out, "{totals}")
}
