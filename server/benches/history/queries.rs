//! The queries of pages, each with its SQL statements, in which values are literals.
//!
//! A new kind of query is another entry of [`queries`].

use crate::fixture::{Fixture, Literals, Subject};
use futures::future::BoxFuture;
use muster_metrics::{ACCOUNT_FIGURES, INSTANCE_NAMES, INSTANCE_STATUS, REGION_STATE, UPDATE_CLOCKS, UpdateColumns};
use muster_model::{
    filter::{AccountFilter, HarvestFilter, InstanceFilter, OfInstance, UpdateFilter},
    ports::Reports,
};
use std::{future::Future, sync::Arc};

pub type QueryFuture = BoxFuture<'static, anyhow::Result<()>>;
type Run = Box<dyn Fn(Arc<Fixture>, Subject) -> QueryFuture + Send + Sync>;
type Statements = Box<dyn Fn(&Subject) -> Vec<String> + Send + Sync>;

pub struct Query {
    /// The address of the page.
    pub name: String,
    pub run: Run,
    pub statements: Statements,
}

pub const INSTANCE: &str = "/instances/{instance}";
pub const UPDATES: &str = "/instances/{instance}: updates";
pub const HISTORY: &str = "/instances/{instance}: history";
pub const OVERVIEW: &str = "/";
pub const ACCOUNTS: &str = "/ (accounts only)";
pub const PENDING: &str = "/instances?status=pending";

const FRESHNESS: &str = include_str!("../../query/src/freshness.sql");
const ACCOUNT_LIST: &str = include_str!("../../query/src/accounts/list.sql");
const INSTANCE_LIST: &str = include_str!("../../query/src/instances/list.sql");
const UPDATE_LIST: &str = include_str!("../../query/src/updates/list.sql");
const PATCHES: &str = include_str!("../../query/src/updates/patches.sql");
const HISTORY_LIST: &str = include_str!("../../query/src/instances/history.sql");

/// The ORDER BY clauses of the portal's lists.
const ACCOUNT_ORDER: &str =
    "provider_rank, provider, lower(account_name) ASC NULLS LAST, lower(account_name), account_id";
const WORST: &str = "{patch_status_rank} DESC NULLS LAST";
const INSTANCE_ORDER: &str = "critical_missing DESC, missing + failed DESC, lower(name), instance_id";
const UPDATE_ORDER: &str =
    "{update_state_rank} DESC NULLS LAST, {severity_rank} DESC, installed_at DESC NULLS LAST, title,
    kb_id, name, instance_id";
const HISTORY_ORDER: &str = "u.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn queries(literals: Literals) -> Vec<Query> {
    vec![
        query(
            OVERVIEW,
            |fixture, _| async move { Ok(fixture.reports.overview(AccountFilter::default()).await.map(drop)?) },
            move |_| overview(literals),
        ),
        query(
            ACCOUNTS,
            |fixture, _| async move { Ok(fixture.reports.accounts(AccountFilter::default()).await.map(drop)?) },
            move |_| with_age(literals, literals.list(ACCOUNT_FIGURES, ACCOUNT_LIST, "", ACCOUNT_ORDER)),
        ),
        query(
            "/accounts/{account}",
            |fixture, subject| async move { Ok(fixture.reports.account(subject.account).await.map(drop)?) },
            move |subject| account(literals, subject),
        ),
        instances(literals, "/instances", "", WORST),
        instances(literals, PENDING, "AND patch_status = 'pending'", WORST),
        instances(
            literals,
            "/instances?online=true&platform=Ubuntu&sort=last_scan_at",
            "AND platform_name = 'Ubuntu' AND online = true",
            "last_scan_at ASC NULLS LAST",
        ),
        instances(
            literals,
            "/instances?q=web-0001",
            "AND contains(lower(concat_ws(' ', name, instance_id, computer_name, ip_address)), lower('web-0001'))",
            WORST,
        ),
        query(
            "/instances?account={account}&sort=name",
            |fixture, subject| async move {
                let filter = InstanceFilter::from_query(&format!("account={}&sort=name", subject.account.as_str()))?;
                Ok(fixture.reports.instances(filter).await.map(drop)?)
            },
            move |subject| {
                let filter = format!("AND gone_at IS NULL AND account_id = '{}'", subject.account.as_str());
                let order = format!("lower(name) ASC NULLS LAST, {INSTANCE_ORDER}");
                with_age(literals, literals.list(INSTANCE_STATUS, INSTANCE_LIST, &filter, &order))
            },
        ),
        query(
            INSTANCE,
            |fixture, subject| async move { Ok(fixture.reports.instance(subject.instance).await.map(drop)?) },
            move |subject| instance(literals, subject),
        ),
        query(
            UPDATES,
            |fixture, subject| async move {
                let filter = UpdateFilter { instance: Some(subject.instance), ..UpdateFilter::default() };
                Ok(fixture.reports.updates(filter).await.map(drop)?)
            },
            move |subject| {
                with_age(
                    literals,
                    literals.list_of(Some(subject), UPDATE_CLOCKS, UPDATE_LIST, &only(subject), UPDATE_ORDER),
                )
            },
        ),
        query(
            HISTORY,
            |fixture, subject| async move {
                let filter = OfInstance::all(subject.instance);
                Ok(fixture.reports.history(filter).await.map(drop)?)
            },
            move |subject| {
                with_age(
                    literals,
                    literals.list_of(Some(subject), INSTANCE_NAMES, HISTORY_LIST, &only(subject), HISTORY_ORDER),
                )
            },
        ),
        updates(literals, "/updates/list?state=Missing%2CFailed", "AND state IN ('Missing', 'Failed')"),
        updates(
            literals,
            "/updates/list?q=openssl&state=Missing",
            "AND contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower('openssl')) AND state IN ('Missing')",
        ),
        query(
            "/harvest",
            |fixture, _| async move { Ok(fixture.reports.harvest(HarvestFilter::default()).await.map(drop)?) },
            move |_| harvest(literals),
        ),
    ]
}

pub fn query<Reply>(
    name: &str,
    run: impl Fn(Arc<Fixture>, Subject) -> Reply + Send + Sync + 'static,
    statements: impl Fn(&Subject) -> Vec<String> + Send + Sync + 'static,
) -> Query
where
    Reply: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let run: Run = Box::new(move |fixture, subject| Box::pin(run(fixture, subject)));
    Query { name: name.to_owned(), run, statements: Box::new(statements) }
}

fn instances(literals: Literals, name: &'static str, filters: &'static str, order: &'static str) -> Query {
    let query_string = name.split_once('?').map_or("", |(_, query)| query);
    let run = move |fixture: Arc<Fixture>, _| async move {
        Ok(fixture.reports.instances(InstanceFilter::from_query(query_string)?).await.map(drop)?)
    };
    let (filters, order) = (format!("AND gone_at IS NULL {filters}"), format!("{order}, {INSTANCE_ORDER}"));
    query(name, run, move |_| with_age(literals, literals.list(INSTANCE_STATUS, INSTANCE_LIST, &filters, &order)))
}

fn updates(literals: Literals, name: &'static str, filters: &'static str) -> Query {
    let query_string = name.split_once('?').map_or("", |(_, query)| query);
    let run = move |fixture: Arc<Fixture>, _| async move {
        Ok(fixture.reports.updates(UpdateFilter::from_query(query_string)?).await.map(drop)?)
    };
    let filters = format!("{filters} AND f.gone_at IS NULL");
    query(name, run, move |_| with_age(literals, literals.list(UPDATE_CLOCKS, UPDATE_LIST, &filters, UPDATE_ORDER)))
}

fn only(subject: &Subject) -> String {
    format!("AND f.instance_id = '{}'", subject.instance)
}

/// Adds the statement for the age of the data, which every list shows.
fn with_age(literals: Literals, mut statements: Vec<String>) -> Vec<String> {
    statements.push(literals.statement(REGION_STATE, FRESHNESS, ""));
    statements
}

fn overview(literals: Literals) -> Vec<String> {
    let named = |statement: &str| literals.statement(INSTANCE_NAMES, statement, "");
    let accounts = ACCOUNT_LIST.replace("{order}", &format!("ORDER BY {ACCOUNT_ORDER}"));
    vec![
        literals.statement(ACCOUNT_FIGURES, &accounts, ""),
        literals.statement(REGION_STATE, FRESHNESS, ""),
        named(include_str!("../../query/src/updates/severity_counts.sql")),
        literals.statement(REGION_STATE, include_str!("../../query/src/trend.sql"), ""),
        literals.statement(INSTANCE_NAMES, include_str!("../../query/src/choices.sql"), ""),
        literals.statement(
            &muster_metrics::updates(UpdateColumns::Names),
            &PATCHES.replace("{order}", "ORDER BY f.instances DESC LIMIT 8"),
            "AND pending_since IS NOT NULL AND state IN ('Missing')",
        ),
    ]
}

/// The statements of an account's page, without windows, baselines and associations, which are empty here.
fn account(literals: Literals, subject: &Subject) -> Vec<String> {
    let account = subject.account.as_str();
    let only = |alias: &str| format!("AND {alias}account_id = '{account}'");
    vec![
        literals.statement(ACCOUNT_FIGURES, &ACCOUNT_LIST.replace("{order}", ""), &only("")),
        literals.statement(INSTANCE_NAMES, include_str!("../../query/src/harvest/status.sql"), &only("")),
        literals.statement(REGION_STATE, include_str!("../../query/src/harvest/errors.sql"), &only("s.")),
        literals.statement(INSTANCE_NAMES, include_str!("../../query/src/updates/severity_counts.sql"), &only("f.")),
        literals.statement(REGION_STATE, include_str!("../../query/src/trend.sql"), &only("a.")),
        literals.statement(REGION_STATE, FRESHNESS, &only("")),
    ]
}

fn instance(literals: Literals, subject: &Subject) -> Vec<String> {
    let detail = include_str!("../../query/src/instances/detail.sql");
    let by_key = [
        include_str!("../../query/src/instances/registered.sql"),
        include_str!("../../query/src/instances/counted.sql"),
        include_str!("../../query/src/instances/operation.sql"),
        include_str!("../../query/src/instances/counts.sql"),
        include_str!("../../query/src/instances/has_patch_policies.sql"),
        include_str!("../../query/src/instances/states.sql"),
        include_str!("../../query/src/instances/tags.sql"),
        include_str!("../../query/src/instances/node_status.sql"),
        include_str!("../../query/src/instances/hardware.sql"),
        include_str!("../../query/src/instances/failed_outputs.sql"),
    ];
    let mut statements = vec![
        literals.statement_of(Some(subject), INSTANCE_STATUS, detail, &only(subject)),
        literals.statement(REGION_STATE, FRESHNESS, &format!("AND account_id = '{}'", subject.account.as_str())),
    ];
    statements.extend(by_key.map(|statement| of_instance(statement, subject)));
    statements
}

/// A statement that reads rows of one instance by key, with literals.
fn of_instance(statement: &str, subject: &Subject) -> String {
    let key = subject.key.to_string();
    statement
        .replace("{instance_key}", &key)
        .replace("{instance_id}", &format!("'{}'", subject.instance))
        .replace("{account_id}", &format!("'{}'", subject.account))
        .replace("{region}", &format!("(SELECT region FROM instance WHERE instance_key = {key})"))
        .replace("{owned_from}", "'-infinity'::TIMESTAMP")
}

fn harvest(literals: Literals) -> Vec<String> {
    let region = |statement: &str| literals.statement(REGION_STATE, statement, "");
    vec![
        region(FRESHNESS),
        literals.statement(INSTANCE_NAMES, include_str!("../../query/src/harvest/status.sql"), ""),
        region(include_str!("../../query/src/harvest/errors.sql")),
        region(include_str!("../../query/src/harvest/operations.sql")),
    ]
}
