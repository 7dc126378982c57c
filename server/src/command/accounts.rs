//! `muster accounts check`: the onboarding test. Exits with 1 when something must be fixed, and names it.

use super::{cli::CheckArguments, setup};
use anyhow::Context;
use futures::StreamExt;
use muster_collect::permissions::{Finding, check_region, check_trust};
use muster_core::roster::Account;
use muster_harvest::round::{Harvester, targets_of};
use muster_store::connection::Store;
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Accounts checked at the same time.
const CONCURRENCY: usize = 16;

/// The result of one account. Its JSON is the line that is printed when standard output is no terminal.
#[derive(Serialize)]
struct Checked {
    account_id: String,
    account_name: String,
    ok: bool,
    findings: Vec<CheckedFinding>,
}

#[derive(Serialize)]
struct CheckedFinding {
    what: String,
    ok: bool,
    problem: Option<String>,
    advice: Option<String>,
}

pub async fn check(arguments: &CheckArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    // The check stores nothing. Accounts of an organization are listed into a store in memory.
    let harvester = setup::harvester(&config, Store::in_memory()?).await?;
    let mut accounts = harvester.all_accounts().await?;
    setup::ensure_listed(&config, &harvester, accounts.len() as u64).await?;
    if let Some(only) = &arguments.account {
        accounts = vec![setup::find(&accounts, only)?.clone()];
    }
    let total = accounts.len();
    let checks = accounts.into_iter().map(|account| check_account(&harvester, account));
    let mut checks = futures::stream::iter(checks).buffered(CONCURRENCY);
    let mut failed = 0;
    while let Some(checked) = checks.next().await {
        failed += usize::from(!checked.ok);
        print(&checked).context("cannot write the result")?;
    }
    anyhow::ensure!(failed == 0, "{failed} of {total} accounts failed the check");
    Ok(())
}

async fn check_account(harvester: &Harvester, account: Account) -> Checked {
    let connector = &harvester.connector;
    let mut findings = Vec::new();
    for target in targets_of(&account) {
        let trust = check_trust(connector, &target).await;
        let is_open = trust.first().is_none_or(|entry: &Finding| entry.problem.is_none());
        findings.extend(trust);
        // A Region that cannot be entered does not stop the check of the others.
        if is_open {
            findings.extend(check_region(connector, &target).await);
        }
    }
    let checked = |Finding { what, problem }| {
        let (problem, advice) = problem.unzip();
        CheckedFinding { what, ok: problem.is_none(), problem, advice }
    };
    let findings: Vec<CheckedFinding> = findings.into_iter().map(checked).collect();
    Checked {
        account_id: account.account_id.to_string(),
        account_name: account.account_name,
        ok: findings.iter().all(|finding| finding.ok),
        findings,
    }
}

/// Prints a summary with the failed checks to a terminal, and otherwise one JSON line.
fn print(checked: &Checked) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    if !output.is_terminal() {
        return writeln!(output, "{}", serde_json::to_string(checked)?);
    }
    let passed = checked.findings.iter().filter(|finding| finding.ok).count();
    let (id, name, all) = (&checked.account_id, &checked.account_name, checked.findings.len());
    let verdict = if checked.ok { "ok" } else { "FAILED" };
    writeln!(output, "{verdict:<7} {id} ({name}): {passed} of {all} checks passed")?;
    for finding in checked.findings.iter().filter(|finding| !finding.ok) {
        let (problem, advice) = (finding.problem.as_deref(), finding.advice.as_deref());
        writeln!(output, "        {}: {}", finding.what, problem.unwrap_or_default())?;
        writeln!(output, "            {}", advice.unwrap_or_default())?;
    }
    Ok(())
}
