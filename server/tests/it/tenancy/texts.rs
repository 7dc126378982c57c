//! Text that the instances of one customer report reaches no other customer, not even through a shared figure: the latest
//! agent version is the latest of all customers, and shown to all.

use crate::{
    support::{
        visitor::{Visitor, no_rate_limit, state_behind_proxy},
        world::{World, customer, get, portal},
    },
    tenancy::tenants::person,
};
use muster_access::{
    assignments::Assignments,
    principal::{Principal, Role},
    public_url::PublicUrl,
};
use muster_model::ports::Reports;
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
    // Agents are compared within a Region.
    let regions = accounts[0].regions.clone();
    for (account, (customer, platform, version, says_latest)) in
        accounts.iter_mut().zip([("c-one", "Linux", version, true), ("c-other", "Windows", "3.0.1.0", false)])
    {
        account.customer_id = customer.to_owned();
        account.regions = regions.clone();
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
    // A text that is no version tells nothing about other agents.
    let is_version = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    assert_eq!(row["agent_is_latest"], if is_version { Value::from(false) } else { Value::Null });
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

#[tokio::test(flavor = "multi_thread")]
async fn shows_the_text_of_a_harvest_error_only_to_those_who_see_the_harvest() {
    let world = World::generated(2, 1, 1).await;
    let account = world.account(0).clone();
    let fault = Fault::everywhere(FaultKind::AccessDenied);
    world.simulator.set_fault(fault.in_account(&account.systems_account));
    world.harvest().await;
    let source = world.source();
    let errors = async |principal: &Principal| {
        let page = source.for_scope(principal.scope()).account(account.account_id.clone()).await.expect("the account");
        page.harvests.into_iter().flat_map(|harvest| harvest.errors).collect::<Vec<_>>()
    };
    let all = errors(&Principal::local()).await;
    assert!(!all.is_empty() && all.iter().all(|error| !error.message.is_empty() && !error.code.is_empty()), "{all:?}");
    let owner = customer(&account.customer_id);
    let shown = errors(&owner).await;
    assert_eq!(shown.len(), all.len());
    assert!(shown.iter().all(|error| error.message.is_empty() && error.code.is_empty()), "{shown:?}");
    let (_, page) = get(portal(&source, owner.identity), &format!("/accounts/{}", account.account_id)).await;
    assert!(page.contains(all[0].class.label()), "{page}");
    for error in all {
        assert!(!page.contains(&error.message) && !page.contains(&error.code), "{error:?} in {page}");
    }
}
