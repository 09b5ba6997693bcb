//! The text to copy (R19): it begins with a comment that says whom it is for.
use super::template::StepType;

/// Whom a copied text is for.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    pub customer: &'a str,
    pub cluster: &'a str,
    pub namespace: &'a str,
    pub release: &'a str,
    /// Counts from 1, as the person sees it.
    pub number: usize,
    pub step: &'a str,
}

/// The text to copy (R19): it begins with a comment that says whom it is for. No name can break out of its line.
pub fn copy_text(heading: Heading<'_>, kind: StepType, text: &str) -> String {
    let sign = match kind {
        StepType::Bash => "# ",
        StepType::Sql => "-- ",
        StepType::Text => "",
    };
    let Heading {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newline_in_a_name_cannot_break_out_of_the_comment() {
        let heading = Heading {
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
}
