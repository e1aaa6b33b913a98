//! The actors.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::cell::RefCell;

use second_factor::session::{HostAuthenticatorKind, NewHostAuthenticator, PasswordChangeProof};
use second_factor::testing::Fault;
use second_factor::verifier::{ChangePasswordError, Clock, Error};
use second_factor::{Login, PasswordReset, PasswordVerified, Remember};

use super::scene::{Bound, Host, Issued, Password, Proof, Scene, replace};
use crate::login::schedule::{Actor, GiveWay};
use crate::support::{PASSKEY, Phone, STEP};

/// How a change goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Whole,
    /// The future is dropped after this many steps: before its first call, after each of its calls, during the write.
    DroppedAfter(usize),
    Fault {
        call: usize,
        fault: Fault,
    },
    WriteFails,
    /// The host writes the hash, but reports a failure.
    WriteFailsAfterwards,
}

/// An action at the same time as a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    LogIn(Password, Factor),
    LogInOnDevice,
    Present,
    PresentPasskey,
    StepUp,
    Replace,
    Confirm,
    Enroll(Password),
    BindPasskey(Password),
    AnotherChange,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Factor {
    Bound,
    None,
}

impl Beside {
    pub const LOGINS: [Self; 3] = [
        Self::LogIn(Password::Old, Factor::None),
        Self::LogIn(Password::New, Factor::None),
        Self::LogIn(Password::Old, Factor::Bound),
    ];

    pub const SHORT: [Self; 14] = [
        Self::LogIn(Password::Old, Factor::Bound),
        Self::LogIn(Password::Old, Factor::None),
        Self::LogIn(Password::New, Factor::Bound),
        Self::LogIn(Password::New, Factor::None),
        Self::LogInOnDevice,
        Self::Present,
        Self::PresentPasskey,
        Self::StepUp,
        Self::Replace,
        Self::Confirm,
        Self::Enroll(Password::Old),
        Self::Enroll(Password::New),
        Self::BindPasskey(Password::Old),
        Self::BindPasskey(Password::New),
    ];

    pub fn needs_factor(self) -> bool {
        !matches!(self, Self::LogIn(_, Factor::None) | Self::Confirm | Self::Enroll(_) | Self::BindPasskey(_))
    }
}

/// Changes the password from the old one to the new one.
pub fn changes(scene: &Scene, proof: Proof, change: Change) -> Actor {
    let proof: PasswordChangeProof = match proof {
        Proof::Reauthenticated => scene.reauthenticated().into(),
        Proof::Reset => scene.reset().into(),
    };
    if let Change::Fault { call, fault } = change {
        scene.of_change.store().plan([(call, fault)]);
    }
    let (verifier, changed, hashes) = (scene.of_change.clone(), scene.changed.clone(), scene.hashes());
    let (clock, written_at, host, begun) =
        (scene.clock.clone(), scene.written_at.clone(), scene.host, scene.now());
    let write = async move || {
        GiveWay::default().await;
        let waited = clock.now().as_secs().abs_diff(begun.as_secs());
        if change == Change::WriteFails || host == Host::Bounded && waited > 30 {
            return Err("not written");
        }
        replace(&hashes, Password::Old, Password::New)?;
        written_at.set(Some(clock.now()));
        if change == Change::WriteFailsAfterwards { Err("not written, as far as is known") } else { Ok(()) }
    };
    let actor: Actor = Box::pin(async move {
        let result = verifier.change_password(proof, write).await;
        *changed.borrow_mut() = Some(result);
    });
    match change {
        Change::DroppedAfter(steps) => Box::pin(Dropped { actor: Some(actor), steps }),
        _ => actor,
    }
}

pub fn jumps(scene: &Scene, secs: i64) -> Actor {
    let clock = scene.clock.clone();
    Box::pin(async move {
        GiveWay::default().await;
        let span = Duration::from_secs(secs.unsigned_abs());
        if secs < 0 { clock.back(span) } else { clock.advance(span) }
    })
}

fn note<T, E: core::fmt::Debug>(issued: &RefCell<Issued>, result: Result<T, Error<E>>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Refused(refusal)) => {
            issued.borrow_mut().refusals.insert(format!("{refusal:?}"));
            None
        }
        Err(other) => panic!("{other:?}"),
    }
}

pub fn beside(scene: &Scene, beside: Beside) -> Actor {
    let (verifier, issued, account) = (scene.verifier.clone(), scene.issued.clone(), scene.account.clone());
    let (base, hashes, clock) = (scene.base, scene.hashes(), scene.clock.clone());
    // A later code than the one that the owner reauthenticates with.
    let code = base.phone.code(base.now.saturating_add(STEP));
    let device = base.device.as_ref().filter(|_| beside == Beside::LogInOnDevice).cloned();
    match beside {
        Beside::LogIn(..) | Beside::LogInOnDevice => {
            let typed = if let Beside::LogIn(typed, _) = beside { typed } else { Password::Old };
            Box::pin(async move {
                let check = verifier.check_password(&account).await;
                GiveWay::default().await;
                if hashes.get() != typed {
                    return;
                }
                GiveWay::default().await;
                let proof = PasswordVerified::by_host(check);
                let cookie = device.as_ref().map(second_factor::DeviceToken::expose);
                match note(&issued, verifier.password_verified(proof, cookie).await) {
                    Some(Login::Complete(accepted)) => {
                        let session = accepted.authenticated.into_session();
                        issued.borrow_mut().sessions.push((typed, session));
                    }
                    Some(Login::CodeRequired(challenge)) => {
                        issued.borrow_mut().challenges.push((typed, challenge));
                    }
                    Some(Login::EnrollmentRequired(_)) => panic!("no second factor is required"),
                    None => {}
                }
            })
        }
        Beside::Present => Box::pin(async move {
            let challenge = base.challenge.as_ref().unwrap();
            let accepted = note(&issued, verifier.present(challenge, &code, Remember::No).await);
            if let Some(accepted) = accepted {
                issued.borrow_mut().sessions.push((Password::Old, accepted.authenticated.into_session()));
            }
        }),
        Beside::PresentPasskey => {
            let signed = scene.signed(b"beside a change");
            Box::pin(async move {
                let challenge = base.challenge.as_ref().unwrap();
                let accepted = note(&issued, verifier.present(challenge, signed, Remember::No).await);
                if let Some(accepted) = accepted {
                    let session = accepted.authenticated.into_session();
                    issued.borrow_mut().sessions.push((Password::Old, session));
                }
            })
        }
        Beside::BindPasskey(typed) => Box::pin(async move {
            let check = verifier.check_password(&account).await;
            GiveWay::default().await;
            if hashes.get() != typed {
                return;
            }
            let new = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey);
            let bound = verifier.bind_host_authenticator(PasswordVerified::by_host(check), new).await;
            if note(&issued, bound).is_some() {
                issued.borrow_mut().bound.push((typed, Bound::Passkey));
            }
        }),
        Beside::StepUp => Box::pin(async move {
            let fresh = note(&issued, verifier.fresh_factor(&base.other, &code).await);
            issued.borrow_mut().fresh.extend(fresh);
        }),
        Beside::Replace | Beside::Confirm => Box::pin(async move {
            let (token, phone) = &base.enrollment;
            let confirmed = verifier.confirm_enrollment(token, &phone.code(base.now)).await;
            if note(&issued, confirmed).is_some() {
                issued.borrow_mut().bound.push((Password::Old, Bound::Phone(phone.clone())));
            }
        }),
        Beside::Enroll(typed) => Box::pin(async move {
            let check = verifier.check_password(&account).await;
            GiveWay::default().await;
            if hashes.get() != typed {
                return;
            }
            let begun = verifier.begin_enrollment(PasswordVerified::by_host(check), "alice").await;
            let Some(begun) = note(&issued, begun) else { return };
            let phone = Phone::scan(&begun.uri);
            let confirmed = verifier.confirm_enrollment(&begun.token, &phone.code(clock.now())).await;
            if note(&issued, confirmed).is_some() {
                issued.borrow_mut().bound.push((typed, Bound::Phone(phone)));
            }
        }),
        Beside::AnotherChange => Box::pin(async move {
            for _ in 0..2 {
                let check = verifier.check_password(&account).await;
                let (old, hashes) = (hashes.get(), hashes.clone());
                let write = async move || {
                    GiveWay::default().await;
                    replace(&hashes, old, Password::Third)
                };
                let reset = PasswordReset::by_host(check);
                match verifier.change_password(reset, write).await {
                    Ok(_)
                    | Err(ChangePasswordError::Unfinished(None) | ChangePasswordError::NotWritten(_)) => {
                        return;
                    }
                    Err(ChangePasswordError::NotStarted(error)) => drop(note(&issued, Err::<(), _>(error))),
                    Err(other) => panic!("{other:?}"),
                }
            }
        }),
    }
}

/// An actor that is dropped after this many steps.
struct Dropped {
    actor: Option<Actor>,
    steps: usize,
}

impl Future for Dropped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_done = self.actor.as_mut().is_none_or(|actor| actor.as_mut().poll(context).is_ready());
        if is_done || self.steps == 0 {
            self.actor = None;
            return Poll::Ready(());
        }
        self.steps -= 1;
        Poll::Pending
    }
}
