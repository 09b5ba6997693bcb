//! What a text without a named language reads like. Used for fenced blocks that name none: the person is asked.

use crate::domain::vocabulary::StepType;

/// How many lines are looked at.
const LINES_MAX: usize = 200;

/// Commands that begin a line of a script and hardly ever a line of prose or output.
const COMMANDS: &str = " ansible ansible-playbook apk apt apt-get argocd awk aws az base64 bash brew bundle calicoctl cargo \
cd ceph certbot chgrp chmod chown cilium consul cp createdb createuser crictl crontab ctr curl date dd df dig dnf docker \
docker-compose dropdb du echo ed egrep env etcdctl eval exec export fdisk flux flyway gcloud getent git gpg grep gsutil \
gunzip gzip head helm helmfile hostname id ifconfig ip iptables istioctl java journalctl jq k3s k9s kill kinit kops \
krew kubeadm kubectl kubectx kubens kustomize ldapsearch less liquibase ln ls lsblk lsof make md5sum minikube mkdir mkfs \
mongo mongodump mongosh mount mv mvn mysql mysqladmin mysqldump nc netstat nginx node nodetool nomad npm npx nslookup nvm \
oc openssl pacman patronictl pg_basebackup pg_ctl pg_dump pg_dumpall pg_restore pgbench php ping pip pip3 pkill pnpm podman \
printf ps psql pwd python python3 rabbitmqctl rails rake rclone redis-cli restic rm rmdir rpm rsync rvm sc scp sed \
service sha256sum sh skopeo sleep snap sops source sqlcmd sqlite3 sqlplus ss ssh ssh-keygen su sudo supervisorctl sysctl systemctl tail tar tcpdump \
tee telnet terraform terragrunt timeout top touch tr truncate umount uname unset unzip vault vim virsh watch wget which \
whoami xargs yarn yq yum zcat zfs zip zpool zypper ";

/// Commands that are common words, too. They count only with something behind them that reads like an argument.
const AMBIGUOUS: &str = " date dig head hostname id less mount node ps service sleep snap source tail tee timeout top touch \
watch which yarn ";

/// Words of the shell's own grammar. They count only beside a command.
const GRAMMAR: &str = " for while until if then else elif fi do done case esac function set unset local return exit trap read wait \
{ } ( ) [ [[ ! ;; test time ";

/// Words of the grammar that may stand before a command.
const BEFORE_COMMAND: &str = " if elif while until then else do time ! ";

fn contains_word(list: &str, word: &str) -> bool {
    !word.is_empty() && !word.contains(' ') && list.contains(&format!(" {word} "))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty()
            && !key.starts_with(|it: char| it.is_ascii_digit())
            && key
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '_')
    })
}

/// Whether a line begins with a command, such as `kubectl get pods` or `FOO=1 ./run.sh`.
pub fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|it| is_assignment(it));
    let Some(first) = words.next() else {
        return false;
    };
    let second = words.next().unwrap_or_default();
    // A path is a command if it is a script or has arguments; alone it may be a list of files.
    let is_relative = ["./", "../", "~/"].iter().any(|it| first.starts_with(it));
    let is_absolute = ["/usr/", "/opt/", "/bin/", "/sbin/", "/etc/init.d/"]
        .iter()
        .any(|it| first.starts_with(it));
    let file = first.rsplit('/').next().unwrap_or_default();
    let is_script = [".sh", ".py", ".pl", ".rb"]
        .iter()
        .any(|it| file.ends_with(it));
    let is_path = !file.is_empty()
        && !first.contains(':')
        && (is_relative && (is_script || !file.contains('.'))
            || is_absolute && (is_script || !second.is_empty()));
    let is_word = contains_word(COMMANDS, first.trim_end_matches(';'));
    // Words that also begin an English sentence or the head of a table: "make sure", "date of birth", "id | name".
    let is_ambiguous = contains_word(AMBIGUOUS, first);
    let is_argument = second.is_empty()
        || second.contains(['/', '.'])
        || second.starts_with(['-', '$', '"', '\'', '+'])
        || second.starts_with(|it: char| it.is_ascii_digit())
        || contains_word(COMMANDS, second);
    let is_prose = matches!(
        second,
        "sure"
            | "the"
            | "an"
            | "is"
            | "are"
            | "of"
            | "that"
            | "this"
            | "="
            | ":"
            | "-"
            | "->"
            | "|"
    ) && !matches!(first, "cd" | "echo" | "grep");
    (is_word || is_path) && !is_prose && (!is_ambiguous || is_argument)
}

/// Whether a line that begins with the shell's grammar has a command in it: `for i in 1 2; do ssh host$i; done`.
fn has_command(line: &str) -> bool {
    let mut parts = line
        .split("||")
        .flat_map(|it| it.split([';', '&', '(', '{']));
    parts.any(|part| {
        let mut rest = part.trim_start();
        while let Some((word, behind)) = rest.split_once(' ')
            && contains_word(BEFORE_COMMAND, word)
        {
            rest = behind.trim_start();
        }
        is_command(rest)
    })
}

/// Whether a text without a language reads like a shell script: it begins with a command, and half of its lines do.
fn is_shell(text: &str) -> bool {
    if text.starts_with("#!") {
        return text.lines().next().is_some_and(|it| it.contains("sh"));
    }
    let (mut n_lines, mut n_commands, mut n_grammar) = (0_u32, 0_u32, 0_u32);
    let mut continues = false;
    for line in text.lines().map(str::trim).take(LINES_MAX) {
        let was_continued = continues;
        continues = line.ends_with(['\\', '|']) || line.ends_with("&&");
        if line.is_empty() || line.starts_with('#') || was_continued {
            continue;
        }
        n_lines += 1;
        let first = line.split_whitespace().next().unwrap_or_default();
        let line = line.trim_start_matches(['(', '{', ' ']);
        let is_grammar = contains_word(GRAMMAR, first.trim_end_matches(';'));
        if is_command(line) || is_grammar && has_command(line) {
            n_commands += 1;
        } else if is_grammar || is_assignment(first) || first.starts_with(['-', '|']) {
            n_grammar += 1;
        } else if n_commands + n_grammar == 0 {
            return false;
        }
    }
    n_commands > 0 && (n_commands + n_grammar) * 2 >= n_lines
}

/// Whether a text reads like SQL: it begins with a statement and has a semicolon at the end of a line.
fn is_sql(text: &str) -> bool {
    let code = text
        .lines()
        .map(str::trim)
        .find(|it| !it.is_empty() && !it.starts_with("--"));
    let words: Vec<String> = code
        .unwrap_or_default()
        .split_whitespace()
        .take(2)
        .map(|it| it.trim_end_matches(';').to_ascii_lowercase())
        .collect();
    let first = words.first().map_or("", String::as_str);
    let second = words.get(1).map_or("", String::as_str);
    let is_statement = match first {
        "select" | "with" | "update" | "explain" | "begin" | "commit" | "vacuum" | "analyze"
        | "truncate" | "reindex" | "grant" | "revoke" | "call" | "merge" | "use" | "show"
        | "set" => true,
        "insert" | "replace" => second == "into",
        "delete" => second == "from",
        "alter" | "create" | "drop" => !second.is_empty(),
        _ => false,
    };
    is_statement && text.lines().any(|it| it.trim_end().ends_with(';'))
}

/// What a text reads like; none if it reads like neither.
pub fn script(text: &str) -> Option<StepType> {
    if is_shell(text) {
        Some(StepType::Bash)
    } else if is_sql(text) {
        Some(StepType::Sql)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_read_like_shell() {
        for text in [
            "kubectl get pods -n acme",
            "# stop it first\nsystemctl stop api\nsystemctl start api",
            "#!/usr/bin/env bash\nanything at all",
            "export KUBECONFIG=~/.kube/config\nkubectl get nodes",
            "FOO=1 ./run.sh --now",
            "for pod in a b; do\n  kubectl delete pod $pod\ndone",
            "helm upgrade api ./chart \\\n  --set image.tag=2 \\\n  --wait",
            "curl -s https://api.example.com/health | jq .status",
            "sudo -u postgres psql -c 'SELECT 1'",
            "./deploy.sh prod",
            "./gradlew build",
            "/opt/app/bin/migrate --now",
            "set -e\nmake install",
            "watch kubectl get pods",
            "for i in 1 2 3; do ssh host$i uptime; done",
            "while true; do kubectl get pods; sleep 5; done",
            "if kubectl get ns acme; then echo yes; fi",
            "set -euo pipefail\nfor f in *.sql; do psql -f $f; done",
            "! grep -q x y",
            "until nc -z db 5432; do sleep 1; done",
            "for pod in $(kubectl get pods -o name); do\n  echo $pod\ndone",
            "[ -f /tmp/x ] && rm /tmp/x",
            "test -d /srv || mkdir /srv",
            "time kubectl get pods",
            "while ! curl -sf localhost/healthz; do\n  sleep 1\ndone",
            "function check { kubectl get pods; }",
            "service nginx restart\ntail -f /var/log/nginx/error.log",
        ] {
            assert_eq!(script(text), Some(StepType::Bash), "{text}");
        }
    }

    #[test]
    fn statements_read_like_sql() {
        for text in [
            "SELECT count(*)\nFROM users;",
            "-- first\nBEGIN;\nUPDATE users SET a = 1;\nCOMMIT;",
            "alter table users add column x int;",
        ] {
            assert_eq!(script(text), Some(StepType::Sql), "{text}");
        }
    }

    #[test]
    fn output_configuration_and_prose_read_like_neither() {
        for text in [
            "NAME    READY   STATUS\napi-0   1/1     Running",
            "{\n  \"a\": 1\n}",
            "replicas: 3\nimage: api",
            "DB_HOST=db\nDB_PORT=5432",
            "make sure that no user is logged in",
            "for example: the first one",
            "if it is red, wait; then ask Ana",
            "time | id\n1 | 2",
            "time date value\n1 2 3",
            "until Friday",
            "return 0",
            "Update the ticket",
            "deployment.apps/api restarted",
            "./a.txt\n./b.txt",
            "/usr/local/bin/kubectl",
            "src/\n  main.rs\n  lib.rs",
            "Select the cluster in the menu",
            "https://grafana.example.com/d/abc",
            "id | name\n---+-----\n 1 | a",
            "id  status\n1   ok",
            "error: unable to connect",
            "",
        ] {
            assert_eq!(script(text), None, "{text}");
        }
    }
}
