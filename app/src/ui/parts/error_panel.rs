//! The page shown instead of data when a request fails: what happened and where to go next.

use crate::ui::prelude::*;

/// `list` is the address of the page, or of the list that contains it, without filters.
pub fn error_panel(error: RpcError, list: &'static str) -> AnyView {
    let status = error.status();
    respond_with(status);
    let (title, action, text) = match error {
        RpcError::NotFound => {
            let text = "Nothing with this ID exists, or you do not have access to it.";
            ("Not found", "View all", text.to_owned())
        }
        RpcError::BadRequest(message) => ("Invalid request", "Clear filters", message),
        RpcError::Busy { retry_after_seconds } => {
            let text = "Too many requests are waiting, which may be your own. Try again in";
            ("The portal is busy", "Try again without filters", format!("{text} {retry_after_seconds} s."))
        }
        RpcError::Unavailable { reference } => {
            let text = "The database did not respond. Try again in a moment. Reference for support:";
            ("Data is temporarily unavailable", "Try again without filters", format!("{text} {reference}"))
        }
        RpcError::Transport(message) => ("The portal cannot be reached", "Try again", message),
    };
    view! {
        <Title text=title />
        <section class="card error-panel" aria-labelledby="error-title">
            <p class="error-code">{status}</p>
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
