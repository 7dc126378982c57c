//! The account's header, and its harvests.

use crate::{
    model::{AccountFilter, AccountId, AccountRow, HarvestRow, InstanceFilter},
    ui::prelude::*,
};

pub fn head(account: &AccountRow, systems_account: &str) -> AnyView {
    let provider = AccountFilter { provider: Some(account.provider.code().to_owned()), ..AccountFilter::default() };
    let customer = InstanceFilter { customer: Some(account.customer_id.clone()), ..InstanceFilter::default() };
    let above = vec![
        ("Overview".to_owned(), "/".to_owned()),
        (account.provider.label().to_owned(), links::overview(&provider)),
    ];
    view! {
        <div class="page-header">
            {breadcrumbs(above, account.account_name.clone())}
            <div class="page-title"><h1><bdi>{account.account_name.clone()}</bdi></h1>{harvest_badge(account.harvest_state)}</div>
            <ul class="metadata">
                <li><span class="muted">"Account "</span><bdi class="mono">{account.account_id.to_string()}</bdi></li>
                <li>
                    <span class="muted">"Customer "</span>
                    <a href=links::instances(&customer)><bdi>{account.customer_name.clone()}</bdi></a>
                </li>
                <li><span class="muted">"Systems account "</span><bdi class="mono">{systems_account.to_owned()}</bdi></li>
                {account.unmanaged_instances.map(|unmanaged| {
                    let link = figure(unmanaged, "#unmanaged".to_owned(), "unmanaged EC2 instances".to_owned());
                    view! { <li><span class="muted">"Unmanaged "</span>{link}</li> }
                })}
                <li><span class="muted">"Last scan "</span>{time_or(account.last_scan_at, "Never")}</li>
            </ul>
        </div>
    }
    .into_any()
}

/// One line per Region with its last harvest and state.
pub fn harvests(rows: Vec<HarvestRow>, account: &AccountId, now: Timestamp) -> AnyView {
    let empty =
        rows.is_empty().then(|| empty_state("No harvest yet", "The first harvest of this account has not run."));
    let rows = rows.into_iter().map(|row| {
        let errors = row.errors.len() as u64;
        let reason = row.errors.first().map(|first| {
            let since = age_of(now, first.since);
            let others = (errors > 1).then(|| format!(", and {} more", errors - 1));
            let text = match first.message.is_empty() {
                true => first.class.label().to_owned(),
                false => format!("{}: {}", first.operation, first.message),
            };
            view! {
                <span class="item-reason">
                    <bdi>{text}</bdi>
                    <span class="muted">" (since "{since}")"{others}</span>
                </span>
            }
        });
        let harvested = match row.last_read_at {
            Some(at) => view! { "harvested "{age_of(now, at)} }.into_any(),
            None => "never harvested".into_any(),
        };
        view! {
            <li>
                <span class="item">
                    <span class="item-title"><b>{row.region}</b><span class="muted">{harvested}</span></span>
                    {harvest_badge(row.state)} {reason}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card list-card">
            <div class="card-header"><h2>"Harvest"</h2></div>
            {empty}
            <ul class="item-list">{rows}</ul>
            {sees_harvest().then(|| {
                view! {
                    <p class="card-footer">
                        <a href=links::harvest(Some(account))>"View calls, rows and errors"</a>
                    </p>
                }
            })}
        </section>
    }
    .into_any()
}
