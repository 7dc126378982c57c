//! Where a page is, as links back.

use crate::ui::links::with_query;
use leptos::prelude::*;

/// The pages above this one, and this one's name at the end.
pub fn crumbs(above: Vec<(String, String)>, here: String) -> AnyView {
    let above =
        above.into_iter().map(|(name, href)| view! { <li><a href=with_query(&href, "")><bdi>{name}</bdi></a></li> });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
                {above.collect_view()}
                <li><span aria-current="page"><bdi>{here}</bdi></span></li>
            </ol>
        </nav>
    }
    .into_any()
}
