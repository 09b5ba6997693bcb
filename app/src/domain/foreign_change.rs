//! What others changed, as a page hears it from its connection (R32): which rows, in which releases, by whom and when.
use super::{
    event::{Entity, EventAction},
    id::{CustomerId, ReleaseId, StepId},
};
use chrono::{DateTime, Utc};

/// One event of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignEvent {
    pub entity: Entity,
    pub id: i64,
    pub action: EventAction,
    /// Id 0 if the event is of no release.
    pub release: ReleaseId,
    /// Id 0 if the event is of no customer.
    pub customer: CustomerId,
}

/// What others changed since the page was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignChange {
    releases: Vec<ReleaseId>,
    /// Who made the last of the changes.
    pub by: Option<String>,
    /// When the last of the changes was made.
    pub at: Option<DateTime<Utc>>,
    /// None if there are too many to be named, or if it is not known what was missed.
    pub events: Option<Vec<ForeignEvent>>,
}

/// At most this many changed steps are read one by one; reading the whole page costs no more than a few steps beyond that.
const SINGLE_READS_MAX: usize = 8;

impl ForeignEvent {
    /// Reads `entity id action release customer`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (entity, id, action) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            entity: Entity::ALL
                .iter()
                .copied()
                .find(|it| it.as_str() == entity)?,
            id: id.parse().ok()?,
            action: EventAction::ALL
                .iter()
                .copied()
                .find(|it| it.as_str() == action)?,
            release: words.next()?.parse().ok()?,
            customer: words.next()?.parse().ok()?,
        })
    }

    /// Whether it changes one step, and nothing but its state, its notes, its evidence and its runs.
    fn is_of_one_step(&self) -> bool {
        use EventAction as A;
        self.entity == Entity::Step
            && matches!(
                self.action,
                A::Start
                    | A::Done
                    | A::Fail
                    | A::Skip
                    | A::Revert
                    | A::Reopen
                    | A::Notes
                    | A::Attach
                    | A::Detach
                    | A::RunLost
                    | A::RunCancel
                    | A::RunEnd
            )
    }
}

impl ForeignChange {
    /// Reads the text that `public/live.js` makes: the releases, who, when in milliseconds, and a line for each event. An event of an
    /// unknown kind makes all of them unknown, so that the page reads everything anew.
    pub fn parse(text: &str) -> Self {
        let mut lines = text.split('\n');
        let releases = lines.next().unwrap_or_default().split(' ');
        let by = lines.next().filter(|it| !it.is_empty());
        let at = lines.next().and_then(|it| it.parse::<i64>().ok());
        Self {
            releases: releases.filter_map(|it| it.parse().ok()).collect(),
            by: by.map(str::to_owned),
            at: at
                .filter(|it| *it > 0)
                .and_then(DateTime::from_timestamp_millis),
            events: lines.map(ForeignEvent::parse).collect(),
        }
    }

    /// Whether a page about a release may look different now: also a customer's or a cluster's value may be in its texts.
    pub fn may_touch_release(&self, release: ReleaseId) -> bool {
        let is_shared = |it: &ForeignEvent| {
            matches!(
                it.entity,
                Entity::Cluster | Entity::Customer | Entity::Database
            )
        };
        self.releases.contains(&release)
            || match &self.events {
                Some(events) => events.iter().any(is_shared),
                None => self.releases.is_empty(),
            }
    }

    /// The steps whose state or notes changed, each once, if nothing else did among the events that concern a page, and if they are few.
    pub fn steps_alone(&self, concerns: impl Fn(&ForeignEvent) -> bool) -> Option<Vec<StepId>> {
        let events = self.events.as_ref()?.iter().filter(|it| concerns(it));
        let mut steps = Vec::new();
        for event in events {
            let step = StepId(event.id);
            if !event.is_of_one_step() || steps.len() > SINGLE_READS_MAX {
                return None;
            }
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        (steps.len() <= SINGLE_READS_MAX).then_some(steps)
    }

    /// Whether there may be more or fewer releases, customers or clusters now.
    pub fn may_change_counts(&self) -> bool {
        use EventAction as A;
        let is_counted = |it: &ForeignEvent| match it.entity {
            Entity::Database => true,
            Entity::Cluster | Entity::Customer | Entity::Release => matches!(
                it.action,
                A::Create | A::Delete | A::Deactivate | A::Restore | A::Clone | A::Import | A::Undo
            ),
            _ => false,
        };
        let events = self.events.as_ref();
        events.is_none_or(|it| it.iter().any(is_counted))
    }

    /// Whether somebody has written the text of a step, or one of the templates.
    pub fn writes_text_of(&self, step: StepId) -> bool {
        let mut events = self.events.iter().flatten();
        events.any(|it| {
            let is_its = it.entity == Entity::Step && it.id == step.0;
            (is_its || it.entity == Entity::Template) && it.action.writes_text()
        })
    }

    /// What was done to a step, in that order; nothing if it is not known what was changed.
    pub fn actions_on(&self, step: StepId) -> impl Iterator<Item = EventAction> {
        let events = self.events.iter().flatten();
        let of_step = events.filter(move |it| it.entity == Entity::Step && it.id == step.0);
        of_step.map(|it| it.action)
    }

    /// Whether a step may be gone: alone, with its template step, or with its customer.
    pub fn may_remove(&self, step: StepId) -> bool {
        use EventAction as A;
        let removes = |it: &ForeignEvent| match it.entity {
            Entity::Database => true,
            Entity::Step => it.id == step.0 && matches!(it.action, A::Delete | A::Undo),
            Entity::Template => matches!(it.action, A::Delete | A::Undo),
            Entity::Release => matches!(it.action, A::RemoveCustomers | A::Delete | A::Undo),
            _ => false,
        };
        let events = self.events.as_ref();
        events.is_none_or(|it| it.iter().any(removes))
    }

    /// Whether a tab may no longer undo what it has changed in a release (R101): somebody may have changed the template, or activated,
    /// archived or restored the release.
    pub fn may_end_undo(&self, release: ReleaseId) -> bool {
        self.events.as_ref().is_none_or(|events| {
            let mut events = events.iter().filter(|it| it.release == release);
            events.any(|it| matches!(it.entity, Entity::Template | Entity::Release))
        })
    }

    /// Whether a row may be another now.
    pub fn may_touch(&self, entity: Entity, id: i64) -> bool {
        self.events.as_ref().is_none_or(|events| {
            let mut events = events.iter();
            events.any(|it| it.entity == Entity::Database || (it.entity, it.id) == (entity, id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_its_releases_and_rows() {
        let change = ForeignChange::parse(
            "1 3\nJonas\n1717243320000\nstep 17 done 1 4\nrelease 3 update 3 0",
        );
        assert_eq!(change.by.as_deref(), Some("Jonas"));
        assert_eq!(change.at.map(|it| it.timestamp()), Some(1_717_243_320));
        let done = ForeignEvent {
            entity: Entity::Step,
            id: 17,
            action: EventAction::Done,
            release: ReleaseId(1),
            customer: CustomerId(4),
        };
        assert_eq!(change.events.as_ref().map(|it| it[0]), Some(done));
        assert!(change.may_touch_release(ReleaseId(3)) && !change.may_touch_release(ReleaseId(2)));
        assert!(change.may_touch(Entity::Step, 17) && !change.may_touch(Entity::Step, 3));
    }

    #[test]
    fn a_few_marks_are_read_one_by_one_and_all_else_with_the_page() {
        let alone = |lines: &[&str]| {
            let change = ForeignChange::parse(&format!("1\nJonas\n1\n{}", lines.join("\n")));
            change.steps_alone(|it| it.release == ReleaseId(1))
        };
        let (done, noted, other) = ("step 7 done 1 4", "step 7 notes 1 4", "step 3 skip 1 5");
        assert_eq!(
            alone(&[done, noted, other]),
            Some(vec![StepId(7), StepId(3)])
        );
        assert_eq!(alone(&[done, "template 7 update 1 0"]), None);
        assert_eq!(alone(&["step 9 create 1 4"]), None);
        // What concerns another page is no matter.
        assert_eq!(alone(&[done, "step 9 create 2 4"]), Some(vec![StepId(7)]));
        let many: Vec<String> = (1..=9).map(|it| format!("step {it} done 1 4")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(alone(&many[..8]).is_some() && alone(&many).is_none());
        assert_eq!(alone(&["*"]), None);
    }

    #[test]
    fn a_text_is_written_in_its_step_or_in_a_template() {
        let writes = |line: &str| {
            let change = ForeignChange::parse(&format!("1\nJonas\n1\n{line}"));
            change.writes_text_of(StepId(7))
        };
        assert!(writes("step 7 override 1 4") && writes("template 2 update 1 0"));
        assert!(!writes("step 8 override 1 4") && !writes("step 7 done 1 4") && !writes("*"));
    }

    #[test]
    fn a_step_may_go_by_itself_with_its_template_step_or_with_its_customer() {
        let removes = |line: &str| {
            let change = ForeignChange::parse(&format!("1\nJonas\n1\n{line}"));
            change.may_remove(StepId(7))
        };
        for line in [
            "step 7 delete 1 4",
            "step 7 undo 1 4",
            "template 2 delete 1 0",
            "release 1 remove_customers 1 0",
            "*",
        ] {
            assert!(removes(line), "{line}");
        }
        for line in [
            "step 8 delete 1 4",
            "step 7 done 1 4",
            "template 2 update 1 0",
            "release 1 add_customers 1 0",
        ] {
            assert!(!removes(line), "{line}");
        }
    }

    #[test]
    fn what_was_done_to_a_step_is_told_in_its_order() {
        let lines = "step 7 notes 1 4\nstep 8 fail 1 4\ntemplate 7 update 1 0\nstep 7 done 1 4";
        let change = ForeignChange::parse(&format!("1\nJonas\n1\n{lines}"));
        let actions: Vec<EventAction> = change.actions_on(StepId(7)).collect();
        assert_eq!(actions, [EventAction::Notes, EventAction::Done]);
        let unknown = ForeignChange::parse("\n\n0\n*");
        assert_eq!(unknown.actions_on(StepId(7)).count(), 0);
    }

    #[test]
    fn the_counts_change_with_records_that_come_or_go_and_not_with_marks() {
        let counts =
            |line: &str| ForeignChange::parse(&format!("1\nJonas\n1\n{line}")).may_change_counts();
        assert!(counts("customer 4 deactivate 0 4") && counts("release 2 create 2 0"));
        assert!(counts("database 0 import 0 0") && counts("*"));
        assert!(!counts("step 7 done 1 4") && !counts("customer 4 update 0 4"));
    }

    #[test]
    fn a_customer_s_change_may_be_in_the_texts_of_any_release() {
        let change = ForeignChange::parse("\nJonas\n1717243320000\ncustomer 4 update 0 4");
        assert!(change.may_touch_release(ReleaseId(9)));
        assert!(!change.may_touch(Entity::Customer, 5));
    }

    #[test]
    fn what_cannot_be_told_may_have_touched_everything() {
        for text in [
            "\n\n0\n*",
            "\nJonas\n1\nplanet 3 done 0 0",
            "\nJonas\n1\nstep x done 1 4",
        ] {
            let change = ForeignChange::parse(text);
            assert_eq!(change.events, None);
            assert!(change.may_touch_release(ReleaseId(1)) && change.may_touch(Entity::Step, 1));
        }
        // Many events of one release leave the others alone.
        let many = ForeignChange::parse("1\nJonas\n1717243320000\n*");
        assert!(many.may_touch_release(ReleaseId(1)) && !many.may_touch_release(ReleaseId(2)));
        assert_eq!(ForeignChange::parse("\n\n0\n*").at, None);
    }

    #[test]
    fn a_change_of_the_template_or_of_the_release_may_end_what_a_tab_can_undo() {
        let ends = |text: &str| ForeignChange::parse(text).may_end_undo(ReleaseId(3));
        assert!(ends("3\nJonas\n1\ntemplate 7 update 3 0"));
        assert!(ends("3\nJonas\n1\nstep 7 done 3 4\nrelease 3 archive 3 0"));
        assert!(ends("3\nJonas\n1\n*"));
        assert!(!ends("3\nJonas\n1\nstep 7 done 3 4"));
        assert!(!ends("4\nJonas\n1\ntemplate 7 update 4 0"));
    }
}
