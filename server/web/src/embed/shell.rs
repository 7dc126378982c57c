//! `GET /embed/`: the frame's empty document, the same for all users.

use super::state::Embed;
use app::ui::STYLESHEETS;
use axum::{extract::State, response::Html};
use std::sync::Arc;

pub async fn show_shell(State(embed): State<Arc<Embed>>) -> Html<String> {
    Html(document(&embed.origins()))
}

/// The origins were validated when the configuration was read, so they need no escaping.
fn document(parents: &str) -> String {
    let styles: String =
        STYLESHEETS.iter().map(|file| format!("<link rel=\"stylesheet\" href=\"/pkg/{file}\">\n")).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"muster-parents\" content=\"{parents}\">\n\
         <title>VM Management</title>\n\
         <link rel=\"icon\" href=\"/pkg/favicon.svg\" type=\"image/svg+xml\">\n{styles}\
         <link rel=\"stylesheet\" href=\"/embed/frame.css\">\n\
         <script type=\"module\" src=\"/embed/frame.js\"></script>\n</head>\n\
         <body>\n<main id=\"main\" tabindex=\"-1\"><p role=\"status\">Opening VM Management…</p></main>\n\
         <noscript><p>VM Management needs JavaScript when it is embedded in another page.</p></noscript>\n</body>\n</html>\n"
    )
}
