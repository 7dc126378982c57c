//! A link to the harvest page for those who may open it; plain text for others.

use crate::{
    model::ids::AccountId,
    ui::{links, viewer::sees_harvest},
};
use leptos::prelude::*;

pub fn harvest_link(account: Option<&AccountId>, class: &'static str, text: impl IntoView + 'static) -> AnyView {
    let class = Some(class).filter(|class| !class.is_empty());
    if sees_harvest() {
        view! { <a class=class href=links::harvest(account)>{text}</a> }.into_any()
    } else {
        view! { <span class=class>{text}</span> }.into_any()
    }
}
