//! How old a page's figures are.

use super::{
    stamp::{age_of, time},
    to_harvest,
};
use crate::{
    model::freshness::Freshness,
    ui::format::{count, plural},
};
use jiff::Timestamp;
use leptos::prelude::*;

/// When the figures in scope were harvested, and how many accounts are behind.
pub fn freshness_line(freshness: &Freshness) -> AnyView {
    let Freshness { now, newest_harvest_at, oldest_harvest_at, accounts, accounts_fresh, accounts_stale } = *freshness;
    let Some(newest) = newest_harvest_at else {
        return view! {
            <p class="asof">
                <strong>"Not harvested yet."</strong>" "
                {to_harvest(None, "", format!("{} waiting", plural(accounts, "account", "accounts")))}
            </p>
        }
        .into_any();
    };
    let oldest = oldest_harvest_at
        .filter(|oldest| *oldest != newest)
        .map(|oldest| view! { <span class="soft">", oldest figure "{age_of(now, oldest)}</span> });
    let stale = (accounts_stale > 0).then(|| {
        view! { ", " {to_harvest(None, "behind", format!("{} stale", count(accounts_stale)))} }
    });
    view! {
        <p class="asof">
            "Harvested "<strong>{time(newest)}</strong>{oldest}
            <span class="fresh">
                {to_harvest(
                    None,
                    "",
                    format!("{} of {} fresh", count(accounts_fresh), plural(accounts, "account", "accounts")),
                )}
                {stale}
            </span>
        </p>
    }
    .into_any()
}

/// The line of a list: no row is older than this.
pub fn as_of_page(as_of: Option<Timestamp>) -> AnyView {
    match as_of {
        Some(at) => {
            view! { <p class="asof">"As of "<strong>{time(at)}</strong><span class="soft">" or later"</span></p> }
                .into_any()
        }
        None => view! { <p class="asof"><strong>"Not harvested yet."</strong></p> }.into_any(),
    }
}
