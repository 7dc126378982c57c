//! An HTTP/1.1 client on one connection that is kept, for people who signed in at the proxy.

use super::server::{HOST, PROXY_SECRET, SECRET_HEADER};
use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// Longer than the portal's own time limit.
const TIMEOUT: Duration = Duration::from_secs(90);
/// People that a client speaks for in rotation, so that no person's rate limit slows it down.
const PEOPLE: usize = 16;

pub struct Client {
    /// Its number, so that two clients do not speak for the same people.
    number: usize,
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    requests: usize,
}

impl Client {
    pub fn new(number: usize, address: SocketAddr) -> Self {
        Self { number, address, connection: None, requests: 0 }
    }

    /// Requests a page and reads it to its end. Returns the milliseconds and the bytes of its body.
    pub fn get(&mut self, path: &str) -> anyhow::Result<(f64, usize)> {
        self.requests += 1;
        let was_connected = self.connection.is_some();
        let started = Instant::now();
        match self.exchange(path) {
            // The portal closed a connection that was idle.
            Err(error) if was_connected && error.is::<std::io::Error>() => {
                let started = Instant::now();
                let bytes = self.exchange(path)?;
                Ok((milliseconds(started), bytes))
            }
            bytes => Ok((milliseconds(started), bytes?)),
        }
    }

    fn exchange(&mut self, path: &str) -> anyhow::Result<usize> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let person = self.number * PEOPLE + self.requests % PEOPLE;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {HOST}\r\naccept-encoding: gzip\r\n{SECRET_HEADER}: {PROXY_SECRET}\r\n\
             x-user: person-{person}\r\nx-roles: operators\r\n\r\n"
        );
        connection.get_mut().write_all(request.as_bytes())?;
        let head = read_head(&mut connection)?;
        let header = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let body = match header("content-length:") {
            Some(length) => read_bytes(&mut connection, length.parse()?)?,
            None => read_chunks(&mut connection)?,
        };
        let status = head.first().map(String::as_str).unwrap_or_default();
        anyhow::ensure!(status.contains(" 200 "), "{path}: {status}");
        if header("connection:") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(body)
    }

    fn connect(&self) -> std::io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(BufReader::new(stream))
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// The status line and the headers, in lower case.
fn read_head(connection: &mut impl BufRead) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            return Ok(lines);
        }
        lines.push(line.to_ascii_lowercase());
    }
}

fn read_line(connection: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn read_bytes(connection: &mut impl Read, length: usize) -> std::io::Result<usize> {
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(length)
}

fn read_chunks(connection: &mut impl BufRead) -> anyhow::Result<usize> {
    let mut bytes = 0;
    loop {
        let length = usize::from_str_radix(&read_line(connection)?, 16)?;
        bytes += read_bytes(connection, length)?;
        read_line(connection)?;
        if length == 0 {
            return Ok(bytes);
        }
    }
}
