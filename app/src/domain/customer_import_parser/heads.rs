//! The header row of a table: which column is the customer's name, its namespace, its cluster, its description; every
//! other column is a variable.
use super::{
    cells::is_zero_width,
    head_words::{Column, WORDS, field, is_list_head, may_be_cluster, near},
};
use crate::domain::metadata::is_key;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// In characters, as `is_key` has it.
const KEY_MAX: usize = 64;

/// What kubectl and oc print beside the name of a namespace.
const LISTED: [&str; 3] = ["status", "age", "labels"];

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    pub columns: Vec<Column>,
    /// Which column has the id of a cluster.
    pub cluster_id: Option<usize>,
    /// Variables whose headers name the cluster as well: their values must agree with it.
    pub other_clusters: Vec<usize>,
    /// Variables whose headers name the namespace as clearly as that of its column.
    pub other_namespaces: Vec<usize>,
    /// No header names the namespace, and some header is none of ours: it may be the namespace's.
    pub is_namespace_guessed: bool,
    /// Each row is a release of helm: the first one in a namespace stands for the customer.
    pub is_of_releases: bool,
    /// Which column has the status of a release of helm.
    pub release_status: Option<usize>,
}

impl Heads {
    /// The columns under these header cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut cells: Vec<&str> = cells.collect();
        if let Some(last) = cells.pop() {
            cells.push(without_comment(last));
        }
        let folded: Vec<String> = cells.iter().map(|it| fold(it)).collect();
        let columns: Vec<Column> = (1..)
            .zip(&cells)
            .map(|(number, it)| variable(it, number))
            .collect();
        let is_cluster_id = |it: &String| matches!(it.as_str(), "cluster id" | "clusterid");
        let mut this = Self {
            columns,
            cluster_id: folded.iter().position(is_cluster_id),
            other_clusters: Vec::new(),
            other_namespaces: Vec::new(),
            is_namespace_guessed: false,
            is_of_releases: ["namespace", "revision", "updated", "chart"]
                .iter()
                .all(|word| folded.iter().any(|it| it == word)),
            release_status: None,
        };
        for (column, _) in WORDS {
            this.take_field(&column, &folded);
        }
        if this.is_of_releases {
            this.release_status = folded.iter().position(|it| it == "status");
            for column in &mut this.columns {
                if !matches!(column, Column::Namespace | Column::Cluster) {
                    *column = Column::NotTaken;
                }
            }
        }
        this.take_listing(&folded);
        this
    }

    /// Finds the column of a field by the best of its words, else by a misspelt one.
    fn take_field(&mut self, column: &Column, folded: &[String]) {
        let mut ranked: Vec<(usize, usize)> = (0..folded.len())
            .filter_map(|index| {
                let (it, rank) = field(&folded[index])?;
                (it == *column).then_some((rank, index))
            })
            .collect();
        if ranked.is_empty() {
            ranked = (0..folded.len())
                .filter(|index| near(&folded[*index]).as_ref() == Some(column))
                .map(|index| (usize::MAX, index))
                .collect();
        }
        ranked.sort_unstable();
        let Some(((best, index), others)) = ranked.split_first() else {
            return;
        };
        self.columns[*index] = column.clone();
        match column {
            Column::Cluster => self.other_clusters = others.iter().map(|it| it.1).collect(),
            Column::Namespace => {
                let is_as_clear =
                    |it: &&(usize, usize)| (it.0 == usize::MAX) == (*best == usize::MAX);
                self.other_namespaces = others.iter().filter(is_as_clear).map(|it| it.1).collect();
            }
            _ => {}
        }
    }

    /// As `oc get projects` prints it, NAME is the namespace; kubectl prints it with its status and age. In any other table
    /// without a namespace, a header that is not known may be that of the namespace.
    fn take_listing(&mut self, folded: &[String]) {
        if self.has(&Column::Namespace) {
            return;
        }
        let place = |word: &str| folded.iter().position(|it| it == word);
        let (plain, display) = (place("name"), place("display name"));
        let is_listing = plain.is_some()
            && (display.is_some() || LISTED[..2].iter().all(|it| place(it).is_some()));
        let is_unknown = |index: usize| {
            matches!(self.columns[index], Column::Variable(_))
                && self.cluster_id != Some(index)
                && !self.other_clusters.contains(&index)
                && !(is_listing && LISTED.contains(&folded[index].as_str()))
                && !(is_listing && plain == Some(index))
        };
        self.is_namespace_guessed = (0..folded.len()).any(is_unknown);
        if let (Some(plain), Some(display)) = (plain, display) {
            self.columns[plain] = Column::Namespace;
            self.columns[display] = Column::Name;
        }
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

    /// Whether a column names the cluster of its rows.
    pub fn is_of_cluster(&self, index: usize) -> bool {
        self.columns.get(index) == Some(&Column::Cluster) || self.other_clusters.contains(&index)
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

/// Whether a header cell has one of our words, or a misspelt one for the namespace or the cluster.
pub fn is_known(head: &str) -> bool {
    let folded = fold(head);
    field(&folded).is_some() || near(&folded).is_some_and(|it| it != Column::Name)
}

/// Whether a header cell has one of our words, spelt right.
pub fn is_head(head: &str) -> bool {
    field(&fold(head)).is_some()
}

/// Whether a header cell has a word for the namespace, misspelt or not.
pub fn is_of_namespace(head: &str) -> bool {
    let folded = fold(head);
    let known = field(&folded).map(|it| it.0).or_else(|| near(&folded));
    known == Some(Column::Namespace)
}

/// Whether a word above others that stand alone in their lines may be the header of their column: `host`, `tenant-ids`.
pub fn may_head_list(text: &str) -> bool {
    is_known(text) || is_list_head(&fold(text))
}

/// Whether the name of a variable is that of a cluster rather.
pub fn names_cluster(key: &str) -> bool {
    may_be_cluster(&fold(key))
}

/// Whether a header, or the name of a label or of a member in another, is that of the cluster.
pub fn is_cluster(head: &str) -> bool {
    let name = head.rsplit(['/', '.']).next().unwrap_or(head);
    matches!(field(&fold(name)), Some((Column::Cluster, _)))
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
        "espacio de nombres",
        "espace de nommage",
        "spazio dei nomi",
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
    fn spanish_and_misspelt_heads_are_known() {
        for line in [
            "Cliente;Espacio de nombres;Clúster;Region",
            "Nombre del cliente;Namepsace;Clusters;Region",
            "Costumer;Name-spaces;Clutser;Region",
            "Custmer;Namens-Raum;Grappe;Region",
            "Kundennamen;Target namepsace;Kluster;Region",
        ] {
            assert_eq!(heads(line), "NAME NAMESPACE CLUSTER Region", "{line}");
        }
        // A correct spelling wins over a similar word.
        assert_eq!(
            heads("Namespce;Name;Namespace;Costumer"),
            "Namespce NAME NAMESPACE Costumer"
        );
    }

    #[test]
    fn where_no_head_names_the_namespace_one_that_is_not_known_may() {
        let is_guessed = |line: &str| Heads::of(line.split(';')).is_namespace_guessed;
        for line in [
            "Name;Bereich",
            "Customer;Env;Cluster",
            "Name;Kunde",
            "Name;Display name;Slug",
            "Name;Status",
        ] {
            assert!(is_guessed(line), "{line}");
        }
        for line in [
            "Name",
            "Name;Cluster;Description",
            "#;Customer;Cluster id",
            "Name;Cluster;Target cluster",
            "Name;Namespace;Bereich",
            "Name;Display name;Status",
            "NAME;STATUS;AGE;LABELS",
        ] {
            assert!(!is_guessed(line), "{line}");
        }
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
    fn of_helms_columns_only_the_namespace_and_a_cluster_are_taken() {
        assert_eq!(
            heads("Name;Namespace;Revision;Updated;Status;Chart;App version"),
            "NOTTAKEN NAMESPACE NOTTAKEN NOTTAKEN NOTTAKEN NOTTAKEN NOTTAKEN"
        );
        assert_eq!(
            heads("Cluster;Name;Namespace;Revision;Updated;Chart"),
            "CLUSTER NOTTAKEN NAMESPACE NOTTAKEN NOTTAKEN NOTTAKEN"
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
