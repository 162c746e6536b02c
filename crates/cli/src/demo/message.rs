//! HTTP/1.1 messages as bytes on a wire, as much of them as the proxy needs.
//!
//! Owns reading heads and bodies of known length, and one request to a server. Never interprets a body.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Bytes of a head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a body.
const BODY_BYTES_MAX: usize = 64 << 20;

/// The lines of a head: the first one, then the fields.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    lines: Vec<String>,
}

/// A head and its body, whole.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

impl Head {
    /// Reads a head; `None` where the other side ended before a new one.
    pub(crate) async fn read<R: AsyncBufRead + Unpin>(from: &mut R) -> io::Result<Option<Self>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        loop {
            let mut line = Vec::new();
            bytes += (&mut *from)
                .take(HEAD_BYTES_MAX as u64)
                .read_until(b'\n', &mut line)
                .await?;
            if line.is_empty() && lines.is_empty() {
                return Ok(None);
            }
            if !line.ends_with(b"\n") || bytes > HEAD_BYTES_MAX {
                return Err(broken("a head that does not end"));
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if line.is_empty() {
                return Ok(Some(Self { lines }));
            }
            lines.push(line);
        }
    }

    /// The first line.
    pub(crate) fn first(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> &str {
        self.first().split(' ').next().unwrap_or("")
    }

    /// The status of an answer.
    pub(crate) fn status(&self) -> u16 {
        let status = self.first().split(' ').nth(1);
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The length of the body, where the head says it.
    pub(crate) fn length(&self) -> Option<usize> {
        self.field("content-length")?.parse().ok()
    }

    /// The same with this field instead of what it had under its name; `None` leaves it out.
    pub(crate) fn with_field(mut self, name: &str, value: Option<&str>) -> Self {
        let is_it = |line: &String| {
            line.split_once(':')
                .is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
        };
        self.lines.retain(|line| !is_it(line));
        self.lines.extend(value.map(|value| format!("{name}: {value}")));
        self
    }

    fn write(&self, to: &mut Vec<u8>) {
        for line in &self.lines {
            to.extend_from_slice(line.as_bytes());
            to.extend_from_slice(b"\r\n");
        }
        to.extend_from_slice(b"\r\n");
    }
}

impl Message {
    /// An answer made here.
    pub(crate) fn answer(status: &str, fields: &[(&str, &str)], body: &str) -> Self {
        let mut lines = vec![format!("HTTP/1.1 {status}")];
        lines.extend(fields.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(format!("content-length: {}", body.len()));
        Self {
            head: Head { lines },
            body: body.as_bytes().to_vec(),
        }
    }

    /// Reads a request; `None` where the other side ended before a new one.
    pub(crate) async fn read_request<R: AsyncBufRead + Unpin>(from: &mut R) -> io::Result<Option<Self>> {
        let Some(head) = Head::read(from).await? else {
            return Ok(None);
        };
        if head.field("transfer-encoding").is_some() {
            return Err(broken("a body in chunks"));
        }
        let length = head.length().unwrap_or(0);
        if length > BODY_BYTES_MAX {
            return Err(broken("a body that is too large"));
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).await?;
        Ok(Some(Self { head, body }))
    }

    /// As it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 1024);
        self.head.write(&mut bytes);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Whether whoever reads this answer to a request of this method knows where it ends.
    pub(crate) fn is_delimited(&self, method: &str) -> bool {
        self.head.length().is_some() || method == "HEAD" || matches!(self.head.status(), 204 | 304)
    }
}

/// A connection to a server for one request.
pub(crate) struct Call {
    stream: BufReader<TcpStream>,
    /// The answer to a HEAD says a length and has no body.
    has_body: bool,
}

impl Call {
    /// Sends a request; `bytes_max` cuts it short.
    pub(crate) async fn send(
        server: SocketAddr,
        request: &Message,
        bytes_max: Option<usize>,
    ) -> io::Result<Self> {
        let request = Message {
            head: request.head.clone().with_field("connection", Some("close")),
            body: request.body.clone(),
        };
        let bytes = request.bytes();
        let cut = bytes_max.map_or(bytes.len(), |body| bytes.len() - request.body.len() + body);
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&bytes[..cut.min(bytes.len())]).await?;
        stream.flush().await?;
        Ok(Self {
            stream: BufReader::new(stream),
            has_body: request.head.method() != "HEAD",
        })
    }

    /// Reads the answer, up to the end of the connection.
    pub(crate) async fn answer(mut self) -> io::Result<Message> {
        let head = Head::read(&mut self.stream).await?;
        let head = head.ok_or_else(|| broken("no answer"))?;
        let mut body = Vec::new();
        self.stream
            .take(BODY_BYTES_MAX as u64)
            .read_to_end(&mut body)
            .await?;
        if self.has_body && head.length().is_some_and(|length| length > body.len()) {
            return Err(broken("an answer cut short"));
        }
        Ok(Message {
            head: head.with_field("connection", None),
            body,
        })
    }
}

/// One JSON request to a server, beside the proxy: as another device, or another person.
pub(crate) async fn ask(
    server: SocketAddr,
    request: &str,
    token: Option<&str>,
    body: Option<&serde_json::Value>,
) -> io::Result<(u16, serde_json::Value)> {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let mut lines = vec![
        format!("{request} HTTP/1.1"),
        format!("host: {server}"),
        "content-type: application/json".to_owned(),
        format!("content-length: {}", body.len()),
    ];
    lines.extend(token.map(|token| format!("authorization: Bearer {token}")));
    let request = Message {
        head: Head { lines },
        body: body.into_bytes(),
    };
    let answer = Call::send(server, &request, None).await?.answer().await?;
    let json = serde_json::from_slice(&answer.body).unwrap_or(serde_json::Value::Null);
    Ok((answer.head.status(), json))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
