//! The search in the header: a form that leads to the list of instances.

use crate::{model::past::AS_OF, ui::links::as_of_day};
use leptos::prelude::*;

pub fn search_box() -> AnyView {
    view! {
        <form class="search" role="search" method="get" action="/instances">
            <label class="visually-hidden" for="search">"Search instances by name, ID or address"</label>
            <input id="search" type="search" name="q" placeholder="Search instances" autocomplete="off" maxlength="200" />
            {as_of_day().map(|day| view! { <input type="hidden" name=AS_OF value=day.to_string() /> })}
            <button class="button" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}
