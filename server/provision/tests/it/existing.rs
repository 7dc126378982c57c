//! AWS accounts of customers, which are their own systems accounts.

use crate::support::{ADMIN_ROLE, REGION, World, request};
use muster_provision::{AccountRequest, ExistingAccount, Stage};
use muster_simulator::created::CreatedAccount;

const ACCOUNT: &str = "644160712188";

fn existing() -> AccountRequest {
    AccountRequest {
        provider: "aws".to_owned(),
        account_id: ACCOUNT.parse().expect("an id"),
        regions: vec![REGION.to_owned(), "eu-west-1".to_owned()],
        existing: Some(ExistingAccount {
            systems_account: ACCOUNT.to_owned(),
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{ADMIN_ROLE}"),
            external_id: Some("k3Jx0vVq8n2Lw5Ty".to_owned()),
        }),
        ..request()
    }
}

#[tokio::test]
async fn an_aws_account_gets_host_management_and_no_second_account() {
    let world = World::small().await;
    let joined_at = world.now();
    world.simulator.change_created(|accounts| {
        accounts.push(CreatedAccount {
            id: ACCOUNT.to_owned(),
            name: "pike-production".to_owned(),
            email: "aws@pike.example".to_owned(),
            joined_at,
            tags: Vec::new(),
            admin_role: ADMIN_ROLE.to_owned(),
            roles: Default::default(),
            regions: Default::default(),
        });
    });
    let ready = world.provisioner.provision(&existing(), "first").await.expect("ready");
    assert_eq!(ready.systems_account, ACCOUNT);
    assert!(ready.drift.is_empty(), "{:#?}", ready.drift);
    assert_eq!(world.provisioner.ledger().state(&existing().key()).map(|state| state.stage), Some(Stage::Ready));
    let account = world.account();
    assert_eq!(account.roles.len(), 3);
    assert_eq!(account.regions.len(), 2);
    for site in account.regions.values() {
        let role = site.settings.get("/ssm/managed-instance/default-ec2-instance-management-role");
        assert_eq!(role.map(String::as_str), Some("MusterHostManagement"));
        assert_eq!(site.baselines.len(), 6);
    }
    let writes = world.writes();
    world.provisioner.provision(&existing(), "second").await.expect("ready");
    assert_eq!(world.writes(), writes);
}
