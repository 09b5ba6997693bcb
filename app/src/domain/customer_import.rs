//! Import of customers from pasted text: checks each parsed line against the existing records and says what it would
//! create. Parsing is in `customer_import_parser`.
use super::{
    customer::{CustomerDraft, CustomerFields},
    customer_import_parser::{InputFormat, ParsedCustomer, ParsedLine},
    id::{ClusterId, CustomerId},
    validation_errors::ValidationErrors,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most lines of one import.
pub const LINES_MAX: usize = 5_000;

/// The result of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineOutcome {
    New,
    /// The customer exists; nothing changes.
    Exists {
        id: CustomerId,
    },
    /// The customer exists but is inactive; it can be restored.
    Inactive {
        id: CustomerId,
    },
    LeftOut {
        why: String,
    },
    Wrong {
        why: String,
    },
}

/// A line with content, and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportLine {
    /// Line number, from 1.
    pub number: u32,
    pub name: String,
    pub namespace: String,
    pub cluster_id: Option<ClusterId>,
    pub cluster: String,
    pub variables: u32,
    pub outcome: LineOutcome,
}

/// The clusters and customers in the database.
#[derive(Clone, Debug, Default)]
pub struct ExistingRecords {
    /// By name, with whether they are active.
    pub clusters: HashMap<String, (ClusterId, bool)>,
    /// By cluster and namespace, with whether they are active.
    pub customers: HashMap<(ClusterId, String), (CustomerId, bool)>,
}

/// A line and the customer to create from it, if any.
pub struct PlannedLine {
    pub line: ImportLine,
    pub fields: Option<CustomerFields>,
}

/// Checks every line. Blank lines and lines that begin with `#` are skipped.
pub fn plan(text: &str, chosen: Option<ClusterId>, known: &ExistingRecords) -> Vec<PlannedLine> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = (1_u32..)
        .zip(text.split('\n'))
        // A tab at the start is an empty first cell.
        .map(|(number, line)| (number, line.trim_matches('\u{feff}').trim_end()))
        .filter(|(_, line)| !line.is_empty() && !line.trim_start().starts_with('#'))
        .peekable();
    let Some(&(_, first)) = lines.peek() else {
        return Vec::new();
    };
    let (form, is_head) = InputFormat::of(first);
    if is_head {
        lines.next();
    }
    let mut seen = HashMap::new();
    lines
        .map(|(number, line)| judge(number, form.read(line), chosen, known, &mut seen))
        .collect()
}

/// The number of lines of a text, for the limit.
pub fn count(text: &str) -> usize {
    text.lines().count()
}

fn judge(
    number: u32,
    read: ParsedLine,
    chosen: Option<ClusterId>,
    known: &ExistingRecords,
    seen: &mut HashMap<(ClusterId, String), u32>,
) -> PlannedLine {
    let mut line = ImportLine {
        number,
        name: String::new(),
        namespace: String::new(),
        cluster_id: None,
        cluster: String::new(),
        variables: 0,
        outcome: LineOutcome::New,
    };
    let entry = match read {
        ParsedLine::Entry(entry) => entry,
        ParsedLine::LeftOut(why) => {
            line.outcome = LineOutcome::LeftOut { why };
            return PlannedLine { line, fields: None };
        }
        ParsedLine::Wrong(why) => {
            line.outcome = LineOutcome::Wrong { why };
            return PlannedLine { line, fields: None };
        }
    };
    line.name.clone_from(&entry.name);
    line.namespace.clone_from(&entry.namespace);
    line.variables = u32::try_from(entry.metadata.0.len()).unwrap_or(u32::MAX);
    let cluster = match cluster_of(&entry, chosen, known) {
        Ok((id, name)) => {
            (line.cluster_id, line.cluster) = (Some(id), name);
            id
        }
        Err(why) => {
            line.outcome = LineOutcome::Wrong { why };
            return PlannedLine { line, fields: None };
        }
    };
    let draft = CustomerDraft {
        name: entry.name,
        cluster_id: Some(cluster),
        namespace: entry.namespace,
        description: entry.description,
        metadata: entry.metadata,
    };
    let fields = match draft.parse() {
        Ok(fields) => fields,
        Err(invalid) => {
            line.outcome = LineOutcome::Wrong { why: why(&invalid) };
            return PlannedLine { line, fields: None };
        }
    };
    let key = (cluster, fields.namespace.as_str().to_owned());
    if let Some(first) = seen.get(&key) {
        let why = format!("the same namespace as line {first}");
        line.outcome = LineOutcome::Wrong { why };
        return PlannedLine { line, fields: None };
    }
    seen.insert(key.clone(), number);
    match known.customers.get(&key) {
        Some((id, true)) => line.outcome = LineOutcome::Exists { id: *id },
        Some((id, false)) => line.outcome = LineOutcome::Inactive { id: *id },
        None => {
            return PlannedLine {
                line,
                fields: Some(fields),
            };
        }
    }
    PlannedLine { line, fields: None }
}

/// The cluster of a line: the one that it names, else the chosen one.
fn cluster_of(
    entry: &ParsedCustomer,
    chosen: Option<ClusterId>,
    known: &ExistingRecords,
) -> Result<(ClusterId, String), String> {
    let found = if entry.cluster.is_empty() {
        let id = chosen.ok_or("choose a cluster")?;
        known.clusters.iter().find(|it| it.1.0 == id)
    } else {
        known.clusters.get_key_value(&entry.cluster)
    };
    match found {
        Some((name, (id, true))) => Ok((*id, name.clone())),
        Some((name, (_, false))) => Err(format!("cluster {name} is not active")),
        None if entry.cluster.is_empty() => Err("choose a cluster".to_owned()),
        None => Err(format!("there is no cluster `{}`", entry.cluster)),
    }
}

fn why(invalid: &ValidationErrors) -> String {
    let problems: Vec<String> = invalid
        .0
        .iter()
        .map(|it| format!("{}: {}", it.field, it.problem))
        .collect();
    problems.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EU: ClusterId = ClusterId(1);
    const US: ClusterId = ClusterId(2);

    fn known() -> ExistingRecords {
        let cluster = |name: &str, id, is_active| (name.to_owned(), (id, is_active));
        ExistingRecords {
            clusters: [
                cluster("prod-eu", EU, true),
                cluster("prod-us", US, true),
                cluster("old", ClusterId(3), false),
            ]
            .into(),
            customers: [
                ((EU, "orchard-foods".to_owned()), (CustomerId(7), true)),
                ((EU, "gone".to_owned()), (CustomerId(8), false)),
            ]
            .into(),
        }
    }

    fn judged(text: &str) -> Vec<ImportLine> {
        let planned = plan(text, Some(EU), &known());
        planned.into_iter().map(|it| it.line).collect()
    }

    fn says(line: &ImportLine) -> String {
        match &line.outcome {
            LineOutcome::New => "new".to_owned(),
            LineOutcome::Exists { id } => format!("exists {id}"),
            LineOutcome::Inactive { id } => format!("inactive {id}"),
            LineOutcome::LeftOut { why } => format!("left out: {why}"),
            LineOutcome::Wrong { why } => format!("wrong: {why}"),
        }
    }

    fn all(text: &str) -> Vec<(u32, String)> {
        judged(text)
            .iter()
            .map(|it| (it.number, says(it)))
            .collect()
    }

    #[test]
    fn lines_have_a_name_a_namespace_and_variables() {
        let text = "# customers\n\nNorthgate Rail, northgate-rail, HOST=a=b, PORT=1\nOrchard Foods, orchard-foods\r\nGone, gone\n";
        assert_eq!(
            all(text),
            [
                (3, "new".to_owned()),
                (4, "exists 7".to_owned()),
                (5, "inactive 8".to_owned())
            ]
        );
        let planned = plan(text, Some(EU), &known());
        let fields = planned[0].fields.as_ref().unwrap();
        assert_eq!(fields.metadata.lines(), "HOST=a=b\nPORT=1\n");
        assert_eq!(fields.name.as_str(), "Northgate Rail");
    }

    #[test]
    fn a_table_from_a_spreadsheet_may_name_clusters_and_variables() {
        let text = "name\tcluster\tnamespace\thost\nNorthgate\tprod-us\tnorthgate\tpay.example\nQuarry\t\tQuarry_Sons\t\nWillow\tnowhere\twillow\t\nOld\told\told\t";
        let lines = judged(text);
        assert_eq!(
            (lines[0].cluster.as_str(), lines[0].variables),
            ("prod-us", 1)
        );
        assert_eq!(lines[0].number, 2);
        assert!(says(&lines[1]).contains("`Quarry_Sons` is not a namespace"));
        assert_eq!(says(&lines[2]), "wrong: there is no cluster `nowhere`");
        assert_eq!(says(&lines[3]), "wrong: cluster old is not active");
    }

    #[test]
    fn a_quoted_cell_may_hold_the_separator() {
        let text = "namespace,name,note\nacme,\"Acme, Inc. \"\"EU\"\"\",\"a, b\"";
        let planned = plan(text, Some(EU), &known());
        let fields = planned[0].fields.as_ref().unwrap();
        assert_eq!(fields.name.as_str(), "Acme, Inc. \"EU\"");
        assert_eq!(fields.metadata.lines(), "note=a, b\n");
    }

    #[test]
    fn what_kubectl_prints_is_taken_without_kubernetes_own() {
        let text = "NAME              STATUS        AGE\nacme              Active        12d\nkube-system       Active        90d\nbye               Terminating   1d\n";
        assert_eq!(
            all(text),
            [
                (2, "new".to_owned()),
                (3, "left out: kube-system belongs to Kubernetes".to_owned()),
                (4, "left out: bye is about to be deleted".to_owned())
            ]
        );
        assert_eq!(all("acme   Active   12d"), [(1, "new".to_owned())]);
        assert_eq!(all("namespace/acme\nnamespace/default").len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_line_by_line() {
        assert_eq!(
            all("Acme\nAcme, acme\nTwo, acme\nX, x, HOST\nY, y, 1A=2\nZ, z, A=1, A=2\n, n"),
            [
                (
                    1,
                    "wrong: write the name, a comma and the namespace".to_owned()
                ),
                (2, "new".to_owned()),
                (3, "wrong: the same namespace as line 2".to_owned()),
                (
                    4,
                    "wrong: `HOST` is no variable: write KEY=value".to_owned()
                ),
                (5, "wrong: `1A` is not a variable's name".to_owned()),
                (6, "wrong: A stands twice".to_owned()),
                (7, "wrong: name: fill this in".to_owned()),
            ]
        );
        let nowhere = plan("Acme, acme", None, &known());
        assert_eq!(says(&nowhere[0].line), "wrong: choose a cluster");
    }

    proptest! {
        #[test]
        fn any_text_is_judged_and_line_numbers_are_those_of_the_text(text in "([a-zA-Z#,;=\" \t\u{feff}\u{301}/-]|\r\n|\n|\r|name|namespace|Active){0,60}") {
            let lines = judged(&text);
            let unified = text.replace("\r\n", "\n").replace('\r', "\n");
            let all: Vec<&str> = unified.split('\n').collect();
            prop_assert!(lines.windows(2).all(|it| it[0].number < it[1].number));
            for line in &lines {
                let there = all[line.number as usize - 1];
                let is_blank = there.trim_matches('\u{feff}').trim().is_empty();
                prop_assert!(!is_blank);
                // Values of the line are in the draft.
                let bare = |it: &str| it.replace('"', "");
                prop_assert!(bare(there).contains(&bare(&line.namespace)), "{there} {line:?}");
            }
        }

        #[test]
        fn whatever_is_new_was_typed_right(names in prop::collection::vec("[A-Z][a-z]{0,8}", 1..20)) {
            let mut text = String::new();
            for name in &names {
                text.extend([name, ", ", &name.to_lowercase(), "\n\n"]);
            }
            let lines = judged(&text);
            prop_assert_eq!(lines.len(), names.len());
            for (index, line) in lines.iter().enumerate() {
                prop_assert_eq!(line.number as usize, index * 2 + 1);
                prop_assert_eq!(&line.name, &names[index]);
            }
        }
    }
}
