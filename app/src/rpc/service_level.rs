//! What is due when, and how long updates took.

use super::RpcError;
use crate::model::service_level::ServiceLevelPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "service_level", input = GetUrl)]
pub async fn service_level(query: String) -> Result<ServiceLevelPage, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::ServiceLevelFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(ServiceLevelFilter::from_query(&query))?;
    desk.answer(desk.reports.service_level(filter).await)
}
