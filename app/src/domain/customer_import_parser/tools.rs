//! Lists that kubectl, oc and helm print on a terminal, with or without their header and the command above them. Columns
//! are told by words, not by blanks: a terminal or a chat may have changed those.
use super::{
    SourceRow, beginning,
    cells::{self, TableCell},
    excerpt, heads,
};
use crate::domain::{metadata::Value, text::Namespace};
use std::collections::HashSet;

const TOOLS: [&str; 9] = [
    "kubectl",
    "oc",
    "helm",
    "k",
    "kubectx",
    "kubie",
    "kubectl.exe",
    "oc.exe",
    "helm.exe",
];
/// The words of a command behind which its cluster stands, the one that counts most first.
const NAMES_CLUSTER: [&str; 8] = [
    "--context",
    "--kube-context",
    "--cluster",
    "--kubeconfig",
    "use-context",
    "kubectx",
    "login",
    "KUBECONFIG",
];
/// The label that every namespace has.
pub const OWN_LABEL: &str = "kubernetes.io/metadata.name";
const PROMPT_ENDS: [char; 9] = ['$', '#', '%', '>', '❯', '➜', '»', '✗', 'λ'];
/// A header stands within this many lines; above it there may be warnings.
const LINES_ABOVE_HEADER_MAX: usize = 10;

/// What a list is of. Every word counts as it is printed: a spreadsheet seldom writes `NAME` and `STATUS` like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing<'a> {
    /// `kubectl get ns`, and its header if it has one.
    Namespaces(Option<&'a str>),
    /// `oc get projects`
    Projects,
    /// `helm list -A`
    Releases,
    /// `kubectl get deployments -A`
    Objects,
    /// `kubectl get ns -o name`
    Names,
}

/// Reads the rows of such a list; none if the text is no such list.
pub fn rows(text: &str, first_line: u32) -> Option<Vec<SourceRow>> {
    let lines: Vec<(u32, &str)> = (first_line..)
        .zip(text.split('\n'))
        .filter(|(_, line)| !is_noise(line))
        .collect();
    let mut top = lines.iter().take(LINES_ABOVE_HEADER_MAX);
    if !top.any(|(_, line)| header(line).is_some()) {
        // Without a header the text is such a list if most lines look like its rows, and the first one does or there is a command.
        let is_known = |it: &(u32, &str)| shape(it.1).is_some();
        let n_known = lines.iter().filter(|it| is_known(it)).count();
        let n_commands = lines.iter().filter(|it| is_command(it.1)).count();
        let begins = n_commands > 0 || lines.first().is_some_and(is_known);
        if !begins || n_known * 2 <= lines.len() - n_commands {
            return None;
        }
    }
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    let mut listing = None;
    // Lines between rows; rows below them belong to another list, perhaps of another cluster.
    let (mut above, mut section): (Vec<&str>, usize) = (Vec::new(), 0);
    for (number, line) in lines {
        if let Some(next) = header(line) {
            listing = Some(next);
            continue;
        }
        if is_command(line) || is_prompt(line) {
            listing = None;
            above.push(statement(line));
            section += 1;
            continue;
        }
        let row = match listing.or_else(|| shape(line)) {
            Some(it) => read(it, line, number),
            None => Err("Not a line of this list"),
        };
        let before = |above: &mut Vec<&str>| std::mem::take(above).join("\n");
        rows.push(match row {
            Ok((row, true)) if !seen.insert((section, row.namespace.clone())) => continue,
            Ok((row, _)) => SourceRow {
                above: before(&mut above),
                ..row
            },
            Err(reason) => {
                let mut row = SourceRow::at(number);
                row.name = Some(excerpt(line));
                row.above = before(&mut above);
                row.leave_out(reason.to_owned());
                above.push(beginning(line));
                section += 1;
                row
            }
        });
    }
    Some(rows)
}

/// The list that has this header.
fn header(line: &str) -> Option<Listing<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["NAME", "NAMESPACE", "REVISION", ..] => Some(Listing::Releases),
        ["NAME", "DISPLAY", "NAME", "STATUS", ..] => Some(Listing::Projects),
        ["NAME", "STATUS"] | ["NAME", "STATUS", "AGE", ..] => Some(Listing::Namespaces(Some(line))),
        ["NAMESPACE", "NAME", rest @ ..] if rest.contains(&"AGE") => Some(Listing::Objects),
        _ => None,
    }
}

/// The list that has such a line, if the line alone tells.
fn shape(line: &str) -> Option<Listing<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_label = |it: &str| Namespace::parse(it).is_ok();
    match words.as_slice() {
        [name] if namespace_in(name).is_some_and(is_label) => Some(Listing::Names),
        [name, status, ..] if is_label(name) && is_status(status) => {
            Some(Listing::Namespaces(None))
        }
        [_, namespace, revision, date, ..]
            if is_label(namespace) && is_number(revision) && is_date(date) =>
        {
            Some(Listing::Releases)
        }
        [name, .., status]
            if is_label(name) && is_status(status) && !line.contains([';', '|', '\t']) =>
        {
            Some(Listing::Projects)
        }
        _ => None,
    }
}

/// The row of a line, and whether only the first of its namespace counts; or why the line is none.
fn read(listing: Listing, line: &str, number: u32) -> Result<(SourceRow, bool), &'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut row = SourceRow::at(number);
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    let mut status = "Active";
    let namespace = match listing {
        Listing::Namespaces(header) => {
            status = word(1);
            if !is_status(status) {
                return Err("Not a line of kubectl get ns");
            }
            for (key, value) in header.into_iter().flat_map(|it| label_columns(it, line)) {
                row.put(key, Value::Text(value));
            }
            let labels = words.iter().skip(2).flat_map(|it| it.split(','));
            let labels = labels.filter_map(|it| it.split_once('='));
            let labels = labels.filter(|it| it.0 != OWN_LABEL);
            row.beside = labels
                .map(|it| (it.0.to_owned(), it.1.to_owned()))
                .collect();
            word(0)
        }
        Listing::Projects => {
            let index = words.iter().skip(1).rposition(|it| is_status(it));
            let index = index.ok_or("Not a line of oc get projects")? + 1;
            status = word(index);
            row.name = (index > 1).then(|| words[1..index].join(" "));
            word(0)
        }
        Listing::Releases if is_number(word(2)) => word(1),
        Listing::Releases => return Err("Not a line of helm list"),
        Listing::Objects => word(0),
        Listing::Names => namespace_in(word(0)).ok_or("Not a line of kubectl get ns -o name")?,
    };
    namespace.clone_into(&mut row.namespace);
    if status == "Terminating" {
        row.leave_out(format!("{namespace} is being deleted"));
    }
    let is_merged = matches!(listing, Listing::Releases | Listing::Objects);
    Ok((row, is_merged))
}

/// Columns that somebody asked for with `-L`: variables. The column LABELS has all labels, most of them of Kubernetes
/// itself, and is not taken.
fn label_columns(header: &str, line: &str) -> Vec<(String, String)> {
    let words = |it: &str| -> Vec<String> { it.split_whitespace().map(str::to_owned).collect() };
    let (titles, mut cells) = (words(header), words(line));
    if titles.len() != cells.len() {
        let texts = |it: Vec<TableCell>| it.into_iter().map(|it| it.text).collect();
        cells = cells::aligned(header, line).map_or_else(Vec::new, texts);
    }
    let columns = titles.into_iter().zip(cells).skip(2);
    columns
        .filter(|(title, cell)| {
            !matches!(title.as_str(), "AGE" | "LABELS") && !cell.is_empty() && cell != "<none>"
        })
        .filter_map(|(title, cell)| Some((heads::key(&title)?, cell)))
        .collect()
}

/// `acme` of `namespace/acme` or `project.project.openshift.io/acme`.
fn namespace_in(word: &str) -> Option<&str> {
    let (kind, name) = word.split_once('/')?;
    let kind = kind.split_once('.').map_or(kind, |it| it.0);
    matches!(
        kind,
        "namespace" | "namespaces" | "ns" | "project" | "projects"
    )
    .then_some(name)
}

fn is_status(word: &str) -> bool {
    matches!(word, "Active" | "Terminating")
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit())
}

/// `2026-01-31`
fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
    lengths == [4, 2, 2] && parts.into_iter().all(is_number)
}

/// A line that lists nothing: blank, a fence around a code block.
fn is_noise(line: &str) -> bool {
    cells::trimmed(line).is_empty() || line.trim_start().starts_with("```")
}

/// The text from its first line on that is no command of a shell and not blank, and the number of that line.
pub fn after_commands(text: &str) -> (&str, u32) {
    let (mut rest, mut line) = (text, 1);
    let mut goes_on = false;
    loop {
        let (first, next) = rest.split_once('\n').unwrap_or((rest, ""));
        if !(goes_on || is_noise(first) || is_command(first)) || rest.is_empty() {
            return (rest, line);
        }
        goes_on = first.trim_end().ends_with('\\');
        (rest, line) = (next, line + 1);
    }
}

/// `$ kubectl get ns`, with any prompt or none before it; or what sets the cluster of such commands.
pub fn is_command(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.starts_with(&["Switched", "to", "context"]) || sets_kubeconfig(&words) {
        return true;
    }
    // A prompt may stick to the command: `C:\>oc`.
    let is_tool = |it: &&str| TOOLS.contains(&it.rsplit(PROMPT_ENDS).next().unwrap_or(it));
    let Some(index) = words.iter().position(is_tool) else {
        return false;
    };
    let mut before = &words[..index];
    let mut cells = before.iter().filter(|it| !is_in_prompt(it));
    if cells.any(|it| it.contains([',', ';', '|'])) {
        return false;
    }
    while let Some((_, rest)) = before
        .split_last()
        .filter(|it| *it.0 == "sudo" || it.0.contains('='))
    {
        before = rest;
    }
    let is_arrow = |it: &&&str| it.chars().count() == 1 && it.ends_with(PROMPT_ENDS);
    let is_prompted = match before {
        [] => true,
        [first, ..] => {
            is_arrow(&first) || before.last().is_some_and(|it| it.ends_with(PROMPT_ENDS))
        }
    };
    let verbs = [
        "get", "list", "ls", "projects", "config", "login", "project",
    ];
    let switches = ["kubectx", "kubie"]
        .iter()
        .any(|it| words[index].ends_with(it));
    let rest = &words[index + 1..];
    is_prompted && (switches && rest.len() == 1 || rest.iter().any(|it| verbs.contains(it)))
}

/// `(⎈|prod-eu:default)`, the part of a prompt that has the context.
fn is_in_prompt(word: &str) -> bool {
    word.starts_with(['(', '[']) && word.ends_with([')', ']'])
}

/// `export KUBECONFIG=/etc/eu.yaml`, with any prompt or none before it.
fn sets_kubeconfig(words: &[&str]) -> bool {
    let Some(index) = words.iter().position(|it| it.starts_with("KUBECONFIG=")) else {
        return false;
    };
    let before = words[..index].last();
    index + 1 == words.len()
        && before.is_none_or(|it| matches!(*it, "export" | "set") || it.ends_with(PROMPT_ENDS))
}

/// Whether a line is a command that lists namespaces.
pub fn lists_namespaces(line: &str) -> bool {
    let kinds = ["ns", "namespace", "namespaces", "project", "projects"];
    is_command(line) && line.split_whitespace().any(|it| kinds.contains(&it))
}

/// The context that a command names, or what else tells its cluster: `--context prod-eu`, `--kube-context=prod-eu`,
/// `use-context prod-eu`, `KUBECONFIG=/etc/eu.yaml`.
fn context_of(line: &str) -> Option<&str> {
    if !is_command(line) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let value_of = |option: &str| {
        let is_option = |it: &&str| it.split('=').next() == Some(option);
        let index = words.iter().position(is_option)?;
        let value = words[index].split_once('=').map(|it| it.1);
        let value = value.or_else(|| words.get(index + 1).copied())?;
        Some(value.trim_matches(['"', '\'']))
    };
    NAMES_CLUSTER.into_iter().find_map(value_of)
}

/// What a line that is no row says about the cluster of the rows below: the context of a command that names one, else all of it.
pub fn statement(line: &str) -> &str {
    beginning(context_of(line).unwrap_or(line))
}

/// A prompt behind which nothing was typed.
pub fn is_prompt(line: &str) -> bool {
    let line = line.trim();
    let is_long = line.contains(['@', ':', '~', '[']) || line.starts_with("PS ");
    line.ends_with(PROMPT_ENDS) && (line.chars().count() == 1 || is_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_from_a_customer() {
        for command in [
            "$ kubectl get ns",
            "kubectl get namespaces -L team",
            "ana@ops:~$ helm list -A",
            "[root@node1 ~]# kubectl --context prod-eu get ns --show-labels",
            "➜  ~ oc get projects",
            "PS C:\\> kubectl.exe get ns",
            "C:\\Users\\ana>oc get projects",
            "$ KUBECONFIG=/etc/eu.yaml kubectl get ns -o json",
            "$ sudo k get ns",
            "(prod-us) $ kubectl get ns",
            "me@host (⎈|prod-us:default) ~ $ kubectl get ns",
            "$ kubectl config use-context prod-us",
            "Switched to context \"prod-us\".",
            "kubectx prod-us",
            "$ oc login https://api.prod-us.example:6443",
            "$ export KUBECONFIG=/etc/us.yaml",
        ] {
            assert!(is_command(command), "{command}");
        }
        for line in [
            "Helm, helm",
            "oc, oc",
            "acme   Active   1d",
            "K Get, k-get",
            "A list, helm",
            "Acme, acme, CMD=$ kubectl get ns",
            "Big helm list",
            "Acme   acme   KUBECONFIG=/etc/us.yaml",
            "kubectx",
            "login, login",
        ] {
            assert!(!is_command(line), "{line}");
        }
    }

    #[test]
    fn a_command_may_name_its_context() {
        for command in [
            "$ kubectl --context prod-us get ns",
            "kubectl get ns --context=prod-us",
            "ana@ops:~$ helm list -A --kube-context \"prod-us\"",
            "tm@prod-eu:~$ kubectl --cluster prod-us get ns",
            "$ kubectl --kubeconfig=prod-us --context=prod-us get ns",
            "$ KUBECONFIG=prod-us kubectl get ns",
            "export KUBECONFIG=prod-us",
            "$ kubectl config use-context prod-us",
            "$ kubectx prod-us",
            "$ oc login prod-us",
        ] {
            assert_eq!(context_of(command), Some("prod-us"), "{command}");
        }
        for line in ["kubectl get ns", "Acme, --context", "oc get ns --context"] {
            assert_eq!(context_of(line), None, "{line}");
        }
        assert!(lists_namespaces("$ kubectl get ns -o wide") && !lists_namespaces("acme, ns"));
        assert!(!lists_namespaces("$ kubectl get pods -A"));
    }

    #[test]
    fn a_text_begins_after_its_commands() {
        assert_eq!(after_commands("a\nb"), ("a\nb", 1));
        assert_eq!(
            after_commands("\n```\n$ kubectl get ns \\\n  -o json\n{}"),
            ("{}", 5)
        );
        assert_eq!(after_commands("$ kubectl get ns"), ("", 2));
        assert_eq!(after_commands(""), ("", 1));
    }
}
