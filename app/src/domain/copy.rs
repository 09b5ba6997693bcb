//! The text to copy (R19): it begins with a comment that says whom it is for. Bash can also check first that it is at the
//! right place.
use super::{quote::quoted, vocabulary::StepType};

/// Whom a copied text is for.
#[derive(Clone, Copy, Debug)]
pub struct CopyHeader<'a> {
    pub customer: &'a str,
    pub cluster: &'a str,
    pub namespace: &'a str,
    pub release: &'a str,
    /// Counts from 1, as the person sees it.
    pub number: usize,
    pub step: &'a str,
}

/// The text to copy (R19): it begins with a comment that says whom it is for. No name can break out of its line.
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

/// Bash that first asks kubectl where it is, and runs nothing at the wrong place. `copy_text` is `text` behind its comment.
/// All of it stands in parentheses: bash reads it whole before it runs any of it, so that nothing of what was pasted is
/// left for another shell; and leaving it does not close the terminal.
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
