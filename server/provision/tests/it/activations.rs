//! Activations: one registration within an hour, and a code that nobody else sees.

use crate::support::{REGION, World, request};
use jiff::SignedDuration;
use muster_provision::{AccountRequest, Enrollment, LedgerError, NewActivation, ProvisionError};
use muster_simulator::{Fault, FaultKind};
use secrecy::ExposeSecret;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

pub fn enrollment() -> Enrollment {
    Enrollment {
        id: "enroll-7c1f".to_owned(),
        earlier: Vec::new(),
        instance: "vm-17".to_owned(),
        patch_group: Some("late".to_owned()),
    }
}

pub async fn activate(world: &World) -> Result<NewActivation, ProvisionError> {
    world.provisioner.activation(&request(), REGION, &enrollment(), "test").await
}

pub async fn ready() -> World {
    let world = World::small().await;
    world.provision("first").await.expect("ready");
    world
}

/// Registers as an agent does: without a signature. Returns the status and the body.
pub fn register(world: &World, activation: &NewActivation) -> (u16, String) {
    let body = serde_json::json!({
        "ActivationId": activation.id,
        "ActivationCode": activation.code.expose_secret(),
        "Fingerprint": "2f1b6a5e",
        "PublicKey": "",
        "PublicKeyType": "Rsa",
    });
    call_as_agent(world, "RegisterManagedInstance", &body)
}

/// Sends an agent's request, which has no signature.
pub fn call_as_agent(world: &World, operation: &str, body: &serde_json::Value) -> (u16, String) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(world.simulator.address()).expect("a connection");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: ssm.{REGION}.amazonaws.com\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: \
         AmazonSSM.{operation}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_registers_one_instance_with_its_tags() {
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    assert_eq!(activation.expires_at, world.now() + SignedDuration::from_hours(1));
    assert_eq!(register(&world, &activation).0, 200);
    let (status, answer) = register(&world, &activation);
    assert!(status == 400 && answer.contains("InvalidActivation"), "the second registration: {answer}");
    let account = world.account();
    let [instance] = account.regions[REGION].instances.as_slice() else { panic!("one instance") };
    assert_eq!(instance.name, "enroll-7c1f");
    assert_eq!(instance.iam_role, "MusterHybridInstances");
    for (key, value) in [
        ("Patch Group", "late"),
        ("muster:provider", "azure"),
        ("muster:account", request().account_id.as_str()),
        ("muster:instance", "vm-17"),
    ] {
        assert!(instance.tags.contains(&(key.to_owned(), value.to_owned())), "{key} in {:?}", instance.tags);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_expires_after_an_hour() {
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    world.pass(SignedDuration::from_hours(1));
    let (status, answer) = register(&world, &activation);
    assert!(status == 400 && answer.contains("expired"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_without_a_reply_is_replaced() {
    let world = ready().await;
    world.simulator.set_fault(Fault::on("CreateActivation", FaultKind::EmptyBody).times(1));
    activate(&world).await.expect_err("no reply");
    assert!(world.account().regions[REGION].activations.is_empty(), "what was created is deleted");
    world.simulator.set_fault(Fault::on("CreateActivation", FaultKind::DropConnection).times(1));
    activate(&world).await.expect_err("no connection");
    activate(&world).await.expect("an activation");
    assert_eq!(world.account().regions[REGION].activations.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_at_each_request_leaves_one_activation_for_an_hour_at_most() {
    let whole = ready().await;
    whole.interrupt(0, false, activate(&whole)).await;
    let requests = whole.requests();
    for is_after in [false, true] {
        for at in 1..=requests {
            let world = ready().await;
            assert!(world.interrupt(at, is_after, activate(&world)).await.is_none(), "request {at}");
            let orphans = world.account().regions[REGION].activations.clone();
            let limit = world.now() + SignedDuration::from_hours(1);
            assert!(orphans.iter().all(|one| one.expires_at <= limit && one.registration_limit == 1), "{orphans:?}");
            // The lease of the process that ended keeps others away until it expires.
            let early = activate(&world).await;
            assert!(matches!(early, Err(ProvisionError::Ledger(LedgerError::Held { .. }))), "{early:?}");
            world.pass(SignedDuration::from_mins(5));
            let activation = activate(&world).await.expect("an activation");
            let account = world.account();
            let [only] = account.regions[REGION].activations.as_slice() else { panic!("one activation") };
            assert_eq!(only.id, activation.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrollment_with_a_used_activation_gets_no_other() {
    let world = ready().await;
    let first = activate(&world).await.expect("an activation");
    assert_eq!(register(&world, &first).0, 200);
    let writes = world.writes();
    let error = activate(&world).await.expect_err("a registration");
    assert!(matches!(&error, ProvisionError::AlreadyRegistered { enrollment, .. } if enrollment == "enroll-7c1f"));
    assert_eq!(world.writes(), writes, "nothing is deleted or created");
    // The refusal ends its lease, too.
    activate(&world).await.expect_err("a registration");
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_activations_of_earlier_enrollments_are_deleted_and_used_ones_stay() {
    let world = ready().await;
    let enrollment = |id: &str, earlier: &[&str]| Enrollment {
        id: id.to_owned(),
        earlier: earlier.iter().map(|id| (*id).to_owned()).collect(),
        ..enrollment()
    };
    let request = request();
    let activate = async |id: &str, earlier: &[&str]| {
        world.provisioner.activation(&request, REGION, &enrollment(id, earlier), "test").await.expect("an activation")
    };
    let used = activate("one", &[]).await;
    assert_eq!(register(&world, &used).0, 200);
    let unused = activate("two", &["one"]).await;
    let last = activate("three", &["one", "two"]).await;
    let left: Vec<_> = world.account().regions[REGION].activations.iter().map(|one| one.id.clone()).collect();
    assert_eq!(left, [used.id, last.id.clone()]);
    assert_eq!(register(&world, &unused).0, 400);
    assert_eq!(register(&world, &last).0, 200);
}

#[tokio::test]
async fn an_account_that_is_not_ready_has_no_activations() {
    let world = World::small().await;
    world.interrupt(30, false, world.provision("first")).await;
    let error = activate(&world).await.expect_err("not ready");
    assert!(matches!(error, ProvisionError::NotReady { .. }), "{error}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_code_is_in_no_log_and_in_no_debug_output() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    drop(guard);
    let code = activation.code.expose_secret();
    assert_eq!(code.len(), 20);
    let text = String::from_utf8(log.0.lock().expect("a lock").clone()).expect("text");
    assert!(text.contains("DescribeActivations"), "the log has the requests of the SDK");
    assert!(!text.contains(code), "the log has the code");
    assert!(!format!("{activation:?}").contains(code));
    assert!(!format!("{:?}", world.state()).contains(code));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_is_not_repeated_in_the_error() {
    let world = ready().await;
    for bytes in (0..110).step_by(5) {
        world.simulator.set_fault(Fault::on("CreateActivation", FaultKind::CutAt(bytes)).times(1));
        let Err(error) = activate(&world).await else { continue };
        let text = format!("{error} {error:?}");
        let longest = text.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
        assert!(longest < Some(12), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_attempts_of_one_enrollment_at_once_make_one_activation() {
    let world = ready().await;
    let results: [Result<NewActivation, ProvisionError>; 2] = tokio::join!(activate(&world), activate(&world)).into();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let is_held = |result: &Result<_, _>| matches!(result, Err(ProvisionError::Ledger(LedgerError::Held { .. })));
    assert!(results.iter().any(is_held), "{results:?}");
    assert_eq!(world.account().regions[REGION].activations.len(), 1);
    let other = Enrollment { id: "enroll-8d2e".to_owned(), ..enrollment() };
    let request = request();
    let both = tokio::join!(activate(&world), world.provisioner.activation(&request, REGION, &other, "test"));
    assert!(both.0.is_ok() != both.1.is_ok(), "enrollments of one instance exclude each other: {both:?}");
    let other = Enrollment { instance: "vm-18".to_owned(), ..other };
    let both = tokio::join!(activate(&world), world.provisioner.activation(&request, REGION, &other, "test"));
    assert!(both.0.is_ok() && both.1.is_ok(), "instances do not wait for each other: {both:?}");
}

/// A process can be suspended for longer than its lease, at each request, and continue beside the one that took over.
#[tokio::test(flavor = "multi_thread")]
async fn an_enrollment_that_has_lost_its_lease_makes_no_second_activation() {
    let whole = ready().await;
    whole.interrupt(0, false, activate(&whole)).await;
    for at in 1..whole.requests() {
        let world = ready().await;
        let takes_over = async {
            world.pass(SignedDuration::from_mins(5));
            activate(&world).await.unwrap_or_else(|error| panic!("request {at}: {error}"));
        };
        let first = world.stall(at, activate(&world), takes_over).await;
        assert!(matches!(first, Err(ProvisionError::Ledger(LedgerError::Lost { .. }))), "request {at}: {first:?}");
        assert_eq!(world.account().regions[REGION].activations.len(), 1, "request {at}");
    }
}

#[tokio::test]
async fn an_instance_that_is_not_to_be_patched_is_in_no_patch_group() {
    let world = ready().await;
    let unpatched = Enrollment { patch_group: None, ..enrollment() };
    world.provisioner.activation(&request(), REGION, &unpatched, "test").await.expect("an activation");
    let tags = world.account().regions[REGION].activations[0].tags.clone();
    let names: Vec<&str> = tags.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["muster:provider", "muster:account", "muster:instance"]);
}

#[tokio::test]
async fn an_activation_is_only_for_ready_regions_known_groups_and_ids_that_tags_can_have() {
    let world = ready().await;
    let requests = world.requests();
    let mut elsewhere = request();
    elsewhere.regions.push("eu-west-1".to_owned());
    let error = world.provisioner.activation(&elsewhere, "eu-west-1", &enrollment(), "test").await;
    assert!(matches!(error, Err(ProvisionError::RegionNotReady { .. })), "{error:?}");
    for wrong in [
        Enrollment { patch_group: Some("someday".to_owned()), ..enrollment() },
        Enrollment { instance: "vm<17>".to_owned(), ..enrollment() },
        Enrollment { id: String::new(), ..enrollment() },
        Enrollment { earlier: vec!["<".to_owned()], ..enrollment() },
    ] {
        let error = world.provisioner.activation(&request(), REGION, &wrong, "test").await;
        assert!(matches!(error, Err(ProvisionError::Request { .. })), "{error:?}");
    }
    let unknown = AccountRequest { account_id: "unknown".parse().expect("an id"), ..request() };
    let error = world.provisioner.activation(&unknown, REGION, &enrollment(), "test").await;
    assert!(matches!(error, Err(ProvisionError::NotReady { .. })), "{error:?}");
    assert_eq!(world.requests(), requests, "AWS is not asked");
}

#[tokio::test]
async fn a_session_for_an_activation_can_do_nothing_else() {
    let world = ready().await;
    assert!(world.last_session().iter().all(|(name, _)| name != "Policy"), "provisioning needs all of the role");
    activate(&world).await.expect("an activation");
    let session = world.last_session();
    let policy = session.iter().find(|(name, _)| name == "Policy").expect("a policy");
    let policy: serde_json::Value = serde_json::from_str(&policy.1).expect("JSON");
    let actions: Vec<_> =
        policy["Statement"].as_array().expect("statements").iter().map(|one| &one["Action"]).collect();
    let activations = serde_json::json!(["ssm:CreateActivation", "ssm:DescribeActivations", "ssm:DeleteActivation"]);
    let (pass, tag) = (serde_json::json!(["iam:PassRole"]), serde_json::json!(["ssm:AddTagsToResource"]));
    assert_eq!(actions, [&activations, &pass, &tag]);
    let role = format!("arn:aws:iam::{}:role/MusterHybridInstances", world.account().id);
    assert_eq!(policy["Statement"][1]["Resource"], role);
    let nodes = format!("arn:aws:ssm:*:{}:managed-instance/*", world.account().id);
    assert_eq!(policy["Statement"][2]["Resource"][1], nodes);
}
