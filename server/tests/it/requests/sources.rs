//! The routes that the sources declare, to compare with the table of routes.

use axum::http::Method;
use std::collections::BTreeSet;

/// Every route in the sources with its methods: of the router, the pages and the server functions.
pub fn in_sources() -> BTreeSet<(String, Method)> {
    let mut found: BTreeSet<(String, Method)> = BTreeSet::new();
    for (file, text) in crate::project::tidy::files("server/web/src", &[".rs"]) {
        for rest in text.split(".route(\"").skip(1) {
            let (path, handlers) = rest.split_once('"').expect("a path in quotes");
            let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
            let methods = methods.into_iter().filter(|method| has_method(arguments(handlers), method));
            let before = found.len();
            found.extend(methods.map(|method| (path.to_owned(), method)));
            assert!(found.len() > before, "{file}: {path} has no known method");
        }
        for rest in text.split(".nest_service(\"").skip(1) {
            found.insert((rest.split('"').next().unwrap_or_default().to_owned(), Method::GET));
        }
    }
    // The OpenAPI document has the routes of lists, which the router takes from one table.
    let described: serde_json::Value = serde_json::from_str(&muster_web::api::openapi::OPENAPI).expect("JSON");
    let described = described["paths"].as_object().expect("paths").keys();
    found.extend(described.map(|path| (path.clone(), Method::GET)));
    for page in leptos_axum::generate_route_list(app::ui::App) {
        found.insert((page.path().to_owned(), Method::GET));
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        found.insert((path.to_owned(), method));
    }
    found
}

/// The text up to the parenthesis that closes one opened before it.
fn arguments(text: &str) -> &str {
    let mut open = 1;
    let end = text.find(|c: char| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// Whether handlers contain a call such as `get(`, as a whole word.
fn has_method(handlers: &str, method: &Method) -> bool {
    let call = format!("{}(", method.as_str().to_lowercase());
    let is_word = |at: usize| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    handlers.match_indices(&call).any(|(at, _)| is_word(at))
}
