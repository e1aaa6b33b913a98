//! A door before a server: open, shut, or broken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify};
use tokio::task::{JoinHandle, JoinSet};

/// Passes connections on until it is shut or dropped, which breaks them.
pub struct Gate {
    pub port: u16,
    shut: Arc<Notify>,
    passing: Mutex<JoinHandle<()>>,
}

impl Gate {
    pub async fn before(port: u16) -> Self {
        let (listener, own) = listen().await;
        let shut = Arc::new(Notify::new());
        let asked = shut.clone();
        let passing = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let mut client = tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((client, _)) => client,
                        Err(_) => break,
                    },
                    () = asked.notified() => break,
                };
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
            connections.shutdown().await;
        });
        Self { port: own, shut, passing: Mutex::new(passing) }
    }

    /// Nothing passes any more once this returns.
    pub async fn shut(&self) {
        self.shut.notify_one();
        let mut passing = self.passing.lock().await;
        if !passing.is_finished() {
            let _ = (&mut *passing).await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.passing.get_mut().abort();
    }
}

/// A server that counts requests of HTTP and gives each the answer that is there for it. After the last it breaks the connection
/// instead, when the request is there as a whole.
pub struct Scripted {
    pub port: u16,
    requests: Arc<AtomicUsize>,
}

impl Scripted {
    pub async fn answering(answers: &[(&'static str, &'static str)]) -> Self {
        let (listener, port) = listen().await;
        let requests = Arc::new(AtomicUsize::new(0));
        let (count, answers) = (requests.clone(), answers.to_vec());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (count, answers) = (count.clone(), answers.clone());
                tokio::spawn(async move {
                    while read_request(&mut client).await.is_some() {
                        let number = count.fetch_add(1, Ordering::SeqCst);
                        let Some((status, body)) = answers.get(number) else { return };
                        let length = body.len();
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
                        client.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        Self { port, requests }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Nobody listens there.
pub async fn closed_port() -> u16 {
    listen().await.1
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn read_request(client: &mut TcpStream) -> Option<()> {
    let mut request = Vec::new();
    loop {
        if client.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        if body.len() >= length.parse().ok()? {
            return Some(());
        }
    }
}
