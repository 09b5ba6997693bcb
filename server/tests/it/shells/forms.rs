//! Each form of a copied bash step runs the script as it stands, and only at the right context (R82).
use super::harness::{
    BASH, CHECK, DASH, KSH, PLAIN, POSIX, PROGRAMS, Shell, ZSH, cases, form, heading, interactive,
    kubectl_at, names, run, said,
};
use app::domain::copy::{ContextCheck, CopyFormat};
use proptest::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_form_runs_the_script_whatever_the_names_are(names in names(), context in "[^\0\n\r]{1,12}") {
        // The shell drops line breaks at the end of what kubectl prints, and names have none.
        let heading = heading(&names);
        let check = ContextCheck { context: &context, kubeconfig: Some(&names[1]), is_own: true };
        let folder = kubectl_at(&context);
        let path = format!("{}:{PROGRAMS}", folder.path().display());
        let script = "printf 'ran %s' \"$KUBECONFIG\"\nexit 7";
        for (form_, shell) in [
            (CopyFormat::WithHeader, BASH),
            (CopyFormat::ContextCheck, BASH),
            (CopyFormat::AnyShell, BASH),
            (CopyFormat::AnyShell, ZSH),
            (CopyFormat::AnyShell, KSH),
            (CopyFormat::AnyShell, DASH),
        ] {
            let text = form(form_, heading, script, check);
            let output = said(run(shell, &["-c", &text], &path, ""));
            let config = if form_ == CopyFormat::WithHeader { "" } else { &names[1] };
            prop_assert_eq!(output, (format!("ran {config}"), String::new(), Some(7)), "{}", text);
        }
    }
}

/// Uses what differs between shells, what ends one, and what a person types.
const SCRIPT: &str = r#"#!/bin/bash
set -euo pipefail
read -r typed
words=("a b" "c!d" '$x' `echo e` 'END_OF_STEP')
cd /
exec 3>/dev/null
printf '<%s>' "${words[@]}" "$PWD" "$typed" "${BASH_VERSION:+bash}" "${0##*/}"
cat <<'END'
	tab \ $HOME \\
END
false || exit 9
# no line break at the end"#;

fn expected(name: &str) -> String {
    format!("<a b><c!d><$x><e><END_OF_STEP></><typed><bash><{name}>\ttab \\ $HOME \\\\\n")
}

#[test]
fn the_script_runs_unchanged_in_every_form() {
    let folder = kubectl_at("prod-eu");
    let path = format!("{}:{PROGRAMS}", folder.path().display());
    for form_ in CopyFormat::ALL {
        let shells: &[Shell] = if *form_ == CopyFormat::AnyShell {
            &POSIX
        } else {
            &[BASH]
        };
        for shell in shells {
            let text = form(*form_, PLAIN, SCRIPT, CHECK);
            let output = said(run(shell, &["-c", &text], &path, "typed\n"));
            let name = if *form_ == CopyFormat::AnyShell {
                "3"
            } else {
                "bash"
            };
            assert_eq!(
                output,
                (expected(name), String::new(), Some(9)),
                "{form_} {shell:?}"
            );
        }
    }
}

#[test]
fn exit_cd_and_set_leave_the_person_s_shell_alone() {
    let folder = kubectl_at("prod-eu");
    let path = format!("{}:{PROGRAMS}", folder.path().display());
    let check = ContextCheck {
        kubeconfig: Some("/etc/eu.yaml"),
        ..CHECK
    };
    let script = "set -eu; cd /; found=x; exit 7\n";
    let after = "\nprintf '%s ' \"$?\" \"${KUBECONFIG:-none}\" \"${found:-none}\" \"$PWD\"; false; echo alive";
    let mut cases = POSIX.map(|shell| (CopyFormat::AnyShell, shell)).to_vec();
    cases.push((CopyFormat::ContextCheck, BASH));
    for (form_, shell) in cases {
        let text = form(form_, PLAIN, script, check) + after;
        let (out, errors, _) = said(run(shell, &["-c", &text], &path, ""));
        assert!(
            out.starts_with("7 none none /") && out.ends_with(" alive\n"),
            "{out}"
        );
        assert!(!out.contains(" / "), "{out}");
        assert_eq!(errors, "");
    }
}

#[test]
fn standard_input_stays_the_terminal_s() {
    let script = "[ -t 0 ] && [ -t 1 ] && echo terminal";
    let text = form(CopyFormat::AnyShell, PLAIN, script, CHECK);
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("text");
    fs::write(&file, text).unwrap();
    for shell in POSIX {
        let command = format!("{} {}", shell.join(" "), file.display());
        let output = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .env("PATH", PROGRAMS)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(said(output).0.trim(), "terminal", "{shell:?}");
    }
}

#[test]
fn a_script_of_the_largest_size_runs_from_any_shell() {
    let line = "x=0123456789012345678901234567890123456789\n";
    let script = line.repeat(256 * 1024 / line.len() - 1) + "printf done";
    let text = form(CopyFormat::AnyShell, PLAIN, &script, CHECK);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    fs::write(&file, text).unwrap();
    for shell in POSIX {
        let output = run(shell, &[file.to_str().unwrap()], PROGRAMS, "");
        assert_eq!(
            said(output),
            ("done".into(), String::new(), Some(0)),
            "{shell:?}"
        );
    }
}

/// The interactive shells read a heredoc without expanding history.
#[test]
fn an_interactive_shell_leaves_the_script_alone() {
    let script = "echo \"a!b !! !$\"\n[ ! -e /nope ] && echo c";
    let text = form(CopyFormat::AnyShell, PLAIN, script, CHECK);
    for shell in [BASH, ZSH] {
        let (out, errors, _) = said(run(
            shell,
            interactive(shell),
            PROGRAMS,
            &format!("{text}\n"),
        ));
        assert_eq!(out, "a!b !! !$\nc\n", "{errors}");
    }
}

fn ran_at(
    found: &str,
    form_: CopyFormat,
    shell: Shell,
    check: ContextCheck<'_>,
) -> (String, String, Option<i32>) {
    let folder = kubectl_at(found);
    let path = format!("{}:{PROGRAMS}", folder.path().display());
    let text = form(form_, PLAIN, "printf ran", check);
    said(run(shell, &["-c", &text], &path, ""))
}

#[test]
fn at_another_context_nothing_runs_and_both_are_named() {
    let mut cases = POSIX.map(|shell| (CopyFormat::AnyShell, shell)).to_vec();
    cases.push((CopyFormat::ContextCheck, BASH));
    for (form_, shell) in cases {
        let right = ran_at("prod-eu", form_, shell, CHECK);
        assert_eq!(right, ("ran".into(), String::new(), Some(0)));
        let message = |found| {
            format!("Stopped, nothing executed. kubectl context: found {found}, wanted prod-eu\n")
        };
        let wrong = ran_at("prod-us", form_, shell, CHECK);
        assert_eq!(
            wrong,
            (String::new(), message("prod-us"), Some(1)),
            "{shell:?}"
        );
        let none = ran_at("", form_, shell, CHECK);
        if form_ == CopyFormat::AnyShell {
            assert_eq!(none, right, "{shell:?}");
        } else {
            assert_eq!(none, (String::new(), message("none"), Some(1)));
        }
    }
}

#[test]
fn without_kubectl_the_check_stops_but_the_form_for_any_shell_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink("/bin/bash", programs.join("bash")).unwrap();
    let path = Path::new(&programs).to_str().unwrap();
    let run_with = |form_, check| {
        let text = form(form_, PLAIN, "printf ran", check);
        said(run(BASH, &["-c", &text], path, ""))
    };
    let run_form = |form_| run_with(form_, CHECK);
    let (out, errors, status) = run_form(CopyFormat::ContextCheck);
    assert_eq!((out.as_str(), status), ("", Some(1)));
    assert!(errors.contains("found none, wanted prod-eu"), "{errors}");
    assert_eq!(
        run_form(CopyFormat::AnyShell),
        ("ran".into(), String::new(), Some(0))
    );
    // A cluster that names its context is meant to be worked on with kubectl.
    let own = ContextCheck {
        is_own: true,
        ..CHECK
    };
    let (out, errors, status) = run_with(CopyFormat::AnyShell, own);
    assert_eq!((out.as_str(), status), ("", Some(1)));
    assert!(errors.contains("found none, wanted prod-eu"), "{errors}");
}
