//! The footer of every page: the time zone, and what the three times mean.

use crate::ui::{prelude::*, viewer::in_frame};

pub fn footer() -> AnyView {
    view! {
        <footer class="site-footer">
            <p>{if in_frame() { "All times are UTC." } else { "VM Management, by Muster. All times are UTC." }}</p>
            <p>
                <b>"Online"</b>" refers to an instance's last ping, "<b>"scanned"</b>" to its last patch operation, and "
                <b>"harvested"</b>" to the last successful harvest of its account."
            </p>
        </footer>
    }
    .into_any()
}
