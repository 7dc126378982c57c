//! The tier of hybrid instances is read where there are any, and without the permission everything else is.

use crate::{
    harvest::ssm_quirks::last_day,
    support::world::portal,
    support::{table::rows, world::get},
};
use muster_access::principal::Principal;
use muster_model::freshness::HarvestState;
use muster_simulator::{Fault, FaultKind};

#[tokio::test(flavor = "multi_thread")]
async fn the_tier_is_stored_and_said_where_windows_is_patched() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let tiers = "SELECT DISTINCT setting_id, value FROM service_setting";
    assert_eq!(rows::<2>(&world, tiers).await, [["/ssm/managed-instance/activation-tier", "standard"]]);
    let hybrid =
        "SELECT count(*) FROM (SELECT DISTINCT account_id, region FROM instance WHERE instance_id LIKE 'mi-%')";
    let asked = wire_proxy.exchanges("GetServiceSetting").len();
    assert_eq!(i64::try_from(asked).expect("a number"), world.count(hybrid).await);
    let windows = "SELECT instance_id FROM instance WHERE instance_id LIKE 'mi-%' AND platform_type = 'Windows' AND gone_at IS NULL LIMIT 1";
    for [instance] in rows::<1>(&world, windows).await {
        let router = portal(&world.source(), Principal::local().identity);
        let (_, page) = get(router, &format!("/instances/{instance}")).await;
        assert!(page.contains("hybrid instances of the standard tier"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_read_the_tier_is_harvested_completely() {
    let (world, _) = last_day().await;
    world.simulator.set_fault(Fault::on("GetServiceSetting", FaultKind::AccessDenied));
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));
    assert!(world.harvests().await.iter().any(|row| row.errors.iter().any(|one| one.operation == "GetServiceSetting")));
    let unread = "SELECT count(*) FROM account_region WHERE slow_cycle_at IS NULL";
    assert_eq!(world.count(unread).await, 0, "reference data counts as read");
}
