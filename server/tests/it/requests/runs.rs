//! Runs: their results add up, each figure equals its linked rows, and output is for those with leave.

use crate::{
    support::world::{customer, get_json, harvested},
    tenancy::tenants::tenants,
};
use muster_access::principal::Principal;
use muster_model::{
    Exact,
    filter::{RunResultsFilter, RunsFilter},
    ports::Reports,
    run::{RunOutcome, RunResults},
};
use std::collections::BTreeSet;

/// More than the days of the estate.
const FROM: &str = "from=2025-01-01";

async fn total(filter: &RunResultsFilter) -> u64 {
    get_json(&format!("/api/v1/run_results?{}", filter.to_query())).await["total"].as_u64().expect("a total")
}

fn number(results: &RunResults, outcome: RunOutcome) -> u64 {
    match outcome {
        RunOutcome::Succeeded => results.succeeded,
        RunOutcome::Failed => results.failed,
        RunOutcome::NotReached => results.not_reached,
        RunOutcome::Unfinished => results.unfinished,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_add_up_and_equal_their_linked_rows() {
    let reports = harvested().reports(&Principal::local());
    let filter = RunsFilter::from_query(&format!("{FROM}&per_page=500")).expect("a filter");
    let page = reports.run_list(filter.clone()).await.expect("runs");
    let totals = page.totals;
    assert!(totals.succeeded > 0 && totals.failed > 0, "{totals:?}");
    let ends = RunOutcome::ALL.map(|outcome| number(&totals, outcome));
    assert_eq!(ends.iter().sum::<u64>(), totals.planned);
    assert_eq!(page.rows.rows.iter().map(|run| run.results.planned).sum::<u64>(), totals.planned);
    assert_eq!(total(&filter.results()).await, totals.planned);
    for outcome in RunOutcome::ALL {
        let of_outcome = RunResultsFilter { outcome: Some(outcome), ..filter.results() };
        assert_eq!(total(&of_outcome).await, number(&totals, outcome), "{outcome:?}");
        let runs = RunsFilter { outcome: Some(outcome), ..filter.clone() };
        let runs = reports.run_list(runs).await.expect("runs").rows;
        let with_such = page.rows.rows.iter().filter(|run| number(&run.results, outcome) > 0).count() as u64;
        assert_eq!(runs.total, with_such, "{outcome:?}");
    }
    for run in page.rows.rows.iter().step_by(9) {
        for outcome in RunOutcome::ALL.map(Some).into_iter().chain([None]) {
            let of_run = RunResultsFilter { run: Some(run.command_id.clone()), outcome, ..RunResultsFilter::default() };
            let expected = outcome.map_or(run.results.planned, |outcome| number(&run.results, outcome));
            assert_eq!(total(&of_run).await, expected, "{run:?} {outcome:?}");
        }
        let own = reports.run(run.command_id.clone()).await.expect("a run");
        assert_eq!(&own.run, run);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_result_without_success_has_one_cause() {
    let reports = harvested().reports(&Principal::local());
    let filter = RunsFilter::from_query(FROM).expect("a filter");
    let page = reports.run_list(filter.clone()).await.expect("runs");
    let causes: u64 = page.causes.iter().map(|row| row.results).sum();
    assert_eq!(causes, page.totals.failed + page.totals.not_reached);
    assert!(page.causes.iter().any(|row| !row.evidence.is_empty()), "{:?}", page.causes);
    for row in &page.causes {
        let of_cause = RunResultsFilter { cause: Some(row.cause.clone()), ..filter.results() };
        assert_eq!(total(&of_cause).await, row.results, "{row:?}");
        let results = reports.run_results(of_cause).await.expect("results").rows;
        let instances: BTreeSet<_> = results.iter().map(|result| (&result.account_id, &result.instance_id)).collect();
        if results.len() as u64 == row.results {
            assert_eq!(instances.len() as u64, row.instances, "{row:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_says_why_its_installs_fail() {
    let source = &tenants().source;
    let reports = source.for_scope(Principal::local().scope());
    let filter = RunResultsFilter::from_query(&format!("{FROM}&operation=Install&per_page=500")).expect("a filter");
    let results = reports.run_results(filter).await.expect("results").rows;
    let mut checked = 0;
    for instance in results.iter().map(|result| &result.instance_id).collect::<BTreeSet<_>>() {
        // Newest first.
        let own: Vec<_> = results.iter().filter(|result| result.instance_id == *instance).collect();
        let failed: Vec<_> = own
            .iter()
            .take_while(|result| result.status != "Success")
            .filter(|result| result.cause.is_some())
            .collect();
        let page = reports.instance(instance.clone()).await.expect("an instance");
        let said = page.failing.as_ref().map(|failing| (failing.results, failing.since, Some(failing.cause.clone())));
        let expected = failed.last().map(|first| (failed.len() as u64, first.requested_at, failed[0].cause.clone()));
        assert_eq!(said, expected, "{instance}");
        checked += usize::from(said.is_some());
    }
    assert!(checked > 0, "no instance fails");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_updates_equal_their_linked_rows() {
    let reports = harvested().reports(&Principal::local());
    let filter = RunsFilter::from_query(FROM).expect("a filter");
    let page = reports.run_list(filter.clone()).await.expect("runs");
    assert!(!page.failed_patches.is_empty());
    for row in &page.failed_patches {
        let [name, title] = [&row.name, &row.title].map(|text| Some(Exact::new(text.clone())));
        let of_patch = RunResultsFilter { name, title, ..filter.results() };
        assert_eq!(total(&of_patch).await, row.results, "{row:?}");
        assert!(row.instances <= row.results && row.customers <= row.instances, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_with_leave_read_the_output_of_a_run() {
    let operator = harvested().reports(&Principal::local());
    let failed = RunsFilter::from_query(&format!("{FROM}&outcome=failed&per_page=500")).expect("a filter");
    let runs = operator.run_list(failed).await.expect("runs").rows.rows;
    let mut read = 0;
    for run in runs {
        let page = operator.run(run.command_id.clone()).await.expect("a run");
        assert!(page.sees_output);
        read += page.outputs.len();
        let theirs = harvested().reports(&customer(&run.customer_id));
        let page = theirs.run(run.command_id).await.expect("their run");
        assert!(page.outputs.is_empty() && !page.sees_output && !page.causes.is_empty(), "{page:?}");
    }
    assert!(read > 0, "no failed step printed anything");
}
