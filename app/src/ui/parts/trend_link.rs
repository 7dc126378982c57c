//! A link from a figure to its trend.

use crate::{model::trend::TrendFigure, ui::links::AccountLinks};
use leptos::prelude::*;

pub fn trend_link(figure: TrendFigure, links: &AccountLinks) -> AnyView {
    let label = format!("Trend of {}", figure.label());
    view! { <a class="secondary trend" href=links.trend(figure) aria-label=label>"Trend"</a> }.into_any()
}
