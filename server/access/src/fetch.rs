//! Asks identity providers over HTTP: no redirects, little time, little memory, and https unless on this machine.

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

const TIME_MAX: Duration = Duration::from_secs(10);
const BODY_BYTES_MAX: usize = 1024 * 1024;

pub struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    plain_on_loopback: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("`{0}` is not the https address of a host")]
    Address(String),
    #[error("`{url}` cannot be reached: {message}")]
    Unreachable { url: String, message: String },
    #[error("`{url}` did not answer within {} seconds", TIME_MAX.as_secs())]
    Slow { url: String },
    #[error("`{0}` answered with more than {BODY_BYTES_MAX} bytes")]
    Long(String),
    #[error("`{url}` answered with status {status}")]
    Status { url: String, status: StatusCode },
}

impl Fetcher {
    /// With the certificates that this machine trusts. `plain_on_loopback` lets http pass to this machine itself.
    pub fn new(plain_on_loopback: bool) -> io::Result<Self> {
        let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        // Logins are rare: a connection that was kept is one that may have died.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, plain_on_loopback })
    }

    /// Whether this is an address that would be asked.
    pub fn allows(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else { return false };
        let bare = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => bare,
            (Some("http"), Some(host)) => bare && self.plain_on_loopback && is_loopback(host),
            _ => false,
        }
    }

    /// The answer to a GET, if it is there.
    pub async fn get(&self, url: &str) -> Result<Response<Vec<u8>>, FetchError> {
        let request = Request::builder().method(Method::GET).uri(url).header("accept", "application/json");
        let request = request.body(Vec::new()).map_err(|_| FetchError::Address(url.to_owned()))?;
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(FetchError::Status { url: url.to_owned(), status }),
        }
    }

    /// Any answer to any request.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let url = request.uri().to_string();
        if !self.allows(&url) {
            return Err(FetchError::Address(url));
        }
        let answer = tokio::time::timeout(TIME_MAX, self.exchange(request.map(Full::from), &url)).await;
        answer.map_err(|_| FetchError::Slow { url })?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, url: &str) -> Result<Response<Vec<u8>>, FetchError> {
        let unreachable = |message: String| FetchError::Unreachable { url: url.to_owned(), message };
        let response = self.client.request(request).await.map_err(|error| unreachable(causes(&error)))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
            match error.downcast_ref::<LengthLimitError>() {
                Some(_) => FetchError::Long(url.to_owned()),
                None => unreachable(error.to_string()),
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    }
}

pub fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// What is under "client error", which alone says nothing.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
