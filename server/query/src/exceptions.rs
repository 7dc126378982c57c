//! Exceptions: pending updates that somebody accepts or defers until a day.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    choices::choices,
    listing::Listing,
};
use muster_model::{
    column::Columns,
    exception::{ExceptionDraftPage, ExceptionRow, ExceptionSubject},
    filter::{ExceptionDraft, ExceptionFilter},
    ids::AccountId,
};
use muster_store::error::StoreError;

/// The order of states: what needs work first.
const RANK: &str = "list_position(['reopened', 'active', 'expired', 'withdrawn'], f.state)";

/// The instances that an exception includes.
const INCLUDES: &str = "f.exception_id IN (SELECT t.exception_id FROM exception_target t WHERE t.instance_id = {})";

/// Prepares the exceptions that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &ExceptionFilter) -> Result<Listing<'a, ExceptionRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.with_exceptions(context).define(include_str!("exceptions/listed.sql"));
    query.filter_columns(filter).search("f.cve, f.kb_id, f.title, f.reason, f.made_by_name", filter.q.as_deref());
    if let Some(instance) = &filter.instance {
        query.filter_by(INCLUDES, instance.to_string());
    }
    let exceptions = [("state", RANK), ("title", "lower(f.cve || f.title)"), ("made_by", "lower(f.made_by_name)")];
    let order = format!("{}, f.until_day, f.made_at DESC, f.exception_id", order_by(&filter.order, &exceptions));
    Ok(Listing::from_query(query, "exceptions", include_str!("exceptions/list.sql"), order))
}

#[derive(Columns)]
struct Found {
    account_id: AccountId,
    name: String,
}

/// Reads what a new exception would be about.
pub fn draft(context: Context<'_>, draft: &ExceptionDraft) -> Result<ExceptionDraftPage, StoreError> {
    let mut accounts = choices(context)?.accounts;
    let mut instance_name = String::new();
    let mut account = draft.account.clone();
    if let Some(instance) = &draft.instance {
        let mut query = QueryBuilder::for_instances(context);
        query.filter("f.gone_at IS NULL").filter_by("f.instance_id = {}", instance.to_string());
        let found: Vec<Found> = query.read("an instance", include_str!("exceptions/instance.sql"))?;
        accounts.retain(|choice| found.iter().any(|found| found.account_id.as_str() == choice.code));
        instance_name = found.first().map(|found| found.name.clone()).unwrap_or_default();
        account = account.or_else(|| found.first().map(|found| found.account_id.clone()));
    }
    let pending_updates = match (draft.subject(), account) {
        (Some(subject), Some(account)) => Some(pending(context, draft, &subject, &account)?),
        _ => None,
    };
    Ok(ExceptionDraftPage { now: context.now, accounts, instance_name, pending_updates })
}

fn pending(
    context: Context<'_>,
    draft: &ExceptionDraft,
    subject: &ExceptionSubject,
    account: &AccountId,
) -> Result<u64, StoreError> {
    let mut query = QueryBuilder::for_stored_instances(context);
    query.filter_by("f.account_id = {}", account.to_string());
    match subject {
        ExceptionSubject::Cve(cve) => {
            query.filter_by("u.patch_key IN (SELECT patch_key FROM patch_cve WHERE cve = {})", cve.clone())
        }
        ExceptionSubject::Patch { name, title } => query
            .filter("u.patch_key IN (SELECT patch_key FROM patch WHERE kb_id = {name} AND title = {title})")
            .bind_name("{name}", name.clone())
            .bind_name("{title}", title.clone()),
    };
    query
        .filter_by_option("f.instance_id = {}", draft.instance.as_ref().map(|instance| instance.as_str()))
        .filter_by_option("f.patch_group = {}", draft.patch_group.as_deref());
    query.row("the updates of an exception", include_str!("exceptions/draft.sql"), |row| row.get(0))
}
