//! A browser that hangs up in the middle of a request.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use second_factor::{
    AccountId, Error, KeyRing, Login, MemoryStore, MemoryStoreError, OsEntropy, PasswordVerified, Policy,
    Refusal, SealingKey, Session, Verifier,
};
use tokio::sync::oneshot;

use crate::support::{START, TestClock, complete};

struct Service {
    verifier: Verifier<MemoryStore>,
    clock: Arc<TestClock>,
    account: AccountId,
    password: Mutex<&'static str>,
}

impl Service {
    fn new() -> Arc<Self> {
        let clock = TestClock::at(START);
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example").unwrap();
        let verifier = Verifier::with_sources(MemoryStore::new(), policy, keys, clock.clone(), OsEntropy);
        let password = Mutex::new("the old one");
        Arc::new(Self { verifier, clock, account: AccountId::from(7), password })
    }

    async fn password(&self) -> PasswordVerified {
        PasswordVerified::by_host(self.verifier.check_password(&self.account).await)
    }

    async fn log_in(&self) -> Result<Login, Error<MemoryStoreError>> {
        self.verifier.password_verified(self.password().await, None).await
    }

    /// POST /account/password: returns the session that the cookie of the answer belongs to.
    async fn change_password(
        self: Arc<Self>,
        mut session: Session,
        new: &'static str,
        is_writing: oneshot::Sender<()>,
        database: oneshot::Receiver<()>,
    ) -> Session {
        let proof = self.verifier.reauthenticate(&session, self.password().await, "").await.unwrap();
        let write = async || {
            is_writing.send(()).unwrap();
            database.await.unwrap();
            *self.password.lock().unwrap() = new;
            Ok::<_, core::convert::Infallible>(())
        };
        session.continue_after(self.verifier.change_password(proof, write).await.unwrap());
        session
    }
}

#[tokio::test]
async fn a_request_that_ends_with_its_connection_leaves_a_change_half_done() {
    for forgets in [true, false] {
        let service = Service::new();
        let session = complete(service.log_in().await.unwrap()).authenticated.into_session();
        let (is_writing, has_begun) = oneshot::channel();
        let (database, answer) = oneshot::channel();
        let mut request =
            Box::pin(service.clone().change_password(session.clone(), "the new one", is_writing, answer));
        let session = if forgets {
            // The web framework drops the handler when the browser hangs up.
            tokio::select! {
                _ = &mut request => panic!("the database has not answered"),
                begun = has_begun => begun.unwrap(),
            }
            drop(request);
            assert!(database.send(()).is_err(), "the handler still waits for the database");
            session
        } else {
            let running = tokio::spawn(request);
            has_begun.await.unwrap();
            // The browser hangs up here, but the task continues.
            database.send(()).unwrap();
            running.await.unwrap()
        };

        assert_eq!(*service.password.lock().unwrap(), if forgets { "the old one" } else { "the new one" });
        assert_eq!(
            service.verifier.is_current(&session).await.unwrap(),
            !forgets,
            "whether the owner's session is current"
        );
        let refused = service.log_in().await.err().and_then(|error| error.refusal());
        assert_eq!(refused, forgets.then_some(Refusal::Retry), "the result of the owner's next login");

        // The state is temporary: a login a minute later completes the change, and the login after that succeeds.
        service.clock.advance(Duration::from_secs(61));
        let refused = service.log_in().await.err().and_then(|error| error.refusal());
        assert_eq!(refused, forgets.then_some(Refusal::Retry));
        assert!(service.log_in().await.is_ok());
    }
}
