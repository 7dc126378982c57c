//! ListAccounts: every account of the organization, at most 20 at a time.

use serde::{Deserialize, Serialize};

use super::super::{
    context::Context,
    epoch::Epoch,
    error::ApiError,
    page::{Limits, Request, page},
};
use crate::estate::{
    Estate,
    organization::{self, MANAGEMENT_ACCOUNT, Member, Spelling},
};

const LIMITS: Limits = Limits::new(1, 20, 20);

/// As in the ARNs of its accounts.
const ORGANIZATION_ID: &str = "o-muster0sim";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    accounts: Vec<Account>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: String,
    arn: String,
    email: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    joined_method: &'static str,
    joined_timestamp: Epoch,
}

pub(super) fn answer(context: &Context<'_>, estate: &Estate) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, organization::size(estate))?;
    let accounts = page.range.map(|index| account(organization::member(estate, index))).collect();
    context.answer(&Output { accounts, next_token: page.next_token })
}

fn account(member: Member) -> Account {
    let said = |spelling: Spelling| {
        (member.spelling == Spelling::Both || member.spelling == spelling).then(|| member.state.name())
    };
    Account {
        arn: format!("arn:aws:organizations::{MANAGEMENT_ACCOUNT}:account/{ORGANIZATION_ID}/{}", member.id),
        email: format!("aws+{}@muster.example", member.id),
        status: said(Spelling::Status),
        state: said(Spelling::State),
        joined_method: if member.id == MANAGEMENT_ACCOUNT { "INVITED" } else { "CREATED" },
        joined_timestamp: Epoch(member.joined_at),
        id: member.id,
        name: member.name,
    }
}
