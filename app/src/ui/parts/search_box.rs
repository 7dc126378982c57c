//! The search in the header: a plain form that leads to the list of instances.

use crate::{model::past::AS_OF, ui::links::shown_day};
use leptos::prelude::*;

pub fn search_box() -> AnyView {
    view! {
        <form class="search" role="search" method="get" action="/instances">
            <label class="unseen" for="search">"Search machines by name, id or address"</label>
            <input id="search" type="search" name="q" placeholder="Search machines" autocomplete="off" maxlength="200" />
            {shown_day().map(|day| view! { <input type="hidden" name=AS_OF value=day.to_string() /> })}
            <button class="button" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}
