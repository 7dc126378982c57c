//! How old a page's data is.

use crate::{
    model::{Freshness, HarvestState},
    ui::{parts::timestamp::time, prelude::*},
};

/// When the accounts in scope were last harvested, and how many of them are stale.
pub fn freshness_line(freshness: &Freshness) -> AnyView {
    let Freshness { now, newest_harvest_at, oldest_harvest_at, accounts, accounts_fresh, accounts_stale } = *freshness;
    let Some(newest) = newest_harvest_at else {
        return view! {
            <p class="freshness">
                <strong>"Not harvested yet."</strong>" "
                {harvest_link(None, "", format!("{} waiting", plural(accounts, "account", "accounts")))}
            </p>
        }
        .into_any();
    };
    let oldest = oldest_harvest_at
        .filter(|oldest| *oldest != newest)
        .map(|oldest| view! { <span class="muted">", oldest data "{age_of(now, oldest)}</span> });
    let stale = (accounts_stale > 0).then(|| {
        view! { ", " {harvest_link(None, "stale", format!("{} stale", count(accounts_stale)))} }
    });
    view! {
        <p class="freshness">
            "Harvested "<strong>{time(newest)}</strong>{oldest}
            <span class="freshness-accounts">
                {harvest_link(
                    None,
                    "",
                    format!("{} of {} up to date", count(accounts_fresh), plural(accounts, "account", "accounts")),
                )}
                {stale}
            </span>
        </p>
    }
    .into_any()
}

/// Marks figures that the last harvest did not update, with the time of the harvest that they are from.
pub fn staleness(state: HarvestState, harvested_at: Option<Timestamp>, class: &'static str) -> AnyView {
    let as_of = harvested_at.map_or("no data yet".to_owned(), |at| format!("data as of {}", format::date_time(at)));
    view! { <span class="badge-note">{harvest_badge(state)}<span class=class>{as_of}</span></span> }.into_any()
}

/// The line above a list: no row is older than this.
pub fn as_of_line(as_of: Option<Timestamp>) -> AnyView {
    match as_of {
        Some(at) => {
            view! { <p class="freshness">"As of "<strong>{time(at)}</strong><span class="muted">" or later"</span></p> }
                .into_any()
        }
        None => view! { <p class="freshness"><strong>"Not harvested yet."</strong></p> }.into_any(),
    }
}
