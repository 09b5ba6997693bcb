//! Commands of recorded sessions that open another shell, here or elsewhere, as another person or as root.

/// How a word of a command is called without its folder and quotes: `bash` of `/bin/bash`.
fn program(word: &str) -> &str {
    let word = word.trim_matches(['"', '\'']);
    word.rsplit('/').next().unwrap_or(word)
}

fn is_shell(word: &str) -> bool {
    matches!(
        program(word),
        "bash" | "sh" | "zsh" | "ash" | "dash" | "ksh" | "fish" | "csh" | "tcsh"
    )
}

/// A short option of several letters has this one: `i` of `-iu`.
fn has_letter(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

/// The words that are no options. `with_value` are the letters of options whose value is the next word.
fn arguments<'a>(words: &[&'a str], with_value: &str) -> Vec<&'a str> {
    let mut arguments = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix('-') else {
            arguments.push(*word);
            continue;
        };
        let is_short = option.chars().count() == 1;
        if is_short && with_value.contains(option) {
            words.next();
        }
    }
    arguments
}

/// Whether a command opens another shell, which may be one of root or elsewhere: behind it `# ` is a prompt, too.
pub fn opens_shell(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    is_shell_opened(&words)
}

fn is_shell_opened(words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let has = |word: &str| rest.contains(&word);
    let has_command = || has("-c") || rest.iter().any(|it| it.starts_with("--command"));
    // `sh -l` and `bash` as the last words, not `sh -c ls`.
    let ends_in_shell = || {
        let mut last = rest.iter().rev();
        last.find(|it| !it.starts_with('-'))
            .is_some_and(|it| is_shell(it))
    };
    let is_interactive =
        || has("--interactive") || rest.iter().any(|it| has_letter(it, 'i') && it.len() <= 4);
    let at_most = |n: usize| arguments(rest, "DtpuSG").len() <= n;
    let inner = || {
        let at = rest.iter().position(|it| *it == "--")?;
        Some(is_shell_opened(&rest[at + 1..]))
    };
    match program(first) {
        "sudo" | "doas" => is_sudo_shell(rest),
        "exec" | "env" => {
            let is_setting = |it: &&str| it.starts_with('-') || it.contains('=');
            let at = rest.iter().position(|it| !is_setting(it));
            at.is_some_and(|it| is_shell_opened(&rest[it..]))
        }
        "su" => !has_command(),
        "runuser" => !has_command() && !has("--") && !has("-u"),
        "newgrp" => true,
        name if is_shell(name) => !has_command() && rest.iter().all(|it| it.starts_with('-')),
        "ssh" | "mosh" => {
            let n_words = arguments(rest, "bcDEeFIiJLlmOopQRSWw").len();
            n_words == 1 && !has("-N")
        }
        "chroot" | "arch-chroot" | "systemd-nspawn" | "jexec" => at_most(1) || ends_in_shell(),
        "nsenter" | "unshare" => at_most(0) || ends_in_shell(),
        "docker" | "podman" | "nerdctl" | "crictl" | "docker-compose" | "podman-compose" => {
            let is_run = has("run") && is_interactive();
            has("attach")
                || ends_in_shell()
                || is_run && rest.len() == rest.iter().filter(|it| it.starts_with('-')).count() + 2
        }
        "kubectl" | "oc" | "k" | "kubecolor" => {
            inner().unwrap_or_else(|| match arguments(rest, "nc").first() {
                Some(&("debug" | "rsh" | "node-shell" | "attach" | "ssh")) => true,
                Some(&"run") => is_interactive() || ends_in_shell(),
                Some(&"exec") => ends_in_shell(),
                _ => false,
            })
        }
        "lxc" | "incus" | "machinectl" | "multipass" | "limactl" | "toolbox" | "distrobox"
        | "pct" => inner().unwrap_or_else(|| {
            let opens = ["shell", "enter", "login"].into_iter().any(has);
            opens && at_most(2) || ends_in_shell()
        }),
        "vagrant" | "gcloud" | "az" | "minikube" | "colima" | "virtctl" | "tsh" | "ibmcloud" => {
            has("ssh") && !has_command() && !has("--")
        }
        "aws" => has("start-session"),
        "virsh" => has("console"),
        _ => false,
    }
}

/// `sudo -i`, `sudo -iu postgres`, `sudo su -`, `sudo bash`; not `sudo -i systemctl stop api` and `sudo sh install.sh`.
fn is_sudo_shell(rest: &[&str]) -> bool {
    let mut words = rest;
    let mut is_login = false;
    while let Some((word, behind)) = words.split_first() {
        if !word.starts_with('-') && !word.contains('=') {
            return is_shell_opened(words);
        }
        is_login |= matches!(*word, "--login" | "--shell")
            || has_letter(word, 'i')
            || has_letter(word, 's');
        // The value of the last letter, such as the name behind `-u` and `-iu`.
        let has_value = word.len() <= 4
            && !word.starts_with("--")
            && word.ends_with(['u', 'g', 'h', 'p', 'C', 'D', 'R', 'r', 't', 'T', 'U']);
        words = behind.get(usize::from(has_value)..).unwrap_or_default();
    }
    is_login
}

/// Programs that show a prompt of their own, of a database or of a language.
const CLIENTS: &str = " psql pgcli mysql mycli mariadb sqlite3 sqlite sqlplus sqlcmd isql cqlsh usql clickhouse-client cockroach trino \
presto beeline hive impala-shell spark-shell spark-sql pyspark hbase redis-cli valkey-cli keydb-cli mongo mongosh influx \
cypher-shell duckdb neo4j python python2 python3 ipython node deno irb rails iex ghci jshell scala R julia php lua erl zkCli.sh \
ftp sftp lftp telnet nslookup gdb manage.py rabbitmqctl etcdctl bconsole asterisk vtysh remote_console ";

/// Whether a command opens the prompt of a database's client or of a language, here or elsewhere: what is typed there has
/// prompts of its own.
pub fn opens_client(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_client = |it: &&str| CLIENTS.contains(&format!(" {} ", program(it)));
    let Some(at) = words.iter().position(|it| !it.is_empty() && is_client(it)) else {
        return false;
    };
    let has_script = |it: &&str| {
        matches!(
            *it,
            "-c" | "-e" | "-f" | "--command" | "--execute" | "--eval"
        )
    };
    !words[at..].iter().any(has_script) && !command.contains(['<', '|'])
}

/// Whether a command ends its shell.
pub fn is_exit(command: &str) -> bool {
    matches!(command.trim(), "exit" | "exit 0" | "logout")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_open_a_client_are_known() {
        for command in [
            "psql app",
            "sudo -u postgres psql",
            "/usr/bin/mysql -u root -p",
            "kubectl exec -it redis-0 -- redis-cli -h r",
            "python3",
            "python3 manage.py shell",
            "mongosh",
        ] {
            assert!(opens_client(command), "{command}");
        }
        for command in [
            "",
            "psql -c 'SELECT 1'",
            "mysql app < dump.sql",
            "echo x | redis-cli",
            "kubectl get pods",
        ] {
            assert!(!opens_client(command), "{command}");
        }
    }

    #[test]
    fn commands_that_open_a_shell_are_known() {
        for command in [
            "sudo -i",
            "sudo -iu postgres",
            "sudo -u postgres -i",
            "sudo su - app",
            "sudo -E bash",
            "sudo chroot /mnt",
            "sudo ssh db-1",
            "su -",
            "exec bash",
            "bash -l",
            "chroot /mnt",
            "chroot /mnt /bin/bash",
            "vagrant ssh",
            "vagrant ssh db",
            "oc debug node/w1",
            "oc debug node/w1 -- chroot /host",
            "oc rsh api-0",
            "kubectl debug node/w1 -it --image=busybox",
            "kubectl exec -it api-0 -c app -- sh",
            "kubectl -n x exec -it api-0 -- sh -l",
            "kubectl run -it --rm x --image=alpine",
            "ssh host",
            "ssh -p 22 -i key root@host",
            "docker exec -it db sh",
            "docker run -it --rm alpine",
            "docker compose exec db bash",
            "docker-compose exec db /bin/ash",
            "crictl exec -it 3f sh",
            "nsenter -t 1 -m -u -i -n -p -- bash",
            "nsenter -t 1 -m -u -i -n -p",
            "lxc exec web -- bash",
            "lxc shell web",
            "machinectl shell web",
            "gcloud compute ssh web --zone=a",
            "aws ssm start-session --target i-1",
            "virsh console web",
            "pct enter 100",
            "minikube ssh",
        ] {
            assert!(opens_shell(command), "{command}");
        }
        for command in [
            "",
            "sudo -v -n true",
            "sudo -i systemctl stop api",
            "sudo sh install.sh",
            "sudo systemctl restart ssh",
            "su -c 'systemctl stop api'",
            "bash run.sh",
            "bash -c 'ls'",
            "ssh host uptime",
            "ssh -N -L 80:db:80 host",
            "ssh -p 22 host systemctl stop api",
            "chroot /mnt grub-install /dev/sda",
            "oc debug node/w1 -- chroot /host systemctl stop kubelet",
            "kubectl exec api-0 -- ls /srv",
            "kubectl get pods",
            "docker run -d nginx",
            "docker exec db pg_dump app",
            "lxc exec web -- systemctl stop api",
            "gcloud compute ssh web --command=uptime",
            "vagrant up",
            "vagrant ssh -c uptime",
        ] {
            assert!(!opens_shell(command), "{command}");
        }
    }
}
