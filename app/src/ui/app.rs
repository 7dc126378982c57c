//! The root of every page: header, the page that the route names, footer.

use super::{
    parts::{LiveForms, footer, header, look_back},
    routes::routes,
    viewer::viewer,
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to the content"</a>
            {header()} {viewer().map(|_| look_back())}
            <main id="main" tabindex="-1">{routes()}</main>
            {footer()}
            <LiveForms />
        </Router>
    }
}

/// A page's title in the browser's tab. The server writes it into `<title>` as it is, so a machine's name must not be
/// able to end that element.
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
    fn a_name_cannot_leave_the_title() {
        assert_eq!(title("</title><script>\u{7}".into()), "‹/title›‹script›  · VM Management");
        assert_eq!(title("Overview".into()), "Overview · VM Management");
    }
}
