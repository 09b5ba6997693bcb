//! Which of the known clusters a text names: by name, kubectl context or kubeconfig path, as a whole word.
use super::ImportContext;
use crate::domain::{
    customer_import_parser::{is_known_head, key_of_head, may_be_columns_of},
    fold::lowercase,
    id::ClusterId,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// The length in characters of the part of a text that is searched.
const SEARCHED_MAX: usize = 4_000;

/// The search of a text ends after this many mentions of other clusters.
const MENTIONS_MAX: usize = 32;

/// What a text says about the cluster of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// It names no known cluster.
    Nothing,
    /// It names the chosen cluster, perhaps beside others.
    Chosen,
    /// It names this cluster, and not the chosen one.
    Other(&'a str),
}

/// The clusters that have one name, context or path.
type Called<'a> = Vec<(ClusterId, &'a str)>;

/// The known clusters by what a text may call them.
pub struct NamedClusters<'a> {
    /// Names, contexts and paths in small letters, the longest first, each with its clusters.
    texts: Vec<(String, Called<'a>)>,
    /// The same as variables are called, in small letters, where that is something else.
    keys: HashMap<String, Called<'a>>,
    chosen: Option<ClusterId>,
}

impl<'a> NamedClusters<'a> {
    /// All clusters of `context`; rows that name none go to the `chosen` one.
    pub fn of(context: &'a ImportContext, chosen: Option<ClusterId>) -> Self {
        let mut texts: BTreeMap<String, Called<'a>> = BTreeMap::new();
        for (name, (id, _)) in &context.clusters {
            let own = context.contexts.iter().filter(|it| it.0 == *id);
            for text in own.map(|it| it.1.as_str()).chain([name.as_str()]) {
                let clusters = texts.entry(lowercase(text.trim())).or_default();
                clusters.push((*id, name.as_str()));
                clusters.sort_unstable_by_key(|it| it.1);
            }
        }
        let mut texts: Vec<_> = texts.into_iter().filter(|it| !it.0.is_empty()).collect();
        texts.sort_by_key(|it| Reverse(it.0.len()));
        let keys = texts.iter().filter_map(|(called, clusters)| {
            let key = lowercase(&key_of_head(called)?);
            (key != *called).then(|| (key, clusters.clone()))
        });
        let keys = keys.collect();
        Self {
            texts,
            keys,
            chosen,
        }
    }

    /// Whether a text is what a cluster is called, and nothing else.
    pub fn is_cluster(&self, text: &str) -> bool {
        let text = lowercase(text.trim());
        self.texts.iter().any(|it| it.0 == text)
    }

    /// Whether the head of a column is what a cluster is called, perhaps with that word beside it: "Cluster prod-eu".
    pub fn is_head(&self, head: &str) -> bool {
        let is_other = |it: &&str| !matches!(lowercase(it).as_str(), "cluster" | "clusters");
        let words = head.split(|it: char| it.is_whitespace() || it == ':');
        let words: Vec<&str> = words.filter(is_other).collect();
        self.is_cluster(head) || self.is_cluster(&words.join(" "))
    }

    /// The doubt about a row of a table without a header, and about those below it, if its cells are clusters. The first column
    /// may have the names of customers: `Customer;prod-eu;prod-us`.
    pub fn doubt_of_columns(&self, cells: &[String]) -> Option<String> {
        let (first, others) = cells.split_first()?;
        let is_same = |it: &String| lowercase(it) == lowercase(first);
        let has_names = match others {
            [other] if is_known_head(first) => matches!(self.said_in(other), Said::Other(_)),
            [] | [_] => false,
            _ => true,
        };
        let are_all = self.is_head(first) && !others.iter().all(is_same);
        let clusters = if are_all { cells } else { others };
        let are_columns = (are_all || has_names) && others.iter().all(|it| self.is_head(it));
        are_columns.then(|| {
            let clusters: Vec<&str> = clusters.iter().map(String::as_str).collect();
            may_be_columns_of(&clusters)
        })
    }

    /// Whether a column of a table is the chosen cluster's.
    pub fn has_chosen(&self, heads: &[String]) -> bool {
        let mut heads = heads.iter();
        heads.any(|it| self.is_head(it) && self.said_in(it) == Said::Chosen)
    }

    /// What the name of a variable says: where clusters are columns, they are called like this.
    pub fn said_in_key(&self, key: &str) -> Said<'a> {
        let said = self.said_in_name(key);
        let clusters = self.keys.get(&lowercase(key));
        let Some(clusters) = clusters.filter(|_| said == Said::Nothing) else {
            return said;
        };
        if clusters.iter().any(|it| Some(it.0) == self.chosen) {
            return Said::Chosen;
        }
        clusters
            .first()
            .map_or(Said::Nothing, |it| Said::Other(it.1))
    }

    /// What any text says: a line, a command, a value.
    pub fn said_in(&self, text: &str) -> Said<'a> {
        self.said(text, |_| true)
    }

    /// What a customer's name says. A cluster called by a plain word counts only if it is the whole name: where a cluster is
    /// called "legacy", "Legacy Foods" is still a company.
    pub fn said_in_name(&self, name: &str) -> Said<'a> {
        let whole = lowercase(name.trim());
        self.said(name, |it| {
            it == whole || it.contains(|letter: char| !letter.is_alphabetic())
        })
    }

    /// Of names within each other the longest one is meant.
    fn said(&self, text: &str, is_meant: impl Fn(&str) -> bool) -> Said<'a> {
        let end = text.char_indices().nth(SEARCHED_MAX);
        let text = lowercase(end.map_or(text, |(end, _)| &text[..end]));
        let mut mentions: Vec<(usize, usize)> = Vec::new();
        let mut first: Option<(usize, &'a str)> = None;
        for (called, clusters) in self.texts.iter().filter(|it| is_meant(&it.0)) {
            for (start, _) in text.match_indices(called.as_str()) {
                let end = start + called.len();
                let is_within = mentions.iter().any(|it| start < it.1 && it.0 < end);
                if is_within || !is_word(&text, start, end) {
                    continue;
                }
                if clusters.iter().any(|it| Some(it.0) == self.chosen) {
                    return Said::Chosen;
                }
                if first.is_none_or(|it| start < it.0) {
                    first = clusters.first().map(|it| (start, it.1));
                }
                mentions.push((start, end));
                if mentions.len() == MENTIONS_MAX {
                    return first.map_or(Said::Nothing, |it| Said::Other(it.1));
                }
            }
        }
        first.map_or(Said::Nothing, |it| Said::Other(it.1))
    }
}

/// Whether a part of a text is no part of a longer word: `prod-eu` is one in `cluster/prod-eu:443`, not in `acme-prod-eu`.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let is_apart =
        |it: Option<char>| it.is_none_or(|letter| !letter.is_alphanumeric() && letter != '-');
    is_apart(text[..start].chars().next_back()) && is_apart(text[end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EU: ClusterId = ClusterId(1);

    fn context() -> ImportContext {
        let clusters = ["prod-eu", "prod", "prod.eu", "legacy"];
        let named = (1..).zip(clusters);
        ImportContext {
            clusters: named
                .map(|(id, name)| (name.to_owned(), (ClusterId(id), true)))
                .collect(),
            contexts: vec![
                (ClusterId(2), "arn:aws:eks:us".to_owned()),
                (ClusterId(2), "/etc/rollcall/us.yaml".to_owned()),
            ],
            ..ImportContext::default()
        }
    }

    #[test]
    fn a_cluster_is_named_by_a_whole_word() {
        let context = context();
        let named = NamedClusters::of(&context, Some(EU));
        for (text, said) in [
            ("== prod-eu", Said::Chosen),
            ("arn:aws:eks:eu-west-1:123:cluster/prod-eu", Said::Chosen),
            ("gke_proj_europe-west1_PROD-EU", Said::Chosen),
            ("(⎈|prod-eu:default) ~ $", Said::Chosen),
            ("tm@prod-eu:~$", Said::Chosen),
            ("[prod] $", Said::Other("prod")),
            ("from arn:aws:eks:us", Said::Other("prod")),
            ("KUBECONFIG=/etc/rollcall/us.yaml", Said::Other("prod")),
            ("https://api.prod.eu:6443", Said::Other("prod.eu")),
            ("legacy, then prod", Said::Other("legacy")),
            ("prod, not prod-eu", Said::Chosen),
            ("acme-prod-eu", Said::Nothing),
            ("products", Said::Nothing),
            ("", Said::Nothing),
        ] {
            assert_eq!(named.said_in(text), said, "{text}");
        }
        // A shorter name within a longer one is not meant.
        let named = NamedClusters::of(&context, Some(ClusterId(2)));
        assert_eq!(
            named.said_in("https://api.prod.eu:6443"),
            Said::Other("prod.eu")
        );
    }

    #[test]
    fn a_company_may_have_the_word_in_its_name_that_a_cluster_is_called() {
        let context = context();
        let named = NamedClusters::of(&context, Some(ClusterId(2)));
        assert_eq!(named.said_in_name("Legacy Foods"), Said::Nothing);
        assert_eq!(named.said_in_name("legacy"), Said::Other("legacy"));
        assert_eq!(named.said_in_name("Acme (prod-eu)"), Said::Other("prod-eu"));
        assert!(named.is_cluster(" Prod-EU ") && !named.is_cluster("prod-eu x"));
    }

    #[test]
    fn a_long_text_is_searched_to_a_limit() {
        let context = context();
        let named = NamedClusters::of(&context, Some(EU));
        let long = "legacy ".repeat(100_000);
        assert_eq!(named.said_in(&long), Said::Other("legacy"));
        assert_eq!(
            named.said_in(&format!("{} legacy", "x".repeat(SEARCHED_MAX))),
            Said::Nothing
        );
    }
}
