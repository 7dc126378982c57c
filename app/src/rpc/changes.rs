//! What changed since a day.

use super::RpcError;
use crate::model::change::ChangesPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "changes", input = GetUrl)]
pub async fn changes(query: String) -> Result<ChangesPage, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::ChangesFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(ChangesFilter::from_query(&query))?;
    desk.answer(desk.reports.changes(filter).await)
}
