//! A minimal AWS client: one signed request over a plain socket. It shares no code with the simulator's verification, so
//! that a mistake in one is found by the other.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, Mac};
use muster_simulator::{RosterAccount, Simulator};
use serde_json::Value;
use sha2::{Digest, Sha256};

const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub struct Client {
    pub address: SocketAddr,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub region: String,
    /// Added to the wall clock when requests are signed.
    pub clock_offset_seconds: i64,
    pub attempt: u32,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn error_type(&self) -> String {
        self.json()["__type"].as_str().unwrap_or_default().to_owned()
    }

    pub fn element(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("<{name}>")).unwrap_or_default();
        rest.split(&format!("</{name}>")).next().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn operator(simulator: &Simulator) -> Client {
        let credentials = Simulator::operator_credentials();
        Client {
            address: simulator.address(),
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: String::new(),
            region: "us-east-1".to_owned(),
            clock_offset_seconds: 0,
            attempt: 1,
        }
    }

    /// A session in an account, in its first Region.
    pub fn session(simulator: &Simulator, account: &RosterAccount) -> Client {
        let operator = Client::operator(simulator);
        let answer = operator.assume(&account.role_arn, &account.external_id);
        assert_eq!(answer.status, 200, "{}", answer.body);
        Client {
            access_key_id: answer.element("AccessKeyId"),
            secret_access_key: answer.element("SecretAccessKey"),
            session_token: answer.element("SessionToken"),
            region: account.regions[0].clone(),
            ..operator
        }
    }

    pub fn assume(&self, role_arn: &str, external_id: &str) -> Answer {
        let text = |value: &str| form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
        self.sts(&format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=muster&ExternalId={}",
            text(role_arn),
            text(external_id)
        ))
    }

    pub fn sts(&self, form: &str) -> Answer {
        self.try_send("sts", None, form).expect("an answer")
    }

    pub fn iam(&self, form: &str) -> Answer {
        self.try_send("iam", None, &format!("{form}&Version=2010-05-08")).expect("an answer")
    }

    pub fn organizations(&self, operation: &str, input: Value) -> Answer {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.try_send("organizations", Some(&target), &input.to_string()).expect("an answer")
    }

    pub fn ssm(&self, operation: &str, input: Value) -> Answer {
        self.try_ssm(operation, input).expect("an answer")
    }

    pub fn try_ssm(&self, operation: &str, input: Value) -> std::io::Result<Answer> {
        self.try_send("ssm", Some(&format!("AmazonSSM.{operation}")), &input.to_string())
    }

    fn try_send(&self, service: &str, target: Option<&str>, body: &str) -> std::io::Result<Answer> {
        let mut headers = vec![("host".to_owned(), self.address.to_string()), ("x-amz-date".to_owned(), self.stamp())];
        let json = target.is_some();
        let content_type = if json { "application/x-amz-json-1.1" } else { "application/x-www-form-urlencoded" };
        headers.push(("content-type".to_owned(), content_type.to_owned()));
        if let Some(target) = target {
            headers.push(("x-amz-target".to_owned(), target.to_owned()));
        }
        if !self.session_token.is_empty() {
            headers.push(("x-amz-security-token".to_owned(), self.session_token.clone()));
        }
        headers.sort();
        let authorization = self.authorization(service, &headers, body);
        let mut text = String::from("POST / HTTP/1.1\r\n");
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        text.push_str(&format!("authorization: {authorization}\r\namz-sdk-invocation-id: inv-1\r\n"));
        text.push_str(&format!("amz-sdk-request: attempt={}; max=3\r\n", self.attempt));
        text.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(text.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(ended)?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(ended)?;
        Ok(Answer { status, headers: head.to_lowercase(), body: body.to_owned() })
    }

    fn authorization(&self, service: &str, headers: &[(String, String)], body: &str) -> String {
        let stamp = self.stamp();
        let date = &stamp[..8];
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{:x}", Sha256::digest(body));
        let scope = format!("{date}/{}/{service}/aws4_request", self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{:x}", Sha256::digest(canonical));
        let mut key = format!("AWS4{}", self.secret_access_key).into_bytes();
        for part in scope.split('/').chain([to_sign.as_str()]) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        let signature: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let credential = format!("{}/{scope}", self.access_key_id);
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
    }

    fn stamp(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64;
        let at = jiff::Timestamp::from_second(now + self.clock_offset_seconds).expect("a time");
        at.strftime("%Y%m%dT%H%M%SZ").to_string()
    }
}
