//! A process can end at each request, before AWS sees it or before the reply arrives. The next one continues.

use crate::support::{World, assert_single, request};
use jiff::SignedDuration;
use muster_provision::{LedgerError, ProvisionError, Stage};
use std::cell::Cell;

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_at_each_request_leaves_one_of_everything() {
    let whole = World::small().await;
    whole.provision("whole").await.expect("ready");
    let requests = whole.requests();
    assert!(requests > 40, "{requests}");
    for is_after in [false, true] {
        for at in 1..=requests {
            let what = format!("interrupted {} request {at} of {requests}", if is_after { "after" } else { "before" });
            let world = World::small().await;
            let ended = world.interrupt(at, is_after, world.provision("first")).await;
            assert!(ended.is_none(), "{what}: {ended:?}");
            // The lease of the process that ended keeps others away until it expires.
            let early = world.provision("second").await;
            assert!(matches!(early, Err(ProvisionError::Ledger(LedgerError::Held { .. }))), "{what}: {early:?}");
            world.pass(SignedDuration::from_mins(15));
            let ready = world.provision("second").await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(ready.drift.is_empty(), "{what}: {:#?}", ready.drift);
            assert_eq!(world.state().stage, Stage::Ready, "{what}");
            assert_single(&world, &what);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ledger_finds_the_account_and_its_external_id_again() {
    let world = World::small().await;
    let before = world.provision("first").await.expect("ready");
    world.provisioner.ledger().forget(&request().key());
    let after = world.provision("second").await.expect("ready");
    assert_eq!(after, before);
    assert_single(&world, "a lost ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_attempts_at_once_make_one_account() {
    let world = World::small().await;
    // The name of a host says nothing of its processes.
    for holders in [("one", "two"), ("one", "one")] {
        world.provisioner.ledger().forget(&request().key());
        let (one, two) = tokio::join!(world.provision(holders.0), world.provision(holders.1));
        let results = [one, two];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{holders:?}: {results:?}");
        let held = |result: &&Result<_, ProvisionError>| {
            matches!(result, Err(ProvisionError::Ledger(LedgerError::Held { .. })))
        };
        assert_eq!(results.iter().filter(held).count(), 1, "{holders:?}: {results:?}");
    }
    assert_single(&world, "two at once");
    world.provision("two").await.expect("ready");
    assert_single(&world, "two at once, continued");
}

/// A process can be suspended for longer than its lease, at each request, and continue beside the one that took over.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_has_lost_its_lease_writes_nothing_more() {
    let whole = World::small().await;
    whole.provision("whole").await.expect("ready");
    for at in 1..=whole.requests() {
        let world = World::small().await;
        let writes = Cell::new(0);
        let takes_over = async {
            world.pass(SignedDuration::from_mins(15));
            world.provision("second").await.unwrap_or_else(|error| panic!("request {at}: {error}"));
            writes.set(world.writes());
        };
        let first = world.stall(at, world.provision("first"), takes_over).await;
        assert!(matches!(first, Err(ProvisionError::Ledger(LedgerError::Lost { .. }))), "request {at}: {first:?}");
        assert_eq!(world.writes(), writes.get(), "request {at}");
        assert_eq!(world.state().stage, Stage::Ready, "request {at}");
        assert_single(&world, &format!("suspended at request {at}"));
    }
}
