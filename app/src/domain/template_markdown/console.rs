//! Recorded sessions: a fence marked as console, or one whose first line begins with a `$ ` prompt. Only the commands
//! are taken; prompts and output are left out.

use super::{
    console_session::ConsoleSession,
    guess,
    known_prompts::KnownPrompts,
    opened_shell::{is_exit, opens_client, opens_shell},
    prompt::{PromptSign, prompted},
    root_prompt::{self, RootLine, root_line},
    session_reader::SessionReader,
    sql_session,
};
use crate::domain::vocabulary::StepType;

/// Whether a line is a comment: `# Stop it` or `#Stop it`, but not `#1` of some output.
fn is_comment(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|it| it.starts_with([' ', '\t']) || it.starts_with(char::is_alphabetic))
}

/// Which sign ends the prompts of a session; none if the text is no session.
fn session_sign(text: &str, prompts: &KnownPrompts<'_>, is_console: bool) -> Option<PromptSign> {
    let lines = || {
        text.lines()
            .map(str::trim_start)
            .filter(|it| !it.is_empty())
    };
    let is_user = |line: &str| prompts.behind(line, PromptSign::User).is_some();
    // A comment in a bash block begins with `# `, so only a prompt with a host's name tells a root shell there.
    let is_root = |line: &str| {
        let command = prompts.behind(line, PromptSign::Root);
        command.is_some_and(|it| {
            let is_command = || !it.trim().is_empty() && root_line(it) == RootLine::Command;
            !line.starts_with('#') || is_console && is_command()
        })
    };
    let is_angle = |line: &str| {
        let line = prompted(line, PromptSign::Angle);
        line.is_some_and(|it| guess::is_command(it.command))
    };
    let mut first = lines().filter(|it| is_root(it) || !it.starts_with('#'));
    if is_console && lines().any(is_user)
        || !is_console && first.clone().next().is_some_and(is_user)
    {
        Some(PromptSign::User)
    } else if is_console && lines().any(is_root) || !is_console && first.next().is_some_and(is_root)
    {
        Some(PromptSign::Root)
    } else if is_console && lines().any(is_angle) {
        Some(PromptSign::Angle)
    } else {
        None
    }
}

/// Whether `#` alone is the prompt of root in a text: no prompt of root there names a place, as `[root@host ~]# ` does.
fn is_bare_root(text: &str, prompts: &KnownPrompts<'_>) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    !lines.any(|it| !it.starts_with('#') && prompts.behind(it, PromptSign::Root).is_some())
}

/// The commands of a shell session. None if no line has a prompt. `is_console` says that the fence is marked as one:
/// then `# ` at the start of a line may be the prompt of root, if no line without it may be a command. In any other fence the
/// first line that is no comment decides.
fn shell(text: &str, is_console: bool) -> Option<ConsoleSession> {
    let prompts = KnownPrompts::of(text, is_console);
    let sign = session_sign(text, &prompts, is_console)?;
    let is_bare_root = sign == PromptSign::Root && is_bare_root(text, &prompts);
    let mut reader = SessionReader {
        lines: text.lines().peekable(),
        sign,
        prompts,
        taken: Vec::new(),
        is_client_open: false,
        is_bare_root,
        has_other_command: false,
        session: ConsoleSession::default(),
    };
    let mut comments = Vec::new();
    // How many shells are open that the session's commands opened.
    let mut n_shells = 0_u32;
    while let Some(line) = reader.lines.next() {
        let trimmed = line.trim_start();
        let is_bare = trimmed.starts_with('#');
        // Where the prompts of root name a place, a bare `#` begins a comment.
        let is_comment_sign = is_bare && sign == PromptSign::Root && !is_bare_root;
        let own = reader.prompts.behind(trimmed, sign);
        let own = own.filter(|_| !is_comment_sign);
        if own.is_some() {
            n_shells = 0;
        }
        let is_root_open = n_shells > 0;
        let command = own.or_else(|| {
            // `sudo -i` turns `host$` into `host#`, and `$` into `#`.
            let line = prompted(trimmed, PromptSign::Root)?;
            let is_prompt = if is_bare {
                is_root_open && root_line(line.command) == RootLine::Command
            } else {
                reader.prompts.include(&line)
            };
            is_prompt.then_some(line.command)
        });
        let command = command.map(str::trim_end);
        let judged = command.filter(|_| is_bare && is_bare_root).map(root_line);
        reader.session.is_doubtful |= judged == Some(RootLine::Unclear);
        match command.filter(|_| judged != Some(RootLine::Comment)) {
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
            // Nothing tells such a comment from a command but its words, so it is never taken for output.
            None if is_bare_root && is_comment(trimmed) => {
                reader.session.is_doubtful |= root_prompt::is_doubtful_comment(trimmed);
                reader.taken.push(trimmed);
            }
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
    if reader.has_other_command {
        return None;
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
        for text in ["❯ ./go\n❯ two\na", "› ./go\na\n› two\n"] {
            assert_eq!(bash(text), Some(taken("./go\ntwo", 1)), "{text}");
        }
        assert_eq!(bash("echo 1\n❯ two"), None);
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
    fn of_a_bare_root_session_comments_stay_and_what_is_unclear_is_asked_about() {
        let read = |text: &str| {
            let session = session(text, StepType::Bash, true).unwrap().1;
            (session.commands, session.is_doubtful)
        };
        let text = "# systemctl stop api\n# Wait until all is stopped\n# reboot only if the kernel changed";
        let commands =
            "systemctl stop api\n# Wait until all is stopped\n# reboot only if the kernel changed";
        assert_eq!(read(text), (commands.to_owned(), false));
        assert_eq!(
            read(&format!("{text}\n# own-tool purge")),
            (format!("{commands}\nown-tool purge"), true)
        );
        // It begins with a command, so somebody should look.
        let text = "# systemctl stop api\n# kubectl context must be prod-eu\nstopped";
        let commands = "systemctl stop api\n# kubectl context must be prod-eu";
        assert_eq!(read(text), (commands.to_owned(), true));
        // With a prompt that names a place, a bare sign begins a comment.
        let text = "[root@a ~]# systemctl stop api\n# Wait until all is stopped\n[root@a ~]# own-tool purge";
        let commands = "systemctl stop api\n# Wait until all is stopped\nown-tool purge";
        assert_eq!(read(text), (commands.to_owned(), false));
        assert_eq!(bash(text), Some(taken(commands, 0)));
        // Behind `sudo -i`, too.
        let text = "$ sudo -i\n# kubectl context must be prod-eu\n# systemctl stop api";
        let commands = "sudo -i\n# kubectl context must be prod-eu\nsystemctl stop api";
        assert_eq!(read(text), (commands.to_owned(), true));
    }

    #[test]
    fn a_bare_sign_is_no_prompt_beside_other_lines_that_may_be_commands() {
        for text in [
            "# kubectl get pods shows all\nown-tool sync",
            "# systemctl stop api\nown-tool status",
            "# systemctl stop api\n./own restart api",
            "# kubectl get ns\nown-tool apply --all\n# kubectl get pods",
        ] {
            assert_eq!(console(text), None, "{text}");
        }
        let table = "# kubectl get pods\nNAME READY STATUS\napi-0 1/1 Running\n# helm list";
        assert_eq!(
            console(table),
            Some(taken("kubectl get pods\nhelm list", 2))
        );
        let open = "# kubectl get pods |\n  grep api\napi-0\n# cat <<EOF > x\nown-tool run\nEOF";
        let commands = "kubectl get pods |\n  grep api\ncat <<EOF > x\nown-tool run\nEOF";
        assert_eq!(console(open), Some(taken(commands, 1)));
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
