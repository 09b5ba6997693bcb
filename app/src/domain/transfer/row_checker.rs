//! What is asked of every row before it is taken in: the domain's own limits, references to what came before, names and
//! places that are unique, positions without a gap. Rows come out as the domain writes them.
use super::{
    ImportErrors, Membership, NUMBER_MAX, Part, Transfer,
    batch_order::BatchOrder,
    json_lines::{JsonItem, field_of},
    message,
};
use crate::domain::{
    cluster::{Cluster, ClusterDraft},
    customer::{Customer, CustomerDraft},
    event::Event,
    id::{ClusterId, CustomerId, ReleaseId, TemplateId},
    release::{Release, ReleaseDraft, ReleaseStatus},
    rule_violation::{FieldError, ValidationErrors},
    step::{CustomerStep, StepStatus},
    template::{Category, StepTemplate, TemplateDraft},
    text::{Name, Notes, Reason},
};
use serde::{Serialize, de::DeserializeOwned, de::IgnoredAny};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

/// A list whose positions count from 0: a release's, of one customer or (0) of the template, in a category.
type PositionList = (ReleaseId, CustomerId, Category);

/// Checks row after row, list after list, and remembers what later ones refer to.
#[derive(Default)]
pub struct RowChecker {
    faults: ImportErrors,
    /// The names of a list's fields.
    fields: BTreeMap<Part, BTreeSet<String>>,
    ids: BTreeMap<Part, HashSet<i64>>,
    /// Whether each is active.
    clusters: HashMap<ClusterId, bool>,
    cluster_names: HashSet<String>,
    namespaces: HashSet<(ClusterId, String)>,
    releases: HashMap<ReleaseId, ReleaseStatus>,
    templates: HashMap<TemplateId, (ReleaseId, Category)>,
    members: HashSet<(ReleaseId, CustomerId)>,
    copies: HashSet<(CustomerId, TemplateId)>,
    batches: BatchOrder,
    /// Positions, with the line where each stands.
    places: BTreeMap<Part, HashMap<PositionList, BTreeMap<i32, usize>>>,
}

/// The row that is being checked.
struct CheckedRow<'a> {
    faults: &'a mut ImportErrors,
    part: Part,
    line: usize,
}

impl CheckedRow<'_> {
    fn add(&mut self, field: impl fmt::Display, problem: impl fmt::Display) {
        let field = format!("{}.{field}", self.part);
        self.faults.add(self.line, field, problem);
    }

    fn must(&mut self, field: &str, holds: bool, problem: &str) {
        if !holds {
            self.add(field, problem);
        }
    }

    fn version(&mut self, version: i64) {
        let is_one = (1..=NUMBER_MAX).contains(&version);
        self.must("version", is_one, "count from 1");
    }

    fn parsed<T>(&mut self, parsed: Result<T, ValidationErrors>) -> Option<T> {
        match parsed {
            Ok(fields) => Some(fields),
            Err(ValidationErrors(problems)) => {
                for it in problems {
                    self.add(it.field, it.problem);
                }
                None
            }
        }
    }

    /// A text that may be missing, as the domain writes it.
    fn text<T: Into<String>>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl Fn(&str) -> Result<Option<T>, FieldError>,
    ) -> Option<String> {
        match parse(&text?) {
            Ok(text) => text.map(Into::into),
            Err(problem) => {
                self.add(field, problem);
                None
            }
        }
    }

    fn person(&mut self, field: &str, name: Option<String>) -> Option<String> {
        self.text(field, name, |it| Name::parse(it).map(Some))
    }
}

impl RowChecker {
    pub fn faults(&self) -> &ImportErrors {
        &self.faults
    }

    /// A fault that only the store can see.
    pub fn blame(&mut self, part: Part, line: usize, field: &str, problem: &str) {
        self.row(part, line).add(field, problem);
    }

    fn row(&mut self, part: Part, line: usize) -> CheckedRow<'_> {
        CheckedRow {
            faults: &mut self.faults,
            part,
            line,
        }
    }

    /// Reads a row; every field must be there, and no other.
    fn read<T: DeserializeOwned + Serialize>(
        &mut self,
        part: Part,
        item: &JsonItem<'_>,
    ) -> Option<T> {
        let row: T = match serde_json::from_str(item.text) {
            Ok(row) => row,
            Err(error) => {
                let line = item.line + error.line().saturating_sub(1);
                let field = field_of(item, &error);
                self.row(part, line).add(field, message(&error));
                return None;
            }
        };
        let known = self.fields.entry(part).or_insert_with(|| {
            let fields = serde_json::to_value(&row).unwrap_or_default();
            let fields = fields.as_object().map(|it| it.keys().cloned().collect());
            fields.unwrap_or_default()
        });
        #[expect(
            clippy::zero_sized_map_values,
            reason = "a set has no reader of objects"
        )]
        let fields: BTreeMap<String, IgnoredAny> =
            serde_json::from_str(item.text).unwrap_or_default();
        let stranger = fields.into_keys().find(|it| !known.contains(it));
        if let Some(stranger) = stranger {
            self.row(part, item.line).add(stranger, "unknown");
        }
        Some(row)
    }

    fn id(&mut self, part: Part, line: usize, id: i64) {
        let is_new = self.ids.entry(part).or_default().insert(id);
        let mut row = self.row(part, line);
        let is_one = (1..=NUMBER_MAX).contains(&id);
        row.must("id", is_one, "count from 1");
        row.must("id", is_new, "an earlier row has this id");
    }

    pub fn cluster(&mut self, item: &JsonItem<'_>) -> Option<Cluster> {
        let part = Part::Clusters;
        let mut it: Cluster = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let mut row = self.row(part, item.line);
        row.version(it.version);
        let fields = row.parsed(ClusterDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.kubeconfig_path = fields.kubeconfig_path.map(Into::into);
        it.description = fields.description.map(Into::into);
        it.metadata = fields.metadata;
        let is_new = self.cluster_names.insert(it.name.clone());
        self.row(part, item.line)
            .must("name", is_new, "an earlier cluster has this name");
        self.clusters.insert(it.id, it.is_active);
        Some(it)
    }

    pub fn customer(&mut self, item: &JsonItem<'_>) -> Option<Customer> {
        let part = Part::Customers;
        let mut it: Customer = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let cluster = self.clusters.get(&it.cluster_id).copied();
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.must("clusterId", cluster.is_some(), "there is no such cluster");
        row.must(
            "isActive",
            !it.is_active || cluster != Some(false),
            "its cluster is not active",
        );
        let fields = row.parsed(CustomerDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.namespace = fields.namespace.into();
        it.description = fields.description.map(Into::into);
        it.metadata = fields.metadata;
        let is_new = self
            .namespaces
            .insert((it.cluster_id, it.namespace.clone()));
        self.row(part, item.line).must(
            "namespace",
            is_new,
            "an earlier customer of the cluster has this namespace",
        );
        Some(it)
    }

    pub fn release(&mut self, item: &JsonItem<'_>) -> Option<Release> {
        let part = Part::Releases;
        let mut it: Release = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        self.releases.insert(it.id, it.status);
        let mut row = self.row(part, item.line);
        row.version(it.version);
        let fields = row.parsed(ReleaseDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.version_number = fields.version_number.map(Into::into);
        it.description = fields.description.map(Into::into);
        it.metadata = fields.metadata;
        Some(it)
    }

    pub fn template(&mut self, item: &JsonItem<'_>) -> Option<StepTemplate> {
        let part = Part::Templates;
        let mut it: StepTemplate = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        self.templates.insert(it.id, (it.release_id, it.category));
        let list = (it.release_id, CustomerId(0), it.category);
        self.place(part, list, it.order_index, item.line);
        let is_known = self.releases.contains_key(&it.release_id);
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.must("releaseId", is_known, "there is no such release");
        let fields = row.parsed(TemplateDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.description = fields.description.map(Into::into);
        Some(it)
    }

    pub fn member(&mut self, item: &JsonItem<'_>) -> Option<Membership> {
        let part = Part::Members;
        let it: Membership = self.read(part, item)?;
        let status = self.releases.get(&it.release_id).copied();
        let is_customer = self.is_known(Part::Customers, it.customer_id.0);
        let is_new = self.members.insert((it.release_id, it.customer_id));
        let mut row = self.row(part, item.line);
        row.must("releaseId", status.is_some(), "there is no such release");
        row.must(
            "releaseId",
            status != Some(ReleaseStatus::Draft),
            "a draft has no customers yet",
        );
        row.must("customerId", is_customer, "there is no such customer");
        row.must("customerId", is_new, "an earlier row says the same");
        Some(it)
    }

    pub fn step(&mut self, item: &JsonItem<'_>) -> Option<CustomerStep> {
        let part = Part::Steps;
        let mut it: CustomerStep = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let list = (it.release_id, it.customer_id, it.category);
        self.place(part, list, it.order_index, item.line);
        let is_member = self.members.contains(&(it.release_id, it.customer_id));
        let template = it.template_id.map(|id| self.templates.get(&id).copied());
        let is_new = it
            .template_id
            .is_none_or(|id| self.copies.insert((it.customer_id, id)));
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.must(
            "customerId",
            is_member,
            "the customer is not in this release",
        );
        row.must(
            "templateId",
            template.is_none_or(|it| it.is_some()),
            "there is no such template step",
        );
        row.must(
            "templateId",
            template
                .flatten()
                .is_none_or(|of| of == (it.release_id, it.category)),
            "the template step is of another release or category",
        );
        row.must(
            "templateId",
            is_new,
            "an earlier step of the customer is a copy of it",
        );
        row.must(
            "isCustom",
            it.is_custom == it.template_id.is_none(),
            "a step is custom if it has no template",
        );
        state(&mut row, &it);
        it.notes = row.text("notes", it.notes.take(), Notes::parse);
        it.skip_reason = row.text("skipReason", it.skip_reason.take(), Reason::parse);
        it.fail_reason = row.text("failReason", it.fail_reason.take(), Reason::parse);
        it.revert_reason = row.text("revertReason", it.revert_reason.take(), Reason::parse);
        it.started_by = row.person("startedBy", it.started_by.take());
        it.executed_by = row.person("executedBy", it.executed_by.take());
        it.state_by = row.person("stateBy", it.state_by.take());
        let draft = TemplateDraft {
            name: it.name,
            category: it.category.to_string(),
            kind: it.kind.to_string(),
            content: it.content,
            description: String::new(),
        };
        let fields = row.parsed(draft.parse())?;
        it.name = fields.name.into();
        it.content = fields.content.into();
        Some(it)
    }

    /// History outlives what it speaks of, so nothing that it names has to be there.
    pub fn event(&mut self, item: &JsonItem<'_>) -> Option<Event> {
        let part = Part::Events;
        let mut it: Event = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let out_of_order = self.batches.take(it.id, &it.batch_id, it.undoes.as_ref());
        let mut row = self.row(part, item.line);
        for (field, problem) in out_of_order {
            row.add(field, problem);
        }
        let batch = Name::parse(&it.batch_id.0);
        row.must(
            "batchId",
            batch.is_ok_and(|name| name.as_str() == it.batch_id.0),
            "1 to 100 characters",
        );
        row.must(
            "resolvedSha256",
            it.resolved_text.is_some() == it.resolved_sha256.is_some(),
            "a text and its SHA-256 come together",
        );
        for (field, value) in [("before", &it.before), ("after", &it.after)] {
            let is_object = value.as_ref().is_none_or(Value::is_object);
            row.must(field, is_object, "write an object");
        }
        let actor = row.person("actor", Some(it.actor));
        it.actor = actor?;
        Some(it)
    }

    fn is_known(&self, part: Part, id: i64) -> bool {
        self.ids.get(&part).is_some_and(|it| it.contains(&id))
    }

    fn place(&mut self, part: Part, list: PositionList, position: i32, line: usize) {
        let list = self
            .places
            .entry(part)
            .or_default()
            .entry(list)
            .or_default();
        let is_new = list.insert(position, line).is_none();
        self.row(part, line)
            .must("orderIndex", is_new, "an earlier step has this place");
    }

    /// The highest id that was ever given.
    pub fn last_id(&self, file: &Transfer, part: Part) -> i64 {
        let present = self.ids.get(&part).and_then(|it| it.iter().max());
        let said = file.last_ids.get(&part);
        present.max(said).copied().unwrap_or_default()
    }

    /// Everything that is wrong; positions are known only when every row was seen.
    pub fn finish(mut self) -> ImportErrors {
        for (part, lists) in std::mem::take(&mut self.places) {
            let mut wrong: Vec<usize> = Vec::new();
            for places in lists.into_values() {
                let gap = places.iter().zip(0_i32..).find(|((at, _), n)| *at != n);
                wrong.extend(gap.map(|((_, line), _)| *line));
            }
            wrong.sort_unstable();
            for line in wrong {
                self.row(part, line)
                    .add("orderIndex", "positions count from 0, without a gap");
            }
        }
        self.faults
    }
}

/// R2: each state says who and when, and some say why. A reason explains the present state only.
fn state(row: &mut CheckedRow<'_>, it: &CustomerStep) {
    let said = |at: bool, by: &Option<String>| at && by.is_some();
    let who = "say who and when";
    if it.status != StepStatus::Pending {
        let is_said = said(it.state_at.is_some(), &it.state_by);
        row.must("stateBy", is_said, who);
    }
    if it.status == StepStatus::Done {
        let is_said = said(it.executed_at.is_some(), &it.executed_by);
        row.must("executedBy", is_said, who);
    }
    if it.status == StepStatus::InProgress {
        let is_said = said(it.started_at.is_some(), &it.started_by);
        row.must("startedBy", is_said, who);
    }
    if it.status == StepStatus::Failed {
        row.must("failReason", it.fail_reason.is_some(), "say why");
    }
    if it.status == StepStatus::Skipped {
        row.must("skipReason", it.skip_reason.is_some(), "say why");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cluster(change: impl Fn(&mut Value)) -> String {
        let mut row = json!({
            "id": 1, "name": "eu", "kubeconfigPath": null, "description": null, "isActive": true, "metadata": {},
            "version": 1, "createdAt": "2026-06-01T09:00:00Z", "updatedAt": "2026-06-01T09:00:00Z",
        });
        change(&mut row);
        serde_json::to_string_pretty(&row).unwrap()
    }

    fn faults(rows: &[String]) -> String {
        let mut check = RowChecker::default();
        for text in rows {
            check.cluster(&JsonItem {
                text,
                line: 10,
                offset: 0,
            });
        }
        check.finish().to_string()
    }

    #[test]
    fn a_row_as_it_is_written_is_taken() {
        assert_eq!(faults(&[cluster(|_| ())]), "");
    }

    #[test]
    fn every_fault_names_its_line_and_field() {
        let one = |change: fn(&mut Value)| faults(&[cluster(change)]);
        let text = cluster(|_| ());
        let line = 10 + text.lines().position(|it| it.contains("name")).unwrap();
        assert_eq!(
            one(|it| it["name"] = json!(7)),
            format!("line {line}, clusters.name: invalid type: integer `7`, expected a string")
        );
        assert_eq!(
            one(|it| it["name"] = json!("")),
            "line 10, clusters.name: fill this in"
        );
        assert_eq!(one(|it| it["x"] = json!(1)), "line 10, clusters.x: unknown");
        assert_eq!(
            one(|it| it["id"] = json!(0)),
            "line 10, clusters.id: count from 1"
        );
        let missing = one(|it| {
            it.as_object_mut().unwrap().remove("isActive");
        });
        assert!(
            missing.contains("clusters.isActive: missing field"),
            "{missing}"
        );
        assert!(one(|it| it["createdAt"] = json!("yesterday")).contains("clusters.createdAt"));
        assert!(one(|it| it["metadata"] = json!({ "1": "x" })).contains("clusters.metadata"));
    }

    #[test]
    fn a_double_id_and_a_double_name_are_two_faults() {
        let twice = faults(&[cluster(|_| ()), cluster(|_| ())]);
        assert!(twice.contains("an earlier row has this id"));
        assert!(twice.contains("an earlier cluster has this name"));
    }
}
