//! Operators approve, retry and reset enrollments: what is sent, shown and audited.

use super::enrollment::{Case, OPERATOR, person};
use crate::support::{
    enrollment_server::Behaviour,
    visitor::{Answer, Visitor},
};
use axum::http::StatusCode;
use muster_access::principal::Role;
use muster_audit::Audit;
use muster_model::enrollment::EnrollmentState;

async fn act(visitor: &Visitor, enrollment: &str, action: &str) -> Answer {
    visitor.post("/enrollment/act", &format!("enrollment={enrollment}&action={action}")).await
}

impl Case {
    fn add(&self, instance: &str, state: EnrollmentState) -> String {
        self.server.add_enrollment(self.provider(), &self.accounts[0], instance, &self.customers[0], state)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_carried_out_in_the_name_of_the_operator_and_audited() {
    let case = Case::new().await;
    let waiting = case.add("vm-1", EnrollmentState::AwaitingApproval);
    let failed = case.add("vm-2", EnrollmentState::Failed);
    let folder = tempfile::tempdir().expect("a folder");
    let audit = Audit::open(folder.path(), case.world.clock.clone()).expect("an audit");
    let mut state = case.state();
    state.audit = audit;
    let operator = Visitor::signed_in(&state, person(OPERATOR));
    let queue = operator.get("/enrollment/queue").await.body;
    assert!(queue.contains("Approve the enrollment of vm-1") && !queue.contains("vm-2"), "{queue}");
    for (id, action, next) in [
        (&waiting, "approve", "/enrollment/queue".to_owned()),
        (&failed, "retry", "/enrollment/queue?list=failed".to_owned()),
        (&failed, "reset", format!("/enrollment/{failed}")),
    ] {
        let answer = act(&operator, id, action).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some(&*next)), "{action}");
        let (path, body) = case.server.requests().pop().expect("a request");
        assert_eq!(path, format!("/operators/v1/enrollments/{id}/{action}"));
        assert_eq!(body, r#"{"name":"Somebody","subject":"test manager"}"#);
    }
    // What is refused is shown in the server's words, as text, and audited.
    let answer = act(&operator, &failed, "approve").await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(
        answer.body.contains("is not in a state for approve") && !answer.body.contains("<b>enr-"),
        "{}",
        answer.body
    );
    let lines = std::fs::read_dir(folder.path()).expect("files").flatten().map(|file| file.path());
    let log: String = lines.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    for (action, result, times) in [
        ("enrollment_approved", "ok", 2),
        ("enrollment_approved", "failed", 1),
        ("enrollment_retried", "ok", 1),
        ("enrollment_reset", "ok", 1),
    ] {
        let event = format!(r#""action":"{action}","result":"{result}","subject":"manager""#);
        assert_eq!(log.matches(&event).count(), times, "{event} in {log}");
    }
    assert!(log.contains(&waiting) && log.contains("is not in a state"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_confirmed_on_the_page_of_the_enrollment() {
    let case = Case::new().await;
    let id = case.add("vm-1", EnrollmentState::Enrolled);
    let operator = case.visitor(OPERATOR);
    let queue = operator.get("/enrollment/queue?list=done").await.body;
    assert!(queue.contains(&format!("/enrollment/{id}#reset")) && !queue.contains("value=\"reset\""), "{queue}");
    let page = operator.get(&format!("/enrollment/{id}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("cannot be undone") && page.body.contains("value=\"reset\""), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_operators_acts_and_nothing_else_is_requested() {
    let case = Case::new().await;
    let id = case.add("vm-1", EnrollmentState::AwaitingApproval);
    for role in [case.customer(0), Role::AccountManager { only: None }] {
        let visitor = case.visitor(role);
        assert_eq!(act(&visitor, &id, "approve").await.status, StatusCode::NOT_FOUND);
        assert_eq!(visitor.get(&format!("/enrollment/{id}")).await.status, StatusCode::NOT_FOUND);
    }
    let operator = case.visitor(OPERATOR);
    for (id, action) in [(&*id, "delete"), ("enr-1", "approve"), ("..%2F..%2Fguide", "approve"), ("", "")] {
        assert_eq!(act(&operator, id, action).await.status, StatusCode::NOT_FOUND, "{id} {action}");
    }
    assert_eq!(operator.post("/enrollment/act", "action=approve").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(operator.get(&format!("/enrollment/enr-{}", "0".repeat(24))).await.status, StatusCode::NOT_FOUND);
    let posted = case.server.requests().into_iter().filter(|(_, body)| !body.is_empty()).count();
    assert_eq!(posted, 0, "{:?}", case.server.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_without_an_answer_may_have_been_carried_out() {
    let case = Case::new().await;
    let id = case.add("vm-1", EnrollmentState::AwaitingApproval);
    case.server.behave(Behaviour::Silent);
    let answer = act(&case.visitor(OPERATOR), &id, "approve").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert!(answer.body.contains("may have been carried out or not"), "{}", answer.body);
}
