//! Quoting of values for `{{… | quote}}`: a shell word in bash, a string literal in SQL.
use super::vocabulary::StepType;

/// A shell word in bash, a string literal in SQL, the value itself in text steps. Both languages give no meaning to other
/// characters between single quotes; standard SQL treats a backslash as an ordinary character.
pub fn quoted(value: &str, kind: StepType) -> String {
    match kind {
        StepType::Bash => format!("'{}'", value.replace('\'', r"'\''")),
        StepType::Sql => format!("'{}'", value.replace('\'', "''")),
        StepType::Text => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_shell_word_or_a_string_literal() {
        let quote = |kind| quoted("O'Hara & Sons\\\n$(x)", kind);
        assert_eq!(quote(StepType::Bash), "'O'\\''Hara & Sons\\\n$(x)'");
        assert_eq!(quote(StepType::Sql), "'O''Hara & Sons\\\n$(x)'");
        assert_eq!(quote(StepType::Text), "O'Hara & Sons\\\n$(x)");
        assert_eq!(quoted("", StepType::Bash), "''");
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_one_shell_word(value in "[^\0]{0,40}") {
            let word = quoted(&value, StepType::Bash);
            // Only escaped quotes are outside of single quotes.
            let inner = word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
            prop_assert_eq!(inner.split(r"'\''").collect::<Vec<_>>().join("'"), value);
        }
    }
}
