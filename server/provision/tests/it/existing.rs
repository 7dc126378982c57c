//! AWS accounts of customers, which are their own systems accounts.

use crate::support::{ADMIN_ROLE, REGION, SMALL, World, request};
use muster_provision::{AccountRequest, ExistingAccount, Plan, ProvisionError, Settings, Stage};
use muster_simulator::{
    Simulator,
    created::{CreatedAccount, Role},
};
use serde_json::json;

pub const ACCOUNT: &str = "644160712188";

pub fn existing() -> AccountRequest {
    AccountRequest {
        provider: "aws".to_owned(),
        account_id: ACCOUNT.parse().expect("an id"),
        regions: vec![REGION.to_owned(), "eu-west-1".to_owned()],
        existing: Some(ExistingAccount {
            systems_account: ACCOUNT.to_owned(),
            setup_role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{ADMIN_ROLE}"),
            external_id: "k3Jx0vVq8n2Lw5Ty".to_owned(),
            sets_default_baselines: false,
        }),
        ..request()
    }
}

/// A world with the customer's account, in which nothing is set up.
pub async fn world() -> World {
    world_with(Settings::parse(SMALL).expect("settings")).await
}

pub async fn world_with(settings: Settings) -> World {
    let world = World::with(settings).await;
    let joined_at = world.now();
    world.simulator.change_created(|accounts| {
        accounts.push(CreatedAccount {
            id: ACCOUNT.to_owned(),
            name: "pike-production".to_owned(),
            email: "aws@pike.example".to_owned(),
            joined_at,
            state: "ACTIVE".to_owned(),
            tags: Vec::new(),
            admin_role: ADMIN_ROLE.to_owned(),
            roles: Default::default(),
            regions: Default::default(),
        });
    });
    world
}

#[tokio::test]
async fn an_aws_account_gets_host_management_and_no_second_account() {
    let world = world().await;
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
        assert!(site.defaults.is_empty(), "the default baselines are the customer's");
    }
    let writes = world.writes();
    world.provisioner.provision(&existing(), "second").await.expect("ready");
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn default_baselines_are_set_where_the_owner_wants_it() {
    let world = world().await;
    let mut request = existing();
    request.existing.as_mut().expect("an account").sets_default_baselines = true;
    let ready = world.provisioner.provision(&request, "first").await.expect("ready");
    assert!(ready.drift.is_empty(), "{:#?}", ready.drift);
    assert_eq!(world.account().regions[REGION].defaults.len(), 2);
}

#[tokio::test]
async fn the_external_id_survives_the_loss_of_the_ledger() {
    let world = world().await;
    let before = world.provisioner.provision(&existing(), "first").await.expect("ready");
    world.provisioner.ledger().forget(&existing().key());
    let parts = world.provisioner.plan(&existing()).await.expect("a plan");
    assert!(parts.iter().all(|part| part.plan == Plan::default()), "{parts:#?}");
    let writes = world.writes();
    let after = world.provisioner.provision(&existing(), "second").await.expect("ready");
    assert_eq!(after, before);
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn an_external_id_that_is_known_is_not_replaced_by_another_in_the_role() {
    let world = world().await;
    world.provisioner.provision(&existing(), "first").await.expect("ready");
    world.simulator.change_created(|accounts| {
        let role = accounts[0].roles.get_mut("MusterHarvester").expect("the role");
        let condition = &mut role.trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"];
        *condition = json!("0123456789abcdef0123456789abcdef");
    });
    for attempt in ["second", "third"] {
        let error = world.provisioner.provision(&existing(), attempt).await.expect_err("another ExternalId");
        assert!(matches!(error, ProvisionError::WrongTrust { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_role_of_somebody_else_is_refused() {
    let trust = |principal: &str, external_id: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": principal },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
        }] })
    };
    let drawn = "0123456789abcdef0123456789abcdef";
    for trust in [trust("arn:aws:iam::111122223333:role/x", drawn), trust(&Simulator::operator_arn(), "chosen")] {
        let world = world().await;
        world.simulator.change_created(|accounts| {
            let role = Role { trust, ..Role::default() };
            accounts[0].roles.insert("MusterHarvester".to_owned(), role);
        });
        let error = world.provisioner.provision(&existing(), "first").await.expect_err("another trust");
        assert!(matches!(error, ProvisionError::WrongTrust { .. }), "{error}");
        assert_eq!(world.writes(), 0);
    }
}

#[tokio::test]
async fn a_request_that_names_another_account_than_before_is_refused() {
    let world = world().await;
    world.provisioner.provision(&existing(), "first").await.expect("ready");
    let mut request = existing();
    let other = request.existing.as_mut().expect("an account");
    other.systems_account = "111122223333".to_owned();
    other.setup_role_arn = "arn:aws:iam::111122223333:role/setup".to_owned();
    let error = world.provisioner.provision(&request, "second").await.expect_err("another account");
    assert!(matches!(&error, ProvisionError::Request { problem, .. } if problem.contains(ACCOUNT)), "{error}");
}
