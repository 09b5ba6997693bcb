//! Commands of kubectl, oc and helm above what they print: which lines are commands and prompts, the cluster that a command
//! names, and what it lists.
use super::{beginning, cells, excerpt};

const TOOLS: [&str; 12] = [
    "kubectl",
    "oc",
    "helm",
    "k",
    "kubectx",
    "kubie",
    "kubectl.exe",
    "oc.exe",
    "helm.exe",
    "flux",
    "argocd",
    "velero",
];
/// Options whose value is the next word.
const TAKES_VALUE: [&str; 26] = [
    "-n",
    "--namespace",
    "-o",
    "--output",
    "-l",
    "--selector",
    "-L",
    "--label-columns",
    "--context",
    "--kube-context",
    "--cluster",
    "--kubeconfig",
    "--user",
    "--as",
    "--as-group",
    "--field-selector",
    "--sort-by",
    "-s",
    "--server",
    "--token",
    "--template",
    "--chunk-size",
    "--request-timeout",
    "-f",
    "--filename",
    "--raw",
];
/// In small letters.
const NAMESPACE_KINDS: [&str; 5] = ["ns", "namespace", "namespaces", "project", "projects"];
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
const PROMPT_ENDS: [char; 9] = ['$', '#', '%', '>', '❯', '➜', '»', '✗', 'λ'];

/// What a command lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Namespaces or projects.
    Namespaces,
    /// Anything else, in the command's own words: `pods`.
    Others(String),
}

impl Listed {
    /// The doubt about a row whose namespace may be the name of something else.
    pub fn doubt(&self) -> Option<String> {
        match self {
            Self::Namespaces => None,
            Self::Others(kind) => Some(format!("Lists {}, not namespaces", excerpt(kind))),
        }
    }
}

/// A line that lists nothing: blank, a fence around a code block.
pub fn is_noise(line: &str) -> bool {
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
    let Some(index) = words.iter().position(|it| is_tool(it)) else {
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

/// Whether a word of a command is the tool that it calls. A prompt may stick to it: `C:\>oc`.
fn is_tool(word: &str) -> bool {
    TOOLS.contains(&word.rsplit(PROMPT_ENDS).next().unwrap_or(word))
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

/// What a command lists; none if the line is no such command, or does not tell.
pub fn listed(line: &str) -> Option<Listed> {
    if !is_command(line) {
        return None;
    }
    let words = line.split_whitespace().skip_while(|it| !is_tool(it));
    // Without options and their values, up to the next command.
    let (mut main, mut is_value) = (Vec::new(), false);
    for word in words.skip(1) {
        if word.starts_with(['|', '>', '<', '&', ';', '#']) {
            break;
        }
        let bare = word.trim_matches(['"', '\'', '`', ')', ';']);
        if !is_value && !word.starts_with('-') && !bare.is_empty() {
            main.push(bare);
        }
        is_value = !is_value && TAKES_VALUE.contains(&word);
        if word.ends_with(';') {
            break;
        }
    }
    let kinds = match main.as_slice() {
        ["config", verb, ..] => verb.strip_prefix("get-")?.to_owned(),
        ["get", kinds, ..] => (*kinds).to_owned(),
        ["list" | "ls", ..] => "releases".to_owned(),
        ["projects", ..] => "projects".to_owned(),
        [kind, "get" | "list" | "ls", ..] => format!("{}s", kind.trim_end_matches('s')),
        _ => return None,
    };
    // `namespaces.v1`, `ns/acme`
    let is_namespaces = |it: &str| {
        let kind = it.split(['.', '/']).next().unwrap_or(it);
        NAMESPACE_KINDS.contains(&kind.to_ascii_lowercase().as_str())
    };
    if kinds.split(',').all(is_namespaces) {
        Some(Listed::Namespaces)
    } else if kinds.split(',').any(is_namespaces) {
        // Each line has its kind.
        None
    } else {
        Some(Listed::Others(beginning(&kinds).to_owned()))
    }
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
    }

    #[test]
    fn a_command_says_what_it_lists() {
        for command in [
            "$ kubectl get ns -o wide",
            "kubectl get namespaces,ns",
            "$ kubectl -n kube-system get namespaces.v1 -o name",
            "oc get projects",
            "oc projects",
            "$ kubectl get -L team ns | grep -v pods",
            "kubectl --context pods get ns/acme",
        ] {
            assert_eq!(listed(command), Some(Listed::Namespaces), "{command}");
        }
        for (command, kind) in [
            ("$ kubectl get pods -A", "pods"),
            ("$ kubectl -n ns get po -o custom-columns=NAME:.a", "po"),
            ("$ kubectl get -o name -n project deploy", "deploy"),
            ("kubectl get pods,services | tee ns", "pods,services"),
            ("$ kubectl get pv; kubectl get ns", "pv"),
            ("$ helm list -A -q", "releases"),
            ("helm ls --short", "releases"),
            ("$ helm repo list", "repos"),
            ("kubectl config get-contexts", "contexts"),
            ("$ flux get ks -A", "ks"),
            ("$ argocd app list", "apps"),
        ] {
            let others = Some(Listed::Others(kind.to_owned()));
            assert_eq!(listed(command), others, "{command}");
        }
        for line in [
            "acme, ns",
            "kubectl get",
            "kubectl get ns,pods",
            "$ kubectl config use-context prod-us",
            "Switched to context \"prod-us\".",
            "kubectx prod-us",
            "$ oc login https://api.prod-us.example:6443",
        ] {
            assert_eq!(listed(line), None, "{line}");
        }
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
