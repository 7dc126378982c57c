//! Links to an account, to the harvest page and to a figure's trend.

use crate::{
    model::{AccountId, Provider, TrendFigure},
    ui::prelude::*,
};

/// An account in a table: its name as a link, with its provider and customer.
pub fn account_cell(account: &AccountId, name: String, provider: &Provider, customer: String) -> AnyView {
    view! {
        <a class="name" href=links::account(account)><bdi>{name}</bdi></a>
        <span class="secondary">{provider.label().to_owned()}", "<bdi>{customer}</bdi></span>
    }
    .into_any()
}

/// A link to the harvest page for those who may open it; plain text for others.
pub fn harvest_link(account: Option<&AccountId>, class: &'static str, text: impl IntoView + 'static) -> AnyView {
    let class = Some(class).filter(|class| !class.is_empty());
    if sees_harvest() {
        view! { <a class=class href=links::harvest(account)>{text}</a> }.into_any()
    } else {
        view! { <span class=class>{text}</span> }.into_any()
    }
}

pub fn trend_link(figure: TrendFigure, links: &AccountLinks) -> AnyView {
    let label = format!("Trend of {}", figure.label());
    view! { <a class="trend" href=links.trend(figure) aria-label=label.clone() title=label>{icon(Icon::Trend)}</a> }
        .into_any()
}
