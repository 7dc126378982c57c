//! A page of the software installed on an instance.

use super::RpcError;
use crate::model::{page::Page, software::SoftwareRow};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "software", input = GetUrl)]
pub async fn software(instance: String, query: String) -> Result<Page<SoftwareRow>, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::HistoryFilter;
    let desk = Desk::open()?;
    let instance = desk.id(instance.parse())?;
    let filter = desk.filter(HistoryFilter::from_query(instance, &query))?;
    desk.answer(desk.reports.software(filter).await)
}
