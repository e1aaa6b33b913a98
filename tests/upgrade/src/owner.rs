//! The owner of an account, whose requests go to two instances in turn.

use core::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Barrier};
use std::thread;

use now::{KeyUri, Totp, TotpParams, UnixTime};

use crate::instance::{In, Instance, No, Step};
use crate::table::Table;

pub(crate) const ACCOUNT: &str = "alice";

/// Two instances behind a load balancer that uses them in turn.
pub(crate) struct Pair {
    instances: [Box<dyn Instance>; 2],
    turn: Cell<usize>,
}

impl Pair {
    pub(crate) fn new(first: Box<dyn Instance>, second: Box<dyn Instance>) -> Self {
        Self { instances: [first, second], turn: Cell::new(0) }
    }

    pub(crate) fn next(&self) -> &dyn Instance {
        let turn = self.turn.get();
        self.turn.set(1 - turn);
        &*self.instances[turn]
    }

    pub(crate) fn both(&self) -> [&dyn Instance; 2] {
        [&*self.instances[0], &*self.instances[1]]
    }

    pub(crate) fn name(&self) -> String {
        self.both().map(Instance::name).join(" | ")
    }
}

/// An authenticator app.
pub(crate) struct Phone {
    id: String,
    uri: String,
}

impl Phone {
    fn code(&self, now: u64) -> String {
        let uri = KeyUri::parse(&self.uri).unwrap();
        let totp = Totp::new(uri.secret(), TotpParams::default());
        totp.generate(UnixTime::from_secs(now)).expose().to_owned()
    }
}

/// What the owner has, and what browsers and the host's session table store.
pub(crate) struct Owner {
    pub(crate) table: Arc<Table>,
    pub(crate) password: String,
    pub(crate) phone: Phone,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) session: String,
    pub(crate) cookie: String,
    /// A login that waits for its code.
    pub(crate) challenge: String,
    /// An enrollment that waits for its code, and its key URI.
    pub(crate) enrollment: (String, String),
    /// The formats of everything that the instances handed out.
    seen: BTreeMap<&'static str, BTreeSet<char>>,
}

impl Owner {
    /// An owner who has enrolled and logged in, with an open login and an open enrollment.
    pub(crate) fn enrolled(pair: &Pair, table: &Arc<Table>) -> Self {
        let password = "the first password".to_owned();
        table.set_password(&password);
        let Ok(Step::In(In { session, .. })) = pair.next().log_in(&password, None) else {
            panic!("a code was asked for before the enrollment")
        };
        let (uri, token) = pair.next().begin_enrollment(&session, &password, "").unwrap();
        let phone = Phone { id: String::new(), uri };
        let (id, recovery_codes) = pair.next().confirm_enrollment(&token, &phone.code(table.now())).unwrap();
        assert_eq!(recovery_codes.len(), 10);
        let mut owner = Self {
            table: table.clone(),
            password,
            phone: Phone { id, ..phone },
            recovery_codes,
            session: String::new(),
            cookie: String::new(),
            challenge: String::new(),
            enrollment: (String::new(), String::new()),
            seen: BTreeMap::new(),
        };
        owner.leave_things_half_done(pair);
        owner
    }

    /// The next code that the phone shows.
    pub(crate) fn code(&self) -> String {
        self.table.advance(30);
        self.phone.code(self.table.now())
    }

    /// A login up to its code.
    pub(crate) fn open(&mut self, pair: &Pair) -> String {
        match pair.next().log_in(&self.password, None) {
            Ok(Step::Code(challenge)) => self.see("challenge", challenge),
            other => panic!("{other:?} from {}", pair.name()),
        }
    }

    /// A complete login with a code: the password at one instance, the code at the other.
    pub(crate) fn log_in(&mut self, pair: &Pair, remember: bool) -> In {
        let challenge = self.open(pair);
        let entered = pair.next().present(&challenge, &self.code(), remember).unwrap();
        self.see("session", entered.session.clone());
        assert_eq!(entered.cookie.is_some(), remember);
        self.is_in(pair, &entered.session);
        entered
    }

    /// Asserts that the session is current at both instances.
    fn is_in(&self, pair: &Pair, session: &str) {
        for instance in pair.both() {
            assert_eq!(instance.is_current(session), Ok(true), "{} of {}", instance.name(), pair.name());
        }
    }

    /// A remembered device, a session, a login and an enrollment, which the next day's instances continue.
    pub(crate) fn leave_things_half_done(&mut self, pair: &Pair) {
        let entered = self.log_in(pair, true);
        self.session = entered.session;
        self.cookie = self.see("device", entered.cookie.unwrap());
        let code = self.code();
        let (uri, token) = pair.next().begin_enrollment(&self.session, &self.password, &code).unwrap();
        self.enrollment = (uri, self.see("enrollment", token));
        self.challenge = self.open(pair);
    }

    /// Everything that an owner does, with what began on the day before. Nobody is asked twice, nobody is logged out except
    /// by a change that ends sessions, and no code is accepted twice.
    pub(crate) fn spend_a_day(&mut self, pair: &Pair) {
        self.go_on_from_yesterday(pair);
        self.use_no_code_twice(pair);
        self.enroll_another(pair);
        self.change_the_password(pair);
        self.lose_the_phone_for_a_moment(pair);
        self.leave_things_half_done(pair);
    }

    fn go_on_from_yesterday(&mut self, pair: &Pair) {
        self.is_in(pair, &self.session);
        let challenge = core::mem::take(&mut self.challenge);
        let code = self.code();
        let entered = pair.next().present(&challenge, &code, false).unwrap();
        self.is_in(pair, &entered.session);
        assert_eq!(refused(pair.next().present(&challenge, &code, false)), "AlreadyDone");
        // The first login replaces the cookie or is within the grace period; the second, a moment later, gets the same cookie
        // again.
        for _ in 0..2 {
            let answer = pair.next().log_in(&self.password, Some(&self.cookie));
            let Ok(Step::In(In { session, cookie: Some(cookie) })) = answer else {
                panic!("asked again on a remembered device: {answer:?} from {}", pair.name())
            };
            self.cookie = self.see("device", cookie);
            self.is_in(pair, &session);
        }
        let (uri, token) = core::mem::take(&mut self.enrollment);
        assert_eq!(pair.next().pending_enrollment(&token), Ok(uri.clone()));
        self.confirm(pair, uri, &token);
    }

    fn use_no_code_twice(&mut self, pair: &Pair) {
        let _ = self.log_in(pair, false);
        let used = self.phone.code(self.table.now());
        let challenge = self.open(pair);
        assert_eq!(refused(pair.next().present(&challenge, &used, false)), "NotAccepted");
        self.session = pair.next().present(&challenge, &self.code(), false).unwrap().session;
        // The same code at both instances at the same moment.
        let challenges = [self.open(pair), self.open(pair)];
        let (code, start) = (self.code(), Barrier::new(2));
        let entered = thread::scope(|scope| {
            let claimants = pair.both().into_iter().zip(&challenges).map(|(instance, challenge)| {
                let (code, start) = (&code, &start);
                scope.spawn(move || {
                    start.wait();
                    instance.present(challenge, code, false)
                })
            });
            let claimants: Vec<_> = claimants.collect();
            claimants.into_iter().map(|claimant| claimant.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(entered.iter().filter(|entered| entered.is_ok()).count(), 1, "{entered:?}");

        let code = self.code();
        let elevated = pair.next().step_up(&self.session, &code).unwrap();
        assert_eq!(refused(pair.next().step_up(&self.session, &code)), "AlreadyDone");
        assert_ne!(elevated, self.session);
        self.session = self.see("session", elevated);
        self.is_in(pair, &self.session);
    }

    fn enroll_another(&mut self, pair: &Pair) {
        let code = self.code();
        let (uri, token) = pair.next().begin_enrollment(&self.session, &self.password, &code).unwrap();
        let token = self.see("enrollment", token);
        assert_eq!(pair.next().pending_enrollment(&token), Ok(uri.clone()));
        self.confirm(pair, uri, &token);
    }

    /// Confirms an enrollment, and removes the previous authenticator.
    fn confirm(&mut self, pair: &Pair, uri: String, token: &str) {
        let phone = Phone { id: String::new(), uri };
        self.table.advance(30);
        let code = phone.code(self.table.now());
        let (id, codes) = pair.next().confirm_enrollment(token, &code).unwrap();
        assert!(codes.is_empty(), "an additional authenticator made new recovery codes");
        assert_eq!(refused(pair.next().confirm_enrollment(token, &code)), "EnrollmentOver");
        for instance in pair.both() {
            assert_eq!(
                instance.is_current(&self.session),
                Ok(false),
                "a new authenticator ends all sessions"
            );
        }
        let before = core::mem::replace(&mut self.phone, Phone { id, ..phone });
        let session = self.log_in(pair, false).session;
        let code = self.code();
        let session = pair.next().remove_authenticator(&session, &code, &before.id).unwrap();
        self.session = self.see("session", session);
        self.is_in(pair, &self.session);
        for instance in pair.both() {
            assert_eq!(instance.status().unwrap().authenticators, [self.phone.id.clone()]);
        }
    }

    fn change_the_password(&mut self, pair: &Pair) {
        let cookie = self.log_in(pair, true).cookie.unwrap();
        let (code, new) = (self.code(), format!("password {}", self.table.now()));
        let changing = pair.next();
        let mut meanwhile = || {
            // The other instance refuses, because a change is under way.
            let told = pair.next().log_in(&self.password, Some(&cookie)).map(drop);
            assert_eq!(told, Err(No::Refused("Retry".into())));
            let _ = pair.next();
        };
        let typed = (self.password.as_str(), code.as_str());
        let session = changing.change_password(&self.session, typed, &new, &mut meanwhile).unwrap();
        self.session = self.see("session", session);
        self.password = new;
        self.is_in(pair, &self.session);
        let on_the_device = pair.next().log_in(&self.password, Some(&cookie));
        assert!(matches!(on_the_device, Ok(Step::Code(_))), "{on_the_device:?} from {}", pair.name());
    }

    fn lose_the_phone_for_a_moment(&mut self, pair: &Pair) {
        let Some(code) = self.recovery_codes.pop() else { return };
        let challenge = self.open(pair);
        let entered = pair.next().present(&challenge, &code, true).unwrap();
        self.is_in(pair, &entered.session);
        let challenge = self.open(pair);
        assert_eq!(refused(pair.next().present(&challenge, &code, false)), "NotAccepted");
        let _ = pair.next().present(&challenge, &self.code(), false).unwrap();
        for instance in pair.both() {
            let status = instance.status().unwrap();
            assert_eq!((status.recovery_codes, status.devices), (self.recovery_codes.len(), 0));
        }
    }

    /// Records the format of a text that was handed out.
    fn see(&mut self, what: &'static str, text: String) -> String {
        let format = text.strip_prefix("{\"format\":").or_else(|| text.strip_prefix(['c', 'd', 'e']));
        self.seen.entry(what).or_default().extend(format.and_then(|rest| rest.chars().next()));
        text
    }

    /// The formats of all texts that were handed out since the last call, by kind.
    pub(crate) fn take_seen(&mut self) -> BTreeMap<&'static str, BTreeSet<char>> {
        core::mem::take(&mut self.seen)
    }
}

/// The name of the refusal.
#[track_caller]
pub(crate) fn refused<T: core::fmt::Debug>(answer: Result<T, No>) -> String {
    match answer {
        Err(No::Refused(name)) => name,
        other => panic!("not refused: {other:?}"),
    }
}
