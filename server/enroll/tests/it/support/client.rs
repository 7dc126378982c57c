//! A client that writes requests as bytes, so that tests can send wrong and slow ones.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    sync::{Mutex, Once},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Copy)]
pub struct Client(pub SocketAddr);

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The code of an error, or the empty text.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Checks that this is an error in the form of all errors.
    pub fn check(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        let json = self.json();
        assert!(json["error"]["message"].as_str().is_some_and(|message| message.len() > 10), "{}", self.text);
        assert_eq!(json["request_id"].as_str(), self.headers.get("x-request-id").map(String::as_str));
    }
}

impl Client {
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string(), "").await
    }

    /// `headers` are whole lines.
    pub async fn post_text(&self, path: &str, body: &str, headers: &str) -> Answer {
        let length = body.len();
        self.send(&format!("POST {path} HTTP/1.1\r\nHost: vmm\r\nContent-Length: {length}\r\n{headers}\r\n{body}"))
            .await
    }

    pub async fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: vmm\r\nConnection: close\r\n{headers}\r\n")).await
    }

    pub async fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.0).await.expect("connected");
        // The service may answer and close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        read(&mut stream).await
    }
}

/// Reads one answer.
pub async fn read(stream: &mut TcpStream) -> Answer {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 8_192]);
    loop {
        if let Some(answer) = parse(&bytes) {
            return answer;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => panic!("no whole answer: {}", String::from_utf8_lossy(&bytes)),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    (body.len() >= length).then(|| Answer { status, headers: headers.clone(), text: body[..length].to_owned() })
}

/// Everything that was logged by all tests of this process.
pub static LOGS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

pub fn capture_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        tracing::subscriber::set_global_default(subscriber.with_writer(Logs).finish()).expect("the first subscriber");
    });
}

struct Logs;

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGS.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
