//! `muster verify`: every published figure recomputed by a second way. Exits with 1 when any does not match. The store
//! must not be in use.

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
    setup::log(config.log_format);
    // Opening would make a new store, and of nothing every figure is right.
    anyhow::ensure!(config.store.exists(), "there is no store `{}`: harvest first", config.store.display());
    let store = Store::open(&config.store)?;
    let source = setup::reports(&config, store, Arc::new(Schedule::default()));
    let pages_max = if arguments.every_page { usize::MAX } else { Extent::PAGES_AT_ONCE };
    let verification = verify(&source, Extent { pages_max, ..Extent::WHOLE }).await?;
    match std::io::stdout().is_terminal() {
        true => print(&verification)?,
        false => print_json(&verification)?,
    }
    anyhow::ensure!(
        verification.mismatches == 0,
        "of {} figures checked, {} are not what the stored rows say",
        verification.figures,
        verification.mismatches
    );
    Ok(())
}

fn print(verification: &Verification) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for mismatch in &verification.first {
        let (what, place) = (&mismatch.what, &mismatch.place);
        writeln!(out, "{what} of {place}: published {}, recomputed {}", mismatch.published, mismatch.recomputed)?;
    }
    if verification.mismatches == 0 {
        writeln!(out, "{} figures checked, no mismatch", verification.figures)?;
    }
    if verification.pages_left_out > 0 {
        let left_out = verification.pages_left_out;
        writeln!(out, "The own pages of {left_out} instances have their turn on other days, or with --every-page")?;
    }
    Ok(())
}

/// A line for each mismatch that is kept, and one for the whole.
fn print_json(verification: &Verification) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for mismatch in &verification.first {
        writeln!(out, "{}", serde_json::to_string(mismatch)?)?;
    }
    let whole = serde_json::json!({
        "figures": verification.figures,
        "mismatches": verification.mismatches,
        "pages_left_out": verification.pages_left_out,
    });
    Ok(writeln!(out, "{whole}")?)
}
