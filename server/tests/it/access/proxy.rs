//! People whom a proxy signs in: over real connections, because the address that one comes from is what counts.

use crate::{
    access::identity_provider::{customers, private},
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

/// The addresses of the proxy, of somebody else on the same machine, and the portal between them.
const PROXY: &str = "127.0.0.1";
const STRANGER: &str = "127.0.0.2";

impl Portal {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        private(folder.path().join("proxy.secret"), SECRET);
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
        let file = file::read(&private(folder.path().join("access.toml"), &text)).expect("the access file");
        let [own, _] = customers();
        let assignments = Assignments::of([("noor".to_owned(), [own].into())]);
        let proxy = Proxy::new(file.proxy.expect("[proxy]")).expect("a proxy");
        let sign_in = SignIn::new(file.public_url, assignments, Arc::new(SystemClock)).with_proxy(Some(proxy));
        let state = state_of(&harvested().source, sign_in);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, state));
        Self { address, _folder: folder }
    }

    /// The status line, headers and body of an answer to a request out of this address.
    async fn ask(&self, from: &str, path: &str, headers: &[(&str, &str)]) -> String {
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
        let answer = self.ask(from, "/api/v1/harvest", headers).await;
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

const BY_PROXY: (&str, &str) = ("X-Proxy-Secret", SECRET);
const SAM: (&str, &str) = ("X-Forwarded-User", "sam");
const OPERATORS: (&str, &str) = ("X-Forwarded-Groups", "staff, vmm-operators");

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_proxy_names_is_who_asks_for_this_one_request() {
    let portal = Portal::start().await;
    let by_proxy = [BY_PROXY, SAM, OPERATORS];
    let answer = portal.ask(PROXY, "/", &by_proxy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<bdi>sam</bdi>"), "{answer}");
    // No session is kept: without the headers it is nobody.
    assert!(!answer.to_ascii_lowercase().contains("set-cookie"));
    assert_eq!((portal.status(PROXY, &by_proxy).await, portal.status(PROXY, &[]).await), (200, 401));

    let [own, other] = customers();
    let sees = |answer: String| {
        (
            answer.starts_with("HTTP/1.1 200"),
            answer.contains(&format!("\"{own}\"")),
            answer.contains(&format!("\"{other}\"")),
        )
    };
    let ada = [
        BY_PROXY,
        ("X-Forwarded-User", "ada"),
        ("X-Forwarded-Groups", "vmm-customers"),
        ("X-Forwarded-Company", other.as_str()),
    ];
    assert_eq!(sees(portal.ask(PROXY, "/api/v1/accounts", &ada).await), (true, false, true));
    let noor = [
        BY_PROXY,
        ("X-Forwarded-User", "noor"),
        ("X-Forwarded-Groups", "vmm-managers"),
        ("X-Forwarded-Company", other.as_str()),
    ];
    assert_eq!(sees(portal.ask(PROXY, "/api/v1/accounts", &noor).await), (true, true, false));
    assert_eq!(portal.status(PROXY, &noor).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_the_proxys_address_and_secret_are_nothing() {
    let portal = Portal::start().await;
    let whole = [BY_PROXY, SAM, OPERATORS];
    assert_eq!(portal.status(STRANGER, &whole).await, 401);
    // What a header says of where it comes from is not where it comes from.
    for claimed in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"] {
        let [secret, user, roles] = whole;
        assert_eq!(portal.status(STRANGER, &[secret, user, roles, (claimed, PROXY)]).await, 401, "{claimed}");
    }
    let wrong: [&[(&str, &str)]; 12] = [
        &[SAM, OPERATORS],
        &[("X-Proxy-Secret", "only-the-proxy-has-thi"), SAM, OPERATORS],
        &[("X-Proxy-Secret", ""), SAM, OPERATORS],
        &[BY_PROXY, BY_PROXY, SAM, OPERATORS],
        &[("X-Proxy-Secret", "wrong"), BY_PROXY, SAM, OPERATORS],
        &[BY_PROXY, OPERATORS],
        &[BY_PROXY, ("X-Forwarded-User", ""), OPERATORS],
        &[BY_PROXY, SAM, ("X-Forwarded-User", "root"), OPERATORS],
        &[BY_PROXY, SAM],
        &[BY_PROXY, SAM, ("X-Forwarded-Groups", "VMM-OPERATORS,operator,vmm-operators;")],
        &[BY_PROXY, SAM, OPERATORS, ("X-Forwarded-Groups", "vmm-operators")],
        &[BY_PROXY, SAM, ("X-Forwarded-Groups", "vmm-customers")],
    ];
    for headers in wrong {
        assert_eq!(portal.status(PROXY, headers).await, 401, "{headers:?}");
    }
    // A page leads to the sign-in page, which says how people get in, and does so once.
    let answer = portal.ask(STRANGER, "/harvest", &whole).await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("/sign-in?return_to=%2Fharvest"), "{answer}");
    let page = portal.ask(STRANGER, "/sign-in", &whole).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Your organization signs you in"), "{page}");
}
