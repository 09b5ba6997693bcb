//! Recorded sessions: a fence marked as console, or one whose first line begins with a `$ ` prompt. Only the commands
//! are taken; prompts and output are left out.

use super::{
    console_session::{ConsoleSession, DOUBTED_MAX},
    guess,
    known_prompts::KnownPrompts,
    opened_shell::{is_exit, opens_client, opens_shell},
    prompt::{PromptSign, prompted},
    shell_syntax::{ShellSyntax, heredocs},
    sql_prompt::sql_prompted,
    sql_session,
};
use crate::domain::vocabulary::StepType;

/// The most lines of a here-document; a longer one is taken for none.
const HEREDOC_MAX: usize = 200;
/// The most bytes of a client's prompt.
const PROMPT_MAX: usize = 100;

struct SessionReader<'a> {
    lines: std::iter::Peekable<std::str::Lines<'a>>,
    sign: PromptSign,
    prompts: KnownPrompts<'a>,
    taken: Vec<&'a str>,
    /// The last command opened a client, which has prompts of its own.
    is_client_open: bool,
    session: ConsoleSession,
}

impl<'a> SessionReader<'a> {
    /// Takes a command that begins with `first`, and the lines it goes on in.
    fn command(&mut self, first: &'a str) {
        let mut syntax = ShellSyntax::default();
        let mut next = Some(first);
        while let Some(line) = next {
            self.taken.push(line);
            for word in heredocs(line) {
                self.heredoc(word);
            }
            if !syntax.goes_on(line) {
                break;
            }
            let (sign, prompts) = (self.sign, &self.prompts);
            // Behind `> ` a command also goes on in lines that begin with it.
            let line = self.lines.next_if(|it| {
                sign == PromptSign::Angle || prompts.behind(it.trim_start(), sign).is_none()
            });
            next = line.map(without_second_prompt);
        }
    }

    /// Takes a here-document, if the word that ends it is there. Without it nobody knows what was typed.
    fn heredoc(&mut self, word: &str) {
        let has_prompts = self.lines.peek().is_some_and(|it| it.starts_with("> "));
        let plain = |line: &'a str| {
            if has_prompts {
                without_second_prompt(line)
            } else {
                line
            }
        };
        let is_end = |line: &'a str| plain(line).trim() == word;
        if !self.lines.clone().take(HEREDOC_MAX).any(is_end) {
            self.session.is_doubtful = true;
            return;
        }
        for line in self.lines.by_ref() {
            self.taken.push(plain(line));
            if is_end(line) {
                return;
            }
        }
    }

    fn output(&mut self, line: &str) {
        self.session.n_left_out += 1;
        if !self.session.is_doubtful && self.session.n_left_out <= DOUBTED_MAX {
            let is_statement = sql_prompted(line).is_some_and(|it| !it.statement.is_empty())
                || self.is_client_open && is_behind_client_prompt(line);
            self.session.is_doubtful = is_statement || guess::is_command(line);
        }
    }
}

/// Whether a line looks like one behind the prompt of some client: `127.0.0.1:6379> FLUSHALL`, `>>> x()`, `In [1]: x`.
fn is_behind_client_prompt(line: &str) -> bool {
    let line = line.trim_start();
    [">", ")", "]:"].iter().any(|sign| {
        let parts = line.split_once(&format!("{sign} "));
        parts.is_some_and(|(head, statement)| {
            let is_prompt = head.len() <= PROMPT_MAX && !head.contains(['<', '"']);
            // `(gdb) x`, but not "(1 row) x" of any output.
            let is_word = *sign != ")" || head.starts_with('(') && !head.contains(' ');
            is_prompt && is_word && !statement.trim().is_empty()
        })
    })
}

fn without_second_prompt(line: &str) -> &str {
    let trimmed = line.trim_start();
    trimmed
        .strip_prefix("> ")
        .unwrap_or(if trimmed == ">" { "" } else { line })
}

/// Whether a line is a comment: `# Stop it` or `#Stop it`, but not `#1` of some output.
fn is_comment(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|it| it.starts_with([' ', '\t']) || it.starts_with(char::is_alphabetic))
}

/// The commands of a shell session. None if no line has a prompt. `is_console` says that the fence is marked as one:
/// then `# ` at the start of a line may be the prompt of root. In any other fence the first line that is no comment
/// decides.
fn shell(text: &str, is_console: bool) -> Option<ConsoleSession> {
    let lines = || {
        text.lines()
            .map(str::trim_start)
            .filter(|it| !it.is_empty())
    };
    let prompts = KnownPrompts::of(text, is_console);
    let is_user = |line: &str| prompts.behind(line, PromptSign::User).is_some();
    // A comment in a bash block begins with `# `, so only a prompt with a host's name tells a root shell there.
    let is_root = |line: &str| {
        let command = prompts.behind(line, PromptSign::Root);
        command.is_some_and(|it| !line.starts_with('#') || is_console && guess::is_command(it))
    };
    let is_angle = |line: &str| {
        let line = prompted(line, PromptSign::Angle);
        line.is_some_and(|it| guess::is_command(it.command))
    };
    let mut first = lines().filter(|it| is_root(it) || !it.starts_with('#'));
    let sign = if is_console && lines().any(is_user)
        || !is_console && first.clone().next().is_some_and(is_user)
    {
        PromptSign::User
    } else if is_console && lines().any(is_root) || !is_console && first.next().is_some_and(is_root)
    {
        PromptSign::Root
    } else if is_console && lines().any(is_angle) {
        PromptSign::Angle
    } else {
        return None;
    };
    let mut reader = SessionReader {
        lines: text.lines().peekable(),
        sign,
        prompts,
        taken: Vec::new(),
        is_client_open: false,
        session: ConsoleSession::default(),
    };
    let mut comments = Vec::new();
    // How many shells are open that the session's commands opened.
    let mut n_shells = 0_u32;
    while let Some(line) = reader.lines.next() {
        let trimmed = line.trim_start();
        let own = reader.prompts.behind(trimmed, sign);
        if own.is_some() {
            n_shells = 0;
        }
        let is_root_open = n_shells > 0;
        let command = own.or_else(|| {
            // `sudo -i` turns `host$` into `host#`, and `$` into `#`.
            let line = prompted(trimmed, PromptSign::Root)?;
            let is_prompt = if trimmed.starts_with('#') {
                is_root_open && (guess::is_command(line.command) || is_exit(line.command))
            } else {
                reader.prompts.include(&line)
            };
            is_prompt.then_some(line.command)
        });
        match command.map(str::trim_end) {
            Some("") => {}
            Some(command) => {
                if opens_shell(command) {
                    n_shells += 1;
                } else if is_exit(command) {
                    n_shells = n_shells.saturating_sub(1);
                }
                reader.is_client_open = opens_client(command);
                reader.taken.append(&mut comments);
                reader.command(command);
            }
            None if trimmed.is_empty() => {}
            // A comment above a command is kept with it. What reads like a command may be one of root.
            None if is_comment(trimmed) => {
                reader.session.is_doubtful |=
                    is_root_open || guess::is_command(trimmed.trim_start_matches(['#', ' ']));
                comments.push(trimmed);
            }
            None => {
                comments
                    .drain(..)
                    .for_each(|it| reader.output(it.trim_start_matches(['#', ' '])));
                reader.output(line);
            }
        }
    }
    reader.session.n_left_out += comments.len();
    reader.session.commands = reader.taken.join("\n");
    (!reader.session.commands.is_empty()).then_some(reader.session)
}

/// Whether a line has a prompt before a command. In a block that is no session it should not.
pub fn has_prompt(text: &str, kind: StepType) -> bool {
    if kind == StepType::Sql {
        return sql_session::has_prompt(text);
    }
    let mut commands = text
        .lines()
        .filter_map(|it| it.trim_start().strip_prefix("$ "));
    commands.any(guess::is_command)
}

/// The commands of a block that is a session, and their kind. None if the block is no session: then all of it counts.
pub fn session(text: &str, kind: StepType, is_console: bool) -> Option<(StepType, ConsoleSession)> {
    let of_sql = |is_sql: bool| sql_session::statements(text, is_sql).map(|it| (StepType::Sql, it));
    match kind {
        StepType::Text => None,
        StepType::Sql => of_sql(true),
        StepType::Bash if is_console => {
            of_sql(false).or_else(|| shell(text, true).map(|it| (kind, it)))
        }
        StepType::Bash => shell(text, false).map(|it| (kind, it)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bash(text: &str) -> Option<(String, usize)> {
        session(text, StepType::Bash, false).map(|it| (it.1.commands, it.1.n_left_out))
    }

    fn console(text: &str) -> Option<(String, usize)> {
        session(text, StepType::Bash, true).map(|it| (it.1.commands, it.1.n_left_out))
    }

    fn taken(commands: &str, n_left_out: usize) -> (String, usize) {
        (commands.to_owned(), n_left_out)
    }

    #[test]
    fn behind_a_prompt_is_a_command_and_the_rest_is_output() {
        let text = "$ kubectl get pods\nNAME   READY\napi-0  1/1\n\n$ kubectl logs api-0\nok\n";
        assert_eq!(
            bash(text),
            Some(taken("kubectl get pods\nkubectl logs api-0", 3))
        );
        assert_eq!(console(text), bash(text));
        assert_eq!(bash("  $ ls\n  a\n  $ pwd"), Some(taken("ls\npwd", 1)));
        for prompt in [
            "user@host:~$ ",
            "[ana@host ~]$ ",
            "[root@host ~]# ",
            "root@host:/srv# ",
            "bash-5.1$ ",
            "sh-4.4# ",
            "(venv) $ ",
            "$ ",
        ] {
            assert_eq!(
                bash(&format!("{prompt}ls -l\ntotal 0")),
                Some(taken("ls -l", 1)),
                "{prompt}"
            );
        }
        assert_eq!(console("% ls\na"), Some(taken("ls", 1)));
        assert_eq!(console("❯ ls\na"), Some(taken("ls", 1)));
        assert_eq!(bash("% ls\na"), Some(taken("ls", 1)));
        assert_eq!(bash("% of all"), None);
    }

    #[test]
    fn a_block_without_prompts_is_no_session() {
        for text in [
            "kubectl get pods",
            "# a comment\nls",
            "echo \"$ 5\"\n",
            "cat <<X\n$ no prompt\nX",
            "$HOME/run.sh",
            "${RUN}",
            "$(which ls)",
            "",
        ] {
            assert_eq!(bash(text), None, "{text}");
        }
        assert_eq!(console("# stop the service\nsystemctl stop api"), None);
        assert_eq!(console("kubectl get pods"), None);
    }

    #[test]
    fn a_command_takes_the_lines_it_goes_on_in() {
        let text =
            "$ helm upgrade api ./chart \\\n    --set a=b \\\n>   --wait\nRelease upgraded\n$ true";
        assert_eq!(
            bash(text),
            Some(taken(
                "helm upgrade api ./chart \\\n    --set a=b \\\n  --wait\ntrue",
                1
            ))
        );
        let text = "$ cat <<'EOF' > a\nfirst\n$ second\nEOF\n$ kubectl patch x -p '{\n  \"a\": 1\n}'\npatched";
        assert_eq!(
            bash(text),
            Some(taken(
                "cat <<'EOF' > a\nfirst\n$ second\nEOF\nkubectl patch x -p '{\n  \"a\": 1\n}'",
                1
            ))
        );
        let text = "$ for i in 1 2; do\n>   echo $i\n> done\n1\n2";
        assert_eq!(
            bash(text),
            Some(taken("for i in 1 2; do\n  echo $i\ndone", 2))
        );
        let text = "$ for i in 1 2; do\n  echo $i\ndone\n1\n2";
        assert_eq!(
            bash(text),
            Some(taken("for i in 1 2; do\n  echo $i\ndone", 2))
        );
        assert_eq!(
            bash("$ kubectl get pods |\n  grep api\napi-0"),
            Some(taken("kubectl get pods |\n  grep api", 1))
        );
        assert_eq!(
            bash("$ echo it \\# 'a # b' # it's\nout"),
            Some(taken("echo it \\# 'a # b' # it's", 1))
        );
    }

    #[test]
    fn a_command_that_is_complete_takes_no_more() {
        let npm = "$ npm run build\n> app@1.0.0 build\n> tsc";
        assert_eq!(bash(npm), Some(taken("npm run build", 2)));
        for command in [
            "echo do it if you can",
            "echo for ever",
            "ls | wc",
            "a && b",
            "f() { ls; }",
            "for i in 1 2\ndo ls\ndone",
            "f() {\n  ls\n}",
            "if a; then\n  b\nelif c; then\n  d\nfi",
            "(\nls\n)",
        ] {
            let text = format!("$ {command}\nout");
            assert_eq!(bash(&text), Some(taken(command, 1)));
        }
        let quoted = "$ cat <<X\nmail\n> quoted\nX\nmail";
        assert_eq!(bash(quoted), Some(taken("cat <<X\nmail\n> quoted\nX", 1)));
    }

    #[test]
    fn root_s_prompt_counts_in_a_console_and_a_comment_stays_with_its_command() {
        assert_eq!(
            console("# systemctl restart api\n# systemctl status api\nactive"),
            Some(taken("systemctl restart api\nsystemctl status api", 1))
        );
        assert_eq!(
            console("# Stop it\n$ systemctl stop api\n# the end"),
            Some(taken("# Stop it\nsystemctl stop api", 1))
        );
        assert_eq!(
            bash("# Stop it\n$ systemctl stop api\nstopped"),
            Some(taken("# Stop it\nsystemctl stop api", 1))
        );
        assert_eq!(
            console("ana@a:~$ sudo -i\nroot@a:~# reboot"),
            Some(taken("sudo -i\nreboot", 0))
        );
    }

    #[test]
    fn behind_a_command_that_opens_a_shell_root_s_prompt_counts() {
        for opening in [
            "sudo -i",
            "sudo su -",
            "su",
            "su - root",
            "sudo -s",
            "sudo bash",
            "doas -s",
            "ssh db-1",
            "ssh -A root@db-1",
            "kubectl exec -it api-0 -- bash",
            "docker exec -ti db /bin/sh",
            "oc rsh api-0",
        ] {
            for output in ["", "Password:\n", "Last login: today\n\n"] {
                let text = format!(
                    "$ {opening}\n{output}# systemctl stop api\nstopped\n# systemctl start api\n# exit\n$ uptime"
                );
                let commands =
                    format!("{opening}\nsystemctl stop api\nsystemctl start api\nexit\nuptime");
                let n_left_out = 1 + output.lines().filter(|it| !it.is_empty()).count();
                assert_eq!(console(&text), Some(taken(&commands, n_left_out)), "{text}");
                assert_eq!(bash(&text), console(&text));
            }
        }
    }

    #[test]
    fn a_comment_that_reads_like_a_command_is_doubtful() {
        let doubt = |text: &str| session(text, StepType::Bash, true).unwrap().1.is_doubtful;
        for text in [
            "$ kubectl rollout restart deploy/api \\\n>   -n acme\n# systemctl restart x",
            "$ uptime\n# systemctl stop api\n$ uptime",
            "$ uptime\n# kubectl get pods",
            "# rm -rf /srv/old\n$ ls /srv",
            "$ ssh db-1 uptime\n# reboot now\n# kubectl get pods",
            "$ sudo -i\n# start the service",
        ] {
            assert!(doubt(text), "{text}");
        }
        for text in [
            "# Stop it\n$ systemctl stop api\n# the end",
            "$ sudo -i\n# systemctl stop api",
            "$ uptime\n# make sure that it is up",
        ] {
            assert!(!doubt(text), "{text}");
        }
    }

    #[test]
    fn prompts_of_other_shells_are_known_in_a_console() {
        for prompt in [
            "> ",
            "➜  ~ ",
            "➜ ",
            "➜  app git:(main) ",
            "➜  app git:(main) ✗ ",
            "PS C:\\> ",
            "PS /home/ana> ",
            "C:\\Users\\x> ",
            "C:\\>",
            "» ",
            "λ ",
            "ana@host ~> ",
            "ana@host> ",
        ] {
            let text = format!("{prompt}kubectl get ns\nNAME STATUS\n{prompt}helm list\n");
            assert_eq!(
                console(&text),
                Some(taken("kubectl get ns\nhelm list", 1)),
                "{prompt}"
            );
        }
        assert_eq!(
            console("> helm upgrade api ./chart \\\n>   --wait\nok"),
            Some(taken("helm upgrade api ./chart \\\n  --wait", 1))
        );
        for text in ["> quoted text", "a > b", "Ana <ana@x.org> wrote", "> tsc"] {
            assert_eq!(console(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_without_a_prompt_that_reads_like_a_command_is_doubtful() {
        let doubt = |text: &str| session(text, StepType::Bash, false).unwrap().1.is_doubtful;
        assert!(doubt("$ cd /srv\ngit pull"));
        assert!(doubt("$ psql\npostgres=# SELECT 1;"));
        for text in [
            "$ redis-cli\n127.0.0.1:6379> FLUSHALL\nOK",
            "$ python3\n>>> x()",
            "$ mongosh\nrs0 [direct: primary] test> db.x.drop()",
            "$ ipython\nIn [1]: x()",
        ] {
            assert!(doubt(text), "{text}");
        }
        assert!(!doubt("$ redis-cli ping\nPONG"));
        assert!(!doubt("$ git pull\nAlready up to date."));
    }

    #[test]
    fn here_documents_are_taken_up_to_their_words() {
        for (text, commands) in [
            (
                "$ cat >> f <<\"END OF\"\nx\nEND OF\nout\n$ ls",
                "cat >> f <<\"END OF\"\nx\nEND OF\nls",
            ),
            (
                "$ cat <<A <<B\n1\nA\n2\nB\nout\n$ ls",
                "cat <<A <<B\n1\nA\n2\nB\nls",
            ),
        ] {
            assert_eq!(console(text), Some(taken(commands, 1)), "{text}");
        }
        let open = "$ cat <<EOF\nx\n$ ls";
        assert!(session(open, StepType::Bash, true).unwrap().1.is_doubtful);
    }
}
