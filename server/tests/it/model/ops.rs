//! Random operations on the release, on cells, and on customers' lists.
use super::{
    ModelTemplate, ModelText, ReleaseModel,
    drive::{CATEGORIES, ModelRun, template_draft},
    yes,
};
use app::{
    domain::{
        id::{CustomerId, StepId},
        new_release::{NewSteps, WholeRelease},
        order::Position,
        release::ReleaseDraft,
        vocabulary::ReleaseStatus,
    },
    store::steps::{step_patch::StepPatch, transitions::TransitionOptions},
};

impl ModelRun {
    pub async fn release_op(&mut self, op: &'static str) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let mut next = self.model.clone();
        let n = 1 + self.dice.below(3);
        let some: Vec<i64> = self
            .dice
            .shuffled(self.customers.clone())
            .into_iter()
            .take(n)
            .collect();
        let ids: Vec<CustomerId> = some.iter().map(|it| CustomerId(*it)).collect();
        self.trace.push(format!("  {some:?}"));
        let id = self.release;
        let (expected, got) = match op {
            "activate" => {
                let got = store.activate_release(id, Some(ids), stamp).await;
                (next.activate(&some), got.map(|it| it.batch_id))
            }
            "add" => {
                let got = store.add_customers(id, ids, stamp).await;
                (next.add(&some), got.map(|it| it.batch_id))
            }
            "remove" => {
                let got = store.remove_customers(id, vec![ids[0]], stamp).await;
                (next.remove(some[0]), got.map(|it| it.batch_id))
            }
            "archive" => {
                let got = store.archive_release(id, None, stamp).await;
                (next.archive(true), got.map(|it| it.batch_id))
            }
            _ => {
                let got = store.restore_release(id, None, stamp).await;
                (next.archive(false), got.map(|it| it.batch_id))
            }
        };
        self.settle(op, expected, next, got, false).await;
    }

    /// Makes a release from this one: a draft with the same template steps, which leaves this one as it is.
    pub async fn clone_release(&mut self) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let clone = if self.dice.one_in(2) {
            store
                .clone_release(self.release, "July".into(), None, stamp)
                .await
        } else {
            let draft = ReleaseDraft {
                name: "July".into(),
                ..ReleaseDraft::default()
            };
            let new = WholeRelease {
                details: draft,
                steps: NewSteps::Clone {
                    from: self.release,
                    only: None,
                },
                customers: Vec::new(),
            };
            store.create_whole_release(new, stamp).await
        };
        let clone = clone.unwrap().row;
        assert_eq!(clone.status, ReleaseStatus::Draft, "{}", self.story());
        let without_ids = |model: ReleaseModel| {
            let texts = |list: Vec<ModelTemplate>| list.into_iter().map(|it| it.text).collect();
            model.templates.map(texts) as [Vec<ModelText>; 2]
        };
        let release = std::mem::replace(&mut self.release, clone.id);
        let copied = self.read().await;
        self.release = release;
        let of_clone = copied.lists.values().flatten().flatten().count();
        assert_eq!(of_clone, 0, "{}", self.story());
        assert_eq!(
            without_ids(copied),
            without_ids(self.model.clone()),
            "{}",
            self.story()
        );
        assert_eq!(self.read().await, self.model, "{}", self.story());
        self.counts.get_mut("clone release").unwrap().1 += 1;
    }

    pub async fn cell_op(&mut self, op: &'static str) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let mut next = self.model.clone();
        let id = match op {
            "edit custom" => self.any_cell_that(|it| it.is_custom),
            "keep override" => self.any_cell_that(|it| it.is_overridden),
            _ => self.any_cell(),
        };
        let version = self.versions.get(&id).copied().unwrap_or_default();
        let by = Self::by(&stamp);
        self.trace.push(format!("  step {id}"));
        match op {
            "mark" => {
                let (action, reason) = self.any_action();
                let allow = self.dice.one_in(2);
                self.trace.push(format!("  {action}, allow {allow}"));
                let ask = TransitionOptions {
                    reason: reason.clone(),
                    allow_unresolved: allow,
                    ..TransitionOptions::default()
                };
                let got = store.act_on_step(StepId(id), action, ask, stamp).await;
                let expected =
                    next.edit_cell(id, |it| it.act(action, reason.as_deref(), &by, allow));
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "bulk" => {
                let (action, reason) = self.any_action();
                let ids: Vec<i64> = (0..8).map(|_| self.any_cell()).collect();
                self.trace.push(format!("  {action} {ids:?}"));
                let ask = TransitionOptions {
                    reason: reason.clone(),
                    ..TransitionOptions::default()
                };
                let steps = ids.iter().map(|it| StepId(*it)).collect();
                let got = store.act_on_steps(steps, action, ask, stamp).await;
                if next.must_be_active().is_ok() {
                    for id in ids {
                        if let Some(cell) = next.cell_mut(id) {
                            // A cell that a rule refuses stays as it is.
                            let _ = cell.act(action, reason.as_deref(), &by, false);
                        }
                    }
                }
                self.plain(op, Ok(()), next, got.map(|it| (it.changed, it.batch_id)))
                    .await;
            }
            "override" => {
                let content = self.any_text().content;
                let got = store
                    .override_step(StepId(id), content.clone(), version, stamp)
                    .await;
                let expected = next.edit_cell(id, |it| {
                    yes(it.template.is_some())?;
                    it.text.content = content;
                    it.is_overridden = true;
                    Ok(())
                });
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "note" => {
                let notes = self.dice.of(&["", "one", "two"]).unwrap().to_owned();
                let got = store
                    .note_step(StepId(id), notes.clone(), version, stamp)
                    .await;
                let expected = next.edit_cell(id, |it| {
                    it.notes = Some(notes).filter(|it| !it.is_empty());
                    Ok(())
                });
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "patch" => {
                let text = self.dice.one_in(2).then(|| self.any_text());
                let notes = self.dice.of(&[None, Some(""), Some("three")]).unwrap();
                let patch = StepPatch {
                    name: text.as_ref().map(|it| it.name.clone()),
                    kind: text.as_ref().map(|it| it.kind.to_string()),
                    content: text.as_ref().map(|it| it.content.clone()),
                    notes: notes.map(str::to_owned),
                };
                self.trace.push(format!("  {patch:?}"));
                let got = store.patch_step(StepId(id), patch, version, stamp).await;
                let expected = next.edit_cell(id, |it| {
                    if let Some(text) = text {
                        yes(it.is_custom || it.text == text)?;
                        it.text = text;
                    }
                    if let Some(notes) = notes {
                        it.notes = Some(notes.to_owned()).filter(|it| !it.is_empty());
                    }
                    Ok(())
                });
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "keep override" => {
                let got = store.keep_override(StepId(id), None, stamp).await;
                // The template version is all that this changes.
                let is_change = matches!(&got, Ok(kept) if kept.batch_id.is_some());
                let expected = next.edit_cell(id, |it| {
                    it.keeps += u32::from(is_change);
                    yes(it.is_overridden && it.template.is_some())
                });
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "reset" => {
                let got = store.reset_step(StepId(id), None, stamp).await;
                let expected = next.reset(id);
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            _ => {
                let text = self.any_text();
                let draft = template_draft(&text, 0);
                let got = store
                    .edit_custom_step(StepId(id), draft, version, stamp)
                    .await;
                let expected = next.edit_cell(id, |it| {
                    yes(it.is_custom)?;
                    it.text = text;
                    Ok(())
                });
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
        }
    }

    pub async fn list_op(&mut self, op: &'static str) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let mut next = self.model.clone();
        let members: Vec<i64> = self.model.lists.keys().copied().collect();
        let customer = self.dice.of(&members).unwrap_or(self.customers[0]);
        let category = self.dice.below(2);
        let list: Vec<i64> = self
            .model
            .lists
            .get(&customer)
            .map(|it| it[category].iter().map(|it| it.id).collect())
            .unwrap_or_default();
        match op {
            "add custom" => {
                let text = self.any_text();
                let at = self.dice.below(list.len() + 1);
                let place = match list.get(at) {
                    None => Position::Last,
                    Some(id) if at == 0 || self.dice.one_in(2) => Position::Before(StepId(*id)),
                    Some(_) => Position::After(StepId(list[at - 1])),
                };
                let to_template = self.dice.one_in(4);
                self.trace.push(format!(
                    "  {customer} {category} at {at}, template {to_template}"
                ));
                let draft = template_draft(&text, category);
                let owner = CustomerId(customer);
                let got = store
                    .add_custom_step(self.release, owner, draft, place, to_template, stamp)
                    .await;
                let expected = if to_template {
                    let id = got.as_ref().ok().and_then(|it| it.row.template_id);
                    let template = ModelTemplate {
                        id: id.map_or(0, |it| it.0),
                        text,
                    };
                    match next.must_be_active() {
                        Ok(()) if next.lists.contains_key(&customer) => {
                            let last = next.templates[category].len();
                            let above = if place == Position::Last {
                                last
                            } else {
                                next.template_position(customer, category, at)
                            };
                            next.add_template(category, above, template)
                        }
                        _ => yes(false),
                    }
                } else {
                    next.add_custom(customer, category, at, text)
                };
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "delete custom" => {
                let id = self.any_cell_that(|it| it.is_custom);
                let got = store.delete_custom_step(StepId(id), None, stamp).await;
                let expected = next.delete_custom(id);
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "promote" => {
                let overridden = self.model.lists.values().flatten().flatten();
                let overridden: Vec<i64> = overridden
                    .filter(|it| it.is_overridden)
                    .map(|it| it.id)
                    .collect();
                let custom = self.any_cell_that(|it| it.is_custom);
                let id = self
                    .dice
                    .of(&overridden)
                    .filter(|_| self.dice.one_in(2))
                    .unwrap_or(custom);
                self.trace.push(format!("  step {id}"));
                let got = store.promote_step(StepId(id), None, stamp).await;
                let new = got.as_ref().ok().and_then(|it| it.row.template_id);
                let expected = next.promote(id, new.map(|it| it.0));
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            "reorder steps" => {
                let ordered = self.dice.shuffled(list);
                self.trace.push(format!("  {customer} {ordered:?}"));
                let ids = ordered.iter().map(|it| StepId(*it)).collect();
                let owner = CustomerId(customer);
                let got = store
                    .reorder_steps(self.release, None, owner, CATEGORIES[category], ids, stamp)
                    .await;
                let mut expected = next.reorder_steps(customer, category, &ordered);
                if expected.is_err() && next.must_be_active().is_ok() && ordered.is_empty() {
                    // There are no members: the order of an empty list is always right.
                    expected = Ok(());
                }
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
            _ => {
                let id = self.dice.of(&list).unwrap_or(999_999);
                let mut rest: Vec<i64> = list.into_iter().filter(|it| *it != id).collect();
                let at = self.dice.below(rest.len() + 1);
                let place = rest
                    .get(at)
                    .map_or(Position::Last, |it| Position::Before(StepId(*it)));
                rest.insert(at, id);
                self.trace.push(format!("  {customer} {rest:?}"));
                let got = store.move_step(StepId(id), place, None, stamp).await;
                let expected = match next.cell(id) {
                    Some(_) => next.reorder_steps(customer, category, &rest),
                    None => yes(false),
                };
                self.plain(op, expected, next, got.map(|it| (it.row, it.batch_id)))
                    .await;
            }
        }
    }
}
