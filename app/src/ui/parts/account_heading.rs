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

/// The same as the heading of a row.
pub fn account_heading(account: &AccountId, name: String, provider: &Provider, customer: String) -> AnyView {
    view! { <th scope="row">{account_cell(account, name, provider, customer)}</th> }.into_any()
}
