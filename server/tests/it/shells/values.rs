//! Tests of the warnings about values (R83) against bash itself: a value without a warning reaches the command unchanged.
use super::harness::{BASH, PROGRAMS, cases, run, said};
use app::{
    domain::{
        quote::shell_word,
        variables::{self, TextSegment},
    },
    highlight::BashValues,
};
use proptest::prelude::*;

/// Places for a value in a bash text that prints the value.
const PLACES: [&str; 16] = [
    "printf '%s' {{var.A}}",
    "printf '%s' x{{var.A}}y",
    "printf '%s' \"{{var.A}}\"",
    "printf '%s' '{{var.A}}'",
    "printf '%s' $'{{var.A}}'",
    "printf '%s' {{var.A | quote}}",
    "x={{var.A}}; printf '%s' \"$x\"",
    "x=\"$(printf '%s' '{{var.A}}.')\"; printf '%s' \"${x%.}\"",
    "printf '%s' \"${none:-{{var.A}}}\"",
    "cat <<EOF\n{{var.A}}\nEOF",
    "cat <<'EOF'\n{{var.A}}\nEOF",
    "cat <<'a'\n{{var.A}}\na",
    "cat <<< ''{{var.A}}",
    "[[ ''{{var.A}} =~ .* ]]; printf '%s' \"$BASH_REMATCH\"",
    "x=${none:-{{var.A}}}; printf '%s' \"$x\"",
    "# {{var.A}}\nprintf '%s' {{var.A | quote}}",
];

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_value_without_a_warning_reaches_bash_as_it_is(
        text in prop::sample::select(PLACES.to_vec()),
        value in r#"([|&;()<>$`"'*?\[\]{}~#!=%^,.\\ \n-]|[a-zé]|\$\(id\)|\{a,b\}){0,6}"#,
    ) {
        let acting = BashValues::of(text).acting(|_| Some(value.clone())).count();
        // A blank makes several words, which are meant to be where the value is all of a word.
        prop_assume!(acting == 0 && !(text == PLACES[0] && value.contains(' ')));
        let resolved: String = variables::pieces(text).into_iter().map(|piece| match piece {
            TextSegment::Variable { quoting: None, .. } => value.clone(),
            TextSegment::Variable { .. } => shell_word(&value),
            other => other.source().to_owned(),
        }).collect();
        let (out, errors, _) = said(run(BASH, &["-c", &resolved], PROGRAMS, ""));
        let printed = out.strip_suffix('\n').filter(|_| text.starts_with("cat")).unwrap_or(&out);
        let printed = if text == PLACES[1] { &printed[1..printed.len() - 1] } else { printed };
        prop_assert_eq!((printed, errors.as_str()), (value.as_str(), ""), "{}", resolved);
    }
}
