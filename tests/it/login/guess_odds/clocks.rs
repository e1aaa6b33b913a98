use rand_core::TryRng as _;

use super::service::Service;

const DAY: i64 = 86_400;

/// The errors of the three instances' clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clocks {
    Right,
    /// One is 61 days slow during the year.
    OneSlow,
    /// One is 61 days fast during the year.
    OneFast,
    /// Each jumps at random, and goes back.
    Jumping,
    /// One shows the year 2000 for one write, repeatedly.
    Year2000,
    /// All are three minutes slow for three days, so the owner's codes are refused and charged.
    ThreeMinutesSlow,
}

impl Clocks {
    pub(super) const ALL: [Self; 6] =
        [Self::Right, Self::OneSlow, Self::OneFast, Self::Jumping, Self::Year2000, Self::ThreeMinutesSlow];

    /// Sets the clocks for this day.
    pub(super) fn turn(self, service: &mut Service, day: u64) {
        match self {
            Self::Right => {}
            Self::OneSlow => service.skews[2] = -61 * DAY,
            Self::OneFast => service.skews[2] = 61 * DAY,
            Self::Jumping => {
                for number in 0..Service::INSTANCES {
                    let draw = service.rng.try_next_u64().unwrap();
                    let jumps =
                        [0, 0, 59, -30, 180, -180, 61 * DAY, -61 * DAY, 366 * DAY, -366 * DAY, 5_000 * DAY];
                    service.skews[number] = jumps[usize::try_from(draw % 11).unwrap()];
                }
            }
            Self::Year2000 => {
                let in_2000 = 951_782_400 - i64::try_from(service.now).unwrap();
                service.skews[1] = if day.is_multiple_of(10) { in_2000 } else { 0 };
            }
            Self::ThreeMinutesSlow => {
                let is_slow = (30..33).contains(&(day % 60));
                service.skews = [if is_slow { -180 } else { 0 }; Service::INSTANCES];
            }
        }
    }
}
