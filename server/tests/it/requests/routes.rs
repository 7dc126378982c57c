//! The table of all routes that return customer data, with their parameters. The tests of tenancy and of hostile parameters
//! iterate over it, and `sources` compares it with the sources.

pub use super::route_addresses::{ASKED_PACKAGE, crawl_step, encoded, spellings};
use axum::http::Method;
use muster_model::{
    account::AccountRow,
    calendar::CalendarRow,
    column::Columns,
    coverage::CoverageRow,
    customer::CustomerRow,
    exception::ExceptionRow,
    exposure::ExposureRow,
    filter::Order,
    instance::InstanceRow,
    patch::PatchRow,
    run::{InvocationRow, RunRow},
    software::{InstalledRow, PackageRow},
    update::UpdateRow,
};

/// The subject of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Everything,
    Account,
    Instance,
    /// The patches of a name.
    Patch,
    Run,
    /// For operators only.
    Enrollment,
}

/// Where a route takes its id and its query string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The id in the path, the query string as it is.
    Path,
    /// The id in a parameter of this name, beside the others.
    Parameter(&'static str),
    /// The whole query string in one parameter, as server functions take it.
    ServerFunction,
}

pub struct Route {
    pub path: &'static str,
    pub about: About,
    pub takes: Takes,
    /// The parameters of its list: those that take any text, those that take codes, and the sort keys.
    pub texts: &'static [&'static str],
    pub codes: &'static [(&'static str, &'static [&'static str])],
    pub orders: fn() -> Vec<&'static str>,
}

const SCOPE_PARAMETERS: &[&str] = &["customer", "provider", "account"];
const STATES: (&str, &[&str]) = ("harvest", &["fresh", "partial", "stale", "failing", "never"]);

fn no_orders() -> Vec<&'static str> {
    Vec::new()
}

fn orders<R: Columns>() -> Vec<&'static str> {
    Order::<R>::columns().iter().map(|column| column.key).collect()
}

const fn plain(path: &'static str, about: About, takes: Takes) -> Route {
    Route { path, about, takes, texts: &[], codes: &[], orders: no_orders }
}

const fn accounts(path: &'static str, takes: Takes) -> Route {
    let orders = orders::<AccountRow>;
    Route { path, about: About::Everything, takes, texts: &["q", "customer", "provider"], codes: &[STATES], orders }
}

const fn instances(path: &'static str, takes: Takes) -> Route {
    let orders = orders::<InstanceRow>;
    let texts = &["q", "customer", "provider", "account", "region", "platform", "patch_group", "targeted_by"];
    let codes: &[(&str, &[&str])] = &[
        (
            "status",
            &[
                "unsupported",
                "no_data",
                "stale",
                "failed",
                "pending",
                "details_missing",
                "pending_reboot",
                "non_compliant",
                "up_to_date",
            ],
        ),
        ("details_missing", &["true", "false"]),
        ("online", &["true", "false"]),
        (
            "instance_state",
            &["online", "agent_lost", "stopped", "unreadable", "deregistered", "duplicate", "terminated"],
        ),
        ("agent", &["latest", "outdated", "unknown"]),
        ("pending", &["true", "false"]),
        ("run", &["succeeded", "failed", "finished"]),
    ];
    Route { path, about: About::Everything, takes, texts, codes, orders }
}

const UPDATE_CODES: &[(&str, &[&str])] = &[
    ("state", &["Missing", "Failed", "Installed,InstalledOther"]),
    ("severity", &["critical", "important", "moderate", "low", "unrated"]),
    ("due", &["overdue", "soon"]),
    ("exploited", &["true", "false"]),
];

const fn updates(path: &'static str, about: About, takes: Takes) -> Route {
    let orders = orders::<UpdateRow>;
    let texts = &["q", "customer", "provider", "account", "instance", "name", "title", "classification", "exception"];
    Route { path, about, takes, texts, codes: UPDATE_CODES, orders }
}

const fn patches(path: &'static str, takes: Takes) -> Route {
    let orders = orders::<PatchRow>;
    let texts = &["q", "customer", "provider", "account", "name", "title", "classification"];
    Route { path, about: About::Everything, takes, texts, codes: UPDATE_CODES, orders }
}

const fn patch(path: &'static str, takes: Takes) -> Route {
    let texts = &["customer", "provider", "account", "title"];
    Route { path, about: About::Patch, takes, texts, codes: &[], orders: no_orders }
}

const RUN_CODES: &[(&str, &[&str])] = &[
    ("from", &["2025-11-19"]),
    ("to", &["2025-11-21"]),
    ("operation", &["Install", "Scan"]),
    ("outcome", &["succeeded", "failed", "not_reached", "unfinished"]),
    ("contradiction", &["failed_but_patched", "reboot_not_done"]),
];

const fn runs(path: &'static str, takes: Takes) -> Route {
    let codes = RUN_CODES.split_at(4).0;
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes, orders: orders::<RunRow> }
}

const fn run_results(path: &'static str, takes: Takes) -> Route {
    let texts = &["q", "customer", "provider", "account", "cause", "name", "title", "run"];
    Route { path, about: About::Everything, takes, texts, codes: RUN_CODES, orders: orders::<InvocationRow> }
}

const fn history(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] =
        &[("from", &["2025-11-01"]), ("to", &["2025-11-21"]), ("kind", &["installed", "regressed"])];
    Route { path, about: About::Instance, takes, texts: &["q"], codes, orders: no_orders }
}

const fn software(path: &'static str, takes: Takes) -> Route {
    Route { path, about: About::Instance, takes, texts: &["q"], codes: &[], orders: no_orders }
}

const fn changes(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("since", &["2025-11-20", "2025-11-21"]), ("kind", &["new", "machine_added"])];
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes, orders: no_orders }
}

const fn calendar(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[
        ("from", &["2025-11-19"]),
        ("to", &["2025-11-30"]),
        ("zone", &["Europe/Berlin"]),
        ("kind", &["window", "policy_scan"]),
        ("state", &["planned", "missed"]),
    ];
    let texts = &["q", "customer", "provider", "account", "instance"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<CalendarRow> }
}

const fn coverage(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("coverage", &["on_schedule", "no_window", "gone"])];
    let texts = &["q", "customer", "provider", "account"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<CoverageRow> }
}

const fn customers(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("since", &["2025-11-20", "2025-11-21"])];
    let texts = &["q", "customer", "provider"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<CustomerRow> }
}

/// Pages and lists that the enrollment server answers.
const fn enrollment(path: &'static str, takes: Takes) -> Route {
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes: &[], orders: no_orders }
}

const fn enrollments(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("list", &["pending", "failed", "done"])];
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes, orders: no_orders }
}

const fn exposure(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("answer", &["affected", "unknown"])];
    let texts = &["q", "question", "customer", "provider", "account"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<ExposureRow> }
}

const fn exceptions(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("state", &["active", "reopened"]), ("kind", &["accept"])];
    let texts = &["q", "id", "name", "customer", "provider", "account", "instance"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<ExceptionRow> }
}

const fn exception_draft(path: &'static str, takes: Takes) -> Route {
    let texts = &["cve", "name", "title", "patch_group", "reason", "account", "instance"];
    let codes: &[(&str, &[&str])] = &[("kind", &["defer"]), ("until", &["2025-12-24"])];
    Route { path, about: About::Everything, takes, texts, codes, orders: no_orders }
}

const fn packages(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("kind", &["package", "hotfix"])];
    let texts = &["q", "customer", "provider", "account"];
    Route { path, about: About::Everything, takes, texts, codes, orders: orders::<PackageRow> }
}

const fn installed(path: &'static str, takes: Takes) -> Route {
    let texts = &["q", "name", "version", "older_than", "customer", "provider", "account"];
    Route { path, about: About::Everything, takes, texts, codes: &[], orders: orders::<InstalledRow> }
}

const fn trend(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("from", &["2025-11-19"]), ("to", &["2025-11-21"])];
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes, orders: no_orders }
}

const fn service_level(path: &'static str, takes: Takes) -> Route {
    Route { path, about: About::Everything, takes, texts: SCOPE_PARAMETERS, codes: &[], orders: no_orders }
}

const fn harvest(path: &'static str, takes: Takes) -> Route {
    let codes: &[(&str, &[&str])] = &[("state", &["fresh", "failing"]), ("class", &["credentials", "schema"])];
    Route { path, about: About::Everything, takes, texts: &["account"], codes, orders: no_orders }
}

use About::{Account, Enrollment, Everything, Instance, Run};
use Takes::{Parameter, Path, ServerFunction};

pub const ROUTES: &[Route] = &[
    accounts("/", Path),
    plain("/accounts/{account}", Account, Path),
    instances("/instances", Path),
    updates("/instances/{instance}", Instance, Path),
    patches("/updates", Path),
    updates("/updates/list", Everything, Path),
    patch("/updates/{patch}", Path),
    calendar("/calendar", Path),
    changes("/changes", Path),
    coverage("/coverage", Path),
    customers("/customers", Path),
    enrollment("/enrollment", Path),
    enrollments("/enrollment/queue", Path),
    plain("/enrollment/{enrollment}", Enrollment, Path),
    exceptions("/exceptions", Path),
    exception_draft("/exceptions/new", Path),
    exposure("/exposure", Path),
    exposure("/search", Path),
    packages("/software", Path),
    installed("/software/list", Path),
    trend("/trends", Path),
    runs("/runs", Path),
    run_results("/runs/results", Path),
    plain("/runs/{command}", Run, Path),
    service_level("/service-level", Path),
    harvest("/harvest", Path),
    plain("/auditors", Everything, Path),
    accounts("/api/v1/accounts", Path),
    calendar("/api/v1/calendar", Path),
    changes("/api/v1/changes", Path),
    coverage("/api/v1/coverage", Path),
    customers("/api/v1/customers", Path),
    enrollment("/api/v1/enrollment/accounts", Path),
    enrollments("/api/v1/enrollments", Path),
    exceptions("/api/v1/exceptions", Path),
    exposure("/api/v1/exposure", Path),
    harvest("/api/v1/harvest", Path),
    instances("/api/v1/instances", Path),
    plain("/api/v1/instances/{id}", Instance, Path),
    history("/api/v1/instances/{id}/history", Path),
    plain("/api/v1/instances/{id}/runs", Instance, Path),
    software("/api/v1/instances/{id}/software", Path),
    updates("/api/v1/instances/{id}/updates", Instance, Path),
    installed("/api/v1/installed", Path),
    packages("/api/v1/packages", Path),
    patches("/api/v1/patches", Path),
    patch("/api/v1/patches/{name}", Path),
    run_results("/api/v1/run_results", Path),
    runs("/api/v1/runs", Path),
    plain("/api/v1/runs/{id}", Run, Path),
    service_level("/api/v1/service-level", Path),
    trend("/api/v1/trend", Path),
    updates("/api/v1/updates", Everything, Path),
    accounts("/export/accounts.csv", Path),
    calendar("/export/calendar.csv", Path),
    calendar("/export/calendar.ics", Path),
    changes("/export/changes.csv", Path),
    coverage("/export/coverage.csv", Path),
    customers("/export/customers.csv", Path),
    exceptions("/export/exceptions.csv", Path),
    exposure("/export/exposure.csv", Path),
    history("/export/history.csv", Parameter("instance")),
    instances("/export/instances.csv", Path),
    plain("/export/runs.csv", Instance, Parameter("instance")),
    installed("/export/installed.csv", Path),
    packages("/export/packages.csv", Path),
    patches("/export/patches.csv", Path),
    runs("/export/run_list.csv", Path),
    run_results("/export/run_results.csv", Path),
    service_level("/export/service_level.csv", Path),
    trend("/export/trend.csv", Path),
    updates("/export/updates.csv", Everything, Path),
    plain("/rpc/account", Account, Parameter("account")),
    calendar("/rpc/calendar", ServerFunction),
    changes("/rpc/changes", ServerFunction),
    coverage("/rpc/coverage", ServerFunction),
    customers("/rpc/customers", ServerFunction),
    plain("/rpc/enrollment", Enrollment, Parameter("enrollment")),
    enrollment("/rpc/enrollment_account", ServerFunction),
    enrollment("/rpc/enrollment_guide", ServerFunction),
    enrollments("/rpc/enrollment_queue", ServerFunction),
    plain("/rpc/enrollment_trail", Instance, Parameter("instance")),
    exceptions("/rpc/exceptions", ServerFunction),
    exception_draft("/rpc/exception_draft", ServerFunction),
    exposure("/rpc/exposure", ServerFunction),
    plain("/rpc/auditor_links", Everything, Path),
    plain("/rpc/choices", Everything, Path),
    harvest("/rpc/harvest", ServerFunction),
    history("/rpc/history", ServerFunction),
    plain("/rpc/instance", Instance, Parameter("instance")),
    instances("/rpc/instances", ServerFunction),
    accounts("/rpc/overview", ServerFunction),
    patch("/rpc/patch", ServerFunction),
    installed("/rpc/installed", ServerFunction),
    packages("/rpc/packages", ServerFunction),
    patches("/rpc/patches", ServerFunction),
    plain("/rpc/run", Run, Parameter("command")),
    runs("/rpc/run_list", ServerFunction),
    run_results("/rpc/run_results", ServerFunction),
    plain("/rpc/runs", Instance, ServerFunction),
    service_level("/rpc/service_level", ServerFunction),
    software("/rpc/software", ServerFunction),
    trend("/rpc/trend", ServerFunction),
    updates("/rpc/updates", Everything, ServerFunction),
];

/// The route whose path itself is the secret that opens it; `access::calendar_feed` shows what it shows.
pub const BY_TOKEN: &str = "/calendar-feed/{token}";

/// Routes without customer data.
pub const PUBLIC: [&str; 10] = [
    "/api/openapi.json",
    "/audit-link",
    "/audit-link/fill.js",
    "/embed/",
    "/embed/frame.css",
    "/embed/frame.js",
    "/healthz",
    "/pkg",
    "/readyz",
    "/sign-in",
];

/// Routes of the sign-in with an identity provider, which `access::oidc` tests.
pub const OIDC_ROUTES: [&str; 2] = ["/sign-in/oidc", "/sign-in/oidc/callback"];

/// Routes below `/embed/v1`, which accept no cookie and which `embed` tests.
pub const EMBED_ROUTES: [(&str, Method); 4] = [
    ("/exports", Method::POST),
    ("/exports/{token}", Method::GET),
    ("/session", Method::DELETE),
    ("/session", Method::POST),
];

/// The only routes that change anything.
pub const CHANGING: [&str; 9] = [
    "/audit-link/open",
    "/auditors/make",
    "/auditors/revoke",
    "/enrollment/act",
    "/exceptions/make",
    "/exceptions/revoke",
    "/sign-in/break-glass",
    "/sign-in/demo",
    "/sign-out",
];
