//! One customer's steps: their state, text, notes and place.
use super::{
    Change, Store,
    audit::{NewEvent, StepSnapshot},
    clusters, copies, customers,
    entity::customer_step,
    error::StoreError,
    members, releases, templates, texts,
};
use crate::domain::{
    event::{Changed, Entity, EventAction},
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    order,
    refusal::{Field, Invalid, Noun, Problem, Refusal},
    release::Release,
    stamp::Stamp,
    step::{CustomerStep, Place, StepAction, StepStatus, Transition},
    template::{Category, TemplateDraft},
    text::{Content, Notes},
    vars::{self, Scope},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::json;

pub(super) async fn load(
    db: &impl ConnectionTrait,
    id: StepId,
) -> Result<CustomerStep, StoreError> {
    customer_step::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Step))?
        .try_into()
}

pub(super) async fn save(
    tx: &DatabaseTransaction,
    step: CustomerStep,
) -> Result<CustomerStep, StoreError> {
    texts::save(tx, &step.content).await?;
    customer_step::Model::from(step)
        .into_active_model()
        .reset_all()
        .update(tx)
        .await?
        .try_into()
}

/// The word of a transition in the history.
pub(super) fn event_action(action: StepAction) -> EventAction {
    match action {
        StepAction::Start => EventAction::Start,
        StepAction::Done => EventAction::Done,
        StepAction::Fail => EventAction::Fail,
        StepAction::Skip => EventAction::Skip,
        StepAction::Revert => EventAction::Revert,
        StepAction::Reopen => EventAction::Reopen,
    }
}

/// What somebody asks for when changing a step's state.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub reason: Option<String>,
    /// Only with done; they replace the step's notes.
    pub notes: Option<String>,
    pub allow_unresolved: bool,
    /// Checked if given.
    pub version: Option<i64>,
}

/// The resolved text of a step, as it was shown.
pub(super) async fn resolved(
    db: &impl ConnectionTrait,
    step: &CustomerStep,
    release: &Release,
) -> Result<vars::Resolved, StoreError> {
    let customer = customers::load(db, step.customer_id).await?;
    let cluster = clusters::load(db, customer.cluster_id).await?;
    let scope = Scope {
        customer: &customer,
        cluster: &cluster,
        release,
    };
    Ok(vars::resolve(&step.content, step.kind, scope))
}

impl Change {
    /// Loads a step of a release that can be worked on, and checks the version that the change was based on.
    pub(super) async fn step(
        &self,
        id: StepId,
        version: Option<i64>,
    ) -> Result<(CustomerStep, Release), StoreError> {
        let step = load(&self.tx, id).await?;
        self.must_be_fresh(Entity::Step, id.0, &step, step.version, version)
            .await?;
        let release = releases::load(&self.tx, step.release_id).await?;
        release.may_be_worked_on()?;
        Ok((step, release))
    }

    /// Saves a step's next version and remembers both. A change of the text keeps both texts.
    pub(super) async fn put_step(
        &mut self,
        before: &CustomerStep,
        mut after: CustomerStep,
        action: EventAction,
        resolved_text: Option<String>,
    ) -> Result<CustomerStep, StoreError> {
        after.version = before.version + 1;
        after.updated_at = self.stamp.at;
        let after = save(&self.tx, after).await?;
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
        ask: Ask,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let transition = Transition::parse(action, ask.reason.as_deref())?;
        let notes = ask
            .notes
            .as_deref()
            .filter(|_| action == StepAction::Done)
            .map(Notes::parse)
            .transpose();
        let notes = notes.map_err(|it| Invalid::one(Field::Notes, it))?;
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
            .put_step(&before, after, event_action(action), resolved_text)
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
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let notes = Notes::parse(&notes).map_err(|it| Invalid::one(Field::Notes, it))?;
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
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let content = Content::parse(&content).map_err(|it| Invalid::one(Field::Content, it))?;
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

    /// R13: brings back the template's name, type and content, and leaves the state alone.
    pub async fn reset_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, version).await?;
        let template = templates::load(&change.tx, before.must_have_template("reset to")?).await?;
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

    /// A step of one customer alone (R12); or, added to the template, of all customers in this release (R8). Then the
    /// place that was named counts in the template, behind the copy's own template.
    pub async fn add_custom_step(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        draft: TemplateDraft,
        place: Place<StepId>,
        add_to_template: bool,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let fields = draft.parse()?;
        let category = fields.category;
        let mut change = self.change(stamp).await?;
        let release = releases::load(&change.tx, release).await?;
        let customer_row = customers::load(&change.tx, customer).await?;
        release.may_be_worked_on()?;
        if !members::member_ids(&change.tx, release.id)
            .await?
            .contains(&customer.0)
        {
            return Err(Refusal::NotAMember {
                names: vec![customer_row.name],
            }
            .into());
        }
        let list = copies::list(&change.tx, release.id, customer.0, category).await?;
        self.must_stand_in(&change, place, &list).await?;
        if add_to_template {
            let template =
                templates::add(&mut change, &release, fields, template_place(&list, place)).await?;
            let row = customer_step::Entity::find()
                .filter(customer_step::Column::TemplateId.eq(template.id.0))
                .filter(customer_step::Column::CustomerId.eq(customer.0))
                .one(&change.tx)
                .await?
                .ok_or(StoreError::NotFound(Noun::Step))?;
            return Ok(Changed {
                row: row.try_into()?,
                batch_id: change.commit().await?,
            });
        }
        let now = change.stamp.at;
        let step = CustomerStep {
            id: StepId(0),
            release_id: release.id,
            customer_id: customer,
            template_id: None,
            name: fields.name.into(),
            category,
            kind: fields.kind,
            content: fields.content.into(),
            order_index: i32::MAX,
            status: StepStatus::Pending,
            executed_at: None,
            executed_by: None,
            started_at: None,
            started_by: None,
            state_at: None,
            state_by: None,
            skip_reason: None,
            fail_reason: None,
            revert_reason: None,
            notes: None,
            is_custom: true,
            is_overridden: false,
            template_version: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        texts::save(&change.tx, &step.content).await?;
        let mut row = customer_step::Model::from(step)
            .into_active_model()
            .reset_all();
        row.id = NotSet;
        let id = StepId(row.insert(&change.tx).await?.id);
        let ids: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let ids = order::placed(&ids, id, place).ok_or(Refusal::OtherList { id: id.0 })?;
        copies::write_list(&change.tx, &ids).await?;
        let row = load(&change.tx, id).await?;
        let mut after = serde_json::to_value(StepSnapshot::with_content(&row)).unwrap_or_default();
        after["orderIndex"] = json!(row.order_index);
        change.record(NewEvent::of_step(&row, EventAction::Create).after(&after));
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// A neighbour must be a step, and of this very list.
    async fn must_stand_in(
        &self,
        change: &Change,
        place: Place<StepId>,
        list: &copies::List,
    ) -> Result<(), StoreError> {
        let (Place::Before(id) | Place::After(id)) = place else {
            return Ok(());
        };
        if list.iter().any(|it| it.id == id) {
            return Ok(());
        }
        match load(&change.tx, id).await {
            Ok(_) => Err(Refusal::OtherList { id: id.0 }.into()),
            Err(StoreError::NotFound(_)) => {
                Err(Invalid::one(Field::Position, Problem::Unknown { ids: vec![id.0] }).into())
            }
            Err(error) => Err(error),
        }
    }

    /// Name, type and content of a custom step; a copy's text is changed by an override.
    pub async fn edit_custom_step(
        &self,
        id: StepId,
        draft: TemplateDraft,
        version: i64,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, Some(version)).await?;
        if !before.is_custom {
            return Err(Refusal::IsACopy { name: before.name }.into());
        }
        let after = CustomerStep {
            name: fields.name.into(),
            kind: fields.kind,
            content: fields.content.into(),
            ..before.clone()
        };
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        let row = change
            .put_step(&before, after, EventAction::Update, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    pub async fn delete_custom_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: Stamp,
    ) -> Result<Changed<()>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (before, _) = change.step(id, version).await?;
        before.must_be_custom("deleted")?;
        remove(&change.tx, &before).await?;
        let mut snapshot =
            serde_json::to_value(StepSnapshot::with_content(&before)).unwrap_or_default();
        snapshot["orderIndex"] = json!(before.order_index);
        change.record(NewEvent::of_step(&before, EventAction::Delete).before(&snapshot));
        Ok(Changed {
            batch_id: change.commit().await?,
            row: (),
        })
    }

    /// Puts a step elsewhere in its customer's list; the category stays.
    pub async fn move_step(
        &self,
        id: StepId,
        place: Place<StepId>,
        version: Option<i64>,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (step, release) = change.step(id, version).await?;
        let list = copies::list(&change.tx, release.id, step.customer_id.0, step.category).await?;
        self.must_stand_in(&change, place, &list).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let after = order::placed(&before, id, place).ok_or(Refusal::OtherList { id: id.0 })?;
        let order = Order {
            before,
            after,
            category: step.category,
            customer: step.customer_id,
        };
        order.write(&mut change, &release).await?;
        let row = load(&change.tx, id).await?;
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
        stamp: Stamp,
    ) -> Result<Changed<()>, StoreError> {
        let mut change = self.change(stamp).await?;
        let release = releases::load(&change.tx, release).await?;
        release.may_be_worked_on()?;
        let list = copies::list(&change.tx, release.id, customer.0, category).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        order::permutation(&before, &ordered).map_err(|it| Invalid::one(Field::OrderedIds, it))?;
        Order {
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

    /// A custom step becomes a template step of the whole release; an overridden copy's text the template's (R9).
    pub async fn promote_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: Stamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let mut change = self.change(stamp).await?;
        let (before, release) = change.step(id, version).await?;
        let mut draft = TemplateDraft {
            name: before.name.clone(),
            category: before.category.to_string(),
            kind: before.kind.to_string(),
            content: before.content.clone(),
            description: String::new(),
        };
        let template = match before.template_id {
            Some(_) if !before.is_overridden => {
                return Err(Refusal::NothingToPromote { name: before.name }.into());
            }
            Some(template) => {
                let template = templates::load(&change.tx, template).await?;
                draft.name.clone_from(&template.name);
                draft.description = template.description.clone().unwrap_or_default();
                templates::edit(&mut change, template, draft.parse()?, None).await?
            }
            None => {
                let list = copies::list(
                    &change.tx,
                    release.id,
                    before.customer_id.0,
                    before.category,
                )
                .await?;
                let place = template_place(&list, Place::After(id));
                let template = templates::add(&mut change, &release, draft.parse()?, place).await?;
                // The customer has the step already: the copy that was just made gives way to it.
                let copy = customer_step::Entity::find()
                    .filter(customer_step::Column::TemplateId.eq(template.id.0))
                    .filter(customer_step::Column::CustomerId.eq(before.customer_id.0))
                    .one(&change.tx)
                    .await?;
                if let Some(copy) = copy {
                    remove(&change.tx, &copy.try_into()?).await?;
                }
                template
            }
        };
        // Adding the template may have moved the step.
        let present = load(&change.tx, id).await?;
        let after = CustomerStep {
            template_id: Some(template.id),
            template_version: Some(template.version),
            is_custom: false,
            is_overridden: false,
            ..present
        };
        let row = change
            .put_step(&before, after, EventAction::Promote, None)
            .await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }
}

/// Deletes a step and closes the gap behind it.
pub(super) async fn remove(
    tx: &DatabaseTransaction,
    step: &CustomerStep,
) -> Result<(), StoreError> {
    customer_step::Entity::delete_by_id(step.id.0)
        .exec(tx)
        .await?;
    let list = copies::list(tx, step.release_id, step.customer_id.0, step.category).await?;
    let ids: Vec<StepId> = list.iter().map(|it| it.id).collect();
    copies::write_list(tx, &ids).await
}

/// The place in the template that a place in a customer's list means: behind the nearest copy above it.
fn template_place(list: &copies::List, place: Place<StepId>) -> Place<TemplateId> {
    let above = match place {
        Place::Last => return Place::Last,
        Place::After(id) => list
            .iter()
            .position(|it| it.id == id)
            .map_or(0, |it| it + 1),
        Place::Before(id) => list.iter().position(|it| it.id == id).unwrap_or_default(),
    };
    let behind = list[..above]
        .iter()
        .rev()
        .find_map(|it| it.template)
        .map(Place::After);
    let first = list.iter().find_map(|it| it.template).map(Place::Before);
    behind.or(first).unwrap_or_default()
}

/// A new order of one customer's list.
pub(super) struct Order {
    pub before: Vec<StepId>,
    pub after: Vec<StepId>,
    pub category: Category,
    pub customer: CustomerId,
}

impl Order {
    async fn write(self, change: &mut Change, release: &Release) -> Result<(), StoreError> {
        if self.before == self.after {
            return Ok(());
        }
        copies::write_list(&change.tx, &self.after).await?;
        change.record(
            releases::event(release, EventAction::Reorder)
                .customer(self.customer)
                .before(&json!({ "category": self.category, "orderedIds": self.before }))
                .after(&json!({ "category": self.category, "orderedIds": self.after })),
        );
        Ok(())
    }
}
