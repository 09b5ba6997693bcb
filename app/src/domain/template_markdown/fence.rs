//! Fenced code blocks: which language the word behind the fence names, and the block's text byte for byte.

use super::{containers::is_option, guess::contains_word};
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

/// Directives of `MyST` that hold code.
const DIRECTIVES: &str = " code-block code sourcecode code-cell prompt ";

/// Whether the words behind a fence's signs begin a directive that holds code: `{code-block} bash`.
pub fn is_code_directive(info: &str) -> bool {
    let directive = info.trim().strip_prefix('{');
    let directive = directive.and_then(|it| it.split_once('}'));
    directive.is_some_and(|it| contains_word(DIRECTIVES, it.0))
}

/// Languages of diagrams. A wiki of Azure `DevOps` has them between colons: `::: mermaid`.
const DIAGRAMS: &str = " mermaid plantuml puml graphviz ";

/// Whether the words behind colons begin code. Other words name a container, whose text is Markdown.
pub fn begins_code_between_colons(info: &str) -> bool {
    is_code_directive(info) || contains_word(DIAGRAMS, &word(info))
}

/// The code of a fence without the options of a directive, which are no part of it: `:linenos:` below `{code-block} sql`.
pub fn without_options(info: &str, text: String) -> String {
    if !is_code_directive(info) {
        return text;
    }
    let mut rest = text.as_str();
    if let Some(block) = rest.strip_prefix("---\n")
        && let Some((_, behind)) = block.split_once("\n---\n")
    {
        rest = behind;
    }
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        if !is_option(line) {
            break;
        }
        rest = behind;
    }
    let is_cut = rest.len() < text.len();
    let rest = rest.strip_prefix('\n').filter(|_| is_cut).unwrap_or(rest);
    rest.to_owned()
}

/// Whether the text of a closed fence, which begins with the line `first`, holds a line that begins another one with as many
/// signs: then its own end is missing, and the other's was taken for it. True if a heading is above that line.
pub fn holds_another(first: &str, text: &str) -> Option<bool> {
    let (open, n_open, _) = fence_sign(first.trim_start())?;
    let mut has_heading = false;
    for line in text.lines() {
        let line = line.trim_start();
        if let Some((sign, n_signs, info)) = fence_sign(line)
            && sign == open
            && n_signs >= n_open
            && info
                .trim_start()
                .starts_with(|it: char| it.is_alphanumeric() || it == '{')
        {
            return Some(has_heading);
        }
        // A single `#` begins a comment of a script.
        let name = line.trim_start_matches('#');
        has_heading |= (2..=6).contains(&(line.len() - name.len())) && name.starts_with(' ');
    }
    None
}

/// The sign of a fence at the start of a line, how often it is there, and what is behind it.
pub fn fence_sign(line: &str) -> Option<(char, usize, &str)> {
    let sign = line.chars().next().filter(|it| matches!(*it, '`' | '~'))?;
    let rest = line.trim_start_matches(sign);
    let n_signs = line.len() - rest.len();
    (n_signs >= 3 && !(sign == '`' && rest.contains('`'))).then_some((sign, n_signs, rest))
}

/// How many colons are at the start of a line, three or more, and what is behind them: `:::{code-block} bash` of `MyST`.
pub fn colon_fence(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches(':');
    let n_signs = line.len() - rest.len();
    (n_signs >= 3).then_some((n_signs, rest.trim()))
}

/// The first word of an info string, in lower case: `bash,copy`, `{.bash .numberLines}`, `{bash, echo=FALSE}`,
/// `bash{1-3}`, `bash:run.sh` and `language-bash` all name bash.
fn word(info: &str) -> String {
    let info = info.trim();
    // A directive of MyST: `{code-block} bash`.
    let directive = info.strip_prefix('{').and_then(|it| it.split_once('}'));
    let info = match directive {
        Some((name, rest)) if contains_word(DIRECTIVES, name) => rest.trim(),
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
    let bare = [
        "language-",
        "lang-",
        "highlight-source-",
        "highlight-",
        "code-",
    ]
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
    fn options_of_a_directive_are_no_part_of_its_code() {
        let of = |info: &str, text: &str| without_options(info, text.to_owned());
        for text in [
            ":linenos:\nselect 1;",
            ":linenos:\n:emphasize-lines: 1\n\nselect 1;",
            "---\nlineno-start: 1\n---\nselect 1;",
            "select 1;",
        ] {
            assert_eq!(of("{code-block} sql", text), "select 1;", "{text}");
        }
        assert_eq!(of("sql", ":linenos:\nselect 1;"), ":linenos:\nselect 1;");
        assert_eq!(of("{code} sql", "\nselect 1;"), "\nselect 1;");
        assert_eq!(of("{code} sql", ":linenos:"), "");
    }

    #[test]
    fn a_fence_that_holds_the_beginning_of_another_one_is_not_closed() {
        assert_eq!(
            holds_another("```bash", "x\n\n## B\n\n```bash\nb"),
            Some(true)
        );
        assert_eq!(holds_another("```bash", "x\n```sql\nb"), Some(false));
        for (first, text) in [
            ("````bash", "## B\n```bash\nb"),
            ("~~~bash", "## B\n```bash\nb"),
            ("```bash", "## B\necho"),
            ("```bash", "## B\n~~~bash"),
        ] {
            assert_eq!(holds_another(first, text), None, "{text}");
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
            "{code-cell} bash",
            "highlight-source-shell",
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
