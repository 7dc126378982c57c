//! Waits for what comes about by itself.

use std::time::{Duration, Instant};

const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Returns whether something happens before a timeout.
pub async fn happens(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if is_so().await {
            return true;
        }
        if begun.elapsed() > WAIT_MAX {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
