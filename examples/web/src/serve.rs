//! Connections: a limited number, each for a limited time.

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

/// The most connections at once. Another one waits until one is closed.
const CONNECTIONS: usize = 512;
/// The time to receive the head of a request. A connection that takes longer, or idles longer between two requests, is closed.
const LONGEST_HEAD: Duration = Duration::from_secs(10);
/// The buffer of a connection, in bytes. A longer head is refused.
const BUFFER: usize = 16 * 1024;
/// After the signal to stop, the time for requests that are under way.
const LONGEST_END: Duration = Duration::from_secs(30);

/// A place among the connections. A request that runs on after its client hung up keeps the place; otherwise clients that
/// hang up at once could have any number of requests running.
#[derive(Clone)]
pub(crate) struct Connection(
    #[expect(dead_code, reason = "it is given back when the last is dropped")]
    Arc<Option<OwnedSemaphorePermit>>,
);

/// Serves the site until `stop` completes.
///
/// `axum::serve` has no limits: it waits for half a request without end, and each connection may buffer 400 kB.
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
                // Most often there are too many open files. New connections wait in the kernel.
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
            // The client's fault: it hung up or was too slow.
            let _ = connection.await;
            drop(place);
        });
    }
    let _: Result<(), _> = tokio::time::timeout(LONGEST_END, open.shutdown()).await;
    app.security_log().written().await;
}
