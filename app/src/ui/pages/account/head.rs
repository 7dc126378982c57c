//! Who the account is, and how its harvests go.

use crate::{
    model::{
        account::AccountRow,
        filter::{AccountFilter, InstanceFilter},
        harvest::HarvestRow,
        ids::AccountId,
    },
    ui::{
        format::plural,
        links,
        parts::{age_of, crumbs, harvest_badge, nothing_here, time_or},
        viewer::sees_harvest,
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn head(account: &AccountRow, systems_account: &str) -> AnyView {
    let provider = AccountFilter { provider: Some(account.provider.code().to_owned()), ..AccountFilter::default() };
    let customer = InstanceFilter { customer: Some(account.customer_id.clone()), ..InstanceFilter::default() };
    let above = vec![
        ("Overview".to_owned(), "/".to_owned()),
        (account.provider.label().to_owned(), links::overview(&provider)),
    ];
    view! {
        <div class="page-head">
            {crumbs(above, account.account_name.clone())}
            <div class="title"><h1><bdi>{account.account_name.clone()}</bdi></h1>{harvest_badge(account.harvest_state)}</div>
            <ul class="about">
                <li><span class="soft">"Account "</span><bdi class="mono">{account.account_id.to_string()}</bdi></li>
                <li>
                    <span class="soft">"Customer "</span>
                    <a href=links::instances(&customer)><bdi>{account.customer_name.clone()}</bdi></a>
                </li>
                <li><span class="soft">"Systems account "</span><bdi class="mono">{systems_account.to_owned()}</bdi></li>
                <li><span class="soft">"Last scan "</span>{time_or(account.last_scan_at, "never")}</li>
            </ul>
        </div>
    }
    .into_any()
}

/// One line for each Region: its own clock and state.
pub fn harvests(rows: Vec<HarvestRow>, account: &AccountId, now: Timestamp) -> AnyView {
    let empty = rows.is_empty().then(|| nothing_here("No harvest yet", "The account is waiting for its first."));
    let rows = rows.into_iter().map(|row| {
        let errors = row.errors.len() as u64;
        let why = row.errors.first().map(|first| {
            let since = age_of(now, first.since);
            let others = (errors > 1).then(|| format!(", and {} more", errors - 1));
            view! {
                <span class="why">
                    <bdi>{first.operation.clone()}</bdi>": "<bdi>{first.message.clone()}</bdi>
                    <span class="soft">" (since "{since}")"{others}</span>
                </span>
            }
        });
        let good = match row.last_good_at {
            Some(at) => age_of(now, at),
            None => "never".into_any(),
        };
        view! {
            <li>
                <span class="line">
                    <span class="who"><b>{row.region}</b><span class="soft">"harvested "{good}</span></span>
                    {harvest_badge(row.state)} {why}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card attention">
            <div class="card-head"><h2>"Harvest"</h2></div>
            {empty}
            <ul class="rows">{rows}</ul>
            {sees_harvest().then(|| {
                view! {
                    <p class="card-foot">
                        <a href=links::harvest(Some(account))>"Calls, rows and errors of this account"</a>
                    </p>
                }
            })}
        </section>
    }
    .into_any()
}

/// The sentence under a run's status.
pub fn reached(completed: u64, targets: u64) -> String {
    format!("{completed} of {}", plural(targets, "machine", "machines"))
}
