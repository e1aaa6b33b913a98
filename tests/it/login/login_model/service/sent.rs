//! What is typed and sent, and the facts about it that need no rules.

use std::collections::BTreeMap;

use second_factor::session::{self, HostAuthenticatorVerified};
use second_factor::verifier::Clock;
use second_factor::{AccountId, UnixTime};

use super::Service;
use crate::login::login_model::command::{Cookie, Either, Recovery, Row, Signed, Typed, Who};
use crate::login::login_model::model::{Presented, Sent, Shown, Which};
use crate::support::{NEVER_ISSUED, Phone};

/// What is presented.
pub enum Input {
    Text(String),
    /// A passkey, and the number of its proof.
    Passkey(usize, u64),
}

impl Input {
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Passkey(..) => "",
        }
    }

    pub fn presented(&self, account: &AccountId) -> session::Presented<'_> {
        match self {
            Self::Text(text) => text.into(),
            Self::Passkey(passkey, signed) => {
                let (credential, signed) = (credential(*passkey), signed.to_be_bytes());
                HostAuthenticatorVerified::by_host(account.clone(), &credential, &signed).into()
            }
        }
    }
}

pub fn credential(passkey: usize) -> [u8; 16] {
    [0xc0 | u8::try_from(passkey).unwrap(); 16]
}

impl Service {
    /// The authenticators in the account's status.
    pub(super) fn bound(&self, who: Who) -> Vec<Which> {
        let holder = &self.holders[who as usize];
        let status = self.verifier.status(&holder.id).unwrap();
        status.authenticators.iter().map(|shown| holder.which(shown.id)).collect()
    }

    /// The phones among them.
    pub(super) fn phones(&self, who: Who) -> Vec<(usize, Phone)> {
        let phone = |which| if let Which::Phone(phone) = which { Some(phone) } else { None };
        let phones = self.bound(who).into_iter().filter_map(phone);
        phones.map(|phone| (phone, self.holders[who as usize].phones[phone].clone())).collect()
    }

    /// The phone that was removed last, or an earlier one.
    fn old_phone(&self, who: Who) -> Option<&Phone> {
        let (holder, bound) = (&self.holders[who as usize], self.bound(who));
        let removed = holder.authenticators.iter().rev().map(|(_, which)| *which);
        let mut removed = removed.filter(|which| !bound.contains(which));
        removed.find_map(
            |which| if let Which::Phone(phone) = which { Some(&holder.phones[phone]) } else { None },
        )
    }

    /// The typed text, and the steps at which these phones show it.
    pub(super) fn code(
        &self,
        who: Who,
        typed: Typed,
        phones: &[(usize, Phone)],
    ) -> Option<(String, Presented)> {
        let now = self.clock.now();
        let holder = &self.holders[who as usize];
        let nth = |back: usize| phones.iter().rev().nth(back).map(|(_, phone)| phone);
        let text = match typed {
            Typed::Shown(steps) => nth(0)?.code(at_step(now, steps.into())),
            Typed::OtherShown(steps) => nth(1)?.code(at_step(now, steps.into())),
            Typed::Again => holder.last_accepted.clone()?,
            Typed::OldPhone => self.old_phone(who)?.code(now),
            Typed::NextAccounts => self.phones(who.next()).first()?.1.code(now),
            Typed::Wrong(n) => format!("{:06}", 1_000 * u32::from(n) + 7),
            Typed::Malformed => return Some(("12345x".into(), Presented::Malformed)),
        };
        let shown = self.shown(who, phones, &text);
        Some((text, Presented::Code(shown)))
    }

    /// The same for codes in a row.
    fn row(&self, who: Who, row: Row, phones: &[(usize, Phone)]) -> Option<(String, Presented)> {
        let now = self.clock.now();
        let holder = &self.holders[who as usize];
        let nth = |back: usize| phones.iter().rev().nth(back).map(|(_, phone)| phone);
        let up_to = |steps: i64| nth(0).map(|phone| phone.codes_in_a_row(at_step(now, steps)));
        let text = match row {
            Row::Shown(steps) => up_to(steps.into())?,
            Row::OtherShown => nth(1)?.codes_in_a_row(now),
            Row::OfTwoPhones => {
                let other = nth(1)?.codes_in_a_row(now);
                [&other[..13], &up_to(0)?[14..]].join(" ")
            }
            Row::OneWrong(place) => {
                let (right, wrong) = (up_to(0)?, format!("{:06}", 7_007 * (place + 1)));
                let codes = right.split(' ').enumerate();
                codes.map(|(n, code)| if n == place { &wrong } else { code }).collect::<Vec<_>>().join(" ")
            }
            Row::Backwards => up_to(0)?.split(' ').rev().collect::<Vec<_>>().join(" "),
            Row::WithGaps => {
                let phone = nth(0)?;
                [-6, -4, -2, 0].map(|steps| phone.code(at_step(now, steps))).join(" ")
            }
            Row::Again => holder.last_row.clone()?,
            Row::OldPhone => self.old_phone(who)?.codes_in_a_row(now),
        };
        let shown = text.split(' ').map(|code| self.shown(who, phones, code)).collect();
        Some((text, Presented::CodesInARow(shown)))
    }

    pub(super) fn either(&mut self, who: Who, either: Either) -> Option<(Input, Presented)> {
        let phones = self.phones(who);
        let (text, presented) = match either {
            Either::Code(typed) => self.code(who, typed, &phones)?,
            Either::InARow(row) => self.row(who, row, &phones)?,
            Either::Recovery(recovery) => self.recovery(who, recovery)?,
            Either::Passkey(signed) => {
                let holder = &mut self.holders[who as usize];
                let (passkey, signed) = match signed {
                    Signed::New(passkey) => {
                        holder.signed += 1;
                        (passkey, holder.signed)
                    }
                    Signed::Again => holder.last_signed?,
                };
                return Some((Input::Passkey(passkey, signed), Presented::Passkey { passkey, signed }));
            }
            Either::Nothing => (String::new(), Presented::Nothing),
        };
        Some((Input::Text(text), presented))
    }

    /// The steps, within ten minutes of now, at which each of these phones, and of those that are no longer bound, shows this
    /// code.
    fn shown(&self, who: Who, phones: &[(usize, Phone)], code: &str) -> Shown {
        let current = self.clock.now().as_secs() / 30;
        let mut known = self.codes.borrow_mut();
        let mut shown_by = |number: usize, phone: &Phone| {
            let near = current.saturating_sub(21)..=current + 21;
            let shown = near.filter(|step| {
                let shown = known
                    .entry((who as usize, number, *step))
                    .or_insert_with(|| phone.code(UnixTime::from_secs(30 * step)));
                shown == code
            });
            shown.collect::<Vec<u64>>()
        };
        let all = self.holders[who as usize].phones.iter().enumerate();
        let all = all.chain(phones.iter().map(|(number, phone)| (*number, phone)));
        let shown = all.map(|(number, phone)| (number, shown_by(number, phone)));
        shown.collect::<BTreeMap<_, _>>()
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

    /// The cookie's text, and its meaning for this account.
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

fn at_step(now: UnixTime, steps: i64) -> UnixTime {
    UnixTime::from_secs(now.as_secs().saturating_add_signed(30 * steps))
}
