//! Pages are complete HTML before any script runs.

use crate::{
    requests::api::worst_instance,
    support::world::{get, get_json, harvested},
    tenancy::tenants::tenants,
};
use axum::http::StatusCode;
use muster_access::principal::Principal;
use muster_model::{
    ids::{AccountId, InstanceId},
    patch_status::PatchStatus,
    ports::Reports,
};

async fn page(path: &str) -> String {
    let (status, html) = get(harvested().router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    html
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_has_its_columns_accounts_and_a_chart() {
    let html = page("/").await;
    for column in
        ["Account", "Instances", "Online", "Pending OS updates", "Pending agent updates", "Run success", "Up to date"]
    {
        assert!(html.contains(column), "{column}");
    }
    assert!(html.contains("<svg"), "no chart");
    for account in get_json("/api/v1/accounts").await["rows"].as_array().expect("rows") {
        assert!(html.contains(account["account_name"].as_str().expect("a name")), "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_with_200() {
    let id = worst_instance().await;
    let account = get_json("/api/v1/accounts").await["rows"][0]["account_id"].as_str().expect("an id").to_owned();
    for path in [
        "/".to_owned(),
        format!("/accounts/{account}"),
        "/instances".to_owned(),
        "/instances?status=failed&sort=name".to_owned(),
        format!("/instances/{id}"),
        format!("/instances/{id}?tab=history"),
        format!("/instances/{id}?tab=software"),
        format!("/instances/{id}?tab=runs"),
        "/updates/list?state=Missing,Failed".to_owned(),
        "/customers".to_owned(),
        "/updates?sort=next_due_at&due=overdue".to_owned(),
        "/trends".to_owned(),
        "/trends?figure=run_success_percent&from=2025-11-01&to=2025-11-30".to_owned(),
        "/updates/list?due=overdue&sort=due_at".to_owned(),
        "/service-level".to_owned(),
        "/harvest".to_owned(),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/api/openapi.json".to_owned(),
    ] {
        page(&path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_ids_and_parameters_get_an_error_page_with_links() {
    for path in ["/nowhere", "/instances/mi-00000000000000000", "/accounts/unknown", "/instances/<script>"] {
        let path = path.replace('<', "%3C").replace('>', "%3E");
        let (status, html) = get(harvested().router(), &path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(html.contains("href=\"/instances\""), "{path} has no link");
    }
    let (status, html) = get(harvested().router(), "/instances?statsu=failed").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(html.contains("statsu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_from_instances_is_escaped() {
    let html = page("/instances").await;
    let hostile = get_json("/api/v1/instances?per_page=500").await;
    let names = hostile["rows"].as_array().expect("rows").iter().filter_map(|row| row["name"].as_str());
    let hostile: Vec<&str> = names.filter(|name| name.contains('<')).collect();
    assert!(!hostile.is_empty(), "the small estate needs an instance with markup in its name");
    for name in hostile {
        assert!(!html.contains(name), "{name} is not escaped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_page_shows_its_windows_baselines_and_associations() {
    let account = get_json("/api/v1/accounts").await["rows"][0]["account_id"].as_str().expect("an id").to_owned();
    let reports = harvested().reports(&Principal::local());
    let page = reports.account(account.parse::<AccountId>().expect("an id")).await.expect("the account's page");
    let window = page.maintenance_windows.first().expect("a window");
    assert!(window.next_execution_at.is_some() && window.targets > 0 && !window.tasks.is_empty(), "{window:?}");
    let with_baseline: u64 = page.patch_baselines.iter().map(|baseline| baseline.instances).sum();
    let scanned = page.account.instances - page.account.status.get(PatchStatus::NoData);
    assert!(with_baseline >= scanned, "{with_baseline} instances have a baseline, {scanned} were scanned");
    assert!(
        page.patch_baselines.iter().any(|baseline| baseline.rules.as_ref().is_some_and(|rules| !rules.is_empty())),
        "no baseline has rules"
    );
    assert!(page.associations.iter().any(|association| association.succeeded > 0), "{:?}", page.associations);

    let html = self::page(&format!("/accounts/{account}")).await;
    assert!(html.contains(r#"<span class="secondary">in "#), "the next window is missing");
    for text in [&window.name, &window.schedule, &page.associations[0].document_name] {
        assert!(html.contains(text), "`{text}` is not on the page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_shows_the_output_of_its_step() {
    let reports = harvested().reports(&Principal::local());
    let rows = get_json("/api/v1/instances?per_page=500").await;
    let ids = rows["rows"].as_array().expect("rows").iter().filter_map(|row| row["instance_id"].as_str());
    for id in ids {
        let page = reports.instance(id.parse::<InstanceId>().expect("an id")).await.expect("the instance's page");
        let Some(output) = page.failed_outputs.iter().find(|output| !output.standard_error.is_empty()) else {
            continue;
        };
        let html = self::page(&format!("/instances/{id}?tab=runs")).await;
        assert!(html.contains("Output of ") && html.contains(&output.step), "{id}");
        return;
    }
    panic!("no failed run of the small estate has error output");
}

/// Every list with pages.
const PAGED: [&str; 9] = [
    "/",
    "/changes?since=2025-11-01",
    "/coverage",
    "/customers",
    "/instances",
    "/runs",
    "/runs/results",
    "/updates",
    "/updates/list",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_after_the_end_does_not_claim_that_nothing_matches() {
    for list in PAGED {
        let mark = if list.contains('?') { '&' } else { '?' };
        let html = page(&format!("{list}{mark}page=999")).await;
        assert!(html.contains("The list ends on page"), "{list}: {html}");
        assert!(!html.contains("match these filters") && !html.contains("No changes"), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_is_offered_no_other_day() {
    let day = crate::tenancy::tenants::LAST_DAY;
    let visitor = tenants().visitor(tenants().auditor(0, day));
    for path in ["/", "/instances", "/updates", "/runs", "/changes"] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for offer in ["Previous day", "Next day", "Show current data", "type=\"date\" name=\"as_of\""] {
            assert!(!answer.body.contains(offer), "{path} offers `{offer}`");
        }
        for link in answer.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.starts_with('/') && link.contains("as_of=") {
                assert!(link.contains(&format!("as_of={day}")), "{path} links to {link}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_says_who_is_signed_in() {
    let html = page("/sign-in").await;
    assert!(html.contains("You are signed in") && html.contains("action=\"/sign-out\""), "{html}");
}
