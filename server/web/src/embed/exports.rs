//! `POST /embed/v1/exports`: a download token for a file. `GET /embed/v1/exports/{token}`: the file, from the handlers of
//! `/export`, as the user of the token's session.

use super::{
    bearer::Bearer,
    error::EmbedError,
    session::SmallJson,
    state::{Download, Embed},
};
use crate::{
    request::{Embedded, SignedIn},
    sign_in::SignIn,
};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{Uri, header::COOKIE, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use muster_access::token::TokenHash;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

const FILE_BYTES_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownloadRequest {
    /// The link of the page, such as `/export/instances.csv?status=pending`.
    path: String,
}

pub async fn issue_download_token(
    State(embed): State<Arc<Embed>>,
    Bearer { hash, .. }: Bearer,
    SmallJson(request): SmallJson<DownloadRequest>,
) -> Result<Json<Value>, EmbedError> {
    let file = request.path;
    let parsed: PathAndQuery = Some(file.as_str())
        .filter(|file| file.len() <= FILE_BYTES_MAX && file.starts_with('/'))
        .and_then(|file| file.parse().ok())
        .ok_or(EmbedError::BadRequest)?;
    let name =
        parsed.path().strip_prefix("/export/").and_then(|name| name.strip_suffix(".csv").or(name.strip_suffix(".ics")));
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !name.is_some_and(is_name) {
        return Err(EmbedError::NotFound);
    }
    let token = embed.downloads.start(Download { session: hash, file })?;
    Ok(Json(json!({ "url": format!("/embed/v1/exports/{}", token.reveal()) })))
}

/// Unknown, used and expired tokens are not found, and so are those of ended sessions.
pub async fn redeem_download_token(
    State(embed): State<Arc<Embed>>,
    State(sign_in): State<Arc<SignIn>>,
    Path(token): Path<String>,
    mut request: Request,
    files: Router,
) -> Result<Response, EmbedError> {
    let download = embed.downloads.take(TokenHash::of(&token)).ok_or(EmbedError::NotFound)?;
    let session = embed.sessions.find(download.session).ok_or(EmbedError::NotFound)?;
    let principal = sign_in.assignments.principal(session.identity);
    *request.uri_mut() = download.file.parse::<Uri>().map_err(|_| EmbedError::NotFound)?;
    request.headers_mut().remove(COOKIE);
    request.extensions_mut().insert(SignedIn(principal));
    request.extensions_mut().insert(Embedded { parent: session.parent });
    Ok(files.oneshot(request).await.into_response())
}
