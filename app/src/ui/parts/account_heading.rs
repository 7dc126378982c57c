//! An account in a table: its name as a link, with its provider and customer.

use crate::{
    model::{ids::AccountId, provider::Provider},
    ui::links,
};
use leptos::prelude::*;

pub fn account_cell(account: &AccountId, name: String, provider: &Provider, customer: String) -> AnyView {
    view! {
        <a class="name" href=links::account(account)><bdi>{name}</bdi></a>
        <span class="secondary">{provider.label().to_owned()}", "<bdi>{customer}</bdi></span>
    }
    .into_any()
}
