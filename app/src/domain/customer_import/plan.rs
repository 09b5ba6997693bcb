//! What becomes of each row of an import. Only the server plans; the page shows what it is told.
use super::{
    ImportAction, ImportChange, ImportChangeKind, ImportContext, ImportPlan, ImportRow,
    ImportState, KnownCustomer, PlannedRow,
    named_clusters::{NamedClusters, Said},
    system_namespaces::is_system,
};
use crate::domain::{
    customer::{CustomerDraft, CustomerFields},
    customer_import_parser::{
        SourceRow, excerpt, is_cluster_head, is_zero_width, may_name_cluster,
    },
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

impl ImportPlan {
    /// Decides on every row of a text. `chosen` is the cluster of rows that name none.
    pub fn of(
        mut rows: Vec<SourceRow>,
        chosen: Option<ClusterId>,
        context: &ImportContext,
    ) -> Self {
        let mut taken = Taken::new();
        let mut planned = Vec::new();
        let named = NamedClusters::of(context, chosen);
        // What the lines so far say: the last one that names a cluster counts.
        let mut above = None;
        // What the cells of a header say: clusters may be columns, and the chosen one among them.
        let (mut columns, mut has_chosen) = (None, false);
        for row in &mut rows {
            columns = named.doubt_of_columns(&row.cells).or(columns);
            has_chosen |= named.has_chosen(&row.heads);
            for line in row.above.lines() {
                hear(named.said_in(line), &mut above);
            }
            if row.is_alone && named.is_cluster(&row.namespace) {
                hear(named.said_in(&row.namespace), &mut above);
                let reason = format!("{} is a cluster", excerpt(&row.namespace));
                row.doubt.get_or_insert(reason);
            }
            if row.doubt.is_none() && !row.names_cluster() {
                row.doubt = not_the_chosen(row, chosen, context)
                    .or_else(|| above.map(said_above))
                    .or_else(|| columns.clone())
                    .or_else(|| other_cluster(row, &named))
                    .or_else(|| not_in_the_chosen(row, has_chosen, &named));
            }
        }
        // Certain rows are planned first, so that a doubtful one (a comment, say) never takes the namespace of a certain one.
        let (doubtful, certain): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|it| it.doubt.is_some() || lacks_name(it));
        for source in certain.into_iter().chain(doubtful) {
            planned.push(plan_row(source, chosen, context, &mut taken));
        }
        planned.sort_by_key(|it| it.row.line);
        Self(planned)
    }
}

/// Keeps which cluster that is not the chosen one was named last.
fn hear<'a>(said: Said<'a>, above: &mut Option<&'a str>) {
    match said {
        Said::Nothing => {}
        Said::Chosen => *above = None,
        Said::Other(cluster) => *above = Some(cluster),
    }
}

/// Whether the name may be that of a row above: in a spreadsheet, cells that are merged have their value in the first row only.
fn lacks_name(row: &SourceRow) -> bool {
    row.name.is_none() && !row.name_above.is_empty()
}

fn said_above(cluster: &str) -> String {
    format!("The text above says {cluster}, which is a cluster, but not the chosen one")
}

/// Why a row whose cluster cell is empty may not go to the chosen cluster: in a spreadsheet, cells that are merged have their
/// value in the first row only.
fn not_the_chosen(
    row: &SourceRow,
    chosen: Option<ClusterId>,
    context: &ImportContext,
) -> Option<String> {
    let (name, id) = (&row.cluster_above, &row.cluster_id_above);
    if name.is_empty() && id.is_empty() {
        return None;
    }
    let above = cluster_of(name, id, chosen, context);
    if above.is_ok_and(|it| Some(it.0) == chosen) {
        return None;
    }
    let says = excerpt(if name.is_empty() { id } else { name });
    Some(format!(
        "The cluster cell is empty; the row above says {says}"
    ))
}

/// Why a row that names no cluster may belong into another one than the chosen: one of its values says so.
fn other_cluster(row: &SourceRow, named: &NamedClusters) -> Option<String> {
    let is_other = |what: &str, said: Said| match said {
        Said::Other(cluster) => Some(format!(
            "{} names the cluster {cluster}, which is not the chosen one",
            excerpt(what)
        )),
        Said::Nothing | Said::Chosen => None,
    };
    let name = row.name.as_deref().unwrap_or_default();
    let own = is_other("The name", named.said_in_name(name))
        .or_else(|| is_other("The namespace", named.said_in_name(&row.namespace)))
        .or_else(|| is_other("The description", named.said_in(&row.description)));
    let mut variables = row.variables.0.iter();
    own.or_else(|| {
        variables.find_map(|(key, value)| {
            is_other(key, named.said_in_key(key))
                .or_else(|| is_other(key, named.said_in(&value.to_string())))
        })
    })
    .or_else(|| {
        let mut beside = row.beside.iter();
        beside.find_map(|(what, text)| match named.said_in(text) {
            Said::Nothing => is_other(what, named.said_in_name(what))
                .or_else(|| is_cluster_head(what).then(|| may_name_cluster(what))),
            said => is_other(what, said),
        })
    })
}

/// Why a row may not be in the chosen cluster: its cell in the column of that says no, or there is such a column and the cell is
/// empty.
fn not_in_the_chosen(row: &SourceRow, has_column: bool, named: &NamedClusters) -> Option<String> {
    let says_no = |it: &str| NO.contains(&lowercase(it.trim()).as_str());
    let variables = row.variables.0.iter();
    let mut cells = variables.filter(|it| named.said_in_key(it.0) == Said::Chosen);
    let is_not = match cells.next() {
        Some((_, value)) => {
            says_no(&value.to_string()) && cells.all(|it| says_no(&it.1.to_string()))
        }
        None => has_column,
    };
    is_not.then(|| "The cell in the column of the chosen cluster is empty or says no".to_owned())
}

/// What a cell says where a customer is not in the cluster of its column, in small letters.
const NO: [&str; 16] = [
    "no", "n", "nein", "non", "not", "none", "false", "off", "0", "-", "–", "—", "✗", "✘", "❌",
    "☐",
];

fn plan_row(
    source: SourceRow,
    chosen: Option<ClusterId>,
    context: &ImportContext,
    taken: &mut Taken,
) -> PlannedRow {
    let is_named = source.name.is_some();
    let unnamed = lacks_name(&source).then(|| {
        let above = excerpt(&source.name_above);
        format!("The name cell is empty; the row above says {above}")
    });
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
    row.reason = source.doubt.or(unnamed).or_else(system);
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
    // Columns of an id may hold names.
    let of_id = id.trim().parse().ok().map(ClusterId).and_then(by_id);
    let of_id = of_id.or_else(|| by_name(id, context));
    let found = if !named.is_empty() {
        let found = by_name(named, context);
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

/// The cluster of this name; without regard to case if that leaves only one.
fn by_name<'a>(
    name: &str,
    context: &'a ImportContext,
) -> Option<(&'a String, &'a (ClusterId, bool))> {
    // As cluster names are stored: trimmed and composed.
    let name = Name::parse(name).map(String::from).ok()?;
    let exact = context.clusters.get_key_value(&name);
    exact.or_else(|| {
        let small = lowercase(&name);
        let mut alike = context
            .clusters
            .iter()
            .filter(|it| lowercase(it.0) == small);
        alike.next().filter(|_| alike.next().is_none())
    })
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
