//! One account's page.

use super::RpcError;
use crate::model::account::AccountPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "account", input = GetUrl)]
pub async fn account(account: String) -> Result<AccountPage, RpcError> {
    use super::desk::Desk;
    let desk = Desk::open()?;
    let account = desk.id(account.parse())?;
    desk.answer(desk.reports.account(account).await)
}
