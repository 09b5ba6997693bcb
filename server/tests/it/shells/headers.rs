//! A header does nothing in any shell, whatever the names are (R82).
use super::harness::{
    ALL, BASH, BETWEEN, HOSTILE, NO_PROGRAMS, PLAIN, Shell, ZSH, cases, heading, interactive,
    names, nothing, run, said,
};
use app::domain::{
    copy::{CopyHeader, header},
    vocabulary::StepType,
};
use proptest::prelude::*;
use std::{fs, process::Command};

#[test]
fn a_header_of_each_hostile_name_does_nothing_in_any_shell() {
    for part in HOSTILE.into_iter().chain(BETWEEN) {
        let heading = CopyHeader {
            customer: part,
            step: part,
            ..PLAIN
        };
        let line = header(heading, StepType::Bash);
        for shell in ALL {
            let output = run(shell, &["-c", &line], NO_PROGRAMS, "");
            assert_eq!(said(output), nothing(), "{shell:?}: {line}");
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_header_of_any_names_does_nothing_in_any_shell(names in names()) {
        let line = header(heading(&names), StepType::Bash);
        for shell in ALL {
            let output = run(shell, &["-c", &line], NO_PROGRAMS, "");
            prop_assert_eq!(said(output), nothing(), "{:?}: {}", shell, line);
        }
    }

    /// With history expansion, as a person who pastes has it.
    #[test]
    fn a_header_of_any_names_does_nothing_in_an_interactive_shell(names in names()) {
        let line = header(heading(&names), StepType::Bash);
        for shell in ALL {
            let typed = |line: &str| format!("{line}\nprintf end\n");
            let output = said(run(shell, interactive(shell), NO_PROGRAMS, &typed(&line)));
            let plain = said(run(shell, interactive(shell), NO_PROGRAMS, &typed(": 'x'")));
            prop_assert_eq!(&output.0, "end", "{}", line);
            prop_assert_eq!(output, plain, "{}", line);
        }
    }
}

#[test]
fn an_interactive_shell_of_these_tests_expands_history() {
    for shell in [BASH, ZSH] {
        let (_, errors, _) = said(run(
            shell,
            interactive(shell),
            NO_PROGRAMS,
            ": \"Yahoo!Japan\"\n",
        ));
        assert!(errors.contains("event not found"), "{errors}");
    }
}

/// `strace` counts what a shell starts; a shell's own threads are those that it has with an empty script too.
#[test]
fn headers_start_no_other_process() {
    let mut lines = String::new();
    for part in HOSTILE {
        for other in HOSTILE {
            let heading = CopyHeader {
                customer: part,
                step: other,
                ..PLAIN
            };
            lines.push_str(&header(heading, StepType::Bash));
            lines.push('\n');
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let started = |shell: Shell, text: &str| -> usize {
        let (script, trace) = (folder.path().join("script"), folder.path().join("trace"));
        fs::write(&script, text).unwrap();
        let output = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve"])
            .args(["-e", "signal=none", "-o"])
            .arg(&trace)
            .args(shell)
            .arg(&script)
            .output()
            .unwrap();
        assert_eq!(said(output), nothing(), "{shell:?}");
        let trace = fs::read_to_string(trace).unwrap();
        trace.lines().filter(|it| !it.contains("resumed>")).count()
    };
    for shell in ALL {
        assert_eq!(started(shell, &lines), started(shell, ": x\n"), "{shell:?}");
        assert!(started(shell, "/bin/true\n") > started(shell, ": x\n"));
    }
}
