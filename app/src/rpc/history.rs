//! A page of the changes of an instance's updates, the newest first.

use super::RpcError;
use crate::model::{page::Page, transition::TransitionRow};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "history", input = GetUrl)]
pub async fn history(instance: String, query: String) -> Result<Page<TransitionRow>, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::HistoryFilter;
    let desk = Desk::open()?;
    let instance = desk.id(instance.parse())?;
    let filter = desk.filter(HistoryFilter::from_query(instance, &query))?;
    desk.answer(desk.reports.history(filter).await)
}
