//! `muster accounts check`: the onboarding test. Exits with 1 when something has to be fixed, and says what.

use super::{
    cli::{AccountsArguments, AccountsCommand, CheckArguments},
    setup,
};
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

pub async fn run(arguments: &AccountsArguments) -> anyhow::Result<()> {
    match &arguments.command {
        AccountsCommand::Check(arguments) => check(arguments).await,
    }
}

/// What came of one account. Serialises as the JSON line that is printed when nobody looks on.
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

async fn check(arguments: &CheckArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    // The check writes nothing; accounts of an organization are listed into a store that goes with the process.
    let harvester = setup::harvester(&config, Store::in_memory()?).await?;
    let mut accounts = harvester.all_accounts().await?;
    if let Some(only) = &arguments.account {
        accounts.retain(|account| account.account_id == *only);
        anyhow::ensure!(!accounts.is_empty(), "account {only} is neither in the roster nor found in the organization");
    }
    let total = accounts.len();
    let checks = accounts.into_iter().map(|account| check_account(&harvester, account));
    let mut checks = futures::stream::iter(checks).buffered(CONCURRENCY);
    let mut failed = 0;
    while let Some(checked) = checks.next().await {
        failed += usize::from(!checked.ok);
        print(&checked).context("cannot write the result")?;
    }
    anyhow::ensure!(failed == 0, "{failed} of {total} accounts need work");
    Ok(())
}

async fn check_account(harvester: &Harvester, account: Account) -> Checked {
    let connector = &harvester.connector;
    let mut findings = Vec::new();
    for (number, target) in targets_of(&account).enumerate() {
        // Trust is the role's, not the Region's.
        if number == 0 {
            findings.extend(check_trust(connector, &target).await);
        }
        if findings.first().is_none_or(|entry: &Finding| entry.problem.is_none()) {
            findings.extend(check_region(connector, &target).await);
        }
    }
    let findings: Vec<CheckedFinding> = findings.into_iter().map(checked_finding).collect();
    Checked {
        account_id: account.account_id.to_string(),
        account_name: account.account_name,
        ok: findings.iter().all(|finding| finding.ok),
        findings,
    }
}

fn checked_finding(finding: Finding) -> CheckedFinding {
    let (problem, advice) = finding.problem.unzip();
    CheckedFinding { what: finding.what, ok: problem.is_none(), problem, advice }
}

/// For a person an account is one line and one for each thing to fix; for a program it is one JSON line.
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
