//! `/audit-link`: where an auditor's link leads. It stands behind the `#`, so no server, log or referrer ever has it; a
//! script of a few lines puts it into the form, and without scripts it can be pasted there. Only the button opens it.

use crate::ui::links::hidden_pairs;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

pub const AUDIT_LINK: &str = "/audit-link";

pub fn audit_link_page() -> AnyView {
    let query = use_location().search.get_untracked();
    let ended = hidden_pairs(&query, &[]).iter().any(|(name, value)| name == "said" && value == "ended");
    let ended = ended.then(|| {
        view! {
            <p class="said" role="alert">
                "This link opens nothing: it has expired, was revoked or is not whole. Ask whoever gave it to you."
            </p>
        }
    });
    view! {
        <Title text="Auditor's link" />
        <section class="card sign-in" aria-labelledby="audit-link-title">
            <h1 id="audit-link-title">"Look as an auditor"</h1>
            {ended}
            <p>"You were sent a link to one customer's machines as they were at the end of one day."</p>
            <form class="emergency" id="audit-link" method="post" action="/audit-link/open">
                <label>"What stands behind the # in the link" <input name="token" autocomplete="off" required /></label>
                <button class="button primary" type="submit">"Open"</button>
            </form>
            <script src="/audit-link/fill.js" defer="defer"></script>
        </section>
    }
    .into_any()
}
