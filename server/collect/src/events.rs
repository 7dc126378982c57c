//! Events that EventBridge puts into an SQS queue: hints that something changed in an account and Region.
//!
//! An event only names an account and a Region to harvest earlier. Nothing else of it is used, because anyone who can write to
//! the queue can write anything into it.

use super::{client::Connector, error::CollectError};
use aws_sdk_sqs::{
    Client,
    types::{DeleteMessageBatchRequestEntry, Message},
};
use aws_smithy_types::retry::RetryConfig;
use muster_core::queue_url::QueueUrl;
use serde::Deserialize;
use std::borrow::Cow;

pub const RECEIVE_MESSAGE: &str = "ReceiveMessage";
/// The operation that the permission to delete messages is named after.
pub const DELETE_MESSAGE: &str = "DeleteMessage";
pub const DELETE_MESSAGE_BATCH: &str = "DeleteMessageBatch";
/// AWS's maximum.
const MESSAGES_MAX: i32 = 10;
/// AWS's maximum. An empty queue answers after this time.
const WAIT_SECONDS: i32 = 20;
/// EventBridge's largest event.
const MAX_BODY_BYTES: usize = 256 * 1_024;
const SOURCE: &str = "aws.ssm";

/// The `detail-type` of the events that are used. The rules of `muster events template` select the same.
pub const DETAIL_TYPES: [&str; 7] = [
    "Configuration Compliance State Change",
    "EC2 Command Invocation Status-change Notification",
    "EC2 Command Status-change Notification",
    "Inventory Resource State Change",
    "Maintenance Window Execution State-change Notification",
    "SSM Managed Instance Deregistration",
    "SSM Managed Instance Registration",
];

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTarget {
    pub systems_account: String,
    pub region: String,
}

/// What one request to the queue returned.
#[derive(Debug, Default)]
pub struct Received {
    /// One for each message; None where it is not an event of Systems Manager that is used.
    pub targets: Vec<Option<EventTarget>>,
    receipts: Vec<String>,
}

/// The members of an event that are used.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
}

/// A queue of events, read with the process's own credentials.
pub struct EventQueue {
    client: Client,
    url: String,
}

impl EventQueue {
    pub fn new(connector: &Connector, url: &QueueUrl) -> Self {
        // The reader of the queue waits after failures: it has nothing else to do.
        let config = aws_sdk_sqs::config::Builder::from(&connector.own_config(url.region()))
            .retry_config(RetryConfig::disabled())
            .build();
        Self { client: Client::from_conf(config), url: url.as_str().to_owned() }
    }

    /// Waits for messages, for 20 seconds at most.
    pub async fn receive(&self) -> Result<Received, CollectError> {
        let request = self.client.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(MESSAGES_MAX).wait_time_seconds(WAIT_SECONDS);
        let answer = request.send().await.map_err(|error| CollectError::from_sdk(RECEIVE_MESSAGE, &error))?;
        let mut received = Received::default();
        for Message { body, receipt_handle, .. } in answer.messages.unwrap_or_default() {
            received.targets.push(body.as_deref().and_then(target));
            received.receipts.extend(receipt_handle);
        }
        Ok(received)
    }

    /// Deletes messages, so that the queue does not return them again.
    pub async fn delete(&self, received: &Received) -> Result<(), CollectError> {
        let entry = |(index, receipt): (usize, &String)| {
            DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build()
        };
        let entries: Result<Vec<_>, _> = received.receipts.iter().enumerate().map(entry).collect();
        let entries = entries.map_err(|error| CollectError::schema(DELETE_MESSAGE_BATCH, error.to_string()))?;
        if entries.is_empty() {
            return Ok(());
        }
        let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = request.send().await.map_err(|error| CollectError::from_sdk(DELETE_MESSAGE_BATCH, &error))?;
        match answer.failed().first() {
            None => Ok(()),
            Some(failed) => {
                let message = format!("the queue kept {} messages ({})", answer.failed().len(), failed.code());
                Err(CollectError::schema(DELETE_MESSAGE_BATCH, super::text::clean(&message)))
            }
        }
    }
}

/// Returns what the text of a message is about, if it is an event that is used.
fn target(body: &str) -> Option<EventTarget> {
    if body.len() > MAX_BODY_BYTES {
        return None;
    }
    let event: Event<'_> = serde_json::from_str(body).ok()?;
    let is_used = event.source == SOURCE && DETAIL_TYPES.contains(&event.detail_type.as_ref());
    is_used.then(|| EventTarget { systems_account: event.account.into_owned(), region: event.region.into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(detail_type: &str) -> String {
        format!(
            r#"{{"version":"0","id":"1","detail-type":"{detail_type}","source":"aws.ssm","account":"111122223333",
            "time":"2025-11-23T00:00:00Z","region":"us-east-1","resources":["arn:x"],"detail":{{"status":"Success"}}}}"#
        )
    }

    #[test]
    fn an_event_of_each_type_names_its_account_and_region() {
        for detail_type in DETAIL_TYPES {
            let found = target(&event(detail_type)).expect(detail_type);
            assert_eq!((found.systems_account.as_str(), found.region.as_str()), ("111122223333", "us-east-1"));
        }
        let escaped = event(DETAIL_TYPES[0]).replace("111122223333", "\\u0031\\u00311122223333");
        assert_eq!(target(&escaped), target(&event(DETAIL_TYPES[0])));
    }

    /// An event that is altered, cut off, too long or repeated is none. Members that are not used are skipped, however deep.
    #[test]
    fn no_text_is_taken_for_more_than_an_event() {
        let good = event(DETAIL_TYPES[0]);
        for (from, to) in [
            ("aws.ssm", "aws.ec2"),
            ("aws.ssm", "my.ssm"),
            ("Configuration", "configuration"),
            ("\"111122223333\"", "111122223333"),
            ("\"us-east-1\"", "null"),
            ("\"us-east-1\"", "[\"us-east-1\"]"),
            ("\"region\"", "\"Region\""),
            ("\"source\"", "\"account\""),
            ("{", "[{"),
        ] {
            assert_eq!(target(&good.replacen(from, to, 1)), None, "{from} {to}");
        }
        let deep = good.replace("\"Success\"", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
        assert_eq!(target(&deep), target(&good));
        let long = good.replace("Success", &"x".repeat(MAX_BODY_BYTES));
        for text in ["", "null", "\u{0}", "[]", &long, &format!("{good}{good}")] {
            assert_eq!(target(text), None);
        }
        for at in (0..good.len()).filter(|at| good.is_char_boundary(*at)) {
            assert_eq!(target(&good[..at]), None, "{at}");
        }
    }
}
