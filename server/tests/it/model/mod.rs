//! Model-based test: the rules R1-R13, R16 and R101 implemented a second time, as simply as possible, on lists in memory. Random
//! sequences of operations go through the store and through this model; after each operation both must agree. Customers have a
//! model of their own (R85).
pub mod chain;
mod customers;
pub mod dice;
mod drive;
mod ops;
mod ops_template;
mod runs;
mod runs_ops;
mod undo;

use app::domain::vocabulary::{ReleaseStatus, StepAction, StepStatus, StepType};
use std::collections::BTreeMap;

/// A text with a variable that has no value.
pub const UNRESOLVED: &str = "echo {{var.NOBODY_HAS_IT}}";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelText {
    pub name: String,
    pub kind: StepType,
    pub content: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTemplate {
    pub id: i64,
    pub text: ModelText,
}

/// A customer's step. `id` is 0 until the store has given it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCell {
    pub id: i64,
    pub template: Option<i64>,
    pub text: ModelText,
    pub status: StepStatus,
    pub reason: Option<String>,
    /// The actor and the time of the present state, in milliseconds.
    pub by: Option<(String, i64)>,
    pub notes: Option<String>,
    pub is_custom: bool,
    pub is_overridden: bool,
    /// How often the override was kept over an edit of its template. Not read from the database.
    pub keeps: u32,
}

/// Deploy, then verify.
pub type ModelLists = [Vec<ModelCell>; 2];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseModel {
    pub status: ReleaseStatus,
    pub templates: [Vec<ModelTemplate>; 2],
    /// The members, by customer id, with their lists.
    pub lists: BTreeMap<i64, ModelLists>,
}

/// A rule forbids the operation.
#[derive(Debug)]
pub struct ModelRefusal;

type ModelAnswer = Result<(), ModelRefusal>;

pub fn yes(may: bool) -> ModelAnswer {
    if may { Ok(()) } else { Err(ModelRefusal) }
}

/// The index in a list that the new item gets; the length of the list is last.
pub type ListIndex = usize;

fn copy_of(template: &ModelTemplate) -> ModelCell {
    ModelCell {
        id: 0,
        template: Some(template.id),
        text: template.text.clone(),
        status: StepStatus::Pending,
        reason: None,
        by: None,
        notes: None,
        is_custom: false,
        is_overridden: false,
        keeps: 0,
    }
}

impl ModelCell {
    /// R9, R10: pending and not overridden, so it follows its template.
    fn is_plain(&self) -> bool {
        self.status == StepStatus::Pending && !self.is_overridden
    }

    /// R101: somebody has worked on it.
    fn has_work(&self) -> bool {
        !self.is_plain() || self.notes.is_some()
    }

    /// R2: a transition. Does nothing if the cell is in that state already.
    pub fn act(
        &mut self,
        action: StepAction,
        reason: Option<&str>,
        by: &(String, i64),
        allow: bool,
    ) -> ModelAnswer {
        if self.status == action.target() {
            return Ok(());
        }
        yes(action.allows(self.status))?;
        yes(action != StepAction::Done || allow || self.text.content != UNRESOLVED)?;
        self.status = action.target();
        self.reason = reason
            .filter(|_| action.accepts_reason())
            .map(str::to_owned);
        self.by = Some(by.clone());
        Ok(())
    }
}

/// R11: whether a customer's copies are in the template's order.
fn follows(list: &[ModelCell], templates: &[ModelTemplate]) -> bool {
    let ranks: Vec<usize> = list
        .iter()
        .filter_map(|cell| templates.iter().position(|it| Some(it.id) == cell.template))
        .collect();
    ranks.is_sorted()
}

/// R11: puts a list into the template's order. Each custom step stays behind the step that it was behind.
fn arrange(list: &mut Vec<ModelCell>, templates: &[ModelTemplate]) {
    let mut groups: Vec<Vec<ModelCell>> = vec![Vec::new()];
    for cell in list.drain(..) {
        if cell.template.is_some() {
            groups.push(Vec::new());
        }
        groups.last_mut().unwrap().push(cell);
    }
    let head = groups.remove(0);
    groups.sort_by_key(|group| {
        let first = group[0].template;
        templates.iter().position(|it| Some(it.id) == first)
    });
    list.extend(head);
    list.extend(groups.into_iter().flatten());
}

impl ReleaseModel {
    pub fn cell(&self, id: i64) -> Option<&ModelCell> {
        let mut cells = self.lists.values().flatten().flatten();
        cells.find(|it| it.id == id)
    }

    pub fn cell_mut(&mut self, id: i64) -> Option<&mut ModelCell> {
        let mut cells = self.lists.values_mut().flatten().flatten();
        cells.find(|it| it.id == id)
    }

    pub fn must_be_active(&self) -> ModelAnswer {
        yes(self.status == ReleaseStatus::Active)
    }

    fn may_be_edited(&self) -> ModelAnswer {
        yes(self.status != ReleaseStatus::Archived)
    }

    fn copies(&self) -> ModelLists {
        self.templates
            .clone()
            .map(|list| list.iter().map(copy_of).collect())
    }

    pub fn activate(&mut self, customers: &[i64]) -> ModelAnswer {
        yes(self.status == ReleaseStatus::Draft)?;
        yes(!customers.is_empty() && self.templates.iter().any(|it| !it.is_empty()))?;
        self.status = ReleaseStatus::Active;
        for customer in customers {
            self.lists.insert(*customer, self.copies());
        }
        Ok(())
    }

    pub fn add(&mut self, customers: &[i64]) -> ModelAnswer {
        self.must_be_active()?;
        let new: Vec<&i64> = customers
            .iter()
            .filter(|it| !self.lists.contains_key(it))
            .collect();
        yes(!new.is_empty())?;
        for customer in new {
            self.lists.insert(*customer, self.copies());
        }
        Ok(())
    }

    pub fn remove(&mut self, customer: i64) -> ModelAnswer {
        self.must_be_active()?;
        let lists = self.lists.get(&customer).ok_or(ModelRefusal)?;
        let mut cells = lists.iter().flatten();
        yes(cells.all(|it| it.status == StepStatus::Pending))?;
        self.lists.remove(&customer);
        Ok(())
    }

    pub fn archive(&mut self, archive: bool) -> ModelAnswer {
        let (from, to) = if archive {
            (ReleaseStatus::Active, ReleaseStatus::Archived)
        } else {
            (ReleaseStatus::Archived, ReleaseStatus::Active)
        };
        yes(self.status == from)?;
        self.status = to;
        Ok(())
    }

    pub fn add_template(
        &mut self,
        category: usize,
        at: ListIndex,
        template: ModelTemplate,
    ) -> ModelAnswer {
        self.may_be_edited()?;
        let before = self.templates[category].clone();
        self.templates[category].insert(at, template.clone());
        for lists in self.lists.values_mut() {
            let list = &mut lists[category];
            let followed = follows(list, &before);
            list.push(copy_of(&template));
            if followed {
                arrange(list, &self.templates[category]);
            }
        }
        Ok(())
    }

    pub fn place_of(&self, template: i64) -> Option<(usize, ListIndex)> {
        (0..2).find_map(|category| {
            let mut list = self.templates[category].iter();
            Some((category, list.position(|it| it.id == template)?))
        })
    }

    pub fn edit_template(&mut self, id: i64, text: &ModelText) -> ModelAnswer {
        self.may_be_edited()?;
        let (category, at) = self.place_of(id).ok_or(ModelRefusal)?;
        let template = &mut self.templates[category][at];
        if template.text == *text {
            return Ok(());
        }
        template.text = text.clone();
        for cell in self.lists.values_mut().flatten().flatten() {
            if cell.template == Some(id) && cell.is_plain() {
                cell.text = text.clone();
            }
        }
        Ok(())
    }

    pub fn delete_template(&mut self, id: i64) -> ModelAnswer {
        self.may_be_edited()?;
        let (category, at) = self.place_of(id).ok_or(ModelRefusal)?;
        self.templates[category].remove(at);
        for list in self.lists.values_mut().flatten() {
            list.retain(|it| it.template != Some(id) || !it.is_plain());
            for cell in list.iter_mut().filter(|it| it.template == Some(id)) {
                cell.template = None;
                cell.is_custom = true;
            }
        }
        Ok(())
    }

    pub fn move_template(&mut self, id: i64, to: usize) -> ModelAnswer {
        self.may_be_edited()?;
        let (from, at) = self.place_of(id).ok_or(ModelRefusal)?;
        if from == to {
            return Ok(());
        }
        let template = self.templates[from].remove(at);
        self.templates[to].push(template);
        for lists in self.lists.values_mut() {
            let at = lists[from].iter().position(|it| it.template == Some(id));
            if let Some(at) = at {
                let cell = lists[from].remove(at);
                lists[to].push(cell);
            }
        }
        Ok(())
    }

    pub fn reorder_templates(&mut self, category: usize, ordered: &[i64]) -> ModelAnswer {
        self.may_be_edited()?;
        let before = self.templates[category].clone();
        let mut present: Vec<i64> = before.iter().map(|it| it.id).collect();
        let mut wanted = ordered.to_vec();
        present.sort_unstable();
        wanted.sort_unstable();
        yes(present == wanted)?;
        let rank = |it: &ModelTemplate| ordered.iter().position(|id| *id == it.id);
        self.templates[category].sort_by_key(rank);
        for lists in self.lists.values_mut() {
            if follows(&lists[category], &before) {
                arrange(&mut lists[category], &self.templates[category]);
            }
        }
        Ok(())
    }

    pub fn reorder_steps(
        &mut self,
        customer: i64,
        category: usize,
        ordered: &[i64],
    ) -> ModelAnswer {
        self.must_be_active()?;
        let list = &mut self.lists.get_mut(&customer).ok_or(ModelRefusal)?[category];
        list.sort_by_key(|it| ordered.iter().position(|id| *id == it.id));
        Ok(())
    }

    /// The position in the template for a position in a customer's list: behind the nearest copy above, else before the
    /// first copy, else last.
    pub fn template_position(&self, customer: i64, category: usize, at: ListIndex) -> ListIndex {
        let list = &self.lists[&customer][category];
        let place = |cell: &ModelCell| self.place_of(cell.template?).map(|(_, at)| at);
        let above = list[..at].iter().rev().find_map(place).map(|it| it + 1);
        let first = list.iter().find_map(place);
        above.or(first).unwrap_or(self.templates[category].len())
    }

    pub fn add_custom(
        &mut self,
        customer: i64,
        category: usize,
        at: ListIndex,
        text: ModelText,
    ) -> ModelAnswer {
        self.must_be_active()?;
        let list = &mut self.lists.get_mut(&customer).ok_or(ModelRefusal)?[category];
        let cell = ModelCell {
            is_custom: true,
            template: None,
            ..copy_of(&ModelTemplate { id: 0, text })
        };
        list.insert(at, cell);
        Ok(())
    }

    pub fn delete_custom(&mut self, id: i64) -> ModelAnswer {
        self.must_be_active()?;
        yes(self.cell(id).ok_or(ModelRefusal)?.is_custom)?;
        for list in self.lists.values_mut().flatten() {
            list.retain(|it| it.id != id);
        }
        Ok(())
    }

    pub fn edit_cell(
        &mut self,
        id: i64,
        edit: impl FnOnce(&mut ModelCell) -> ModelAnswer,
    ) -> ModelAnswer {
        self.must_be_active()?;
        edit(self.cell_mut(id).ok_or(ModelRefusal)?)
    }

    pub fn reset(&mut self, id: i64) -> ModelAnswer {
        let template = self.cell(id).and_then(|it| it.template);
        let (category, at) = template
            .and_then(|it| self.place_of(it))
            .ok_or(ModelRefusal)?;
        let text = self.templates[category][at].text.clone();
        self.edit_cell(id, |cell| {
            cell.text = text;
            cell.is_overridden = false;
            Ok(())
        })
    }

    /// `new` is the id of the template that the store created from a custom step.
    pub fn promote(&mut self, id: i64, new: Option<i64>) -> ModelAnswer {
        self.must_be_active()?;
        let cell = self.cell(id).ok_or(ModelRefusal)?.clone();
        let template = if let Some(template) = cell.template {
            yes(cell.is_overridden)?;
            let (category, at) = self.place_of(template).ok_or(ModelRefusal)?;
            let name = self.templates[category][at].text.name.clone();
            self.edit_template(template, &ModelText { name, ..cell.text })?;
            template
        } else {
            let new = new.unwrap_or_default();
            let place = self.lists.iter().find_map(|(customer, lists)| {
                (0..2).find_map(|category| {
                    let at = lists[category].iter().position(|it| it.id == id)?;
                    Some((*customer, category, at))
                })
            });
            let (customer, category, at) = place.ok_or(ModelRefusal)?;
            let position = self.template_position(customer, category, at + 1);
            let template = ModelTemplate {
                id: new,
                text: cell.text,
            };
            // This customer's list stays as it is: it has the step already.
            let own = self.lists[&customer].clone();
            self.add_template(category, position, template)?;
            self.lists.insert(customer, own);
            new
        };
        let (category, at) = self.place_of(template).ok_or(ModelRefusal)?;
        let name = self.templates[category][at].text.name.clone();
        let cell = self.cell_mut(id).ok_or(ModelRefusal)?;
        cell.text.name = name;
        cell.template = Some(template);
        cell.is_custom = false;
        cell.is_overridden = false;
        Ok(())
    }
}
