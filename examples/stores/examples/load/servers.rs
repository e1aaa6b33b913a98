//! Servers that are started for the run: a Redis that syncs each write, and three members of etcd. The servers that already run on
//! a machine are seldom configured as the contract requires.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Url};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::Outcome;
use crate::engines::{Engine, Etcd, Redis};

const MEMBERS: usize = 3;
/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Servers {
    redis: Option<(u16, Running)>,
    etcd: Vec<(u16, Running)>,
    _folder: TempDir,
}

impl Servers {
    /// Starts the servers that these engines need.
    pub async fn start(engines: &[String]) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let needs = |name: &str| engines.iter().any(|engine| engine == name);
        let redis = if needs(Redis::NAME) { Some(redis(folder.path()).await?) } else { None };
        let etcd = if needs(Etcd::NAME) { etcd(folder.path()).await? } else { Vec::new() };
        Ok(Self { redis, etcd, _folder: folder })
    }

    pub fn redis_url(&self) -> Option<String> {
        self.redis.as_ref().map(|(port, _)| format!("redis://127.0.0.1:{port}"))
    }

    pub fn etcd(&self) -> Outcome<Vec<Url>> {
        let urls = self.etcd.iter().map(|(port, _)| format!("http://127.0.0.1:{port}").parse());
        Ok(urls.collect::<Result<_, _>>()?)
    }
}

async fn redis(folder: &Path) -> Outcome<(u16, Running)> {
    let (port, data) = (free_port()?, folder.join("redis"));
    fs::create_dir(&data)?;
    let mut server = Command::new("redis-server");
    server.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(&data);
    server.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
    // The log is not rewritten while something is measured.
    server.args(["--auto-aof-rewrite-percentage", "0"]);
    let server = Running::start(server, &data)?;
    answers(port).await?;
    Ok((port, server))
}

async fn etcd(folder: &Path) -> Outcome<Vec<(u16, Running)>> {
    let ports = (0..MEMBERS).map(|_| Ok((free_port()?, free_port()?))).collect::<Outcome<Vec<_>>>()?;
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let peers = ports.iter().enumerate().map(|(number, (_, peer))| format!("member-{number}={}", url(*peer)));
    let peers = peers.collect::<Vec<_>>().join(",");
    let mut members = Vec::new();
    for (number, (port, peer)) in ports.into_iter().enumerate() {
        let name = format!("member-{number}");
        let data = folder.join(&name);
        fs::create_dir(&data)?;
        let mut member = Command::new("etcd");
        member.arg("--data-dir").arg(data.join("data")).args(["--name", &name]);
        member.args(["--listen-client-urls", &url(port), "--advertise-client-urls", &url(port)]);
        member.args(["--listen-peer-urls", &url(peer), "--initial-advertise-peer-urls", &url(peer)]);
        member.args(["--initial-cluster", &peers, "--initial-cluster-state", "new"]);
        members.push((port, Running::start(member, &data)?));
    }
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(1)).build()?;
    for (port, _) in &members {
        let health = format!("{}/health", url(*port));
        until(async || {
            client.get(&health).send().await?.error_for_status()?;
            Ok(())
        })
        .await?;
    }
    Ok(members)
}

async fn answers(port: u16) -> Outcome<()> {
    until(async || {
        TcpStream::connect(("127.0.0.1", port)).await?;
        Ok(())
    })
    .await
}

async fn until(ask: impl AsyncFn() -> Outcome<()>) -> Outcome<()> {
    let started = Instant::now();
    loop {
        match ask().await {
            Ok(()) => return Ok(()),
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A server process, which is killed when this is dropped.
struct Running(Child);

impl Running {
    fn start(mut command: Command, folder: &Path) -> Outcome<Self> {
        let log = fs::File::create(folder.join("log"))?;
        let name = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        Ok(Self(child.map_err(|error| format!("{}: {error}", name.display()))?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
