//! Creates an account with AWS Organizations, or finds the one that an earlier attempt has requested.

use crate::{
    error::{ProvisionError, advice},
    once::send_once,
    operations::{CREATE_ACCOUNT, DESCRIBE_ACCOUNT_STATUS, LIST_ACCOUNT_STATUS, LIST_ACCOUNTS, LIST_TAGS},
    request::{AccountRequest, Creation},
};
use aws_sdk_organizations::{
    Client,
    config::{Builder, retry::RetryConfig},
    operation::create_account::CreateAccountError,
    types::{Account, CreateAccountState, CreateAccountStatus, IamUserAccessToBilling, Tag},
};
use muster_collect::error::CollectError;
use std::collections::HashMap;

/// AWS's maximum.
const PAGE_ROWS: i32 = 20;
/// The reason that AWS gives where an earlier request has already made the account.
const EMAIL_EXISTS: &str = "EMAIL_ALREADY_EXISTS";
/// The reason that AWS gives where it processes another request at the same time.
const CONCURRENT: &str = "CONCURRENT_ACCOUNT_MODIFICATION";
/// The state of an account that can be used.
const ACTIVE: &str = "ACTIVE";
const UNKNOWN_REASON: &str = "UNKNOWN";

/// How far the creation of an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Pending {
        request_id: String,
    },
    /// The tags name our account; the ExternalId is that of the tags.
    Created {
        systems_account: String,
        external_id: String,
    },
    /// Refused for a reason that an earlier request of ours in progress has too.
    Unsettled {
        code: String,
    },
    Failed {
        code: String,
    },
}

pub struct AccountCreator<'a> {
    client: &'a Client,
    request: &'a AccountRequest,
    name: String,
    email: String,
    admin_role: String,
}

impl<'a> AccountCreator<'a> {
    pub fn new(client: &'a Client, request: &'a AccountRequest, creation: &Creation, prefix: &str) -> Self {
        let (name, email) = (request.systems_account_name(prefix), request.email(creation));
        Self { client, request, name, email, admin_role: creation.admin_role.clone() }
    }

    /// Finds the account or the request of an earlier attempt, from which no id was stored. The e-mail address decides,
    /// because AWS gives it to one account only; a request in progress has but its name.
    pub async fn find(&self) -> Result<Option<Progress>, ProvisionError> {
        // In this order, a request that succeeds meanwhile is in the second list.
        let pages = self.client.list_create_account_status().states(CreateAccountState::InProgress);
        let pages = pages.into_paginator().page_size(PAGE_ROWS).send().collect::<Result<Vec<_>, _>>().await;
        let pages = pages.map_err(|error| CollectError::from_sdk(LIST_ACCOUNT_STATUS, &error))?;
        let mut rows = pages.into_iter().flat_map(|page| page.create_account_statuses.unwrap_or_default());
        let ours = rows.find(|status| status.account_name() == Some(&*self.name));
        match ours.and_then(|status| status.id) {
            Some(request_id) => Ok(Some(Progress::Pending { request_id })),
            None => self.find_account().await,
        }
    }

    async fn find_account(&self) -> Result<Option<Progress>, ProvisionError> {
        let pages = self.client.list_accounts().into_paginator().page_size(PAGE_ROWS).send();
        let pages = pages.collect::<Result<Vec<_>, _>>().await;
        let pages = pages.map_err(|error| CollectError::from_sdk(LIST_ACCOUNTS, &error))?;
        let rows = pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default());
        // The e-mail address of an account can be changed, also in its case.
        let is_ours = |account: &Account| {
            account.email().is_some_and(|email| email.eq_ignore_ascii_case(&self.email))
                || account.name() == Some(&*self.name)
        };
        let mut not_ours = None;
        for account in rows.filter(is_ours) {
            let state = account.state().map(|state| state.as_str().to_owned());
            let state = state.or_else(|| account.status().map(|status| status.as_str().to_owned()));
            let Some(systems_account) = account.id else { continue };
            match self.owned(systems_account.clone()).await {
                Ok(_) if state.as_deref().is_some_and(|state| state != ACTIVE) => {
                    let (account, state) = (self.request.key(), state.unwrap_or_default());
                    return Err(ProvisionError::NotActive { account, systems_account, state });
                }
                Ok(found) => return Ok(Some(found)),
                Err(error @ ProvisionError::NotOurs { .. }) => not_ours = Some(error),
                Err(error) => return Err(error),
            }
        }
        not_ours.map_or(Ok(None), Err)
    }

    /// Checks that the tags of an account name ours, and reads its ExternalId from them.
    async fn owned(&self, systems_account: String) -> Result<Progress, ProvisionError> {
        let tags = self.tags_of(&systems_account).await?;
        let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
        let account = self.request.key();
        if !has("muster:provider", &self.request.provider)
            || !has("muster:account-id", self.request.account_id.as_str())
        {
            return Err(ProvisionError::NotOurs { account, systems_account, email: self.email.clone() });
        }
        match tags.get("muster:external-id").filter(|id| !id.is_empty()).cloned() {
            Some(external_id) => Ok(Progress::Created { systems_account, external_id }),
            None => Err(ProvisionError::NoExternalId { account, systems_account }),
        }
    }

    async fn tags_of(&self, systems_account: &str) -> Result<HashMap<String, String>, CollectError> {
        let rows = self.client.list_tags_for_resource().resource_id(systems_account).into_paginator().items().send();
        let rows = rows.collect::<Result<Vec<_>, _>>().await;
        let rows = rows.map_err(|error| CollectError::from_sdk(LIST_TAGS, &error))?;
        Ok(rows.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Requests the account. A quota that is reached is a failure too, although AWS names it at once.
    pub async fn create(&self, external_id: &str) -> Result<Progress, ProvisionError> {
        match send_once(|| self.send(external_id)).await? {
            Ok(status) => self.progress(CREATE_ACCOUNT, status).await,
            Err(code) => Ok(Progress::Failed { code }),
        }
    }

    /// Sends the request without retries: a repetition could make a second account.
    async fn send(&self, external_id: &str) -> Result<Result<Option<CreateAccountStatus>, String>, CollectError> {
        let mut request = self.client.create_account().account_name(&self.name).email(&self.email);
        for (key, value) in self.request.tags(external_id) {
            let tag = Tag::builder().key(key).value(value).build();
            request = request.tags(tag.map_err(|error| CollectError::schema(CREATE_ACCOUNT, error.to_string()))?);
        }
        let request = request.iam_user_access_to_billing(IamUserAccessToBilling::Deny).role_name(&self.admin_role);
        let without_retries = Builder::new().retry_config(RetryConfig::disabled());
        match request.customize().config_override(without_retries).send().await {
            Ok(answer) => Ok(Ok(answer.create_account_status)),
            Err(error) => match error.as_service_error() {
                Some(CreateAccountError::ConstraintViolationException(violation)) if violation.reason.is_some() => {
                    Ok(Err(violation.reason.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default()))
                }
                _ => Err(CollectError::from_sdk(CREATE_ACCOUNT, &error)),
            },
        }
    }

    /// The state of a request for an account, or None if AWS does not know the request: it forgets them after some time.
    pub async fn status(&self, request_id: &str) -> Result<Option<Progress>, ProvisionError> {
        let answer = self.client.describe_create_account_status().create_account_request_id(request_id).send().await;
        match answer {
            Ok(answer) => self.progress(DESCRIBE_ACCOUNT_STATUS, answer.create_account_status).await.map(Some),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_create_account_status_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(CollectError::from_sdk(DESCRIBE_ACCOUNT_STATUS, &error).into()),
        }
    }

    async fn progress(
        &self,
        operation: &'static str,
        status: Option<CreateAccountStatus>,
    ) -> Result<Progress, ProvisionError> {
        let missing = |what: &str| CollectError::schema(operation, format!("the answer has no {what}"));
        let status = status.ok_or_else(|| missing("status"))?;
        match status.state() {
            Some(CreateAccountState::Succeeded) => {
                let systems_account = status.account_id.ok_or_else(|| missing("account"))?;
                // A request that was found by its name may be another's.
                self.owned(systems_account).await
            }
            Some(CreateAccountState::Failed) => {
                let reason = status.failure_reason.map(|reason| reason.as_str().to_owned());
                let code = reason.unwrap_or_else(|| UNKNOWN_REASON.to_owned());
                match code.as_str() {
                    // An earlier request, of which this process knows nothing, may have made it.
                    EMAIL_EXISTS => match self.find_account().await {
                        Ok(Some(found)) => Ok(found),
                        // The list may lag behind, or not be readable now, which must not hide the reason.
                        Ok(None) | Err(ProvisionError::Aws(_)) => Ok(Progress::Unsettled { code }),
                        Err(error) => Err(error),
                    },
                    CONCURRENT => Ok(Progress::Unsettled { code }),
                    _ => Ok(Progress::Failed { code }),
                }
            }
            _ => Ok(Progress::Pending { request_id: status.id.ok_or_else(|| missing("request id"))? }),
        }
    }

    pub fn failed(&self, code: &str) -> ProvisionError {
        let (account, code, advice) = (self.request.key(), code.to_owned(), advice(code));
        ProvisionError::CreationFailed { account, code, advice }
    }

    pub fn pending(&self, reason: Option<String>) -> ProvisionError {
        ProvisionError::CreationPending { account: self.request.key(), reason }
    }

    pub fn step(&self) -> crate::step::Step {
        crate::step::Step::CreateAccount { name: self.name.clone(), email: self.email.clone() }
    }
}
