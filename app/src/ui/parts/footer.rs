//! The foot of every page: whose clock the times follow, and what the three clocks are.

use crate::ui::viewer::in_frame;
use leptos::prelude::*;

pub fn footer() -> AnyView {
    view! {
        <footer class="foot">
            <p>{if in_frame() { "All times are UTC." } else { "VM Management, by Muster. All times are UTC." }}</p>
            <p>
                <b>"Online"</b>" is a machine's last ping, "<b>"scanned"</b>" the end of its last patch operation, "
                <b>"harvested"</b>" our last good pull of its account. They are three clocks, never merged."
            </p>
        </footer>
    }
    .into_any()
}
