//! Template variables in step texts (R18): parses `{{customer.name}}`, `{{var.KEY | quote}}` and fills in values. Only the
//! roots `customer`, `cluster`, `release` and `var` are parsed; other braces (Helm, Go templates, Jinja) stay unchanged.
//! A backslash before one of ours prints it literally. Values are never resolved again.
use super::{
    cluster::Cluster, customer::Customer, quote::quoted, release::Release,
    rule_violation::RuleViolation, text::is_key, vocabulary::StepType,
};
use serde::{Deserialize, Serialize};

words! {
    /// Where a value comes from.
    Source { Customer = "customer", Cluster = "cluster", Release = "release" }
}

/// The built-in variable names, besides `var.KEY`. A kubeconfig path and a version may be missing.
pub const BUILT_IN_VARIABLES: [&str; 6] = [
    "customer.name",
    "customer.namespace",
    "cluster.name",
    "cluster.kubeconfig",
    "release.name",
    "release.version",
];

/// A segment of a step's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSegment<'a> {
    Literal(&'a str),
    /// An escaped variable, printed literally without the backslash.
    Escaped(&'a str),
    /// `text` is the source with its braces; `name` is `customer.name` or `var.KEY`.
    Variable {
        text: &'a str,
        name: &'a str,
        quote: bool,
    },
}

/// Splits a text into segments. Their sources joined are the text.
pub fn pieces(text: &str) -> Vec<TextSegment<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        let Some((variable, end)) = variable_at(text, open) else {
            at = open + 1;
            continue;
        };
        let escaped = text[from..open].ends_with('\\');
        let before = &text[from..open - usize::from(escaped)];
        if !before.is_empty() {
            pieces.push(TextSegment::Literal(before));
        }
        pieces.push(if escaped {
            TextSegment::Escaped(&text[open - 1..end])
        } else {
            variable
        });
        (from, at) = (end, end);
    }
    if from < text.len() {
        pieces.push(TextSegment::Literal(&text[from..]));
    }
    pieces
}

/// The variable at the start of the text and its length in bytes.
fn variable_at(text: &str, open: usize) -> Option<(TextSegment<'_>, usize)> {
    let inside = &text[open + 2..];
    // A variable ends before these characters, so the scan stays linear for any text.
    let inside = &inside[..inside.find(['\n', '\r', '{']).unwrap_or(inside.len())];
    let close = inside.find("}}")?;
    let inside = &inside[..close];
    let trimmed = inside.trim_matches([' ', '\t']);
    let (name, filter) = match trimmed.split_once('|') {
        Some((name, filter)) => (
            name.trim_end_matches([' ', '\t']),
            Some(filter.trim_matches([' ', '\t'])),
        ),
        None => (trimmed, None),
    };
    let (root, field) = name.split_once('.')?;
    if !matches!(root, "customer" | "cluster" | "release" | "var") || field.is_empty() {
        return None;
    }
    let end = open + 2 + close + 2;
    // With an unknown filter the variable stays unresolved under its whole source.
    let (name, quote) = match filter {
        None => (name, false),
        Some("quote") => (name, true),
        Some(_) => (trimmed, false),
    };
    Some((
        TextSegment::Variable {
            text: &text[open..end],
            name,
            quote,
        },
        end,
    ))
}

/// The names of the variables in a text, each once, in order of appearance.
pub fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in pieces(text) {
        if let TextSegment::Variable { name, .. } = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The customer, cluster and release that values are looked up in.
#[derive(Clone, Copy, Debug)]
pub struct VariableScope<'a> {
    pub customer: &'a Customer,
    pub cluster: &'a Cluster,
    pub release: &'a Release,
}

impl VariableScope<'_> {
    /// The value of a variable and where it comes from. An empty text is a value.
    pub fn value(&self, name: &str) -> Option<(String, Source)> {
        let VariableScope {
            customer,
            cluster,
            release,
        } = self;
        match name {
            "customer.name" => Some((customer.name.clone(), Source::Customer)),
            "customer.namespace" => Some((customer.namespace.clone(), Source::Customer)),
            "cluster.name" => Some((cluster.name.clone(), Source::Cluster)),
            "cluster.kubeconfig" => cluster
                .kubeconfig_path
                .clone()
                .map(|it| (it, Source::Cluster)),
            "release.name" => Some((release.name.clone(), Source::Release)),
            "release.version" => release
                .version_number
                .clone()
                .map(|it| (it, Source::Release)),
            _ => {
                let key = name.strip_prefix("var.").filter(|it| is_key(it))?;
                [
                    (&customer.metadata, Source::Customer),
                    (&cluster.metadata, Source::Cluster),
                    (&release.metadata, Source::Release),
                ]
                .into_iter()
                .find_map(|(metadata, source)| Some((metadata.0.get(key)?.to_string(), source)))
            }
        }
    }
}

/// The record in which a missing value can be set. None if the name is unknown.
pub fn filled_at(name: &str) -> Option<Source> {
    match name {
        "cluster.kubeconfig" => Some(Source::Cluster),
        "release.version" => Some(Source::Release),
        _ => is_key(name.strip_prefix("var.")?).then_some(Source::Customer),
    }
}

/// A variable of a text with its value, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    pub name: String,
    pub value: Option<String>,
    pub source: Option<Source>,
}

/// A segment of a resolved text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedSegment {
    pub text: String,
    /// The variable whose value this is; none for literal text.
    pub variable: Option<Variable>,
}

impl ResolvedSegment {
    /// The text as it is, without variables.
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            variable: None,
        }
    }
}

/// A text with its variables resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedText {
    pub spans: Vec<ResolvedSegment>,
}

/// Resolves the variables. Those without a value keep their source.
pub fn resolve(text: &str, kind: StepType, scope: VariableScope<'_>) -> ResolvedText {
    let spans = pieces(text).into_iter().map(|piece| match piece {
        TextSegment::Literal(text) => ResolvedSegment::plain(text),
        TextSegment::Escaped(text) => ResolvedSegment::plain(&text[1..]),
        TextSegment::Variable { text, name, quote } => {
            let found = scope.value(name);
            let shown = match &found {
                Some((value, _)) if quote => quoted(value, kind),
                Some((value, _)) => value.clone(),
                None => text.to_owned(),
            };
            let (value, source) = found.unzip();
            ResolvedSegment {
                text: shown,
                variable: Some(Variable {
                    name: name.to_owned(),
                    value,
                    source,
                }),
            }
        }
    });
    ResolvedText {
        spans: spans.collect(),
    }
}

impl ResolvedText {
    /// The whole text, with the values filled in.
    pub fn text(&self) -> String {
        self.spans.iter().map(|it| it.text.as_str()).collect()
    }

    /// The variables, each once, in order of appearance.
    pub fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        for variable in self.spans.iter().filter_map(|it| it.variable.as_ref()) {
            if !variables.iter().any(|it| it.name == variable.name) {
                variables.push(variable.clone());
            }
        }
        variables
    }

    /// The names of variables without a value, each once.
    pub fn unresolved(&self) -> Vec<String> {
        self.variables()
            .into_iter()
            .filter(|it| it.value.is_none())
            .map(|it| it.name)
            .collect()
    }

    /// A step with an unresolved variable is marked done only when the person says so explicitly.
    pub fn must_be_complete(&self, allow_unresolved: bool) -> Result<(), RuleViolation> {
        let names = self.unresolved();
        if names.is_empty() || allow_unresolved {
            Ok(())
        } else {
            Err(RuleViolation::Unresolved { names })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{ClusterId, CustomerId},
        matrix::tests::release,
        text::{Metadata, Value},
    };
    use chrono::DateTime;
    use proptest::prelude::*;

    fn metadata(pairs: &[(&str, &str)]) -> Metadata {
        Metadata(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned())))
                .collect(),
        )
    }

    struct ScopeFixture {
        customer: Customer,
        cluster: Cluster,
        release: Release,
    }

    fn world() -> ScopeFixture {
        let now = DateTime::UNIX_EPOCH;
        ScopeFixture {
            customer: Customer {
                id: CustomerId(1),
                cluster_id: ClusterId(1),
                namespace: "acme".into(),
                name: "O'Hara & Sons".into(),
                description: None,
                is_active: true,
                metadata: metadata(&[
                    ("HOST", "acme.example"),
                    ("LOOP", "{{customer.name}}"),
                    ("EMPTY", ""),
                ]),
                version: 1,
                created_at: now,
                updated_at: now,
            },
            cluster: Cluster {
                id: ClusterId(1),
                name: "eu-west".into(),
                kubeconfig_path: None,
                description: None,
                is_active: true,
                metadata: metadata(&[("HOST", "eu.example"), ("ZONE", "b")]),
                version: 1,
                created_at: now,
                updated_at: now,
            },
            release: Release {
                version_number: Some("6.1".into()),
                metadata: metadata(&[("HOST", "x"), ("ZONE", "y"), ("TAG", "6.1-rc")]),
                ..release()
            },
        }
    }

    fn resolved(text: &str, kind: StepType) -> ResolvedText {
        let ScopeFixture {
            customer,
            cluster,
            release,
        } = &world();
        resolve(
            text,
            kind,
            VariableScope {
                customer,
                cluster,
                release,
            },
        )
    }

    fn text(text: &str) -> String {
        resolved(text, StepType::Bash).text()
    }

    #[test]
    fn the_customer_s_value_wins_then_the_cluster_s_then_the_release_s() {
        assert_eq!(
            text("{{var.HOST}} {{ var.ZONE }} {{var.TAG}}"),
            "acme.example b 6.1-rc"
        );
        let sources: Vec<_> = resolved("{{var.HOST}}{{var.ZONE}}{{var.TAG}}", StepType::Bash)
            .variables()
            .into_iter()
            .map(|it| it.source.unwrap())
            .collect();
        assert_eq!(
            sources,
            [Source::Customer, Source::Cluster, Source::Release]
        );
    }

    #[test]
    fn every_fixed_name_has_a_value_if_its_field_has() {
        let mut world = world();
        world.cluster.kubeconfig_path = Some("/etc/eu".into());
        let scope = VariableScope {
            customer: &world.customer,
            cluster: &world.cluster,
            release: &world.release,
        };
        assert!(
            BUILT_IN_VARIABLES
                .iter()
                .all(|it| scope.value(it).is_some())
        );
    }

    #[test]
    fn what_has_no_value_is_unresolved_and_stays_as_it_stands() {
        let it = resolved(
            "{{cluster.kubeconfig}} {{customer.shoe}} {{var.NOPE}} {{var.EMPTY}}|",
            StepType::Bash,
        );
        assert_eq!(
            it.unresolved(),
            ["cluster.kubeconfig", "customer.shoe", "var.NOPE"]
        );
        assert_eq!(
            it.text(),
            "{{cluster.kubeconfig}} {{customer.shoe}} {{var.NOPE}} |"
        );
        assert!(it.must_be_complete(false).is_err());
        assert!(it.must_be_complete(true).is_ok());
    }

    #[test]
    fn foreign_braces_pass_through() {
        for foreign in [
            "{{ .Values.image.tag }}",
            "{{- if .Release.Name }}{{end}}",
            "{{ item | default('x') }}",
            "${{ secrets.TOKEN }}",
            "{{customer}}",
            "{{ customer.name",
            "{{\ncustomer.name}}",
            r"\{{ .Values.x }}",
            "{{}}",
        ] {
            assert_eq!(text(foreign), foreign);
        }
        assert_eq!(text("{{{customer.namespace}}}"), "{acme}");
        assert_eq!(text("{{ {{customer.namespace}} }}"), "{{ acme }}");
    }

    #[test]
    fn a_backslash_prints_ours_literally() {
        assert_eq!(text(r"a \{{customer.name}} b"), "a {{customer.name}} b");
        assert_eq!(
            text(r"\\{{customer.namespace}}"),
            r"\{{customer.namespace}}"
        );
        assert!(names(r"\{{customer.name}}").is_empty());
    }

    #[test]
    fn a_value_is_never_resolved_again() {
        assert_eq!(text("{{var.LOOP}}"), "{{customer.name}}");
    }

    #[test]
    fn a_filter_is_quote_or_unknown() {
        assert_eq!(text("{{customer.name | quote}}"), r"'O'\''Hara & Sons'");
        assert_eq!(text("{{customer.namespace|quote}}"), "'acme'");
        assert_eq!(
            resolved("{{customer.name | upper}}", StepType::Bash).unresolved(),
            ["customer.name | upper"]
        );
    }

    #[test]
    fn what_is_missing_is_filled_in_where_it_belongs() {
        assert_eq!(filled_at("var.HOST"), Some(Source::Customer));
        assert_eq!(filled_at("cluster.kubeconfig"), Some(Source::Cluster));
        assert_eq!(filled_at("release.version"), Some(Source::Release));
        for nobody in ["customer.shoe", "var.", "var.A | upper", "var.1"] {
            assert_eq!(filled_at(nobody), None, "{nobody}");
        }
    }

    /// Sources, and what they resolve to where that differs.
    const PARTS: [(&str, Option<&str>); 19] = [
        ("{{ .Values.image.tag | quote }}", None),
        ("{{- range $i, $it := .Values.hosts }}", None),
        ("{{ end -}}", None),
        ("{{ item.name | default('x') }}", None),
        ("{{{raw}}}", None),
        ("{{customer}}", None),
        ("{% if customer.name %}", None),
        ("{# release.name #}", None),
        ("${{ secrets.TOKEN }}", None),
        ("${{ github.event.release.name }}", None),
        ("${HOME}", None),
        (r"\{{ .x }}", None),
        ("$(printf '{{')", None),
        ("é\n", None),
        (" ", None),
        ("$", None),
        ("{{customer.namespace}}", Some("acme")),
        ("{{ release.version | quote }}", Some("'6.1'")),
        (r"\{{customer.name}}", Some("{{customer.name}}")),
    ];

    proptest! {
        #[test]
        fn foreign_braces_survive_between_ours(parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..12)) {
            let written: String = parts.iter().map(|it| it.0).collect();
            let expected: String = parts.iter().map(|it| it.1.unwrap_or(it.0)).collect();
            prop_assert_eq!(text(&written), expected);
        }

        #[test]
        fn a_text_without_our_roots_survives_byte_for_byte(text in r"[{}\\ .|$a-bA-Z\n'é]{0,60}") {
            prop_assume!(names(&text).is_empty());
            prop_assert_eq!(resolved(&text, StepType::Bash).text(), text);
        }

        #[test]
        fn any_text_is_cut_without_loss(text in r"(\{\{|\}\}|\\|customer\.name|var\.A|quote|[ |{}\n$é]){0,20}") {
            let joined: String = pieces(&text).iter().map(|it| match it {
                TextSegment::Literal(text) | TextSegment::Escaped(text) | TextSegment::Variable { text, .. } => *text,
            }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
