//! Figures by day: page, JSON and CSV show the recorded figures, gaps stay gaps, and a scope sees only its own
//! accounts.

use crate::support::{
    table::rows,
    world::{World, customer, get, harvested},
};
use axum::http::StatusCode;
use muster_access::principal::Principal;
use muster_model::{filter::TrendFilter, ports::Reports, trend::TrendFigure};
use muster_store::error::StoreError;
use serde_json::Value;
use std::collections::BTreeSet;

/// Four days, the third without a record.
async fn four_days() -> World {
    let world = World::small().await;
    for day in 1..=4 {
        if day != 3 {
            world.harvest().await;
        }
        if day < 4 {
            world.next_day();
        }
    }
    world
}

async fn change(world: &World, sql: String) {
    let write = world.harvester.store.write("the records", move |writer| {
        writer.connection().execute(&sql, []).map_err(StoreError::write("the records"))
    });
    assert!(write.await.expect("written") > 0);
}

async fn trend(world: &World, query: &str) -> Vec<Value> {
    let (status, body) = get(world.router(), &format!("/api/v1/trend?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query}: {body}");
    let page: Value = serde_json::from_str(&body).expect("JSON");
    let rows = page["rows"].as_array().expect("rows").clone();
    assert_eq!((page["total"].as_u64(), &page["next"]), (Some(rows.len() as u64), &Value::Null));
    rows
}

async fn page(world: &World, query: &str) -> String {
    let (status, body) = get(world.router(), &format!("/trends?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query}");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn page_json_and_csv_show_the_recorded_figures() {
    let world = four_days().await;
    const STORED: &str = "
        SELECT day, sum(instances), sum(online_instances), sum(pending_os_updates), sum(instances_pending_os_updates),
            sum(pending_agent_updates), floor(1000.0 * sum(runs_succeeded) / sum(runs_total)) / 10, sum(runs_succeeded),
            sum(runs_total), sum(no_data), sum(stale), sum(failed), sum(pending), sum(pending_reboot), sum(up_to_date),
            sum(pending_critical), sum(pending_important), sum(pending_moderate), sum(pending_low), sum(pending_unrated),
            sum(details_missing), sum(non_compliant), sum(unsupported)
        FROM account_day GROUP BY day";
    let stored = rows::<23>(&world, STORED).await;
    assert_eq!(stored.len(), 3);

    let (status, file) = get(world.router(), "/export/trend.csv").await;
    assert_eq!(status, StatusCode::OK);
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("good records");
    let number = |text: &str| text.parse::<f64>().ok();
    let json = trend(&world, "").await;
    assert_eq!((records.len(), json.len()), (3, 3));
    for ((record, row), stored) in records.iter().zip(&json).zip(&stored) {
        assert_eq!((&record[0], row["day"].as_str()), (&*stored[0], Some(&*stored[0])));
        for (column, name) in header.iter().enumerate().skip(1) {
            assert_eq!(number(&record[column]), number(&stored[column]), "{name} in the file");
            assert_eq!(row[name].as_f64(), number(&stored[column]), "{name} in the JSON");
        }
    }
    for (code, _, figure) in TrendFigure::ALL {
        let html = page(&world, &format!("figure={code}")).await;
        assert!(html.contains(figure.label()) && html.contains("1 of 4 days without a record are gaps"), "{code}");
        for row in &json {
            let value = row[code].as_f64().expect("a value");
            assert!(html.contains(&format!(">{value}</td>")), "{code}: {value} is not in the table");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn todays_record_equals_the_cards() {
    let reports = harvested().reports(&Principal::local());
    let overview = reports.overview(Default::default()).await.expect("an overview");
    let page = reports.trend(TrendFilter::default()).await.expect("a trend");
    let today = page.days.last().expect("today");
    let of = |figure: TrendFigure| figure.of(today).map(|value| value as u64);
    let fleet = overview.fleet;
    assert_eq!(of(TrendFigure::Instances), Some(fleet.instances));
    assert_eq!(of(TrendFigure::OnlineInstances), Some(fleet.online_instances));
    assert_eq!(of(TrendFigure::PendingOsUpdates), Some(fleet.pending_os_updates));
    assert_eq!(of(TrendFigure::InstancesPendingOsUpdates), Some(fleet.instances_pending_os_updates));
    assert_eq!(of(TrendFigure::PendingAgentUpdates), Some(fleet.pending_agent_updates));
    assert_eq!((today.runs_succeeded, today.runs_total), (Some(fleet.runs_succeeded), Some(fleet.runs_total)));
    for status in muster_model::patch_status::PatchStatus::ALL {
        assert_eq!(of(TrendFigure::Status(status)), Some(overview.status.get(status)), "{status:?}");
    }
    for count in overview.severities {
        assert_eq!(of(TrendFigure::Severity(count.band)), Some(count.pending_os_updates), "{:?}", count.band);
    }
    let (_, html) = get(harvested().router(), "/").await;
    for (code, _, figure) in TrendFigure::ALL {
        let href = match figure == TrendFigure::default() {
            true => "\"/trends\"".to_owned(),
            false => format!("\"/trends?figure={code}\""),
        };
        let is_beside_another = figure == TrendFigure::InstancesPendingOsUpdates;
        assert!(is_beside_another || html.contains(&href), "no card links to the trend of {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_range_of_days_can_be_requested() {
    let world = four_days().await;
    let days = |rows: Vec<Value>| -> Vec<String> {
        rows.iter().filter_map(|row| row["day"].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(days(trend(&world, "").await), ["2025-10-24", "2025-10-25", "2025-10-27"]);
    assert_eq!(days(trend(&world, "from=2025-10-25&to=2025-10-26").await), ["2025-10-25"]);
    assert_eq!(days(trend(&world, "to=2025-10-24").await), ["2025-10-24"]);
    assert_eq!(days(trend(&world, "from=2031-01-01").await), [""; 0]);
    let html = page(&world, "from=2025-10-22&to=2025-10-28").await;
    assert!(html.contains("4 of 7 days without a record are gaps"));
    assert!(page(&world, "from=2031-01-01").await.contains("No data for these days"));
}

#[tokio::test(flavor = "multi_thread")]
async fn misspelt_parameters_are_rejected_everywhere() {
    for path in ["/trends", "/api/v1/trend", "/export/trend.csv"] {
        for query in ["figure=pendign", "figur=pending", "from=2025-13-01", "from=2025-11-02&to=2025-11-01"] {
            let (status, body) = get(harvested().router(), &format!("{path}?{query}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}?{query}");
            let key = query.split_once('=').expect("a pair").0;
            assert!(body.contains(key), "{path}?{query}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_instances_counts_as_zero_only_from_its_first_day_on() {
    let world = four_days().await;
    let account = world.account(1).account_id.to_string();
    let of_account = format!("account={account}");
    let all = trend(&world, &of_account).await;
    // The records of an account that was unknown on the first day and has no instances on the last one.
    change(&world, format!("DELETE FROM account_day WHERE account_id = '{account}' AND day = '2025-10-24'")).await;
    assert_eq!(trend(&world, &of_account).await, all[1..]);
    change(&world, format!("DELETE FROM account_day WHERE account_id = '{account}' AND day = '2025-10-27'")).await;
    let rows = trend(&world, &of_account).await;
    assert_eq!(rows.len(), 2, "other accounts have a record of the last day, so this account had no instances then");
    for (code, ..) in TrendFigure::ALL {
        let wanted = if code == "run_success_percent" { Value::Null } else { 0.into() };
        assert_eq!(rows[1][code], wanted, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_missing_on_a_day_is_null_and_not_a_smaller_sum() {
    let world = four_days().await;
    let remove_figures = "UPDATE account_day SET runs_succeeded = NULL, runs_total = NULL, pending_critical = NULL,
        pending_important = NULL, pending_moderate = NULL, pending_low = NULL, pending_unrated = NULL
        WHERE day < '2025-10-27'";
    change(&world, remove_figures.to_owned()).await;
    let rows = trend(&world, "").await;
    for row in &rows[..2] {
        assert!(row["pending_critical"].is_null() && row["run_success_percent"].is_null() && row["pending"].is_u64());
    }
    assert!(rows[2]["pending_critical"].is_u64());
    let html = page(&world, "figure=pending_critical").await;
    assert!(
        html.contains("2 of 4 days have a record without this figure"),
        "the page must name the days without the figure"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_has_the_trend_of_its_own_accounts() {
    let roster = harvested().estate.roster();
    let customers: BTreeSet<&String> = roster.iter().map(|account| &account.customer_id).collect();
    let everything = harvested().reports(&Principal::local());
    let sum =
        |page: &muster_model::trend::TrendPage| -> Vec<u64> { page.days.iter().map(|day| day.instances).collect() };
    let all = sum(&everything.trend(TrendFilter::default()).await.expect("a trend"));
    let mut added = vec![0; all.len()];
    for customer_id in &customers {
        let own = harvested().reports(&customer(customer_id));
        let page = own.trend(TrendFilter::default()).await.expect("a trend");
        let narrowed = TrendFilter { customer: Some(customer_id.to_string()), ..TrendFilter::default() };
        assert_eq!(page.days, everything.trend(narrowed).await.expect("a trend").days);
        for (sum, instances) in added.iter_mut().zip(sum(&page)) {
            *sum += instances;
        }
        let foreign = roster.iter().find(|account| account.customer_id != **customer_id).expect("another customer");
        let filter = TrendFilter { account: foreign.account_id.parse().ok(), ..TrendFilter::default() };
        assert_eq!(own.trend(filter).await.expect("a trend").days, [], "a filter widened the scope");
    }
    assert_eq!(added, all);
}
