//! docs/collected.md, held against AWS's models and the schema of the store: what is read of each answer, member by member.

use super::tidy;
use muster_collect::{
    organization::{LIST_ACCOUNTS, LIST_TAGS},
    permissions::SERVICES,
};
use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

const PAGE: &str = "docs/collected.md";
const MEMBERS: &str = "server/tests/peers/members.txt";
const SCHEMA: &str = "server/store/src/schema.sql";
const HEAD_OF_TABLE: &str = "| member | stored as, or why not |\n|---|---|\n";
const UNDECIDED: &str = "**undecided**";
/// Starts of cells that name no column.
const OTHERWISE: [&str; 2] = ["Read: ", "Left out: "];

fn tracked(path: &str) -> String {
    let files = tidy::tracked(&[path.rsplit_once('.').map_or(path, |(_, ending)| ending)]);
    files.into_iter().find(|(found, _)| found == path).unwrap_or_else(|| panic!("there is no {path}")).1
}

/// The members in AWS's models, by operation, in the order of the models.
fn members() -> Vec<(String, Vec<String>)> {
    let mut operations: Vec<(String, Vec<String>)> = Vec::new();
    for line in tracked(MEMBERS).lines().filter(|line| !line.starts_with('#')) {
        let (operation, member) = line.split_once(' ').expect("an operation and a member");
        match operations.last_mut() {
            Some((last, members)) if last == operation => members.push(member.to_owned()),
            _ => operations.push((operation.to_owned(), vec![member.to_owned()])),
        }
    }
    operations
}

/// The rows of the table below a heading: a member without its backticks, and what is said of it.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
    let section = page.split_once(&format!("\n### {heading}\n")).map_or("", |(_, section)| section);
    let lines = section.lines().take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    lines.filter_map(|line| line.trim_end_matches(" |").split_once("` | ")).collect()
}

/// The page with a row for each member: those that are decided stay as they are.
fn renewed(page: &str) -> String {
    let (head, rest) = page.split_once("\n### ").expect("a first operation");
    let (_, tail) = rest.split_once("\n## ").expect("a section after the operations");
    let mut renewed = head.to_owned();
    for (operation, members) in members() {
        let known = rows(page, &operation);
        write!(renewed, "\n### {operation}\n\n{HEAD_OF_TABLE}").expect("written");
        for member in members {
            let about = known.iter().find(|(known, _)| *known == member).map_or(UNDECIDED, |(_, about)| about);
            writeln!(renewed, "| `{member}` | {about} |").expect("written");
        }
    }
    format!("{renewed}\n## {tail}")
}

#[test]
fn every_member_of_every_answer_is_stored_or_left_out_with_a_reason() {
    let page = tracked(PAGE);
    let renewed = renewed(&page);
    if std::env::var_os("UPDATE_COLLECTED").is_some() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
        fs::write(path, &renewed).expect("written");
    }
    assert!(
        !renewed.contains(UNDECIDED),
        "decide what becomes of each new member in {PAGE} (UPDATE_COLLECTED=1 adds them)"
    );
    assert!(renewed == page, "{PAGE} is outdated: renew it with UPDATE_COLLECTED=1");
}

#[test]
fn every_column_that_is_named_exists_and_every_reason_is_given() {
    let (page, schema) = (tracked(PAGE), tracked(SCHEMA));
    let has_column = |table: &str, column: &str| {
        let (_, rest) = schema.split_once(&format!("CREATE TABLE {table} (\n"))?;
        let mut lines = rest.lines().take_while(|line| *line != ");").filter_map(|line| line.split_whitespace().next());
        lines.any(|name| name == column).then_some(())
    };
    let mut columns = 0;
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let about = line.trim_end_matches(" |").split_once("` | ").expect("two cells").1;
        if let Some(reason) = OTHERWISE.iter().find_map(|start| about.strip_prefix(start)) {
            assert!(reason.split_whitespace().count() >= 3, "no reason: {line}");
            continue;
        }
        for name in about.split(", ") {
            let name = name.trim_matches('`').split_once('.');
            let found = name.and_then(|(table, column)| has_column(table, column));
            assert!(found.is_some(), "no such column: {line}");
            columns += 1;
        }
    }
    assert!(columns > 100, "only {columns} columns are named");
}

#[test]
fn every_operation_that_is_sent_has_a_table() {
    let listed: BTreeSet<String> = members().into_iter().map(|(operation, _)| operation).collect();
    let action = |(service, operations): (&str, &[&str])| -> Vec<String> {
        operations.iter().map(|operation| format!("{service}:{operation}")).collect()
    };
    let roles = SERVICES.into_iter().flat_map(action);
    let organizations = [LIST_ACCOUNTS, LIST_TAGS].map(|operation| format!("organizations:{operation}"));
    let sts = ["AssumeRole", "GetCallerIdentity"].map(|operation| format!("sts:{operation}"));
    let sent: BTreeSet<String> = roles.chain(organizations).chain(sts).collect();
    assert_eq!(listed, sent);
}

#[test]
fn a_member_that_aws_adds_is_undecided() {
    let page = tracked(PAGE).replace("| `Patches[].Severity` | `instance_update.severity` |\n", "");
    let renewed = renewed(&page);
    assert!(renewed.contains(&format!("| `Patches[].Severity` | {UNDECIDED} |\n")), "the planted gap was not found");
}
