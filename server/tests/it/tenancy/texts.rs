//! What one customer's machines write of themselves reaches nobody else, not even by way of a figure that is made of
//! everybody's: the newest agent is the newest of all, and its version is shown to all.

use crate::{
    support::{
        visitor::{Visitor, no_hurry, state_behind_proxy},
        world::World,
    },
    tenancy::tenants::person,
};
use muster_access::{assignments::Assignments, principal::Role, public_url::PublicUrl};
use muster_simulator::{Fault, FaultKind};
use muster_web::sign_in::SignIn;
use serde_json::Value;
use std::collections::BTreeSet;

/// Two customers with a machine each: one's Linux says that this agent is the latest, the other's Windows has an old one.
/// Gives what the other is shown as the newest version.
async fn shown_to_the_other(version: &str) -> Value {
    let mut world = World::generated(2, 1, 1).await;
    let mut accounts = world.harvester.accounts.to_vec();
    let machines = world.estate.read().expect("the estate").instances();
    for (account, (customer, platform, version, says_latest)) in
        accounts.iter_mut().zip([("c-one", "Linux", version, true), ("c-other", "Windows", "3.0.1.0", false)])
    {
        account.customer_id = customer.to_owned();
        let machine = machines.iter().find(|machine| *machine.systems_account == *account.systems_account);
        let id = machine.expect("a machine").instance_id.to_string();
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
    let state = state_behind_proxy(&world.source(), no_hurry(), sign_in);
    let other = person("other", Role::Customer { customers: BTreeSet::from(["c-other".to_owned()]) });
    let visitor = Visitor::signed_in(&state, other);
    let rows: Value = serde_json::from_str(&visitor.get("/api/v1/instances").await.body).expect("JSON");
    let [row] = rows["rows"].as_array().expect("rows").as_slice() else { panic!("one machine, not {rows}") };
    assert_eq!(row["agent_is_latest"], false);
    let id = row["instance_id"].as_str().expect("an id");
    let page = visitor.get(&format!("/instances/{id}")).await;
    assert!(!page.body.contains("CANARY"), "{}", page.body);
    let page: Value = serde_json::from_str(&visitor.get(&format!("/api/v1/instances/{id}")).await.body).expect("JSON");
    page["latest_agent_version"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_agents_version_is_shown_to_others_only_if_it_is_one() {
    assert_eq!(shown_to_the_other("3.3.987.0").await, "3.3.987.0");
    for text in ["3.3.987.0 CANARY", "3.3.987.CANARY", "3.3.987.0\\nCANARY", "3.3.987.0<b>CANARY"] {
        assert_eq!(shown_to_the_other(text).await, Value::Null, "{text}");
    }
}
