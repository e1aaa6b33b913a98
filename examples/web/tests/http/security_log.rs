//! The security log on the account page.

use crate::common::{Browser, DAY, PASSWORD, STEP, Site, To, has, oathtool, wrong};

/// Many of each event that somebody else can cause.
#[tokio::test]
async fn g34_no_flood_hides_an_alarm_in_the_security_log() {
    if !has("oathtool") {
        return;
    }
    const ALARM: &str = "20 codes were wrong: somebody may know the password";
    const LOCKED: &str = "Too many codes were wrong; now it takes several in a row";
    let (site, key, _) = Site::with_user("olga").await;
    let mut thief = site.browser();
    let wrong = wrong(&key, site.clock.now());
    for _ in 0..4 {
        assert_eq!(thief.log_in("olga", PASSWORD).await, To("/login/code"));
        for _ in 0..5 {
            thief.code(&wrong).await;
        }
    }
    let assert_shown = async |browser: &mut Browser| {
        let account = browser.get("/account").await;
        account.assert_shows(ALARM);
        account.assert_shows(LOCKED);
    };
    let mut owner = site.browser();
    assert_eq!(owner.log_in("olga", PASSWORD).await, To("/login/code"));
    let mut row = Vec::new();
    for _ in 0..4 {
        site.clock.wait(STEP);
        row.push(("code", oathtool(&key, site.clock.now())));
    }
    // As the page sends them: one field for each.
    let mut fields: Vec<_> = row.iter().map(|(name, code)| (*name, &**code)).collect();
    fields.push(("remember_device", "yes"));
    assert_eq!(owner.post("/login/code", &fields).await, To("/account"));
    assert_shown(&mut owner).await;

    // Refused codes during the lock: one line, and not a row for each.
    thief = site.browser();
    assert_eq!(thief.log_in("olga", PASSWORD).await, To("/login/code"));
    for _ in 0..30 {
        site.clock.wait(2);
        thief.code(&wrong).await.assert_refused("Too many codes were wrong");
    }
    assert!(site.rows("unrecorded WHERE slot = 'refusal'").await <= 1);
    let account = owner.get("/account").await;
    account.assert_shows("A code was refused: too many codes had been wrong");
    assert_shown(&mut owner).await;

    // Logins on a remembered device, with and without a new token.
    for n in 0..30 {
        owner.log_out().await;
        site.clock.wait(if n % 2 == 0 { 61 } else { 1 });
        assert_eq!(owner.log_in("olga", PASSWORD).await, To("/account"));
    }
    assert_shown(&mut owner).await;
    assert!(site.rows("unrecorded").await <= 21, "{}", site.rows("unrecorded").await);

    // Logins with a code that each remember a device: notable lines.
    for _ in 0..25 {
        let mut browser = site.browser();
        assert_eq!(browser.log_in("olga", PASSWORD).await, To("/login/code"));
        let mut row = Vec::new();
        for _ in 0..4 {
            site.clock.wait(STEP);
            row.push(oathtool(&key, site.clock.now()));
        }
        browser.code_and_remember(&row.join(" ")).await;
        owner = browser;
    }
    assert_shown(&mut owner).await;
    owner.get("/account").await.assert_shows("Important events before that");
}

/// Events that change no record are in the account's log too.
#[tokio::test]
async fn g34_logins_with_the_password_alone_are_in_the_security_log() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("alice").await;
    for _ in 0..25 {
        site.clock.wait(60);
        assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    }
    let account = browser.get("/account").await;
    account.assert_shows("Logged in without a second factor (from 127.0.0.1)");
    assert_eq!(account.text.matches("Logged in without a second factor").count(), 20);
    assert_eq!(site.rows("unrecorded").await, 20);
}

/// Events of the same kind as an alarm that are no alarm themselves do not count as lines of that kind.
#[tokio::test]
async fn g34_wrong_codes_of_one_second_are_a_line_each() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("pia").await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("pia", PASSWORD).await, To("/login/code"));
    let wrong = wrong(&key, site.clock.now());
    for _ in 0..4 {
        browser.code(&wrong).await;
    }
    site.clock.wait(STEP);
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    let account = browser.get("/account").await;
    assert_eq!(account.text.matches("A code was refused").count(), 4, "{}", account.text);
}

/// A clock that was ahead does not put old lines before new ones, and does not delete new ones.
#[tokio::test]
async fn g34_the_log_is_in_the_order_of_events_after_a_clock_went_back() {
    if !has("oathtool") {
        return;
    }
    const ALONE: &str = "Logged in without a second factor";
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("quin").await;
    site.clock.wait(DAY);
    for _ in 0..20 {
        assert_eq!(browser.log_in("quin", PASSWORD).await, To("/account"));
    }
    site.clock.go_back(DAY);
    assert_eq!(browser.log_in("quin", PASSWORD).await, To("/account"));
    let first = "Logged in without a second factor (from 127.0.0.1)</span><time>15 Jan 2027, 08:00 UTC";
    let account = browser.get("/account").await;
    account.assert_shows(first);
    assert_eq!(account.text.matches(ALONE).count(), 20);
    let lines = account.text.split_once("id=\"log\"").unwrap().1;
    assert!(lines.find(first) < lines.find("16 Jan 2027"), "{lines}");
    // The same for the trail beside it.
    let (key, _) = browser.enable(site.clock.now()).await;
    site.clock.wait(STEP);
    assert_eq!(browser.log_in("quin", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    let account = browser.get("/account").await;
    let lines = account.text.split_once("id=\"log\"").unwrap().1;
    let on = lines.find("Two-factor authentication was switched on").unwrap();
    assert!(on < lines.find(ALONE).unwrap(), "{lines}");
}

/// Events of the same kind that are no alarm do not take the place of one that is.
#[tokio::test]
async fn g34_a_flood_of_the_same_kind_does_not_hide_an_alarm() {
    if !has("oathtool") {
        return;
    }
    const FORGOTTEN: &str = "SELECT account, revision, sequence, at, event FROM second_factor_trail WHERE event LIKE '%\"revoked\"%'";
    let (site, key, _) = Site::with_user("rita").await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("rita", PASSWORD).await, To("/login/code"));
    browser.code_and_remember(&oathtool(&key, site.clock.now())).await;
    assert_eq!(browser.post("/account/devices", &[("device", "all")]).await, To("/account/devices"));
    let copy = |select: &str| {
        format!("INSERT INTO second_factor_trail (account, revision, sequence, at, event) {select}")
    };
    site.execute(copy(&FORGOTTEN.replacen("event FROM", "replace(event, 'revoked', 'outdated') FROM", 1)))
        .await;
    for _ in 0..5 {
        site.execute(copy(FORGOTTEN)).await;
    }
    site.clock.wait(STEP);
    assert_eq!(browser.log_in("rita", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    let account = browser.get("/account").await;
    assert!(account.text.matches("A remembered device was forgotten").count() >= 20);
    account.assert_shows("A remembered device was forgotten: its cookie had been replaced");
}
