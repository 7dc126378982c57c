//! A way to the harvest's page for those who have it; for others the same words, which lead nowhere.

use crate::{
    model::ids::AccountId,
    ui::{links, viewer::sees_harvest},
};
use leptos::prelude::*;

pub fn to_harvest(account: Option<&AccountId>, class: &'static str, words: impl IntoView + 'static) -> AnyView {
    let class = Some(class).filter(|class| !class.is_empty());
    if sees_harvest() {
        view! { <a class=class href=links::harvest(account)>{words}</a> }.into_any()
    } else {
        view! { <span class=class>{words}</span> }.into_any()
    }
}
