//! The search in the header: a plain form that leads to the list of instances.

use leptos::prelude::*;

pub fn search_box() -> AnyView {
    view! {
        <form class="search" role="search" method="get" action="/instances">
            <label class="unseen" for="search">"Search machines by name, id or address"</label>
            <input id="search" type="search" name="q" placeholder="Search machines" autocomplete="off" maxlength="200" />
            <button class="button" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}
