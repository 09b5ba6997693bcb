//! What `rollcall --help` says below the list of verbs: the settings, each with its default, and the exit codes. A test
//! compares the settings with those of the README.

/// For `-h`.
pub const SHORT: &str = "\
Settings come from environment variables: `rollcall --help` lists them.
Ends with 0 if it was done, 1 if it failed, 2 if the command line or a setting is wrong, and 3 if something was found:
a check that is not clean, or a file that cannot be restored or imported.";

/// For `--help`.
pub const LONG: &str = "\
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
  ROLLCALL_URL               Server that `rollcall steps import` speaks to, in place of the database
                             [default: none]
  ROLLCALL_TOKEN             Token for that server; without one it is told ROLLCALL_USER [default: none]
  RANCHER_URL                Rancher that clusters and customers are imported from [default: none]
  RANCHER_TOKEN              API key for it, such as token-abcde:... [default: none]
  RANCHER_TOKEN_FILE         File with it, in place of RANCHER_TOKEN [default: none]
  JENKINS_URL, JENKINS_TOKEN
                             Accepted, and not used yet

Ends with 0 if it was done, 1 if it failed, 2 if the command line or a setting is wrong, and 3 if something was found:
a check that is not clean, or a file that cannot be restored or imported.";
