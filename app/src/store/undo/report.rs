//! Report of an undo: what happens to each row, which rows are left alone and why, and who changed those last.
use super::step_removals::StepRemovals;
use crate::domain::{
    event::{Entity, Event},
    id::{CustomerId, StepId},
    step::CustomerStep,
    undo::{Conflict, RowOutcome, UndoPreview, UndoRow},
};
use crate::store::{change::Change, entity::customer, error::StoreError};
use sea_orm::EntityTrait;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// A row that an undo meets.
#[derive(Clone, Debug)]
pub struct UndoSubject {
    pub entity: Entity,
    pub id: i64,
    pub name: String,
    /// The customer of a cell.
    pub customer: Option<String>,
}

impl UndoSubject {
    /// A row that is no cell.
    pub fn of(entity: Entity, id: i64, name: impl Into<String>) -> Self {
        Self {
            entity,
            id,
            name: name.into(),
            customer: None,
        }
    }

    /// The template step that an event is about.
    pub fn template(event: &Event, name: &str) -> Self {
        Self::of(Entity::Template, event.entity_id, name)
    }

    /// "Migrate schema, Acme"
    pub fn full_name(&self) -> String {
        match &self.customer {
            Some(customer) => format!("{}, {customer}", self.name),
            None => self.name.clone(),
        }
    }

    fn row(self, outcome: RowOutcome, becomes: String) -> UndoRow {
        UndoRow {
            entity: self.entity,
            id: self.id,
            name: self.name,
            customer: self.customer,
            outcome,
            becomes,
            has_work: false,
            changed_by: None,
            changed_at: None,
        }
    }
}

/// What an undo was asked for, and what it has done so far.
pub struct UndoReport {
    /// Whether rows with work are deleted; else they are conflicts.
    pub deletes_work: bool,
    /// The steps that the batch changed by events of their own. They were there before it, or have an event that created
    /// them, so none goes with its template.
    pub own_steps: HashSet<i64>,
    pub rows: Vec<UndoRow>,
    pub conflicts: Vec<Conflict>,
    /// Rows with work that the undo would delete.
    pub with_work: Vec<Conflict>,
    pub removals: StepRemovals,
    /// The steps that were left alone.
    left: HashSet<i64>,
    customers: HashMap<CustomerId, Option<String>>,
}

impl UndoReport {
    /// Nothing is undone yet.
    pub fn new(deletes_work: bool) -> Self {
        Self {
            deletes_work,
            own_steps: HashSet::new(),
            rows: Vec::new(),
            conflicts: Vec::new(),
            with_work: Vec::new(),
            removals: StepRemovals::default(),
            left: HashSet::new(),
            customers: HashMap::new(),
        }
    }

    /// A row is restored, brought back or deleted.
    pub fn add(&mut self, subject: UndoSubject, outcome: RowOutcome, becomes: impl Into<String>) {
        self.rows.push(subject.row(outcome, becomes.into()));
    }

    /// A row is left alone. A step is named once, for the first reason.
    pub fn leave(&mut self, subject: UndoSubject, conflict: Conflict) {
        if subject.entity == Entity::Step && !self.left.insert(subject.id) {
            return;
        }
        self.rows.push(UndoRow {
            changed_by: conflict.changed_by.clone(),
            changed_at: conflict.changed_at,
            ..subject.row(RowOutcome::LeftAlone, conflict.reason.clone())
        });
        self.conflicts.push(conflict);
    }

    /// A row with work is deleted if that is allowed, else left alone. Answers whether it may be deleted.
    pub fn may_delete_work(&mut self, subject: UndoSubject, conflict: Conflict) -> bool {
        let (outcome, becomes) = if self.deletes_work {
            (RowOutcome::Deleted, "deleted".to_owned())
        } else {
            (RowOutcome::LeftAlone, conflict.reason.clone())
        };
        self.rows.push(UndoRow {
            has_work: true,
            changed_by: conflict.changed_by.clone(),
            changed_at: conflict.changed_at,
            ..subject.row(outcome, becomes)
        });
        self.with_work.push(conflict.clone());
        if !self.deletes_work {
            self.left.insert(conflict.id);
            self.conflicts.push(conflict);
        }
        self.deletes_work
    }

    /// The subject of a cell.
    pub async fn cell(
        &mut self,
        change: &Change,
        id: StepId,
        step: &str,
        customer: Option<CustomerId>,
    ) -> Result<UndoSubject, StoreError> {
        let mut subject = UndoSubject::of(Entity::Step, id.0, step);
        if let Some(customer) = customer {
            if let Entry::Vacant(unknown) = self.customers.entry(customer) {
                let row = customer::Entity::find_by_id(customer.0);
                unknown.insert(row.one(&change.tx).await?.map(|it| it.name));
            }
            subject.customer = self.customers.get(&customer).cloned().flatten();
        }
        Ok(subject)
    }

    /// The subject of a step that is there.
    pub async fn cell_of(
        &mut self,
        change: &Change,
        step: &CustomerStep,
    ) -> Result<UndoSubject, StoreError> {
        self.cell(change, step.id, &step.name, Some(step.customer_id))
            .await
    }

    /// The report as the preview of an undo.
    pub fn into_preview(self, restored: u32, is_redo: bool) -> UndoPreview {
        UndoPreview {
            restored,
            conflicts: self.conflicts,
            with_work: self.with_work,
            rows: self.rows,
            is_redo,
        }
    }
}
