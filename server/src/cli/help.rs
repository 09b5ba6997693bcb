//! What `--help` says below a list of verbs or options, as a manual page does: files, examples, settings and exit codes. A test
//! compares the settings with those of the README.

/// For `-h`.
pub const SHORT: &str = "\
Settings come from environment variables: `rollcall --help` lists them.
Ends with 0 if it was done, 1 if it failed, 2 if the command line or a setting is wrong, and 3 if something was found:
a check that is not clean, a file that cannot be restored or imported, a step that failed while `wait` waited, or a
step that `run` may not run.";

/// For `--help`.
pub const LONG: &str = "\
The verbs login, releases, status, next, show, copy, run, start, done, fail, skip, revert, reopen, wait and watch ask a
server by REST: the one that ROLLCALL_URL names, else the one that `rollcall login URL` has kept. They open no
database, and neither does `runner`. All other verbs work on the database that DATABASE_URL names.

  RELEASE  An id, a name, or a name as a slug: small letters and digits with single hyphens between
  STEP     An id, or RELEASE/CUSTOMER/STEP: the customer by its name, namespace or id, the step by its name or by
           its number in that customer's list. An exact name comes first; what could be several steps is refused, and
           they are named

Examples:
  rollcall login https://rollcall.example.com
  rollcall status 2026-11-invoicing --by cluster
  rollcall next 2026-11-invoicing --cluster prod-eu
  rollcall copy 2026-11-invoicing/acme/3
  rollcall run 2026-11-invoicing/acme/3
  rollcall done 2026-11-invoicing/acme/3 --notes 'took ten minutes'
  rollcall wait 2026-11-invoicing --until done --timeout 2h && echo 'Everybody has it'

Settings, as environment variables:
  DATABASE_URL               Where the database is: sqlite://PATH, sqlite:PATH or file:PATH, or
                             postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite://data/app.db]
  ROLLCALL_ADDR              Address and port to listen on [default: 127.0.0.1:3000]
  ROLLCALL_PUBLIC_URL        Address that people open, such as https://rollcall.example.com [default: none]
  ROLLCALL_HOSTS             Other names that it is asked by, separated by commas, no wildcards [default: none]
  ROLLCALL_AUTH              Who is let in: open, login or proxy; must be set where other machines can reach the address
                             [default: open]
  ROLLCALL_TRUSTED_PROXIES   Networks of proxies, separated by commas, such as 10.0.0.0/24,::1; needed by proxy
                             [default: none]
  ROLLCALL_PROXY_HEADER      Header that names the user, for proxy [default: X-Rollcall-User]
  ROLLCALL_PASSWORD_LOGIN    off: only admins sign in with a password [default: on]
  ROLLCALL_METRICS           open: /metrics needs no token [default: none]
  ROLLCALL_OIDC_ISSUER       In login, a provider of OpenID Connect to sign in at, as its discovery names it
                             [default: none]
  ROLLCALL_OIDC_CLIENT_ID    What the provider calls this server [default: none]
  ROLLCALL_OIDC_CLIENT_SECRET
                             The secret of both; none for a client that the provider calls public [default: none]
  ROLLCALL_OIDC_NAME         What the button calls it: Continue with ... [default: single sign-on]
  ROLLCALL_OIDC_SCOPES       What is asked for [default: openid profile email groups]
  ROLLCALL_OIDC_GROUPS_CLAIM The claim that has the groups; dots lead into objects, such as realm_access.roles
                             [default: groups]
  ROLLCALL_OIDC_ROLES        Groups and their roles, such as release-admins=admin,release-team=operator,*=viewer
                             [default: none]
  ROLLCALL_USER              Who a change is by when neither the page nor X-Rollcall-User says so; unset, pages ask
                             for a name before the first change [default: the system's user]
  ROLLCALL_LOG               Format of the log, on standard error: text, or json with one object per line
                             [default: text]
  RUST_LOG                   How much is logged [default: info,sqlx=warn,sea_orm=warn; warn for all verbs but serve]
  ROLLCALL_BACKUP_DIR        Folder in which the server makes backups of SQLite by itself [default: none, no backups]
  ROLLCALL_BACKUP_EVERY      Time between two backups: a number and s, m, h or d, from 1s to 366d [default: 1d]
  ROLLCALL_BACKUP_KEEP       How many of these backups are kept, 1 or more [default: 14]
  ROLLCALL_ANCHOR_FILE       File to which the head of the history is added every hour and at each report
                             [default: none]
  ROLLCALL_SIGNING_KEY_FILE  Key made by `rollcall keygen FILE`, which signs heads of the history [default: none]
  ROLLCALL_OUT_ALLOW         Loopback and private targets that webhooks may have: hosts, addresses and networks, separated
                             by commas, such as ci.example.com,10.0.0.0/8 [default: none]
  ROLLCALL_OUT_RETRY         Waits between the tries of a message to a webhook, separated by commas
                             [default: 5s,5m,30m,2h,5h,10h,14h,20h,24h]
  ROLLCALL_KEY_FILE          Key that secrets of webhooks are encrypted with; one is made beside the file of SQLite, on
                             PostgreSQL it must be set [default: none]
  ROLLCALL_SMTP_URL          Server that takes mail to webhooks: smtp://HOST, or smtps://USER:PASSWORD@HOST
                             [default: none]
  ROLLCALL_SMTP_FROM         Who that mail is from, such as rollcall@example.com [default: none]
  ROLLCALL_RUN_LEASE         Seconds that a run may go without a report until its runner counts as lost, from 1 to 3600
                             [default: 60]
  ROLLCALL_MATRIX_CACHE      MB that the matrices in memory take together at most, about 70 bytes a cell, from 1 to 100000
                             [default: 90]
  ROLLCALL_URL               Server that the verbs by REST ask, and `rollcall steps import` in place of the database
                             [default: none, and for the verbs by REST what `rollcall login` has kept]
  ROLLCALL_TOKEN             Token for that server; without one it is told ROLLCALL_USER [default: none]
  ROLLCALL_SQL               Command by which `rollcall run` runs sql steps; {file} is the file with the text
                             [default: none]
  ROLLCALL_RUNNER_TOKEN      Token of a runner, for `rollcall runner` [default: none]
  ROLLCALL_RUNNER_TOKEN_FILE
                             File with it, in place of ROLLCALL_RUNNER_TOKEN [default: none]
  RANCHER_URL                Rancher that clusters and customers are imported from [default: none]
  RANCHER_TOKEN              API key for it, such as token-abcde:... [default: none]
  RANCHER_TOKEN_FILE         File with it, in place of RANCHER_TOKEN [default: none]
  JENKINS_URL                Jenkins that runs the steps which name a job of it [default: none]
  JENKINS_USER               User whose API token is used there; without one it is sent as a bearer's [default: none]
  JENKINS_TOKEN              API token of that user [default: none]
  JENKINS_TOKEN_FILE         File with it, in place of JENKINS_TOKEN [default: none]

Ends with 0 if it was done, 1 if it failed, 2 if the command line or a setting is wrong, and 3 if something was found:
a check that is not clean, a file that cannot be restored or imported, a step that failed while `wait` waited, or a
step that `run` may not run.";

/// For `login --help`.
pub const LOGIN: &str = "\
A person makes a token at \"Your account\". It is asked for on the terminal, where it is not shown, or read with
--token-stdin. It is kept only if the server takes it. A server in open mode asks for none: ROLLCALL_USER says who
a change is by.

Files:
  $XDG_CONFIG_HOME/rollcall/credentials.json
           Address and token, readable by the user only; below ~/.config if XDG_CONFIG_HOME is not set. ROLLCALL_URL
           and ROLLCALL_TOKEN come before it; a token that is kept goes to its own server only

Examples:
  rollcall login https://rollcall.example.com
  vault read -field=token secret/rollcall | rollcall login https://rollcall.example.com --token-stdin";

/// For `status --help`.
pub const STATUS: &str = "\
A bar shows each state by its sign, also without colours:
  █ done   ▓ skipped   ▒ in progress   ! failed   < reverted   · pending
In a pipe there are no bars. NO_COLOR leaves the colours out.

Examples:
  rollcall status 2026-11-invoicing
  rollcall status 7 --by customer
  rollcall status 7 --json | jq .percent";

/// For `show --help` and `copy --help`.
pub const STEP: &str = "\
`show` prints the text with the customer's values filled in. `copy` takes the text to copy, which begins with a line that
says whom it is for and does nothing; the clipboard is that of wl-copy, xclip, xsel, pbcopy or clip.exe, where there is
a display. If a variable has no value, a line on standard error says so.

Examples:
  rollcall show 41
  rollcall copy 2026-11-invoicing/acme/set-image
  rollcall show 2026-11-invoicing/acme/3 --json | jq -r .resolvedSha256";

/// For `run --help`.
pub const RUN: &str = "\
The step is shown as it will run: customer, namespace, cluster, the context that kubectl is set to, and the text. In another
context than the cluster's nothing is run. After a yes the step is started, and the text runs on this machine; what it
writes goes to the terminal and to the server. Exit code 0 marks the step done, anything else failed, with the exit code and
the last line as the reason, in your name. A step or a text that has changed since it was shown is not run.

bash runs as `bash --noprofile --norc -eo pipefail FILE`, sql by the command of --sql or ROLLCALL_SQL. Standard input is
empty. The environment is your own, with NAMESPACE, CUSTOMER, CLUSTER and RELEASE added. A text step is done by hand:
--from asks whether it is done, and with --yes it stops there.

Ctrl-C, and Cancel on the page, end the text with TERM, after ten seconds with KILL; the step is marked failed. The first
step that fails ends the verb, too; with --parallel those that run go on to their end. If the server is away the text goes
on as well. How it ended is then kept in a file, until --resend has sent it.

With --json standard output has a line for each run that is over, as `GET /api/runs/ID` answers it. What is shown and what
the text writes then goes to standard error.

Files:
  $XDG_STATE_HOME/rollcall/run-*.json
           Results that the server has not taken yet, readable by the user only; below ~/.local/state if
           XDG_STATE_HOME is not set

Ends with 0 if all is done; 1 if a step failed, or its end could not be sent; 2 if the command line is wrong, or there is no
terminal and no --yes; 3 if a rule, the context of kubectl or the answer says no.

Examples:
  rollcall run 2026-11-invoicing/acme/3
  rollcall run --from 2026-11-invoicing/acme/1
  rollcall run 2026-11-invoicing/acme/smoke-test --all-customers --cluster prod-eu --parallel 4 --yes
  rollcall run 2026-11-invoicing/acme/3 --yes --json | jq -r .exitCode
  rollcall run 44 --sql 'psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}' --context-check=off
  rollcall run --resend";

/// For the verbs that act on steps.
pub const ACT: &str = "\
Several steps are one change, which can be undone as one. A step that a rule forbids to change is told with the reason,
the others are changed, and the verb ends with 1. --json prints the report: changed, notEligible, batchId.

A step that is done keeps its text at that time. --text-sha256 says which text was shown or run: if it is another by now,
nothing is changed, and what changed in it is told.

Examples:
  rollcall start 2026-11-invoicing/acme/3
  rollcall done 41 42 43
  rollcall fail 2026-11-invoicing/acme/3 --reason \"rollout did not finish, $BUILD_URL\"
  sha=$(rollcall show 41 --json | jq -r .resolvedSha256)
  rollcall show 41 | bash && rollcall done 41 --text-sha256 $sha";

/// For `runner --help`.
pub const RUNNER: &str = "\
A runner asks the server for the runs of its clusters and runs their texts, each in its own processes, which all end with
it. An admin makes it at /runners, and is shown its token once. It opens no port.

A text sees PATH, HOME, USER, LANG, TMPDIR and KUBECONFIG of the runner, NAMESPACE, CUSTOMER, CLUSTER and RELEASE of its run, and
what --env lets through. What is masked in output: the token, the values of --mask-env, the lines of --mask-file, and these
in base64, in an address, in a form and in JSON. That is best effort: a text can print a secret in a form that nobody knows.

Ctrl-C or SIGTERM lets runs come to their end; a second one ends them. Ends with 2 also if it does not have the clusters.

Examples:
  rollcall runner --url https://rollcall.example.com --clusters prod-eu,prod-us --max-parallel 4
  rollcall runner --sql 'psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}' --env PGPASSFILE --mask-file /etc/secrets
  rollcall runner --kubeconfig prod-eu=/etc/eu.yaml --kubeconfig prod-us=/etc/us.yaml";

/// For `wait --help`.
pub const WAIT: &str = "\
It follows the server's stream of changes, also over a restart of the server of up to half a minute.

Ends with 0 when it is reached, 1 if the time ran out or the server is gone, 2 if the command line is wrong, and with
`--until done` 3 as soon as a step has failed.

Examples:
  rollcall wait 2026-11-invoicing --until done --timeout 2h
  rollcall wait 7 --until attention && notify-send 'A step failed'";

/// For `watch --help`.
pub const WATCH: &str = "\
On a terminal: the release and its clusters with bars, the steps that need somebody, and what was finished last. It
is drawn anew at each change; Ctrl-C ends it. In a pipe: a line for each step that changes, with --json as one object.

Examples:
  rollcall watch 2026-11-invoicing
  rollcall watch 7 | tee -a rollout.log";
