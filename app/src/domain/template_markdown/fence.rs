//! Fenced code blocks: which language the word behind the fence names, and the block's text byte for byte.

use crate::domain::vocabulary::StepType;
use std::ops::Range;

/// What a fenced block is, by its info string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FenceLanguage {
    Script(StepType),
    /// A recorded session: prompts, commands and output.
    Console,
    /// The description of the step behind it, as an export writes it.
    Description,
    /// No language is named.
    Unmarked,
    /// The word names no known language: `command`, `cli`, `syntaxhighlighter-pre`.
    Unknown,
    /// Any other known language. Such a block belongs to the prose around it.
    Other,
}

/// The first word of an info string, in lower case: `bash,copy`, `{.bash .numberLines}`, `{bash, echo=FALSE}`,
/// `bash{1-3}`, `bash:run.sh` and `language-bash` all name bash.
fn word(info: &str) -> String {
    let info = info.trim();
    // A directive of MyST: `{code-block} bash`.
    let directive = info.strip_prefix('{').and_then(|it| it.split_once('}'));
    let info = match directive {
        Some(("code-block" | "code" | "sourcecode", rest)) => rest.trim(),
        _ => info,
    };
    let inner = info
        .strip_prefix('{')
        .map_or(info, |it| it.split('}').next().unwrap_or(it));
    let inner = inner.trim();
    let is_end =
        |it: char| it.is_whitespace() || matches!(it, ',' | '{' | ':' | ';' | '[' | '(' | '=');
    let mut words = inner.split(is_end).filter(|it| !it.is_empty());
    let first = words.clone().next().unwrap_or_default();
    // Pandoc's attributes may begin with an id: `{#listing .bash}`.
    let class = words.find(|it| it.starts_with('.'));
    let word = if first.starts_with('#') {
        class.unwrap_or_default()
    } else {
        first
    };
    let word = word.trim_start_matches('.').to_ascii_lowercase();
    let bare = ["language-", "lang-", "highlight-", "code-"]
        .iter()
        .find_map(|it| word.strip_prefix(it));
    bare.map_or(word.clone(), str::to_owned)
}

/// Languages and formats that are no step. A word that is not here either may stand for a shell or for SQL.
const OTHERS: &str = " adoc apache applescript asciidoc awk bat batch batchfile bib bicep c c# c++ clojure cmake cmd conf config cpp cs \
csh csharp css csv cue cypher d dart diff dos docker dockerfile dot dotenv editorconfig elixir elm env erb erlang error fish fsharp \
gherkin git gitignore go golang gotemplate gradle graphql graphviz groovy handlebars haskell hcl hosts html http ini ignore jade java \
javascript jinja jinja2 j2 js json json5 jsonc jsonl jsonnet jsx julia kotlin kql latex less liquid lisp list log logql logs lua make \
makefile markdown math md mdx mermaid mustache nginx nix nu nushell objc ocaml out output pascal patch perl php plantuml powershell \
prisma prolog promql properties proto protobuf ps ps1 pug puml puppet pwsh py python python3 query r rb rego regex response rest result \
rst ruby rust sass scala scheme scss spl stdout svelte svg swift systemd table tcl tcsh terraform tex tf toml tpl tree ts tsv tsx \
typescript vb vim vue xml xslt yaml yml zig ";

/// The language that an info string names.
pub fn language(info: &str) -> FenceLanguage {
    match word(info).as_str() {
        "" | "plaintext" | "plain" | "txt" | "none" | "nohighlight" => FenceLanguage::Unmarked,
        "bash" | "sh" | "zsh" | "shell" | "ksh" | "dash" | "ash" | "posix" | "shellscript"
        | "shell-script" | "bash-script" => FenceLanguage::Script(StepType::Bash),
        "console" | "shell-session" | "shellsession" | "sh-session" | "bash-session"
        | "zsh-session" | "terminal" | "session" => FenceLanguage::Console,
        "sql" | "psql" | "pgsql" | "postgres" | "postgresql" | "plpgsql" | "mysql" | "mariadb"
        | "tsql" | "t-sql" | "mssql" | "plsql" | "pl/sql" | "oracle" | "sqlite" | "sqlite3" => {
            FenceLanguage::Script(StepType::Sql)
        }
        "text" => FenceLanguage::Script(StepType::Text),
        "description" => FenceLanguage::Description,
        word if OTHERS.contains(&format!(" {word} ")) => FenceLanguage::Other,
        _ => FenceLanguage::Unknown,
    }
}

/// The info string and the text of a fence that is all there is in a block of indented code.
pub fn within(code: &str) -> Option<(&str, &str)> {
    let (first, body) = code.trim_end().split_once('\n')?;
    let info = first.trim_start_matches('`');
    let sign = &first[..first.len() - info.len()];
    let (text, last) = body.rsplit_once('\n').unwrap_or(("", body));
    (sign.len() >= 3 && last == sign && !text.contains(sign)).then_some((info, text))
}

/// The text of a fenced block as it is in the source, and whether the block is closed. The line break before the closing
/// fence belongs to the fence.
/// `inner` is the text that the parser gives, without the indentation of a list and the signs of a quotation.
pub fn text(source: &str, range: &Range<usize>, inner: &str) -> (String, bool) {
    let whole = source[range.clone()].trim_end_matches('\n');
    let without_last_break = |text: &str| text.strip_suffix('\n').unwrap_or(text).to_owned();
    let Some((first, body)) = whole.split_once('\n') else {
        return (without_last_break(inner), false);
    };
    let sign = if first.starts_with('~') { '~' } else { '`' };
    let n_signs = first.chars().take_while(|it| *it == sign).count();
    let (text, last) = body
        .rsplit_once('\n')
        .map_or(("", body), |(text, last)| (&body[..=text.len()], last));
    // In a list or a quotation the lines have something before them.
    let last = last.trim_start_matches([' ', '\t', '>']).trim_end();
    let is_closed = last.chars().count() >= n_signs && last.chars().all(|it| it == sign);
    let is_at_start = range.start == 0 || source[..range.start].ends_with('\n');
    if is_at_start && is_closed {
        (without_last_break(text), is_closed)
    } else {
        (without_last_break(inner), is_closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_may_be_all_of_an_indented_block() {
        assert_eq!(
            within("```bash\nls\n\npwd\n```\n"),
            Some(("bash", "ls\n\npwd"))
        );
        assert_eq!(within("````\n```\n````"), Some(("", "```")));
        assert_eq!(within("```bash\n```"), Some(("bash", "")));
        for code in [
            "ls",
            "```bash\nls",
            "ls\n```\na\n```",
            "```\na\n```\nb\n```\nc\n```",
            "a\na",
        ] {
            assert_eq!(within(code), None, "{code}");
        }
    }

    #[test]
    fn the_usual_words_name_bash_sql_and_sessions() {
        for info in [
            "sh",
            "zsh",
            "shell",
            "Bash",
            "bash,copy",
            "{.bash}",
            "{.bash .numberLines}",
            "bash{1,3}",
            "bash title=\"x\"",
            "bash:run.sh",
            "language-bash",
            "{code-block} bash",
            "{bash, echo=FALSE}",
            "{#id .sh}",
            " ksh ",
        ] {
            assert_eq!(
                language(info),
                FenceLanguage::Script(StepType::Bash),
                "{info}"
            );
        }
        for info in [
            "sql", "pgsql", "postgres", "mysql", "mariadb", "tsql", "plsql", "SQL", "sql,copy",
        ] {
            assert_eq!(
                language(info),
                FenceLanguage::Script(StepType::Sql),
                "{info}"
            );
        }
        for info in ["console", "shell-session", "console # wait", "{.console}"] {
            assert_eq!(language(info), FenceLanguage::Console, "{info}");
        }
        for info in ["yaml", "json", "python", "powershell", "diff", "output"] {
            assert_eq!(language(info), FenceLanguage::Other, "{info}");
        }
        for info in [
            "syntaxhighlighter-pre",
            "command",
            "cli",
            "prompt",
            "bash|x",
            "kubectl",
        ] {
            assert_eq!(language(info), FenceLanguage::Unknown, "{info}");
        }
        for info in ["", "  ", "plaintext", "{}"] {
            assert_eq!(language(info), FenceLanguage::Unmarked, "{info}");
        }
    }
}
