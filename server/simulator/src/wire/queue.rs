//! SQS with one queue, in JSON 1.0, for the portal's own account only. Tests put messages into it.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use http::StatusCode;
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};

use super::{
    context::{Context, to_json},
    error::ApiError,
    sessions::{Caller, Identity},
    state::{HUB_ACCOUNT, lock},
};

pub(super) const REGION: &str = "us-east-1";
pub(super) const NAME: &str = "muster-events";
const BATCH_MAX: usize = 10;
const WAIT_SECONDS_MAX: u64 = 20;
const VISIBILITY_SECONDS: u64 = 60;

/// The URL of the queue, which is not the address of the simulator.
pub(super) fn url() -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{HUB_ACCOUNT}/{NAME}")
}

#[derive(Default)]
pub(super) struct Queue {
    messages: Mutex<Messages>,
    sent: Notify,
}

#[derive(Default)]
struct Messages {
    waiting: Vec<Message>,
    /// Messages and receipts so far, from which their ids are derived.
    count: u64,
}

struct Message {
    id: u64,
    body: String,
    receipt: Option<String>,
    /// Received messages are hidden until then.
    hidden_until: Instant,
}

impl Queue {
    pub(super) fn send(&self, body: &str) {
        let mut messages = lock(&self.messages);
        messages.count += 1;
        let id = messages.count;
        messages.waiting.push(Message { id, body: body.to_owned(), receipt: None, hidden_until: Instant::now() });
        self.sent.notify_waiters();
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.messages).waiting.len()
    }

    fn receive(&self, count: usize, visibility: Duration) -> Vec<Value> {
        let now = Instant::now();
        let mut messages = lock(&self.messages);
        let Messages { waiting, count: ids } = &mut *messages;
        let visible = waiting.iter_mut().filter(|message| message.hidden_until <= now).take(count);
        let receive = |message: &mut Message| {
            *ids += 1;
            let receipt = format!("receipt-{ids}");
            message.hidden_until = now + visibility;
            message.receipt = Some(receipt.clone());
            json!({
                "MessageId": format!("00000000-0000-4000-8000-{:012}", message.id),
                "ReceiptHandle": receipt,
                "MD5OfBody": format!("{:x}", Md5::digest(&message.body)),
                "Body": message.body,
            })
        };
        visible.map(receive).collect()
    }

    /// Deleting by an old receipt changes nothing, as in AWS.
    fn delete(&self, receipt: &str) {
        lock(&self.messages).waiting.retain(|message| message.receipt.as_deref() != Some(receipt));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    queue_url: Option<String>,
    max_number_of_messages: Option<usize>,
    wait_time_seconds: Option<u64>,
    visibility_timeout: Option<u64>,
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    receipt_handle: String,
}

/// What a request does once it was checked.
pub(super) enum Request {
    Receive { count: usize, wait: Duration, visibility: Duration },
    Delete(Vec<(String, String)>),
}

/// Accepts only the portal's own account and the queue's Region.
pub(super) fn request(context: &Context<'_>, caller: &Caller) -> Result<Request, ApiError> {
    let input: Input = context.input()?;
    let is_queue = input.queue_url.as_deref() == Some(&url()) && context.target.region == REGION;
    if caller.identity != Identity::Hub || !is_queue {
        let message = "The specified queue does not exist.";
        return Err(ApiError::common(StatusCode::BAD_REQUEST, "QueueDoesNotExist", message));
    }
    match context.target.operation {
        "ReceiveMessage" => {
            let (count, wait) = (input.max_number_of_messages.unwrap_or(1), input.wait_time_seconds.unwrap_or(0));
            if !(1..=BATCH_MAX).contains(&count) || wait > WAIT_SECONDS_MAX {
                return Err(invalid("InvalidParameterValue", "Reason: Must be between 1 and 10, or 0 and 20."));
            }
            let visibility = Duration::from_secs(input.visibility_timeout.unwrap_or(VISIBILITY_SECONDS));
            Ok(Request::Receive { count, wait: Duration::from_secs(wait), visibility })
        }
        "DeleteMessageBatch" => {
            let entries: Vec<_> =
                input.entries.unwrap_or_default().into_iter().map(|entry| (entry.id, entry.receipt_handle)).collect();
            let ids: BTreeSet<&str> = entries.iter().map(|(id, _)| id.as_str()).collect();
            match entries.len() {
                0 => Err(invalid("EmptyBatchRequest", "There should be at least one entry in the request.")),
                count if count > BATCH_MAX => Err(invalid("TooManyEntriesInBatchRequest", "Maximum number is 10.")),
                count if count != ids.len() => Err(invalid("BatchEntryIdsNotDistinct", "Two entries have one Id.")),
                _ => Ok(Request::Delete(entries)),
            }
        }
        _ => Err(ApiError::unknown_operation()),
    }
}

pub(super) async fn respond(queue: &Queue, request: Request) -> Result<Vec<u8>, ApiError> {
    match request {
        Request::Receive { count, wait, visibility } => {
            let ends_at = Instant::now() + wait;
            loop {
                let sent = queue.sent.notified();
                let received = queue.receive(count, visibility);
                if !received.is_empty() {
                    return to_json(&json!({ "Messages": received }));
                }
                if tokio::time::timeout_at(ends_at, sent).await.is_err() {
                    return to_json(&json!({}));
                }
            }
        }
        Request::Delete(entries) => {
            entries.iter().for_each(|(_, receipt)| queue.delete(receipt));
            let successful: Vec<Value> = entries.iter().map(|(id, _)| json!({ "Id": id })).collect();
            to_json(&json!({ "Successful": successful, "Failed": [] }))
        }
    }
}

fn invalid(code: &str, message: &str) -> ApiError {
    ApiError::common(StatusCode::BAD_REQUEST, code, message)
}
