use second_factor::Refusal;

use super::ledger::Who;
use super::service::{Door, Service};
use crate::support::days;

impl Service {
    /// At this moment and with right clocks: the reported lock is true, and the owner gets in.
    pub(super) fn assert_promises(&mut self) {
        self.as_if(|service| {
            service.skews = [0; Self::INSTANCES];
            service.assert_lock_is_true();
            service.as_if(Self::assert_codes_in_a_row_open);
            service.as_if(Self::assert_a_recovery_code_opens);
        });
    }

    /// Whether another code is evaluated at this time; the refusal says when, if not.
    fn is_evaluated(&mut self, at: u64) -> Result<(), Refusal> {
        self.as_if(|service| {
            service.now = at;
            let before = service.ledger.total();
            let opened = service.open(0);
            let refused = service.guess(&Door::Login(&opened), Who::Attacker).unwrap_err();
            if service.ledger.total() > before { Ok(()) } else { Err(refused) }
        })
    }

    fn assert_lock_is_true(&mut self) {
        let (status, now) = (self.status(0), self.now);
        if !status.is_locked {
            assert_eq!((self.is_evaluated(now), status.retry_at), (Ok(()), None));
            return;
        }
        let locked = Err(Refusal::Locked { retry_at: status.retry_at });
        assert_eq!(self.is_evaluated(now), locked);
        if let Some(retry_at) = status.retry_at {
            assert!(retry_at.as_secs() > now, "the reported time has passed");
            assert_eq!(self.is_evaluated(retry_at.as_secs() - 1), locked, "evaluated a second early");
            assert_eq!(self.is_evaluated(retry_at.as_secs()), Ok(()), "not evaluated at the reported time");
        } else {
            for wait in [1, 31, 366, 20 * 365] {
                assert_eq!(
                    self.is_evaluated(now + days(wait).as_secs()),
                    locked,
                    "evaluated after {wait} days"
                );
            }
        }
    }

    fn assert_codes_in_a_row_open(&mut self) {
        let codes = self.read_codes_in_a_row();
        let opened = self.open(0);
        let before = self.ledger.total();
        assert!(self.enter(&Door::Login(&opened), &codes, Who::Owner).is_ok(), "codes in a row were refused");
        assert_eq!(self.ledger.total(), before);
        let opened = self.open(0);
        assert!(
            self.enter(&Door::Login(&opened), &codes, Who::Owner).is_err(),
            "the same codes in a row were accepted again"
        );
    }

    fn assert_a_recovery_code_opens(&mut self) {
        let Some(code) = self.recovery_codes.last().cloned() else { return };
        let opened = self.open(0);
        assert!(self.enter(&Door::Login(&opened), &code, Who::Owner).is_ok(), "a recovery code was refused");
    }
}
