//! Text that the Copy button puts on the clipboard (R19): the resolved script behind a comment line that names customer,
//! cluster, namespace, release and step; in bash optionally behind a check of the kubectl context.
use super::{quote::quoted, vocabulary::StepType};

/// What the comment line names.
#[derive(Clone, Copy, Debug)]
pub struct CopyHeader<'a> {
    pub customer: &'a str,
    pub cluster: &'a str,
    pub namespace: &'a str,
    pub release: &'a str,
    /// Position in the customer's list, from 1.
    pub number: usize,
    pub step: &'a str,
}

/// The text behind its comment line. Line breaks in names become blanks, so that no name leaves the comment.
pub fn copy_text(heading: CopyHeader<'_>, kind: StepType, text: &str) -> String {
    let sign = match kind {
        StepType::Bash => "# ",
        StepType::Sql => "-- ",
        StepType::Text => "",
    };
    let CopyHeader {
        customer,
        cluster,
        namespace,
        release,
        number,
        step,
    } = heading;
    let line = |it: String| {
        it.replace(
            [
                '\r', '\n', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
            ],
            " ",
        )
    };
    let who = line(format!("{customer} | {cluster} | {namespace}"));
    let what = line(format!("Release {release}, step {number} {step}"));
    format!("{sign}{who}\n{sign}{what}\n{text}")
}

/// The script behind a check that kubectl's current context is the cluster's name. `copy_text` is `text` behind its
/// comment. Everything is one subshell in parentheses: bash parses it whole before it runs any of it, and `exit` does not
/// close the terminal.
pub fn with_context_check(copy_text: &str, text: &str, cluster: &str) -> String {
    let comment = copy_text.strip_suffix(text).unwrap_or_default();
    let here = quoted(cluster, StepType::Bash);
    let said = format!("kubectl's current context is not {cluster}: nothing was run");
    let said = quoted(&said, StepType::Bash);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    [
        comment,
        "(\n[ \"$(kubectl config current-context)\" = ",
        &here,
        " ] || { printf '%s\\n' ",
        &said,
        " >&2; exit 1; }\n",
        text,
        end,
        ")\n",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newline_in_a_name_cannot_break_out_of_the_comment() {
        let heading = CopyHeader {
            customer: "Acme\nrm -rf /",
            cluster: "eu\u{2028}x",
            namespace: "acme",
            release: "June\r",
            number: 4,
            step: "Migrate",
        };
        assert_eq!(
            copy_text(heading, StepType::Bash, "true\n"),
            "# Acme rm -rf / | eu x | acme\n# Release June , step 4 Migrate\ntrue\n"
        );
        assert!(copy_text(heading, StepType::Sql, "").starts_with("-- Acme"));
        assert!(copy_text(heading, StepType::Text, "").starts_with("Acme"));
    }

    #[test]
    fn the_check_stands_between_the_comment_and_the_text() {
        let text = "helm upgrade api\n# done";
        let copied = format!("# Acme | eu\n{text}");
        assert_eq!(
            with_context_check(&copied, text, "eu'; rm -rf /"),
            concat!(
                "# Acme | eu\n(\n",
                r#"[ "$(kubectl config current-context)" = 'eu'\''; rm -rf /' ] || "#,
                r"{ printf '%s\n' 'kubectl'\''s current context is not eu'\''; rm -rf /: nothing was run' >&2; exit 1; }",
                "\nhelm upgrade api\n# done\n)\n"
            )
        );
    }
}
