//! The HTTP client for identity providers and feeds: no redirects, bounded time and size, https except on loopback.

use axum::{
    body::Bytes,
    http::{Method, Request, Response, StatusCode, Uri},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{io, time::Duration};

/// How long one answer may take, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub time: Duration,
    pub bytes: usize,
}

impl Bounds {
    /// Of what identity providers say.
    pub const DOCUMENT: Self = Self { time: Duration::from_secs(10), bytes: 1024 * 1024 };
}

pub struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    allow_http_on_loopback: bool,
    bounds: Bounds,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("`{0}` is not a valid https URL")]
    Address(String),
    #[error("cannot reach `{url}`: {message}")]
    Unreachable { url: String, message: String },
    #[error("`{url}` did not answer within {seconds} seconds")]
    Timeout { url: String, seconds: u64 },
    #[error("the response of `{url}` exceeds {bytes} bytes")]
    TooLarge { url: String, bytes: usize },
    #[error("`{url}` returned status {status}")]
    Status { url: String, status: StatusCode },
}

impl Fetcher {
    /// Creates a client that trusts the operating system's certificates.
    pub fn new(allow_http_on_loopback: bool, bounds: Bounds) -> io::Result<Self> {
        let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        // Logins are rare, so a pooled connection would often be dead.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, allow_http_on_loopback, bounds })
    }

    /// Whether requests to this URL are allowed.
    pub fn allows(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else { return false };
        let has_no_user = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => has_no_user,
            (Some("http"), Some(host)) => has_no_user && self.allow_http_on_loopback && is_loopback(host),
            _ => false,
        }
    }

    /// Sends a GET request. Any status but 200 is an error.
    pub async fn get(&self, url: &str) -> Result<Response<Vec<u8>>, FetchError> {
        let request = Request::builder().method(Method::GET).uri(url).header("accept", "application/json");
        let request = request.body(Vec::new()).map_err(|_| FetchError::Address(url.to_owned()))?;
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(FetchError::Status { url: url.to_owned(), status }),
        }
    }

    /// Sends a request and returns the response, whatever its status.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let url = request.uri().to_string();
        if !self.allows(&url) {
            return Err(FetchError::Address(url));
        }
        let response = tokio::time::timeout(self.bounds.time, self.exchange(request.map(Full::from), &url)).await;
        let seconds = self.bounds.time.as_secs();
        response.map_err(|_| FetchError::Timeout { url, seconds })?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, url: &str) -> Result<Response<Vec<u8>>, FetchError> {
        let unreachable = |message: String| FetchError::Unreachable { url: url.to_owned(), message };
        let response = self.client.request(request).await.map_err(|error| unreachable(error_chain(&error)))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.bounds.bytes).collect().await.map_err(|error| {
            match error.downcast_ref::<LengthLimitError>() {
                Some(_) => FetchError::TooLarge { url: url.to_owned(), bytes: self.bounds.bytes },
                None => unreachable(error.to_string()),
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    }
}

pub fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// The error with its causes; hyper's own message is just "client error".
fn error_chain(error: &dyn std::error::Error) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
