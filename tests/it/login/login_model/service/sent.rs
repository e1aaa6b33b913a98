//! What is typed and sent, and what of it can be known without the rules.

use second_factor::UnixTime;
use second_factor::verifier::Clock;

use super::Service;
use crate::login::login_model::command::{Cookie, Either, Recovery, Row, Typed, Who};
use crate::login::login_model::model::{Presented, Sent};
use crate::support::{NEVER_ISSUED, Phone};

impl Service {
    /// What is typed, and at which steps the phone in question shows it.
    pub(super) fn code(&self, who: Who, typed: Typed, phone: Option<usize>) -> Option<(String, Presented)> {
        let now = self.clock.now();
        let holder = &self.holders[who as usize];
        let phone = phone.map(|phone| &holder.phones[phone]);
        let text = match typed {
            Typed::Shown(steps) => phone?.code(at_step(now, steps.into())),
            Typed::Again => holder.last_accepted.clone()?,
            Typed::OldPhone => holder.phones[holder.unbound?].code(now),
            Typed::NextAccounts => {
                let next = &self.holders[who.next() as usize];
                next.phones[next.bound?].code(now)
            }
            Typed::Wrong(n) => format!("{:06}", 1_000 * u32::from(n) + 7),
            Typed::Malformed => return Some(("12345x".into(), Presented::Malformed)),
        };
        let steps = shown_at(phone, now, &text);
        Some((text, Presented::Code(steps)))
    }

    /// The same of codes in a row.
    fn row(&self, who: Who, row: Row) -> Option<(String, Presented)> {
        let now = self.clock.now();
        let holder = &self.holders[who as usize];
        let phone = holder.bound.map(|phone| &holder.phones[phone]);
        let up_to = |steps: i64| phone.map(|phone| phone.codes_in_a_row(at_step(now, steps)));
        let text = match row {
            Row::Shown(steps) => up_to(steps.into())?,
            Row::OneWrong(place) => {
                let (right, wrong) = (up_to(0)?, format!("{:06}", 7_007 * (place + 1)));
                let codes = right.split(' ').enumerate();
                codes.map(|(n, code)| if n == place { &wrong } else { code }).collect::<Vec<_>>().join(" ")
            }
            Row::Backwards => up_to(0)?.split(' ').rev().collect::<Vec<_>>().join(" "),
            Row::WithGaps => {
                let phone = phone?;
                [-6, -4, -2, 0].map(|steps| phone.code(at_step(now, steps))).join(" ")
            }
            Row::Again => holder.last_row.clone()?,
            Row::OldPhone => holder.phones[holder.unbound?].codes_in_a_row(now),
        };
        let steps = text.split(' ').map(|code| shown_at(phone, now, code)).collect();
        Some((text, Presented::CodesInARow(steps)))
    }

    pub(super) fn either(&self, who: Who, either: Either) -> Option<(String, Presented)> {
        match either {
            Either::Code(typed) => self.code(who, typed, self.holders[who as usize].bound),
            Either::InARow(row) => self.row(who, row),
            Either::Recovery(recovery) => self.recovery(who, recovery),
            Either::Nothing => Some((String::new(), Presented::Nothing)),
        }
    }

    fn recovery(&self, who: Who, recovery: Recovery) -> Option<(String, Presented)> {
        let holder = &self.holders[who as usize];
        Some(match recovery {
            Recovery::Shown(pick) => {
                let number = pick.index(holder.recovery.len())?;
                (holder.recovery[number].clone(), Presented::Recovery(Some(number)))
            }
            Recovery::OfNextAccount => {
                (self.holders[who.next() as usize].recovery.last()?.clone(), Presented::Recovery(None))
            }
            Recovery::Wrong => (NEVER_ISSUED.into(), Presented::Recovery(None)),
            Recovery::Malformed => ("lost it".into(), Presented::Malformed),
        })
    }

    /// The cookie's text, and what it is to this account.
    pub(super) fn cookie(&self, who: Who, browser: usize, cookie: Cookie) -> (Option<String>, Sent) {
        let holder = &self.holders[who as usize];
        let number = match cookie {
            Cookie::Own => holder.jar[browser],
            Cookie::Issued(pick) => pick.index(holder.cookies.len()),
            Cookie::OfNextAccount => {
                let next = &self.holders[who.next() as usize];
                let text = next.jar[browser].map(|number| next.cookies[number].0.clone());
                let sent = if text.is_some() { Sent::Unknown } else { Sent::Nothing };
                return (text, sent);
            }
            Cookie::Garbage => return (Some("d1.%00.'--".into()), Sent::Nothing),
            Cookie::Absent => None,
        };
        let cookie = number.map(|number| &holder.cookies[number]);
        (cookie.map(|(text, _)| text.clone()), cookie.map_or(Sent::Nothing, |(_, token)| Sent::Given(*token)))
    }
}

/// The steps at which the phone shows this code. A step-up that is sent twice is told for a minute, in which the clock
/// may go either way, and codes in a row began earlier.
fn shown_at(phone: Option<&Phone>, now: UnixTime, code: &str) -> Vec<u64> {
    let near = (-8_i64..=4).map(|steps| at_step(now, steps));
    let shown = near.filter(|at| phone.is_some_and(|phone| phone.code(*at) == code));
    shown.map(|at| at.as_secs() / 30).collect()
}

fn at_step(now: UnixTime, steps: i64) -> UnixTime {
    UnixTime::from_secs(now.as_secs().saturating_add_signed(30 * steps))
}
