//! How a patch went for other customers: shares of at least five of them, and nothing else.

use crate::support::world::{World, customer};
use muster_access::principal::Principal;
use muster_model::{
    Exact,
    filter::{PatchFilter, Window},
    patch::{OutcomeElsewhere, PatchOutcome},
    ports::{ReportError, Reports},
};
use std::fmt::Write;

const CUSTOMERS: usize = 7;
const DAYS: usize = 16;
/// The fewest other customers of whom a share is shown.
const CUSTOMERS_MIN: usize = 5;

/// Customers of which only some have each platform.
fn estate() -> String {
    let mut spec = "name = \"elsewhere\"\nseed = 3\nfirst_day = \"2025-10-01\"\nlast_day = \"2025-11-23\"\n".to_owned();
    for number in 1..=CUSTOMERS {
        let platforms = if number <= 3 { "\"amazon-2023\", \"ubuntu-22.04\"" } else { "\"amazon-2023\"" };
        let _ = write!(
            spec,
            "\n[[customers]]\nid = \"c-{number}\"\nname = \"Customer {number}\"\n\n[[customers.accounts]]\n\
             provider = \"vmware\"\nid = \"org-00000{number}\"\nname = \"Datacenter {number}\"\nprefix = \"dc{number}\"\n\
             regions = [\"us-east-1\"]\ninstances = 4\nplatforms = [{platforms}]\n"
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
    let everything = source.for_scope(Principal::local().scope());
    let any = PatchFilter { window: Window { offset: 0, limit: 500 }, ..PatchFilter::default() }.in_any_state();
    let (mut shown, mut hidden) = (0, 0);
    for row in everything.patches(any).await.expect("patches").rows.into_iter().step_by(3) {
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
        }
        for (own, (_, published)) in outcomes.iter().enumerate() {
            let others =
                outcomes.iter().enumerate().filter(|(number, _)| *number != own).map(|(_, (outcome, _))| outcome);
            let tried: Vec<&PatchOutcome> = others.filter(|outcome| outcome.attempted > 0).collect();
            let sum = |part: fn(&PatchOutcome) -> u64| tried.iter().map(|outcome| part(outcome)).sum::<u64>();
            let percent = |part| 100 * sum(part) / sum(|outcome| outcome.attempted);
            let expected = (tried.len() >= CUSTOMERS_MIN).then(|| OutcomeElsewhere {
                failed_percent: percent(|outcome| outcome.failed),
                regressed_percent: percent(|outcome| outcome.regressed),
            });
            assert_eq!(*published, expected, "{row:?}: {outcomes:?}");
            shown += usize::from(expected.is_some());
            hidden += usize::from(expected.is_none() && !tried.is_empty());
        }
    }
    assert!(shown > 0 && hidden > 0, "{shown} shown, {hidden} hidden");
}
