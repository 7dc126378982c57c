//! Cached answers are right: after each harvest, in each scope, and when time passes.

use crate::support::world::{World, customer};
use jiff::{SignedDuration, ToSpan};
use muster_access::principal::Principal;
use muster_model::{filter::AccountFilter, overview::Overview, ports::Reports};
use muster_reports::ReportSource;
use std::collections::HashSet;

async fn overview(source: &ReportSource, principal: &Principal) -> Overview {
    source.for_caller(principal).overview(AccountFilter::default()).await.expect("an overview")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_sees_its_own_rows_and_each_harvest_at_once() {
    let world = World::small().await;
    world.harvest().await;
    let source = world.source();
    let everybody = overview(&source, &Principal::local()).await;
    let customers: HashSet<_> = everybody.choices.customers.iter().map(|customer| customer.code.clone()).collect();
    assert!(customers.len() > 1);
    for _ in 0..3 {
        world.next_day();
        world.harvest().await;
        for _ in 0..2 {
            for id in &customers {
                let own = overview(&source, &customer(id)).await;
                assert!(own.accounts.rows.iter().all(|account| account.customer_id == *id));
                let newest = own.freshness.newest_harvest_at.expect("a harvest");
                assert!(
                    world.clock_now().duration_since(newest) < SignedDuration::from_hours(1),
                    "of this day: {newest}"
                );
            }
        }
    }
    // All harvests become too old without a write.
    world.clock.set(world.clock_now() + 48.hours());
    let later = overview(&source, &Principal::local()).await.freshness;
    assert_eq!((later.accounts_fresh, later.accounts_partial), (0, 0), "{later:?}");
}
