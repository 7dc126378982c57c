//! Text that the instances of one customer report reaches no other customer, not even through a shared figure: the latest
//! agent version is the latest of all customers, and shown to all.

use crate::{
    support::{
        visitor::{Visitor, no_rate_limit, state_behind_proxy},
        world::World,
    },
    tenancy::tenants::person,
};
use muster_access::{assignments::Assignments, principal::Role, public_url::PublicUrl};
use muster_simulator::{Fault, FaultKind};
use muster_web::sign_in::SignIn;
use serde_json::Value;
use std::collections::BTreeSet;

/// The latest agent version that `c-other` sees. The Linux instance of `c-one` reports `version` as the latest, and the
/// Windows instance of `c-other` has an old one.
async fn latest_version_shown_to_other(version: &str) -> Value {
    let mut world = World::generated(2, 1, 1).await;
    let mut accounts = world.harvester.accounts.to_vec();
    let instances = world.estate.read().expect("the estate").instances();
    for (account, (customer, platform, version, says_latest)) in
        accounts.iter_mut().zip([("c-one", "Linux", version, true), ("c-other", "Windows", "3.0.1.0", false)])
    {
        account.customer_id = customer.to_owned();
        let instance = instances.iter().find(|instance| *instance.systems_account == *account.systems_account);
        let id = instance.expect("an instance").instance_id.to_string();
        let body = format!(
            r#"{{"InstanceInformationList":[{{"InstanceId":"{id}","ComputerName":"{customer}","PingStatus":"Online",
                "PlatformType":"{platform}","ResourceType":"ManagedInstance","AgentVersion":"{version}",
                "IsLatestVersion":{says_latest}}}]}}"#
        );
        let fault = Fault::on("DescribeInstanceInformation", FaultKind::Body(body.into_bytes()));
        world.simulator.set_fault(fault.in_account(&account.systems_account));
    }
    world.harvester.accounts = accounts.into();
    world.harvest().await;
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, Assignments::default(), world.clock.clone());
    let state = state_behind_proxy(&world.source(), no_rate_limit(), sign_in);
    let other = person("other", Role::Customer { customers: BTreeSet::from(["c-other".to_owned()]) });
    let visitor = Visitor::signed_in(&state, other);
    let rows: Value = serde_json::from_str(&visitor.get("/api/v1/instances").await.body).expect("JSON");
    let [row] = rows["rows"].as_array().expect("rows").as_slice() else { panic!("one row, not {rows}") };
    assert_eq!(row["agent_is_latest"], false);
    let id = row["instance_id"].as_str().expect("an id");
    let page = visitor.get(&format!("/instances/{id}")).await;
    assert!(!page.body.contains("CANARY"), "{}", page.body);
    let page: Value = serde_json::from_str(&visitor.get(&format!("/api/v1/instances/{id}")).await.body).expect("JSON");
    page["latest_agent_version"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_the_latest_agent_to_other_customers_only_if_it_is_a_version() {
    assert_eq!(latest_version_shown_to_other("3.3.987.0").await, "3.3.987.0");
    for text in ["3.3.987.0 CANARY", "3.3.987.CANARY", "3.3.987.0\\nCANARY", "3.3.987.0<b>CANARY"] {
        assert_eq!(latest_version_shown_to_other(text).await, Value::Null, "{text}");
    }
}
