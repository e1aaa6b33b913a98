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
async fn codes_shown_while_the_clock_was_ahead_are_not_shown_after_it_is_corrected() {
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

const CHANGE: [(&str, &str); 2] = [("password", PASSWORD), ("new_password", "another password")];

/// The database stored the new hash, and its answer was lost.
#[tokio::test]
async fn a_password_that_was_stored_without_an_answer_is_in_force() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("jan").await;
    assert_eq!(browser.log_in("jan", PASSWORD).await, To("/account"));
    site.execute("CREATE TRIGGER lost AFTER UPDATE ON users BEGIN SELECT RAISE(FAIL, 'lost'); END").await;
    assert_eq!(browser.post("/account/password", &CHANGE).await, To("/account"));
    assert_eq!(site.browser().log_in("jan", "another password").await, To("/account"));
}

#[tokio::test]
async fn a_password_that_was_not_stored_is_told_from_one_that_somebody_else_changed() {
    const OLD: &str = "log in with the old one";
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("kai").await;
    assert_eq!(browser.log_in("kai", PASSWORD).await, To("/account"));
    site.execute("CREATE TRIGGER lost BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'lost'); END").await;
    browser.post("/account/password", &CHANGE).await.assert_refused(OLD);
    site.execute("DROP TRIGGER lost").await;
    // No row is updated.
    site.execute("CREATE TRIGGER other BEFORE UPDATE ON users BEGIN SELECT RAISE(IGNORE); END").await;
    assert_eq!(browser.log_in("kai", PASSWORD).await, To("/account"));
    let other = browser.post("/account/password", &CHANGE).await;
    other.assert_refused("Somebody else has just changed your password");
    assert!(!other.text.contains(OLD), "{}", other.text);
}
