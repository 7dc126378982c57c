//! The heading of an account's row: its name as a link, and whose and where it is.

use crate::{
    model::{ids::AccountId, provider::Provider},
    ui::links,
};
use leptos::prelude::*;

pub fn account_heading(account: &AccountId, name: String, provider: &Provider, customer: String) -> AnyView {
    view! {
        <th scope="row">
            <a class="name" href=links::account(account)><bdi>{name}</bdi></a>
            <span class="sub">{provider.label().to_owned()}", "<bdi>{customer}</bdi></span>
        </th>
    }
    .into_any()
}
