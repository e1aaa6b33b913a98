//! Sessions that the library does not accept any more, and those that were made while the clock was ahead.

use crate::common::{DAY, PASSWORD, Site, To, has, recovery_codes};

const CODES: &str = "/account/recovery-codes";

/// It stays deleted: no request extends it.
#[tokio::test]
async fn a_session_that_is_over_leaves_no_row() {
    let site = Site::start().await;
    let (mut browser, mut other) = (site.browser(), site.browser());
    browser.register("gina").await;
    assert_eq!(other.log_in("gina", PASSWORD).await, To("/account"));
    assert_eq!(browser.log_in("gina", PASSWORD).await, To("/account"));
    let change = [("password", PASSWORD), ("new_password", "another password")];
    assert_eq!(browser.post("/account/password", &change).await, To("/account"));
    assert_eq!(site.rows("sessions WHERE NOT is_stub").await, 2);
    assert_eq!(other.get("/account").await, To("/login"));
    assert_eq!(site.rows("sessions WHERE NOT is_stub").await, 1);
    browser.get("/account").await.assert_shows("Hello, gina");
}

#[tokio::test]
async fn what_began_while_the_clock_was_ahead_ends_when_it_is_corrected() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("hugo").await;
    assert_eq!(browser.log_in("hugo", PASSWORD).await, To("/account"));
    site.clock.wait(DAY);
    assert_eq!(browser.log_in("hugo", PASSWORD).await, To("/account"));
    // A minute is within what two clocks may differ by.
    site.clock.go_back(60);
    browser.get("/account").await.assert_shows("Hello, hugo");
    site.clock.go_back(DAY - 60);
    assert_eq!(browser.get("/account").await, To("/login"));
}

#[tokio::test]
async fn codes_shown_while_the_clock_was_ahead_are_not_shown_later() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    site.clock.wait(DAY);
    let (mut browser, _, codes) = site.enrolled("ida").await;
    site.clock.go_back(60);
    assert_eq!(recovery_codes(&browser.get(CODES).await), codes);
    site.clock.go_back(60);
    assert_eq!(browser.get(CODES).await, To("/login"));
}
