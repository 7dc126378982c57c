//! Google Cloud: the metadata server.

use http::{HeaderName, Method, StatusCode};
use muster_attest::forge::jwt;
use serde_json::json;

use super::{Answer, Question, Service, keys::GOOGLE_KEY_ID};
use crate::clock;

/// The number of every simulated project.
pub const PROJECT_NUMBER: u64 = 198_285_616_681;

const ROOT: &str = "/computeMetadata/v1/";
const LIFETIME_SECONDS: i64 = 3_600;

pub(super) fn answer(service: &Service, question: &Question) -> Answer {
    let answer = answer_plain(service, question);
    let headers = vec![
        (HeaderName::from_static("metadata-flavor"), "Google".to_owned()),
        (HeaderName::from_static("server"), "Metadata Server for VM".to_owned()),
    ];
    Answer { headers, ..answer }
}

fn answer_plain(service: &Service, question: &Question) -> Answer {
    let Some(path) = question.path.strip_prefix(ROOT) else { return Answer::refused(StatusCode::NOT_FOUND) };
    if question.header("metadata-flavor") != Some("Google") || question.is_forwarded() {
        return Answer::new(
            StatusCode::FORBIDDEN,
            "text/html",
            "Missing required header \"Metadata-Flavor\": \"Google\"",
        );
    }
    if question.method != Method::GET {
        return Answer::refused(StatusCode::METHOD_NOT_ALLOWED);
    }
    let instance = &service.instance;
    match path {
        "instance/id" => Answer::text(instance.id.as_str()),
        "instance/service-accounts/default/identity" => identity(service, question),
        "instance/attributes/" => {
            Answer::text(instance.labels.keys().map(|name| format!("{name}\n")).collect::<String>())
        }
        "project/project-id" => Answer::text(instance.account.as_str()),
        "project/numeric-project-id" => Answer::text(PROJECT_NUMBER.to_string()),
        path => match path.strip_prefix("instance/attributes/").and_then(|name| instance.labels.get(name)) {
            Some(value) => Answer::text(value.as_str()),
            None => Answer::refused(StatusCode::NOT_FOUND),
        },
    }
}

/// The identity token for an audience. Only with `format=full` it says which instance it is.
fn identity(service: &Service, question: &Question) -> Answer {
    let Some(audience) = question.parameter("audience").filter(|audience| !audience.is_empty()) else {
        return Answer::new(StatusCode::BAD_REQUEST, "text/html", "non-empty audience parameter required");
    };
    let (instance, now) = (&service.instance, clock::wall_clock().as_second());
    let mut claims = json!({
        "aud": audience,
        "azp": "115500000000000000000",
        "email": format!("{PROJECT_NUMBER}-compute@developer.gserviceaccount.com"),
        "email_verified": true,
        "exp": now + LIFETIME_SECONDS,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "115500000000000000000",
    });
    if question.parameter("format") == Some("full") {
        claims["google"] = json!({ "compute_engine": {
            "instance_creation_timestamp": service.started_at.as_second(),
            "instance_id": instance.id,
            "instance_name": "simulated",
            "project_id": instance.account,
            "project_number": PROJECT_NUMBER,
            "zone": "europe-west1-b",
        }});
    }
    let header = json!({ "alg": "RS256", "kid": GOOGLE_KEY_ID, "typ": "JWT" }).to_string();
    Answer::text(jwt::rs256(&header, &claims.to_string(), &service.keys.google))
}
