//! Sign-in by a proxy, over real connections, because trust depends on the peer's address.

use crate::{
    access::identity_provider::{customers, write_private},
    support::world::{harvested, state_of},
};
use muster_access::{assignments::Assignments, file, proxy::Proxy};
use muster_core::clock::SystemClock;
use muster_web::{run::serve, sign_in::SignIn};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
};

const SECRET: &str = "only-the-proxy-has-this";

struct Portal {
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// The address of the trusted proxy.
const PROXY: &str = "127.0.0.1";
/// Another address of the same host, which is not trusted.
const UNTRUSTED: &str = "127.0.0.2";

impl Portal {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_private(folder.path().join("proxy.secret"), SECRET);
        let text = format!(
            r#"
            public_url = "https://vmm.example"
            [proxy]
            trusted_proxies = ["{PROXY}/32", "fd00::/8"]
            secret_header = "X-Proxy-Secret"
            secret_file = "proxy.secret"
            user_header = "X-Forwarded-User"
            roles_header = "X-Forwarded-Groups"
            customers_header = "X-Forwarded-Company"
            [proxy.roles]
            vmm-operators = "operator"
            vmm-managers = "account_manager"
            vmm-customers = "customer"
            "#
        );
        let file = file::read(&write_private(folder.path().join("access.toml"), &text)).expect("the access file");
        let [own, _] = customers();
        let assignments = Assignments::of([("noor".to_owned(), [own].into())]);
        let proxy = Proxy::new(file.proxy.expect("[proxy]")).expect("a proxy");
        let sign_in = SignIn::new(file.public_url, assignments, Arc::new(SystemClock)).with_proxy(Some(proxy));
        let state = state_of(&harvested().source, sign_in);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, state, std::future::pending()));
        Self { address, _folder: folder }
    }

    /// Sends a request from the address `from`, and returns status line, headers and body.
    async fn get(&self, from: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(from.parse().expect("an address"), 0)).expect("bound");
        let mut connection = socket.connect(self.address).await.expect("connected");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: vmm.example\r\nConnection: close\r\n{headers}\r\n");
        connection.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn status(&self, from: &str, headers: &[(&str, &str)]) -> u16 {
        let answer = self.get(from, "/api/v1/harvest", headers).await;
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

const PROXY_SECRET: (&str, &str) = ("X-Proxy-Secret", SECRET);
const SAM: (&str, &str) = ("X-Forwarded-User", "sam");
const OPERATORS: (&str, &str) = ("X-Forwarded-Groups", "staff, vmm-operators");

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_the_proxy_name_the_caller_of_one_request() {
    let portal = Portal::start().await;
    let headers = [PROXY_SECRET, SAM, OPERATORS];
    let answer = portal.get(PROXY, "/", &headers).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<bdi>sam</bdi>"), "{answer}");
    // No session is started: without the headers the caller is not signed in.
    assert!(!answer.to_ascii_lowercase().contains("set-cookie"));
    assert_eq!((portal.status(PROXY, &headers).await, portal.status(PROXY, &[]).await), (200, 401));

    let [own, other] = customers();
    let status_and_customers = |answer: String| {
        (
            answer.starts_with("HTTP/1.1 200"),
            answer.contains(&format!("\"{own}\"")),
            answer.contains(&format!("\"{other}\"")),
        )
    };
    let ada = [
        PROXY_SECRET,
        ("X-Forwarded-User", "ada"),
        ("X-Forwarded-Groups", "vmm-customers"),
        ("X-Forwarded-Company", other.as_str()),
    ];
    assert_eq!(status_and_customers(portal.get(PROXY, "/api/v1/accounts", &ada).await), (true, false, true));
    let noor = [
        PROXY_SECRET,
        ("X-Forwarded-User", "noor"),
        ("X-Forwarded-Groups", "vmm-managers"),
        ("X-Forwarded-Company", other.as_str()),
    ];
    assert_eq!(status_and_customers(portal.get(PROXY, "/api/v1/accounts", &noor).await), (true, true, false));
    assert_eq!(portal.status(PROXY, &noor).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_proxy_headers_without_the_address_and_secret_of_the_proxy() {
    let portal = Portal::start().await;
    let valid = [PROXY_SECRET, SAM, OPERATORS];
    assert_eq!(portal.status(UNTRUSTED, &valid).await, 401);
    // A header that claims an address does not change the address of the peer.
    for claimed in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"] {
        let [secret, user, roles] = valid;
        assert_eq!(portal.status(UNTRUSTED, &[secret, user, roles, (claimed, PROXY)]).await, 401, "{claimed}");
    }
    let wrong: [&[(&str, &str)]; 12] = [
        &[SAM, OPERATORS],
        &[("X-Proxy-Secret", "only-the-proxy-has-thi"), SAM, OPERATORS],
        &[("X-Proxy-Secret", ""), SAM, OPERATORS],
        &[PROXY_SECRET, PROXY_SECRET, SAM, OPERATORS],
        &[("X-Proxy-Secret", "wrong"), PROXY_SECRET, SAM, OPERATORS],
        &[PROXY_SECRET, OPERATORS],
        &[PROXY_SECRET, ("X-Forwarded-User", ""), OPERATORS],
        &[PROXY_SECRET, SAM, ("X-Forwarded-User", "root"), OPERATORS],
        &[PROXY_SECRET, SAM],
        &[PROXY_SECRET, SAM, ("X-Forwarded-Groups", "VMM-OPERATORS,operator,vmm-operators;")],
        &[PROXY_SECRET, SAM, OPERATORS, ("X-Forwarded-Groups", "vmm-operators")],
        &[PROXY_SECRET, SAM, ("X-Forwarded-Groups", "vmm-customers")],
    ];
    for headers in wrong {
        assert_eq!(portal.status(PROXY, headers).await, 401, "{headers:?}");
    }
    // A page redirects to the sign-in page, which explains the sign-in and does not redirect.
    let answer = portal.get(UNTRUSTED, "/harvest", &valid).await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("/sign-in?return_to=%2Fharvest"), "{answer}");
    let page = portal.get(UNTRUSTED, "/sign-in", &valid).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Your organization signs you in"), "{page}");
}
