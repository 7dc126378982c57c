//! The document around every page, and the HTTP status of the page that is being rendered.

/// The stylesheets in the order of their layers. `app/index.html` has the same list for Trunk.
pub const STYLESHEETS: [&str; 14] = [
    "tokens.css",
    "base.css",
    "layout.css",
    "fleet.css",
    "parts.css",
    "calendar.css",
    "narrow.css",
    "forms.css",
    "badges.css",
    "table.css",
    "charts.css",
    "enrollment.css",
    "sign_in.css",
    "print.css",
];

/// The whole HTML document. Scripts and styles come from this server only; inline scripts carry the request's nonce.
#[cfg(feature = "ssr")]
pub fn shell(options: leptos::prelude::LeptosOptions) -> impl leptos::prelude::IntoView {
    use super::App;
    use leptos::prelude::*;
    use leptos_meta::MetaTags;

    let pkg = options.site_pkg_dir.to_string();
    let styles = STYLESHEETS.map(|file| view! { <link rel="stylesheet" href=format!("/{pkg}/{file}") /> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=format!("/{pkg}/favicon.svg") type="image/svg+xml" />
                {styles.collect_view()}
                <HydrationScripts options=options.clone() islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Gives the response of the page that is being rendered an HTTP status; in the browser there is no response.
#[cfg(feature = "ssr")]
pub fn respond_with(status: u16) {
    use leptos::prelude::use_context;
    if let (Some(response), Ok(status)) =
        (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
}

#[cfg(not(feature = "ssr"))]
pub fn respond_with(_status: u16) {}

#[cfg(test)]
mod tests {
    use super::STYLESHEETS;

    #[test]
    fn trunk_copies_the_stylesheets_that_the_shell_links() {
        let index = include_str!("../../index.html");
        let copied: Vec<_> = index
            .split("../style/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|f| f.ends_with(".css"))
            .collect();
        assert_eq!(copied, STYLESHEETS);
    }
}
