//! What the layers attach to a request, as extensions, for handlers, logs, limits and the audit.

use axum::{extract::ConnectInfo, http::Extensions};
use muster_access::principal::Principal;
use std::net::{IpAddr, SocketAddr};

/// Identifies a request in logs, the audit and error responses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The client's address: that of the connection, or the one that a trusted proxy reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

/// Marks requests that came through a trusted proxy.
#[derive(Clone, Copy, Debug)]
pub struct ViaTrustedProxy;

/// The caller of a request that passed authentication.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Principal);

/// Marks requests of a frame, with the origin of the embedding page.
#[derive(Clone, Debug)]
pub struct Embedded {
    pub parent: String,
}

/// The address of the connection, which no header can change.
pub fn connection_ip(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}
