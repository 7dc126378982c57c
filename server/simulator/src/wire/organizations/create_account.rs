//! CreateAccount, which AWS processes in the background, and the status of its requests.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::super::{
    context::{Context, to_json},
    created::{optional_text, tags, text},
    epoch::Epoch,
    error::ApiError,
    fault::FaultKind,
    page::{Limits, paged_input},
};
use crate::{
    created::{ACCOUNTS_MAX, ADMIN_ROLE, Created, CreatedAccount, CreationRequest},
    random::Random,
};

const LIMITS: Limits = Limits::new(1, 20, 20);
const STATES: &[&str] = &["IN_PROGRESS", "SUCCEEDED", "FAILED"];

pub(super) fn create(context: &Context<'_>, created: &mut Created) -> Result<Vec<u8>, ApiError> {
    let input: Value = context.input()?;
    let email = text(&input, "Email", 6..=64)?;
    let account_name = text(&input, "AccountName", 1..=50)?;
    if !email.contains('@') {
        return Err(ApiError::ssm("InvalidInputException", "You specified an invalid e-mail address."));
    }
    let tags = tags(&input).map_err(|error| ApiError::ssm("InvalidInputException", &error.message))?;
    if created.accounts.len() >= ACCOUNTS_MAX {
        let message = "You have exceeded the allowed number of AWS accounts.";
        return Err(ApiError::constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message));
    }
    let number = created.requests.len() as u64;
    let mut random = Random::labelled(number, "created account");
    let (request_id, account_id) = (format!("car-{}", random.hex(32)), random.aws_account());
    let failure = match context.fault {
        Some(FaultKind::AccountCreationFails(code)) => Some(code.clone()),
        _ if created.accounts.iter().any(|one| one.email == email) => Some("EMAIL_ALREADY_EXISTS".to_owned()),
        _ => None,
    };
    let polls_left = match context.fault {
        Some(FaultKind::AccountCreationPending(polls)) => *polls,
        _ => 1,
    };
    if failure.is_none() {
        created.accounts.push(CreatedAccount {
            id: account_id.clone(),
            name: account_name.clone(),
            email: email.clone(),
            joined_at: context.now,
            state: "ACTIVE".to_owned(),
            tags,
            admin_role: input["RoleName"].as_str().unwrap_or(ADMIN_ROLE).to_owned(),
            roles: Default::default(),
            regions: Default::default(),
        });
    }
    let result = failure.map_or(Ok(account_id), Err);
    let request =
        CreationRequest { id: request_id, account_name, email, requested_at: context.now, polls_left, result };
    let output = json!({ "CreateAccountStatus": status(&request, context.now) });
    created.requests.push(request);
    to_json(&output)
}

fn state(request: &CreationRequest) -> &'static str {
    match &request.result {
        _ if request.polls_left > 0 => "IN_PROGRESS",
        Ok(_) => "SUCCEEDED",
        Err(_) => "FAILED",
    }
}

fn status(request: &CreationRequest, now: Timestamp) -> Value {
    let mut status = json!({
        "Id": request.id,
        "AccountName": request.account_name,
        "State": state(request),
        "RequestedTimestamp": Epoch(request.requested_at),
    });
    if request.polls_left == 0 {
        status["CompletedTimestamp"] = json!(Epoch(now));
        match &request.result {
            Ok(account) => status["AccountId"] = account.as_str().into(),
            Err(code) => status["FailureReason"] = code.as_str().into(),
        }
    }
    status
}

/// Each answer brings the request closer to its end.
pub(super) fn describe(context: &Context<'_>, created: &mut Created) -> Result<Vec<u8>, ApiError> {
    let input: Value = context.input()?;
    let id = optional_text(&input, "CreateAccountRequestId");
    let request = created.requests.iter_mut().find(|request| request.id == id).ok_or_else(|| {
        let message = "We can't find a create account request with the CreateAccountRequestId that you specified.";
        ApiError::ssm("CreateAccountStatusNotFoundException", message)
    })?;
    let output = json!({ "CreateAccountStatus": status(request, context.now) });
    request.polls_left = request.polls_left.saturating_sub(1);
    to_json(&output)
}

pub(super) fn list(context: &Context<'_>, created: &Created) -> Result<Vec<u8>, ApiError> {
    let input: Value = context.input()?;
    let (IgnoredAny, pager) = paged_input(context, LIMITS)?;
    let wanted = input["States"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(unknown) = wanted.iter().filter_map(Value::as_str).find(|state| !STATES.contains(state)) {
        return Err(ApiError::not_in_enum("states", unknown, STATES));
    }
    let is_wanted = |request: &&CreationRequest| wanted.is_empty() || wanted.iter().any(|one| *one == state(request));
    let found: Vec<&CreationRequest> = created.requests.iter().filter(is_wanted).collect();
    pager.respond("CreateAccountStatuses", "", &found, |request| status(request, context.now))
}

/// The accounts of which AWS has finished the creation: the others are in no list yet.
pub(super) fn finished(created: &Created) -> impl Iterator<Item = &CreatedAccount> {
    let is_finished = |account: &&CreatedAccount| {
        created.requests.iter().any(|request| request.polls_left == 0 && request.result.as_ref() == Ok(&account.id))
    };
    created.accounts.iter().filter(is_finished)
}
