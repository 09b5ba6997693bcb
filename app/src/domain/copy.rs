//! Texts that the Copy button puts on the clipboard (R19, R82), in five formats. Each begins with a header line that names
//! customer, cluster, namespace, release and step, and does nothing wherever it is pasted: in bash steps it is a quoted
//! argument of `:`, which all shells ignore, interactive or not; in sql steps a comment in which no client expands anything.
pub use super::copy_header::{CopyHeader, header};
use super::{copy_header::shell_comment, quote::shell_word, vocabulary::StepType};
use serde::{Deserialize, Serialize};

/// What kubectl must be set to before a copied script runs.
#[derive(Clone, Copy, Debug)]
pub struct ContextCheck<'a> {
    /// The context that `kubectl config current-context` must print.
    pub context: &'a str,
    /// The file that `KUBECONFIG` is set to, if the cluster has one.
    pub kubeconfig: Option<&'a str>,
    /// Whether the cluster names one of them. Else "in bash, from any shell" goes on if kubectl has no context.
    pub is_own: bool,
}

words! {
    /// The forms that a step can be copied in. The word is what the browser remembers.
    CopyFormat {
        WithHeader = "with-header", ScriptOnly = "script-only", Template = "template",
        ContextCheck = "context-check", AnyShell = "any-shell",
    }
}

/// What is around the script in a form for bash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptFrame {
    /// The lines before the script.
    pub before: String,
    /// The lines after the script.
    pub after: String,
}

/// The two forms for bash without the script itself, which is a part of `copy_text`. The server makes them, so that the
/// browser carries no more than what joins them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BashFrames {
    /// Where the script begins in `copy_text`, in bytes: behind a `#!` line and the header.
    pub script_at: usize,
    /// For bash alone: stops if kubectl is set to another context.
    pub context_check: ScriptFrame,
    /// To be pasted into any shell, which starts bash for the script.
    pub any_shell: ScriptFrame,
}

/// What the forms of a copied step are made from.
#[derive(Clone, Copy, Debug)]
pub struct CopySource<'a> {
    /// The answer of `copy_text`.
    pub copy_text: &'a str,
    /// The text with its values.
    pub resolved: &'a str,
    /// The text as it was written.
    pub template: &'a str,
    pub frames: &'a BashFrames,
}

impl CopyFormat {
    /// The form's name in the copy menu.
    pub fn label(self) -> &'static str {
        match self {
            Self::WithHeader => "With header",
            Self::ScriptOnly => "Script only",
            Self::Template => "Template (unresolved)",
            Self::ContextCheck => "With kubectl context check",
            Self::AnyShell => "In bash, from any shell",
        }
    }

    /// Whether steps of this type can be copied in this form. The last two are for bash only.
    pub fn is_for(self, kind: StepType) -> bool {
        kind == StepType::Bash || !matches!(self, Self::ContextCheck | Self::AnyShell)
    }

    /// The remembered form, or the one with the header where the remembered one does not fit.
    pub fn or_header(self, kind: StepType) -> Self {
        if self.is_for(kind) {
            self
        } else {
            Self::WithHeader
        }
    }

    /// The text for the clipboard: line breaks are LF, and there is none at the end.
    pub fn text(self, source: CopySource<'_>) -> String {
        let framed = |frame: &ScriptFrame| {
            let script = source.copy_text.get(source.frames.script_at..);
            [&frame.before, script.unwrap_or_default(), &frame.after].concat()
        };
        match self {
            Self::WithHeader => source.copy_text.to_owned(),
            Self::ScriptOnly => clipboard_text(source.resolved),
            Self::Template => clipboard_text(source.template),
            Self::ContextCheck => framed(&source.frames.context_check),
            Self::AnyShell => framed(&source.frames.any_shell),
        }
    }
}

/// The text to copy: its header line, then the text. A `#!` line stays the first. Line breaks are LF, and there is none at
/// the end, so that nothing runs before the person presses Enter.
pub fn copy_text(heading: CopyHeader<'_>, kind: StepType, text: &str) -> String {
    with_header(&header(heading, kind), text)
}

/// Another text of the same step to copy: it gets the header line of `copied`, an answer of `copy_text`.
pub fn with_header_of(copied: &str, text: &str) -> String {
    with_header(header_of(copied), text)
}

/// The header line of `copied`, an answer of `copy_text`.
pub fn header_of(copied: &str) -> &str {
    CopiedParts::of(copied).header
}

fn with_header(header: &str, text: &str) -> String {
    let text = clipboard_text(text);
    let (shebang, script) = shebang(&text);
    let mut copied = if shebang.is_empty() || shebang.ends_with('\n') {
        [shebang, header, "\n", script].concat()
    } else {
        [shebang, "\n", header].concat()
    };
    copied.truncate(copied.trim_end_matches('\n').len());
    copied
}

/// A text for the clipboard: line breaks are LF, and there is none at the end.
pub fn clipboard_text(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// Cuts a text behind its `#!` line, if it begins with one.
fn shebang(text: &str) -> (&str, &str) {
    if text.starts_with("#!") {
        text.split_at(text.find('\n').map_or(text.len(), |it| it + 1))
    } else {
        ("", text)
    }
}

/// Parts of a bash step's `copy_text`.
struct CopiedParts<'a> {
    /// The `#!` line with its line break, or nothing.
    shebang: &'a str,
    header: &'a str,
    script: &'a str,
}

impl<'a> CopiedParts<'a> {
    fn of(copy_text: &'a str) -> Self {
        let (shebang, rest) = shebang(copy_text);
        let (header, script) = rest.split_once('\n').unwrap_or((rest, ""));
        Self {
            shebang,
            header,
            script,
        }
    }
}

impl ContextCheck<'_> {
    /// Says what is checked, in a line that every shell ignores.
    fn comment(self) -> String {
        let context = self.context;
        match self.kubeconfig {
            Some(path) => shell_comment(&format!("kubectl context {context}, kubeconfig {path}")),
            None => shell_comment(&format!("kubectl context {context}")),
        }
    }

    fn export(self) -> String {
        self.kubeconfig
            .map(|path| format!("export KUBECONFIG={}\n", shell_word(path)))
            .unwrap_or_default()
    }

    /// One line that leaves the shell it runs in, with status 1, if kubectl is set to another context. The inner
    /// parentheses keep its variable from the script.
    fn line(self, must_be_set: bool) -> String {
        let wanted = shell_word(self.context);
        let (errors, or_none) = if must_be_set {
            ("", "")
        } else {
            (" 2>/dev/null", " || [ -z \"$found\" ]")
        };
        [
            "(found=$(kubectl config current-context",
            errors,
            "); [ \"$found\" = ",
            &wanted,
            " ]",
            or_none,
            " || { printf 'Stopped, nothing executed. kubectl context: found %s, wanted %s\\n' \"${found:-none}\" ",
            &wanted,
            " >&2; exit 1; }) || exit 1\n",
        ]
        .concat()
    }
}

impl BashFrames {
    /// Of a bash step's `copy_text`.
    pub fn of(copy_text: &str, check: ContextCheck<'_>) -> Self {
        let parts = CopiedParts::of(copy_text);
        Self {
            script_at: copy_text.len() - parts.script.len(),
            context_check: parts.with_context_check(check),
            any_shell: parts.for_any_shell(check),
        }
    }
}

impl CopiedParts<'_> {
    /// First asks kubectl for its context, and runs nothing in another. Everything is in parentheses: bash reads it to the
    /// end before it runs any of it, `exit` leaves the terminal open, and `KUBECONFIG` is not set for what is typed next.
    fn with_context_check(&self, check: ContextCheck<'_>) -> ScriptFrame {
        let (comment, export, line) = (check.comment(), check.export(), check.line(true));
        let start = [self.shebang, self.header, "\n", &comment, "\n(\n"].concat();
        ScriptFrame {
            before: [start, export, line].concat(),
            after: "\n)".to_owned(),
        }
    }

    /// One command for bash, zsh, ksh and dash: bash reads the script from descriptor 3, so that standard input stays the
    /// terminal's, and `set -e`, `exit` and `cd` leave the person's shell alone. The context is checked first.
    fn for_any_shell(&self, check: ContextCheck<'_>) -> ScriptFrame {
        let (comment, export, line) = (check.comment(), check.export(), check.line(check.is_own));
        let start = [&export, &line, self.shebang].concat();
        let end = delimiter(&[&start, self.script].concat());
        let command = format!(
            "{}\n{comment}\nbash /dev/fd/3 3<<'{end}'\n{start}",
            self.header
        );
        ScriptFrame {
            before: command,
            after: format!("\n{end}"),
        }
    }
}

/// A word that is nowhere in the text.
fn delimiter(text: &str) -> String {
    const WORD: &str = "END_OF_STEP";
    let underscores = |rest: &str| rest.len() - rest.trim_start_matches('_').len();
    match text.split(WORD).skip(1).map(underscores).max() {
        None => WORD.to_owned(),
        Some(longest) => [WORD, &"_".repeat(longest + 1)].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: CopyHeader<'static> = CopyHeader {
        customer: "Acme",
        cluster: "prod-eu",
        namespace: "acme",
        release: "June",
        number: 4,
        step: "Migrate",
    };
    const CHECK: ContextCheck<'static> = ContextCheck {
        context: "prod-eu",
        kubeconfig: None,
        is_own: false,
    };

    fn form(form: CopyFormat, copy_text: &str, check: ContextCheck<'_>) -> String {
        form.text(CopySource {
            copy_text,
            resolved: "",
            template: "",
            frames: &BashFrames::of(copy_text, check),
        })
    }

    #[test]
    fn a_copied_text_begins_with_a_line_that_names_whom_it_is_for() {
        let copied = |kind| copy_text(HEADER, kind, "true");
        assert_eq!(
            copied(StepType::Bash),
            ": 'Acme | prod-eu | acme | June, step 4 Migrate'\ntrue"
        );
        assert_eq!(
            copied(StepType::Sql),
            "-- Acme | prod-eu | acme | June, step 4 Migrate\ntrue"
        );
        assert_eq!(
            copied(StepType::Text),
            "Acme | prod-eu | acme | June, step 4 Migrate\ntrue"
        );
    }

    #[test]
    fn no_name_breaks_out_of_the_line() {
        let heading = CopyHeader {
            customer: "Bon app'",
            cluster: "a\nb\r\u{b}\u{c}\u{85}\u{2028}\u{2029}\0\u{1b}\u{202e}c",
            step: "Path C:\\",
            ..HEADER
        };
        assert_eq!(
            header(heading, StepType::Bash),
            ": 'Bon app\u{2019} | a b         c | acme | June, step 4 Path C:\\ '"
        );
        assert_eq!(
            header(heading, StepType::Text),
            "Bon app' | a b         c | acme | June, step 4 Path C:\\"
        );
    }

    #[test]
    fn an_sql_client_finds_nothing_to_expand_or_to_end() {
        fn sql(customer: &str, step: &str) -> String {
            let heading = CopyHeader {
                customer,
                step,
                ..HEADER
            };
            header(heading, StepType::Sql)
        }
        assert_eq!(
            sql("A & B $(id) :x ::y", "Go"),
            "-- A + B $ (id) : x : : y | prod-eu | acme | June, step 4 Go"
        );
        for last in ["-", ";", "\\", "\\ ", "-;"] {
            let line = sql("Acme", &format!("Go{last}"));
            assert!(line.ends_with(&format!("Go{last} |")), "{line}");
        }
    }

    #[test]
    fn the_line_comes_second_behind_a_shebang() {
        let copied = |text| copy_text(HEADER, StepType::Bash, text);
        let header = header(HEADER, StepType::Bash);
        assert_eq!(
            copied("#!/bin/bash\nset -e\n"),
            format!("#!/bin/bash\n{header}\nset -e")
        );
        assert_eq!(copied("#!/bin/bash"), format!("#!/bin/bash\n{header}"));
        assert_eq!(copied("\n#!x"), format!("{header}\n\n#!x"));
        assert_eq!(copied(""), header);
    }

    #[test]
    fn another_text_of_the_step_gets_the_same_line() {
        let header = header(HEADER, StepType::Bash);
        for today in ["echo new", "#!/bin/bash\necho new", "#!/bin/bash", ""] {
            let copied = copy_text(HEADER, StepType::Bash, today);
            let kept = |text| with_header_of(&copied, text);
            assert_eq!(kept("echo old\r\n"), format!("{header}\necho old"));
            assert_eq!(kept("#!/bin/sh\nls"), format!("#!/bin/sh\n{header}\nls"));
        }
    }

    #[test]
    fn line_breaks_are_lf_and_none_is_last() {
        let text = "a\r\nb\rc\n\r\n";
        assert!(copy_text(HEADER, StepType::Sql, text).ends_with("\na\nb\nc"));
        assert_eq!(clipboard_text(text), "a\nb\nc");
        assert_eq!(clipboard_text("\n"), "");
    }

    #[test]
    fn the_check_is_in_parentheses_with_the_text() {
        let mut check = CHECK;
        (check.context, check.kubeconfig) = ("o'brien-eu", Some("/etc/o'brien.yaml"));
        let copied = copy_text(
            HEADER,
            StepType::Bash,
            "#!/bin/bash\nhelm upgrade api\n# done\n",
        );
        assert_eq!(
            form(CopyFormat::ContextCheck, &copied, check),
            concat!(
                "#!/bin/bash\n",
                ": 'Acme | prod-eu | acme | June, step 4 Migrate'\n",
                ": 'kubectl context o\u{2019}brien-eu, kubeconfig /etc/o\u{2019}brien.yaml'\n",
                "(\n",
                r"export KUBECONFIG='/etc/o'\''brien.yaml'",
                "\n",
                r#"(found=$(kubectl config current-context); [ "$found" = 'o'\''brien-eu' ] || "#,
                r"{ printf 'Stopped, nothing executed. kubectl context: found %s, wanted %s\n' ",
                r#""${found:-none}" 'o'\''brien-eu' >&2; exit 1; }) || exit 1"#,
                "\nhelm upgrade api\n# done\n)"
            )
        );
    }

    #[test]
    fn the_delimiter_is_nowhere_in_the_text() {
        assert_eq!(delimiter("ls"), "END_OF_STEP");
        assert_eq!(delimiter("END_OF_STEP\nEND_OF_STEP__ x"), "END_OF_STEP___");
        let copied = copy_text(HEADER, StepType::Bash, "cat <<END_OF_STEP\nEND_OF_STEP");
        let copied = form(CopyFormat::AnyShell, &copied, CHECK);
        assert!(copied.contains("\nbash /dev/fd/3 3<<'END_OF_STEP_'\n"));
        assert!(copied.ends_with("\ncat <<END_OF_STEP\nEND_OF_STEP\nEND_OF_STEP_"));
    }

    #[test]
    fn the_header_line_is_found_in_a_copied_text() {
        let line = header(HEADER, StepType::Bash);
        for text in ["echo 1", "#!/bin/sh\necho 1", "#!/bin/sh"] {
            let copied = copy_text(HEADER, StepType::Bash, text);
            assert_eq!(header_of(&copied), line);
        }
    }

    #[test]
    fn every_form_is_made_from_the_copied_text() {
        let copy_text = copy_text(HEADER, StepType::Bash, "echo 1\r\n");
        let source = CopySource {
            copy_text: &copy_text,
            resolved: "echo 1\r\n",
            template: "echo {{var.A}}\n",
            frames: &BashFrames::of(&copy_text, CHECK),
        };
        let text = |form: CopyFormat| form.text(source);
        assert_eq!(text(CopyFormat::WithHeader), source.copy_text);
        assert_eq!(text(CopyFormat::ScriptOnly), "echo 1");
        assert_eq!(text(CopyFormat::Template), "echo {{var.A}}");
        for form in CopyFormat::ALL {
            let text = text(*form);
            assert!(!text.contains('\r') && !text.ends_with('\n'), "{form}");
        }
    }

    #[test]
    fn a_remembered_form_that_does_not_fit_gives_way_to_the_header() {
        let form = CopyFormat::AnyShell;
        assert_eq!(form.or_header(StepType::Bash), CopyFormat::AnyShell);
        assert_eq!(form.or_header(StepType::Sql), CopyFormat::WithHeader);
        let of_text = CopyFormat::ALL
            .iter()
            .filter(|it| it.is_for(StepType::Text));
        assert_eq!(of_text.count(), 3);
    }

    proptest! {
        #[test]
        fn a_header_is_one_line_whatever_the_names_are(customer: String, step in r"[\\'&$(:;a -]{0,8}") {
            let heading = CopyHeader { customer: &customer, step: &step, ..HEADER };
            for kind in StepType::ALL {
                let line = header(heading, *kind);
                prop_assert!(!line.contains(char::is_control));
                let separators = ['\u{2028}', '\u{2029}'];
                prop_assert!(!line.contains(separators));
            }
            let bash = header(heading, StepType::Bash);
            prop_assert_eq!(bash.matches('\'').count(), 2);
            prop_assert!(!bash.ends_with("\\'"));
            let sql = header(heading, StepType::Sql);
            prop_assert!(!sql.contains('&') && !sql.contains("$("));
            prop_assert!(!sql.trim_end().ends_with(['-', ';', '\\']));
        }

        #[test]
        fn the_delimiter_is_in_no_text(text in "(END_OF_STEP|_|\n|END){0,12}") {
            prop_assert!(!text.contains(&delimiter(&text)));
        }
    }
}
