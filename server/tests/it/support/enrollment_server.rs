//! A stand-in for the enrollment server's API for operators, over HTTP. It ignores what the portal asks to be filtered by, except the
//! list: the portal must not rely on the filters of the server.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use muster_model::{
    enrollment::{
        Enrollment, EnrollmentAccount, EnrollmentDrift, EnrollmentGuide, EnrollmentScript, EnrollmentState, Enrollments,
    },
    provider::Provider,
};
use muster_web::enrollment::client::EnrollmentClient;
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Healthy,
    Status(StatusCode),
    /// JSON of another kind.
    Garbage,
    /// More than the portal reads.
    Oversized,
    /// Takes the request, and says nothing.
    Silent,
    Redirect,
}

struct Known {
    accounts: Vec<EnrollmentAccount>,
    enrollments: Vec<Enrollment>,
    guide: EnrollmentGuide,
    behaviour: Behaviour,
    /// The requests so far: path with query string, and body.
    requests: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct StandIn {
    known: Arc<Mutex<Known>>,
    address: String,
}

fn moment() -> Timestamp {
    "2026-11-30T11:02:00Z".parse().expect("a time")
}

impl StandIn {
    /// Starts it on the runtime of the test.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let known = Arc::new(Mutex::new(Known {
            accounts: Vec::new(),
            enrollments: Vec::new(),
            guide: guide(),
            behaviour: Behaviour::Healthy,
            requests: Vec::new(),
        }));
        let router = Router::new()
            .route("/operators/v1/accounts", get(accounts))
            .route("/operators/v1/guide", get(guide_of))
            .route("/operators/v1/enrollments", get(enrollments))
            .route("/operators/v1/enrollments/{id}", get(enrollment))
            .route("/operators/v1/enrollments/{id}/{action}", post(act))
            .fallback(any(|| async { StatusCode::NOT_FOUND }))
            .with_state(known.clone());
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { known, address }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("the state")
    }

    pub fn client(&self, clock: SharedClock) -> Arc<EnrollmentClient> {
        Arc::new(EnrollmentClient::new(&self.address, SECRET.into(), clock).expect("a client"))
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.lock().behaviour = behaviour;
    }

    pub fn requests(&self) -> Vec<(String, String)> {
        self.lock().requests.clone()
    }

    pub fn set_guide(&self, change: impl FnOnce(&mut EnrollmentGuide)) {
        change(&mut self.lock().guide);
    }

    /// Adds an account, given by its id and name, of a customer, given likewise, with drift.
    pub fn add_account(&self, provider: &str, account: (&str, &str), customer: (&str, &str)) {
        self.lock().accounts.push(EnrollmentAccount {
            provider: Provider::new(provider),
            account_id: account.0.to_owned(),
            account_name: account.1.to_owned(),
            customer_id: customer.0.to_owned(),
            customer_name: customer.1.to_owned(),
            region: "eu-central-1".to_owned(),
            approval: "for the first instance".to_owned(),
            systems_account: Some("402155771038".to_owned()),
            stage: Some("ready".to_owned()),
            failure: None,
            instances: 12,
            instances_max: 200,
            compared_at: Some(moment()),
            missing: vec![format!("patch baseline of {}", account.1)],
            drift: vec![EnrollmentDrift {
                region: None,
                resource: format!("patch baseline muster-windows-late of {}", account.1),
                property: "ApproveAfterDays".to_owned(),
                wanted: "14".to_owned(),
                found: "30".to_owned(),
            }],
        });
    }

    /// Adds an enrollment. Returns its id.
    pub fn add_enrollment(
        &self,
        provider: &str,
        account: &str,
        instance: &str,
        customer: &str,
        state: EnrollmentState,
    ) -> String {
        let mut known = self.lock();
        let id = format!("enr-{:024}", known.enrollments.len() + 1);
        known.enrollments.push(Enrollment {
            id: id.clone(),
            provider: Provider::new(provider),
            account_id: account.to_owned(),
            instance: instance.to_owned(),
            customer_id: customer.to_owned(),
            evidence: format!("attested document of {instance}"),
            patch_group: "on-time".to_owned(),
            label_note: Some("the label asks for `whenever`".to_owned()),
            state,
            failure: (state == EnrollmentState::Failed).then(|| "account_limit_exceeded".to_owned()),
            requests_systems_account: true,
            activation_id: (state == EnrollmentState::Enrolled).then(|| "6d9e3fa7-activation".to_owned()),
            activated_at: (state == EnrollmentState::Enrolled).then(moment),
            region: "eu-central-1".to_owned(),
            earlier: Vec::new(),
            requested_at: moment(),
            changed_at: moment(),
        });
        id
    }
}

fn guide() -> EnrollmentGuide {
    let script = |system: &str, file: &str| EnrollmentScript {
        system: system.to_owned(),
        url: format!("https://enroll.example/scripts/0a0a0a0a/{file}"),
        sha256: "0a".repeat(32),
    };
    EnrollmentGuide {
        server: "https://enroll.example".to_owned(),
        patching_label: "rackspace-addon-patching".to_owned(),
        patch_group_label: "rackspace-addon-patching-patchgroup".to_owned(),
        patch_groups: ["early", "on-time", "late"].map(str::to_owned).to_vec(),
        default_patch_group: "on-time".to_owned(),
        scripts: vec![script("Linux", "linux.sh"), script("Windows", "windows.ps1")],
    }
}

type Shared = State<Arc<Mutex<Known>>>;

/// Records a request, and answers it unless the server behaves otherwise.
async fn answer(
    known: &Mutex<Known>,
    headers: &HeaderMap,
    uri: &Uri,
    body: &str,
    healthy: impl FnOnce(&mut Known) -> Response,
) -> Response {
    let behaviour = {
        let mut known = known.lock().expect("the state");
        known.requests.push((uri.to_string(), body.to_owned()));
        known.behaviour
    };
    let is_authorized = headers.get("authorization").is_some_and(|value| value == &format!("Bearer {SECRET}"));
    match behaviour {
        _ if !is_authorized => StatusCode::UNAUTHORIZED.into_response(),
        Behaviour::Healthy => healthy(&mut known.lock().expect("the state")),
        Behaviour::Status(status) => status.into_response(),
        Behaviour::Garbage => Json(json!({ "enrollments": 7, "hello": "<script>" })).into_response(),
        Behaviour::Oversized => Body::from(vec![b' '; 9 * 1024 * 1024]).into_response(),
        Behaviour::Silent => std::future::pending().await,
        Behaviour::Redirect => (StatusCode::FOUND, [(LOCATION, "/operators/v1/guide")]).into_response(),
    }
}

async fn accounts(State(known): Shared, headers: HeaderMap, uri: Uri) -> Response {
    answer(&known, &headers, &uri, "", |known| Json(&known.accounts).into_response()).await
}

async fn guide_of(State(known): Shared, headers: HeaderMap, uri: Uri) -> Response {
    answer(&known, &headers, &uri, "", |known| Json(&known.guide).into_response()).await
}

async fn enrollments(State(known): Shared, headers: HeaderMap, uri: Uri, RawQuery(query): RawQuery) -> Response {
    answer(&known, &headers, &uri, "", |known| {
        let list = query.as_deref().unwrap_or_default();
        let list = form_urlencoded::parse(list.as_bytes()).find(|(key, _)| key == "list").map(|(_, list)| list);
        let is_listed = |one: &&Enrollment| match (list.as_deref(), one.state) {
            (None, _) => true,
            (Some("failed"), state) => state == EnrollmentState::Failed,
            (Some("done"), state) => [EnrollmentState::Enrolled, EnrollmentState::Reset].contains(&state),
            (Some(_), state) => [EnrollmentState::AwaitingApproval, EnrollmentState::Provisioning].contains(&state),
        };
        let enrollments: Vec<Enrollment> = known.enrollments.iter().filter(is_listed).cloned().collect();
        let total = enrollments.len() as u64;
        Json(Enrollments { enrollments, total }).into_response()
    })
    .await
}

async fn enrollment(State(known): Shared, headers: HeaderMap, uri: Uri, Path(id): Path<String>) -> Response {
    answer(&known, &headers, &uri, "", |known| match known.enrollments.iter().find(|one| one.id == id) {
        Some(one) => Json(one).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
    .await
}

async fn act(
    State(known): Shared,
    headers: HeaderMap,
    uri: Uri,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    answer(&known, &headers, &uri, &String::from_utf8_lossy(&body), |known| {
        let Some(one) = known.enrollments.iter_mut().find(|one| one.id == id) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        one.state = match (action.as_str(), one.state) {
            ("approve", EnrollmentState::AwaitingApproval) | ("retry", EnrollmentState::Failed) => {
                EnrollmentState::Admitted
            }
            ("reset", _) => EnrollmentState::Reset,
            _ => {
                let message = format!("the enrollment <b>{id}</b> is not in a state for {action}");
                let error = json!({ "error": { "code": "wrong_state", "message": message } });
                return (StatusCode::CONFLICT, Json(error)).into_response();
            }
        };
        Json(&*one).into_response()
    })
    .await
}
