//! Whoever looks at the page; the server hands it to each page.

use crate::model::viewer::Viewer;
use leptos::prelude::use_context;

/// Nobody before they have signed in.
pub fn viewer() -> Option<Viewer> {
    use_context()
}
