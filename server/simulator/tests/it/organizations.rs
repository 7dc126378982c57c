//! AWS Organizations: access, the list of accounts, and the tags that describe them to the portal.

use std::collections::{BTreeMap, BTreeSet};

use muster_simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::{client::Client, world::World};

/// All rows of a paged list.
fn list(operator: &Client, operation: &str, mut input: Value, name: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let page = operator.organizations(operation, input.clone()).json();
        let list = page[name].as_array().unwrap_or_else(|| panic!("no {name} in {page}"));
        assert!(list.len() <= 20);
        rows.extend(list.clone());
        input["NextToken"] = page["NextToken"].clone();
        if input["NextToken"].is_null() {
            return rows;
        }
    }
}

fn accounts(operator: &Client) -> Vec<Value> {
    list(operator, "ListAccounts", json!({ "MaxResults": 20 }), "Accounts")
}

fn tags(operator: &Client, id: &str) -> BTreeMap<String, String> {
    let tags = list(operator, "ListTagsForResource", json!({ "ResourceId": id }), "Tags");
    let text = |tag: &Value, member: &str| tag[member].as_str().expect("text").to_owned();
    tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_accounts_are_members_with_the_roster_in_their_tags() {
    let world = World::of("demo").await;
    let operator = Client::operator(&world.simulator);
    let members = accounts(&operator);
    let roster = world.roster();
    assert_eq!(members.len(), roster.len() + 3);
    let ids: BTreeSet<&str> = members.iter().filter_map(|one| one["Id"].as_str()).collect();
    assert!(roster.iter().all(|one| ids.contains(one.systems_account.as_str())));
    let state = |member: &Value| member["State"].as_str().or(member["Status"].as_str()).expect("a state").to_owned();
    let inactive: Vec<&Value> = members.iter().filter(|one| state(one) != "ACTIVE").collect();
    assert_eq!(inactive.iter().map(|one| state(one)).collect::<Vec<_>>(), ["SUSPENDED", "PENDING_CLOSURE"]);
    assert!(inactive.iter().all(|one| roster.iter().all(|account| one["Id"] != *account.systems_account)));
    assert!(members.iter().any(|one| one["State"].is_null()) && members.iter().any(|one| one["Status"].is_null()));
    assert!(members.iter().all(|one| one["Email"].is_string() && one["JoinedTimestamp"].is_number()));
    let mut without_provider = Vec::new();
    for account in &roster {
        let tags = tags(&operator, &account.systems_account);
        assert_eq!(tags["muster:account-id"], account.account_id);
        assert_eq!(tags["muster:account-name"], account.account_name);
        assert_eq!(tags["muster:customer-id"], account.customer_id);
        assert_eq!(tags["muster:customer-name"], account.customer_name);
        assert_eq!(tags["muster:external-id"], account.external_id);
        assert_eq!(tags["muster:regions"], account.regions.join(" "));
        match tags.get("muster:provider") {
            Some(provider) => assert_eq!(*provider, account.provider),
            None => without_provider.push(account),
        }
    }
    assert_eq!(without_provider.len(), 1);
    assert_ne!(without_provider[0].provider, "aws");
    assert!(tags(&operator, "110000000011").is_empty());
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_management_account_has_access_and_limits_are_checked() {
    let world = World::new().await;
    let operator = Client::operator(&world.simulator);
    let refusal = |client: &Client, operation: &str, input: Value| client.organizations(operation, input).error_type();
    assert_eq!(refusal(&world.session, "ListAccounts", json!({})), "AccessDeniedException");
    let elsewhere = Client { region: "eu-west-1".to_owned(), ..operator.clone() };
    assert_eq!(refusal(&elsewhere, "ListAccounts", json!({})), "InvalidSignatureException");
    assert_eq!(refusal(&operator, "ListAccounts", json!({ "MaxResults": 21 })), "ValidationException");
    assert_eq!(refusal(&operator, "ListAccounts", json!({ "MaxResults": 0 })), "ValidationException");
    assert_eq!(refusal(&operator, "ListAccounts", json!({ "NextToken": "rubbish" })), "InvalidInputException");
    assert_eq!(refusal(&operator, "ListTagsForResource", json!({})), "ValidationException");
    assert_eq!(refusal(&operator, "ListTagsForResource", json!({ "ResourceId": "r-abcd" })), "InvalidInputException");
    let nobody = json!({ "ResourceId": "000000000000" });
    assert_eq!(refusal(&operator, "ListTagsForResource", nobody), "TargetNotFoundException");
    assert_eq!(refusal(&operator, "CloseAccount", json!({})), "UnknownOperationException");
    world.simulator.set_fault(Fault::on("ListAccounts", FaultKind::Throttling).times(1));
    let throttled = operator.organizations("ListAccounts", json!({}));
    assert_eq!((throttled.status, throttled.error_type().as_str()), (400, "TooManyRequestsException"));
    world.simulator.set_fault(Fault::on("ListAccounts", FaultKind::EmptyPageWithToken).times(1));
    assert_eq!(accounts(&operator).len(), 6);
    world.simulator.stop().await;
}
