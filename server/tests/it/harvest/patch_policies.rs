//! Patch policies are read over the wire of Quick Setup, and without it everything else is.

use crate::{
    harvest::{accounts_check::Onboarding, reference_data::estate_rows},
    support::{table::rows, world::World},
};
use muster_model::{freshness::HarvestState, harvest::SERVICE_NOT_IN_REGION};
use muster_simulator::{Fault, FaultKind, estate::policy::Policy};

async fn last_day() -> World {
    let world = World::small().await;
    world.skip_to_last_day();
    world
}

const STORED: &str = "SELECT account_id, region, name, operation, target_type, status FROM patch_policy";

#[tokio::test(flavor = "multi_thread")]
async fn stores_policies_and_which_instances_have_them() {
    let world = last_day().await;
    world.harvest().await;
    let policies = estate_rows(&world, |_, site| {
        let row = |one: &Policy| {
            let mut parameters = one.target_parameters().into_iter();
            let kind = parameters.find_map(|(name, value)| (name == "TargetType").then_some(value)).expect("a kind");
            let [account, region] = [&site.account_id, &site.region].map(ToString::to_string);
            [account, region, one.name.clone(), one.operation().to_owned(), kind, "SUCCEEDED".to_owned()]
        };
        site.policies.iter().map(row).collect()
    });
    assert_eq!(rows::<6>(&world, STORED).await, policies);
    let having = estate_rows(&world, |estate, site| {
        let current = site.instances.iter().filter(|one| one.is_current(estate.today()));
        let with_policy =
            current.flat_map(|one| site.policies.iter().filter(|it| it.targets(one)).map(move |it| (one, it)));
        with_policy.map(|(one, policy)| [one.id.to_string(), policy.name.clone()]).collect()
    });
    const LISTED: &str = "SELECT instance_id, patch_policy FROM listed_instance WHERE gone_at IS NULL AND patch_policy <> '' AND instance_state <> 'stopped'";
    assert_eq!(rows::<2>(&world, LISTED).await, having);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_read_quick_setup_is_harvested_completely() {
    for operation in ["ListConfigurations", "GetConfiguration"] {
        let world = last_day().await;
        world.simulator.set_fault(Fault::on(operation, FaultKind::AccessDenied));
        let round = world.harvest().await;
        assert_eq!((round.failed, round.partial), (0, 0), "{operation}");
        let harvests = world.harvests().await;
        assert!(harvests.iter().all(|row| row.state == HarvestState::Fresh));
        assert!(harvests.iter().any(|row| row.errors.iter().any(|one| one.operation == operation)), "{operation}");
        let unread = "SELECT count(*) FROM account_region WHERE slow_cycle_at IS NULL";
        assert_eq!(world.count(unread).await, 0, "reference data counts as read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_policies_stay_when_they_cannot_be_read() {
    let world = last_day().await;
    world.harvest().await;
    let before = rows::<6>(&world, STORED).await;
    for kind in
        [FaultKind::AccessDenied, FaultKind::EmptyBody, FaultKind::TruncatedBody, FaultKind::InternalServerError]
    {
        for operation in ["ListConfigurations", "GetConfiguration"] {
            world.simulator.set_fault(Fault::on(operation, kind.clone()));
            world.harvest().await;
            world.simulator.clear_faults();
            assert_eq!(rows::<6>(&world, STORED).await, before, "{operation} {kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_quick_setup_is_harvested_and_passes_the_check() {
    let onboarding = Onboarding::new().await;
    // As in a Region whose name AWS's name servers do not have.
    let nowhere = [("AWS_ENDPOINT_URL_SSM_QUICKSETUP", "http://ssm-quicksetup.nowhere.invalid".to_owned())];
    let checked = onboarding.muster_with(&["accounts", "check", "--config", "muster.toml"], &nowhere);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let harvested = onboarding.muster_with(&["harvest", "--config", "muster.toml"], &nowhere);
    let told = String::from_utf8_lossy(&harvested.stdout).into_owned();
    assert!(harvested.status.success(), "{told}");
    assert!(told.contains("Quick Setup has no endpoint in us-east-1"), "{told}");
    assert!(told.contains(SERVICE_NOT_IN_REGION) && !told.contains("partial"), "{told}");
}
