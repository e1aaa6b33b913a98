//! Connections: so many, and each no longer than it takes.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::routes::router;

/// So many connections at once. One more waits until another is closed.
const CONNECTIONS: usize = 512;
/// A connection is closed where the head of a request takes longer than this, also that of the next request.
const LONGEST_HEAD: Duration = Duration::from_secs(10);
/// The buffer of a connection, in bytes. A longer head is refused.
const BUFFER: usize = 16 * 1024;
/// When it was asked to stop, requests that are under way have so long.
const LONGEST_END: Duration = Duration::from_secs(30);

/// A place among the connections. A request that runs on when its sender has hung up holds it, too: or whoever hangs up at once could
/// have any number of requests at work.
#[derive(Clone)]
pub(crate) struct Connection(
    #[expect(dead_code, reason = "it is given back when the last is dropped")]
    Arc<Option<OwnedSemaphorePermit>>,
);

/// Serves the site until `stop` comes to its end.
///
/// `axum::serve` has no limits: half a request would be waited for without end, and each connection may buffer 400 kB.
pub async fn serve(listener: TcpListener, app: &App, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(LONGEST_HEAD).max_buf_size(BUFFER);
    let (router, connections) = (router(app), Arc::new(Semaphore::new(CONNECTIONS)));
    let (open, mut stop) = (GracefulShutdown::new(), pin!(stop));
    loop {
        let accepted = async {
            let place = connections.clone().acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most often there are too many open files. Whoever connects waits.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let place = Connection(Arc::new(place));
        let (site, held) = (TowerToHyperService::new(router.clone()), place.clone());
        let site = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
            request.extensions_mut().insert(held.clone());
            site.call(request)
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), site));
        tokio::spawn(async move {
            // An error is the other side's: it hung up, or was too slow.
            let _ = connection.await;
            drop(place);
        });
    }
    let _: Result<(), _> = tokio::time::timeout(LONGEST_END, open.shutdown()).await;
    app.security_log().written().await;
}
