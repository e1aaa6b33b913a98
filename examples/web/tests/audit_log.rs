//! Which audit events pass a filter of the log: see `manual::hosts`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use second_factor::{
    AccountId, BlockingVerifier, KeyRing, MemoryStore, PasswordVerified, Policy, SealingKey, TracingEvents,
};
use tracing_subscriber::EnvFilter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log, with this filter, of a service that logs a line of its own and then a login.
fn log_under(filter: &str) -> String {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || written.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(target: "my_service", "a request");
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let verifier = BlockingVerifier::new(MemoryStore::new(), Policy::new("Example").unwrap(), keys)
            .with_events(TracingEvents);
        let check = verifier.check_password(&AccountId::from(7));
        let _ = verifier.password_verified(PasswordVerified::by_host(check), None).unwrap();
    });
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_filter_that_names_the_service_alone_drops_the_audit_log() {
    let forgotten = log_under("my_service=info");
    assert!(forgotten.contains("a request") && !forgotten.contains("LoggedIn"), "{forgotten}");

    for filter in ["my_service=info,second_factor::audit=info", "info"] {
        let log = log_under(filter);
        assert!(log.contains("a request") && log.contains("second_factor::audit"), "{filter}: {log}");
        assert!(log.contains("LoggedIn"), "{filter}: {log}");
    }
    // Events that the owner should hear of are warnings, so this drops only the logins.
    assert!(!log_under("info,second_factor::audit=warn").contains("LoggedIn"));
}
