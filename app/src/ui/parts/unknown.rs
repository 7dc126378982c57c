//! What is shown in place of figures and rows that are not known: accounts that were never harvested, and filters that
//! select no account.

use crate::{
    model::{Freshness, HarvestState, Page},
    ui::prelude::*,
};

/// In place of a figure that is not known.
pub fn unknown_figure() -> AnyView {
    view! { <span class="muted" title="Unknown: never harvested">"—"<span class="visually-hidden">" unknown"</span></span> }
        .into_any()
}

/// In place of everything of accounts that were never harvested: what is unknown, and what to do.
pub fn never_harvested(accounts: u64) -> AnyView {
    let what = match accounts {
        1 => "This account was never harvested, so its instances and updates are not known.".to_owned(),
        _ => format!(
            "None of these {accounts} accounts was ever harvested, so their instances and updates are not known."
        ),
    };
    let remedy = match sees_harvest() {
        true => view! {
            <p class="muted">"The harvest page shows why, and what to do."</p>
            <p><a class="button" href=links::harvest_in(HarvestState::Never)>"View harvest"</a></p>
        }
        .into_any(),
        false => view! { <p class="muted">"Ask the operators of VM Management: they see why, and what to do."</p> }
            .into_any(),
    };
    view! {
        <div class="empty-state">
            <p>{icon(Icon::Unknown)}" "<strong>"Unknown"</strong></p>
            <p class="muted">{what}</p>
            {remedy}
        </div>
    }
    .into_any()
}

/// In place of everything if the filters select no account; `all` is the page without filters.
fn no_account(all: &str) -> AnyView {
    view! {
        <div class="empty-state">
            <p>{icon(Icon::Unknown)}" "<strong>"No account matches these filters."</strong></p>
            <p class="muted">"Check the customer, the provider and the account. Only accounts that you may see are searched."</p>
            <p><a class="button" href=with_query(all, "")>"Clear filters"</a></p>
        </div>
    }
    .into_any()
}

/// Returns what a page shows in place of its figures, if nothing is known of the accounts that it is about.
pub fn unknown_accounts(freshness: &Freshness, all: &str) -> Option<AnyView> {
    let content = if freshness.accounts == 0 {
        no_account(all)
    } else if freshness.is_unknown() {
        never_harvested(freshness.accounts)
    } else {
        return None;
    };
    Some(view! { <section class="card" aria-label="Nothing is known">{content}</section> }.into_any())
}

/// In place of the rows of a list that has none.
pub fn no_rows<T>(page: &Page<T>, what: &'static str, all: &str) -> AnyView {
    let never = page.accounts_never;
    if page.accounts == 0 {
        return no_account(all);
    }
    if never > 0 && page.as_of.is_none() {
        return never_harvested(page.accounts);
    }
    let unknown = (never > 0).then(|| {
        let accounts = plural(never, "account has", "accounts have");
        let text = format!("{accounts} a Region that was never harvested: what it has is not known.");
        view! { <p class="muted">{text}</p> }
    });
    (no_matches(what, all), unknown).into_any()
}
