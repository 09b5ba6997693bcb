//! Prompts of shells and of databases, as recorded sessions have them before each command.

use super::guess;

/// The sign that ends a prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PromptSign {
    /// `$`, or `%` of zsh, or `❯` and other arrows, or those of Windows: an ordinary shell.
    User,
    /// `#`: a root shell. Alone at the start of a line it may be a comment.
    Root,
    /// `>` alone, where no line has another prompt.
    Angle,
}

/// What is behind a prompt: `$ ls`, `user@host:~$ ls`, `[root@host ~]# ls`, `bash-5.1$ ls`, `(venv) $ ls`.
pub fn behind_prompt(line: &str, sign: PromptSign) -> Option<&str> {
    let signs: &[char] = match sign {
        PromptSign::User => &['$', '%', '❯', '»', 'λ'],
        PromptSign::Root => &['#'],
        PromptSign::Angle => {
            let rest = line.strip_prefix('>')?;
            return rest
                .strip_prefix([' ', '\t'])
                .or(rest.is_empty().then_some(rest));
        }
    };
    for (at, found) in line.char_indices().filter(|it| signs.contains(&it.1)) {
        let rest = &line[at + found.len_utf8()..];
        if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
            continue;
        }
        let head = line[..at].trim_end();
        let head = head
            .strip_prefix('(')
            .and_then(|it| it.split_once(')'))
            .map_or(head, |it| it.1.trim_start());
        let is_bracket = head.starts_with('[') && head.ends_with(']') && head.contains('@');
        // zsh on a Mac has a space within: `ana@mac ~ % ls`.
        let mut words = head.split_whitespace();
        let is_host = words.next().is_some_and(|it| it.contains('@'))
            && words.count() <= usize::from(found != '#');
        let is_shell = ["bash-", "sh-", "zsh-"]
            .iter()
            .filter_map(|it| head.strip_prefix(it))
            .any(|it| it.starts_with(|it: char| it.is_ascii_digit()) && !it.contains(' '));
        let is_prompt = head.is_empty() || is_bracket || is_host || is_shell;
        if is_prompt {
            return Some(rest.strip_prefix([' ', '\t']).unwrap_or(rest));
        }
        break;
    }
    behind_named_prompt(line).filter(|_| sign == PromptSign::User)
}

/// What is behind a prompt that tells where it is: `PS C:\> dir`, `C:\Users\ana>dir`, `➜  ~ ls`, `ana@host ~> ls`.
fn behind_named_prompt(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('➜') {
        let is_folder = rest.starts_with("  ");
        let rest = rest.trim_start();
        if !is_folder && guess::is_command(rest) {
            return Some(rest);
        }
        // The folder, and what git says of it.
        let (_, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut rest = rest.trim_start();
        while let Some((word, behind)) = rest.split_once(' ')
            && (word.starts_with("git:(") || word == "✗")
        {
            rest = behind.trim_start();
        }
        return Some(rest);
    }
    let (head, rest) = line.split_once('>')?;
    let mut letters = head.chars();
    let is_drive = letters.next().is_some_and(|it| it.is_ascii_alphabetic())
        && letters.as_str().starts_with(":\\");
    let mut words = head.split_whitespace();
    let is_host = words
        .next()
        .is_some_and(|it| it.contains('@') && !it.contains('<'))
        && words.count() < 2;
    let is_spaced = (rest.is_empty() || rest.starts_with(' ')) && !head.ends_with(['-', '=', ' ']);
    let is_prompt = is_drive || is_spaced && (is_host || head.starts_with("PS "));
    is_prompt.then(|| rest.trim_start())
}

/// Whether a command opens another shell, which may be one of root: behind it `# ` is a prompt, too.
pub fn opens_shell(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_shell =
        |it: &&str| matches!(*it, "su" | "bash" | "sh" | "zsh" | "/bin/bash" | "/bin/sh");
    match words.as_slice() {
        _ if words.contains(&"-c") => false,
        ["su", ..] => true,
        ["sudo" | "doas", rest @ ..] => rest
            .iter()
            .any(|it| matches!(*it, "-i" | "-s" | "--login" | "--shell") || is_shell(it)),
        ["ssh", rest @ ..] => rest.iter().filter(|it| !it.starts_with('-')).count() == 1,
        [
            "chroot" | "nsenter" | "docker" | "podman" | "kubectl" | "oc",
            rest @ ..,
        ] => rest.last().is_some_and(is_shell) || words.get(1) == Some(&"rsh"),
        _ => false,
    }
}

/// What is behind a prompt of a database's shell: `mysql> `, `MariaDB [db]> `, `sqlite> `, `db=# `, `db-> `.
pub fn behind_sql_prompt(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let at = line
        .find("> ")
        .or_else(|| line.find("# "))
        .or_else(|| line.strip_suffix(['>', '#']).map(str::len))?;
    let (head, rest) = line.split_at(at);
    let is_named = matches!(
        head,
        "mysql" | "sqlite" | "SQL" | "   ..." | "..." | "-" | "'" | "\""
    ) || head.starts_with("MariaDB [");
    // psql shows its state before the sign: `db=#`, `db-#`, `db(#`, `db=*#`.
    let name = head.trim_end_matches(['*', '!']);
    let is_psql = name.ends_with(['=', '-', '(', '\''])
        && name.len() > 1
        && name[..name.len() - 1]
            .chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '_' | '.'));
    let rest = rest.get(1..)?;
    (is_named || is_psql).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

/// Whether a command ends its shell.
pub fn is_exit(command: &str) -> bool {
    matches!(command.trim(), "exit" | "logout")
}
