//! All warnings about a step's text (R83, R84): those that the text has by itself, and those that a customer's values bring.
use super::{BashValues, TokenClass, tokens};
use crate::domain::{
    invisible::{self, HiddenCharacter},
    quote::QuoteError,
    variables::{self, VariableScope},
    vocabulary::StepType,
    warning::{Warning, WarningKind},
};

/// The characters of a text that are to be marked, in order. In sql this includes a tab in a literal: some clients take it for
/// completion of a name, others store it.
pub fn hidden(text: &str, kind: StepType) -> Vec<HiddenCharacter> {
    if kind != StepType::Sql {
        return invisible::marked(text);
    }
    let mut found = Vec::new();
    let mut from = 0;
    for (class, piece) in tokens(text, kind) {
        for (at, letter) in piece.char_indices() {
            let at = from + at;
            let is_tab = letter == '\t' && class == TokenClass::Text;
            if is_tab || invisible::is_marked(text, at, letter) {
                found.push(HiddenCharacter { at, letter });
            }
        }
        from += piece.len();
    }
    found
}

/// More warnings than this say nothing new.
const WARNINGS_MAX: usize = 100;

/// Warnings about a text as it was written, at most 100. For the answers to template writes, with `normalize::notices`.
pub fn text_warnings(text: &str, kind: StepType) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for it in variables::near_misses(text) {
        let written = &text[it.start..it.end];
        let message = variables::near_miss_message(written, &it.meant);
        add(&mut warnings, WarningKind::NearMiss, &it.meant, message);
    }
    // Each character once: where it is first, and how often it is there.
    let mut counted: Vec<(HiddenCharacter, usize)> = Vec::new();
    for it in hidden(text, kind) {
        match counted.iter_mut().find(|known| known.0.letter == it.letter) {
            Some(known) => known.1 += 1,
            None => counted.push((it, 1)),
        }
    }
    for (HiddenCharacter { at, letter }, n) in counted {
        let line = text[..at].matches('\n').count() + 1;
        let more = match n - 1 {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let message = format!("{} on line {line}{more}", invisible::title(letter));
        add(
            &mut warnings,
            WarningKind::Invisible,
            invisible::name(letter),
            message,
        );
    }
    warnings
}

fn add(warnings: &mut Vec<Warning>, kind: WarningKind, name: &str, message: String) {
    let warning = Warning::new(kind, name, message);
    if warnings.len() < WARNINGS_MAX && !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// What the values of customers can bring to a text. It is read once, for a dry run over many customers.
#[derive(Clone, Debug)]
pub struct ValueChecks {
    bash: Option<BashValues>,
    /// The names of variables, and whether a value must be a literal that every database reads alike.
    names: Vec<(String, bool)>,
    kind: StepType,
}

impl ValueChecks {
    pub fn of(text: &str, kind: StepType) -> Self {
        let uses = variables::uses(text).into_iter().map(|used| {
            let name = variables::name_of(&used);
            (name.to_owned(), name.len() < used.len())
        });
        Self {
            bash: (kind == StepType::Bash).then(|| BashValues::of(text)),
            names: uses.collect(),
            kind,
        }
    }

    /// Warnings about the values that a customer has, at most 100.
    pub fn warnings(&self, scope: VariableScope<'_>) -> Vec<Warning> {
        let value = |name: &str| scope.value(name).map(|it| it.0);
        let mut warnings = Vec::new();
        if let Some(bash) = &self.bash {
            for (name, message) in bash.acting(value) {
                add(&mut warnings, WarningKind::Unquoted, name, message);
            }
        }
        for (name, is_quoted) in &self.names {
            let Some(value) = value(name) else { continue };
            if *is_quoted && self.kind == StepType::Sql && value.contains('\\') {
                let message = QuoteError::Backslash.to_string();
                add(&mut warnings, WarningKind::AmbiguousQuote, name, message);
            }
            // What is copied has LF only (R82), and would not be what was proved.
            if value.contains('\r') {
                let breaks = if value.contains("\r\n") { "CRLF" } else { "CR" };
                let message = format!("contains {breaks} line breaks, which are copied as LF");
                add(&mut warnings, WarningKind::LineBreaks, name, message);
            }
            for HiddenCharacter { letter, .. } in invisible::marked(&value) {
                if !invisible::is_visible(letter) {
                    let message = format!("contains {}", invisible::title(letter));
                    add(&mut warnings, WarningKind::Invisible, name, message);
                }
            }
        }
        warnings
    }
}

/// Every warning about a step's text with a customer's values, for `/detail`.
pub fn warnings(text: &str, kind: StepType, scope: VariableScope<'_>) -> Vec<Warning> {
    let mut warnings = text_warnings(text, kind);
    warnings.extend(ValueChecks::of(text, kind).warnings(scope));
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        metadata::Value,
        variables::tests::{ScopeFixture, world},
    };

    fn with(pairs: &[(&str, &str)]) -> ScopeFixture {
        let mut world = world();
        for (key, value) in pairs {
            let value = Value::Text((*value).to_owned());
            world.customer.metadata.0.insert((*key).to_owned(), value);
        }
        world
    }

    fn said(warnings: Vec<Warning>) -> Vec<(WarningKind, String, String)> {
        let all = warnings.into_iter();
        all.map(|it| (it.kind, it.name, it.message)).collect()
    }

    #[test]
    fn each_character_of_a_text_is_named_once_with_its_first_line() {
        let text = "ls\n\u{a0}a \u{201c}b\u{201d}\u{a0}\n\u{a0}";
        let warnings = said(text_warnings(text, StepType::Bash));
        let messages: Vec<_> = warnings.iter().map(|it| it.2.as_str()).collect();
        assert_eq!(
            messages,
            [
                "No-break space (U+00A0) on line 2 and 2 more",
                "Smart double quote (U+201C) on line 2",
                "Smart double quote (U+201D) on line 2",
            ]
        );
        assert!(warnings.iter().all(|it| it.0 == WarningKind::Invisible));
        assert_eq!(warnings[0].1, "No-break space");
    }

    #[test]
    fn tabs_are_marked_in_literals_of_sql_only() {
        let text = "SELECT\t'a\tb', \"c\td\" -- e\tf";
        let at = |kind| {
            hidden(text, kind)
                .into_iter()
                .map(|it| it.at)
                .collect::<Vec<_>>()
        };
        assert_eq!(at(StepType::Sql), [9]);
        assert!(at(StepType::Bash).is_empty());
        let found = hidden("'\u{a0}\t'", StepType::Sql);
        assert_eq!(invisible::replaced("'\u{a0}\t'", &found), "'  '");
    }

    #[test]
    fn a_near_miss_says_what_was_meant() {
        assert_eq!(
            said(text_warnings("echo {{ Customer.Name }}", StepType::Bash)),
            [(
                WarningKind::NearMiss,
                "{{customer.name}}".into(),
                "{{ Customer.Name }} is not a variable. Did you mean {{customer.name}}?".into()
            )]
        );
    }

    #[test]
    fn values_are_judged_by_the_type_of_the_step() {
        let world = with(&[("ODD", "a\\b\u{a0}&\u{2019}")]);
        let text = "echo {{var.ODD | quote}} {{var.ODD}} {{var.NOPE}}";
        let kinds = |kind| -> Vec<_> {
            let warnings = warnings(text, kind, world.scope()).into_iter();
            warnings.map(|it| it.kind).collect()
        };
        assert_eq!(
            kinds(StepType::Bash),
            [WarningKind::Unquoted, WarningKind::Invisible]
        );
        assert_eq!(
            kinds(StepType::Sql),
            [WarningKind::AmbiguousQuote, WarningKind::Invisible]
        );
        assert_eq!(kinds(StepType::Text), [WarningKind::Invisible]);
        let all = said(warnings(text, StepType::Sql, world.scope()));
        assert_eq!(all[1].2, "contains No-break space (U+00A0)");
    }

    #[test]
    fn a_value_whose_line_breaks_are_copied_as_others_is_told() {
        let said = |value: &str, kind| {
            let world = with(&[("CERT", value)]);
            let text = "echo {{var.CERT | quote}}";
            said(ValueChecks::of(text, kind).warnings(world.scope()))
        };
        for kind in [StepType::Bash, StepType::Sql, StepType::Text] {
            for (value, breaks) in [("a\r\nb", "CRLF"), ("a\rb", "CR")] {
                let message = format!("contains {breaks} line breaks, which are copied as LF");
                let expected = (WarningKind::LineBreaks, "var.CERT".to_owned(), message);
                assert_eq!(said(value, kind), [expected]);
            }
            assert!(said("a\nb", kind).is_empty());
        }
    }

    #[test]
    fn a_text_read_once_serves_every_customer() {
        let checks = ValueChecks::of("echo {{customer.name}}", StepType::Bash);
        let mut world = world();
        assert_eq!(
            said(checks.warnings(world.scope())),
            [(
                WarningKind::Unquoted,
                "customer.name".into(),
                "contains ' &: | quote?".into()
            )]
        );
        world.customer.name = "Acme".into();
        assert!(checks.warnings(world.scope()).is_empty());
    }

    #[test]
    fn a_text_full_of_trouble_gets_a_hundred_warnings_in_time() {
        let text: String = (0..20_000)
            .flat_map(|it| ["{{Var.A".to_owned(), it.to_string(), "}}\u{a0}".to_owned()])
            .collect();
        assert_eq!(text_warnings(&text, StepType::Bash).len(), WARNINGS_MAX);
        let text: String = (0..20_000)
            .map(|_| "{{customer.name}} {{var.HOST}} '")
            .collect();
        let world = world();
        assert!(warnings(&text, StepType::Bash, world.scope()).len() <= WARNINGS_MAX);
    }
}
