//! `/sign-in`: the available sign-in methods, and the result of the last attempt.

use crate::{
    model::{SamplePerson, SignInWays, Viewer},
    ui::{links::hidden_pairs, prelude::*, viewer::viewer},
};
use leptos_router::hooks::use_location;

/// The page's path.
pub const SIGN_IN: &str = "/sign-in";

/// The messages by the `said` parameter that the server sends along.
const MESSAGES: [(&str, &str); 4] = [
    ("signed_out", "You have signed out."),
    ("login_failed", "Sign-in failed. Try again."),
    ("no_access", "Your account has no access to this portal. Contact your administrator."),
    ("unavailable", "The sign-in service is not available. Try again in a minute."),
];

pub fn sign_in_page() -> AnyView {
    let query = use_location().search.get_untracked();
    let pairs = hidden_pairs(&query, &[]);
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let message =
        value("said").and_then(|code| MESSAGES.iter().find(|(known, _)| *known == code)).map(|(_, text)| *text);
    let return_to = value("return_to");
    if let Some(viewer) = viewer() {
        return signed_in(viewer);
    }
    let ways = use_context::<SignInWays>().unwrap_or_default();
    view! {
        <Title text="Sign in" />
        <section class="card sign-in" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">"Sign in"</h1>
            {message.map(|message| view! { <p class="message" role="status">{message}</p> })}
            {ways.oidc.then(|| oidc(return_to.as_deref()))}
            {ways.proxy.then(proxy)}
            {people(ways.people, return_to.clone())}
            {ways.break_glass.then(|| break_glass(return_to))}
        </section>
    }
    .into_any()
}

/// For somebody who is signed in already.
fn signed_in(viewer: Viewer) -> AnyView {
    view! {
        <Title text="Sign in" />
        <section class="card sign-in" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">"You are signed in"</h1>
            <p><bdi>{viewer.name}</bdi>", "{viewer.role.name().to_lowercase()}</p>
            <p class="actions">
                <a class="button primary" href=with_query("/", "")>"Go to the overview"</a>
            </p>
            <form method="post" action="/sign-out">
                <button class="button" type="submit">"Sign out"</button>
            </form>
        </section>
    }
    .into_any()
}

/// A link instead of a form: the pages' content security policy forbids forms to other hosts.
fn oidc(return_to: Option<&str>) -> AnyView {
    let query = return_to.map(|path| ("return_to", path));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let href = if query.is_empty() { "/sign-in/oidc".to_owned() } else { format!("/sign-in/oidc?{query}") };
    view! {
        <p>
            <a class="button primary" rel="external" href=href>"Sign in with your company account"</a>
        </p>
    }
    .into_any()
}

/// Shown only when the page is opened without the proxy.
fn proxy() -> AnyView {
    view! {
        <p>"Your organization signs you in before you reach this portal. Open the address that you were given."</p>
    }
    .into_any()
}

/// The emergency operator, collapsed: for when no other method works.
fn break_glass(return_to: Option<String>) -> AnyView {
    view! {
        <details>
            <summary>"Emergency sign-in"</summary>
            <form method="post" action="/sign-in/break-glass">
                {return_to.map(|path| view! { <input type="hidden" name="return_to" value=path /> })}
                <label>"User" <input name="user" autocomplete="username" required /></label>
                <label>
                    "Password" <input name="password" type="password" autocomplete="current-password" required />
                </label>
                <button class="button" type="submit">"Sign in"</button>
            </form>
        </details>
    }
    .into_any()
}

/// A button for each person of the demo.
fn people(people: Vec<SamplePerson>, return_to: Option<String>) -> Option<AnyView> {
    if people.is_empty() {
        return None;
    }
    let buttons = people.into_iter().map(|person| {
        view! {
            <li>
                <button class="button" type="submit" name="person" value=person.code>{person.name}</button>
                <p><b>{person.role.name()}</b>" — "{person.sees}</p>
            </li>
        }
    });
    let form = view! {
        <p>"This is a demo. Sign in as one of these people:"</p>
        <form method="post" action="/sign-in/demo">
            {return_to.map(|path| view! { <input type="hidden" name="return_to" value=path /> })}
            <ul>{buttons.collect_view()}</ul>
        </form>
    };
    Some(form.into_any())
}
