//! An address that no page has.

use crate::ui::{links::with_query, shell::respond_with, viewer::sees_harvest};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

pub fn not_found_page() -> AnyView {
    respond_with(404);
    let path = use_location().pathname.get_untracked();
    let harvest = sees_harvest().then(|| {
        view! {
            <li><a href=with_query("/harvest", "")>"Harvest"</a>" — how fresh the figures are, and what went wrong"</li>
        }
    });
    view! {
        <Title text="Not found" />
        <section class="card problem" aria-labelledby="problem-title">
            <p class="code">"404"</p>
            <h1 id="problem-title">"There is no such page"</h1>
            <p>"Nothing is at "<code><bdi>{path}</bdi></code>". These pages exist:"</p>
            <ul class="ways-list">
                <li><a href=with_query("/", "")>"Overview"</a>" — how every account is patched, worst first"</li>
                <li><a href=with_query("/instances", "")>"Instances"</a>" — every machine, with search and filters"</li>
                <li><a href=with_query("/updates", "")>"Updates"</a>" — every update on every machine"</li>
                {harvest}
            </ul>
        </section>
    }
    .into_any()
}
