//! The name and role of the signed-in person, and signing out.

use crate::model::viewer::Viewer;
use leptos::prelude::*;

pub fn user_menu(viewer: Viewer) -> AnyView {
    view! {
        <details class="user-menu">
            <summary><bdi>{viewer.name}</bdi></summary>
            <div class="card">
                <p>{viewer.role.name()}</p>
                <form method="post" action="/sign-out">
                    <button class="button" type="submit">"Sign out"</button>
                    <button class="button" type="submit" name="everywhere" value="1">"Sign out everywhere"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}
