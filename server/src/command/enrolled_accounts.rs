//! Systems accounts that the enrollment server has made: the next round finds them, and not the next listing of the organization.

use muster_harvest::{organization::Organization, round::Harvester};
use muster_model::{
    enrollment::{EnrollmentAccount, READY},
    enrollment_page::EnrollmentOutage,
};
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
        let organization = harvesters.borrow().organization.clone();
        if let Some(organization) = organization {
            // The client has logged why there is no answer.
            let _ = expect_ready(&client, &organization).await;
        }
    }
}

/// Says once which systems accounts to expect, and returns the accounts that are ready.
pub async fn expect_ready(
    client: &EnrollmentClient,
    organization: &Organization,
) -> Result<Vec<EnrollmentAccount>, EnrollmentOutage> {
    let mut accounts: Vec<EnrollmentAccount> = client.get("accounts", &[]).await?;
    accounts.retain(|account| account.stage.as_deref() == Some(READY));
    organization.expect(accounts.iter().filter_map(|account| account.systems_account.clone()).collect());
    Ok(accounts)
}
