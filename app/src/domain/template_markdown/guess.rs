//! What a text without a named language reads like. Used for fenced blocks that name none: the person is asked.

use super::shell_syntax::{ShellSyntax, heredocs};
use crate::domain::vocabulary::StepType;

/// How many lines are looked at.
const LINES_MAX: usize = 200;

/// Commands that begin a line of a script and hardly ever a line of prose or output.
const COMMANDS: &str = " alembic alias ansible ansible-playbook ansible-vault apachectl apk apt apt-get apt-key apt-mark \
arangodump argo argocd awk aws az barman base64 bash blkid brew buildah bundle calicoctl cargo cat cd cdk ceph certbot \
chage chef-client chgrp chmod chown chpasswd chronyc chroot cilium clickhouse-client cmake command composer conntrack \
consul cosign cp cqlsh crane createdb createuser crictl crm crontab ctr curl cut date dd df diff dig dmesg dmidecode dnf \
docker docker-compose dotnet dpkg dpkg-reconfigure drbdadm dropdb drush du e2fsck echo ed egrep eksctl env etcdctl etcdutl \
ethtool eval exec export fdisk file find firewall-cmd flask flux flyway fsck gcc gcloud getent getfacl gh gh-ost git \
gitlab-ctl gitlab-rake glab gpg gpg2 gradle grep groupadd grpcurl gsutil gunzip gzip haproxy head helm helmfile hostname \
hostnamectl httpd hubble id ifconfig incus initdb ionice iostat ip iperf3 ipmitool iptables ipvsadm iscsiadm istioctl java \
journalctl jq k3d k3s k9s keytool kill kinit kops krew kubeadm kubectl kubectx kubens kubescape kubeseal kustomize \
ldapsearch less lftp linkerd liquibase ln loginctl ls lsblk lsmod lsof lvcreate lvdisplay lvextend lvreduce lvremove \
lvresize lvs lxc machinectl make md5sum mdadm minikube mkdir mkfs mkswap mktemp modprobe mongo mongodump mongoexport \
mongoimport mongorestore mongosh mount mtr multipath mv mvn mvnw mysql mysqladmin mysqlbinlog mysqlcheck mysqldump nano nc \
nerdctl netstat newman nft nginx nice nmap node nodetool nohup nomad npm npx nsenter nslookup ntpq nvidia-smi nvm oc \
openssl oras packer pacman parallel parted partprobe passwd patronictl pcs pg_basebackup pg_ctl pg_ctlcluster pg_dump \
pg_dumpall pg_isready pg_lsclusters pg_repack pg_restore pg_rewind pg_upgrade pgbackrest pgbench php ping pip pip3 pkill \
pm2 pnpm podman poetry popd poweroff printf ps psql pt-online-schema-change pulumi puppet pushd pvcreate pvdisplay \
pvresize pvs pwd python python3 rabbitmq-diagnostics rabbitmq-plugins rabbitmqctl rails rake rclone reboot redis-cli \
reindexdb repmgr resize2fs restic rm rmdir rpm rsync rustup rvm salt sc scp screen sed service setfacl setsid sftp sh \
sha256sum shutdown skopeo sleep smartctl snap sops sort source sqlcmd sqlite3 sqlplus ss ssh ssh-copy-id ssh-keygen \
ssh-keyscan stat stern su subscription-manager sudo sudoedit supervisorctl swapoff swapon syft sysctl systemctl \
systemd-analyze systemd-run tac tail tar tcpdump tee telnet terraform terragrunt timedatectl timeout tmux tofu top touch \
tr traceroute tree trivy truncate tune2fs ufw umount uname uniq unset unzip update-ca-certificates update-grub useradd \
userdel usermod vacuumdb vagrant varnishadm vault velero vgcreate vgdisplay vgextend vgs vi vim virsh virt-install visudo \
vmstat wal-g watch wc wget which whoami xargs xfs_growfs xxd yarn yq yum zcat zfs zip zkCli.sh zpool zypper ";

/// Commands that are common words, too. They count only with something behind them that reads like an argument.
const AMBIGUOUS: &str = " alias command cut date diff dig file find flask head hostname id less mount nice node parallel \
ps reboot salt screen service shutdown sleep snap sort source stat tail tee timeout top touch tree uniq watch wc which \
yarn ";

/// Words of the shell's own grammar. They count only beside a command.
const GRAMMAR: &str = " for while until if then else elif fi do done case esac function select set unset local declare readonly shopt return exit trap read wait \
{ } ( ) [ [[ ! ;; test time ";

/// Words of the grammar that may stand before a command.
const BEFORE_COMMAND: &str = " if elif while until then else do time ! ";

/// Whether a list of words, each between blanks, has a word.
pub fn contains_word(list: &str, word: &str) -> bool {
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
        || is_assignment(second)
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
    // ". ./env.sh" reads a file; "kafka-topics.sh --list" is on the path.
    let is_sourced =
        first == "." && (second.contains('/') || second.ends_with("env") || second.ends_with("sh"));
    let is_script_on_path = is_script && !first.contains('/') && second.starts_with('-');
    (is_word || is_path || is_sourced || is_script_on_path)
        && !is_prose
        && (!is_ambiguous || is_argument)
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

/// Whether a line begins a function: `check() {`, `check ()`, `check() { curl -f x; }`.
fn begins_function(line: &str) -> bool {
    line.split_once('(').is_some_and(|(name, rest)| {
        let name = name.trim_end();
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
        let body = rest.strip_prefix(')').map(str::trim_start);
        !name.is_empty()
            && name.chars().all(is_name)
            && body.is_some_and(|it| it.is_empty() || it.starts_with('{'))
    })
}

/// Whether a line is part of the shell's grammar, or sets something.
fn is_grammar(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_word =
        contains_word(GRAMMAR, first) || contains_word(GRAMMAR, first.trim_end_matches(';'));
    // "select x in a b"; any other select is one of SQL.
    let is_select = first == "select";
    is_word && (!is_select || words.nth(1) == Some("in")) || begins_function(line)
}

/// What is behind the pattern of a branch: ` systemctl start api;;` of `start) systemctl start api;;`.
fn behind_pattern(line: &str) -> Option<&str> {
    let (pattern, rest) = line.split_once(')')?;
    let is_pattern = !pattern.is_empty() && !pattern.contains([' ', '(', '$', ';']);
    is_pattern.then_some(rest)
}

/// Lines of a text that say what the shell is to do: without comments, here-documents, texts in quotes, and the lines that a
/// command goes on in. At most [`LINES_MAX`] of the text's lines are looked at.
fn statements(text: &str) -> Vec<&str> {
    let mut lines = text.lines().map(str::trim).take(LINES_MAX);
    let mut statements = Vec::new();
    let mut continues = false;
    while let Some(line) = lines.next() {
        let was_continued = continues;
        continues = line.ends_with(['\\', '|']) || line.ends_with("&&");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !was_continued {
            statements.push(line);
        }
        // Only if the end is there: "it's" in a line of prose opens no quote.
        let quote = ShellSyntax::open_quote(line);
        let is_end = |it: &str| match quote {
            Some(quote) => it.contains(quote),
            None => heredocs(line).last().is_some_and(|word| it == *word),
        };
        if let Some(n_lines) = lines.clone().position(is_end) {
            lines.nth(n_lines);
        }
    }
    statements
}

/// Whether a text without a language reads like a shell script: it begins with a command, and half of its lines do.
fn is_shell(text: &str) -> bool {
    if text.starts_with("#!") {
        return text.lines().next().is_some_and(|it| it.contains("sh"));
    }
    let (mut n_lines, mut n_commands, mut n_grammar) = (0_u32, 0_u32, 0_u32);
    let mut n_cases = 0_u32;
    for whole in statements(text) {
        n_lines += 1;
        let first = whole.split_whitespace().next().unwrap_or_default();
        let line = whole.trim_start_matches(['(', '{', ' ']);
        match first.trim_end_matches(';') {
            "case" if whole.ends_with(" in") => n_cases += 1,
            "esac" => n_cases = n_cases.saturating_sub(1),
            _ => {}
        }
        let branch = behind_pattern(whole).filter(|_| n_cases > 0);
        let has_grammar = is_grammar(whole);
        if is_command(line)
            || (has_grammar || branch.is_some()) && has_command(branch.unwrap_or(whole))
        {
            n_commands += 1;
        } else if has_grammar
            || branch.is_some()
            || is_assignment(first)
            || first.starts_with(['-', '|'])
        {
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
            "cat <<'EOF' | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nEOF",
            "cat > /etc/app.conf <<EOF\na: 1\nb: 2\nc: 3\nEOF\nsystemctl restart app",
            "psql app <<SQL\nSELECT 1;\nUPDATE a SET b = 1;\nDELETE FROM b;\nSQL",
            "kubectl patch svc api -p '{\n  \"spec\": {\n    \"type\": \"NodePort\"\n  }\n}'",
            "case $1 in\n  start) systemctl start x;;\n  stop) systemctl stop x;;\nesac",
            "case \"$ENV\" in\nprod)\n  kubectl get pods\n  ;;\n*)\n  echo no\n  ;;\nesac",
            "check() {\n  kubectl get pods\n}\ncheck",
            "check () { curl -sf localhost; }",
            ". ./env.sh",
            ". /etc/profile\nkubectl get pods",
            ". env.sh && ./run.sh",
            "select pod in $(kubectl get pods -o name); do\n  kubectl delete $pod\ndone",
            "nohup ./run.sh &",
            "nohup java -jar app.jar > log 2>&1 &",
            "nice -n 10 pg_dump app > app.sql",
            "trap 'rm -f x' EXIT\nmktemp",
            "pushd /srv\nls\npopd",
            "kafka-topics.sh --list",
            "find . -name '*.tmp' -delete",
            "sudo reboot",
            "pgbackrest --stanza=main check",
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
            "select count(*)\nfrom users\nwhere date > now();",
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
            "find the pod that is down",
            "diff between both: none",
            "sort by name",
            "reboot the host",
            "file: app.conf",
            "select the pod in the list",
            "kubernetes() is a word",
            "a) first\nb) second",
            "It's up\nand it's well",
            "",
        ] {
            assert_eq!(script(text), None, "{text}");
        }
    }
}
