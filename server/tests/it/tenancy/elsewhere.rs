//! How a patch went for other customers: shares of many of them, and nothing else.

use crate::{
    support::world::{World, customer},
    verify::verification::change,
};
use jiff::ToSpan;
use muster_access::principal::Principal;
use muster_model::{
    Exact,
    filter::{PatchFilter, Window},
    patch::{OutcomeElsewhere, PatchOutcome},
    ports::{ReportError, Reports},
};
use muster_reports::ReportSource;
use muster_store::value::day_of;
use std::fmt::Write;

const CUSTOMERS: usize = 7;
const DAYS: usize = 16;
/// The fewest other customers and instances of whom a share is shown, and its steps.
const CUSTOMERS_MIN: usize = 5;
const INSTANCES_MIN: u64 = 20;
const SHARE_STEP: u64 = 5;

/// Customers of which only some have each platform.
fn estate() -> String {
    let mut spec = "name = \"elsewhere\"\nseed = 3\nfirst_day = \"2025-10-01\"\nlast_day = \"2025-11-23\"\n".to_owned();
    for number in 1..=CUSTOMERS {
        let platforms = if number <= 3 { "\"amazon-2023\", \"ubuntu-22.04\"" } else { "\"amazon-2023\"" };
        let _ = write!(
            spec,
            "\n[[customers]]\nid = \"c-{number}\"\nname = \"Customer {number}\"\n\n[[customers.accounts]]\n\
             provider = \"vmware\"\nid = \"org-00000{number}\"\nname = \"Datacenter {number}\"\nprefix = \"dc{number}\"\n\
             regions = [\"us-east-1\"]\ninstances = 10\nplatforms = [{platforms}]\n"
        );
    }
    spec
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_of_other_customers_is_of_five_or_more_and_of_nobody_in_scope() {
    let world = World::new(&toml::from_str(&estate()).expect("a spec")).await;
    for _ in 0..DAYS {
        world.harvest().await;
        world.next_day();
    }
    world.harvest().await;
    let source = world.source();
    let (shown, hidden) = compare(&source).await;
    assert!(shown > 0 && hidden > 0, "{shown} shown, {hidden} hidden");

    // What an account did while it was another customer's counts for neither of the two.
    let moved =
        "INSERT INTO former_owner SELECT 'org-000002', 'c-1', max(seen_at)::TIMESTAMP + INTERVAL 1 HOUR FROM scan";
    change(&source.store, moved.to_owned()).await;
    let (shown_after, _) = compare(&source).await;
    assert!(shown_after > 0, "too few are left");
}

/// Compares what each customer sees of the others with what these see of themselves. Returns how often there is a share, and how
/// often there is none although others tried.
async fn compare(source: &ReportSource) -> (usize, usize) {
    let everything = source.for_scope(Principal::local().scope());
    let any = PatchFilter { window: Window { offset: 0, limit: 500 }, ..PatchFilter::default() }.in_any_state();
    let (mut shown, mut hidden) = (0, 0);
    let patches = everything.patches(any).await.expect("patches").rows.into_iter().enumerate();
    // Those on most instances, and some of the others.
    for (_, row) in patches.filter(|(at, _)| *at < 8 || at % 8 == 0) {
        let of_patch = || PatchFilter {
            name: Some(Exact::new(row.name.clone())),
            title: Some(Exact::new(row.title.clone())),
            ..PatchFilter::default()
        };
        assert_eq!(everything.patch(of_patch()).await.expect("a patch").elsewhere, None, "all are in scope");
        let mut outcomes: Vec<(PatchOutcome, Option<OutcomeElsewhere>)> = Vec::new();
        for number in 1..=CUSTOMERS {
            let own = source.for_scope(customer(&format!("c-{number}")).scope());
            match own.patch(of_patch()).await {
                Ok(page) => outcomes.push((page.outcome, page.elsewhere)),
                Err(error) => assert_eq!(error, ReportError::NotFound),
            }
            let past = own.as_of(Some(day_of(source.clock.now()) - 1.day())).expect("a day");
            if let Ok(page) = past.patch(of_patch()).await {
                assert_eq!(page.elsewhere, None, "a past day would tell when");
            }
        }
        for (own, (_, published)) in outcomes.iter().enumerate() {
            let others =
                outcomes.iter().enumerate().filter(|(number, _)| *number != own).map(|(_, (outcome, _))| outcome);
            let tried: Vec<&PatchOutcome> = others.filter(|outcome| outcome.attempted > 0).collect();
            let sum = |part: fn(&PatchOutcome) -> u64| tried.iter().map(|outcome| part(outcome)).sum::<u64>();
            let attempted = sum(|outcome| outcome.attempted);
            let percent = |part| 100 * sum(part) / attempted / SHARE_STEP * SHARE_STEP;
            let is_many = tried.len() >= CUSTOMERS_MIN && attempted >= INSTANCES_MIN;
            let expected = is_many.then(|| OutcomeElsewhere {
                failed_percent: percent(|outcome| outcome.failed),
                regressed_percent: percent(|outcome| outcome.regressed),
            });
            assert_eq!(*published, expected, "{row:?}: {outcomes:?}");
            shown += usize::from(is_many);
            hidden += usize::from(!is_many && !tried.is_empty());
        }
    }
    (shown, hidden)
}
