//! Runs each recipe as a service on its own port, with a clock that the test sets.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use second_factor::testing::ManualClock;
use second_factor::{
    BlockingVerifier, Clock, KeyRing, MemoryStore, OsEntropy, Policy, SealingKey, UnixTime, Verifier,
};
use second_factor_recipes::users::Users;
use second_factor_recipes::{api, axum_login, on_actix};

use crate::app::App;
use crate::browser::Browser;
use crate::client::Client;

/// If an answer takes longer, the test fails.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The middle of a time step.
const START: UnixTime = UnixTime::from_secs(1_800_000_015);

pub const NAME: &str = "ann";
pub const PASSWORD: &str = "correct horse battery staple";

/// A recipe.
pub trait Service {
    type Client: Client;

    /// Serves the recipe, and returns its address.
    async fn serve(users: Users, policy: Policy, keys: KeyRing, clock: ManualClock) -> SocketAddr;
}

pub struct AxumLogin;

impl Service for AxumLogin {
    type Client = Browser;

    async fn serve(users: Users, policy: Policy, keys: KeyRing, clock: ManualClock) -> SocketAddr {
        let verifier = Verifier::with_sources(MemoryStore::new(), policy, keys, clock, OsEntropy);
        serve(axum_login::router(axum_login::TwoFactor { verifier, users: Arc::new(users) })).await
    }
}

pub struct Api;

impl Service for Api {
    type Client = App;

    async fn serve(users: Users, policy: Policy, keys: KeyRing, clock: ManualClock) -> SocketAddr {
        let verifier = Verifier::with_sources(MemoryStore::new(), policy, keys, clock, OsEntropy);
        serve(api::router(api::TwoFactor::new(verifier, Arc::new(users)))).await
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub struct Actix;

impl Service for Actix {
    type Client = Browser;

    async fn serve(users: Users, policy: Policy, keys: KeyRing, clock: ManualClock) -> SocketAddr {
        let verifier = BlockingVerifier::with_sources(MemoryStore::new(), policy, keys, clock, OsEntropy);
        let two_factor = Data::new(on_actix::TwoFactor::new(verifier, Arc::new(users)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let app = move || actix_web::App::new().app_data(two_factor.clone()).configure(on_actix::routes);
            let server =
                actix_web::HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap();
            actix_web::rt::System::new().block_on(server.run())
        });
        address
    }
}

/// A running service with one user, who has no second factor yet.
pub struct World<C> {
    origin: String,
    clock: ManualClock,
    client: std::marker::PhantomData<C>,
}

impl<C: Client> World<C> {
    pub async fn of<S: Service<Client = C>>(policy: Policy) -> Self {
        // The least work that argon2 does. A service takes `Argon2::default()`.
        let params = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).unwrap();
        let users = Users::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)).unwrap();
        users.register(NAME, PASSWORD).unwrap();
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let clock = ManualClock::at(START);
        let address = S::serve(users, policy, keys, clock.clone()).await;
        Self { origin: format!("http://{address}"), clock, client: std::marker::PhantomData }
    }

    /// A browser or an app that has never used this service.
    pub fn client(&self) -> C {
        C::new(&self.origin)
    }

    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}
