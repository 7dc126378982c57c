//! What a page shows in place of an answer: what went wrong, and where to go from here.

use crate::{
    rpc::RpcError,
    ui::{links::with_query, shell::respond_with},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `list` is the address of the same page, or of the list around it, without any filter.
pub fn error_panel(error: RpcError, list: &'static str) -> AnyView {
    respond_with(error.status());
    let (title, way) = match &error {
        RpcError::NotFound => ("Not found", "See all there is"),
        RpcError::BadRequest(_) => {
            ("This address asks for something the list can't give", "Show the list without filters")
        }
        RpcError::Unavailable { .. } => ("The figures can't be read just now", "Try again without filters"),
        RpcError::Transport(_) => ("The portal can't be reached", "Try again"),
    };
    let text = match &error {
        RpcError::NotFound => {
            "There is nothing with this id among what you may see. It may be misspelt, or belong to somebody else."
                .to_owned()
        }
        RpcError::BadRequest(message) => message.clone(),
        RpcError::Unavailable { reference } => {
            format!(
                "The store did not answer. Nothing is lost; try again in a moment. Reference for support: {reference}"
            )
        }
        RpcError::Transport(message) => message.clone(),
    };
    view! {
        <Title text=title />
        <section class="card problem" aria-labelledby="problem-title">
            <p class="code">{error.status()}</p>
            <h1 id="problem-title">{title}</h1>
            <p><bdi>{text}</bdi></p>
            <p class="ways">
                <a class="button primary" href=with_query(list, "")>{way}</a>
                <a class="button" href=with_query("/", "")>"Overview"</a>
            </p>
        </section>
    }
    .into_any()
}
