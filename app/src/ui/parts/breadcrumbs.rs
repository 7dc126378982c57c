//! Links to the pages above this one.

use crate::ui::prelude::*;

/// Names and addresses of the pages above, then this page's name.
pub fn breadcrumbs(above: Vec<(String, String)>, here: String) -> AnyView {
    let above =
        above.into_iter().map(|(name, href)| view! { <li><a href=with_query(&href, "")><bdi>{name}</bdi></a></li> });
    view! {
        <nav class="breadcrumbs" aria-label="Breadcrumb">
            <ol>
                {above.collect_view()}
                <li><span aria-current="page"><bdi>{here}</bdi></span></li>
            </ol>
        </nav>
    }
    .into_any()
}
