//! Quoting of values for the filters of `{{… | quote}}` (R83): a shell word in bash, a string literal in SQL.
use super::vocabulary::StepType;
use serde::{Deserialize, Serialize};

words! {
    /// What a value is put through. `quote` makes a shell word in bash and a string literal in sql; `quote_ansi` a literal of
    /// standard SQL, where a backslash is a letter like others; `quote_mysql` one of `MySQL` and `MariaDB`, where it
    /// escapes.
    Quoting { Quote = "quote", Ansi = "quote_ansi", Mysql = "quote_mysql" }
}

/// Why a value that is there cannot be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum QuoteError {
    #[error(
        "contains a backslash, which MySQL and other databases read differently: use | quote_mysql or | quote_ansi"
    )]
    Backslash,
}

/// The value as the filter writes it. In a text step no filter does anything. In bash the two SQL filters write SQL, for
/// statements that the script hands to a client. An error: in sql `quote` does not know what a backslash means.
pub fn quoted(value: &str, quoting: Quoting, kind: StepType) -> Result<String, QuoteError> {
    match (kind, quoting) {
        (StepType::Text, _) => Ok(value.to_owned()),
        (StepType::Bash, Quoting::Quote) => Ok(shell_word(value)),
        (StepType::Sql, Quoting::Quote) if value.contains('\\') => Err(QuoteError::Backslash),
        (_, Quoting::Quote | Quoting::Ansi) => Ok(sql_literal(value)),
        (_, Quoting::Mysql) => Ok(sql_literal(&value.replace('\\', r"\\"))),
    }
}

/// One word of a POSIX shell: nothing is special between single quotes but the quote itself.
pub fn shell_word(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn sql_literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALUE: &str = "O'Hara & Sons\\\n$(x)";

    #[test]
    fn in_bash_a_quoted_value_is_a_shell_word_and_in_a_text_it_is_itself() {
        let quote = |kind| quoted(VALUE, Quoting::Quote, kind).unwrap();
        assert_eq!(quote(StepType::Bash), "'O'\\''Hara & Sons\\\n$(x)'");
        for quoting in Quoting::ALL {
            assert_eq!(quoted(VALUE, *quoting, StepType::Text).unwrap(), VALUE);
        }
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn in_sql_a_backslash_needs_a_filter_that_says_which_database() {
        let sql = |value, quoting| quoted(value, quoting, StepType::Sql);
        assert_eq!(sql("O'Hara", Quoting::Quote).unwrap(), "'O''Hara'");
        assert_eq!(
            sql(r"\' OR 1=1 -- ", Quoting::Quote),
            Err(QuoteError::Backslash)
        );
        assert_eq!(
            sql(r"\' OR 1=1 -- ", Quoting::Ansi).unwrap(),
            r"'\'' OR 1=1 -- '"
        );
        assert_eq!(
            sql(r"\' OR 1=1 -- ", Quoting::Mysql).unwrap(),
            r"'\\'' OR 1=1 -- '"
        );
    }

    #[test]
    fn in_bash_the_sql_filters_write_sql() {
        let bash = |quoting| quoted(r"O'Hara\", quoting, StepType::Bash).unwrap();
        assert_eq!(bash(Quoting::Ansi), r"'O''Hara\'");
        assert_eq!(bash(Quoting::Mysql), r"'O''Hara\\'");
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_one_shell_word(value in "[^\0]{0,40}") {
            let word = shell_word(&value);
            // Only escaped quotes are outside of single quotes.
            let inner = word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
            prop_assert_eq!(inner.split(r"'\''").collect::<Vec<_>>().join("'"), value);
        }

        #[test]
        fn a_literal_of_mysql_ends_only_at_its_end(value in r"[\\'a;-]{0,20}") {
            let literal = quoted(&value, Quoting::Mysql, StepType::Sql).unwrap();
            let inner = literal.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
            let (mut read, mut letters) = (String::new(), inner.chars());
            while let Some(letter) = letters.next() {
                if matches!(letter, '\\' | '\'') {
                    prop_assert_eq!(letters.next(), Some(letter));
                }
                read.push(letter);
            }
            prop_assert_eq!(read, value);
        }
    }
}
