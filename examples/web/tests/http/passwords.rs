//! A change of a password whose answer from the database was lost.

use crate::common::{PASSWORD, Site, To};

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
async fn a_password_not_stored_is_told_from_one_that_another_changed() {
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
