//! The words at the heads of columns: which field they name, also if they are misspelt, and which may name the cluster.

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
    /// A column without a header, which is not taken.
    Untitled,
}

/// Words for each field of ours, English, German, French and Spanish, without accents. If a table has several of them, the
/// first in this list is the field and the others are variables.
pub const WORDS: [(Column, &[&str]); 4] = [
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
            "espacio de nombres",
            "espacio de nombre",
            "espace de nommage",
            "espaces de nommage",
            "spazio dei nomi",
            "spazio di nomi",
            "espacio",
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
            "nombre del cliente",
            "nombre de la empresa",
            "raison sociale",
            "razon social",
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
            "cliente",
            "clientes",
            "empresa",
            "nombre",
            // Seen more often than any other misspelling.
            "costumer",
            "costumer name",
            "costumers",
            "kudne",
            "auftraggeber",
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
            "nombre del cluster",
            "clusters",
            "grappe",
            "grappes",
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

/// Words above a list of anything, in the singular if they are English and regular.
const LIST_HEADS: [&str; 79] = [
    "address",
    "addresses",
    "alias",
    "app",
    "application",
    "code",
    "component",
    "country",
    "database",
    "deployment",
    "dienst",
    "domain",
    "element",
    "endpoint",
    "entorno",
    "entries",
    "entry",
    "env",
    "environment",
    "environnement",
    "equipe",
    "guid",
    "host",
    "hostname",
    "id",
    "identifier",
    "instance",
    "item",
    "key",
    "kind",
    "label",
    "list",
    "location",
    "module",
    "name",
    "no",
    "node",
    "nr",
    "number",
    "object",
    "owner",
    "plan",
    "pod",
    "product",
    "project",
    "projekt",
    "projekte",
    "projet",
    "proyecto",
    "record",
    "region",
    "release",
    "repo",
    "repositories",
    "repository",
    "resource",
    "role",
    "row",
    "server",
    "service",
    "site",
    "slug",
    "stack",
    "stage",
    "state",
    "status",
    "tag",
    "team",
    "tier",
    "title",
    "type",
    "umgebung",
    "url",
    "user",
    "uuid",
    "value",
    "version",
    "workspace",
    "zone",
];
/// The second word of a header: "tenant id", "project code".
const LIST_HEAD_ENDS: [&str; 7] = ["code", "id", "key", "list", "name", "number", "slug"];

/// Languages write these words without a blank, or with others around it.
const NAMESPACE_ENDS: [&str; 4] = [" ns", "namespace", "namespaces", "namensraum"];

/// A word with fewer letters is never taken for a misspelt one.
const SHORTEST_NEAR: usize = 6;
/// In bytes: longer headers are no misspelt words.
const NEAR_MAX: usize = 60;

/// The field that a header names, and how well it does (0 is best).
pub fn field(folded: &str) -> Option<(Column, usize)> {
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

/// Whether a header that is none of ours may be that of a list.
pub fn is_list_head(folded: &str) -> bool {
    let is_in = |words: &[&str], it: &str| {
        let one = it.strip_suffix('s').unwrap_or(it);
        words.contains(&it) || words.contains(&one)
    };
    match folded.split(' ').collect::<Vec<_>>().as_slice() {
        [word] => is_in(&LIST_HEADS, word),
        [first, last] => {
            is_in(&LIST_HEAD_ENDS, last) && (is_in(&LIST_HEADS, first) || field(first).is_some())
        }
        _ => false,
    }
}

/// The field that a misspelt header names: "Namepsace", "Namens-Raum", "Costumer name".
pub fn near(folded: &str) -> Option<Column> {
    let is_word = |it: char| it.is_alphabetic() || it == ' ';
    if folded.len() > NEAR_MAX || !folded.chars().all(is_word) || field(folded).is_some() {
        return None;
    }
    let is_meant = |word: &str| is_joined_otherwise(folded, word) || are_near(folded, word);
    for (column, words) in WORDS {
        if column != Column::Description && words.iter().any(|it| is_meant(it)) {
            return Some(column);
        }
    }
    // "Target namepsace".
    let last = folded.rsplit(' ').next().unwrap_or_default();
    let is_namespace = NAMESPACE_ENDS.iter().any(|it| is_near(last, it.trim()));
    (is_namespace && folded.split(' ').count() <= 3).then_some(Column::Namespace)
}

/// Whether a header that is none of a cluster may name one all the same: "Environment/Cluster", "clusterRef", "kube context".
pub fn may_be_cluster(folded: &str) -> bool {
    let is_cluster = |it: &str| {
        it.starts_with("cluster")
            || it.ends_with("cluster")
            || it.ends_with("clusters")
            || is_near(it, "cluster")
    };
    let is_context = folded.contains("context") && folded.contains("kube");
    folded.len() <= NEAR_MAX
        && (is_context || folded.split([' ', ',', ';', '|', '=']).any(is_cluster))
}

/// Whether two texts differ in their blanks only.
fn is_joined_otherwise(folded: &str, word: &str) -> bool {
    let letters = |it: &str| it.replace(' ', "");
    let folded = letters(folded);
    folded.len() >= SHORTEST_NEAR && folded == letters(word)
}

/// Whether two texts have as many words, and each is like the other's.
fn are_near(folded: &str, known: &str) -> bool {
    folded.split(' ').count() == known.split(' ').count()
        && folded
            .split(' ')
            .zip(known.split(' '))
            .all(|(word, known)| is_near(word, known))
}

/// Whether a word is another one, or misspelt: one letter added, missing, wrong or swapped with the next; in a long word two.
fn is_near(word: &str, known: &str) -> bool {
    let mistakes_max = match known.len() {
        0..SHORTEST_NEAR => 0,
        SHORTEST_NEAR..9 => 1,
        _ => 2,
    };
    word == known || mistakes_max > 0 && mistakes(word, known) <= mistakes_max
}

/// How many letters have to be added, removed, replaced or swapped with the next to make one word of the other.
fn mistakes(word: &str, known: &str) -> usize {
    let word: Vec<char> = word.chars().collect();
    let known: Vec<char> = known.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=known.len()).collect()];
    for (i, letter) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in known.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(letter != other);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == known[j - 1] && word[i - 1] == *other {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[word.len()][known.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_head_is_known_and_a_word_that_is_only_alike_is_not() {
        for (text, column) in [
            ("namepsace", Column::Namespace),
            ("namespce", Column::Namespace),
            ("nampespaces", Column::Namespace),
            ("namens raum", Column::Namespace),
            ("name spaces", Column::Namespace),
            ("target namepsace", Column::Namespace),
            ("espaces de noms", Column::Namespace),
            ("custmer name", Column::Name),
            ("companie", Column::Name),
            ("enterprise", Column::Name),
            ("clutser", Column::Cluster),
            ("kluster", Column::Cluster),
        ] {
            assert_eq!(near(text), Some(column), "{text}");
        }
        for text in [
            "",
            "namespace",
            "namespace a",
            "namespace1",
            "tenant a",
            "file name",
            "amount",
            "cluster note",
            "env",
            "host",
            "a,namespace",
            "workspace",
        ] {
            assert_eq!(near(text), None, "{text}");
        }
        assert_eq!(near(&"namespace".repeat(9_999)), None);
    }

    #[test]
    fn a_head_with_a_cluster_in_it_may_name_the_cluster() {
        for text in [
            "umgebung cluster",
            "cluster env",
            "clusterref",
            "prod clutser",
            "kube context",
            "env,cluster",
        ] {
            assert!(may_be_cluster(text), "{text}");
        }
        for text in ["", "env", "context path", "region", "namespace"] {
            assert!(!may_be_cluster(text), "{text}");
        }
    }
}
