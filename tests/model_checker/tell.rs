//! The parts of a state that make a difference.

use crate::call::{Call, What};
use crate::canonical::{Canonical, hash_bytes};
use crate::state::{Browser, Chosen, Device, Ghost, Held, State};
use crate::tape::Answer;

impl State {
    /// Hashes every part that makes a difference.
    pub fn tell(&self, to: &mut Canonical) {
        for skew in self.skews {
            to.literal(skew as u64);
        }
        match &self.shared.row {
            Some(row) => to.tokens(&row.tokens),
            None => to.literal(0x10_u64),
        }
        to.literal(self.shared.password);
        to.literal(self.password);
        for browser in &self.browsers {
            browser.tell(to);
        }
        for phone in &self.phones {
            to.name(phone.id);
            to.step(phone.typed.max(self.step() - 8));
        }
        to.literal(0x11_u64);
        for key in &self.keys {
            to.name(key.id);
        }
        to.literal(0x12_u64);
        if let Some(due) = self.due {
            to.time(due);
        }
        for (_, digest) in &self.recovery {
            let digest = hash_bytes(digest.as_bytes());
            to.name(digest);
            to.literal(self.typed_recovery.contains(&digest));
        }
        if let Some(sent) = self.sent.as_ref().filter(|sent| self.time - sent.at < 60) {
            to.time(sent.at);
            to.literal(sent.browser as u64);
            sent.what.tell(to);
        }
        for call in &self.pending {
            call.tell(to);
        }
        self.ghost.tell(to);
    }
}

fn tell_device(device: Option<&Device>, to: &mut Canonical) {
    let Some(device) = device else { return to.literal(0x20_u64) };
    to.name(device.id);
    to.literal(device.generation << 1 | u64::from(device.old));
    to.time(device.made_at);
}

fn tell_held<T>(held: Option<&Held<T>>, to: &mut Canonical) {
    let Some(held) = held else { return to.literal(0x21_u64) };
    to.tokens(&held.tokens);
    to.literal(held.old);
}

impl Browser {
    fn tell(&self, to: &mut Canonical) {
        tell_device(self.cookie.as_ref(), to);
        tell_device(self.session_device.as_ref(), to);
        tell_held(self.session.as_ref(), to);
        tell_held(self.challenge.as_ref(), to);
        tell_held(self.enrolling.as_ref().map(|enrolling| &enrolling.token), to);
    }
}

impl Ghost {
    fn tell(&self, to: &mut Canonical) {
        for (of, step) in &self.accepted {
            to.name(*of);
            to.step(*step);
        }
        for used in self.used.iter().chain(&self.used_recovery).chain(&self.used_key).chain(&self.stepped_up)
        {
            used.tell(to);
        }
        to.name(self.removed.as_ref().map_or(0, |phone| phone.id));
        to.name(self.removed_key.as_ref().map_or(0, |key| key.id));
        for digest in &self.recovery_used {
            to.name(*digest);
        }
        to.literal(0x30_u64);
        to.time(self.since);
        to.time(self.regenerated.unwrap_or(0));
        for count in [
            self.guesses,
            self.guesses_since_code,
            self.charged,
            self.restores,
            self.restores_since_code,
            u16::from(self.was_held_up) << 2
                | u16::from(self.used_mailbox) << 1
                | u16::from(self.were_clocks_wrong),
        ] {
            to.literal(count);
        }
        to.time(self.rotated);
        to.name(self.stolen_device.unwrap_or(0));
    }
}

impl Chosen {
    fn tell(&self, to: &mut Canonical) {
        to.literal(self.typed as u64);
        to.name(self.of);
        to.step(self.last);
        if self.key.is_some() {
            to.name(hash_bytes(self.text.as_bytes()));
        }
    }
}

impl What {
    fn tell(&self, to: &mut Canonical) {
        to.literal(match self {
            Self::Login { .. } => 0x40_u64,
            Self::Present { remember, .. } => 0x41 + u64::from(*remember),
            Self::Disable { .. } => 0x43,
            Self::NewCodes { .. } => 0x44,
            Self::Enroll { .. } => 0x45,
            Self::Confirm { .. } => 0x46,
            Self::ChangePassword { .. } => 0x47,
            Self::Reset { .. } => 0x48,
            Self::EndAll { .. } => 0x49,
            Self::ForgetDevices => 0x4a,
            Self::EnrollFresh { .. } => 0x4b,
            Self::Close { .. } => 0x4c,
            Self::AdministratorReset => 0x4d,
            Self::BindKey { .. } => 0x4e,
            Self::Remove { .. } => 0x4f,
            Self::Rename { .. } => 0x70,
            Self::Import { is_quiet } => 0x71 + u64::from(*is_quiet),
        });
        match self {
            Self::Login { cookie, .. } => tell_device(cookie.as_ref(), to),
            Self::Present { challenge, .. } => tell_held(Some(challenge), to),
            Self::Confirm { enrolling, .. } => tell_held(Some(&enrolling.token), to),
            other => tell_held(other.session(), to),
        }
        if let Self::Login { password, .. }
        | Self::Enroll { password, .. }
        | Self::Close { password, .. }
        | Self::BindKey { password, .. }
        | Self::ChangePassword { password, .. } = self
        {
            to.literal(password.map_or(0xff, u64::from));
        }
        match self {
            Self::Enroll { replacing: Some(authenticator), .. }
            | Self::Remove { authenticator, .. }
            | Self::Rename { authenticator, .. } => {
                to.name(hash_bytes(authenticator.to_string().as_bytes()));
            }
            Self::BindKey { key, .. } => to.name(key.id),
            _ => {}
        }
        if let Some(chosen) = self.chosen() {
            chosen.tell(to);
        }
    }
}

impl Call {
    fn tell(&self, to: &mut Canonical) {
        self.what.tell(to);
        to.literal((self.browser << 4 | self.instance) as u64);
        let flags = [self.is_overtaken, self.old, self.again, self.has_conflict];
        to.literal(flags.iter().fold(0, |bits, flag| bits << 1 | u64::from(*flag)));
        to.time(self.started);
        to.time(self.sent_at);
        for (clock, answer) in &self.tape {
            to.time(*clock);
            match answer {
                Answer::Row(Some(row)) | Answer::Stored(row) => to.tokens(&row.tokens),
                Answer::Row(None) => to.literal(0x50_u64),
                Answer::Conflict => to.literal(0x51_u64),
                Answer::Failed => to.literal(0x52_u64),
                Answer::Password(number) => to.literal(0x60 + u64::from(*number)),
                Answer::Written => to.literal(0x53_u64),
            }
        }
    }
}
