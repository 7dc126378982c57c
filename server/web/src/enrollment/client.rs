//! The client of the enrollment server: bounded in time and size, without redirects, with a secret that both sides share.

use http::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use jiff::{SignedDuration, Timestamp};
use muster_access::{
    fetch::{Bounds, FetchError, Fetcher},
    principal::Identity,
};
use muster_core::clock::SharedClock;
use muster_model::{
    enrollment::{Enrollment, EnrollmentAction, EnrollmentGuide, is_id},
    enrollment_page::EnrollmentOutage,
    query_string::QueryWriter,
};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use std::time::Duration;

/// A page waits for one answer at most this long. Ten thousand accounts, or enrollments, fit into an answer.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(3), bytes: 8 * 1024 * 1024 };
/// After a request without an answer the server is not asked again for this long, so that pages do not wait one after the other.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest message of the server that is shown, in characters.
const MESSAGE_CHARS_MAX: usize = 500;
const SHA256_DIGITS: usize = 64;

pub struct EnrollmentClient {
    /// Without a slash at the end.
    address: String,
    secret: SecretString,
    fetcher: Fetcher,
    clock: SharedClock,
    unreachable_at: Mutex<Option<Timestamp>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(
        "`{0}` is not the address of an enrollment server: it must be https, or http on this machine, without query string"
    )]
    Address(String),
    #[error("cannot read the certificates that the system trusts")]
    Certificates(#[from] std::io::Error),
}

/// Why an action was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionRefused {
    NotFound,
    /// The server's own words.
    Refused(String),
    Outage(EnrollmentOutage),
}

/// The body of an error of the server.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalError,
}

#[derive(Deserialize)]
struct RefusalError {
    message: String,
}

impl EnrollmentClient {
    /// `address` is that of the server, such as `https://enroll.vmm.example`.
    ///
    /// # Errors
    ///
    /// If the address is another one than https, or http on loopback.
    pub fn new(address: &str, secret: SecretString, clock: SharedClock) -> Result<Self, ClientError> {
        let fetcher = Fetcher::new(true, BOUNDS)?;
        if !fetcher.allows(address) || address.contains(['?', '#']) {
            return Err(ClientError::Address(address.to_owned()));
        }
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { address, secret, fetcher, clock, unreachable_at: Mutex::new(None) })
    }

    /// What is at a path with a query string.
    ///
    /// # Errors
    ///
    /// Also if nothing is there.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, Option<&str>)],
    ) -> Result<T, EnrollmentOutage> {
        self.find(path, query).await?.ok_or(EnrollmentOutage::Unusable)
    }

    /// The instructions for owners of instances.
    ///
    /// # Errors
    ///
    /// Also if they have what must not be in a command that people paste.
    pub async fn guide(&self) -> Result<EnrollmentGuide, EnrollmentOutage> {
        let guide: EnrollmentGuide = self.get("guide", &[]).await?;
        if is_fit_for_commands(&guide) {
            return Ok(guide);
        }
        tracing::warn!("the guide of the enrollment server has addresses, hashes or labels of another form");
        Err(EnrollmentOutage::Unusable)
    }

    /// One enrollment, if there is one with this id.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or not with an enrollment.
    pub async fn enrollment(&self, id: &str) -> Result<Option<Enrollment>, EnrollmentOutage> {
        match is_id(id) {
            true => self.find(&format!("enrollments/{id}"), &[]).await,
            false => Ok(None),
        }
    }

    /// Carries out an operator's action.
    ///
    /// # Errors
    ///
    /// If the server refuses it, with its words, or does not answer. It may have been carried out all the same then.
    pub async fn act(&self, id: &str, action: EnrollmentAction, by: &Identity) -> Result<Enrollment, ActionRefused> {
        if !is_id(id) {
            return Err(ActionRefused::NotFound);
        }
        let body = json!({ "subject": by.key(), "name": by.name }).to_string().into_bytes();
        let answer = self.send(Method::POST, &format!("enrollments/{id}/{action}"), body).await;
        let answer = answer.map_err(ActionRefused::Outage)?;
        match answer.status() {
            StatusCode::OK => read(answer.body()).map_err(ActionRefused::Outage),
            StatusCode::NOT_FOUND => Err(ActionRefused::NotFound),
            status => match serde_json::from_slice::<Refusal>(answer.body()) {
                Ok(refusal) if !is_of_secret(status) => {
                    let message = refusal.error.message.chars().filter(|c| !c.is_control());
                    Err(ActionRefused::Refused(message.take(MESSAGE_CHARS_MAX).collect()))
                }
                _ => Err(ActionRefused::Outage(outage_of(status))),
            },
        }
    }

    /// What is at a path, if anything.
    async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, Option<&str>)],
    ) -> Result<Option<T>, EnrollmentOutage> {
        if self.is_paused() {
            return Err(EnrollmentOutage::Unreachable);
        }
        let query = query.iter().fold(QueryWriter::default(), |writer, (key, value)| writer.text(key, *value)).finish();
        let answer = self.send(Method::GET, &format!("{path}?{query}"), Vec::new()).await?;
        match answer.status() {
            StatusCode::OK => read(answer.body()).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(outage_of(status)),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Response<Vec<u8>>, EnrollmentOutage> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/operators/v1/{path}", self.address))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", self.secret.expose_secret()))
            .body(body);
        let request = request.map_err(|error| {
            tracing::warn!("cannot make a request of the enrollment server: {error}");
            EnrollmentOutage::Unusable
        })?;
        let answer = self.fetcher.send(request).await;
        *self.unreachable_at.lock() = match &answer {
            Err(FetchError::Unreachable { .. } | FetchError::Timeout { .. }) => Some(self.clock.now()),
            _ => None,
        };
        answer.map_err(|error| {
            tracing::warn!("the enrollment server: {error}");
            match error {
                FetchError::Unreachable { .. } | FetchError::Timeout { .. } => EnrollmentOutage::Unreachable,
                FetchError::Address(_) | FetchError::TooLarge { .. } | FetchError::Status { .. } => {
                    EnrollmentOutage::Unusable
                }
            }
        })
    }

    fn is_paused(&self) -> bool {
        self.unreachable_at.lock().is_some_and(|at| self.clock.now().duration_since(at).abs() < PAUSE)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, EnrollmentOutage> {
    serde_json::from_slice(body).map_err(|error| {
        tracing::warn!("cannot read an answer of the enrollment server: {error}");
        EnrollmentOutage::Unusable
    })
}

fn outage_of(status: StatusCode) -> EnrollmentOutage {
    tracing::warn!("the enrollment server answered with status {status}");
    if is_of_secret(status) { EnrollmentOutage::Unauthorized } else { EnrollmentOutage::Unusable }
}

fn is_of_secret(status: StatusCode) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status)
}

/// Whether addresses, hashes and labels have only what is safe in a command of a shell, as a link and between quotes.
fn is_fit_for_commands(guide: &EnrollmentGuide) -> bool {
    let has_only = |text: &str, others: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    let is_address = |text: &str| {
        ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme)) && has_only(text, ".:/_~-[]")
    };
    let is_label = |text: &String| has_only(text, "_-./:");
    let is_hash = |text: &str| text.len() == SHA256_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_address(&guide.server)
        && [&guide.patching_label, &guide.patch_group_label].into_iter().all(is_label)
        && guide.scripts.iter().all(|script| is_address(&script.url) && is_hash(&script.sha256))
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_model::enrollment::EnrollmentScript;

    #[test]
    fn ids_are_safe_in_paths() {
        assert!(is_id("enr-AbCdEfGhIjKlMnOpQrStUv12"));
        for id in
            ["", "enr-", "enr-../../../../../../../..", "AbCdEfGhIjKlMnOpQrStUv12", "enr-AbCdEfGhIjKlMnOpQrStUv1é"]
        {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn a_guide_has_nothing_that_a_shell_reads() {
        let guide = |server: &str, label: &str, url: &str, sha256: &str| EnrollmentGuide {
            server: server.to_owned(),
            patching_label: label.to_owned(),
            patch_group_label: "patch-group".to_owned(),
            patch_groups: Vec::new(),
            default_patch_group: "on-time".to_owned(),
            scripts: vec![EnrollmentScript {
                system: "Linux".to_owned(),
                url: url.to_owned(),
                sha256: sha256.to_owned(),
            }],
        };
        let (server, label, url, hash) =
            ("https://e.example", "a-b", "https://e.example/a/linux.sh", &*"0a".repeat(32));
        assert!(is_fit_for_commands(&guide(server, label, url, hash)));
        for wrong in [
            guide("javascript:alert(1)", label, url, hash),
            guide(server, "a'; id; '", url, hash),
            guide(server, label, "https://e.example/$(id)", hash),
            guide(server, label, "https://e.example/a' b", hash),
            guide(server, label, url, "0a"),
            guide(server, label, url, &"zz".repeat(32)),
        ] {
            assert!(!is_fit_for_commands(&wrong), "{wrong:?}");
        }
    }
}
