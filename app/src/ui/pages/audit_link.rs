//! `/audit-link`: the page that an auditor's link opens. The token is the fragment after `#`, so it never reaches a server
//! log or a referrer. A short script copies it into the form; without JavaScript it can be pasted there.

use crate::ui::{links::hidden_pairs, prelude::*};
use leptos_router::hooks::use_location;

pub const AUDIT_LINK: &str = "/audit-link";

pub fn audit_link_page() -> AnyView {
    let query = use_location().search.get_untracked();
    let is_rejected = hidden_pairs(&query, &[]).iter().any(|(name, value)| name == "said" && value == "ended");
    let rejected = is_rejected.then(|| {
        view! {
            <p class="message" role="alert">
                "This link is expired, revoked or incomplete. Ask the sender for a new one."
            </p>
        }
    });
    view! {
        <Title text="Auditor link" />
        <section class="card sign-in" aria-labelledby="audit-link-title">
            <h1 id="audit-link-title">"View as an auditor"</h1>
            {rejected}
            <p>"This link shows one customer's instances as of the end of one day."</p>
            <form id="audit-link" method="post" action="/audit-link/open">
                <label>"Link code (the part after #)" <input name="token" autocomplete="off" required /></label>
                <button class="button primary" type="submit">"Open"</button>
            </form>
            <script src="/audit-link/fill.js" defer="defer"></script>
        </section>
    }
    .into_any()
}
