//! The password step and what is presented after it.

use second_factor::session::{EventKind, RefusedBecause};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, Login, PasswordVerified, Refusal, Remember};
use second_factor_fuzz::Phone;

use crate::account::{Born, Device, Open, Presented};
use crate::{DAY, Machine, is_within, series_of};

impl Machine {
    pub fn password(&mut self, account: usize, pick: u8) {
        let device =
            (pick & 1 == 1 && !self.devices.is_empty()).then(|| usize::from(pick >> 1) % self.devices.len());
        let cookie = device.map(|index| self.devices[index].text.clone());
        let now = self.now();
        let proof = PasswordVerified::by_host(self.accounts[account].id.clone());
        let login = self.verifier.password_verified(proof, cookie.as_deref()).expect("no key is needed");
        // Those of before this login: a device that was forgotten in it was not let in.
        let events = self.take_events();
        assert_eq!(events.contains(&EventKind::ChallengeOpened), matches!(login, Login::CodeRequired(_)));
        let owner = &mut self.accounts[account];
        match login {
            Login::CodeRequired(token) => {
                assert!(owner.phone.is_some());
                assert_eq!(token.account(), &owner.id);
                let born = Born { at: now, generation: owner.challenged };
                owner.opened += 1;
                self.push(Open { account, token, born, failures: 0, code_failures: 0, over: false });
            }
            Login::Complete(accepted) => {
                let done = accepted.authenticated;
                assert_eq!(done.account(), &owner.id);
                let method = done.method();
                owner.log_in(done.into_session());
                match method {
                    AuthMethod::SingleFactor => assert!(owner.phone.is_none(), "let in without a code"),
                    AuthMethod::RememberedDevice { since } => {
                        let index = device.expect("let in without a device");
                        let known = &mut self.devices[index];
                        assert_eq!(known.account, account, "the device of another account");
                        assert!(owner.phone.is_some() && !known.gone && known.generation == owner.remembered);
                        assert_eq!(since.as_secs(), known.since);
                        assert!(is_within(30 * DAY, known.since, now), "remembered beyond 30 days");
                        assert!(known.rotated_at.is_none_or(|at| is_within(60, at, now)), "a stale token");
                        if let Some(token) = accepted.device {
                            known.rotated_at = Some(now);
                            // The one before that is no longer even in grace.
                            let (generation, series) = (known.generation, series_of(&known.text));
                            let since = known.since;
                            for (_, older) in
                                self.devices.iter_mut().enumerate().filter(|(at, _)| *at != index)
                            {
                                older.gone |= series_of(&older.text) == series;
                            }
                            let text = token.expose().to_owned();
                            self.push_device(Device {
                                account,
                                text,
                                since,
                                generation,
                                rotated_at: None,
                                gone: false,
                            });
                        }
                    }
                    method => panic!("a password alone gives {method:?}"),
                }
            }
            Login::EnrollmentRequired => panic!("the policy demands nothing"),
        }
    }

    pub fn right_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let Some(step) = phone.step(self.now()) else { return };
        let step = match a >> 1 & 3 {
            0 => step.saturating_sub(1),
            1 => step.saturating_add(1),
            _ => step,
        };
        self.present(usize::from(pick), &phone.code_of(step), Presented::Code, a & 1 == 1);
    }

    pub fn wrong_code(&mut self, salt: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let code = phone.wrong_code(self.now(), salt);
        self.present(usize::from(pick), &code, Presented::Code, false);
    }

    pub fn used_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let Some(last) = self.accounts[self.open[usize::from(pick) % self.open.len()].account].last else {
            return;
        };
        self.present(
            usize::from(pick),
            &phone.code_of(last.saturating_sub(u64::from(a % 3))),
            Presented::Code,
            a & 4 == 4,
        );
    }

    pub fn recovery_code(&mut self, a: u8, pick: u8) {
        if self.open.is_empty() {
            return;
        }
        let open = &self.open[usize::from(pick) % self.open.len()];
        // Sometimes one of the other account.
        let account = &self.accounts[if a % 8 == 7 { 1 - open.account } else { open.account }];
        let codes = if a % 8 == 6 { &account.used } else { &account.unused };
        let Some(code) = codes.get(usize::from(a >> 3) % codes.len().max(1)).cloned() else { return };
        self.present(usize::from(pick), &code, Presented::RecoveryCode, false);
    }

    fn phone_for(&self, pick: u8) -> Option<Phone> {
        let open = self.open.get(usize::from(pick).checked_rem(self.open.len())?)?;
        self.accounts[open.account].phone.clone()
    }

    /// The heart: presents a text for an open challenge, and holds the answer to the model.
    pub fn present(&mut self, pick: usize, text: &str, presented: Presented, ticked: bool) {
        let Some(index) = pick.checked_rem(self.open.len()) else { return };
        let now = self.now();
        let remember = if ticked { Remember::ThisDevice { label: "a browser" } } else { Remember::No };
        let verifier = &self.verifier;
        let open = &self.open[index];
        let account = open.account;
        let outcome = verifier.present(&open.token, text, remember);
        let events = self.take_events();
        let (open, owner) = (&mut self.open[index], &mut self.accounts[account]);
        let steps = owner.phone.as_ref().map_or(Vec::new(), |phone| phone.steps_with(text, now));
        let fresh_step =
            steps.iter().copied().filter(|step| owner.last.is_none_or(|last| *step > last)).min();
        let usable = !open.over
            && open.failures < 5
            && open.born.generation == owner.challenged
            && is_within(600, open.born.at, now);
        let reason = events.iter().find_map(|event| match event {
            EventKind::CodeRefused { reason } | EventKind::RecoveryCodeRefused { reason } => Some(*reason),
            _ => None,
        });

        match outcome {
            Ok(accepted) => {
                assert!(usable, "a challenge that is over was completed");
                assert_eq!(reason, None);
                let method = owner.accept(text, presented, fresh_step);
                open.over = true;
                owner.guesses -= open.code_failures;
                owner.consecutive = 0;
                let done = accepted.authenticated;
                assert_eq!((done.account(), done.method(), done.at().as_secs()), (&owner.id, method, now));
                owner.log_in(done.into_session());
                assert_eq!(accepted.device.is_some(), ticked && presented == Presented::Code);
                if let Some(token) = accepted.device {
                    assert_eq!(token.account(), &owner.id);
                    let (text, generation) = (token.expose().to_owned(), owner.remembered);
                    self.push_device(Device {
                        account,
                        text,
                        since: now,
                        generation,
                        rotated_at: None,
                        gone: false,
                    });
                }
            }
            Err(Error::Refused(refusal)) => {
                match reason {
                    Some(RefusedBecause::Wrong | RefusedBecause::Replayed) => {
                        assert!(usable, "evaluated for a challenge that is over");
                        assert_ne!(presented, Presented::Nothing, "evaluated, and of neither form");
                        open.failures += 1;
                        assert_eq!(open.failures >= 5, events.contains(&EventKind::ChallengeExhausted));
                    }
                    Some(RefusedBecause::NoChallenge) => assert_eq!(refusal, Refusal::ChallengeOver),
                    Some(RefusedBecause::Locked) => assert!(matches!(refusal, Refusal::Locked { .. })),
                    Some(RefusedBecause::Suspended) => assert_eq!(refusal, Refusal::Suspended),
                    Some(other) => panic!("a reason that the model does not know: {other:?}"),
                    None => assert_eq!((presented, refusal), (Presented::Nothing, Refusal::Malformed)),
                }
                match (presented, reason) {
                    (Presented::Code, Some(RefusedBecause::Wrong)) => {
                        assert!(steps.is_empty(), "a right code was wrong")
                    }
                    (Presented::Code, Some(RefusedBecause::Replayed)) => {
                        assert!(
                            !steps.is_empty() && fresh_step.is_none(),
                            "a fresh code was taken for a used one"
                        );
                    }
                    (Presented::RecoveryCode, Some(RefusedBecause::Wrong)) => {
                        assert!(
                            !owner.unused.iter().any(|unused| unused == text),
                            "an unused recovery code was refused"
                        );
                        return;
                    }
                    _ => return,
                }
                open.code_failures += 1;
                owner.charge(self.forward);
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn push(&mut self, open: Open) {
        if self.open.len() >= 16 {
            self.open.remove(0);
        }
        self.open.push(open);
    }

    fn push_device(&mut self, device: Device) {
        if self.devices.len() >= 32 {
            self.devices.remove(0);
        }
        self.devices.push(device);
    }
}
