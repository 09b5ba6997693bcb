//! One customer's steps: their state, text, notes and place.
use super::step_rows;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{CustomerId, ReleaseId, StepId},
    order,
    release::Release,
    rule_violation::{Field, RuleViolation, ValidationErrors},
    step::{CustomerStep, Position, StepAction, Transition},
    template::Category,
    text::{Content, Notes},
    variables::{self, VariableScope},
};
use crate::store::{
    Store,
    audit::events::{NewEvent, StepSnapshot},
    audit::last_change::last_change_of_step,
    change::{Change, stale},
    error::StoreError,
    records::{clusters, customers},
    templates::copy_order,
};
use crate::store::{records::release_rows, templates::template_rows};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait};
use serde_json::json;

/// What somebody asks for when changing a step's state.
#[derive(Clone, Debug, Default)]
pub struct TransitionOptions {
    pub reason: Option<String>,
    /// Only with done; they replace the step's notes.
    pub notes: Option<String>,
    pub allow_unresolved: bool,
    /// Checked if given.
    pub version: Option<i64>,
}

/// The resolved text of a step, as it was shown.
pub async fn resolved(
    db: &impl ConnectionTrait,
    step: &CustomerStep,
    release: &Release,
) -> Result<variables::ResolvedText, StoreError> {
    let customer = customers::load(db, step.customer_id).await?;
    let cluster = clusters::load(db, customer.cluster_id).await?;
    let scope = VariableScope {
        customer: &customer,
        cluster: &cluster,
        release,
    };
    Ok(variables::resolve(&step.content, step.kind, scope))
}

impl Change {
    /// Loads a step of a release that can be worked on, and checks the version that the change was based on.
    pub async fn step(
        &self,
        id: StepId,
        version: Option<i64>,
    ) -> Result<(CustomerStep, Release), StoreError> {
        let step = step_rows::load(&self.tx, id).await?;
        if version.is_some_and(|it| it != step.version) {
            let last = last_change_of_step(&self.tx, &step).await?;
            return Err(stale(&step, last));
        }
        let release = release_rows::load(&self.tx, step.release_id).await?;
        release.may_be_worked_on()?;
        Ok((step, release))
    }

    /// Saves a step's next version and remembers both. A change of the text keeps both texts.
    pub async fn put_step(
        &mut self,
        before: &CustomerStep,
        mut after: CustomerStep,
        action: EventAction,
        resolved_text: Option<String>,
    ) -> Result<CustomerStep, StoreError> {
        after.version = before.version + 1;
        after.updated_at = self.stamp.at;
        let after = step_rows::save(&self.tx, after).await?;
        let snapshot = if after.content == before.content {
            StepSnapshot::of
        } else {
            StepSnapshot::with_content
        };
        let mut event = NewEvent::of_step(&after, action)
            .before(&snapshot(before))
            .after(&snapshot(&after));
        event.resolved_text = resolved_text;
        self.record(event);
        Ok(after)
    }
}

impl Store {
    /// One transition of R2. The state that it has already is no error and changes nothing.
    pub async fn act_on_step(
        &self,
        id: StepId,
        action: StepAction,
        ask: TransitionOptions,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let transition = Transition::parse(action, ask.reason.as_deref())?;
        let notes = ask
            .notes
            .as_deref()
            .filter(|_| action == StepAction::Done)
            .map(Notes::parse)
            .transpose();
        let notes = notes.map_err(|it| ValidationErrors::one(Field::Notes, it))?;
        let mut change = self.change(stamp).await?;
        let (before, release) = change.step(id, ask.version).await?;
        let Some(mut after) = before.transition(&transition, &change.stamp)? else {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        };
        let mut resolved_text = None;
        if action == StepAction::Done {
            let resolved = resolved(&change.tx, &before, &release).await?;
            resolved.must_be_complete(ask.allow_unresolved)?;
            resolved_text = Some(resolved.text());
            if let Some(notes) = notes {
                after.notes = notes.map(Into::into);
            }
        }
        let row = change
            .put_step(
                &before,
                after,
                step_rows::event_action(action),
                resolved_text,
            )
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    pub async fn note_step(
        &self,
        id: StepId,
        notes: String,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let notes = Notes::parse(&notes).map_err(|it| ValidationErrors::one(Field::Notes, it))?;
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, Some(version)).await?;
        let after = CustomerStep {
            notes: notes.map(Into::into),
            ..before.clone()
        };
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        let row = change
            .put_step(&before, after, EventAction::Notes, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// Rewrites a copy's text for this customer alone. `template_version` stays: it is what the text was based on.
    pub async fn override_step(
        &self,
        id: StepId,
        content: String,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let content =
            Content::parse(&content).map_err(|it| ValidationErrors::one(Field::Content, it))?;
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, Some(version)).await?;
        before.must_have_template("override")?;
        let after = CustomerStep {
            content: content.into(),
            is_overridden: true,
            ..before.clone()
        };
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        let row = change
            .put_step(&before, after, EventAction::Override, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// The template went on since the override: this customer's text stays, and is based on the template as it is now.
    pub async fn keep_override(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, version).await?;
        let template = template_rows::load(&change.tx, before.must_have_template("keep")?).await?;
        if !before.is_overridden {
            return Err(RuleViolation::NothingToKeep { name: before.name }.into());
        }
        let after = CustomerStep {
            template_version: Some(template.version),
            ..before.clone()
        };
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        let row = change
            .put_step(&before, after, EventAction::Override, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// R13: brings back the template's name, type and content, and leaves the state alone.
    pub async fn reset_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, version).await?;
        let template =
            template_rows::load(&change.tx, before.must_have_template("reset to")?).await?;
        let after = CustomerStep {
            name: template.name,
            kind: template.kind,
            content: template.content,
            is_overridden: false,
            template_version: Some(template.version),
            ..before.clone()
        };
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        let row = change
            .put_step(&before, after, EventAction::Reset, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// Puts a step elsewhere in its customer's list; the category stays.
    pub async fn move_step(
        &self,
        id: StepId,
        place: Position<StepId>,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (step, release) = change.step(id, version).await?;
        let list =
            copy_order::list(&change.tx, release.id, step.customer_id.0, step.category).await?;
        self.must_stand_in(&change, place, &list).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let after =
            order::placed(&before, id, place).ok_or(RuleViolation::OtherList { id: id.0 })?;
        let order = ListReorder {
            before,
            after,
            category: step.category,
            customer: step.customer_id,
        };
        order.write(&mut change, &release).await?;
        let row = step_rows::load(&change.tx, id).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// Reorders one customer's list, which the template's order then leaves alone (R11).
    pub async fn reorder_steps(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        category: Category,
        ordered: Vec<StepId>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        self.reorder_steps_of(release, None, customer, category, ordered, stamp)
            .await
    }

    /// The same, of the release as it was in that version.
    pub async fn reorder_steps_of(
        &self,
        release: ReleaseId,
        version: Option<i64>,
        customer: CustomerId,
        category: Category,
        ordered: Vec<StepId>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let mut change = self.change(stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        change
            .must_be_fresh(
                Entity::Release,
                release.id.0,
                &release,
                release.version,
                version,
            )
            .await?;
        release.may_be_worked_on()?;
        let list = copy_order::list(&change.tx, release.id, customer.0, category).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        order::permutation(&before, &ordered)
            .map_err(|it| ValidationErrors::one(Field::OrderedIds, it))?;
        ListReorder {
            before,
            after: ordered,
            category,
            customer,
        }
        .write(&mut change, &release)
        .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row: (),
        })
    }
}

/// A new order of one customer's list.
pub struct ListReorder {
    pub before: Vec<StepId>,
    pub after: Vec<StepId>,
    pub category: Category,
    pub customer: CustomerId,
}

impl ListReorder {
    async fn write(self, change: &mut Change, release: &Release) -> Result<(), StoreError> {
        if self.before == self.after {
            return Ok(());
        }
        copy_order::write_list(&change.tx, &self.after).await?;
        change.record(
            release_rows::event(release, EventAction::Reorder)
                .customer(self.customer)
                .before(&json!({ "category": self.category, "orderedIds": self.before }))
                .after(&json!({ "category": self.category, "orderedIds": self.after })),
        );
        Ok(())
    }
}
