//! What becomes of each row of an import. Only the server plans; the page shows what it is told.
use super::{
    ImportAction, ImportChange, ImportChangeKind, ImportContext, ImportPlan, ImportRow,
    ImportState, KnownCustomer, PlannedRow, system_namespaces::is_system,
};
use crate::domain::{
    customer::{CustomerDraft, CustomerFields},
    customer_import_parser::{SourceRow, excerpt, is_zero_width},
    field_error::FieldError,
    fold::lowercase,
    id::ClusterId,
    metadata::Metadata,
    text::Name,
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use std::collections::HashMap;

/// The line of the row that takes a namespace of a cluster.
type Taken = HashMap<(ClusterId, String), u32>;

/// The clusters that a text may mean, by their names and contexts in small letters; each with its name.
type MeantClusters<'a> = HashMap<String, Vec<(ClusterId, &'a str)>>;

impl ImportPlan {
    /// Decides on every row of a text. `chosen` is the cluster of rows that name none.
    pub fn of(rows: Vec<SourceRow>, chosen: Option<ClusterId>, context: &ImportContext) -> Self {
        let mut taken = Taken::new();
        let mut planned = Vec::new();
        let meant = meant_clusters(context);
        let rows = rows.into_iter().map(|mut row| {
            if row.doubt.is_none() {
                row.doubt = other_cluster(&row, chosen, &meant);
            }
            row
        });
        // Certain rows are planned first, so that a doubtful one (a comment, say) never takes the namespace of a certain one.
        let (doubtful, certain): (Vec<_>, Vec<_>) = rows.partition(|it| it.doubt.is_some());
        for source in certain.into_iter().chain(doubtful) {
            planned.push(plan_row(source, chosen, context, &mut taken));
        }
        planned.sort_by_key(|it| it.row.line);
        Self(planned)
    }
}

fn meant_clusters(context: &ImportContext) -> MeantClusters<'_> {
    let mut meant = MeantClusters::new();
    for (name, (id, _)) in &context.clusters {
        let cluster = (*id, name.as_str());
        let contexts = context.contexts.iter().filter(|it| it.0 == *id);
        let texts = contexts.map(|it| it.1.as_str()).chain([name.as_str()]);
        for text in texts {
            meant.entry(lowercase(text)).or_default().push(cluster);
        }
    }
    meant
}

/// Why a row that names no cluster may belong into another one than the chosen: what stands above it, or one of its variables
/// says so.
fn other_cluster(
    row: &SourceRow,
    chosen: Option<ClusterId>,
    meant: &MeantClusters,
) -> Option<String> {
    if row.names_cluster() {
        return None;
    }
    let clusters_of = |text: &str| meant.get(&lowercase(text.trim()));
    let is_chosen =
        |text: &str| clusters_of(text).is_some_and(|it| it.iter().any(|it| Some(it.0) == chosen));
    let other = |text: &str| {
        let clusters = clusters_of(text).filter(|_| !is_chosen(text))?;
        clusters.first().map(|it| it.1)
    };
    let is_apart = |it: char| it.is_whitespace() || "#:;,()[]{}<>|'\"=*".contains(it);
    let said = || row.above.lines().chain(row.above.split(is_apart));
    let above = said().find_map(other).filter(|_| !said().any(is_chosen));
    if let Some(cluster) = above {
        return Some(format!(
            "The text above says {cluster}, which is a cluster, but not the chosen one"
        ));
    }
    row.variables.0.iter().find_map(|(key, value)| {
        let cluster = other(&value.to_string())?;
        Some(format!(
            "{key} is the cluster {cluster}, which is not the chosen one"
        ))
    })
}

fn plan_row(
    source: SourceRow,
    chosen: Option<ClusterId>,
    context: &ImportContext,
    taken: &mut Taken,
) -> PlannedRow {
    let is_named = source.name.is_some();
    let name = source.name.unwrap_or_else(|| source.namespace.clone());
    let cluster = cluster_of(&source.cluster, &source.cluster_id, chosen, context);
    let mut row = ImportRow {
        line: source.line,
        state: ImportState::LeftOut,
        name: on_one_line(&name),
        namespace: source.namespace,
        variables: source.variables,
        changes: Vec::new(),
        reason: source.left_out,
        cluster_id: cluster.as_ref().ok().map(|it| it.0),
        cluster: match &cluster {
            Ok((_, name)) => name.clone(),
            Err(_) if source.cluster.is_empty() => source.cluster_id,
            Err(_) => source.cluster,
        },
        customer_id: None,
        version: None,
    };
    if row.reason.is_some() {
        return PlannedRow { row, action: None };
    }
    let fields = match cluster.and_then(|it| checked(&row, it.0, source.description)) {
        Ok(fields) => fields,
        Err(reason) => return left_out(row, reason),
    };
    fields.name.as_str().clone_into(&mut row.name);
    fields.namespace.as_str().clone_into(&mut row.namespace);
    let place = (fields.cluster_id, row.namespace.clone());
    if let Some(first) = taken.get(&place) {
        let reason = format!("Same namespace as line {first}");
        return left_out(row, reason);
    }
    taken.insert(place.clone(), row.line);
    if let Some(known) = context.customers.get(&place) {
        // What is doubtful is shown, and written only if it is ticked.
        row.reason = source.doubt;
        return of_known(row, fields, known, is_named);
    }
    let system =
        || is_system(&row.namespace).then(|| format!("{} is a system namespace", row.namespace));
    row.reason = source.doubt.or_else(system);
    if row.reason.is_some() {
        row.state = ImportState::Doubtful;
    } else {
        row.state = ImportState::New;
        row.reason = source.note;
    }
    let action = Some(ImportAction::Create(fields));
    PlannedRow { row, action }
}

fn left_out(mut row: ImportRow, reason: String) -> PlannedRow {
    row.state = ImportState::LeftOut;
    row.reason = Some(reason);
    PlannedRow { row, action: None }
}

/// The fields of a row after the checks that a form makes; or why it is left out.
fn checked(
    row: &ImportRow,
    cluster_id: ClusterId,
    description: String,
) -> Result<CustomerFields, String> {
    let draft = CustomerDraft {
        name: row.name.clone(),
        cluster_id: Some(cluster_id),
        namespace: row.namespace.clone(),
        description,
        metadata: row.variables.clone(),
    };
    draft.parse().map_err(|it| reason_of(&it))
}

/// The cluster that a row names, else the one whose id it has, else the chosen one. Name and id must not be of two clusters.
fn cluster_of(
    named: &str,
    id: &str,
    chosen: Option<ClusterId>,
    context: &ImportContext,
) -> Result<(ClusterId, String), String> {
    let by_id = |id: ClusterId| context.clusters.iter().find(|it| it.1.0 == id);
    let of_id = id.trim().parse().ok().map(ClusterId).and_then(by_id);
    let found = if !named.is_empty() {
        // As cluster names are stored: trimmed and composed.
        let name = Name::parse(named).map(String::from).unwrap_or_default();
        let found = context.clusters.get_key_value(&name);
        if let (Some((name, _)), Some((other, _))) = (found, of_id)
            && name != other
        {
            return Err(format!(
                "Names the cluster {name}, but has the id of {other}"
            ));
        }
        found
    } else if id.is_empty() {
        chosen.and_then(by_id)
    } else {
        of_id
    };
    match found {
        Some((name, (id, true))) => Ok((*id, name.clone())),
        Some((name, (_, false))) => Err(format!("Cluster {name} is inactive. Restore it first")),
        None if !named.is_empty() => {
            let named = excerpt(named);
            Err(format!("There's no cluster named {named}. Add it first"))
        }
        None if !id.is_empty() => Err(format!("There's no cluster with the id {}", excerpt(id))),
        None => Err("Choose a cluster".to_owned()),
    }
}

/// A customer that exists, and what the text has differently. What the text does not mention stays.
fn of_known(
    mut row: ImportRow,
    mut fields: CustomerFields,
    known: &KnownCustomer,
    is_named: bool,
) -> PlannedRow {
    row.state = ImportState::Known;
    (row.customer_id, row.version) = (Some(known.id), Some(known.version));
    if !known.is_active {
        row.reason = Some("Inactive. Restore it to use it again".to_owned());
        return PlannedRow { row, action: None };
    }
    let mut draft = CustomerDraft {
        name: known.name.clone(),
        cluster_id: Some(fields.cluster_id),
        namespace: row.namespace.clone(),
        description: known.description.clone().unwrap_or_default(),
        metadata: known.metadata.clone(),
    };
    if is_named && row.name != known.name {
        let from = Some(known.name.clone());
        row.changes
            .push(change(ImportChangeKind::Name, "name", from, &row.name));
        draft.name.clone_from(&row.name);
    } else {
        row.name.clone_from(&known.name);
    }
    if let Some(description) = fields.description.take()
        && Some(description.as_str()) != known.description.as_deref()
    {
        let (kind, from) = (ImportChangeKind::Description, known.description.clone());
        row.changes
            .push(change(kind, "description", from, description.as_str()));
        draft.description = description.into();
    }
    merge(&mut draft.metadata, &row.variables, &mut row.changes);
    if row.changes.is_empty() {
        row.reason = None;
        return PlannedRow { row, action: None };
    }
    match draft.parse() {
        Ok(fields) => {
            let action = Some(ImportAction::Update(known.id, fields));
            PlannedRow { row, action }
        }
        Err(invalid) => left_out(row, reason_of(&invalid)),
    }
}

/// Takes over the values that read differently: a number that reads the same stays a number.
fn merge(into: &mut Metadata, variables: &Metadata, changes: &mut Vec<ImportChange>) {
    for (key, value) in &variables.0 {
        let to = value.to_string();
        let from = into.0.get(key).map(ToString::to_string);
        if from.as_ref() != Some(&to) {
            changes.push(change(ImportChangeKind::Variable, key, from, &to));
            into.0.insert(key.clone(), value.clone());
        }
    }
}

fn change(kind: ImportChangeKind, name: &str, from: Option<String>, to: &str) -> ImportChange {
    ImportChange {
        kind,
        name: name.to_owned(),
        from,
        to: to.to_owned(),
    }
}

/// A name that a spreadsheet shows on several lines of one cell.
fn on_one_line(name: &str) -> String {
    if !name.contains(is_break) {
        return name.to_owned();
    }
    let parts = name.split(is_break).map(str::trim);
    parts
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_break(it: char) -> bool {
    matches!(
        it,
        '\n' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// What is wrong with a row's fields, in sentences.
fn reason_of(invalid: &ValidationErrors) -> String {
    let reasons = invalid.0.iter().map(|it| match (it.field, &it.problem) {
        (Field::Name, FieldError::Missing) => "Enter a name".to_owned(),
        (Field::Namespace, FieldError::Missing) => "Enter a namespace".to_owned(),
        (_, FieldError::NotANamespace { text }) => not_a_namespace(text),
        (_, FieldError::NotAKey { key }) => format!("{} isn't a valid variable name", excerpt(key)),
        (field, problem) => format!("{}: {problem}", label(field)),
    });
    reasons.collect::<Vec<_>>().join(". ")
}

fn not_a_namespace(text: &str) -> String {
    let hidden = text
        .chars()
        .find(|it| it.is_control() || it.is_whitespace() && *it != ' ' || is_zero_width(*it));
    match hidden {
        Some(it) => format!(
            "Namespace: Remove the invisible character (U+{:04X})",
            u32::from(it)
        ),
        None => format!(
            "{} isn't a namespace. Use lowercase letters, digits and hyphens, such as acme-prod",
            excerpt(text)
        ),
    }
}

fn label(field: Field) -> &'static str {
    match field {
        Field::Name => "Name",
        Field::Namespace => "Namespace",
        Field::Description => "Description",
        _ => "Variables",
    }
}
