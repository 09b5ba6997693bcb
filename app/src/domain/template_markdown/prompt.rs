//! Prompts of shells, as recorded sessions have them before each command.

use super::{guess, opened_shell::is_exit};

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

/// A line that begins like a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptedLine<'a> {
    /// The prompt, with its sign.
    pub prompt: &'a str,
    pub command: &'a str,
    /// False if output may look the same, such as `% Total` of curl or `→ done`: then the command has to read like one, here or
    /// behind the same prompt in another line.
    pub is_sure: bool,
    /// Whether no blank is between prompt and command: `#reboot`, `$VARIABLE`.
    pub is_glued: bool,
}

/// How many bytes a prompt may have; what is longer is output.
const PROMPT_MAX: usize = 200;

/// Signs of an ordinary shell.
const USER_SIGNS: [char; 8] = ['$', '%', '❯', '»', 'λ', '➤', '▶', '›'];

/// The prompt that a line begins with: `$ ls`, `user@host:~$ ls`, `[root@host ~]# ls`, `bash-5.1$ ls`, `(venv) $ ls`, `/ # ls`.
pub fn prompted(line: &str, sign: PromptSign) -> Option<PromptedLine<'_>> {
    match sign {
        PromptSign::User => behind_sign(line, &USER_SIGNS).or_else(|| behind_named_prompt(line)),
        PromptSign::Root => behind_sign(line, &['#']),
        PromptSign::Angle => {
            let rest = line.strip_prefix('>')?;
            let command = rest
                .strip_prefix([' ', '\t'])
                .or(rest.is_empty().then_some(rest))?;
            Some(PromptedLine {
                prompt: ">",
                command,
                is_sure: true,
                is_glued: false,
            })
        }
    }
}

/// The command behind the first of these signs that ends a prompt.
fn behind_sign<'a>(line: &'a str, signs: &[char]) -> Option<PromptedLine<'a>> {
    let letters = line.char_indices().take_while(|it| it.0 < PROMPT_MAX);
    for (at, found) in letters.filter(|it| signs.contains(&it.1)) {
        let end = at + found.len_utf8();
        // Some themes write `$>`.
        let is_double = found == '$' && line[end..].starts_with('>');
        let (prompt, rest) = line.split_at(end + usize::from(is_double));
        let is_apart = rest.is_empty() || rest.starts_with([' ', '\t']);
        let is_sure = is_sure_head(&line[..at], found);
        if !is_apart && !(is_sure == Some(true) && (guess::is_command(rest) || is_exit(rest))) {
            continue;
        }
        return Some(PromptedLine {
            prompt,
            command: rest.strip_prefix([' ', '\t']).unwrap_or(rest),
            is_sure: is_sure? && is_apart,
            is_glued: !is_apart,
        });
    }
    None
}

fn is_folder(word: &str) -> bool {
    word == "~" || word.starts_with("~/") || (word.starts_with('/') && !word.starts_with("//"))
}

/// What git says of a folder: `(main)`, `git:(main)`, `✗`.
fn is_branch(word: &str) -> bool {
    word.ends_with(')') && (word.starts_with('(') || word.starts_with("git:(")) || word == "✗"
}

/// A name of a host or of a person.
fn is_name(word: &str) -> bool {
    word.contains(|it: char| it.is_ascii_alphabetic())
        && word
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'))
}

/// `bash-5.1`, `-bash-4.2`, `sh-4.4`.
fn is_shell_version(word: &str) -> bool {
    let word = word.trim_start_matches('-');
    ["bash-", "sh-", "zsh-"]
        .iter()
        .filter_map(|it| word.strip_prefix(it))
        .any(|it| it.starts_with(|it: char| it.is_ascii_digit()))
}

/// `Anas-MacBook:~` of a Mac, `host:/srv` of SUSE: the host and the folder.
fn is_host_and_folder(word: &str) -> bool {
    word.split_once(':').is_some_and(|(host, folder)| {
        is_name(host) && !folder.is_empty() && !folder.contains(':') && !folder.starts_with("//")
    })
}

/// A head of a prompt without `(venv)`, the time, and the lines that some themes draw.
fn without_decoration(head: &str) -> &str {
    let mut head = head.trim();
    loop {
        let first = head.split_whitespace().next().unwrap_or_default();
        let time = first.trim_start_matches('[').trim_end_matches(']');
        let is_time = time.contains(':') && time.chars().all(|it| it.is_ascii_digit() || it == ':');
        let drawn = head.strip_prefix("└─").or_else(|| head.strip_prefix("╰─"));
        let named = head.strip_prefix('(').and_then(|it| it.split_once(')'));
        head = if is_time {
            &head[first.len()..]
        } else if let Some(rest) = drawn {
            rest.trim_start_matches(['─', '╼'])
        } else if let Some((_, rest)) = named {
            rest
        } else {
            return head;
        };
        head = head.trim();
    }
}

/// Whether a prompt may have this head before its sign; and if so, whether nothing else looks like it.
fn is_sure_head(head: &str, sign: char) -> Option<bool> {
    let is_adjacent = !head.ends_with(char::is_whitespace);
    let is_user = sign == '$';
    let bare = without_decoration(head);
    if bare.is_empty() {
        // "12:00:01 # …" may be a line of a log.
        return Some(is_user || sign == '#' && head.is_empty());
    }
    if bare.starts_with('[') && bare.ends_with(']') && bare.contains('@') {
        return Some(true);
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    match words.as_slice() {
        // zsh on a Mac has a space within: `ana@mac ~ % ls`.
        [host, rest @ ..] if host.contains('@') => {
            let is_place = rest.iter().all(|it| is_folder(it) || is_branch(it));
            (is_place || sign != '#' && rest.len() <= 1).then_some(true)
        }
        [shell] if is_shell_version(shell) => Some(true),
        // `/ # ` of a container; but "/opt/run.sh # at night" is a command with a comment.
        [folder, rest @ ..] if is_folder(folder) && rest.iter().all(|it| is_branch(it)) => {
            (sign != '#' || !folder.contains('.')).then_some(is_user)
        }
        [host, user] if is_adjacent && is_host_and_folder(host) && is_name(user) => Some(is_user),
        [host] if is_host_and_folder(host) => {
            let is_place = host.split_once(':').is_some_and(|it| is_folder(it.1));
            is_place.then_some(is_user)
        }
        // `host$ ls`, `node1# ls`, `ana % ls`.
        [name] if is_name(name) && (is_adjacent || sign == '%') => Some(false),
        _ => None,
    }
}

/// A line that begins with a prompt that tells where it is: `PS C:\> dir`, `C:\Users\ana>dir`, `➜  ~ ls`, `ana@host ~> ls`.
fn behind_named_prompt(line: &str) -> Option<PromptedLine<'_>> {
    for arrow in ["➜", "→"] {
        if let Some(rest) = line.strip_prefix(arrow) {
            return Some(PromptedLine {
                prompt: arrow,
                command: behind_arrow(rest),
                is_sure: false,
                is_glued: false,
            });
        }
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
    let is_sure = is_drive || is_spaced && (is_host || head == "PS" || head.starts_with("PS "));
    let is_prompt = is_sure || is_spaced && (is_name(head) || is_folder(head));
    is_prompt.then(|| PromptedLine {
        prompt: &line[..=head.len()],
        command: rest.trim_start(),
        is_sure,
        is_glued: false,
    })
}

/// What is behind `➜` and the folder that it may name: `  ~ ls`, `  app git:(main) ✗ ls`, ` ls`.
fn behind_arrow(rest: &str) -> &str {
    let is_folder_first = rest.starts_with("  ");
    let rest = rest.trim_start();
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    if !is_folder(first) && (!is_folder_first || guess::is_command(rest)) {
        return rest;
    }
    let mut rest = behind.trim_start();
    while let Some((word, behind)) = rest.split_once(' ')
        && is_branch(word)
    {
        rest = behind.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use crate::domain::{template_markdown::console::session, vocabulary::StepType};

    fn console(text: &str) -> Option<String> {
        session(text, StepType::Bash, true).map(|it| it.1.commands)
    }

    fn bash(text: &str) -> Option<String> {
        session(text, StepType::Bash, false).map(|it| it.1.commands)
    }

    #[test]
    fn prompts_with_a_place_are_known() {
        for prompt in [
            "PS> ",
            "PS C:\\> ",
            "/ # ",
            "~ # ",
            "/var/lib # ",
            "~ $ ",
            "/app $ ",
            "~/srv $ ",
            "~/srv (main) $ ",
            "~/srv ❯ ",
            "~/srv> ",
            "Anas-MacBook-Pro:~ ana$ ",
            "mac:srv ana$ ",
            "host:~ # ",
            "host:/srv # ",
            "root@host ~ # ",
            "user@host ~/x (main) $ ",
            "$> ",
            "→ ",
            "→ ~ ",
            "❯ ",
            "➜ ",
            "➤ ",
            "▶ ",
            "› ",
            "host$ ",
            "node-1# ",
            "bash$ ",
            "host> ",
            "ana % ",
            "-bash-4.2$ ",
            "12:00:01 user@host:~$ ",
            "[12:00:01] $ ",
            "└─$ ",
            "[root@host ~]#",
            "root@host:~#",
            "user@host:~$",
        ] {
            let text = format!("{prompt}kubectl get ns\nNAME STATUS\n{prompt}helm list\nNAME");
            let commands = Some("kubectl get ns\nhelm list".to_owned());
            assert_eq!(console(&text), commands, "{prompt}");
            assert_eq!(bash(&text), commands, "{prompt}");
        }
        // Behind a prompt that is known by then, any command counts.
        assert_eq!(
            console("host$ kubectl get ns\nhost$ release-it now\nother$ no command").unwrap(),
            "kubectl get ns\nrelease-it now"
        );
        assert_eq!(
            console("/ # ls\n/ # release-it\n/ # exit").unwrap(),
            "ls\nrelease-it\nexit"
        );
        assert_eq!(
            console("% release-it now\n% ls").unwrap(),
            "release-it now\nls"
        );
    }

    #[test]
    fn output_that_looks_like_a_prompt_is_none() {
        for output in [
            "% Total    % Received % Xferd",
            "→ done",
            "➜  Local:   http://localhost:5173/",
            "› 3 files",
            "▶ running",
            "total$ 5",
            "step1# more",
            "app> build",
            "50 % done",
            "#1 kept",
        ] {
            let text = format!("$ curl -O https://x\n{output}\n$ ls");
            assert_eq!(console(&text).unwrap(), "curl -O https://x\nls", "{output}");
        }
        for script in [
            "/opt/run.sh # kubectl get pods",
            "ls ~/srv # list it",
            "/opt/run.sh # at night",
            "$kubectl get pods",
            "${RUN} a",
            "echo 5 $ more",
            "#kubectl get pods",
        ] {
            assert_eq!(bash(script), None, "{script}");
        }
    }

    #[test]
    fn behind_root_s_prompt_no_blank_is_needed() {
        for text in [
            "#systemctl restart x",
            "# id\n#systemctl restart x\nok",
            "$ sudo -i\n#systemctl restart x\nok\n#exit",
            "$ chroot /mnt\n# systemctl restart x\n# exit",
            "[root@h ~]#systemctl restart x\nok",
            "$systemctl restart x\nok",
        ] {
            let commands = console(text).unwrap();
            assert!(commands.contains("systemctl restart x"), "{text}");
            assert!(
                !commands.contains(['#', '$']) && !commands.contains("ok"),
                "{text}"
            );
        }
        // A comment without a blank stays with its command.
        assert_eq!(
            console("#Stop it\n$ systemctl stop api").unwrap(),
            "#Stop it\nsystemctl stop api"
        );
    }
}
