use rand_core::TryRng as _;

use second_factor::{Refusal, Session};

use super::attacker::{Attacker, Moment};
use super::ledger::Who;
use super::service::{Door, Entered, Service};

/// The habits of the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Daily,
    Monthly,
    Never,
    /// Mistypes up to four times before each daily login.
    Mistypes,
    /// Mistypes once a day and then starts a new login.
    StartsOver,
    /// Logs in with recovery codes after slips, while there are any.
    UsesRecoveryCodes,
    /// Changes the password with a fresh factor: sometimes a code, sometimes a recovery code.
    ChangesPassword,
    /// Logs in with the passkey after slips, and sometimes with a code.
    UsesPasskey,
}

impl Owner {
    pub(super) const ALL: [Self; 8] = [
        Self::Daily,
        Self::Monthly,
        Self::Never,
        Self::Mistypes,
        Self::StartsOver,
        Self::UsesRecoveryCodes,
        Self::ChangesPassword,
        Self::UsesPasskey,
    ];

    pub(super) fn comes_on(self, day: u64) -> bool {
        match self {
            Self::Daily | Self::Mistypes | Self::StartsOver | Self::UsesPasskey => true,
            Self::Monthly => day % 30 == 29,
            Self::Never => false,
            Self::UsesRecoveryCodes => day % 20 == 19,
            Self::ChangesPassword => day % 4 == 3,
        }
    }

    /// A day of the owner, who gets in wherever the clock is right.
    pub(super) fn acts(self, service: &mut Service, attacker: &mut Attacker, day: u64) {
        let right = service.skews.iter().position(|skew| *skew == 0).unwrap_or_else(|| {
            // The clock is repaired.
            service.skews[0] = 0;
            0
        });
        // A random instance; the owner tries again if the login fails.
        let drawn = service.rng.try_next_u64().unwrap();
        let first = usize::try_from(drawn % 3).unwrap();
        if service.skews[first] != 0 {
            let code = service.read_code();
            let opened = service.open(first);
            if service.enter(&Door::Login(&opened), &code, Who::Owner).is_ok() {
                attacker.acts(service, Moment::AfterCode);
            }
        }
        match self {
            Self::Never => {}
            Self::Daily | Self::Monthly => {
                log_in(service, right, 0);
            }
            Self::Mistypes => {
                log_in(service, right, u8::try_from(drawn / 3 % 5).unwrap());
            }
            Self::StartsOver => {
                let opened = service.open(right);
                let _ = service.guess(&Door::Login(&opened), Who::Owner);
                log_in(service, right, 0);
            }
            Self::UsesRecoveryCodes => match service.recovery_codes.pop() {
                Some(code) => {
                    let opened = service.open(right);
                    slip(service, &Door::Login(&opened), 3);
                    assert!(service.enter(&Door::Login(&opened), &code, Who::Owner).is_ok());
                }
                None => {
                    log_in(service, right, 0);
                }
            },
            Self::UsesPasskey => {
                let opened = service.open(right);
                slip(service, &Door::Login(&opened), u8::try_from(drawn / 3 % 3).unwrap());
                if day % 7 == 6 || service.use_passkey(&opened).is_none() {
                    log_in(service, right, 0);
                }
            }
            Self::ChangesPassword => {
                let session = log_in(service, right, 0);
                if day % 40 == 39 {
                    let with_recovery_code = day % 80 == 79;
                    change_password(service, attacker, &session, right, with_recovery_code);
                }
            }
        }
    }
}

fn slip(service: &mut Service, door: &Door<'_>, slips: u8) {
    for _ in 0..slips {
        let _ = service.guess(door, Who::Owner);
    }
}

/// With a single code, or with codes in a row during a lock: the owner always gets in.
pub(super) fn log_in(service: &mut Service, instance: usize, slips: u8) -> Session {
    let opened = service.open(instance);
    let door = Door::Login(&opened);
    slip(service, &door, slips);
    let code = service.read_code();
    match service.enter(&door, &code, Who::Owner) {
        Ok(Entered::Session(session)) => session,
        Err(Refusal::Locked { .. }) => {
            let codes = service.read_codes_in_a_row();
            match service.enter(&door, &codes, Who::Owner) {
                Ok(Entered::Session(session)) => session,
                Ok(_) => unreachable!("a login opens a session"),
                Err(refused) => panic!("codes in a row: {refused:?}"),
            }
        }
        Ok(_) => unreachable!("a login opens a session"),
        Err(refused) => panic!("the owner's code: {refused:?}"),
    }
}

/// With codes in a row, or with a recovery code if there is one. The attacker acts before and after.
pub(super) fn change_password(
    service: &mut Service,
    attacker: &mut Attacker,
    session: &Session,
    instance: usize,
    with_recovery_code: bool,
) {
    let recovery_code = if with_recovery_code { service.recovery_codes.pop() } else { None };
    let typed = recovery_code.unwrap_or_else(|| service.read_codes_in_a_row());
    let door = Door::Again(session, instance);
    let Ok(Entered::Reauthenticated(proof)) = service.enter(&door, &typed, Who::Owner) else {
        panic!("the owner's factor was refused")
    };
    attacker.acts(service, Moment::BeforeRestore);
    service.change_password(instance, *proof);
    attacker.acts(service, Moment::AfterRestore);
}
