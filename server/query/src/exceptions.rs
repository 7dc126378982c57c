//! Exceptions: pending updates that somebody accepts or defers until a day.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    choices::choices,
    instances::found::FoundInstance,
    listing::Listing,
};
use jiff::civil::Date;
use muster_model::{
    column::Columns,
    exception::{ExceptionAbout, ExceptionDraftPage, ExceptionRow, ExceptionSubject},
    filter::{ExceptionDraft, ExceptionFilter},
    ids::{AccountId, InstanceId},
    overview::Choices,
};
use muster_store::{error::StoreError, value::time};

/// The order of states: what needs work first.
const RANK: &str = "list_position(['reopened', 'active', 'expired', 'revoked'], f.state)";

/// The exceptions whose updates are found: those that hold, or all.
pub const ACTIVE: &str = "x.state = 'active'";
pub const ALL: &str = "true";

/// The instances that an exception includes.
const INCLUDES: &str = "f.exception_id IN (SELECT t.exception_id FROM exception_target t WHERE t.instance_id = {})";

/// Prepares the exceptions that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &ExceptionFilter) -> Result<Listing<'a, ExceptionRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.with_exceptions(context, ALL).define(include_str!("exceptions/listed.sql"));
    query.filter_columns(filter).search("f.cve, f.kb_id, f.title, f.reason, f.made_by_name", filter.q.as_deref());
    if let Some(instance) = &filter.instance {
        query.filter_by(INCLUDES, instance.to_string());
    }
    let by_other = [("state", RANK), ("title", "lower(f.cve || f.title)"), ("made_by", "lower(f.made_by_name)")];
    let order = format!("{}, f.until_day, f.made_at DESC, f.exception_id", order_by(&filter.order, &by_other));
    Ok(Listing::from_query(query, "exceptions", include_str!("exceptions/list.sql"), order))
}

/// `excepted` where nothing is.
const NOTHING_EXCEPTED: &str = ", excepted AS (SELECT 0 AS instance_key, 0 AS patch_key WHERE false)";

/// Adds `excepted`, the updates that exceptions accept or defer. Where there is no exception, none is looked for.
pub fn define_excepted<'a>(context: Context<'a>, query: &mut QueryBuilder<'a>) -> Result<(), StoreError> {
    let mut any = QueryBuilder::for_regions(context);
    any.bind_name("{now}", time(context.now));
    match any.row("exceptions", include_str!("exceptions/any.sql"), |row| row.get(0))? {
        true => query.with_exceptions(context, ACTIVE),
        false => query.define(NOTHING_EXCEPTED),
    };
    Ok(())
}

/// Does what [`define_excepted`] does, for instances that were found already.
pub fn define_excepted_of<'a>(
    context: Context<'a>,
    query: &mut QueryBuilder<'a>,
    (id, found): (&InstanceId, &[FoundInstance]),
) -> Result<(), StoreError> {
    let mut has_any = false;
    for instance in found {
        let mut any = QueryBuilder::by_key(context, instance);
        any.bind_name("{now}", time(context.now));
        let has: bool = any.row("exceptions", include_str!("exceptions/any_of_instance.sql"), |row| row.get(0))?;
        has_any |= has;
    }
    let mut rows = Vec::new();
    if has_any {
        let mut read = QueryBuilder::for_instances(context);
        // An account has few exceptions, and they are about its own instances only.
        let accounts: Vec<String> =
            found.iter().map(|instance| read.bind(instance.key.account_id.to_string())).collect();
        let of_accounts = format!("{ACTIVE} AND x.account_id IN ({})", accounts.join(", "));
        read.with_exceptions(context, &of_accounts).filter_by("f.instance_id = {}", id.to_string());
        rows = read.rows("excepted updates", include_str!("exceptions/excepted.sql"), |row| {
            let keys: [i64; 2] = [row.get(0)?, row.get(1)?];
            Ok(format!("({})", keys.map(|key| query.bind(key)).join(", ")))
        })?;
    }
    match rows.is_empty() {
        true => query.define(NOTHING_EXCEPTED),
        false => query
            .define(&format!(", excepted AS (SELECT * FROM (VALUES {}) e(instance_key, patch_key))", rows.join(", "))),
    };
    Ok(())
}

#[derive(Columns)]
struct Found {
    account_id: AccountId,
    name: String,
}

#[derive(Columns)]
struct Counts {
    instances: u64,
    pending_updates: u64,
    exploited_on: Option<Date>,
}

/// Reads what a new exception would be about.
pub fn draft(context: Context<'_>, draft: &ExceptionDraft) -> Result<ExceptionDraftPage, StoreError> {
    let Choices { mut accounts, patch_groups, .. } = choices(context)?;
    let (mut instance_name, mut account) = (String::new(), draft.account.clone());
    if let Some(instance) = &draft.instance {
        let mut query = QueryBuilder::for_instances(context);
        query.filter("f.gone_at IS NULL").filter_by("f.instance_id = {}", instance.to_string());
        let found: Vec<Found> = query.read("an instance", include_str!("exceptions/instance.sql"))?;
        accounts.retain(|choice| found.iter().any(|found| found.account_id.as_str() == choice.code));
        instance_name = found.first().map(|found| found.name.clone()).unwrap_or_default();
        if let [one] = found.as_slice() {
            account = account.or_else(|| Some(one.account_id.clone()));
        }
    }
    let about = match (draft.subject(), account) {
        (Some(subject), Some(account)) => Some(about(context, draft, subject, account)?),
        _ => None,
    };
    Ok(ExceptionDraftPage { now: context.now, accounts, patch_groups, instance_name, about })
}

/// Counts the instances and pending updates of an account that an exception includes.
fn about(
    context: Context<'_>,
    draft: &ExceptionDraft,
    subject: ExceptionSubject,
    account: AccountId,
) -> Result<ExceptionAbout, StoreError> {
    let mut query = QueryBuilder::for_stored_instances(context);
    let (cve, name, title) = match subject {
        ExceptionSubject::Cve(cve) => (cve.into(), String::new(), String::new()),
        ExceptionSubject::Patch { name, title } => (String::new(), name, title),
    };
    query
        .bind_name("{cve}", cve)
        .bind_name("{name}", name)
        .bind_name("{title}", title)
        .bind_name("{now}", time(context.now))
        .filter_by("f.account_id = {}", account.to_string())
        .filter_by_option("f.instance_id = {}", draft.instance.as_ref().map(InstanceId::as_str))
        .filter_by_option("f.patch_group = {}", draft.patch_group.as_deref());
    let found: Vec<Counts> = query.read("what an exception is about", include_str!("exceptions/draft.sql"))?;
    let Counts { instances, pending_updates, exploited_on } =
        found.into_iter().next().unwrap_or(Counts { instances: 0, pending_updates: 0, exploited_on: None });
    Ok(ExceptionAbout { account, instances, pending_updates, exploited_on })
}
