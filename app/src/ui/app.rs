//! The root of every page: header, the as-of picker, the routed page, footer.

use super::{
    links::hidden_pairs,
    parts::{LiveForms, as_of_picker, customer_picker, footer, header},
    routes::routes,
    viewer::viewer,
};
use crate::model::past::AS_OF;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{components::Router, hooks::use_location};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            {header()} {viewer().map(|_| view! { <div class="toolbar">{customer_picker()} {as_of_picker()}</div> })}
            {printed_scope()}
            <main id="main" tabindex="-1">{routes()}</main>
            {footer()}
            <LiveForms />
        </Router>
    }
}

/// The filters of a printed page, which on the screen its form and its address say. The day has a line of its own.
fn printed_scope() -> AnyView {
    let location = use_location();
    let query = location.search.get_untracked();
    let filters = hidden_pairs(query.trim_start_matches('?'), &[AS_OF]).into_iter();
    let filters: Vec<String> = filters.map(|(key, value)| format!("{}: {value}", key.replace('_', " "))).collect();
    let filters = if filters.is_empty() { "no filter".to_owned() } else { filters.join(", ") };
    view! { <p class="printed-scope" aria-hidden="true">{location.pathname.get_untracked()}", "{filters}</p> }
        .into_any()
}

/// The title of a page. The server writes it unescaped into `<title>`, so an instance's name must not be able to close
/// that element.
fn title(page: String) -> String {
    let page: String = page
        .chars()
        .map(|c| match c {
            '<' => '‹',
            '>' => '›',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    format!("{page} · VM Management")
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_name_cannot_close_the_title_element() {
        assert_eq!(title("</title><script>\u{7}".into()), "‹/title›‹script›  · VM Management");
        assert_eq!(title("Overview".into()), "Overview · VM Management");
    }
}
