//! Activations: one for each instance that enrolls, for one registration within an hour.
//!
//! The code is returned once, is a secret, and is neither stored nor logged. An activation from which it was lost cannot be
//! used, so it is deleted and another one is made.

use crate::{error::ProvisionError, once::send_once, request::AccountRequest, tag_text, wanted::PATCH_GROUP_TAG};
use aws_sdk_ssm::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{Activation, DescribeActivationsFilter, DescribeActivationsFilterKeys, Tag},
};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use muster_collect::error::CollectError;
use secrecy::SecretString;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

/// How long an instance has to register.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
const REGISTRATION_LIMIT: i32 = 1;
const PAGE_ROWS: i32 = 50;
const CREATE: &str = "CreateActivation";
const DESCRIBE: &str = "DescribeActivations";
const DELETE: &str = "DeleteActivation";

/// An instance that enrolls. The id is unique to the enrollment, and becomes the instance's name until it has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrollment {
    pub id: String,
    /// The id of the instance in its account.
    pub instance: String,
    pub patch_group: String,
}

/// What an agent registers with.
#[derive(Debug)]
pub struct NewActivation {
    pub id: String,
    pub code: SecretString,
    pub region: String,
    pub expires_at: Timestamp,
}

impl Enrollment {
    /// Refuses ids that AWS would refuse as tags.
    pub(crate) fn check(&self, account: &str) -> Result<(), ProvisionError> {
        let ids = [("the enrollment's id", &self.id), ("the instance's id", &self.instance)];
        let problem = ids.into_iter().find_map(|(what, id)| tag_text::problem_of_id(what, id));
        problem.map_or(Ok(()), |problem| Err(ProvisionError::Request { account: account.to_owned(), problem }))
    }
}

/// An activation to be made.
pub(crate) struct ActivationRequest<'a> {
    pub account: &'a AccountRequest,
    pub enrollment: &'a Enrollment,
    pub region: &'a str,
    pub iam_role: &'a str,
    pub expires_at: Timestamp,
}

/// Creates the activation of an enrollment, in place of one of which the reply was lost. `keep_lease` fails if another
/// attempt for the enrollment has taken over.
pub(crate) async fn create(
    ssm: &Client,
    wanted: &ActivationRequest<'_>,
    keep_lease: impl Fn() -> Result<(), ProvisionError>,
) -> Result<NewActivation, ProvisionError> {
    let &ActivationRequest { enrollment, expires_at, region, .. } = wanted;
    delete_unused(ssm, enrollment, &keep_lease).await?;
    keep_lease()?;
    match send_once(|| request(ssm, wanted)).await {
        Ok((id, code)) => Ok(NewActivation { id, code, region: region.to_owned(), expires_at }),
        Err(error) => {
            // The activation may exist although its reply was lost. If it cannot be deleted now, the next attempt does.
            drop(delete_unused(ssm, enrollment, &keep_lease).await);
            Err(error.into())
        }
    }
}

/// Sends the request without retries: a repetition could make a second activation.
async fn request(
    ssm: &Client,
    &ActivationRequest { account, enrollment, iam_role, expires_at, .. }: &ActivationRequest<'_>,
) -> Result<(String, SecretString), CollectError> {
    let request = ssm.create_activation().iam_role(iam_role).default_instance_name(&enrollment.id);
    let request = request.registration_limit(REGISTRATION_LIMIT).set_tags(Some(tags(account, enrollment)?));
    let once = Builder::new().retry_config(RetryConfig::disabled());
    let request =
        request.expiration_date(DateTime::from_secs(expires_at.as_second())).customize().config_override(once);
    // At its finest level the SDK logs whole answers, and this one has the code.
    let answer = request.send().with_subscriber(NoSubscriber::new()).await;
    let answer = answer.map_err(|error| CollectError::from_sdk(CREATE, &error))?;
    match (answer.activation_id, answer.activation_code) {
        (Some(id), Some(code)) => Ok((id, SecretString::from(code))),
        _ => Err(CollectError::schema(CREATE, "the answer has no id or no code")),
    }
}

fn tags(account: &AccountRequest, enrollment: &Enrollment) -> Result<Vec<Tag>, CollectError> {
    let tags = [
        (PATCH_GROUP_TAG, enrollment.patch_group.as_str()),
        ("muster:provider", &account.provider),
        ("muster:account", account.account_id.as_str()),
        ("muster:instance", &enrollment.instance),
    ];
    let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<Result<Vec<_>, _>>();
    tags.map_err(|error| CollectError::schema(CREATE, error.to_string()))
}

/// Deletes the activations of an enrollment that no instance has registered with.
async fn delete_unused(
    ssm: &Client,
    enrollment: &Enrollment,
    keep_lease: &impl Fn() -> Result<(), ProvisionError>,
) -> Result<(), ProvisionError> {
    let filter = DescribeActivationsFilter::builder()
        .filter_key(DescribeActivationsFilterKeys::DefaultInstanceName)
        .filter_values(&enrollment.id)
        .build();
    let rows = ssm.describe_activations().filters(filter).into_paginator().page_size(PAGE_ROWS).items().send();
    let rows = rows.collect::<Result<Vec<_>, _>>().await;
    let rows = rows.map_err(|error| CollectError::from_sdk(DESCRIBE, &error))?;
    let is_unused = |one: &Activation| {
        one.default_instance_name() == Some(&*enrollment.id) && one.registrations_count().unwrap_or_default() == 0
    };
    for id in rows.into_iter().filter(is_unused).filter_map(|one| one.activation_id) {
        // What was listed may meanwhile be that of the attempt that has taken over.
        keep_lease()?;
        match ssm.delete_activation().activation_id(id).send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|error| error.is_invalid_activation()) => {}
            Err(error) => return Err(CollectError::from_sdk(DELETE, &error).into()),
        }
    }
    Ok(())
}
