use second_factor::{Refusal, Session, UnixTime};

use super::ledger::Who;
use super::service::{Door, Opened, Service};
use crate::support::days;

/// When the attacker may act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment {
    /// Any time of the day.
    Idle,
    /// A moment before the owner comes.
    BeforeOwner,
    /// A moment after a code of the owner's was accepted.
    AfterCode,
    /// The owner has the fresh factor for a password change, but has not used it yet.
    BeforeRestore,
    /// The owner has changed the password.
    AfterRestore,
    /// The last second of the year.
    End,
}

/// How the attacker spends the guesses. In the last second of the year each strategy spends all that are left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Strategy {
    /// At every second at which a guess is evaluated.
    WithoutPause,
    /// Four before each login of the owner, in one challenge.
    FourBeforeEachLogin,
    /// Without pause, in a session shared with the owner.
    StepUps,
    /// One in each of two hundred challenges, repeatedly.
    TwoHundredChallenges,
    /// After each password reset, one a day: the attacker has the mailbox.
    AfterEachReset,
    /// Only around a restore: as many as possible before it and after it.
    AroundRestores,
    /// Right after each accepted code of the owner.
    AfterEachCode,
    /// Waits for a month's credit, then spends it at once.
    WhenCreditIsThere,
    /// Without pause; every other guess is a recovery code of an old system.
    OldRecoveryCodes,
}

impl Strategy {
    pub(super) const ALL: [Self; 9] = [
        Self::WithoutPause,
        Self::FourBeforeEachLogin,
        Self::StepUps,
        Self::TwoHundredChallenges,
        Self::AfterEachReset,
        Self::AroundRestores,
        Self::AfterEachCode,
        Self::WhenCreditIsThere,
        Self::OldRecoveryCodes,
    ];
}

/// Has the password, and a session of the owner or the mailbox if the strategy needs it.
pub(super) struct Attacker {
    strategy: Strategy,
    challenges: Vec<Opened>,
    session: Option<Session>,
    /// The number of guesses in the newest challenge.
    in_challenge: u8,
    tries: u64,
    last_code: u64,
}

impl Attacker {
    pub(super) fn new(strategy: Strategy) -> Self {
        Self { strategy, challenges: vec![], session: None, in_challenge: 0, tries: 0, last_code: 0 }
    }

    pub(super) fn acts(&mut self, service: &mut Service, moment: Moment) {
        if moment == Moment::AfterCode {
            self.last_code = service.now;
        }
        let month = days(30).as_secs();
        let all = match (self.strategy, moment) {
            (_, Moment::End)
            | (
                Strategy::WithoutPause
                | Strategy::StepUps
                | Strategy::TwoHundredChallenges
                | Strategy::OldRecoveryCodes,
                _,
            )
            | (Strategy::AfterEachReset, Moment::Idle)
            | (Strategy::AroundRestores, Moment::BeforeRestore | Moment::AfterRestore)
            | (Strategy::AfterEachCode, Moment::AfterCode | Moment::AfterRestore) => true,
            (Strategy::WhenCreditIsThere, _) => service.now >= self.last_code + month,
            _ => false,
        };
        if self.strategy == Strategy::AfterEachReset && moment == Moment::Idle {
            service.reset_password();
        }
        if all {
            for instance in 0..Service::INSTANCES {
                self.guesses(service, instance, u64::MAX);
            }
        } else if (self.strategy, moment) == (Strategy::FourBeforeEachLogin, Moment::BeforeOwner) {
            self.in_challenge = 0;
            self.challenges.clear();
            self.guesses(service, 0, 4);
        }
    }

    /// Guesses at each second of the day at which another guess is evaluated.
    pub(super) fn waits(&mut self, service: &mut Service, until: u64) {
        let does_wait = matches!(
            self.strategy,
            Strategy::WithoutPause
                | Strategy::StepUps
                | Strategy::TwoHundredChallenges
                | Strategy::OldRecoveryCodes
        );
        if !does_wait {
            return;
        }
        loop {
            let skews = core::mem::take(&mut service.skews);
            let retry_at = service.status(0).retry_at;
            service.skews = skews;
            let Some(retry_at) = retry_at.map(UnixTime::as_secs).filter(|time| *time < until) else {
                return;
            };
            service.now = service.now.max(retry_at);
            let before = service.ledger.total();
            self.acts(service, Moment::Idle);
            if service.ledger.total() == before {
                return;
            }
        }
    }

    /// Guesses on this instance until no guess is evaluated any more.
    fn guesses(&mut self, service: &mut Service, instance: usize, most: u64) {
        let mut left = most;
        while left > 0 {
            left -= 1;
            let status = service.status(instance);
            // While the account is locked, most tries are skipped to save time.
            self.tries += 1;
            if status.is_locked && !self.tries.is_multiple_of(16) {
                return;
            }
            let before = service.ledger.total();
            let refused = self.guess(service, instance);
            if service.ledger.total() == before {
                assert_eq!(refused, Refusal::Locked { retry_at: status.retry_at });
                assert!(status.is_locked);
                return;
            }
            assert!(!status.is_locked, "evaluated, though the account is locked");
        }
    }

    fn guess(&mut self, service: &mut Service, instance: usize) -> Refusal {
        if self.strategy == Strategy::StepUps {
            loop {
                let session = self.session.take().unwrap_or_else(|| service.stolen_session());
                let door = if self.tries.is_multiple_of(5) {
                    Door::Again(&session, instance)
                } else {
                    Door::StepUp(&session, instance)
                };
                match service.guess(&door, Who::Attacker) {
                    // A password change has ended the session; the attacker steals the next one.
                    Err(Refusal::StepUpRequired) => {}
                    Err(refused) => {
                        self.session = Some(session);
                        return refused;
                    }
                    Ok(()) => unreachable!("no guess is right here"),
                }
            }
        }
        loop {
            let opened = self.challenge(service, instance);
            self.in_challenge += 1;
            let before = service.ledger.total();
            // If no old recovery code is left, this is an ordinary guess.
            let refused = if self.strategy == Strategy::OldRecoveryCodes
                && self.tries.is_multiple_of(2)
                && !service.recovery_codes.is_empty()
            {
                service.try_old_code(&opened, Who::Attacker)
            } else {
                service.guess(&Door::Login(&opened), Who::Attacker).unwrap_err()
            };
            if refused != Refusal::ChallengeOver || service.ledger.total() > before {
                return refused;
            }
            // Too old for this clock, or from before a reset.
            self.challenges.retain(|kept| kept.instance != instance);
        }
    }

    /// A challenge of this instance for the next guess.
    fn challenge(&mut self, service: &mut Service, instance: usize) -> Opened {
        let (kept, guesses) = if self.strategy == Strategy::TwoHundredChallenges { (200, 1) } else { (1, 4) };
        let ours = self.challenges.iter().filter(|opened| opened.instance == instance).count();
        if ours < kept || self.in_challenge >= guesses {
            let opened = service.open(instance);
            self.in_challenge = 0;
            if ours >= kept {
                let oldest = self.challenges.iter().position(|opened| opened.instance == instance);
                self.challenges.remove(oldest.unwrap());
            }
            self.challenges.push(opened);
        }
        self.challenges.iter().rfind(|opened| opened.instance == instance).unwrap().clone()
    }
}
