//! Resolves variables of step texts (R18, R83): the customer's value, else the cluster's, else the release's. Values are
//! never resolved again.
use super::pieces::{TextSegment, name_of, pieces};
use crate::domain::{
    cluster::Cluster,
    customer::Customer,
    metadata::is_key,
    quote::{QuoteError, Quoting, quoted},
    release::Release,
    rule_violation::RuleViolation,
    vocabulary::StepType,
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

    /// Whether one of `uses` stays unresolved in a step of this type: it has no value, or none that can be quoted.
    pub fn is_unresolved(&self, used: &str, kind: StepType) -> bool {
        let name = name_of(used);
        match self.value(name) {
            None => true,
            Some((value, _)) => used != name && quoted(&value, Quoting::Quote, kind).is_err(),
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
    /// `customer.name`, `var.KEY`.
    pub name: String,
    /// None if there is no value.
    pub value: Option<String>,
    pub source: Option<Source>,
    /// Why the value that is there cannot be filled in.
    pub problem: Option<QuoteError>,
}

impl Variable {
    /// Whether its text keeps the variable's source: it has no value, or none that can be quoted.
    pub fn is_unresolved(&self) -> bool {
        self.value.is_none() || self.problem.is_some()
    }
}

/// A segment of a resolved text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedSegment {
    pub text: String,
    /// The variable whose value this is; none for literal text.
    pub variable: Option<Variable>,
    /// Whether this is one of our variables that a backslash made literal.
    pub is_escaped: bool,
}

impl ResolvedSegment {
    /// The text as it is, without variables.
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            variable: None,
            is_escaped: false,
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
        TextSegment::Backslashes(text) => ResolvedSegment::plain(&text[..text.len() / 2]),
        TextSegment::Escaped(text) => ResolvedSegment {
            is_escaped: true,
            ..ResolvedSegment::plain(&text[1..])
        },
        TextSegment::Variable {
            text,
            name,
            quoting,
        } => {
            let (value, source) = scope.value(name).unzip();
            let shown = value.as_ref().map(|value| match quoting {
                Some(quoting) => quoted(value, quoting, kind),
                None => Ok(value.clone()),
            });
            let (shown, problem) = match shown {
                Some(Ok(shown)) => (shown, None),
                Some(Err(problem)) => (text.to_owned(), Some(problem)),
                None => (text.to_owned(), None),
            };
            ResolvedSegment {
                text: shown,
                variable: Some(Variable {
                    name: name.to_owned(),
                    value,
                    source,
                    problem,
                }),
                is_escaped: false,
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

    /// The variables, each once, in order of appearance. One that is unresolved in any place has the problem.
    pub fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        for variable in self.spans.iter().filter_map(|it| it.variable.as_ref()) {
            match variables.iter_mut().find(|it| it.name == variable.name) {
                Some(known) => known.problem = known.problem.or(variable.problem),
                None => variables.push(variable.clone()),
            }
        }
        variables
    }

    /// The names of variables without a value, each once.
    pub fn unresolved(&self) -> Vec<String> {
        self.variables()
            .into_iter()
            .filter(Variable::is_unresolved)
            .map(|it| it.name)
            .collect()
    }

    /// A step with an unresolved variable is marked done only when the person says so explicitly.
    pub fn must_be_complete(&self, allow_unresolved: bool) -> Result<(), RuleViolation> {
        let names = self.unresolved();
        if names.is_empty() || allow_unresolved {
            Ok(())
        } else if self.variables().iter().any(|it| it.value.is_none()) {
            Err(RuleViolation::Unresolved { names })
        } else {
            Err(RuleViolation::NoLiteral { names })
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{
        super::pieces::{names, uses},
        *,
    };
    use crate::domain::{
        id::{ClusterId, CustomerId},
        matrix::tests::release,
        metadata::{Metadata, Value},
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

    pub(crate) struct ScopeFixture {
        pub customer: Customer,
        pub cluster: Cluster,
        pub release: Release,
    }

    impl ScopeFixture {
        pub fn scope(&self) -> VariableScope<'_> {
            VariableScope {
                customer: &self.customer,
                cluster: &self.cluster,
                release: &self.release,
            }
        }
    }

    pub(crate) fn world() -> ScopeFixture {
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
                    ("PATH", r"C:\new"),
                ]),
                version: 1,
                created_at: now,
                updated_at: now,
            },
            cluster: Cluster {
                id: ClusterId(1),
                name: "eu-west".into(),
                kubeconfig_path: None,
                context: None,
                max_parallel: 1,
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
        resolve(text, kind, world().scope())
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
        assert!(
            BUILT_IN_VARIABLES
                .iter()
                .all(|it| world.scope().value(it).is_some())
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
    fn one_backslash_escapes_and_two_are_one_before_the_value() {
        assert_eq!(text(r"a \{{customer.name}} b"), "a {{customer.name}} b");
        assert_eq!(text(r"C:\\{{customer.namespace}}"), r"C:\acme");
        assert_eq!(text(r"\\\{{var.HOST}}"), r"\{{var.HOST}}");
        assert_eq!(text(r"\\\\{{var.ZONE}}"), r"\\b");
        assert_eq!(text(r"\\{{ .Values.x }} \\"), r"\\{{ .Values.x }} \\");
        assert!(names(r"\{{customer.name}}").is_empty());
        let escaped = resolved(r"a \{{customer.name}} b", StepType::Bash).spans;
        let escaped: Vec<_> = escaped.iter().filter(|it| it.is_escaped).collect();
        assert_eq!(escaped.len(), 1);
        assert_eq!(escaped[0].text, "{{customer.name}}");
    }

    #[test]
    fn a_value_with_a_backslash_is_no_literal_in_sql_unless_the_filter_says_of_which_database() {
        let sql = |text| resolved(text, StepType::Sql);
        let it = sql("{{var.PATH}} {{var.PATH | quote}}");
        assert_eq!(it.unresolved(), ["var.PATH"]);
        assert_eq!(it.text(), r"C:\new {{var.PATH | quote}}");
        assert_eq!(it.variables().len(), 1);
        assert_eq!(it.variables()[0].problem, Some(QuoteError::Backslash));
        let refused = it.must_be_complete(false);
        assert!(matches!(refused, Err(RuleViolation::NoLiteral { .. })));
        assert!(it.must_be_complete(true).is_ok());
        assert_eq!(sql("{{var.PATH | quote_ansi}}").text(), r"'C:\new'");
        assert_eq!(sql("{{var.PATH | quote_mysql}}").text(), r"'C:\\new'");
        assert_eq!(sql("{{customer.name | quote}}").text(), "'O''Hara & Sons'");
        assert_eq!(text("{{var.PATH | quote}}"), r"'C:\new'");
    }

    #[test]
    fn the_uses_of_a_text_tell_the_same_as_its_resolution() {
        let world = world();
        let text =
            "{{var.HOST | quote}} {{var.PATH | quote}} {{var.NOPE}} {{var.HOST}} {{var.HOST | x}}";
        for kind in StepType::ALL {
            let uses = uses(text).into_iter();
            let unresolved: Vec<String> = uses
                .filter(|it| world.scope().is_unresolved(it, *kind))
                .map(|it| name_of(&it).to_owned())
                .collect();
            assert_eq!(
                unresolved,
                resolve(text, *kind, world.scope()).unresolved(),
                "{kind}"
            );
        }
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
    }
}
