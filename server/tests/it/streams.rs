//! Streams of events over real connections: the router of a test app on a socket, and a client that reads event by event. Each wait
//! ends when something arrives, or fails after `WAIT_TIMEOUT`.
use crate::harness::TestApp;
use serde_json::Value;
use server::http::peer::{Arrival, PromptListener};
use std::{fmt::Write, io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// How long anything may take until the test fails. Shorter than between two comments of a stream that has nothing to say.
const WAIT_TIMEOUT: Duration = Duration::from_secs(15);

impl TestApp {
    /// Serves the app on a socket, as the program does.
    pub async fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self
            .router()
            .into_make_service_with_connect_info::<Arrival>();
        let serving = axum::serve(PromptListener(listener), service);
        tokio::spawn(serving.into_future());
        address
    }
}

/// An event of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamedEvent {
    pub name: String,
    pub id: Option<i64>,
    /// Null without data.
    pub data: Value,
    /// In milliseconds.
    pub retry: Option<u64>,
}

impl StreamedEvent {
    /// Reads the lines of an event; none if they are all comments.
    fn parse(text: &str) -> Option<Self> {
        let mut event = Self::default();
        for line in text.lines().filter(|it| !it.starts_with(':')) {
            let (field, value) = line.split_once(": ").unwrap();
            match field {
                "event" => value.clone_into(&mut event.name),
                "id" => event.id = Some(value.parse().unwrap()),
                "data" => event.data = serde_json::from_str(value).unwrap(),
                "retry" => event.retry = Some(value.parse().unwrap()),
                _ => panic!("{text}"),
            }
        }
        (event != Self::default()).then_some(event)
    }
}

/// A client's connection with an answer that may go on for ever.
pub struct OpenStream {
    socket: TcpStream,
    /// What has arrived and was not read yet.
    bytes: Vec<u8>,
    /// Status and headers.
    pub head: String,
}

impl OpenStream {
    /// Asks this address, and reads the head of its answer. HTTP/1.0, so that the body is not chunked.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let opened = Self::try_open(address, path, headers).await;
        opened.expect("the server must answer")
    }

    /// The same; none if there is no server, or none any more.
    pub async fn try_open(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Option<Self> {
        let socket = TcpStream::connect(address).await.ok()?;
        let mut request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n");
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        request.push_str("\r\n");
        socket.writable().await.ok()?;
        let n_sent = socket.try_write(request.as_bytes()).ok()?;
        assert_eq!(n_sent, request.len());
        let mut this = Self {
            socket,
            bytes: Vec::new(),
            head: String::new(),
        };
        this.head = this.up_to("\r\n\r\n").await?.to_ascii_lowercase();
        Some(this)
    }

    /// The same; it must be a stream, and begin with `hello`, which is returned too.
    pub async fn hello(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (Self, StreamedEvent) {
        let mut this = Self::open(address, path, headers).await;
        assert!(this.head.starts_with("http/1.0 200 "), "{}", this.head);
        let hello = this.event("hello").await;
        (this, hello)
    }

    /// Waits until more has arrived; false at the end.
    async fn fill(&mut self) -> bool {
        let mut bytes = [0; 4 * 1024];
        loop {
            let readable = timeout(WAIT_TIMEOUT, self.socket.readable()).await;
            readable.expect("something must arrive").unwrap();
            match self.socket.try_read(&mut bytes) {
                Ok(0) => return false,
                Ok(n) => {
                    self.bytes.extend_from_slice(&bytes[..n]);
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
    }

    /// What arrives up to these bytes, which are left out; none at the end.
    async fn up_to(&mut self, end: &str) -> Option<String> {
        loop {
            let mut windows = self.bytes.windows(end.len());
            if let Some(at) = windows.position(|it| it == end.as_bytes()) {
                let mut taken: Vec<u8> = self.bytes.drain(..at + end.len()).collect();
                taken.truncate(at);
                return Some(String::from_utf8(taken).unwrap());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// The next event; none at the end. Comments are skipped.
    pub async fn next(&mut self) -> Option<StreamedEvent> {
        loop {
            let text = self.up_to("\n\n").await?;
            if let Some(event) = StreamedEvent::parse(&text) {
                return Some(event);
            }
        }
    }

    /// The next event, which must be of this name.
    pub async fn event(&mut self, name: &str) -> StreamedEvent {
        let event = self.next().await.expect("the stream ended");
        assert_eq!(event.name, name, "{event:?}");
        event
    }

    /// The end of the stream, which says when to come back.
    pub async fn end(&mut self) -> u64 {
        let last = self.next().await.expect("the stream ended without a word");
        assert_eq!((last.name.as_str(), &last.data), ("", &Value::Null));
        assert_eq!(self.next().await, None);
        last.retry.unwrap()
    }
}
