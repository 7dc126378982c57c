//! Loads a page's data while the server renders the page, and shows an error panel when that fails.
//!
//! Pages are not hydrated, so data is loaded once, rendered, and not sent to the browser again.

use super::{
    links::AccountLinks,
    parts::{error_panel, filter_form, freshness_line, unknown_accounts},
};
use crate::{
    model::{Choices, Filter, Freshness},
    rpc::{self, RpcError},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_location, location::Url};
use std::future::Future;

/// The object id in a page's path, if it has one, and its query string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub query: String,
}

fn address() -> Address {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    Address { id: Url::unescape(id_in(&path)), query }
}

/// The id in a path such as `/instances/i-01234567`; empty for a list.
fn id_in(path: &str) -> &str {
    path.split('/').filter(|segment| !segment.is_empty()).nth(1).unwrap_or_default()
}

/// A page that gets its data with `load` and renders it with `show`. `list` is the page that an error links to.
pub fn page<T, L>(
    list: &'static str,
    load: impl FnOnce(Address) -> L + Send + 'static,
    show: impl FnOnce(Address, T) -> AnyView + Send + 'static,
) -> AnyView
where
    T: Send + 'static,
    L: Future<Output = Result<T, RpcError>> + Send + 'static,
{
    let at = address();
    let content = Suspend::new(async move {
        match load(at.clone()).await {
            Ok(data) => show(at, data),
            Err(error) => error_panel(error, list),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

/// The filter of a page, and what the form above its content needs.
pub struct Filtered<F> {
    pub filter: F,
    path: &'static str,
    query: String,
    choices: Choices,
}

impl<F: Filter> Filtered<F> {
    pub fn form(&self) -> AnyView {
        filter_form(self.path.trim_start_matches('/'), self.path, &self.query, &self.filter, &self.choices)
    }

    /// The whole page: its title, the age of its figures, the form, and below it `content`, unless nothing is known of the
    /// accounts.
    pub fn show(
        &self,
        title: &'static str,
        freshness: &Freshness,
        links: &AccountLinks,
        content: impl FnOnce() -> AnyView,
    ) -> AnyView {
        view! {
            <Title text=title />
            <div class="page-header"><h1>{title}</h1>{freshness_line(freshness, links)}</div>
            {self.form()}
            {unknown_accounts(freshness, self.path).unwrap_or_else(content)}
        }
        .into_any()
    }
}

/// A page whose query string is a filter, for which `load` gives the data.
pub fn filtered_page<F, T, L>(path: &'static str, load: fn(String) -> L, show: fn(Filtered<F>, T) -> AnyView) -> AnyView
where
    F: Filter + Default + 'static,
    T: Send + 'static,
    L: Future<Output = Result<T, RpcError>> + Send + 'static,
{
    let load = move |at: Address| async move { Ok::<_, RpcError>((load(at.query).await?, rpc::choices().await?)) };
    page(path, load, move |at, (data, choices)| {
        let filter = F::from_query(&at.query).unwrap_or_default();
        show(Filtered { filter, path, query: at.query, choices }, data)
    })
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn the_id_is_the_second_segment_of_the_path() {
        for (path, id) in
            [("/", ""), ("/instances", ""), ("/instances/i-01234567", "i-01234567"), ("/accounts/a/", "a")]
        {
            assert_eq!(id_in(path), id);
        }
    }
}
