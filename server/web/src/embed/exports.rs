//! `POST /embed/v1/exports`: a ticket for a file; `GET /embed/v1/exports/{ticket}`: the file, by the handlers of
//! `/export`, as whoever bought the ticket.

use super::{
    bearer::{Bearer, Embedded},
    error::EmbedError,
    session::Small,
    tickets::Sale,
};
use crate::{sign_in::identify::SignedIn, state::ServerState};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{Uri, header::COOKIE, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

/// Query strings of filters are shorter.
const FILE_CHARS_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// As the page's link has it: `/export/instances.csv?status=pending`.
    path: String,
}

#[derive(Serialize)]
pub struct Sold {
    url: String,
}

pub async fn sell_ticket(
    State(state): State<ServerState>,
    Bearer { hash, .. }: Bearer,
    Small(wanted): Small<Wanted>,
) -> Result<Json<Sold>, EmbedError> {
    let file = wanted.path;
    let named: PathAndQuery = Some(file.as_str())
        .filter(|file| file.len() <= FILE_CHARS_MAX && file.starts_with('/'))
        .and_then(|file| file.parse().ok())
        .ok_or(EmbedError::BadRequest)?;
    let name = named.path().strip_prefix("/export/").and_then(|name| name.strip_suffix(".csv"));
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !name.is_some_and(plain) {
        return Err(EmbedError::NotFound);
    }
    let ticket = state.embed.tickets.sell(Sale { session: hash, file }, state.embed.clock.now());
    let ticket = ticket.map_err(|error| {
        tracing::error!("no file can be downloaded from the frame: {error}");
        EmbedError::NoRoom
    })?;
    Ok(Json(Sold { url: format!("/embed/v1/exports/{}", ticket.reveal()) }))
}

/// A ticket that is unknown, used, late, or of a session that has ended is one and the same: not found.
pub async fn redeem_ticket(
    State(state): State<ServerState>,
    Path(ticket): Path<String>,
    mut request: Request,
    files: Router,
) -> Result<Response, EmbedError> {
    let sale = state.embed.tickets.redeem(&ticket, state.embed.clock.now()).ok_or(EmbedError::NotFound)?;
    let session = state.embed.sessions.find_by_hash(sale.session).ok_or(EmbedError::NotFound)?;
    let principal = state.sign_in.assignments.principal(session.identity);
    *request.uri_mut() = sale.file.parse::<Uri>().map_err(|_| EmbedError::NotFound)?;
    request.headers_mut().remove(COOKIE);
    request.extensions_mut().insert(SignedIn(principal));
    request.extensions_mut().insert(Embedded { parent: session.parent });
    Ok(files.oneshot(request).await.into_response())
}
