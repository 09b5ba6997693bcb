//! Validates the rows of an import: the domain's limits, references to earlier rows, unique names and positions,
//! positions without gaps. Accepted rows are normalized as the domain stores them.
use super::{
    ImportErrors, JSON_INTEGER_MAX, Membership, Transfer, TransferPart,
    batch_order::BatchOrder,
    checked_row::{CheckedRow, check_event, check_state, field_of},
    credentials::UserCredentials,
    json_error_message,
    json_lines::JsonItem,
    proof_rows::{TransferEvidence, TransferOutput, TransferRun},
};
use crate::domain::{
    cluster::{Cluster, ClusterDraft},
    customer::{Customer, CustomerDraft},
    event::Event,
    id::{ClusterId, CustomerId, ReleaseId, RunId, TemplateId},
    provider_account::is_subject,
    release::{Release, ReleaseDraft},
    step::CustomerStep,
    template::{StepTemplate, TemplateDraft},
    text::{Notes, Reason},
    unique_members,
    user::{User, UserDraft},
    vocabulary::{Category, ReleaseStatus},
};
use serde::{Serialize, de::DeserializeOwned, de::IgnoredAny};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A list with positions from 0: of a release, a customer (0: the template) and a category.
type PositionList = (ReleaseId, CustomerId, Category);

/// Validates rows list by list and remembers what later rows refer to.
#[derive(Default)]
pub struct RowChecker {
    errors: ImportErrors,
    /// The field names of each list's rows.
    fields: BTreeMap<TransferPart, BTreeSet<String>>,
    ids: BTreeMap<TransferPart, HashSet<i64>>,
    /// Whether each cluster is active.
    clusters: HashMap<ClusterId, bool>,
    cluster_names: HashSet<String>,
    logins: HashSet<String>,
    /// Ids and hashes of tokens.
    tokens: HashSet<String>,
    /// Issuer and subject of the provider's accounts.
    provider_accounts: HashSet<(String, String)>,
    namespaces: HashSet<(ClusterId, String)>,
    releases: HashMap<ReleaseId, ReleaseStatus>,
    templates: BTreeMap<TemplateId, (ReleaseId, Category)>,
    /// Each with its line.
    members: BTreeMap<(ReleaseId, CustomerId), usize>,
    copies: HashSet<(CustomerId, TemplateId)>,
    /// The pieces of output, by their runs and numbers.
    output: HashSet<(RunId, i64)>,
    batches: BatchOrder,
    /// Positions, each with its line.
    positions: BTreeMap<TransferPart, HashMap<PositionList, BTreeMap<i32, usize>>>,
}

impl RowChecker {
    /// The errors found so far.
    pub fn errors(&self) -> &ImportErrors {
        &self.errors
    }

    /// Adds an error that only the store can detect.
    pub fn add_error(&mut self, part: TransferPart, line: usize, field: &str, problem: &str) {
        self.row(part, line).add(field, problem);
    }

    fn row(&mut self, part: TransferPart, line: usize) -> CheckedRow<'_> {
        CheckedRow {
            errors: &mut self.errors,
            part,
            line,
        }
    }

    /// Parses a row. All fields must be present, except those that may be empty, and no others.
    fn read<T: DeserializeOwned + Serialize>(
        &mut self,
        part: TransferPart,
        item: &JsonItem<'_>,
    ) -> Option<T> {
        self.read_beside(part, item, &[])
    }

    /// Parses a row that may have some other fields too.
    fn read_beside<T: DeserializeOwned + Serialize>(
        &mut self,
        part: TransferPart,
        item: &JsonItem<'_>,
        others: &[&str],
    ) -> Option<T> {
        let row: T = match serde_json::from_str(item.text) {
            Ok(row) => row,
            Err(error) => {
                let line = item.line + error.line().saturating_sub(1);
                let field = field_of(item, &error);
                self.row(part, line).add(field, json_error_message(&error));
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
        let mut fields = fields.into_keys();
        let unknown_field = fields.find(|it| !known.contains(it) && !others.contains(&it.as_str()));
        if let Some(unknown_field) = unknown_field {
            self.row(part, item.line).add(unknown_field, "unknown");
        }
        self.check_members(part, item);
        Some(row)
    }

    /// Variables with a name twice: of the two values one would be lost. Rows of other lists have none, or are read so.
    fn check_members(&mut self, part: TransferPart, item: &JsonItem<'_>) {
        use TransferPart::{Clusters, Customers, Releases};
        if !matches!(part, Clusters | Customers | Releases) {
            return;
        }
        if let Err(error) = unique_members::from_str(item.text) {
            let field = field_of(item, &error);
            self.row(part, item.line)
                .add(field, json_error_message(&error));
        }
    }

    fn id(&mut self, part: TransferPart, line: usize, id: i64) {
        let is_new = self.ids.entry(part).or_default().insert(id);
        let mut row = self.row(part, line);
        let is_one = (1..=JSON_INTEGER_MAX).contains(&id);
        row.check("id", is_one, "count from 1");
        row.check("id", is_new, "an earlier row has this id");
    }

    /// Validates a cluster; none if it is unusable. Every error is recorded with line and field.
    pub fn cluster(&mut self, item: &JsonItem<'_>) -> Option<Cluster> {
        let part = TransferPart::Clusters;
        let mut it: Cluster = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let mut row = self.row(part, item.line);
        row.version(it.version);
        let fields = row.parsed(ClusterDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.kubeconfig_path = fields.kubeconfig_path.map(Into::into);
        it.context = fields.context.map(Into::into);
        it.max_parallel = fields.max_parallel;
        it.description = fields.description.map(Into::into);
        it.metadata = fields.metadata;
        let is_new = self.cluster_names.insert(it.name.clone());
        self.row(part, item.line)
            .check("name", is_new, "an earlier cluster has this name");
        self.clusters.insert(it.id, it.is_active);
        Some(it)
    }

    /// Validates a customer; its cluster must come first.
    pub fn customer(&mut self, item: &JsonItem<'_>) -> Option<Customer> {
        let part = TransferPart::Customers;
        let mut it: Customer = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let cluster = self.clusters.get(&it.cluster_id).copied();
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.check("clusterId", cluster.is_some(), "there is no such cluster");
        row.check(
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
        self.row(part, item.line).check(
            "namespace",
            is_new,
            "an earlier customer of the cluster has this namespace",
        );
        Some(it)
    }

    /// Validates a release.
    pub fn release(&mut self, item: &JsonItem<'_>) -> Option<Release> {
        let part = TransferPart::Releases;
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

    /// Validates a template step; its release must come first.
    pub fn template(&mut self, item: &JsonItem<'_>) -> Option<StepTemplate> {
        let part = TransferPart::Templates;
        let mut it: StepTemplate = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        self.templates.insert(it.id, (it.release_id, it.category));
        let list = (it.release_id, CustomerId(0), it.category);
        self.check_position(part, list, it.order_index, item.line);
        let is_known = self.releases.contains_key(&it.release_id);
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.check("releaseId", is_known, "there is no such release");
        let fields = row.parsed(TemplateDraft::from(it.clone()).parse())?;
        it.name = fields.name.into();
        it.description = fields.description.map(Into::into);
        it.jenkins = fields.jenkins;
        Some(it)
    }

    /// Validates a membership; release and customer must come first.
    pub fn member(&mut self, item: &JsonItem<'_>) -> Option<Membership> {
        let part = TransferPart::Members;
        let it: Membership = self.read(part, item)?;
        let status = self.releases.get(&it.release_id).copied();
        let is_customer = self.is_known(TransferPart::Customers, it.customer_id.0);
        let member = (it.release_id, it.customer_id);
        let is_new = self.members.insert(member, item.line).is_none();
        let mut row = self.row(part, item.line);
        row.check("releaseId", status.is_some(), "there is no such release");
        row.check(
            "releaseId",
            status != Some(ReleaseStatus::Draft),
            "a draft has no customers yet",
        );
        row.check("customerId", is_customer, "there is no such customer");
        row.check("customerId", is_new, "an earlier row says the same");
        Some(it)
    }

    /// Validates a customer's step; its membership and template must come first.
    pub fn step(&mut self, item: &JsonItem<'_>) -> Option<CustomerStep> {
        let part = TransferPart::Steps;
        let mut it: CustomerStep = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let list = (it.release_id, it.customer_id, it.category);
        self.check_position(part, list, it.order_index, item.line);
        let is_member = self.members.contains_key(&(it.release_id, it.customer_id));
        let template = it.template_id.map(|id| self.templates.get(&id).copied());
        let is_new = it
            .template_id
            .is_none_or(|id| self.copies.insert((it.customer_id, id)));
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.check(
            "customerId",
            is_member,
            "the customer is not in this release",
        );
        row.check(
            "templateId",
            template.is_none_or(|it| it.is_some()),
            "there is no such template step",
        );
        row.check(
            "templateId",
            template
                .flatten()
                .is_none_or(|of| of == (it.release_id, it.category)),
            "the template step is of another release or category",
        );
        row.check(
            "templateId",
            is_new,
            "an earlier step of the customer is a copy of it",
        );
        row.check(
            "isCustom",
            it.is_custom == it.template_id.is_none(),
            "a step is custom if it has no template",
        );
        check_state(&mut row, &it);
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
            jenkins: None,
        };
        let fields = row.parsed(draft.parse())?;
        it.name = fields.name.into();
        it.content = fields.content.into();
        Some(it)
    }

    /// Validates an event. The rows it refers to may be missing: the audit trail outlives them.
    pub fn event(&mut self, item: &JsonItem<'_>) -> Option<Event> {
        let part = TransferPart::Events;
        let mut it: Event = self.read(part, item)?;
        self.id(part, item.line, it.id.0);
        let out_of_order = self.batches.take(it.id, &it.batch_id, it.undoes.as_ref());
        let mut row = self.row(part, item.line);
        for (field, problem) in out_of_order {
            row.add(field, problem);
        }
        check_event(&mut row, &it);
        let actor = row.person("actor", Some(it.actor));
        it.actor = actor?;
        Some(it)
    }

    /// Validates a user; the clusters and customers of its scope must come first. A password comes with it
    /// only from an export with credentials.
    pub fn user(&mut self, item: &JsonItem<'_>) -> Option<(User, UserCredentials)> {
        let part = TransferPart::Users;
        let mut it: User = self.read_beside(part, item, &UserCredentials::FIELDS)?;
        self.id(part, item.line, it.id.0);
        let mut row = CheckedRow {
            errors: &mut self.errors,
            part,
            line: item.line,
        };
        let credentials = UserCredentials::read(item, it.id, &mut self.tokens, &mut row)?;
        let scope = it.scope.clone().unwrap_or_default();
        let is_scope_known = scope
            .clusters
            .iter()
            .all(|id| self.clusters.contains_key(id))
            && scope
                .customers
                .iter()
                .all(|id| self.is_known(TransferPart::Customers, id.0));
        let account = it.oidc_issuer.clone().zip(it.oidc_subject.clone());
        let is_whole = it.oidc_issuer.is_some() == it.oidc_subject.is_some();
        let is_readable = it.oidc_subject.as_deref().is_none_or(is_subject);
        let is_new_account = account.is_none_or(|it| self.provider_accounts.insert(it));
        let mut row = self.row(part, item.line);
        row.version(it.version);
        row.check(
            "scope",
            is_scope_known,
            "there is no such cluster or customer",
        );
        row.check("oidcSubject", is_whole, "issuer and subject come together");
        row.check(
            "oidcSubject",
            is_readable,
            "a subject has 1 to 255 characters, and no control characters",
        );
        row.check(
            "oidcSubject",
            is_new_account,
            "an earlier user has this account",
        );
        let fields = row.parsed(UserDraft::from(it.clone()).parse())?;
        it.login = fields.login.into();
        it.name = fields.name.into();
        it.email = fields.email;
        it.has_password = credentials.password_hash.is_some();
        let is_new = self.logins.insert(it.login.clone());
        self.row(part, item.line)
            .check("login", is_new, "an earlier user has this login");
        Some((it, credentials))
    }

    /// Validates a run; release and customer must come first. Its step may be gone, and come back by an undo.
    pub fn run(&mut self, item: &JsonItem<'_>) -> Option<TransferRun> {
        let part = TransferPart::Runs;
        let mut it: TransferRun = self.read(part, item)?;
        self.id(part, item.line, it.run.id.0);
        self.check_release(part, item.line, it.run.release_id);
        let is_customer = self.is_known(TransferPart::Customers, it.run.customer_id.0);
        let mut row = self.row(part, item.line);
        row.check("customerId", is_customer, "there is no such customer");
        it.check(&mut row);
        Some(it)
    }

    /// Validates a piece of evidence, and answers it with its bytes; its release must come first.
    pub fn evidence(&mut self, item: &JsonItem<'_>) -> Option<(TransferEvidence, Vec<u8>)> {
        let part = TransferPart::Evidence;
        let it: TransferEvidence = self.read(part, item)?;
        self.id(part, item.line, it.evidence.id.0);
        self.check_release(part, item.line, it.release_id);
        let body = it.body(&mut self.row(part, item.line))?;
        Some((it, body))
    }

    /// Validates a piece of output; its run must come first.
    pub fn output(&mut self, item: &JsonItem<'_>) -> Option<TransferOutput> {
        let part = TransferPart::Output;
        let it: TransferOutput = self.read_beside(part, item, &TransferOutput::FIELDS)?;
        let is_run = self.is_known(TransferPart::Runs, it.run_id.0);
        let is_new = self.output.insert((it.run_id, it.chunk.seq));
        let mut row = self.row(part, item.line);
        row.check("runId", is_run, "there is no such run");
        row.check("seq", is_new, "an earlier piece has this number");
        it.check(&mut row);
        Some(it)
    }

    fn check_release(&mut self, part: TransferPart, line: usize, release: ReleaseId) {
        let is_known = self.releases.contains_key(&release);
        let mut row = self.row(part, line);
        row.check("releaseId", is_known, "there is no such release");
    }

    fn is_known(&self, part: TransferPart, id: i64) -> bool {
        self.ids.get(&part).is_some_and(|it| it.contains(&id))
    }

    fn check_position(
        &mut self,
        part: TransferPart,
        list: PositionList,
        position: i32,
        line: usize,
    ) {
        let list = self
            .positions
            .entry(part)
            .or_default()
            .entry(list)
            .or_default();
        let is_new = list.insert(position, line).is_none();
        self.row(part, line)
            .check("orderIndex", is_new, "an earlier step has this place");
    }

    /// The highest id of a list: of its rows, or as stated in the header.
    pub fn last_id(&self, file: &Transfer, part: TransferPart) -> i64 {
        let present = self.ids.get(&part).and_then(|it| it.iter().max());
        let said = file.last_ids.get(&part);
        present.max(said).copied().unwrap_or_default()
    }

    /// Members without a copy of a template step: the last step of a list leaves no gap. Behind other errors nothing is said,
    /// as the copy may be in a row that was not read.
    fn check_copies(&mut self) {
        if !self.errors.is_empty() {
            return;
        }
        let mut of_release: HashMap<ReleaseId, Vec<TemplateId>> = HashMap::new();
        for (id, (release, _)) in &self.templates {
            of_release.entry(*release).or_default().push(*id);
        }
        for ((release, customer), line) in &self.members {
            let templates = of_release.get(release).into_iter().flatten();
            for id in templates.filter(|id| !self.copies.contains(&(*customer, **id))) {
                let problem = format!("its copy of template step {id} is missing");
                self.errors.add(*line, "members.customerId", problem);
            }
        }
    }

    /// All errors. Gaps in positions and missing copies are found only here, after the last row.
    pub fn finish(mut self) -> ImportErrors {
        for (part, lists) in std::mem::take(&mut self.positions) {
            let mut wrong: Vec<usize> = Vec::new();
            for positions in lists.into_values() {
                let gap = positions.iter().zip(0_i32..).find(|((at, _), n)| *at != n);
                wrong.extend(gap.map(|((_, line), _)| *line));
            }
            wrong.sort_unstable();
            for line in wrong {
                self.row(part, line)
                    .add("orderIndex", "positions count from 0, without a gap");
            }
        }
        self.check_copies();
        self.errors
    }
}
