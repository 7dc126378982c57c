//! Activations: one registration within an hour, and a code that nobody else sees.

use crate::support::{REGION, World, request};
use jiff::SignedDuration;
use muster_provision::{Enrollment, NewActivation, ProvisionError};
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
        provider: "azure".to_owned(),
        account: "9a3f1c52-0b7e-4d1f-8e66-2f4f0a9d7c11".to_owned(),
        instance: "vm-17".to_owned(),
        patch_group: "late".to_owned(),
    }
}

pub async fn activate(world: &World) -> Result<NewActivation, ProvisionError> {
    world.provisioner.activation(&request(), &world.state(), REGION, &enrollment()).await
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
    })
    .to_string();
    let mut stream = TcpStream::connect(world.simulator.address()).expect("a connection");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: ssm.{REGION}.amazonaws.com\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: \
         AmazonSSM.RegisterManagedInstance\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
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
        ("muster:account", &*enrollment().account),
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
            let activation = activate(&world).await.expect("an activation");
            let account = world.account();
            let [only] = account.regions[REGION].activations.as_slice() else { panic!("one activation") };
            assert_eq!(only.id, activation.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_instance_keeps_its_activation() {
    let world = ready().await;
    let first = activate(&world).await.expect("an activation");
    assert_eq!(register(&world, &first).0, 200);
    activate(&world).await.expect("another");
    let account = world.account();
    assert_eq!(account.regions[REGION].activations.len(), 2);
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
