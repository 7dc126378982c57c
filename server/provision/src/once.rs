//! Requests that must not be carried out twice, because AWS has neither a client token nor a unique name for them.

use muster_collect::{error::CollectError, rate_limit::backoff};
use muster_model::harvest::ErrorClass;
use std::{future::Future, time::Duration};

/// Attempts of one request, the first included.
const ATTEMPTS_MAX: u32 = 6;
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// Sends a request, and repeats it only where AWS has throttled it: then it was not carried out. `send` must not retry.
pub async fn send_once<Output, Sent>(send: impl Fn() -> Sent) -> Result<Output, CollectError>
where
    Sent: Future<Output = Result<Output, CollectError>>,
{
    let mut attempt = 1;
    loop {
        match send().await {
            Err(error) if error.class == ErrorClass::Throttled && attempt < ATTEMPTS_MAX => {
                tokio::time::sleep(error.retry_after.unwrap_or_else(|| backoff(FIRST_BACKOFF, attempt))).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}
