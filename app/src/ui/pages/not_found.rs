//! The page for an unknown path.

use crate::ui::prelude::*;
use leptos_router::hooks::use_location;

pub fn not_found_page() -> AnyView {
    respond_with(404);
    let path = use_location().pathname.get_untracked();
    let harvest = sees_harvest().then(|| {
        view! {
            <li><a href=with_query("/harvest", "")>"Harvest"</a>" — when each account was last harvested, and failures"</li>
        }
    });
    view! {
        <Title text="Not found" />
        <section class="card error-panel" aria-labelledby="error-title">
            <p class="error-code">"404"</p>
            <h1 id="error-title">"Page not found"</h1>
            <p>"There is no page at "<code><bdi>{path}</bdi></code>". Try one of these:"</p>
            <ul class="link-list">
                <li><a href=with_query("/", "")>"Overview"</a>" — patch status of every account"</li>
                <li><a href=with_query("/instances", "")>"Instances"</a>" — all instances, with search and filters"</li>
                <li><a href=with_query("/updates", "")>"Updates"</a>" — all updates on all instances"</li>
                {harvest}
            </ul>
        </section>
    }
    .into_any()
}
