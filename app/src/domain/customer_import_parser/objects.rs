//! Tables of pods, deployments, releases and other things that are in namespaces, as kubectl, helm and the like print them.
//! Their names are no customers' names: of each only the namespace counts.
use super::{
    SourceRow,
    cells::{Record, Separator},
    commands::{self, Listed},
    head_words::Column,
    header::is_again,
    heads::{self, Heads},
    plain::is_comment,
};

/// The note on rows of a table that reads as such tools print it.
const NAMESPACE_ONLY: &str =
    "Reads like a list of what is in namespaces, so only the namespace is taken";

/// The doubt about rows of such a table that no tool has printed.
const MAY_BE_OBJECT: &str =
    "NAME may be the name of something in the namespace, not the customer's";

/// What the column of names holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum NameColumn {
    #[default]
    Customers,
    /// The columns are called NAME and NAMESPACE, and every name could be that of an object.
    MaybeObjects,
    /// Moreover, the columns are apart as on a terminal.
    Objects,
    /// `kubectl config get-contexts`
    Contexts,
}

/// What the header and the rows of a table tell about its names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableNames {
    /// A column has the namespace under a header that says so.
    has_namespace: bool,
    column: NameColumn,
}

impl TableNames {
    /// Looks at a table, whose header is `records[index]`.
    pub fn of(index: usize, heads: &Heads, records: &[Record], separator: Separator) -> Self {
        let header = &records[index];
        let place = |column: &Column| heads.columns.iter().position(|it| it == column);
        let Some(namespace) = place(&Column::Namespace) else {
            return Self::default();
        };
        let head = |index: usize| header.cells.get(index).map_or("", |it| it.text.as_str());
        let name = place(&Column::Name);
        let name = name.filter(|it| head(*it) == "NAME" && head(namespace) == "NAMESPACE");
        let below = records[index + 1..].iter();
        let below = below
            .filter(|it| !is_comment(it) && !is_again(it, header) && !commands::is_command(it.raw));
        let pairs: Vec<(&str, &str)> = below
            .filter_map(|it| Some((it.cells.get(name?)?, it.cells.get(namespace)?)))
            .map(|(name, namespace)| (name.text.as_str(), namespace.text.as_str()))
            .filter(|(name, namespace)| !name.is_empty() && !namespace.is_empty())
            .collect();
        let are_objects = pairs.iter().all(|it| is_object_name(it.0))
            && pairs.iter().any(|(name, namespace)| name != namespace);
        let column = if (0..header.cells.len()).any(|it| head(it) == "AUTHINFO") {
            NameColumn::Contexts
        } else if !are_objects {
            NameColumn::Customers
        } else if matches!(separator, Separator::Blanks | Separator::Char('\t')) {
            NameColumn::Objects
        } else {
            NameColumn::MaybeObjects
        };
        Self {
            has_namespace: heads::is_of_namespace(head(namespace)),
            column,
        }
    }

    /// Judges a row of the table by what the command above it lists. Says whether only the namespace counts.
    pub fn judge(self, row: &mut SourceRow, of: Option<&Listed>) -> bool {
        if row.left_out.is_some() || row.namespace.is_empty() {
            return false;
        }
        if self.column == NameColumn::Contexts {
            row.put_doubt("Lists contexts, not namespaces".to_owned());
        }
        match (of.and_then(Listed::doubt), self.column) {
            (Some(_), _) if self.has_namespace => row.keep_namespace_only(),
            (Some(doubt), _) => {
                row.put_doubt(doubt);
                return false;
            }
            (None, NameColumn::Customers) => return false,
            (None, NameColumn::MaybeObjects) => {
                row.put_doubt(MAY_BE_OBJECT.to_owned());
                return false;
            }
            (None, NameColumn::Objects | NameColumn::Contexts) => {
                row.keep_namespace_only();
                row.note = Some(NAMESPACE_ONLY.to_owned());
            }
        }
        true
    }
}

/// Whether a name could be that of an object of Kubernetes, with its kind or not: `api-7b6`, `kustomization/apps`.
fn is_object_name(name: &str) -> bool {
    let is_letter = |it: u8| {
        it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'-' | b'.' | b'/' | b':')
    };
    name.bytes().all(is_letter)
}
