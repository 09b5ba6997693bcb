//! Fuzz tests of variables: in a step's text, and as lines in a form without JavaScript.
use super::{fuzz, texts};
use crate::world::World;
use app::{
    domain::{
        metadata::Metadata,
        text::CONTENT_MAX_BYTES,
        variables::{self, VariableScope},
        vocabulary::StepType,
    },
    highlight,
};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{",
    "}",
    "\\",
    "|",
    "{{customer.name}}",
    "{{ customer.namespace | quote }}",
    "{{cluster.kubeconfig}}",
    "\\{{release.version}}",
    "{{var.HOST|quote}}",
    "{{var.NOPE}}",
    "customer.",
    "var.",
    " | quote",
    "| upper",
    "{{ .Values.image.tag }}",
    "{{- end }}",
    "\n",
    "\r\n",
    "'",
    "\"",
    "$(",
    "${A:-b}",
    "<<EOF\n",
    "\nEOF\n",
    "-- ",
    "/*",
    "*/",
    "# ",
    "`",
];

/// Acme with a name that looks like a variable itself.
async fn world() -> World {
    let mut world = World::draft().await;
    world.acme.name = "O'Hara \\{{release.name}} \"& Sons\"".into();
    world
}

#[tokio::test]
async fn any_text_has_its_variables_filled_in_and_everything_else_left_alone() {
    let world = world().await;
    let release = world.app.store.release(world.june).await.unwrap().release;
    let scope = VariableScope {
        customer: &world.acme,
        cluster: &world.eu_west,
        release: &release,
    };
    fuzz("variables", &texts(WORDS), |text| {
        let names: Vec<String> = variables::names(&text)
            .into_iter()
            .map(str::to_owned)
            .collect();
        for kind in StepType::ALL {
            let resolved = variables::resolve(&text, *kind, scope);
            let found = resolved.variables().into_iter().map(|it| it.name);
            prop_assert_eq!(&names, &found.collect::<Vec<_>>());
            for span in &resolved.spans {
                let is_open = span.variable.as_ref().is_none_or(|it| it.value.is_none());
                // A variable without a value stays as it was typed.
                prop_assert!(!is_open || text.contains(&span.text), "{span:?}");
            }
            let shown = resolved.text();
            if names.is_empty() && !text.contains('\\') {
                prop_assert_eq!(&shown, &text);
            }
            for text in [&text, &shown] {
                let pieces = highlight::tokens(text, *kind).into_iter().map(|it| it.1);
                prop_assert_eq!(&pieces.collect::<String>(), text);
            }
        }
        Ok(())
    });
}

/// A parser that restarts at each brace would take minutes here.
#[test]
fn the_longest_text_of_nothing_but_braces_is_read_at_once() {
    for word in [
        "{",
        "{{",
        "{{a",
        "{{customer.",
        "{{customer.name",
        "\\{{",
        "}}",
        "{{}}",
    ] {
        let text = word.repeat(CONTENT_MAX_BYTES / word.len());
        assert!(variables::names(&text).is_empty(), "{word}");
    }
}

const LINES: &[&str] = &[
    "=",
    "A=1",
    "HOST = pay.example",
    "_x.y-z=",
    "1A=2",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\u{85}",
    "\u{2028}",
    "\t",
    "true",
    "1.5",
    "=\u{0}",
];

#[test]
fn any_lines_of_variables_are_read_and_written_back_as_they_were_read() {
    fuzz("lines of variables", &texts(LINES), |text| {
        let read = Metadata::from_lines(&text, &Metadata::default());
        if let Ok(read) = read.checked() {
            let again = Metadata::from_lines(&read.lines(), &Metadata::default());
            prop_assert_eq!(again, read);
        }
        Ok(())
    });
}
