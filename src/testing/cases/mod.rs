//! The cases of the suite, each named after what it shows.

mod failing;
mod logins;
mod races;
mod records;
mod rows;
mod trails;

use super::fixture::Fixture;
use super::report::Broken;
use super::{Clause, Hook};
use crate::store::Store;

macro_rules! cases {
    ($($variant:ident = $room:ident :: $name:ident breaks $clause:ident $(needs $($hook:ident)+)?;)*) => {
        /// A case of the suite.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Case {
            $($variant),*
        }

        impl Case {
            /// In the order in which they are run: the simplest first.
            pub(super) const ALL: [Self; [$(stringify!($variant)),*].len()] = [$(Self::$variant),*];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name)),*
                }
            }

            /// The clause to report if the case knows no more exact one.
            pub(super) fn clause(self) -> Clause {
                match self {
                    $(Self::$variant => Clause::$clause),*
                }
            }

            pub(super) fn needs(self) -> &'static [Hook] {
                match self {
                    $(Self::$variant => &[$($(Hook::$hook),+)?]),*
                }
            }

            pub(super) async fn run<S: Store + 'static, G>(self, fixture: Fixture<'_, S, G>) -> Result<(), Broken> {
                match self {
                    $(Self::$variant => $room::$name(fixture).await),*
                }
            }
        }
    };
}

cases! {
    EmptyHasNoRow = rows::an_empty_store_has_no_row breaks Latest;
    CreatedIsThere = rows::a_created_row_is_there breaks Latest;
    WriteIsReadAtOnce = rows::a_write_is_read_at_once breaks Latest;
    CreatingTwice = rows::creating_twice_conflicts breaks AtomicSwap;
    StaleRevision = rows::a_stale_revision_conflicts breaks AtomicSwap;
    AbsentRow = rows::a_revision_of_an_absent_row_conflicts breaks AtomicSwap;
    ConflictStoresNothing = rows::a_conflict_stores_nothing breaks ConflictStoresNothing;
    ConflictIsNoError = rows::a_conflict_is_no_error breaks ConflictIsNoError;
    RevisionKept = rows::a_revision_of_any_size_is_kept breaks RevisionKept;
    SameRecordAgain = rows::the_same_record_again_is_a_new_write breaks RevisionKept;
    Largest = records::the_largest_record_is_kept breaks RecordKept;
    OptionalParts = records::every_optional_part_is_kept breaks RecordKept;
    Labels = records::labels_of_all_unicode_are_kept breaks RecordKept;
    HostileIds = records::accounts_of_hostile_ids_are_kept_apart breaks AccountsApart;
    CreateRace = races::one_of_64_creators_wins breaks AtomicSwap;
    SwapRace = races::one_of_64_writers_wins breaks AtomicSwap;
    LostUpdate16 = races::no_update_of_16_writers_is_lost breaks AtomicSwap;
    LostUpdate64 = races::no_update_of_64_writers_is_lost breaks AtomicSwap;
    OneAcceptance = logins::one_of_64_logins_is_accepted breaks AtomicSwap;
    OneSpend = logins::one_of_64_spends_of_a_recovery_code_is_accepted breaks AtomicSwap;
    Budget = logins::the_budget_holds_against_10_000_guesses breaks AtomicSwap;
    Locked = logins::a_locked_attempt_writes_nothing breaks LockedReadsOnly;
    LostReply = logins::a_lost_reply_lets_nobody_in breaks UnknownRefused;
    Contended = logins::a_conflict_is_decided_again breaks DecidedAgain;
    AnotherReads = rows::another_instance_reads_the_latest breaks Latest needs Another;
    AnotherRaces = races::no_update_of_two_instances_is_lost breaks AtomicSwap needs Another;
    Reopened = rows::what_was_stored_survives_a_reopen breaks Durable needs Reopen;
    TrailInOrder = trails::events_are_kept_in_order breaks Trail needs Trail;
    TrailKeepsAll = trails::an_event_of_each_kind_is_kept breaks Trail needs Trail;
    TrailOfConflicts = trails::a_conflict_leaves_no_event breaks Trail needs Trail;
    TrailOfRaces = trails::each_change_of_16_writers_leaves_its_events_once breaks Trail needs Trail;
    TrailOfFaults = trails::whatever_fails_events_are_there_if_their_record_is breaks Trail needs Trail;
    TrailBlocked = trails::a_change_whose_events_are_refused_is_not_stored breaks Trail needs Trail BlockTrail;
    TrailOfTwo = trails::two_instances_write_one_trail breaks Trail needs Trail Another;
    TrailReopened = trails::events_survive_a_reopen breaks Trail needs Trail Reopen;
    Failing = failing::a_failing_store_says_err breaks FailureIsError needs Fail;
}
