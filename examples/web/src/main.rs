//! `cargo run -p second-factor-web`, then open the address that it prints.

use std::io::{IsTerminal, Write};

use second_factor_web::{App, BoxError, Settings, SystemClock, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Without the session layer's warning about each forged cookie.
const LOG: &str = "info,tower_sessions=error,tower_sessions_core=error";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Text on a terminal, JSON elsewhere.
    if std::io::stderr().is_terminal() {
        log.init()
    } else {
        log.json().init()
    }

    let settings = Settings::from_env()?;
    let app = App::open(&settings, SystemClock).await?;
    let listener = TcpListener::bind((settings.host, settings.port))
        .await
        .map_err(|error| format!("Port {}: {error}. PORT=… takes another.", settings.port))?;
    // Before the address is printed: from then on somebody may send the signal.
    let stop = asked_to_stop()?;
    let address = settings.origin.clone().unwrap_or(format!("http://{}", listener.local_addr()?));
    writeln!(std::io::stdout(), "Open {address}")?;

    serve(listener, &app, stop).await;
    Ok(())
}

fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
