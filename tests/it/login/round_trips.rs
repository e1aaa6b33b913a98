//! The cost of each call: the calls to the store, and the writes among them.

mod changes;
mod logins;
mod site;
mod step_ups;

use changes::CHANGES;
use logins::LOGINS;
use second_factor::{DeviceToken, Login};
use site::Site;
use step_ups::STEP_UPS;

use crate::support::STEP;

#[test]
fn a_login_by_code_is_three_calls_to_the_store_and_one_write() {
    let site = Site::enrolled();
    let cost = site.cost(|| {
        let challenge = site.challenge();
        site.present(&challenge, &site.code()).unwrap();
    });
    assert_eq!(cost, (3, 1), "check_password, password_verified and present");
}

#[test]
fn a_remembered_login_is_one_load_and_one_write_a_grace_period() {
    let site = Site::enrolled();
    let logs_in = |device: &DeviceToken| {
        let mut next = None;
        let cost = site.cost(|| match site.world.login_on(device) {
            Login::Complete(accepted) => next = accepted.device,
            other => panic!("{other:?}"),
        });
        (cost, next.unwrap())
    };
    let (cost, next) = logs_in(&site.device);
    assert_eq!(cost, (2, 1), "the token is replaced in one write");
    for device in [&next, &site.device, &next] {
        let (cost, same) = logs_in(device);
        assert_eq!((cost, same.expose()), ((1, 0), next.expose()), "no write within the grace period");
    }
    site.world.clock.advance(2 * STEP);
    assert_eq!(logs_in(&next).0, (2, 1), "the token is replaced again");
}

#[test]
fn every_call_costs_what_the_table_says() {
    for (name, call, cost) in LOGINS.iter().chain(&STEP_UPS).chain(&CHANGES) {
        assert_eq!(call(), *cost, "calls to the store, and swaps among them: {name}");
    }
}
