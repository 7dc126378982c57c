//! The person who views the page, and whether it is framed; the server provides both to each page.

use super::links::as_of_day;
use crate::model::Viewer;
use leptos::prelude::use_context;

/// None before sign-in.
pub fn viewer() -> Option<Viewer> {
    use_context()
}

/// Provided when the page is shown inside an embedding page, which has its own product name, sign-out and footer.
#[derive(Clone, Copy, Debug)]
pub struct InFrame;

pub fn in_frame() -> bool {
    use_context::<InFrame>().is_some()
}

/// Whether the viewer may make and revoke exceptions here. A frame has no forms of its own, and a past day is over.
pub fn makes_exceptions() -> bool {
    !in_frame() && as_of_day().is_none() && viewer().is_some_and(|viewer| viewer.role.makes_exceptions())
}

/// Whether the viewer may create links for others here.
pub fn creates_links() -> bool {
    !in_frame() && viewer().is_some_and(|viewer| viewer.role.lets_auditors_in())
}

/// Whether the viewer may open the harvest page.
pub fn sees_harvest() -> bool {
    viewer().is_some_and(|viewer| viewer.role.sees_harvest())
}

/// Provided when an enrollment server is configured, and the page shows the present.
#[derive(Clone, Copy, Debug)]
pub struct EnrollsInstances;

/// Whether there are pages about enrollment.
pub fn enrolls_instances() -> bool {
    use_context::<EnrollsInstances>().is_some()
}

/// Whether the viewer may approve, retry and reset enrollments here. A frame has no forms of its own.
pub fn decides_enrollments() -> bool {
    !in_frame() && sees_harvest()
}
