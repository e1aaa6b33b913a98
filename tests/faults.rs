//! Every operation of the verifier over a store that goes wrong, at every call and at every pair of calls.
//!
//! Each operation is called twice with the same input, as a client that saw an error does, so the pairs reach
//! across the two. Enumerated, not sampled.
#![cfg(all(feature = "testing", feature = "serde", feature = "sealing"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};

use common::{Phone, STEP, World, texts};
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, EnrollmentBegun, EventKind, FreshFactor, Import, Policy, Refusal, Remember,
};
use second_factor::store::{Expected, Swap, Versioned};
use second_factor::testing::{Fault, Faulty, FaultyError};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, Algorithm, BlockingStore, Digits, KeyUri, Login, MemoryStore, Period, Secret,
    TotpParams, UnixTime,
};
use serde_json::Value;

/// A memory store that keeps all that was ever stored.
#[derive(Debug, Default)]
struct History {
    rows: MemoryStore,
    stored: Mutex<Vec<AccountRecord>>,
}

type Failed = <MemoryStore as BlockingStore>::Error;

impl BlockingStore for History {
    type Error = Failed;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Failed> {
        BlockingStore::load(&self.rows, account)
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, Failed> {
        let swap = BlockingStore::compare_and_swap(&self.rows, account, expected, next)?;
        if matches!(swap, Swap::Stored(_)) {
            self.stored.lock().unwrap().push(next.clone());
        }
        Ok(swap)
    }
}

type Store = Arc<Faulty<History>>;
type Outcome = Result<Granted, Error<FaultyError<Failed>>>;

/// What an operation that succeeded gave.
#[derive(Debug)]
enum Granted {
    LoggedIn,
    /// A new authenticator is bound, and these are its recovery codes.
    Bound(Vec<String>),
    /// New recovery codes.
    Codes(Vec<String>),
    /// A challenge, a fact, a list: nothing that could be granted once too often.
    Other,
}

/// What an operation may do to the account beyond what every operation may.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own")]
struct May {
    /// The input can be used once.
    once: bool,
    /// The input is wrong, so nothing may ever be granted.
    never: bool,
    replace_authenticator: bool,
    remove_authenticator: bool,
    replace_codes: bool,
    restore_budget: bool,
}

/// An account as it stands before each run: bound, charged, with a device, and an enrollment under way.
struct Base {
    record: AccountRecord,
    now: UnixTime,
    phone: Phone,
    codes: Vec<String>,
    device: String,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let world = World::new();
    let (phone, codes) = world.enroll();
    let device = world.remember(&phone).expose().to_owned();
    let challenge = world.challenge();
    for code in phone.wrong_codes(world.now()).take(3) {
        let refused = world.verifier.present_code(&challenge, &code, Remember::No);
        assert_eq!(common::refusal(refused).unwrap_err(), Refusal::NotAccepted);
    }
    let record = BlockingStore::load(world.verifier.store(), &world.account).unwrap().unwrap().value;
    let budget = body(&record)["budget"].clone();
    for count in ["spent", "unrefunded", "consecutive"] {
        assert_eq!(budget[count], 3, "{count}");
    }
    Base { record, now: world.now(), phone, codes, device }
});

struct Run {
    world: World<Store>,
    phone: Phone,
    new_phone: Option<Phone>,
}

impl Run {
    fn enrolled() -> Self {
        let run = Self::over(Some(&BASE.record));
        run.world.clock.set(BASE.now);
        run
    }

    fn empty() -> Self {
        Self::over(None)
    }

    fn over(record: Option<&AccountRecord>) -> Self {
        let history = History::default();
        if let Some(record) = record {
            let swap = history.compare_and_swap(record.account(), Expected::Absent, record).unwrap();
            assert!(matches!(swap, Swap::Stored(_)));
        }
        let world = World::over(Arc::new(Faulty::new(history)), Policy::new("Example").unwrap());
        Self { world, phone: BASE.phone.clone(), new_phone: None }
    }

    fn store(&self) -> &Faulty<History> {
        self.world.verifier.store()
    }

    fn code(&self) -> String {
        self.phone.code(self.world.now())
    }

    fn wrong_code(&self) -> String {
        self.phone.wrong_code(self.world.now())
    }
}

/// An operation with its input, to be called again and again.
type Operation = Box<dyn FnMut(&Run) -> Outcome>;

struct Scenario {
    name: &'static str,
    may: May,
    prepare: fn() -> (Run, Operation),
}

/// The faults that a store can show to one caller. `Delay` changes the order between callers only: see
/// `interleavings.rs`.
const FAULTS: [Fault; 5] = [Fault::Fail, Fault::LoseReply, Fault::Duplicate, Fault::Retry, Fault::Conflict];

/// Runs the scenario without faults, with every single one and with every pair; how many runs there were.
fn enumerate(scenario: &Scenario) -> usize {
    let singles = |at: usize| FAULTS.map(|fault| (at, fault));
    let mut runs = 1;
    // Up to its first fault a run is the one without, and up to its second the one with the first.
    for first in (1..=run(scenario, &[])).flat_map(singles) {
        runs += 1;
        for second in (first.0 + 1..=run(scenario, &[first])).flat_map(singles) {
            run(scenario, &[first, second]);
            runs += 1;
        }
    }
    runs
}

/// One run under these faults, judged; how many calls to the store the two attempts made.
fn run(scenario: &Scenario, faults: &[(usize, Fault)]) -> usize {
    let (run, mut operation) = (scenario.prepare)();
    let history = || run.store().inner().stored.lock().unwrap().len();
    let before = history().saturating_sub(1);
    run.world.events.take();
    run.store().plan(faults.iter().copied());
    let outcomes = [operation(&run), operation(&run)];
    let calls = run.store().calls();
    run.store().plan([]);
    let told = format!("{} under {faults:?}: {outcomes:?}", scenario.name);
    let stored: Vec<Value> = run.store().inner().stored.lock().unwrap()[before..].iter().map(body).collect();
    for step in stored.windows(2) {
        judge_step(scenario.may, &step[0], &step[1], &told);
    }
    judge_outcomes(scenario.may, &run, operation, &outcomes, &told);
    calls
}

fn body(record: &AccountRecord) -> Value {
    serde_json::to_value(record).unwrap()["record"].clone()
}

/// From one stored record to the next.
fn judge_step(may: May, before: &Value, after: &Value, told: &str) {
    let step = |record: &Value| record["authenticator"]["step"].as_u64();
    let id = |record: &Value| record["authenticator"]["secret"]["id"].clone();
    let codes = |record: &Value| -> BTreeSet<String> {
        record["recovery"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    };
    if id(before) == id(after) {
        assert!(step(after) >= step(before), "a spent code comes back: {told}");
    } else if !before["authenticator"].is_null() {
        let is_allowed = if after["authenticator"].is_null() {
            may.remove_authenticator
        } else {
            may.replace_authenticator
        };
        assert!(is_allowed, "a confirmed secret is lost: {told}");
    }
    if !may.replace_codes {
        assert!(codes(after).is_subset(&codes(before)), "a recovery code comes back: {told}");
    }
    // What was accepted refunds the guesses of its own challenge, and only those.
    let is_accepted = step(after) > step(before) || codes(after).len() < codes(before).len();
    for count in ["spent", "unrefunded", "consecutive"] {
        let counted = |record: &Value| record["budget"][count].as_u64().unwrap();
        let may_fall =
            may.restore_budget || (count == "consecutive" && (is_accepted || may.replace_authenticator));
        assert!(may_fall || counted(after) >= counted(before), "{count} goes backwards: {told}");
    }
}

fn judge_outcomes(may: May, run: &Run, mut operation: Operation, outcomes: &[Outcome; 2], told: &str) {
    for outcome in outcomes {
        let is_expected =
            matches!(outcome, Ok(_) | Err(Error::Store(FaultyError::Injected { .. }) | Error::Refused(_)));
        assert!(is_expected, "{told}");
    }
    let mut granted: Vec<&Granted> = outcomes.iter().flatten().collect();
    // Once more, the store being well again.
    let again = if may.once { operation(run) } else { Err(Error::Contention) };
    granted.extend(again.as_ref().ok());
    assert!(!may.once || granted.len() <= 1, "granted {} times: {told}", granted.len());
    assert!(!may.never || granted.is_empty(), "fails open: {told}");
    // Nobody is logged in in the log who is not, and nobody is who is not in the log.
    let accepted = granted.iter().filter(|granted| matches!(granted, Granted::LoggedIn)).count();
    let logged_in = run.world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }));
    assert_eq!(logged_in, accepted, "{told}");

    // The owner of what is bound now gets in with it, and with nothing else.
    run.world.clock.advance(4 * STEP);
    if run.world.verifier.status(&run.world.account).unwrap().is_enabled() {
        let phones = [Some(&run.phone), run.new_phone.as_ref()].into_iter().flatten();
        let works = |phone: &&Phone| run.world.present(&phone.code(run.world.now())).is_ok();
        assert_eq!(phones.filter(works).count(), 1, "{told}");
    } else {
        assert!(matches!(run.world.login(), Login::Complete(_)), "{told}");
    }
    // The recovery codes that were handed out last are those that are kept.
    let last = if again.is_ok() { &again } else { &outcomes[1] };
    if let Ok(Granted::Bound(codes) | Granted::Codes(codes)) = last {
        let accepted = run.world.verifier.present_recovery_code(&run.world.challenge(), &codes[0]);
        assert!(accepted.is_ok(), "{told}");
    }
}

fn logged_in<T>(_: T) -> Granted {
    Granted::LoggedIn
}

fn other<T>(_: T) -> Granted {
    Granted::Other
}

const READS: May = May {
    once: false,
    never: false,
    replace_authenticator: false,
    remove_authenticator: false,
    replace_codes: false,
    restore_budget: false,
};
const ONCE: May = May { once: true, ..READS };
const NEVER: May = May { never: true, ..READS };
const BINDS: May = May { once: true, replace_authenticator: true, replace_codes: true, ..READS };
const REMOVES: May = May { remove_authenticator: true, restore_budget: true, ..READS };

/// The password and what follows it.
const LOGINS: [Scenario; 10] = [
    Scenario {
        name: "password_verified",
        may: READS,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.password_verified(run.world.password(), None).map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "password_verified on a remembered device",
        may: READS,
        prepare: || {
            let operation = |run: &Run| {
                let login = run.world.verifier.password_verified(run.world.password(), Some(&BASE.device))?;
                // The second attempt comes with the cookie of the first, within the grace.
                Ok(if matches!(login, Login::Complete(_)) { Granted::LoggedIn } else { Granted::Other })
            };
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "password_verified without a record",
        may: READS,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.password_verified(run.world.password(), None).map(logged_in);
            (Run::empty(), Box::new(operation))
        },
    },
    Scenario { name: "present_code", may: ONCE, prepare: || presents(Run::code, Remember::No) },
    Scenario {
        name: "present_code, remembering",
        may: ONCE,
        prepare: || presents(Run::code, Remember::ThisDevice { label: "Firefox" }),
    },
    Scenario { name: "present_code, wrong", may: NEVER, prepare: || presents(Run::wrong_code, Remember::No) },
    Scenario { name: "present_recovery_code", may: ONCE, prepare: || spends(&BASE.codes[0]) },
    Scenario { name: "present_recovery_code, wrong", may: NEVER, prepare: || spends(WRONG_RECOVERY_CODE) },
    Scenario {
        name: "abandon",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let challenge = run.world.challenge();
            (run, Box::new(move |run| run.world.verifier.abandon(&challenge).map(other)))
        },
    },
    Scenario {
        name: "status and is_current",
        may: READS,
        prepare: || {
            let operation = |run: &Run| {
                let status = run.world.verifier.status(&run.world.account)?;
                assert!(status.is_enabled(), "an account fails open");
                assert!(!run.world.verifier.is_current(&run.world.account, second_factor::Epoch::NONE)?);
                Ok(Granted::Other)
            };
            (Run::enrolled(), Box::new(operation))
        },
    },
];

const WRONG_RECOVERY_CODE: &str = "AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA";

fn presents(code: fn(&Run) -> String, remember: Remember<'static>) -> (Run, Operation) {
    let run = Run::enrolled();
    let (challenges, code) =
        ([run.world.challenge(), run.world.challenge(), run.world.challenge()], code(&run));
    let mut challenges = challenges.into_iter().cycle();
    // In another challenge each time: in the same one it is over once it was completed.
    let operation = move |run: &Run| {
        run.world.verifier.present_code(&challenges.next().unwrap(), &code, remember).map(logged_in)
    };
    (run, Box::new(operation))
}

fn spends(code: &'static str) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut challenges =
        [run.world.challenge(), run.world.challenge(), run.world.challenge()].into_iter().cycle();
    let operation = move |run: &Run| {
        run.world.verifier.present_recovery_code(&challenges.next().unwrap(), code).map(logged_in)
    };
    (run, Box::new(operation))
}

/// What an owner does.
const CHANGES: [Scenario; 16] = [
    Scenario {
        name: "begin_step_up",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let epoch = run.world.epoch();
            (run, Box::new(move |run| run.world.verifier.begin_step_up(&run.world.account, epoch).map(other)))
        },
    },
    Scenario { name: "step_up", may: ONCE, prepare: || steps_up(Run::code) },
    Scenario { name: "step_up, wrong", may: NEVER, prepare: || steps_up(Run::wrong_code) },
    Scenario {
        name: "step_up_with_recovery_code",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let mut tokens = [run.world.step_up_token(), run.world.step_up_token()].into_iter().cycle();
            let operation = move |run: &Run| {
                run.world
                    .verifier
                    .step_up_with_recovery_code(&tokens.next().unwrap(), &BASE.codes[0])
                    .map(other)
            };
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "begin_enrollment",
        may: READS,
        prepare: || with_fresh(|run, fresh| run.world.verifier.begin_enrollment(fresh, "alice").map(other)),
    },
    Scenario {
        name: "begin_enrollment without a fresh factor",
        may: NEVER,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.begin_enrollment(run.world.password(), "alice").map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "pending_enrollment",
        may: READS,
        prepare: || {
            let (run, begun) = replacing();
            (run, Box::new(move |run| run.world.verifier.pending_enrollment(&begun.token).map(other)))
        },
    },
    Scenario { name: "confirm_enrollment", may: BINDS, prepare: || confirms(replacing(), Phone::code) },
    Scenario {
        name: "confirm_enrollment, wrong",
        may: NEVER,
        prepare: || confirms(replacing(), Phone::wrong_code),
    },
    Scenario {
        name: "confirm_enrollment of the first",
        may: BINDS,
        prepare: || {
            let mut run = Run::empty();
            let begun = run.world.begin();
            run.new_phone = Some(Phone::scan(&begun.uri));
            confirms((run, begun), Phone::code)
        },
    },
    Scenario {
        name: "import",
        may: ONCE,
        prepare: || {
            let mut run = Run::empty();
            let secret = Secret::new(&[0x5a; 20]).unwrap();
            let uri = KeyUri::totp(
                "Example",
                "alice",
                secret.clone(),
                Algorithm::Sha1,
                Digits::Six,
                Period::DEFAULT,
            );
            run.new_phone = Some(Phone::scan(&uri.unwrap()));
            let operation = move |run: &Run| {
                let imported = ImportedSecret::new(secret.clone()).unwrap();
                let import = Import::by_host(run.world.account.clone(), imported, TotpParams::default());
                run.world.verifier.import(import).map(other)
            };
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "disable",
        may: May { once: true, ..REMOVES },
        prepare: || with_fresh(|run, fresh| run.world.verifier.disable(fresh).map(other)),
    },
    Scenario {
        name: "regenerate_recovery_codes",
        may: May { replace_codes: true, ..READS },
        prepare: || {
            with_fresh(|run, fresh| {
                run.world.verifier.regenerate_recovery_codes(fresh).map(|codes| Granted::Codes(texts(&codes)))
            })
        },
    },
    Scenario {
        name: "password_changed",
        may: May { restore_budget: true, ..READS },
        prepare: || {
            (
                Run::enrolled(),
                Box::new(|run| run.world.verifier.password_changed(&run.world.account).map(other)),
            )
        },
    },
    Scenario {
        name: "administrator_reset",
        may: REMOVES,
        prepare: || {
            let operation = |run: &Run| {
                let administrator = AccountId::new("administrator").unwrap();
                let reset = AdministratorReset::by_host(run.world.account.clone(), &administrator).unwrap();
                run.world.verifier.administrator_reset(reset).map(other)
            };
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "forget_device and forget_all_devices",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let device = run.world.verifier.status(&run.world.account).unwrap().devices[0].id;
            let operation = move |run: &Run| {
                run.world.verifier.forget_device(&run.world.account, device)?;
                run.world.verifier.forget_all_devices(&run.world.account)?;
                assert_eq!(run.world.verifier.status(&run.world.account)?.devices, []);
                Ok(Granted::Other)
            };
            (run, Box::new(operation))
        },
    },
];

fn steps_up(code: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut tokens =
        [run.world.step_up_token(), run.world.step_up_token(), run.world.step_up_token()].into_iter().cycle();
    let code = code(&run);
    let operation = move |run: &Run| run.world.verifier.step_up(&tokens.next().unwrap(), &code).map(other);
    (run, Box::new(operation))
}

/// Each attempt takes a fresh factor of its own, as each takes it by value.
fn with_fresh(operation: fn(&Run, FreshFactor) -> Outcome) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut fresh: Vec<_> = (0..3).map(|_| run.world.fresh(&run.phone)).collect();
    (run, Box::new(move |run| operation(run, fresh.pop().unwrap())))
}

/// An account under way from one phone to another.
fn replacing() -> (Run, EnrollmentBegun) {
    let mut run = Run::enrolled();
    let begun = run.world.verifier.begin_enrollment(run.world.fresh(&run.phone), "alice").unwrap();
    run.new_phone = Some(Phone::scan(&begun.uri));
    (run, begun)
}

fn confirms((run, begun): (Run, EnrollmentBegun), code: fn(&Phone, UnixTime) -> String) -> (Run, Operation) {
    let code = code(run.new_phone.as_ref().unwrap(), run.world.now());
    let operation = move |run: &Run| {
        let confirmed = run.world.verifier.confirm_enrollment(&begun.token, &code)?;
        Ok(Granted::Bound(texts(&confirmed.recovery_codes)))
    };
    (run, Box::new(operation))
}

#[test]
fn no_fault_or_pair_of_faults_lets_a_login_fail_open() {
    enumerate_all(&LOGINS);
}

#[test]
fn no_fault_or_pair_of_faults_loses_what_an_owner_changes() {
    enumerate_all(&CHANGES);
}

fn enumerate_all(scenarios: &[Scenario]) {
    let mut runs = 0;
    for scenario in scenarios {
        let found = enumerate(scenario);
        println!("{}: {found} runs", scenario.name);
        runs += found;
    }
    println!("{} operations, {runs} runs", scenarios.len());
}
