//! Runs texts in shells, and makes the hostile names, headers and forms that the tests of this folder share.
use app::domain::{
    copy::{BashFrames, ContextCheck, CopyFormat, CopyHeader, CopySource, copy_text},
    vocabulary::StepType,
};
use proptest::prelude::*;
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

pub type Shell = &'static [&'static str];
pub const BASH: Shell = &["/bin/bash", "--norc", "--noprofile"];
pub const ZSH: Shell = &["/usr/bin/zsh", "-f"];
pub const DASH: Shell = &["/bin/dash"];
pub const KSH: Shell = &["/usr/bin/ksh"];
pub const FISH: Shell = &["/usr/bin/fish", "--no-config"];
pub const ALL: [Shell; 5] = [BASH, ZSH, DASH, KSH, FISH];
/// Those that know heredocs.
pub const POSIX: [Shell; 4] = [BASH, ZSH, DASH, KSH];

/// Whatever a shell could take for more than a letter.
pub const HOSTILE: [&str; 34] = [
    "'",
    "\"",
    "`id`",
    "$(id)",
    "${HOME}",
    "$HOME",
    "\\",
    "\\\\",
    "\\'",
    "!",
    "!!",
    "!$",
    "!-1",
    "!x",
    "Yahoo!Japan",
    "Bon app'",
    "A; date",
    "A & B",
    "A | B",
    "A && date || date",
    "# no",
    "~",
    "~root",
    "=ls",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "(id)",
    "<(id)",
    ">/tmp/x",
    "^a^b",
    "\u{2018}q\u{2019}",
    "%1",
];
/// What stands between them: line breaks of every kind, control characters, letters.
pub const BETWEEN: [&str; 16] = [
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{202e}",
    "\u{a0}",
    "é",
    "東",
    "a",
];

/// Failures are not stored in a file: each becomes a test.
pub fn cases(n: u32) -> ProptestConfig {
    ProptestConfig {
        cases: n,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(HOSTILE.to_vec()),
        prop::sample::select(BETWEEN.to_vec())
    ];
    prop_oneof![
        4 => prop::collection::vec(part, 0..6).prop_map(|it| it.concat()),
        1 => "[^\0]{0,12}",
    ]
}

pub fn heading(names: &[String; 5]) -> CopyHeader<'_> {
    CopyHeader {
        customer: &names[0],
        cluster: &names[1],
        namespace: &names[2],
        release: &names[3],
        number: 4,
        step: &names[4],
    }
}

pub fn names() -> impl Strategy<Value = [String; 5]> {
    [hostile(), hostile(), hostile(), hostile(), hostile()]
}

/// A folder with a kubectl that is set to this context; an empty one is none.
pub fn kubectl_at(context: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubectl");
    fs::write(folder.path().join("context"), context).unwrap();
    let context = folder.path().join("context");
    let script = format!(
        "#!/bin/bash\n[ \"$*\" = 'config current-context' ] && cat '{}'\n",
        context.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs a text in a shell, where `PATH` has no more than this.
pub fn run(shell: Shell, arguments: &[&str], path: &str, input: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("LANG", "C.UTF-8")
        .env("PS1", "")
        .env("PS2", "")
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", shell[0]));
    // A shell that ends early reads no more.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Without readline, which echoes what it reads.
pub fn interactive(shell: Shell) -> &'static [&'static str] {
    if shell == BASH {
        &["--noediting", "-i"]
    } else {
        &["-i"]
    }
}

pub const NO_PROGRAMS: &str = "/nonexistent";
pub const PROGRAMS: &str = "/usr/bin:/bin";

/// What a shell printed, and its status.
pub fn said(output: Output) -> (String, String, Option<i32>) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code(),
    )
}

pub fn nothing() -> (String, String, Option<i32>) {
    (String::new(), String::new(), Some(0))
}

/// A bash step in a format.
pub fn form(
    format: CopyFormat,
    heading: CopyHeader<'_>,
    script: &str,
    check: ContextCheck<'_>,
) -> String {
    let copy_text = copy_text(heading, StepType::Bash, script);
    format.text(CopySource {
        copy_text: &copy_text,
        resolved: script,
        template: script,
        frames: &BashFrames::of(&copy_text, check),
    })
}

pub const PLAIN: CopyHeader<'static> = CopyHeader {
    customer: "Acme",
    cluster: "prod-eu",
    namespace: "acme",
    release: "June",
    number: 4,
    step: "Migrate",
};
pub const CHECK: ContextCheck<'static> = ContextCheck {
    context: "prod-eu",
    kubeconfig: None,
    is_own: false,
};
