//! OpenStack: the metadata of Nova. It signs nothing, and has the operator's token as vendor data.

use http::{Method, StatusCode};
use serde_json::json;

use super::{Answer, Question, Service};

pub(super) fn answer(service: &Service, question: &Question) -> Answer {
    if question.method != Method::GET {
        return Answer::refused(StatusCode::METHOD_NOT_ALLOWED);
    }
    let instance = &service.instance;
    match (question.path.as_str(), &instance.enrollment_token) {
        ("/openstack/latest/meta_data.json", _) => {
            Answer::json(&json!({ "uuid": instance.id, "project_id": instance.account, "meta": instance.labels }))
        }
        ("/openstack/latest/vendor_data2.json", Some(token)) => {
            Answer::json(&json!({ "muster": { "enrollment_token": token } }))
        }
        ("/openstack/latest/vendor_data2.json", None) => Answer::json(&json!({})),
        _ => Answer::refused(StatusCode::NOT_FOUND),
    }
}
