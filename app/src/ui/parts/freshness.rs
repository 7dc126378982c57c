//! How old a page's data is.

use crate::{
    model::{Freshness, HarvestState},
    ui::{parts::timestamp::time, prelude::*},
};

/// When the accounts of `links` were last harvested, and how many of them are in each state.
pub fn freshness_line(freshness: &Freshness, links: &AccountLinks) -> AnyView {
    let Freshness { now, newest_harvest_at, oldest_harvest_at, accounts, .. } = *freshness;
    if accounts == 0 {
        return view! { <p class="freshness"><strong>"No account is selected."</strong></p> }.into_any();
    }
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
    let others = HarvestState::ALL.into_iter().filter(|state| *state != HarvestState::Fresh);
    let others = others.map(|state| (state, freshness.accounts_in(state))).filter(|(_, n)| *n > 0).map(|(state, n)| {
        let text = format!("{} {}", count(n), state.label().to_lowercase());
        view! { ", " <a class="stale" href=links.harvest_state(state)>{text}</a> }
    });
    let fresh = format!("{} of {} fresh", count(freshness.accounts_fresh), plural(accounts, "account", "accounts"));
    view! {
        <p class="freshness">
            "Harvested "<strong>{time(newest)}</strong>{oldest}
            <span class="freshness-accounts">
                <a href=links.harvest_state(HarvestState::Fresh)>{fresh}</a> {others.collect_view()}
            </span>
        </p>
    }
    .into_any()
}

/// Marks figures that the last harvest did not update, with the time of the harvest that they are from.
pub fn staleness(state: HarvestState, harvested_at: Option<Timestamp>, class: &'static str) -> AnyView {
    let as_of = harvested_at.map_or("unknown".to_owned(), |at| format!("data as of {}", format::date_time(at)));
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
