//! What the layers in front of every route note about a request, for its log lines, the audit and limits.

use std::net::IpAddr;

/// Names one request in the log, the audit and the answer's envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The machine that sent it: the connection's, or what a trusted proxy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);
