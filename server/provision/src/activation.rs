//! Activations: one for each instance that enrolls, for one registration within an hour.
//!
//! The code is returned once, is a secret, and is neither stored nor logged. An activation from which it was lost cannot be
//! used, so it is deleted and another one is made.

use crate::{
    error::ProvisionError,
    once::send_once,
    operations::{CREATE_ACTIVATION, DELETE_ACTIVATION, DESCRIBE_ACTIVATIONS},
    request::AccountRequest,
    tag_text,
    wanted::PATCH_GROUP_TAG,
};
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

/// An instance that enrolls. The id is unique to the enrollment, and becomes the instance's name until it has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrollment {
    pub id: String,
    /// Enrollments of the same instance before this one. Their activations may still be usable.
    pub earlier: Vec<String>,
    /// The id of the instance in its account.
    pub instance: String,
    /// None for an instance that is not to be patched.
    pub patch_group: Option<String>,
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
        let earlier = self.earlier.iter().map(|id| ("the id of an earlier enrollment", id));
        let problem = ids.into_iter().chain(earlier).find_map(|(what, id)| tag_text::problem_of_id(what, id));
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

/// Creates the activation of an enrollment, in place of unused ones of the instance, unless one of the enrollment was used.
/// `keep_lease` fails if another attempt for the instance has taken over.
pub(crate) async fn create(
    ssm: &Client,
    wanted: &ActivationRequest<'_>,
    keep_lease: impl Fn() -> Result<(), ProvisionError>,
) -> Result<NewActivation, ProvisionError> {
    let &ActivationRequest { account, enrollment, expires_at, region, .. } = wanted;
    let mut found = activations(ssm, &enrollment.id).await?;
    if found.iter().any(is_used) {
        return Err(ProvisionError::AlreadyRegistered { account: account.key(), enrollment: enrollment.id.clone() });
    }
    for id in &enrollment.earlier {
        // There may be many, and each look-up may take long.
        keep_lease()?;
        found.extend(activations(ssm, id).await?);
    }
    delete_unused(ssm, found, &keep_lease).await?;
    keep_lease()?;
    match send_once(|| request(ssm, wanted)).await {
        Ok((id, code)) => Ok(NewActivation { id, code, region: region.to_owned(), expires_at }),
        Err(error) => {
            // The activation may exist although its reply was lost. If it cannot be deleted now, the next attempt does.
            if let Ok(found) = activations(ssm, &enrollment.id).await {
                drop(delete_unused(ssm, found, &keep_lease).await);
            }
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
    let answer = answer.map_err(|error| CollectError::from_sdk(CREATE_ACTIVATION, &error))?;
    match (answer.activation_id, answer.activation_code) {
        (Some(id), Some(code)) => Ok((id, SecretString::from(code))),
        _ => Err(CollectError::schema(CREATE_ACTIVATION, "the answer has no id or no code")),
    }
}

fn tags(account: &AccountRequest, enrollment: &Enrollment) -> Result<Vec<Tag>, CollectError> {
    let group = enrollment.patch_group.as_deref().map(|group| (PATCH_GROUP_TAG, group));
    let identity = [
        ("muster:provider", account.provider.as_str()),
        ("muster:account", account.account_id.as_str()),
        ("muster:instance", &enrollment.instance),
    ];
    let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    let tags = group.into_iter().chain(identity).map(tag).collect::<Result<Vec<_>, _>>();
    tags.map_err(|error| CollectError::schema(CREATE_ACTIVATION, error.to_string()))
}

/// The activations of an enrollment.
async fn activations(ssm: &Client, enrollment: &str) -> Result<Vec<Activation>, CollectError> {
    let filter = DescribeActivationsFilter::builder()
        .filter_key(DescribeActivationsFilterKeys::DefaultInstanceName)
        .filter_values(enrollment)
        .build();
    let rows = ssm.describe_activations().filters(filter).into_paginator().page_size(PAGE_ROWS).items().send();
    let rows = rows.collect::<Result<Vec<_>, _>>().await;
    let rows = rows.map_err(|error| CollectError::from_sdk(DESCRIBE_ACTIVATIONS, &error))?;
    Ok(rows.into_iter().filter(|one| one.default_instance_name() == Some(enrollment)).collect())
}

fn is_used(activation: &Activation) -> bool {
    activation.registrations_count().unwrap_or_default() > 0
}

/// Deletes those that no instance has registered with.
async fn delete_unused(
    ssm: &Client,
    found: Vec<Activation>,
    keep_lease: &impl Fn() -> Result<(), ProvisionError>,
) -> Result<(), ProvisionError> {
    for id in found.into_iter().filter(|one| !is_used(one)).filter_map(|one| one.activation_id) {
        // What was listed may meanwhile be that of the attempt that has taken over.
        keep_lease()?;
        match ssm.delete_activation().activation_id(id).send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|error| error.is_invalid_activation()) => {}
            Err(error) => return Err(CollectError::from_sdk(DELETE_ACTIVATION, &error).into()),
        }
    }
    Ok(())
}
