//! The policy that is printed allows what a harvest sends, and nothing else.

use super::world::World;
use muster_server::collect::permissions::OPERATIONS;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_what_is_sent() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let sent: BTreeSet<String> = world
        .simulator
        .calls()
        .iter()
        .map(|call| call.operation.clone())
        .filter(|operation| !["AssumeRole", "GetCallerIdentity"].contains(&operation.as_str()))
        .collect();
    let allowed: BTreeSet<String> = OPERATIONS.iter().map(ToString::to_string).collect();
    let mut unused: Vec<_> = allowed.difference(&sent).cloned().collect();
    // Asked only of hybrid nodes that the inventory leaves out, which the simulated ones never are.
    unused.retain(|operation| operation != "ListTagsForResource");
    assert_eq!(sent.difference(&allowed).collect::<Vec<_>>(), Vec::<&String>::new(), "sent but not allowed");
    assert_eq!(unused, Vec::<String>::new(), "allowed but never sent");
}
