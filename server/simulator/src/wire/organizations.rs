//! AWS Organizations: one global endpoint in us-east-1, in JSON 1.1, for the management account only.

mod create_account;

use http::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    context::Context,
    epoch::Epoch,
    error::ApiError,
    page::{Limits, paged_input},
    service::Service,
    sessions::{Caller, Identity},
};
use crate::{
    created::{Created, CreatedAccount},
    estate::{
        Estate,
        organization::{self, MANAGEMENT_ACCOUNT, Member},
    },
};

/// The Region of the global endpoint.
const REGION: &str = "us-east-1";

/// The id in the ARNs of the accounts.
const ORGANIZATION_ID: &str = "o-muster0sim";

const ACCOUNT_LIMITS: Limits = Limits::new(1, 20, 20);

/// Callers cannot choose how many tags a page has. An account has more tags than a page, so that callers that read
/// only one page miss some.
const TAGS_PER_PAGE: usize = 5;
const TAG_LIMITS: Limits = Limits::new(TAGS_PER_PAGE, TAGS_PER_PAGE, TAGS_PER_PAGE);

const ACCOUNT_ID_LENGTH: usize = 12;

/// Accepts only the management account and only the endpoint's Region.
pub(super) fn authorize(caller: &Caller) -> Result<(), ApiError> {
    if caller.identity != Identity::Hub {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::ssm("AccessDeniedException", message));
    }
    if caller.region != REGION {
        let message = format!("Credential should be scoped to a valid region, not '{}'.", caller.region);
        return Err(ApiError::common(StatusCode::BAD_REQUEST, "InvalidSignatureException", message));
    }
    Ok(())
}

pub(super) fn respond(context: &Context<'_>, estate: &Estate, created: &mut Created) -> Result<Vec<u8>, ApiError> {
    let response = match context.target.operation {
        "CreateAccount" => create_account::create(context, created),
        "DescribeCreateAccountStatus" => create_account::describe(context, created),
        "ListAccounts" => list_accounts(context, estate, created),
        "ListCreateAccountStatus" => create_account::list(context, created),
        "ListTagsForResource" => list_tags_for_resource(context, estate, created),
        _ => Err(ApiError::unknown_operation()),
    };
    // The pager words the error as SSM does.
    let is_token_error = |error: &ApiError| error.code == "InvalidNextToken";
    response.map_err(|error| match is_token_error(&error) {
        true => Service::Organizations.invalid_next_token(),
        false => error,
    })
}

/// The accounts of the estate, then those that were created since.
fn list_accounts(context: &Context<'_>, estate: &Estate, created: &Created) -> Result<Vec<u8>, ApiError> {
    let (IgnoredAny, pager) = paged_input(context, ACCOUNT_LIMITS)?;
    let members = (0..organization::size(estate)).map(|index| account(organization::member(estate, index)));
    let accounts: Vec<Value> = members.chain(create_account::finished(created).map(created_account)).collect();
    pager.respond("Accounts", "", &accounts, |account| account)
}

fn created_account(account: &CreatedAccount) -> Value {
    json!({
        "Id": account.id,
        "Arn": arn(&account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.state,
        "State": account.state,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": Epoch(account.joined_at),
    })
}

fn arn(account: &str) -> String {
    format!("arn:aws:organizations::{MANAGEMENT_ACCOUNT}:account/{ORGANIZATION_ID}/{account}")
}

fn account(member: Member) -> Value {
    let mut account = json!({
        "Id": member.id,
        "Arn": arn(&member.id),
        "Email": format!("aws+{}@muster.example", member.id),
        "Name": member.name,
        "JoinedMethod": if member.id == MANAGEMENT_ACCOUNT { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": Epoch(member.joined_at),
    });
    for name in member.state_members {
        account[name] = member.state.into_str().into();
    }
    account
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagsInput {
    resource_id: Option<String>,
}

/// The tags of one account.
fn list_tags_for_resource(context: &Context<'_>, estate: &Estate, created: &Created) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (TagsInput, _) = paged_input(context, TAG_LIMITS)?;
    let id = input.resource_id.ok_or_else(|| ApiError::required("resourceId"))?;
    if id.len() != ACCOUNT_ID_LENGTH || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = "You provided a value that does not match the required pattern.";
        return Err(ApiError::ssm("InvalidInputException", message));
    }
    let missing = || ApiError::ssm("TargetNotFoundException", "You specified a target that doesn't exist.");
    let tags = match created.account(&id) {
        Some(account) => account.tags.clone(),
        None => {
            let tags = organization::tags(estate, &id).ok_or_else(missing)?;
            tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        }
    };
    pager.respond("Tags", &id, &tags, |(key, value)| json!({ "Key": key, "Value": value }))
}
