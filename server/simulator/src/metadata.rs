//! Metadata services: what one simulated instance is answered about itself at EC2, Azure, Google Cloud or OpenStack, signed with
//! [`Keys`] that are generated for the purpose. VMware and dedicated servers have none; [`token::sign`] makes their tokens.
//!
//! Each service refuses what the real one refuses, proxies above all. That answers of EC2 do not pass a second hop is not
//! simulated: it is a matter of the network and not of HTTP.

mod azure;
mod ec2;
mod google;
pub mod keys;
mod openstack;
pub mod token;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::AtomicU32},
};

use axum::{Router, body::Body, extract::State, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header::CONTENT_TYPE};
use jiff::Timestamp;
pub use muster_attest::identity::Provider;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{clock, random::Random};
use keys::Keys;

pub use azure::INTERMEDIATE_PATH;
pub use google::PROJECT_NUMBER;

/// One instance at a provider.
#[derive(Clone, Debug)]
pub struct Instance {
    pub provider: Provider,
    /// The provider's id of the account: an AWS account, a subscription, or a project.
    pub account: String,
    /// The provider's id of the instance, such as [`Instance::derived_id`].
    pub id: String,
    /// A Region of AWS. Where the others are is made up.
    pub region: String,
    /// Tags of EC2 and Azure, attributes of Google Cloud, and what tokens of operators have.
    pub labels: BTreeMap<String, String>,
    /// What OpenStack's vendor data has: a token of [`token::sign`].
    pub enrollment_token: Option<String>,
    /// The number of attested documents that Azure answers with an earlier nonce, as from a cache.
    pub cached_documents: u32,
}

impl Instance {
    /// The id that the first instance of an account has, in the form of the provider.
    pub fn derived_id(provider: Provider, account: &str) -> String {
        let mut random = Random::labelled(0, &format!("{provider} {account}"));
        match provider {
            Provider::Aws => format!("i-{}", random.hex(17)),
            Provider::Gcp => random.draw().to_string(),
            _ => random.uuid(),
        }
    }
}

/// A running metadata service. It ends with [`MetadataService::stop`], or with the runtime.
pub struct MetadataService {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl MetadataService {
    /// Serves the metadata of one instance.
    ///
    /// # Errors
    ///
    /// If the listener has no address.
    pub fn start(instance: Instance, keys: Keys, listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let router = router(instance, keys);
        let server = tokio::spawn(async move {
            let ended = axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) }).await;
            if let Err(error) = ended {
                tracing::error!(%error, "the metadata service ended");
            }
        });
        Ok(Self { address, stop, server })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn stop(self) {
        drop(self.stop);
        // It only ends with an error if it panicked, which is printed already.
        let _ = self.server.await;
    }
}

/// The metadata service of one instance without a socket.
pub fn router(instance: Instance, keys: Keys) -> Router {
    let cached_documents = AtomicU32::new(instance.cached_documents);
    let service =
        Service { instance, keys, started_at: clock::wall_clock(), sessions: Mutex::default(), cached_documents };
    Router::new().fallback(handle).with_state(Arc::new(service))
}

struct Service {
    instance: Instance,
    keys: Keys,
    started_at: Timestamp,
    /// EC2: tokens of sessions, and when they end.
    sessions: Mutex<Vec<(String, Timestamp)>>,
    cached_documents: AtomicU32,
}

/// One request.
struct Question {
    method: Method,
    path: String,
    query: HashMap<String, String>,
    headers: HeaderMap,
}

impl Question {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether the request came through a proxy, which no metadata service answers.
    fn is_forwarded(&self) -> bool {
        self.headers.contains_key("x-forwarded-for")
    }
}

struct Answer {
    status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, "text/plain", body)
    }

    fn json(body: &serde_json::Value) -> Self {
        Self::new(StatusCode::OK, "application/json", body.to_string())
    }

    fn refused(status: StatusCode) -> Self {
        Self::new(status, "text/html", format!("<html><title>{status}</title></html>"))
    }
}

async fn handle(State(service): State<Arc<Service>>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let path = parts.uri.path().to_owned();
    let question = Question { method: parts.method, path, query, headers: parts.headers };
    let answer = match service.instance.provider {
        Provider::Aws => ec2::answer(&service, &question),
        Provider::Azure => azure::answer(&service, &question),
        Provider::Gcp => google::answer(&service, &question),
        Provider::Openstack => openstack::answer(&service, &question),
        Provider::Vmware | Provider::Dedicated => Answer::refused(StatusCode::NOT_FOUND),
    };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
