//! The addresses that are measured, and SQL written by hand for the same rows.

/// An address in which words in braces vary from request to request ([`super::visits`]).
pub struct Address {
    pub template: &'static str,
    pub by_hand: Option<ByHand>,
}

/// A statement with the values of its placeholders.
#[derive(Clone, Copy)]
pub struct ByHand {
    pub sql: &'static str,
    pub filter: &'static str,
    pub order: &'static str,
}

/// Lists and pages of one instance, which eight clients request.
pub const LISTS: [&str; 4] = [ALL, FILTERED, SORTED, SEARCHED];
pub const LISTS_JSON: [&str; 4] = [
    "/api/v1/instances?page={page}&per_page={rows}",
    "/api/v1/instances?status={status}&platform={platform}&online={online}&per_page={rows}",
    "/api/v1/instances?sort={sort}&dir={dir}&per_page={rows}",
    "/api/v1/instances?q={text}&per_page={rows}",
];
pub const INSTANCE_PAGES: [&str; 4] = [
    "/instances/{instance}",
    "/instances/{instance}?tab=history",
    "/instances/{instance}?tab=software",
    "/instances/{instance}?tab=runs",
];
pub const INSTANCE_JSON: [&str; 5] = [
    "/api/v1/instances/{instance}",
    "/api/v1/instances/{instance}/updates",
    "/api/v1/instances/{instance}/history",
    "/api/v1/instances/{instance}/software",
    "/api/v1/instances/{instance}/runs",
];
const ALL: &str = "/instances?page={page}&per_page={rows}";
const FILTERED: &str = "/instances?status={status}&platform={platform}&online={online}&per_page={rows}";
const SORTED: &str = "/instances?sort={sort}&dir={dir}&per_page={rows}";
const SEARCHED: &str = "/instances?q={text}&per_page={rows}";

const ACCOUNTS_SQL: &str = include_str!("../main_queries/overview_by_account.sql");
const INSTANCES_SQL: &str = include_str!("../main_queries/listed_instances.sql");
const INSTANCE_SQL: &str = include_str!("../main_queries/instance.sql");
const INSTANCE_UPDATES_SQL: &str = include_str!("../main_queries/instance_updates.sql");
const INSTANCE_HISTORY_SQL: &str = include_str!("../main_queries/instance_history.sql");
const INSTANCE_RUNS_SQL: &str = include_str!("../main_queries/instance_runs.sql");
const UPDATES_SQL: &str = include_str!("../main_queries/updates.sql");
/// The portal's order of patch statuses, worst first.
const WORST: &str =
    "list_position(['up_to_date', 'stale', 'pending_reboot', 'pending', 'failed'], status) DESC NULLS LAST";
/// Questions that have no past day, or name their days.
const PRESENT_ONLY: [&str; 4] = ["/changes", "/trend", "/harvest", "/export/"];

impl Address {
    /// Whether it can be asked for as of a past day.
    pub fn has_past(&self) -> bool {
        !PRESENT_ONLY.iter().any(|part| self.template.contains(part))
    }
}

/// Every page, its JSON, and the file of instances.
pub fn addresses() -> Vec<Address> {
    let sql = |sql, filter, order| Some(ByHand { sql, filter, order });
    let plain = |statement| sql(statement, "true", "true");
    let instances = |filter| sql(INSTANCES_SQL, filter, WORST);
    let accounts = plain(ACCOUNTS_SQL);
    let customer = sql(ACCOUNTS_SQL, "a.customer_id = '{customer}'", "");
    let account = sql(ACCOUNTS_SQL, "a.account_id = '{account}'", "");
    let all = instances("true");
    let filtered = instances("status = '{status}' AND platform_name = '{platform}' AND online = {online}");
    let sorted = sql(INSTANCES_SQL, "true", "{sort} {dir} NULLS LAST");
    let searched = instances("contains(lower(concat_ws(' ', name, instance_id, computer_name, ip_address)), '{text}')");
    let of_account = sql(INSTANCES_SQL, "account_id = '{account}'", "name");
    let updates = plain(UPDATES_SQL);
    let pending = sql(UPDATES_SQL, "u.state IN ('Missing', 'Failed')", "");
    let found = sql(
        UPDATES_SQL,
        "u.state = 'Missing' AND contains(lower(concat_ws(' ', p.title, p.kb_id, u.cve_ids)), '{package}')",
        "",
    );
    let [instance, of_instance, history, runs] =
        [INSTANCE_SQL, INSTANCE_UPDATES_SQL, INSTANCE_HISTORY_SQL, INSTANCE_RUNS_SQL].map(plain);
    let pairs = [
        ("/", accounts),
        ("/?customer={customer}", customer),
        ("/api/v1/accounts", accounts),
        ("/accounts/{account}", account),
        ("/api/v1/accounts?q={account}", account),
        (ALL, all),
        (LISTS_JSON[0], all),
        ("/instances?status=pending&page={page}&per_page={rows}", instances("status = 'pending'")),
        (FILTERED, filtered),
        (LISTS_JSON[1], filtered),
        (SORTED, sorted),
        (LISTS_JSON[2], sorted),
        (SEARCHED, searched),
        (LISTS_JSON[3], searched),
        ("/instances?account={account}&sort=name&per_page={rows}", of_account),
        (INSTANCE_PAGES[0], of_instance),
        (INSTANCE_PAGES[1], history),
        (INSTANCE_PAGES[2], instance),
        (INSTANCE_PAGES[3], runs),
        (INSTANCE_JSON[0], instance),
        (INSTANCE_JSON[1], of_instance),
        (INSTANCE_JSON[2], history),
        (INSTANCE_JSON[3], None),
        (INSTANCE_JSON[4], runs),
        ("/updates/list?page={page}&per_page={rows}", updates),
        ("/api/v1/updates?page={page}&per_page={rows}", updates),
        ("/updates/list?state=Missing,Failed&page={page}&per_page={rows}", pending),
        ("/api/v1/updates?state=Missing,Failed&page={page}&per_page={rows}", pending),
        ("/updates/list?q={package}&state=Missing&per_page={rows}", found),
        ("/updates?page={page}&per_page={rows}", None),
        ("/customers", None),
        ("/coverage?page={page}&per_page={rows}", None),
        ("/exceptions", None),
        ("/runs?page={page}&per_page={rows}", None),
        ("/runs/results?outcome=failed&page={page}&per_page={rows}", None),
        ("/runs/results?contradiction=reboot_not_done&page={page}&per_page={rows}", None),
        ("/calendar?page={page}&per_page={rows}", None),
        ("/calendar?customer={customer}", None),
        ("/software?page={page}&per_page={rows}", None),
        ("/software/list?name={package}&per_page={rows}", None),
        ("/exposure?q={package}+%3C+3.0.14&page={page}&per_page={rows}", None),
        ("/changes?since={week}&page={page}&per_page={rows}", None),
        ("/api/v1/changes?since={week}&page={page}&per_page={rows}", None),
        ("/changes?since={quarter}&page={page}&per_page={rows}", None),
        ("/api/v1/changes?since={quarter}&page={page}&per_page={rows}", None),
        ("/service-level", None),
        ("/api/v1/service-level", None),
        ("/service-level?customer={customer}", None),
        ("/trends?from={from}", None),
        ("/api/v1/trend?from={from}", None),
        ("/harvest", None),
        ("/api/v1/harvest", None),
        ("/export/instances.csv", None),
        ("/export/instances.csv?account={account}", None),
    ];
    pairs.map(|(template, by_hand)| Address { template, by_hand }).into()
}
