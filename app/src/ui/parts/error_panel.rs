//! The page shown instead of data when a request fails: what happened and where to go next.

use crate::{
    rpc::RpcError,
    ui::{links::with_query, shell::respond_with},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `list` is the address of the page, or of the list that contains it, without filters.
pub fn error_panel(error: RpcError, list: &'static str) -> AnyView {
    respond_with(error.status());
    let (title, action) = match &error {
        RpcError::NotFound => ("Not found", "View all"),
        RpcError::BadRequest(_) => ("Invalid request", "Clear filters"),
        RpcError::Unavailable { .. } => ("Data is temporarily unavailable", "Try again without filters"),
        RpcError::Transport(_) => ("The portal cannot be reached", "Try again"),
    };
    let text = match &error {
        RpcError::NotFound => "Nothing with this ID exists, or you do not have access to it.".to_owned(),
        RpcError::Unavailable { reference } => {
            format!("The database did not respond. Try again in a moment. Reference for support: {reference}")
        }
        RpcError::BadRequest(message) | RpcError::Transport(message) => message.clone(),
    };
    view! {
        <Title text=title />
        <section class="card error-panel" aria-labelledby="error-title">
            <p class="error-code">{error.status()}</p>
            <h1 id="error-title">{title}</h1>
            <p><bdi>{text}</bdi></p>
            <p class="actions">
                <a class="button primary" href=with_query(list, "")>{action}</a>
                <a class="button" href=with_query("/", "")>"Overview"</a>
            </p>
        </section>
    }
    .into_any()
}
