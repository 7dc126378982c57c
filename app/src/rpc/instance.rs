//! One instance, without its lists.

use super::RpcError;
use crate::model::instance::InstancePage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "instance", input = GetUrl)]
pub async fn instance(instance: String) -> Result<InstancePage, RpcError> {
    use super::desk::Desk;
    let desk = Desk::open()?;
    let instance = desk.id(instance.parse())?;
    desk.answer(desk.reports.instance(instance).await)
}
