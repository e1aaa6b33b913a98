//! An authenticator, as it is in its owner's list and in the record.

use second_factor::otp::ClockOffset;
use second_factor::session::{
    AuthenticatorId, AuthenticatorInfo, AuthenticatorKind, HostAuthenticatorKind, RefusedBecause,
};
use second_factor::{AccountId, TotpParams};
use second_factor_fuzz::Phone;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Authenticator {
    pub id: AuthenticatorId,
    pub label: String,
    pub bound_at: u64,
    pub last_used: Option<u64>,
    pub prover: Prover,
}

#[derive(Clone)]
pub enum Prover {
    App(App),
    Host(Key),
}

#[derive(Clone)]
pub struct App {
    pub phone: Phone,
    pub params: TotpParams,
    /// The step of the last accepted code.
    pub last: Option<u64>,
}

/// An authenticator that the host verifies.
#[derive(Clone)]
pub struct Key {
    pub kind: HostAuthenticatorKind,
    /// The number of the host's credential.
    pub credential: u8,
    /// The number of the last proof.
    pub last_signed: Option<u32>,
}

/// The result of comparing a code, or codes in a row, with one app.
pub enum Compared {
    /// Right, of this step.
    Fresh(u64),
    Refused(RefusedBecause),
}

impl Authenticator {
    pub fn app(&self) -> Option<&App> {
        match &self.prover {
            Prover::App(app) => Some(app),
            Prover::Host(_) => None,
        }
    }

    pub fn app_mut(&mut self) -> Option<&mut App> {
        match &mut self.prover {
            Prover::App(app) => Some(app),
            Prover::Host(_) => None,
        }
    }

    pub fn key(&self) -> Option<&Key> {
        match &self.prover {
            Prover::App(_) => None,
            Prover::Host(key) => Some(key),
        }
    }

    /// Compares with the entry in the owner's list.
    pub fn assert_shown(&self, info: &AuthenticatorInfo) {
        let kind = match &self.prover {
            Prover::App(app) => AuthenticatorKind::App(app.params),
            Prover::Host(key) => AuthenticatorKind::Host(key.kind),
        };
        let shown = (info.bound_at.as_secs(), info.last_used.map(|at| at.as_secs()));
        assert_eq!((info.id, &info.label, info.kind), (self.id, &self.label, kind));
        assert_eq!(shown, (self.bound_at, self.last_used));
    }

    /// Its form in the record, without secrets.
    pub fn to_json(&self) -> Value {
        let prover = match &self.prover {
            Prover::App(App { params, last, .. }) => json!({ "app": { "totp": params, "step": last } }),
            Prover::Host(Key { kind, last_signed, .. }) => {
                json!({ "host": { "kind": kind, "has_proof": last_signed.is_some() } })
            }
        };
        let Self { id, label, bound_at, last_used, .. } = self;
        json!({ "id": id, "label": label, "bound": bound_at, "used": last_used, "prover": prover })
    }

    /// The same form, from a record.
    pub fn json_of(mut bound: Value) -> Value {
        if let Some(app) = bound["prover"].get_mut("app") {
            *app = json!({ "totp": app["secret"]["totp"], "step": app["step"] });
        } else {
            let host = &mut bound["prover"]["host"];
            *host = json!({ "kind": host["kind"], "has_proof": !host["proof"].is_null() });
        }
        bound
    }
}

impl App {
    pub fn reads_code(&self, digits: &str) -> bool {
        digits.len() == self.phone.digits()
    }

    pub fn reads_row(&self, digits: &str) -> bool {
        let count = usize::try_from(self.phone.codes_in_a_row_count()).expect("four at most");
        digits.len() == count * self.phone.digits()
    }

    /// `None` if these are not the digits of a code, or of codes in a row.
    pub fn compare(&self, digits: &str, is_row: bool, now: u64) -> Option<Compared> {
        let (before, steps) = match is_row {
            true if self.reads_row(digits) => {
                (self.phone.codes_in_a_row_count() - 1, self.phone.steps_with_row(digits, now))
            }
            false if self.reads_code(digits) => (0, self.phone.steps_with(digits, now)),
            _ => return None,
        };
        let is_used = |step: u64| self.last.is_some_and(|last| step <= last);
        // All codes in a row must be later than the last accepted one.
        if let Some(step) = steps.iter().copied().find(|step| !is_used(step.saturating_sub(before))) {
            return Some(Compared::Fresh(step));
        }
        // Wrong codes in a row do not show a clock error, because any of them may be the wrong one.
        let near = if is_row { None } else { self.phone.clock_offset(digits, now) };
        Some(Compared::Refused(match near {
            _ if !steps.is_empty() => RefusedBecause::Replayed,
            Some((step, _)) if is_used(step) => RefusedBecause::Replayed,
            Some((_, secs)) => RefusedBecause::ClockOff(offset(secs)),
            None => RefusedBecause::Wrong,
        }))
    }
}

pub fn offset(secs: i64) -> ClockOffset {
    ClockOffset::from_secs(i32::try_from(secs).expect("ten minutes"))
}

/// One of the host's credentials. It does not show whose it is.
pub fn credential(which: u8) -> [u8; 8] {
    [which; 8]
}

pub fn id_of_host(account: &AccountId, which: u8) -> AuthenticatorId {
    AuthenticatorId::of_host(account, &credential(which))
}

/// The label that is stored: without controls, line ends, direction marks and surrounding blanks; at most 64 characters.
pub fn label_or(text: &str, default: &str) -> String {
    let is_kept = |c: &char| {
        !c.is_control()
            && !"\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}".contains(*c)
            && !"\u{2066}\u{2067}\u{2068}\u{2069}".contains(*c)
    };
    let kept: String = text.trim().chars().filter(is_kept).take(64).collect();
    if kept.trim().is_empty() { default.to_owned() } else { kept.trim().to_owned() }
}
