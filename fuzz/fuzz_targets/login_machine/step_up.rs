//! What is typed in a session, before something sensitive.

use second_factor::session::{EventKind, Reauthenticated, RefusedBecause};
use second_factor::verifier::Error;
use second_factor::{BlockingStore, PasswordVerified, Refusal};

use crate::account::{Born, InSession, Presented};
use crate::{Machine, is_within};

impl Machine {
    /// What is typed into the form of a sensitive step, in one of the sessions; with the password or without.
    pub fn in_session(&mut self, a: u8, pick: u8, password: bool) {
        let (account, now) = (usize::from(a & 1), self.now());
        let owner = &self.accounts[account];
        let Some(index) = usize::from(pick).checked_rem(owner.sessions.len()) else { return };
        let other = &self.accounts[1 - account];
        let nth = usize::from(a >> 4);
        let from = |codes: &[String]| codes.get(nth.checked_rem(codes.len())?).cloned();
        let step = owner.phone.as_ref().and_then(|phone| Some((phone, phone.step(now)?)));
        let (text, presented) = match a >> 1 & 7 {
            0 | 1 => (step.map(|(phone, step)| phone.code_of(step)), Presented::Code),
            2 => (step.map(|(phone, step)| phone.code_of(step.saturating_sub(1))), Presented::Code),
            3 => {
                let wrong = step.map(|(phone, _)| phone.wrong_code(now, a >> 4));
                (wrong.or(Some("000000".to_owned())), Presented::Code)
            }
            4 => (step.and_then(|(phone, _)| Some(phone.code_of(owner.last?))), Presented::Code),
            5 => (from(&owner.unused), Presented::RecoveryCode),
            6 => (from(&owner.used).or_else(|| from(&other.unused)), Presented::RecoveryCode),
            _ => (Some("lost it".to_owned()), Presented::Nothing),
        };
        let Some(text) = text else { return };
        // Up to five times the same, where it is wrong.
        for _ in 0..=if a >> 1 & 7 == 3 { a >> 6 } else { 0 } {
            self.type_in_session(account, index, &text, presented, password);
        }
    }

    fn type_in_session(
        &mut self,
        account: usize,
        index: usize,
        text: &str,
        presented: Presented,
        password: bool,
    ) {
        let (now, forward, backward) = (self.now(), self.forward, self.backward);
        let owner = &mut self.accounts[account];
        let before = BlockingStore::load(self.verifier.store(), &owner.id).expect("it can be read");
        let kept = &owner.sessions[index];
        let outcome = if password {
            let proof = PasswordVerified::by_host(owner.id.clone());
            self.verifier.reauthenticate(&kept.session, proof, text)
        } else {
            self.verifier.fresh_factor(&kept.session, text).map(Reauthenticated::from)
        };
        let after = BlockingStore::load(self.verifier.store(), &owner.id).expect("it can be read");
        let current = kept.credentials == owner.credentials;
        let events = self.take_events();
        let owner = &mut self.accounts[account];
        let opened = events.contains(&EventKind::ChallengeOpened);
        assert!(!opened, "the step-up of a session is told of by what came of it");

        let steps = owner.phone.as_ref().map_or(Vec::new(), |phone| phone.steps_with(text, now));
        let fresh_step =
            steps.iter().copied().filter(|step| owner.last.is_none_or(|last| *step > last)).min();
        // What the model knows to be over is over: it opens another one.
        let mut step_up = owner.sessions[index].step_up.take().filter(|step_up| {
            step_up.born.generation == owner.challenged && is_within(600, step_up.born.at, now)
        });
        let is_sure = step_up.as_ref().is_none_or(|step_up| {
            step_up.sure
                && forward - step_up.forward < 600
                && backward == step_up.backward
                && owner.opened - step_up.opened < 8
        });
        let reason = events.iter().find_map(|event| match event {
            EventKind::CodeRefused { reason } | EventKind::RecoveryCodeRefused { reason } => Some(*reason),
            _ => None,
        });
        match outcome {
            Ok(Reauthenticated::Password(proof)) => {
                assert!(password && current && owner.phone.is_none(), "the password alone is no proof");
                assert_eq!((proof.account(), &before), (&owner.id, &after));
            }
            Ok(Reauthenticated::FreshFactor(fresh)) => {
                assert!(current, "a session of an earlier epoch stepped up");
                let method = owner.accept(text, presented, fresh_step);
                assert_eq!((fresh.account(), fresh.method(), fresh.at().as_secs()), (&owner.id, method, now));
                owner.guesses -= step_up.map_or(0, |step_up| step_up.code_failures);
                owner.consecutive = 0;
                // It made room for itself, if it was not open yet.
                owner.opened += 1;
                let born = Born { at: now, generation: owner.credentials };
                if self.fresh.len() < 8 {
                    self.fresh.push((account, fresh, born));
                }
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {
                assert!(!current, "a live session was refused");
                assert_eq!(before, after);
            }
            Err(Error::Refused(Refusal::NoAuthenticator)) => {
                assert!(!password && current && owner.phone.is_none());
                assert_eq!(before, after);
            }
            Err(Error::Refused(refusal)) => {
                assert!(current && owner.phone.is_some());
                match (presented, reason, refusal) {
                    (Presented::Nothing, None, Refusal::Malformed)
                    | (Presented::Code, Some(RefusedBecause::Locked), Refusal::Locked { .. })
                    | (Presented::Code, Some(RefusedBecause::Suspended), Refusal::Suspended) => {
                        // But for a wait that a clock set which was ahead: it begins anew, and the step-up is opened meanwhile.
                        if before != after {
                            assert!(backward > 0, "what was not evaluated was written");
                            owner.opened += 1;
                            let born = Born { at: now, generation: owner.challenged };
                            let new = InSession::opened(born, owner.opened, forward, backward);
                            step_up.get_or_insert(new).sure &= is_sure;
                        }
                        owner.sessions[index].step_up = step_up;
                        return;
                    }
                    (Presented::Code, Some(RefusedBecause::Wrong), _) => {
                        assert!(steps.is_empty(), "a right code was wrong");
                    }
                    (Presented::Code, Some(RefusedBecause::Replayed), _) => {
                        assert!(
                            !steps.is_empty() && fresh_step.is_none(),
                            "a fresh code taken for a used one"
                        );
                    }
                    (Presented::RecoveryCode, Some(RefusedBecause::Wrong), _) => {
                        let unused = owner.unused.iter().any(|unused| unused == text);
                        assert!(!unused, "an unused recovery code was refused");
                    }
                    other => panic!("refused in a session: {other:?}"),
                }
                if step_up.is_none() || !is_sure {
                    owner.opened += 1;
                }
                let born = Born { at: now, generation: owner.challenged };
                let counted = step_up.get_or_insert(InSession::opened(born, owner.opened, forward, backward));
                counted.sure &= is_sure;
                counted.failures += 1;
                let exhausted = events.contains(&EventKind::ChallengeExhausted);
                if counted.sure {
                    assert_eq!(counted.failures >= 5, exhausted, "five guesses end the step-up of a session");
                } else {
                    assert!(counted.failures >= 5 || !exhausted, "ended after {} guesses", counted.failures);
                }
                if presented == Presented::Code {
                    counted.code_failures += 1;
                    owner.charge(forward);
                }
                owner.sessions[index].step_up = step_up.filter(|_| !exhausted);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}
