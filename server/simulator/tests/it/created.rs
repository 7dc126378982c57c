//! Accounts that a caller creates: what AWS refuses in them.

use serde_json::{Value, json};

use crate::{client::Client, world::World};

const TRUST: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"}}]}"#;
const EMAIL: &str = "aws+1@example.com";

fn create_account(operator: &Client, email: &str) -> Value {
    let input =
        json!({ "AccountName": "one", "Email": email, "Tags": [{ "Key": "muster:provider", "Value": "azure" }] });
    let answer = operator.organizations("CreateAccount", input);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.json()["CreateAccountStatus"]["Id"].clone();
    let status =
        || operator.organizations("DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": id })).json();
    assert_eq!(status()["CreateAccountStatus"]["State"], "IN_PROGRESS");
    status()["CreateAccountStatus"].clone()
}

/// The administrator's session in a new account.
fn administrator(world: &World) -> (Client, String) {
    let operator = Client::operator(&world.simulator);
    let id = create_account(&operator, EMAIL)["AccountId"].as_str().expect("an account").to_owned();
    let answer = operator.assume(&format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole"), "any");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let session = Client {
        access_key_id: answer.element("AccessKeyId"),
        secret_access_key: answer.element("SecretAccessKey"),
        session_token: answer.element("SessionToken"),
        ..operator
    };
    (session, id)
}

fn create_role(session: &Client, name: &str) -> crate::client::Answer {
    let trust: String = form_urlencoded::byte_serialize(TRUST.as_bytes()).collect();
    session.iam(&format!("Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument={trust}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_address_has_one_account() {
    let world = World::first_day_of("empty").await;
    let operator = Client::operator(&world.simulator);
    assert_eq!(create_account(&operator, EMAIL)["State"], "SUCCEEDED");
    let second = create_account(&operator, EMAIL);
    assert_eq!((&second["State"], &second["FailureReason"]), (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS")));
    let of_state = |state: &str| {
        operator.organizations("ListCreateAccountStatus", json!({ "States": [state] })).json()["CreateAccountStatuses"]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!((of_state("SUCCEEDED"), of_state("FAILED"), of_state("IN_PROGRESS")), (1, 1, 0));
    let unknown = operator.organizations("DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": "car-0" }));
    assert_eq!(unknown.error_type(), "CreateAccountStatusNotFoundException");
    assert_eq!(world.simulator.created_accounts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_have_unique_names_and_policies_in_json() {
    let world = World::first_day_of("empty").await;
    let (session, _) = administrator(&world);
    assert_eq!(session.iam("Action=GetRole&RoleName=x").element("Code"), "NoSuchEntity");
    assert_eq!(create_role(&session, "x").status, 200);
    assert_eq!(create_role(&session, "x").element("Code"), "EntityAlreadyExists");
    assert!(session.iam("Action=GetRole&RoleName=x").element("AssumeRolePolicyDocument").starts_with("%7B"));
    for (form, code) in [
        ("Action=CreateRole&RoleName=a%20b&AssumeRolePolicyDocument=%7B%7D", "ValidationError"),
        ("Action=CreateRole&RoleName=y&AssumeRolePolicyDocument=%7B%7D", "MalformedPolicyDocument"),
        ("Action=PutRolePolicy&RoleName=y&PolicyName=p&PolicyDocument=%7B%7D", "NoSuchEntity"),
        ("Action=GetRolePolicy&RoleName=x&PolicyName=p", "NoSuchEntity"),
        ("Action=DeleteEverything", "InvalidAction"),
    ] {
        assert_eq!(session.iam(form).element("Code"), code, "{form}");
    }
    let operator = Client::operator(&world.simulator);
    assert_eq!(operator.iam("Action=GetRole&RoleName=x").element("Code"), "AccessDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_systems_manager_refuses_are_refused() {
    let world = World::first_day_of("empty").await;
    let (session, _) = administrator(&world);
    assert_eq!(create_role(&session, "hybrid").status, 200);
    let rule = |rule: Value| json!({ "PatchRules": [rule] });
    let window = json!({ "Name": "one", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": false });
    let with = |base: &Value, member: &str, value: Value| {
        let mut changed = base.clone();
        changed[member] = value;
        changed
    };
    let delayed = rule(json!({ "ApproveAfterDays": 7 }));
    let now = world.estate.read().expect("a lock").now().as_second();
    for (operation, input, error) in [
        ("CreatePatchBaseline", json!({ "Name": "x" }), "ValidationException"),
        ("CreatePatchBaseline", json!({ "Name": "a b c" }), "ValidationException"),
        ("CreatePatchBaseline", json!({ "Name": "one", "OperatingSystem": "BEOS" }), "ValidationException"),
        (
            "CreatePatchBaseline",
            json!({ "Name": "one", "OperatingSystem": "DEBIAN", "ApprovalRules": delayed }),
            "ValidationException",
        ),
        (
            "CreatePatchBaseline",
            json!({ "Name": "one", "OperatingSystem": "UBUNTU", "ApprovalRules": rule(json!({ "ApproveAfterDays": 0 })) }),
            "ValidationException",
        ),
        ("CreatePatchBaseline", json!({ "Name": "one", "ApprovalRules": rule(json!({})) }), "ValidationException"),
        (
            "CreatePatchBaseline",
            json!({ "Name": "one", "ApprovalRules": rule(json!({ "ApproveAfterDays": 361 })) }),
            "ValidationException",
        ),
        ("RegisterDefaultPatchBaseline", json!({ "BaselineId": "pb-00000000000000000" }), "DoesNotExistException"),
        ("CreateMaintenanceWindow", with(&window, "Duration", json!(25)), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "Cutoff", json!(2)), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "Schedule", json!("tuesdays")), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "ScheduleOffset", json!(7)), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "ScheduleOffset", json!(0)), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "ScheduleOffset", json!(1)), "ValidationException"),
        ("CreateMaintenanceWindow", with(&window, "AllowUnassociatedTargets", Value::Null), "ValidationException"),
        (
            "RegisterTargetWithMaintenanceWindow",
            json!({ "WindowId": "mw-00000000000000000", "ResourceType": "INSTANCE", "Targets": [] }),
            "DoesNotExistException",
        ),
        ("CreateAssociation", json!({ "Name": "AWS-UpdateSSMAgent" }), "InvalidTarget"),
        (
            "CreateAssociation",
            json!({ "Name": "x", "ScheduleExpression": "daily", "Targets": [{ "Key": "InstanceIds", "Values": ["*"] }] }),
            "InvalidSchedule",
        ),
        (
            "DescribeAssociation",
            json!({ "AssociationId": "00000000-0000-0000-0000-000000000000" }),
            "AssociationDoesNotExist",
        ),
        ("UpdateServiceSetting", json!({ "SettingId": "/ssm/x", "SettingValue": "1" }), "ServiceSettingNotFound"),
        ("CreateActivation", json!({}), "ValidationException"),
        ("CreateActivation", json!({ "IamRole": "nobody" }), "ValidationException"),
        ("CreateActivation", json!({ "IamRole": "hybrid", "RegistrationLimit": 1_001 }), "ValidationException"),
        ("CreateActivation", json!({ "IamRole": "hybrid", "ExpirationDate": now }), "InvalidParameters"),
        ("CreateActivation", json!({ "IamRole": "hybrid", "ExpirationDate": now + 31 * 86_400 }), "InvalidParameters"),
        (
            "CreateActivation",
            json!({ "IamRole": "hybrid", "Tags": [{ "Key": "muster:instance", "Value": "a&b" }] }),
            "ValidationException",
        ),
        ("DescribeActivations", json!({ "Filters": [{ "FilterKey": "Code", "FilterValues": [] }] }), "InvalidFilter"),
        ("DescribeActivations", json!({ "MaxResults": 51 }), "ValidationException"),
        ("DeleteActivation", json!({ "ActivationId": "nobody" }), "InvalidActivation"),
    ] {
        assert_eq!(session.ssm(operation, input.clone()).error_type(), error, "{operation} {input}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_group_has_one_baseline_of_each_operating_system() {
    let world = World::first_day_of("empty").await;
    let (session, _) = administrator(&world);
    let baseline = |name: &str, system: &str, token: &str| {
        let input = json!({ "Name": name, "OperatingSystem": system, "ClientToken": token });
        session.ssm("CreatePatchBaseline", input)
    };
    let id = |name: &str, system: &str| baseline(name, system, name).json()["BaselineId"].clone();
    let (windows, other, rhel) = (id("one", "WINDOWS"), id("two", "WINDOWS"), id("three", "REDHAT_ENTERPRISE_LINUX"));
    assert_eq!(id("one", "WINDOWS"), windows, "the same client token");
    assert_eq!(baseline("other", "WINDOWS", "one").error_type(), "IdempotentParameterMismatch");
    let register = |id: &Value, group: &str| {
        session.ssm("RegisterPatchBaselineForPatchGroup", json!({ "BaselineId": id, "PatchGroup": group }))
    };
    assert_eq!(register(&windows, "late").status, 200);
    assert_eq!(register(&rhel, "late").status, 200);
    assert_eq!(register(&other, "late").error_type(), "AlreadyExistsException");
    for number in 1..25 {
        assert_eq!(register(&windows, &format!("group {number}")).status, 200);
    }
    assert_eq!(register(&windows, "one too many").error_type(), "ResourceLimitExceededException");
    for number in 3..50 {
        assert_eq!(baseline(&format!("more-{number}"), "WINDOWS", &format!("more-{number}")).status, 200);
    }
    assert_eq!(baseline("one-too-many", "WINDOWS", "many").error_type(), "ResourceLimitExceededException");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_have_letters_digits_and_some_signs() {
    let world = World::first_day_of("empty").await;
    let operator = Client::operator(&world.simulator);
    for value in ["A & B", "a\tb", "x<y", &"x".repeat(257)] {
        let tags = json!([{ "Key": "muster:customer-name", "Value": value }]);
        let input = json!({ "AccountName": "one", "Email": EMAIL, "Tags": tags });
        assert_eq!(operator.organizations("CreateAccount", input).error_type(), "InvalidInputException", "{value}");
    }
    assert!(world.simulator.created_accounts().is_empty());
    let input = json!({ "AccountName": "one", "Email": EMAIL, "Tags": [{ "Key": "k", "Value": "Zürich _.:/=+-@ 9" }] });
    assert_eq!(operator.organizations("CreateAccount", input).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_may_do_no_more_than_its_policy() {
    let world = World::first_day_of("empty").await;
    let (session, id) = administrator(&world);
    assert_eq!(session.ssm("DescribeActivations", json!({})).status, 200);
    let policy =
        json!({ "Statement": [{ "Effect": "Allow", "Action": ["ssm:DescribeActivations"], "Resource": "*" }] });
    let operator = Client::operator(&world.simulator);
    let arn = format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole");
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let answer = operator.sts(&format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=muster&Policy={}",
        encoded(&arn),
        encoded(&policy.to_string())
    ));
    let narrow = Client {
        access_key_id: answer.element("AccessKeyId"),
        secret_access_key: answer.element("SecretAccessKey"),
        session_token: answer.element("SessionToken"),
        ..operator
    };
    assert_eq!(narrow.ssm("DescribeActivations", json!({})).status, 200);
    assert_eq!(narrow.ssm("DescribePatchBaselines", json!({})).error_type(), "AccessDeniedException");
    assert_eq!(narrow.iam("Action=GetRole&RoleName=x").element("Code"), "AccessDenied");
}
