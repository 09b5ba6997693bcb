//! The header row of a table: which column is the customer's name, its namespace, its cluster, its description; every
//! other column is a variable.
use super::cells::is_zero_width;
use crate::domain::metadata::is_key;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// In characters, as `is_key` has it.
const KEY_MAX: usize = 64;

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    Namespace,
    Cluster,
    Description,
    /// A variable of this name.
    Variable(String),
    /// Row numbers under `#` or in an untitled first column, and what helm says of a release.
    NotTaken,
    Untitled,
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    pub columns: Vec<Column>,
    /// Which column has the id of a cluster. It is a variable in rows that name their cluster.
    pub cluster_id: Option<usize>,
    /// Each row is a release of helm: the first one in a namespace stands for the customer.
    pub is_of_releases: bool,
}

/// Words for each field of ours, English, German and French, without accents. If a table has several of them, the first in
/// this list is the field and the others are variables.
const WORDS: [(Column, &[&str]); 4] = [
    (
        Column::Namespace,
        &[
            "namespace",
            "k8s namespace",
            "kubernetes namespace",
            "namespace name",
            "ns",
            "k8s ns",
            "namespaces",
            "name space",
            "namensraum",
            "espace de noms",
            "espace de nom",
        ],
    ),
    (
        Column::Name,
        &[
            "customer name",
            "customername",
            "company name",
            "client name",
            "account name",
            "tenant name",
            "organization name",
            "organisation name",
            "kundenname",
            "kunden name",
            "firmenname",
            "mandantenname",
            "name des kunden",
            "nom du client",
            "nom client",
            "raison sociale",
            "display name",
            "full name",
            "name",
            "nom",
            "customer",
            "company",
            "client",
            "account",
            "tenant",
            "organization",
            "organisation",
            "org",
            "kunde",
            "kundin",
            "firma",
            "mandant",
            "unternehmen",
            "societe",
            "entreprise",
            "customers",
            "companies",
            "clients",
            "accounts",
            "tenants",
            "kunden",
            "mandanten",
        ],
    ),
    (
        Column::Cluster,
        &[
            "cluster",
            "cluster name",
            "clustername",
            "k8s cluster",
            "kubernetes cluster",
            "cluster kubernetes",
            "target cluster",
            "ziel cluster",
            "zielcluster",
            "cluster cible",
            "nom du cluster",
        ],
    ),
    (
        Column::Description,
        &[
            "description",
            "customer description",
            "desc",
            "beschreibung",
        ],
    ),
];

/// Languages write these words without a blank, or with others around it.
const NAMESPACE_ENDS: [&str; 4] = [" ns", "namespace", "namespaces", "namensraum"];

impl Heads {
    /// The columns under these header cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut cells: Vec<&str> = cells.collect();
        if let Some(last) = cells.pop() {
            cells.push(without_comment(last));
        }
        let folded: Vec<String> = cells.iter().map(|it| fold(it)).collect();
        let mut columns: Vec<Column> = (1..)
            .zip(&cells)
            .map(|(number, it)| variable(it, number))
            .collect();
        for (column, _) in &WORDS {
            let best = (0..folded.len())
                .filter_map(|index| {
                    let (it, rank) = field(&folded[index])?;
                    (it == *column).then_some((rank, index))
                })
                .min();
            if let Some((_, index)) = best {
                columns[index] = column.clone();
            }
        }
        let is_of_releases = ["namespace", "revision", "updated", "chart"]
            .iter()
            .all(|word| folded.iter().any(|it| it == word));
        if is_of_releases {
            for column in columns.iter_mut().filter(|it| **it != Column::Namespace) {
                *column = Column::NotTaken;
            }
        }
        let mut this = Self {
            columns,
            cluster_id: folded.iter().position(|it| it == "cluster id"),
            is_of_releases,
        };
        // As `oc get projects` prints it: NAME is the namespace.
        let plain = folded.iter().position(|it| it == "name");
        let display = folded.iter().position(|it| it == "display name");
        if let (false, Some(plain), Some(display)) = (this.has(&Column::Namespace), plain, display)
        {
            this.columns[plain] = Column::Namespace;
            this.columns[display] = Column::Name;
        }
        this
    }

    /// Whether every column is a field of ours: then rows may go on with `KEY=value`.
    pub fn has_no_variables(&self) -> bool {
        !self
            .columns
            .iter()
            .any(|it| matches!(it, Column::Variable(_)))
    }

    /// Whether no column was taken for the name, though one that is a variable now may have it.
    pub fn may_lack_name(&self) -> bool {
        self.has(&Column::Namespace) && !self.has(&Column::Name) && !self.has_no_variables()
    }

    /// Whether the table has this column.
    pub fn has(&self, column: &Column) -> bool {
        self.columns.contains(column)
    }

    /// How many of our own fields there are.
    pub fn fields(&self) -> usize {
        let named = WORDS.iter().filter(|it| self.has(&it.0)).count();
        named + usize::from(self.cluster_id.is_some())
    }
}

/// The field that a header names, and how well it does (0 is best).
fn field(folded: &str) -> Option<(Column, usize)> {
    for (column, words) in WORDS {
        if let Some(rank) = words.iter().position(|it| *it == folded) {
            return Some((column, rank));
        }
    }
    // "Target namespace", "Zielnamespace", but no sentence.
    let is_namespace = NAMESPACE_ENDS.iter().any(|it| folded.ends_with(it))
        && folded.split(' ').count() <= 3
        && !folded.contains([',', ';', '|', '=']);
    is_namespace.then_some((Column::Namespace, usize::MAX))
}

/// Whether a header cell has one of our words.
pub fn is_known(head: &str) -> bool {
    field(&fold(head)).is_some()
}

/// Whether a header cell has a word that no customer and no namespace is called.
pub fn is_certain(head: &str) -> bool {
    let folded = fold(head);
    let ends = [
        "name",
        "nom",
        "namespace",
        "namespaces",
        "name space",
        "namensraum",
        "espace de noms",
    ];
    field(&folded).is_some() && ends.iter().any(|it| folded.ends_with(it))
}

/// Whether a header cell has no letters or digits.
pub fn is_untitled(head: &str) -> bool {
    !head.contains(char::is_alphanumeric)
}

/// What stands before ` # a comment` at the end of a header.
fn without_comment(head: &str) -> &str {
    head.split_once(" # ").map_or(head, |it| it.0.trim_end())
}

/// A header in small letters without accents, with single blanks: `Customer_Name*`, `customerName` and
/// `# Customer name (required):` are one.
fn fold(head: &str) -> String {
    let head = head.split_once('(').map_or(head, |it| it.0);
    let mut folded = String::new();
    let mut was_small = false;
    for letter in head.nfkd().filter(|it| !is_combining_mark(*it)) {
        if letter.is_alphanumeric() {
            if was_small && letter.is_uppercase() {
                folded.push(' ');
            }
            was_small = letter.is_lowercase();
            folded.extend(letter.to_lowercase());
        } else if matches!(letter, ',' | ';' | '|' | '=') {
            // Two headers that another separator keeps apart.
            folded.push(letter);
        } else if !is_zero_width(letter) {
            was_small = false;
            folded.push(' ');
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The variable of a column; `number` counts the columns from 1.
fn variable(head: &str, number: usize) -> Column {
    if is_untitled(head) {
        let is_blank = head.trim().is_empty() && number > 1;
        return if is_blank {
            Column::Untitled
        } else {
            Column::NotTaken
        };
    }
    Column::Variable(key(head).unwrap_or_else(|| format!("column_{number}")))
}

/// A header as a variable's name: "APP VERSION" is `APP_VERSION`. None if it has no Latin letter or digit.
pub fn key(head: &str) -> Option<String> {
    if is_key(head) {
        return Some(head.to_owned());
    }
    let mut key = String::new();
    for letter in head.nfkd().filter(|it| !is_combining_mark(*it)) {
        if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') {
            key.push(letter);
        } else if !key.ends_with('_') {
            key.push('_');
        }
    }
    let key = key.trim_matches(['_', '.', '-']);
    let starts_with_digit = key.starts_with(|it: char| it.is_ascii_digit());
    let mut key = if starts_with_digit {
        format!("_{key}")
    } else {
        key.to_owned()
    };
    key.truncate(KEY_MAX);
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(line: &str) -> String {
        let columns = Heads::of(line.split(';')).columns;
        let names = columns.into_iter().map(|it| match it {
            Column::Variable(key) => key,
            it => format!("{it:?}").to_uppercase(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_column_is_known_by_any_of_its_words_wherever_it_stands() {
        assert_eq!(heads("company;namespace"), "NAME NAMESPACE");
        assert_eq!(
            heads("HOST;Customer name;K8s_Namespace*"),
            "HOST NAME NAMESPACE"
        );
        assert_eq!(
            heads("customerName;targetNamespace;Cluster:;Description"),
            "NAME NAMESPACE CLUSTER DESCRIPTION"
        );
        assert_eq!(heads("Name;Namespace (production)"), "NAME NAMESPACE");
        assert_eq!(heads("NAME;DISPLAY NAME;OWNER"), "NAMESPACE NAME OWNER");
    }

    #[test]
    fn german_french_and_plural_heads_are_known() {
        for name in [
            "Kunde",
            "Kundenname",
            "Kunden-Name",
            "Mandant",
            "Firma",
            "Nom",
            "Nom du client",
            "Client",
            "Société",
            "Socie\u{301}te\u{301}",
            "Raison sociale",
            "Entreprise",
            "Full name",
            "FULL_NAME",
            "Customers",
            "CUSTOMERNAME",
        ] {
            for namespace in [
                "Namespace",
                "Namespaces",
                "Name space",
                "name_space",
                "Namensraum",
                "Zielnamespace",
                "K8s-Namensraum",
                "Espace de noms",
                "NS",
            ] {
                let line = format!("{name};{namespace};Cluster;Région");
                assert_eq!(heads(&line), "NAME NAMESPACE CLUSTER Region", "{line}");
                assert!(is_known(name) && is_known(namespace));
            }
        }
        assert_eq!(heads("Nom;Client;ns"), "NAME Client NAMESPACE");
        assert_eq!(heads("Kunde;Kundenname;ns"), "Kunde NAME NAMESPACE");
        assert_eq!(heads("Kunden-Nr.;Kunde;ns"), "Kunden-Nr. NAME NAMESPACE");
        assert_eq!(
            heads("Beschreibung;Zielcluster;ns"),
            "DESCRIPTION CLUSTER NAMESPACE"
        );
    }

    #[test]
    fn a_comment_behind_the_last_head_is_none_of_it() {
        assert_eq!(heads("name;namespace # of prod"), "NAME NAMESPACE");
        assert_eq!(
            heads("name;ns;HOST # asked for by Ana"),
            "NAME NAMESPACE HOST"
        );
        assert_eq!(heads("Customer #;ns"), "NAME NAMESPACE");
    }

    #[test]
    fn every_other_column_is_a_variable() {
        assert_eq!(
            heads("name;namespace;note, x;APP VERSION;2nd contact;Größe;#;"),
            "NAME NAMESPACE note_x APP_VERSION _2nd_contact Gro_e NOTTAKEN UNTITLED"
        );
        assert_eq!(
            heads("namespace;地域;host-name"),
            "NAMESPACE column_2 host-name"
        );
        let long = format!("{} x", "a".repeat(80));
        assert_eq!(key(&long).unwrap().len(), KEY_MAX);
    }

    #[test]
    fn of_helms_columns_only_the_namespace_is_taken() {
        assert_eq!(
            heads("Name;Namespace;Revision;Updated;Status;Chart;App version"),
            "NOTTAKEN NAMESPACE NOTTAKEN NOTTAKEN NOTTAKEN NOTTAKEN NOTTAKEN"
        );
        assert_eq!(
            heads("Name;Namespace;Chart;App version"),
            "NAME NAMESPACE Chart App_version"
        );
    }

    #[test]
    fn of_two_words_for_one_field_the_plainer_one_is_a_variable() {
        assert_eq!(
            heads("Customer;Customer name;ns"),
            "Customer NAME NAMESPACE"
        );
        assert_eq!(
            heads("Namespace;Argo namespace;Name"),
            "NAMESPACE Argo_namespace NAME"
        );
    }
}
