//! Three members of etcd, started for one test and killed at its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::failover::{PATIENCE, free_port};

pub const MEMBERS: usize = 3;

pub struct Cluster {
    members: Vec<Member>,
    client: Client,
    _folder: TempDir,
}

impl Cluster {
    /// All members know a leader. `None`, and a line, without the program.
    pub async fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let Some(program) =
            std::env::split_paths(&path).map(|folder| folder.join("etcd")).find(|etcd| etcd.exists())
        else {
            super::common::skip("etcd to start", "etcd is not in the path");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let ports: [u16; 2 * MEMBERS] = std::array::from_fn(|_| free_port());
        let (ports, peers) = ports.split_at(MEMBERS);
        let initial = |(number, port): (usize, &u16)| format!("member-{number}=http://127.0.0.1:{port}");
        let initial = peers.iter().enumerate().map(initial).collect::<Vec<_>>().join(",");
        let members = ports.iter().zip(peers).enumerate().map(|(number, (&port, peer))| {
            let (url, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
            let name = format!("member-{number}");
            let data = folder.path().join(&name);
            let arguments = [
                ("--name", name.as_str()),
                ("--data-dir", data.to_str().unwrap()),
                ("--listen-client-urls", &url),
                ("--advertise-client-urls", &url),
                ("--listen-peer-urls", &peer),
                ("--initial-advertise-peer-urls", &peer),
                ("--initial-cluster", &initial),
                ("--initial-cluster-state", "new"),
            ];
            let arguments =
                arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
            let log = folder.path().join(format!("{name}.log"));
            Member { program: program.clone(), arguments: arguments.collect(), log, port, running: None }
        });
        let mut cluster = Self {
            members: members.collect(),
            client: Client::builder().no_proxy().timeout(Duration::from_secs(1)).build().unwrap(),
            _folder: folder,
        };
        for number in 0..MEMBERS {
            cluster.restart(number);
        }
        cluster.is_whole().await;
        Some(cluster)
    }

    pub fn ports(&self) -> Vec<u16> {
        self.members.iter().map(|member| member.port).collect()
    }

    /// Of all members, this one first.
    pub fn endpoints(&self, first: usize) -> Vec<Url> {
        endpoints(&self.ports(), first)
    }

    pub fn restart(&mut self, number: usize) {
        self.members[number].start();
    }

    pub fn kill(&mut self, number: usize) {
        self.members[number].kill();
    }

    /// `-STOP` or `-CONT`.
    pub fn signal(&self, number: usize, signal: &str) {
        self.members[number].signal(signal);
    }

    /// Waits until the members agree on a leader that is running.
    pub async fn leader(&self) -> usize {
        self.until("a leader", async || {
            for number in 0..MEMBERS {
                let Some(status) = self.status(number).await else { continue };
                if status["leader"].is_string() && status["leader"] == status["header"]["member_id"] {
                    return Some(number);
                }
            }
            None
        })
        .await
    }

    /// Waits until all members follow a leader.
    pub async fn is_whole(&self) {
        self.until("three members", async || {
            for number in 0..MEMBERS {
                let status = self.status(number).await?;
                status["leader"].is_string().then_some(())?;
            }
            Some(())
        })
        .await;
    }

    async fn until<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let answer = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer,
            Err(_) => panic!("etcd: not in time: {what}\n{}", self.logs()),
        }
    }

    async fn status(&self, number: usize) -> Option<Value> {
        let url = self.endpoints(number)[0].join("v3/maintenance/status").unwrap();
        let answer = self.client.post(url).json(&json!({})).send().await.ok()?;
        answer.json().await.ok()
    }

    fn logs(&self) -> String {
        let last = |log: &Path| {
            let log = fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<_> = log.lines().rev().take(10).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        self.members.iter().map(|member| last(&member.log)).collect::<Vec<_>>().join("\n\n")
    }
}

/// At these ports, the `first` of them first.
pub fn endpoints(ports: &[u16], first: usize) -> Vec<Url> {
    let ports = ports.iter().cycle().skip(first).take(ports.len());
    ports.map(|port| format!("http://127.0.0.1:{port}").parse().unwrap()).collect()
}

struct Member {
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    port: u16,
    running: Option<Child>,
}

impl Member {
    fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        // Settings of this machine's etcd, if it has one.
        let others = std::env::vars_os().map(|(name, _)| name);
        for name in others.filter(|name| name.to_string_lossy().starts_with("ETCD_")) {
            command.env_remove(name);
        }
        command.args(&self.arguments).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.running = Some(command.spawn().unwrap());
    }

    /// SIGKILL: nothing is finished.
    fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        running.kill().unwrap();
        running.wait().unwrap();
    }

    fn signal(&self, signal: &str) {
        let process = self.running.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.kill();
    }
}
