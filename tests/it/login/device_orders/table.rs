//! The table of remembered devices.

/// Two uses that are closer than this many seconds count as one.
pub const GRACE: u64 = 60;

/// The answer in a row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Let in, with the token of this generation.
    In(u32),
    /// Asked for a code.
    Code,
    /// Asked for a code, and the series ends.
    Ended,
    /// Asked for a code, and all devices and sessions end.
    Alarm,
}

/// The state of a series.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    pub since: u64,
    pub generation: u32,
    pub rotated: u64,
    pub is_remembered: bool,
}

impl Series {
    /// Thirty days from the code; the clock may be at most a minute behind.
    pub fn is_alive(&self, now: u64) -> bool {
        self.is_remembered && now < self.since + 30 * 86_400 && self.since <= now + 60
    }

    /// The answer to a token of this generation, and the number of writes.
    pub fn table(&mut self, generation: u32, now: u64) -> (Answer, usize) {
        let is_near = now.abs_diff(self.rotated) < GRACE;
        match self.generation.checked_sub(generation) {
            _ if !self.is_alive(now) => (Answer::Code, 0),
            None => (Answer::Code, 0),
            Some(0 | 1) if is_near => (Answer::In(self.generation), 0),
            Some(0) => {
                (self.generation, self.rotated) = (self.generation + 1, now);
                (Answer::In(self.generation), 1)
            }
            Some(1) => {
                self.is_remembered = false;
                (Answer::Ended, 1)
            }
            Some(_) => {
                self.is_remembered = false;
                (Answer::Alarm, 1)
            }
        }
    }
}
