//! A page of an instance's results of runs, the newest first.

use super::RpcError;
use crate::model::{page::Page, run::InvocationRow};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "runs", input = GetUrl)]
pub async fn runs(instance: String, query: String) -> Result<Page<InvocationRow>, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::HistoryFilter;
    let desk = Desk::open()?;
    let instance = desk.id(instance.parse())?;
    let filter = desk.filter(HistoryFilter::from_query(instance, &query))?;
    desk.answer(desk.reports.runs(filter).await)
}
