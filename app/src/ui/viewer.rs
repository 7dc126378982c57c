//! Whoever looks at the page, and from where; the server hands it to each page.

use crate::model::viewer::Viewer;
use leptos::prelude::use_context;

/// Nobody before they have signed in.
pub fn viewer() -> Option<Viewer> {
    use_context()
}

/// The page is shown in somebody else's, which has a name, a way out and a foot of its own.
#[derive(Clone, Copy, Debug)]
pub struct InFrame;

pub fn in_frame() -> bool {
    use_context::<InFrame>().is_some()
}

/// Whether the harvest's page is there for them.
pub fn sees_harvest() -> bool {
    viewer().is_some_and(|viewer| viewer.role.sees_harvest())
}
