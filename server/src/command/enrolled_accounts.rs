//! Systems accounts that the enrollment server has made: the next round finds them, and not the next listing of the organization.

use muster_harvest::round::Harvester;
use muster_model::enrollment::{EnrollmentAccount, READY};
use muster_web::enrollment::client::EnrollmentClient;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the enrollment server is asked.
const INTERVAL: Duration = Duration::from_secs(60);

/// Says which systems accounts to expect. Never returns.
pub async fn follow(client: Arc<EnrollmentClient>, harvesters: watch::Receiver<Harvester>) {
    let mut timer = tokio::time::interval(INTERVAL);
    loop {
        timer.tick().await;
        // The client has logged why there is no answer.
        let Ok(accounts) = client.get::<Vec<EnrollmentAccount>>("accounts", &[]).await else { continue };
        let ready = accounts.into_iter().filter(|account| account.stage.as_deref() == Some(READY));
        if let Some(organization) = &harvesters.borrow().organization {
            organization.expect(ready.filter_map(|account| account.systems_account).collect());
        }
    }
}
