//! Faults: each applies to the requests that it was set for, and looks like the real failure.

use std::{collections::BTreeSet, time::Duration};

use muster_simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    world::{World, all},
};

const OPERATION: &str = "DescribeInstanceInformation";

#[tokio::test(flavor = "multi_thread")]
async fn faults_apply_to_the_given_operation_and_number_of_requests() {
    let world = World::new().await;
    let ask = || world.session.try_ssm("DescribeInstanceInformation", json!({ "MaxResults": 50 }));
    let ask_under = |kind: FaultKind| {
        world.simulator.clear_faults();
        world.simulator.set_fault(Fault::on("DescribeInstanceInformation", kind).times(1));
        ask()
    };
    for (kind, status, error) in [
        (FaultKind::AccessDenied, 400, "AccessDeniedException"),
        (FaultKind::Throttling, 400, "ThrottlingException"),
        (FaultKind::InternalServerError, 500, "InternalServerError"),
        (FaultKind::ServiceUnavailable, 503, "ServiceUnavailable"),
        (FaultKind::ExpiredToken, 400, "ExpiredTokenException"),
    ] {
        let answer = ask_under(kind.clone()).expect("an answer");
        assert_eq!((answer.status, answer.error_type().as_str()), (status, error), "{kind:?}");
    }
    let page = ask_under(FaultKind::HtmlBody500).expect("an answer");
    assert!(page.status == 500 && page.body.starts_with("<html>"));
    let cut = ask_under(FaultKind::TruncatedBody).expect("an answer");
    assert!(cut.status == 200 && serde_json::from_str::<Value>(&cut.body).is_err());
    assert_eq!(ask_under(FaultKind::EmptyBody).expect("an answer").body, "");
    assert!(ask_under(FaultKind::DropConnection).is_err());
    let empty = ask_under(FaultKind::EmptyPageWithToken).expect("an answer").json();
    assert_eq!(empty["InstanceInformationList"], json!([]));
    let next = json!({ "MaxResults": 50, "NextToken": empty["NextToken"] });
    let rest = world.session.ssm("DescribeInstanceInformation", next).json();
    assert_eq!(rest["InstanceInformationList"].as_array().map(Vec::len), Some(world.instances().len()));
    let started = std::time::Instant::now();
    assert_eq!(ask_under(FaultKind::Slow(Duration::from_millis(300))).expect("an answer").status, 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(ask().expect("an answer").status, 200, "the fault is used up");
    world.simulator.set_fault(Fault::everywhere(FaultKind::Throttling).in_account("000000000000"));
    assert_eq!(ask().expect("an answer").status, 200, "the fault is for another account");
    world.simulator.set_fault(Fault::on("GetCallerIdentity", FaultKind::WrongAccount));
    let identity = world.session.sts("Action=GetCallerIdentity&Version=2011-06-15");
    assert!(identity.status == 200 && identity.element("Account") != world.account.systems_account);
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeating_token_is_the_same_on_every_page() {
    let world = World::of("demo").await;
    world.simulator.set_fault(Fault::on("DescribeInstanceInformation", FaultKind::RepeatingToken));
    let mut tokens = BTreeSet::new();
    let mut token = Value::Null;
    for _ in 0..4 {
        token =
            world.session.ssm("DescribeInstanceInformation", json!({ "NextToken": token })).json()["NextToken"].clone();
        tokens.insert(token.to_string());
    }
    assert_eq!(tokens.len(), 1);
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_can_skip_requests_and_match_their_bodies() {
    let world = World::new().await;
    let ask =
        |kind: &str| world.session.ssm("GetInventory", json!({ "ResultAttributes": [{ "TypeName": kind }] })).status;
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied).about("AWS:Tag").after(1).times(2));
    let tags: Vec<u16> = (0..5).map(|_| ask("AWS:Tag")).collect();
    assert_eq!(tags, [200, 400, 400, 200, 200]);
    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied).about("AWS:Tag"));
    assert_eq!((ask("AWS:Application"), ask("AWS:Tag")), (200, 400));
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_can_be_truncated_or_replaced() {
    let world = World::new().await;
    let ask = |kind: FaultKind| {
        world.simulator.clear_faults();
        world.simulator.set_fault(Fault::on(OPERATION, kind));
        world.session.ssm(OPERATION, json!({}))
    };
    let cut = ask(FaultKind::CutAt(17));
    assert_eq!((cut.status, cut.body.len()), (200, 17));
    assert!(cut.headers.contains("content-type: application/x-amz-json-1.1"), "{}", cut.headers);
    let whole = ask(FaultKind::CutAt(usize::MAX)).json();
    assert!(whole["InstanceInformationList"].is_array());
    let lie = ask(FaultKind::Body(b"{\"InstanceInformationList\":null}".to_vec()));
    assert_eq!((lie.status, lie.body.as_str()), (200, "{\"InstanceInformationList\":null}"));
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_can_be_refused_empty_or_endless() {
    let world = World::of("demo").await;
    let count = world.instances().len();
    let set = |kind: FaultKind, times: Option<u32>| {
        world.simulator.clear_faults();
        world.simulator.set_fault(Fault { times, ..Fault::on(OPERATION, kind) });
    };
    let all_pages = || all(&world.session, OPERATION, &json!({ "MaxResults": 10 }), "InstanceInformationList");
    let expected = all_pages();
    assert_eq!(expected.0.len(), count);
    set(FaultKind::EmptyPageWithToken, Some(1));
    assert_eq!(all_pages(), (expected.0.clone(), expected.1 + 1));
    set(FaultKind::EmptyTokenAtEnd, None);
    assert_eq!(all_pages(), expected);
    let last = world.session.ssm(OPERATION, json!({ "MaxResults": 50 })).json();
    assert_eq!(last["NextToken"], "");
    set(FaultKind::InvalidNextToken, None);
    let first = world.session.ssm(OPERATION, json!({ "MaxResults": 10 })).json();
    let second = json!({ "MaxResults": 10, "NextToken": first["NextToken"] });
    assert_eq!(world.session.ssm(OPERATION, second.clone()).error_type(), "InvalidNextToken");
    set(FaultKind::TokenChain, None);
    let (mut tokens, mut token) = (BTreeSet::new(), Value::Null);
    for _ in 0..40 {
        let page = world.session.ssm(OPERATION, json!({ "MaxResults": 10, "NextToken": token })).json();
        assert_eq!(page["InstanceInformationList"], json!([]));
        token = page["NextToken"].clone();
        assert!(tokens.insert(token.to_string()), "the same token twice");
    }
    set(FaultKind::TokenChain, Some(7));
    assert_eq!(all_pages(), (expected.0, expected.1 + 7));
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn command_lists_can_lag_by_a_day() {
    let world = World::of("demo").await;
    let now = world.estate.read().expect("a lock").now().as_second() as f64;
    for (operation, list) in [("ListCommands", "Commands"), ("ListCommandInvocations", "CommandInvocations")] {
        world.simulator.clear_faults();
        let expected = all(&world.session, operation, &json!({}), list).0;
        world.simulator.set_fault(Fault::on(operation, FaultKind::Lagging));
        let lagging = all(&world.session, operation, &json!({}), list).0;
        let requested = |row: &Value| row["RequestedDateTime"].as_f64().expect("a time");
        assert!(lagging.len() < expected.len() && !lagging.is_empty());
        assert!(lagging.iter().all(|row| requested(row) <= now - 86_400.0));
        assert_eq!(lagging[..], expected[expected.len() - lagging.len()..]);
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skewed_clock_shows_in_the_date_header() {
    let world = World::new().await;
    let date = |answer: &Answer| {
        let line = answer.headers.lines().find_map(|line| line.strip_prefix("date: ")).expect("a date").to_owned();
        jiff::fmt::rfc2822::parse(&line).expect("a date").timestamp().as_second()
    };
    let expected = world.session.ssm(OPERATION, json!({}));
    world.simulator.set_fault(Fault::everywhere(FaultKind::ClockSkew(20 * 60)));
    let refused = world.session.ssm(OPERATION, json!({}));
    assert_eq!((refused.status, refused.error_type().as_str()), (400, "InvalidSignatureException"));
    assert!(refused.body.contains("Signature expired: "), "{}", refused.body);
    assert!((date(&refused) - date(&expected) - 20 * 60).abs() <= 2);
    let identity = world.session.sts("Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!((identity.status, identity.element("Code").as_str()), (403, "SignatureDoesNotMatch"));
    let corrected = Client { clock_offset_seconds: 20 * 60, ..world.session.clone() };
    let answer = corrected.ssm(OPERATION, json!({}));
    assert_eq!(answer.status, 200);
    assert!((date(&answer) - date(&expected) - 20 * 60).abs() <= 2);
    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::everywhere(FaultKind::ClockSkew(2 * 3_600)));
    let late = Client { clock_offset_seconds: 2 * 3_600, ..world.session.clone() };
    assert_eq!(late.ssm(OPERATION, json!({})).error_type(), "ExpiredTokenException");
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_can_be_partial_and_have_a_retry_delay() {
    let world = World::new().await;
    let statuses = || -> Vec<u16> { (0..200).map(|_| world.session.ssm(OPERATION, json!({})).status).collect() };
    world.simulator.set_fault(Fault::on(OPERATION, FaultKind::ThrottlingShare(30)));
    let first = statuses();
    let throttled = first.iter().filter(|&&status| status == 400).count();
    assert!((40..=80).contains(&throttled), "{throttled} of 200");
    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::on(OPERATION, FaultKind::ThrottlingShare(30)));
    assert_eq!(statuses(), first, "each run throttles the same requests");
    world.simulator.clear_faults();
    world.simulator.set_fault(Fault::on(OPERATION, FaultKind::ThrottlingWithRetryAfter(1_500)));
    let answer = world.session.ssm(OPERATION, json!({}));
    assert_eq!((answer.status, answer.error_type().as_str()), (400, "ThrottlingException"));
    assert_eq!(answer.json()["message"], "Rate exceeded");
    assert!(answer.headers.contains("x-amz-retry-after: 1500"), "{}", answer.headers);
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_can_lead_to_another_account_and_accept_any_external_id() {
    let world = World::new().await;
    let operator = Client::operator(&world.simulator);
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::AnyExternalId));
    assert_eq!(operator.assume(&world.account.role_arn, "muster-guessed").status, 200);
    world.simulator.clear_faults();
    assert_eq!(operator.assume(&world.account.role_arn, "muster-guessed").status, 403);
    world.simulator.set_fault(Fault::on("AssumeRole", FaultKind::RoleLeadsElsewhere).times(1));
    let other = world.roster().remove(1);
    let elsewhere = Client { region: other.regions[0].clone(), ..Client::session(&world.simulator, &world.account) };
    let identity = elsewhere.sts("Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(identity.element("Account"), other.systems_account);
    let seen = elsewhere.ssm(OPERATION, json!({ "MaxResults": 50 })).json();
    let own = Client::session(&world.simulator, &other).ssm(OPERATION, json!({ "MaxResults": 50 })).json();
    assert!(seen["InstanceInformationList"].as_array().is_some_and(|list| !list.is_empty()));
    assert_eq!(seen, own);
    world.simulator.stop().await;
}
