//! A day on which somebody with the passwords of a hundred accounts, and a stolen session and device token of each, does what they can
//! from 64 tasks at once. They make the service write no more often than they have guesses, and hold up none of the owners.

mod common;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::START;
use common::counting::{Counting, Writes};
use common::database::{Database, Schema};
use common::victim::{NO_RECOVERY_CODE, Service, Victim, forged, password};
use second_factor::testing::ManualClock;
use second_factor::{
    AuthMethod, ChallengeToken, Clock, Error, Login, MemoryStore, Refusal, Remember, Store, UnixTime,
};

const ACCOUNTS: usize = 100;
const TASKS: usize = 64;
const MOST: usize = 100_000;
const LEAST: usize = 10_000;

/// From an hour of the day to the next: longer than a device token's grace.
const PAUSE: Duration = Duration::from_secs(2 * 60 * 60);

/// Kinds of operations.
const KINDS: usize = 11;

/// The guesses in the first hour: the owner comes before the lock.
const BEFORE_THE_LOCK: usize = 10;

/// What the owners do in an hour. The attacker is there all day, and learns each new password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hour {
    Code,
    RememberedDevice,
    CodesInARow,
    /// All devices are forgotten.
    RecoveryCode,
    /// All sessions are over, and the guess budget is restored.
    PasswordChange,
    /// And from then on the attacker has a copy of that session and of that device's token.
    CodesInARowAndRemember,
    Asleep,
    /// The attacker presents the first copy of the token, too, which gives them away.
    OldCopy,
}

const DAY: [Hour; 9] = [
    Hour::Code,
    Hour::RememberedDevice,
    Hour::CodesInARow,
    Hour::RecoveryCode,
    Hour::PasswordChange,
    Hour::CodesInARowAndRemember,
    Hour::Asleep,
    Hour::Asleep,
    Hour::OldCopy,
];

/// All hours but the one whose owner has no device, and the one in which the token is new.
const ROTATIONS: usize = DAY.len() - 2;

#[derive(Clone, Copy)]
enum Extent {
    Operations(usize),
    /// As many as fit, and no fewer than `LEAST`.
    Time(Duration),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory() {
    attackers_day("MemoryStore", MemoryStore::new(), Extent::Operations(MOST)).await;
}

/// `SCALE=100000` asks for that many operations, however long they take.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgresql() {
    let Some(database) = Database::create().await else { return };
    let (store, _schema) = Schema::create(&database, &[]).await;
    let scale = std::env::var("SCALE").ok().map(|scale| scale.parse::<usize>().unwrap().clamp(LEAST, MOST));
    let extent = scale.map_or(Extent::Time(Duration::from_secs(60)), Extent::Operations);
    attackers_day("PostgreSQL", store, extent).await;
}

/// Two instances of the service over one store, so that the attacker's writes are told from the owners'.
struct World<S> {
    owners: Service<S>,
    attacker: Service<S>,
    victims: Vec<Victim>,
}

async fn attackers_day<S: Store + 'static>(name: &str, store: S, extent: Extent) {
    let (store, clock, begun) = (Arc::new(store), ManualClock::at(START), Instant::now());
    let service = || common::victim::service(Counting::over(store.clone()), clock.clone());
    let (owners, attacker) = (service(), service());
    let victims = Victim::many(&service(), &clock, ACCOUNTS).await;
    let world = Arc::new(World { owners, attacker, victims });
    let (mut operations, mut contended) = (0, 0);
    for hour in DAY {
        clock.advance(PAUSE);
        if hour == Hour::CodesInARow {
            operations += world.lock_all(clock.now()).await;
        }
        let guesses = if hour == Hour::Code { BEFORE_THE_LOCK } else { usize::MAX };
        for victim in &world.victims {
            victim.begin_hour(clock.now(), guesses);
        }

        let (started, done) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
        let owners: Vec<_> = (0..ACCOUNTS)
            .map(|index| {
                let (world, done) = (world.clone(), done.clone());
                tokio::spawn(async move {
                    // While the attacker is at this very account.
                    while done.load(Ordering::SeqCst) < index * KINDS {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    world.owner(&world.victims[index], hour).await;
                })
            })
            .collect();
        let attackers: Vec<_> = (0..TASKS)
            .map(|_| {
                let (world, done) = (world.clone(), done.clone());
                tokio::spawn(async move {
                    let mut contended = 0;
                    loop {
                        let number = done.fetch_add(1, Ordering::SeqCst);
                        if is_enough(extent, number, started) {
                            done.fetch_sub(1, Ordering::SeqCst);
                            return contended;
                        }
                        contended += usize::from(world.attack(number, hour).await);
                    }
                })
            })
            .collect();
        for owner in owners {
            owner.await.unwrap();
        }
        for attacker in attackers {
            contended += attacker.await.unwrap();
        }
        operations += done.load(Ordering::SeqCst);
    }
    operations += world.lock_all(clock.now()).await;
    assert!(operations >= LEAST, "{operations}");

    let (attacker, owners) = (world.attacker.store().writes(), world.owners.store().writes());
    let budget = usize::from(world.attacker.policy().guess_budget());
    for victim in &world.victims {
        let writes = attacker[victim.id.as_str()];
        // The budget, and once more after the owner has changed the password. No code is accepted three days after another.
        assert_eq!(writes.guesses, 2 * budget, "{writes:?}");
        assert_eq!(writes.ended, 1, "{writes:?}");
        assert!((1..=ROTATIONS).contains(&writes.rotations), "{writes:?}");
        assert_eq!(writes.others, 0, "{writes:?}");
    }
    let (all, theirs) = (Writes::sum(attacker.values()), Writes::sum(owners.values()));
    println!(
        "{name}: {operations} operations of the attacker in {:.1} s: {} writes ({} guesses, {} endings, {} rotations), {} swaps in vain, \
         {contended} operations gave up. The owners: {} writes in {} swaps, at most {} in vain for an account.",
        begun.elapsed().as_secs_f64(),
        all.stored(),
        all.guesses,
        all.ended,
        all.rotations,
        all.conflicts,
        theirs.stored(),
        theirs.stored() + theirs.conflicts,
        owners.values().map(|writes| writes.conflicts).max().unwrap_or_default(),
    );
}

/// Whether an hour has had its part.
fn is_enough(extent: Extent, operations: usize, started: Instant) -> bool {
    let part = |all: usize| all.div_ceil(DAY.len());
    match extent {
        Extent::Operations(all) => operations >= part(all),
        Extent::Time(all) => {
            operations >= part(MOST)
                || operations >= part(LEAST) && started.elapsed() * u32::try_from(DAY.len()).unwrap() >= all
        }
    }
}

impl<S: Store + 'static> World<S> {
    /// Guesses until single codes are refused, in all accounts.
    async fn lock_all(&self, now: UnixTime) -> usize {
        let mut operations = 0;
        for victim in &self.victims {
            victim.begin_hour(now, usize::MAX);
            loop {
                operations += 1;
                let challenge = challenge(&self.attacker, victim).await.unwrap();
                let told = self.attacker.present(&challenge, &victim.wrong_code(), Remember::No).await;
                if let Some(Refusal::Locked { .. }) = told.unwrap_err().refusal() {
                    break;
                }
            }
            assert!(self.owners.status(&victim.id).await.unwrap().is_locked);
        }
        operations
    }

    /// What an owner does. It does not fail, whatever the attacker does meanwhile.
    async fn owner(&self, victim: &Victim, hour: Hour) {
        let verifier = &self.owners;
        let log_in = async |typed: &str, remember: Remember<'_>, method: AuthMethod| {
            let challenge = challenge(verifier, victim).await.unwrap();
            let accepted = verifier.present(&challenge, typed, remember).await.unwrap();
            assert_eq!(accepted.authenticated.method(), method, "{}", victim.id);
            accepted
        };
        let row = victim.codes_in_a_row();
        match hour {
            Hour::Code => drop(log_in(&victim.code(), Remember::No, AuthMethod::Code).await),
            Hour::RememberedDevice => {
                let proof = password(verifier, &victim.id).await;
                let login = verifier.password_verified(proof, Some(&victim.desk)).await.unwrap();
                let Login::Complete(accepted) = login else { panic!("{}: {login:?}", victim.id) };
                let method = accepted.authenticated.method();
                assert!(matches!(method, AuthMethod::RememberedDevice { .. }), "{method:?}");
            }
            Hour::CodesInARow => drop(log_in(&row, Remember::No, AuthMethod::CodesInARow).await),
            Hour::RecoveryCode => {
                let accepted = log_in(&victim.recovery_code, Remember::No, AuthMethod::RecoveryCode).await;
                *victim.session.lock().unwrap() = Some(accepted.authenticated.into_session());
            }
            Hour::PasswordChange => {
                let mut session = victim.session.lock().unwrap().take().unwrap();
                let proof = password(verifier, &victim.id).await;
                let proof = verifier.reauthenticate(&session, proof, &row).await.unwrap();
                let write = async || Ok::<_, Infallible>(());
                session.continue_after(verifier.change_password(proof, write).await.unwrap());
                assert!(verifier.is_current(&session).await.unwrap(), "{}", victim.id);
            }
            Hour::CodesInARowAndRemember => {
                let remember = Remember::ThisDevice { label: "laptop" };
                victim.steal(log_in(&row, remember, AuthMethod::CodesInARow).await);
            }
            Hour::Asleep | Hour::OldCopy => {}
        }
    }

    /// One operation. Whether it gave up, since too many others wrote.
    async fn attack(&self, number: usize, hour: Hour) -> bool {
        // Of every kind to one account at about the same time, then to the next account.
        let (kind, victim) = (number % KINDS, &self.victims[number / KINDS % ACCOUNTS]);
        let verifier = &self.attacker;
        // Guesses are rationed in the first hour; where there is none left it is a password step.
        let is_guess = matches!(kind, 1 | 3 | 4 | 5);
        let kind = if is_guess && !victim.may_guess() { 0 } else { kind };
        let outcome = match kind {
            0 => challenge(verifier, victim).await.map(|_| None),
            1..=3 => {
                let wrong =
                    [&victim.wrong_code(), &victim.wrong_row(), NO_RECOVERY_CODE][kind - 1].to_owned();
                self.present(victim, &wrong).await
            }
            4 => self.step_up(victim, &victim.wrong_code()).await,
            5 => self.reauthenticate(victim, &victim.wrong_code()).await,
            6 => self.step_up(victim, &victim.wrong_row()).await,
            7 => self.use_device(victim, &victim.stolen_token()).await,
            8 => self.use_device(victim, &forged(&victim.stolen_token())).await,
            9 => self.forge_a_challenge(victim).await,
            _ if hour == Hour::OldCopy => self.use_device(victim, &victim.first_stolen_token()).await,
            _ => self.reauthenticate(victim, &victim.wrong_row()).await,
        };
        match outcome {
            Ok(None) | Err(Error::Refused(_)) => false,
            // By the device that was stolen: what it is remembered for.
            Ok(Some(AuthMethod::RememberedDevice { .. })) if kind == 7 => false,
            Err(Error::Contention) => true,
            other => panic!("{hour:?}, {kind}: {other:?}"),
        }
    }
}

type Attack<S> = Result<Option<AuthMethod>, Error<<S as Store>::Error>>;

/// What the attacker does. The answer names what let them in, if anything did.
impl<S: Store + 'static> World<S> {
    async fn present(&self, victim: &Victim, typed: &str) -> Attack<S> {
        let challenge = challenge(&self.attacker, victim).await?;
        let accepted = self.attacker.present(&challenge, typed, Remember::No).await?;
        Ok(Some(accepted.authenticated.method()))
    }

    async fn step_up(&self, victim: &Victim, typed: &str) -> Attack<S> {
        let session = victim.stolen_session();
        self.attacker.fresh_factor(&session, typed).await.map(|_| Some(AuthMethod::Code))
    }

    async fn reauthenticate(&self, victim: &Victim, typed: &str) -> Attack<S> {
        let (session, proof) = (victim.stolen_session(), password(&self.attacker, &victim.id).await);
        self.attacker.reauthenticate(&session, proof, typed).await.map(|_| Some(AuthMethod::Code))
    }

    async fn use_device(&self, victim: &Victim, token: &str) -> Attack<S> {
        let proof = password(&self.attacker, &victim.id).await;
        match self.attacker.password_verified(proof, Some(token)).await? {
            Login::Complete(accepted) => {
                let method = accepted.authenticated.method();
                victim.keep_stolen(accepted.device);
                Ok(Some(method))
            }
            _ => Ok(None),
        }
    }

    async fn forge_a_challenge(&self, victim: &Victim) -> Attack<S> {
        let genuine = challenge(&self.attacker, victim).await?;
        let forged = ChallengeToken::parse(&forged(genuine.expose())).unwrap();
        let accepted = self.attacker.present(&forged, &victim.wrong_code(), Remember::No).await?;
        Ok(Some(accepted.authenticated.method()))
    }
}

/// The password step.
async fn challenge<S: Store>(
    verifier: &Service<S>,
    victim: &Victim,
) -> Result<ChallengeToken, Error<S::Error>> {
    let proof = password(verifier, &victim.id).await;
    match verifier.password_verified(proof, None).await? {
        Login::CodeRequired(challenge) => Ok(challenge),
        other => panic!("{}: {other:?}", victim.id),
    }
}
