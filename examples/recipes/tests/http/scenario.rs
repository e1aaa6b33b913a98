//! What must hold in every recipe.

use std::time::Duration;

use second_factor::testing::AuthenticatorApp;
use second_factor::{Policy, Refusal, Secret, TotpParams};

use crate::client::Answer::{self, CodeRequired, LogIn, LoggedIn};
use crate::client::{Client, Remember};
use crate::service::{NAME, PASSWORD, Service, World};

const STEP: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn world<S: Service>() -> World<S::Client> {
    World::of::<S>(Policy::new("Example").unwrap()).await
}

/// A service with an owner who has enrolled. The code of the current time step is not used up.
async fn enrolled<S: Service>() -> (World<S::Client>, AuthenticatorApp, Vec<String>) {
    let world = world::<S>().await;
    let (phone, codes) = enroll(&world, &mut world.client()).await;
    world.wait(10 * STEP);
    (world, phone, codes)
}

/// The owner's phone, with the setup key typed in.
fn scan(answer: Answer) -> AuthenticatorApp {
    AuthenticatorApp::new(Secret::from_base32(&answer.setup_key()).unwrap(), TotpParams::DEFAULT)
}

async fn enroll<C: Client>(world: &World<C>, client: &mut C) -> (AuthenticatorApp, Vec<String>) {
    assert_eq!(client.log_in(NAME, PASSWORD).await, LoggedIn);
    let phone = scan(client.enable(PASSWORD).await);
    let codes = client.confirm(&phone.code(world.now())).await.recovery_codes();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

/// A browser in which the owner has logged in with a code, which is used up.
async fn logged_in<C: Client>(world: &World<C>, phone: &AuthenticatorApp, remember: Remember) -> C {
    let mut client = world.client();
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(client.code(&phone.code(world.now()), remember).await, LoggedIn);
    client
}

pub async fn model_flow<S: Service>() {
    let world = world::<S>().await;
    let mut client = world.client();
    assert_eq!(client.account().await, None);
    assert_eq!(
        client.log_in(NAME, "a wrong password").await.refusal(),
        client.log_in("nobody", "x").await.refusal()
    );
    assert_eq!(client.log_in(NAME, PASSWORD).await, LoggedIn);
    assert_eq!(client.account().await.unwrap(), "ann, with your password alone");
    let mut again = client.clone();
    assert_eq!(again.log_in(NAME, PASSWORD).await, LoggedIn);
    assert_ne!(again.session(), client.session(), "each login has a new id");
    assert_eq!(client.account().await.is_some(), S::Client::SESSIONS_ADD_UP);
    let mut client = again;

    // Enabled with the password again.
    client.enable("a wrong password").await.refusal();
    let phone = scan(client.enable(PASSWORD).await);
    assert!(!client.confirm(&phone.code(world.now())).await.recovery_codes().is_empty());
    assert_eq!(client.account().await, None, "enabling ends every session");

    // Logged in with password and code.
    world.wait(STEP);
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(client.code(&phone.code(world.now()), Remember::ThisDevice).await, LoggedIn);
    assert_eq!(client.account().await.unwrap(), "ann, with your password and a code");
    client.log_out().await;
    assert_eq!(client.account().await, None);

    // This device is remembered, for 30 days and not longer; another is not.
    assert_eq!(client.log_in(NAME, PASSWORD).await, LoggedIn);
    assert_eq!(client.account().await.unwrap(), "ann, with your password, on a remembered device");
    assert_eq!(world.client().log_in(NAME, PASSWORD).await, CodeRequired);
    world.wait(29 * DAY);
    assert_eq!(client.log_in(NAME, PASSWORD).await, LoggedIn);
    world.wait(DAY);
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
}

pub async fn replay<S: Service>() {
    let (world, phone, _) = enrolled::<S>().await;
    let used = phone.code(world.now());
    logged_in(&world, &phone, Remember::No).await;

    let mut client = world.client();
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(client.code(&used, Remember::No).await.refusal(), Refusal::NotAccepted.in_words());
    world.wait(STEP);
    assert_eq!(client.code(&used, Remember::No).await.refusal(), Refusal::NotAccepted.in_words());
    assert_eq!(client.account().await, None);
    assert_eq!(client.code(&phone.code(world.now()), Remember::No).await, LoggedIn);
}

pub async fn five_wrong_codes<S: Service>() {
    let (world, phone, _) = enrolled::<S>().await;
    let mut client = world.client();
    let (right, wrong) = (phone.code(world.now()), phone.wrong_code(world.now()));
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    for _ in 0..4 {
        assert_eq!(client.code(&wrong, Remember::No).await.refusal(), Refusal::NotAccepted.in_words());
    }
    let over = client.code(&wrong, Remember::No).await.refusal();
    assert_eq!(over, Refusal::ChallengeOver.in_words());
    assert_eq!(client.code(&right, Remember::No).await.refusal(), over, "the login is over");
    assert_eq!(client.account().await, None);

    // The login begins again, and the right code is still accepted.
    logged_in(&world, &phone, Remember::No).await;
}

/// Somebody who has the password guesses until single codes are no longer accepted.
async fn lock<C: Client>(world: &World<C>, phone: &AuthenticatorApp) {
    for _ in 0..4 {
        let mut thief = world.client();
        assert_eq!(thief.log_in(NAME, PASSWORD).await, CodeRequired);
        for _ in 0..5 {
            thief.code(&phone.wrong_code(world.now()), Remember::No).await.refusal();
        }
    }
}

pub async fn codes_in_a_row<S: Service>() {
    let (world, phone, _) = enrolled::<S>().await;
    lock(&world, &phone).await;

    let mut owner = world.client();
    assert_eq!(owner.log_in(NAME, PASSWORD).await, CodeRequired);
    let locked = owner.code(&phone.code(world.now()), Remember::No).await.refusal();
    assert_eq!(locked, Refusal::Locked { retry_at: None }.in_words());
    world.wait(3 * STEP);
    assert_eq!(owner.code(&phone.codes_in_a_row(world.now()), Remember::No).await, LoggedIn);
    assert_eq!(owner.account().await.unwrap(), "ann, with your password and codes in a row");
}

pub async fn recovery_code<S: Service>() {
    let (world, phone, codes) = enrolled::<S>().await;
    lock(&world, &phone).await;

    let mut owner = world.client();
    assert_eq!(owner.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(owner.code(&codes[0], Remember::No).await, LoggedIn);
    assert_eq!(owner.account().await.unwrap(), "ann, with your password and a recovery code");

    let mut client = world.client();
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(
        client.code(&codes[0], Remember::No).await.refusal(),
        Refusal::NotAccepted.in_words(),
        "it works once"
    );
}

pub async fn session_from_before<S: Service>() {
    let world = world::<S>().await;
    let mut elsewhere = world.client();
    assert_eq!(elsewhere.log_in(NAME, PASSWORD).await, LoggedIn);
    assert!(elsewhere.account().await.is_some());

    enroll(&world, &mut world.client()).await;
    assert_eq!(elsewhere.account().await, None);
    assert_eq!(elsewhere.clone().enable(PASSWORD).await, LogIn);
    assert_eq!(elsewhere.log_in(NAME, PASSWORD).await, CodeRequired);
}

pub async fn device_after_a_password_change<S: Service>() {
    const NEW: &str = "another horse battery staple";
    let (world, phone, _) = enrolled::<S>().await;
    let mut device = logged_in(&world, &phone, Remember::ThisDevice).await;
    world.wait(STEP);
    let mut client = logged_in(&world, &phone, Remember::No).await;
    device.log_out().await;
    assert_eq!(device.log_in(NAME, PASSWORD).await, LoggedIn, "it is remembered");

    world.wait(STEP);
    let (code, mut before) = (phone.code(world.now()), client.clone());
    client.change_password(PASSWORD, NEW, &phone.wrong_code(world.now())).await.refusal();
    assert_eq!(client.change_password(PASSWORD, NEW, &code).await, LoggedIn);
    assert!(client.account().await.is_some(), "the session that made the change goes on");
    assert_eq!(before.account().await, None, "under a new id");
    assert_eq!(device.account().await, None, "the others are over");
    assert_eq!(
        device.log_in(NAME, PASSWORD).await.refusal(),
        world.client().log_in("nobody", "x").await.refusal()
    );
    assert_eq!(device.log_in(NAME, NEW).await, CodeRequired, "it is forgotten");
}

pub async fn same_form_twice<S: Service>() {
    let (world, phone, _) = enrolled::<S>().await;
    let mut client = world.client();
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    let (code, mut again) = (phone.code(world.now()), client.clone());
    assert_eq!(client.code(&code, Remember::No).await, LoggedIn);
    assert_eq!(again.code(&code, Remember::No).await, S::Client::already_done());
    assert_eq!(again.session(), None, "nobody is let in twice");
    assert!(client.account().await.is_some(), "and the first answer counts");
}

pub async fn half_a_login<S: Service>() {
    let (world, phone, _) = enrolled::<S>().await;
    let mut client = logged_in(&world, &phone, Remember::No).await;
    assert_eq!(client.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(client.account().await, None, "the older session of this browser has ended");
    let mut half = world.client();
    assert_eq!(half.log_in(NAME, PASSWORD).await, CodeRequired);
    assert_eq!(half.account().await, None);
    assert_eq!(half.enable(PASSWORD).await, LogIn);
    assert_eq!(half.confirm("123456").await, LogIn);
    assert_eq!(half.change_password(PASSWORD, "x", "123456").await, LogIn);
    assert_eq!(
        world.client().code(&phone.code(world.now()), Remember::No).await,
        LogIn,
        "without a password"
    );
}

pub async fn demanded_factor<S: Service>() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::of::<S>(policy).await;
    let mut client = world.client();
    let phone = scan(client.log_in(NAME, PASSWORD).await);
    assert_eq!(client.account().await, None, "the password alone lets nobody in");
    client.confirm(&phone.code(world.now())).await.recovery_codes();
    assert_eq!(client.account().await, None);
    world.wait(STEP);
    logged_in(&world, &phone, Remember::No).await;
}
