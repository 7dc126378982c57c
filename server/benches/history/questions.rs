//! What pages ask, each with the statements that it runs, spelled with their values as literals.
//!
//! A new kind of question is another entry of [`questions`].

use crate::place::{Literals, Place, Subject};
use futures::future::BoxFuture;
use muster_metrics::{ACCOUNT_FIGURES, INSTANCE_NAMES, INSTANCE_STATUS, REGION_STATE, UPDATE_CLOCKS};
use muster_model::{
    filter::{AccountFilter, HarvestFilter, HistoryFilter, InstanceFilter, UpdateFilter},
    page::Window,
    ports::Reports,
};
use std::{future::Future, sync::Arc};

pub type Asked = BoxFuture<'static, anyhow::Result<()>>;
type Ask = Box<dyn Fn(Arc<Place>, Subject) -> Asked + Send + Sync>;
type Statements = Box<dyn Fn(&Subject) -> Vec<String> + Send + Sync>;

pub struct Question {
    /// As the page's address has it.
    pub name: String,
    pub ask: Ask,
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
const HISTORY_LIST: &str = include_str!("../../query/src/instances/history.sql");

/// The orders of lists as the portal spells them.
const ACCOUNT_ORDER: &str =
    "provider_rank, provider, lower(account_name) ASC NULLS LAST, lower(account_name), account_id";
const WORST: &str = "CASE patch_status WHEN 'failed' THEN 5 WHEN 'pending' THEN 4 WHEN 'pending_reboot' THEN 3
    WHEN 'stale' THEN 2 WHEN 'no_data' THEN 1 ELSE 0 END DESC NULLS LAST";
const INSTANCE_ORDER: &str = "critical_missing DESC, missing + failed DESC, lower(name), instance_id";
const UPDATE_ORDER: &str =
    "{update_state_rank} DESC NULLS LAST, {severity_rank} DESC, installed_at DESC NULLS LAST, title,
    kb_id, name, instance_id";
const HISTORY_ORDER: &str = "t.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn questions(of: Literals) -> Vec<Question> {
    vec![
        question(
            OVERVIEW,
            |place, _| async move { Ok(place.reports.overview(AccountFilter::default()).await.map(drop)?) },
            move |_| overview(of),
        ),
        question(
            ACCOUNTS,
            |place, _| async move { Ok(place.reports.accounts(AccountFilter::default()).await.map(drop)?) },
            move |_| with_age(of, of.list(ACCOUNT_FIGURES, ACCOUNT_LIST, "", ACCOUNT_ORDER)),
        ),
        question(
            "/accounts/{account}",
            |place, subject| async move { Ok(place.reports.account(subject.account).await.map(drop)?) },
            move |subject| account(of, subject),
        ),
        instances(of, "/instances", "", WORST),
        instances(of, PENDING, "AND patch_status = 'pending'", WORST),
        instances(
            of,
            "/instances?online=true&platform=Ubuntu&sort=last_scan_at",
            "AND platform_name = 'Ubuntu' AND online = true",
            "last_scan_at ASC NULLS LAST",
        ),
        instances(
            of,
            "/instances?q=web-0001",
            "AND contains(lower(concat_ws(' ', name, instance_id, computer_name, ip_address)), lower('web-0001'))",
            WORST,
        ),
        question(
            "/instances?account={account}&sort=name",
            |place, subject| async move {
                let filter = InstanceFilter::from_query(&format!("account={}&sort=name", subject.account.as_str()))?;
                Ok(place.reports.instances(filter).await.map(drop)?)
            },
            move |subject| {
                let filter = format!("AND account_id = '{}'", subject.account.as_str());
                let order = format!("lower(name) ASC NULLS LAST, {INSTANCE_ORDER}");
                with_age(of, of.list(INSTANCE_STATUS, INSTANCE_LIST, &filter, &order))
            },
        ),
        question(
            INSTANCE,
            |place, subject| async move { Ok(place.reports.instance(subject.instance).await.map(drop)?) },
            move |subject| instance(of, subject),
        ),
        question(
            UPDATES,
            |place, subject| async move {
                let filter = UpdateFilter { instance: Some(subject.instance), ..UpdateFilter::default() };
                Ok(place.reports.updates(filter).await.map(drop)?)
            },
            move |subject| {
                with_age(of, of.list_of(Some(subject), UPDATE_CLOCKS, UPDATE_LIST, &only(subject), UPDATE_ORDER))
            },
        ),
        question(
            HISTORY,
            |place, subject| async move {
                let filter = HistoryFilter { instance: subject.instance, window: Window::default() };
                Ok(place.reports.history(filter).await.map(drop)?)
            },
            move |subject| {
                with_age(of, of.list_of(Some(subject), INSTANCE_NAMES, HISTORY_LIST, &only(subject), HISTORY_ORDER))
            },
        ),
        updates(of, "/updates?state=Missing%2CFailed", "AND state IN ('Missing', 'Failed')"),
        updates(
            of,
            "/updates?q=openssl&state=Missing",
            "AND contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower('openssl')) AND state IN ('Missing')",
        ),
        question(
            "/harvest",
            |place, _| async move { Ok(place.reports.harvest(HarvestFilter::default()).await.map(drop)?) },
            move |_| harvest(of),
        ),
    ]
}

pub fn question<Reply>(
    name: &str,
    ask: impl Fn(Arc<Place>, Subject) -> Reply + Send + Sync + 'static,
    statements: impl Fn(&Subject) -> Vec<String> + Send + Sync + 'static,
) -> Question
where
    Reply: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let ask: Ask = Box::new(move |place, subject| Box::pin(ask(place, subject)));
    Question { name: name.to_owned(), ask, statements: Box::new(statements) }
}

fn instances(of: Literals, name: &'static str, filters: &'static str, order: &'static str) -> Question {
    let query = name.split_once('?').map_or("", |(_, query)| query);
    let ask = move |place: Arc<Place>, _| async move {
        Ok(place.reports.instances(InstanceFilter::from_query(query)?).await.map(drop)?)
    };
    let order = format!("{order}, {INSTANCE_ORDER}");
    question(name, ask, move |_| with_age(of, of.list(INSTANCE_STATUS, INSTANCE_LIST, filters, &order)))
}

fn updates(of: Literals, name: &'static str, filters: &'static str) -> Question {
    let query = name.split_once('?').map_or("", |(_, query)| query);
    let ask = move |place: Arc<Place>, _| async move {
        Ok(place.reports.updates(UpdateFilter::from_query(query)?).await.map(drop)?)
    };
    let filters = format!("{filters} AND f.gone_at IS NULL");
    question(name, ask, move |_| with_age(of, of.list(UPDATE_CLOCKS, UPDATE_LIST, &filters, UPDATE_ORDER)))
}

fn only(subject: &Subject) -> String {
    format!("AND f.instance_id = '{}'", subject.instance)
}

/// Every list says how old it is.
fn with_age(of: Literals, mut statements: Vec<String>) -> Vec<String> {
    statements.push(of.statement(REGION_STATE, FRESHNESS, ""));
    statements
}

fn overview(of: Literals) -> Vec<String> {
    let named = |statement: &str| of.statement(INSTANCE_NAMES, statement, "");
    let accounts = ACCOUNT_LIST.replace("{order}", &format!("ORDER BY {ACCOUNT_ORDER}"));
    vec![
        of.statement(ACCOUNT_FIGURES, &accounts, ""),
        of.statement(REGION_STATE, FRESHNESS, ""),
        named(include_str!("../../query/src/updates/severity_counts.sql")),
        of.statement(REGION_STATE, include_str!("../../query/src/trend.sql"), ""),
        of.statement(INSTANCE_STATUS, include_str!("../../query/src/choices.sql"), ""),
        named(include_str!("../../query/src/updates/missing_patches.sql")),
    ]
}

/// Without windows, baselines and associations, which are empty here.
fn account(of: Literals, subject: &Subject) -> Vec<String> {
    let account = subject.account.as_str();
    let only = |alias: &str| format!("AND {alias}account_id = '{account}'");
    vec![
        of.statement(ACCOUNT_FIGURES, &ACCOUNT_LIST.replace("{order}", ""), &only("")),
        of.statement(REGION_STATE, include_str!("../../query/src/harvest/status.sql"), &only("")),
        of.statement(REGION_STATE, include_str!("../../query/src/harvest/errors.sql"), &only("s.")),
        of.statement(INSTANCE_NAMES, include_str!("../../query/src/updates/severity_counts.sql"), &only("f.")),
        of.statement(REGION_STATE, include_str!("../../query/src/trend.sql"), &only("a.")),
        of.statement(REGION_STATE, FRESHNESS, &only("")),
        of.statement(REGION_STATE, include_str!("../../query/src/accounts/recent_runs.sql"), &only("s.")),
    ]
}

fn instance(of: Literals, subject: &Subject) -> Vec<String> {
    let key = format!("AND f.instance_key = {}", subject.key);
    let about_it = |head, statement: &str, filters: &str| of.statement_of(Some(subject), head, statement, filters);
    let named = |statement: &str| about_it(INSTANCE_NAMES, statement, &key);
    vec![
        about_it(INSTANCE_STATUS, include_str!("../../query/src/instances/detail.sql"), &only(subject)),
        of.statement(REGION_STATE, FRESHNESS, &format!("AND account_id = '{}'", subject.account.as_str())),
        named(include_str!("../../query/src/instances/states.sql")),
        named(include_str!("../../query/src/instances/tags.sql")),
        named(include_str!("../../query/src/instances/failed_outputs.sql")),
    ]
}

fn harvest(of: Literals) -> Vec<String> {
    let region = |statement: &str| of.statement(REGION_STATE, statement, "");
    vec![
        region(FRESHNESS),
        region(include_str!("../../query/src/harvest/status.sql")),
        region(include_str!("../../query/src/harvest/errors.sql")),
        region(include_str!("../../query/src/harvest/operations.sql")),
    ]
}
