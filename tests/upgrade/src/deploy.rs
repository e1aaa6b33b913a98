//! The steps of a deploy from `manual::operations`, in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::instance::Instance;
use crate::owner::{ACCOUNT, Owner, Pair};
use crate::table::Table;
use crate::{next_version, this_version};

/// What an instance runs: this version, or the next version writing format 1 or 2.
#[derive(Clone, Copy)]
enum Runs {
    This,
    Next1,
    Next2,
}
use Runs::{Next1, Next2, This};

impl Runs {
    fn start(self, table: &Arc<Table>) -> Box<dyn Instance> {
        match self {
            This => Box::new(this_version::Service::writing(1, table, ACCOUNT)),
            Next1 => Box::new(next_version::Service::writing(1, table, ACCOUNT)),
            Next2 => Box::new(next_version::Service::writing(2, table, ACCOUNT)),
        }
    }

    fn writes(self) -> char {
        if matches!(self, Next2) { '2' } else { '1' }
    }
}

/// From one version to the next, and from format 1 to format 2.
const FORWARD: [[Runs; 2]; 5] = [[This, This], [This, Next1], [Next1, Next1], [Next1, Next2], [Next2, Next2]];

#[test]
fn o04_a_rolling_deploy_to_another_format_interrupts_nobody() {
    deploy(&FORWARD);
}

/// All rows are written in format 1 again before the first instance of this version is back.
#[test]
fn o04_a_rolling_deploy_goes_back_by_the_same_steps() {
    deploy(&[[Next2, Next2], [Next2, Next1], [Next1, Next1], [Next1, This], [This, This]]);
}

/// Takes an owner through the steps, two days in each, so that each instance answers each kind of request.
fn deploy(steps: &[[Runs; 2]]) {
    let table = Table::new();
    let [first, second] = steps[0].map(|runs| runs.start(&table));
    let mut owner = Owner::enrolled(&Pair::new(first, second), &table);
    for (number, [first, second]) in steps.iter().enumerate() {
        // A step takes longer than the grace period of a device token, and less time than a login may take.
        table.advance(120);
        let (_, _) = (owner.take_seen(), table.take_formats());
        for [first, second] in [[first, second], [second, first]] {
            let pair = Pair::new(first.start(&table), second.start(&table));
            owner.spend_a_day(&pair);
        }
        // Each instance has written the format that it should write.
        let written = BTreeSet::from([first.writes(), second.writes()]);
        assert_eq!(table.take_formats(), written, "rows in step {number}");
        let seen = owner.take_seen();
        assert_eq!(
            seen.keys().copied().collect::<Vec<_>>(),
            ["challenge", "device", "enrollment", "session"]
        );
        for (what, formats) in seen {
            assert_eq!(formats, written, "{what} in step {number}");
        }
    }
}
