//! A page of the list of instances.

use super::RpcError;
use crate::model::{instance::InstanceRow, page::Page};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "instances", input = GetUrl)]
pub async fn instances(query: String) -> Result<Page<InstanceRow>, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::InstanceFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(InstanceFilter::from_query(&query))?;
    desk.answer(desk.reports.instances(filter).await)
}
