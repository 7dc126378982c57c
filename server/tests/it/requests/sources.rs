//! The routes that the sources declare, to compare with the table of routes.

use super::routes::{BY_TOKEN, CHANGING, EMBED_ROUTES, OIDC_ROUTES, PUBLIC, ROUTES};
use axum::http::Method;
use muster_model::filter::{
    AccountFilter, CalendarFilter, ChangesFilter, CoverageFilter, CustomersFilter, EnrollmentFilter,
    EnrollmentQueueFilter, ExceptionDraft, ExceptionFilter, ExposureFilter, Filter, HarvestFilter, InstalledFilter,
    InstanceFilter, PackageFilter, PatchFilter, RunResultsFilter, RunsFilter, ServiceLevelFilter, TrendFilter,
    UpdateFilter,
};
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

#[test]
fn every_route_is_in_the_table() {
    let reading = ROUTES
        .iter()
        .map(|route| route.path)
        .chain(PUBLIC)
        .chain([BY_TOKEN])
        .chain(OIDC_ROUTES)
        .map(|path| (path, Method::GET));
    let changing = CHANGING.map(|path| (path, Method::POST));
    let known = reading.chain(changing).chain(EMBED_ROUTES).map(|(path, method)| (path.to_owned(), method));
    let known: BTreeSet<_> = known.collect();
    let sources = in_sources();
    let missing: Vec<_> = sources.difference(&known).collect();
    assert!(missing.is_empty(), "add these to the tables in routes.rs: {missing:?}");
    let gone: Vec<_> = known.difference(&sources).collect();
    assert!(gone.is_empty(), "these are in the tables of routes.rs and not in the sources: {gone:?}");
    assert_eq!(
        ROUTES.len(),
        ROUTES.iter().map(|route| route.path).collect::<BTreeSet<_>>().len(),
        "a route is in the table twice"
    );
}

/// The table knows every parameter that a filter declares.
#[test]
fn every_parameter_is_in_the_table() {
    let read: BTreeSet<String> = [
        AccountFilter::parameters(),
        CalendarFilter::parameters(),
        ChangesFilter::parameters(),
        HarvestFilter::parameters(),
        InstanceFilter::parameters(),
        CoverageFilter::parameters(),
        CustomersFilter::parameters(),
        ExceptionFilter::parameters(),
        ExceptionDraft::parameters(),
        EnrollmentFilter::parameters(),
        EnrollmentQueueFilter::parameters(),
        ExposureFilter::parameters(),
        InstalledFilter::parameters(),
        PackageFilter::parameters(),
        PatchFilter::parameters(),
        RunsFilter::parameters(),
        RunResultsFilter::parameters(),
        ServiceLevelFilter::parameters(),
        TrendFilter::parameters(),
        UpdateFilter::parameters(),
    ]
    .concat()
    .iter()
    .map(|parameter| parameter.key.to_owned())
    .collect();
    let known: BTreeSet<String> = ROUTES
        .iter()
        .flat_map(|route| route.texts.iter().copied().chain(route.codes.iter().map(|(key, _)| *key)))
        .chain(["figure", "q", "sort", "dir", "page", "per_page", "cursor"])
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = read.difference(&known).collect();
    assert!(read.len() > 10 && missing.is_empty(), "parameters that are not in the table: {missing:?}");
}
