//! How a page gets its data: it asks while the server renders it, and shows an error where an answer should be.
//!
//! Pages are not hydrated, so an answer is asked for once, rendered, and not sent to the browser a second time.

use super::parts::error_panel;
use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Url};
use std::future::Future;

/// What a page's URL says: the object in its path, if it has one, and its query string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub query: String,
}

fn address() -> Address {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    Address { id: Url::unescape(last_of(&path)), query }
}

/// The object in a path such as `/instances/i-01234567`; empty on a list's page.
fn last_of(path: &str) -> &str {
    path.split('/').filter(|segment| !segment.is_empty()).nth(1).unwrap_or_default()
}

/// A page: asks with `question`, and arranges what came with `show`. `list` is where an error sends the reader.
pub fn page<T, F>(list: &'static str, question: fn(Address) -> F, show: fn(Address, T) -> AnyView) -> AnyView
where
    T: Send + 'static,
    F: Future<Output = Result<T, RpcError>> + Send + 'static,
{
    let at = address();
    let answer = Suspend::new(async move {
        match question(at.clone()).await {
            Ok(data) => show(at, data),
            Err(error) => error_panel(error, list),
        }
    });
    view! { <Suspense fallback=|| ()>{answer}</Suspense> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::last_of;

    #[test]
    fn the_object_is_the_second_part_of_the_path() {
        for (path, id) in
            [("/", ""), ("/instances", ""), ("/instances/i-01234567", "i-01234567"), ("/accounts/a/", "a")]
        {
            assert_eq!(last_of(path), id);
        }
    }
}
