//! Tests each recipe over real HTTP on loopback, with the same scenarios for all of them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod app;
mod browser;
mod client;
mod scenario;
mod service;

/// Every scenario as a test of this recipe.
macro_rules! recipe {
    ($recipe:ident: $service:ty) => {
        mod $recipe {
            recipe!(@ $service:
                model_flow
                replay
                five_wrong_codes
                codes_in_a_row
                recovery_code
                session_from_before
                device_after_a_password_change
                same_form_twice
                half_a_login
                demanded_factor
            );
        }
    };
    (@ $service:ty: $($scenario:ident)*) => {$(
        #[tokio::test]
        async fn $scenario() {
            crate::scenario::$scenario::<$service>().await;
        }
    )*};
}

recipe!(axum_login: crate::service::AxumLogin);
recipe!(api: crate::service::Api);
recipe!(on_actix: crate::service::Actix);
