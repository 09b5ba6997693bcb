//! What of a runbook's text must not be lost or joined to something else (R86).

use super::{ImportedStep, TemplateImport};

fn steps(source: &str) -> Vec<ImportedStep> {
    TemplateImport::read(source).steps
}

/// "type name: content (description)", "?" if something is asked.
fn lines(source: &str) -> Vec<String> {
    let line = |it: ImportedStep| {
        let content = it.content.replace('\n', "|");
        let asked = if it.question.is_some() { " ?" } else { "" };
        let description = it.description.replace('\n', "|");
        format!("{} {}: {content} ({description}){asked}", it.kind, it.name)
    };
    steps(source).into_iter().map(line).collect()
}

fn text_of(prose: &str) -> String {
    let mut steps = steps(&format!("## A\n\n{prose}\n"));
    assert_eq!(steps.len(), 1, "{prose}");
    steps.remove(0).content
}

#[test]
fn a_comment_of_a_console_block_is_never_taken_for_its_only_command() {
    let source = "## A\n```console\n# kubectl context must be prod-eu\nown-tool apply --all\nown-tool status\n```\n";
    assert_eq!(
        lines(source),
        ["bash A: # kubectl context must be prod-eu|own-tool apply --all|own-tool status () ?"]
    );
    let source = "## A\n```console\n# systemctl stop api\n# Wait until all is stopped\n# reboot only if the kernel changed\n# own-tool purge\n```\n";
    assert_eq!(
        lines(source),
        [
            "bash A: systemctl stop api|# Wait until all is stopped|# reboot only if the kernel changed|own-tool purge () ?"
        ]
    );
}

#[test]
fn placeholders_and_addresses_within_html_stay() {
    for (prose, text) in [
        (
            "<details><summary>How to</summary>\nOpen <https://grafana.example.com/d/1> and set HOST=<host>.\n</details>",
            "How to\nOpen <https://grafana.example.com/d/1> and set HOST=<host>.",
        ),
        (
            "<div>\nkubectl get ns -l app=<name>\n</div>",
            "kubectl get ns -l app=<name>",
        ),
        (
            "<p>Stop if used<total and free>0</p>",
            "Stop if used<total and free>0",
        ),
        (
            "<table>\n<tr><td>Run</td><td>kubectl -n <ns> get pods</td></tr>\n</table>",
            "Run | kubectl -n <ns> get pods",
        ),
    ] {
        assert_eq!(text_of(prose), text);
    }
    for prose in [
        "<namespace>\nis the namespace of <customer>, see <ops@acme.example>.",
        "Type the namespace:\n\n<namespace>\n\nThen go on.",
        "Type the namespace:\n<namespace>\nThen go on.",
        "Type it:\n- <namespace>\n- <HOST>",
    ] {
        assert_eq!(text_of(prose), prose);
    }
}

#[test]
fn tags_that_are_taken_out_between_two_texts_are_told_by_their_line() {
    let said = |prose: &str| -> Vec<(u32, String)> {
        let notes = TemplateImport::read(&format!("## A\n\n{prose}\n")).notes;
        notes.into_iter().map(|it| (it.line, it.message)).collect()
    };
    let told = "HTML tags within this line were left out".to_owned();
    assert_eq!(
        said("<div>\nAsk <b>Ana</b> first.\n</div>"),
        [(4, told.clone())]
    );
    assert_eq!(said("<tr><td>a</td><td>b</td></tr>"), [(3, told)]);
    assert_eq!(said("<div>\nAsk <name> first.\n</div>"), []);
}

#[test]
fn a_block_that_is_asked_about_never_joins_a_certain_one() {
    let source = "## Look\n\n```bash\nkubectl get ns\n```\n\nYou should see:\n\n```\nkubectl version 1.2\nhelm 3\n```\n";
    assert_eq!(
        lines(source),
        [
            "bash Look: kubectl get ns ()",
            "bash Look (2): kubectl version 1.2|helm 3 (You should see:) ?",
        ]
    );
    assert_eq!(steps(source)[1].line, 9);
    // Nor does a certain one join it, and of two questions each has its own row.
    let source = "## Look\n```\nkubectl get ns\n```\n```bash\nls\n```\n```console\n$ cd /srv\ngit pull\n```\n```\nid\n```\n";
    assert_eq!(
        lines(source),
        [
            "bash Look: kubectl get ns () ?",
            "bash Look (2): ls ()",
            "bash Look (3): cd /srv () ?",
            "bash Look (4): id () ?",
        ]
    );
}

#[test]
fn links_within_the_page_are_part_of_a_step() {
    let links = "Do these:\n- [Stop the API first](#stop)\n- [Then the web](#web)";
    assert_eq!(text_of(links), links);
    let contents = "- [A](#a)\n- [B](#b)";
    for head in [
        format!("# June\n\n{contents}\n"),
        format!("# June\n\n**Contents**\n\n{contents}\n"),
        format!("# June\n\n## Contents\n\n{contents}\n"),
        format!("[TOC]\n\n# June\n\n{contents}\n"),
    ] {
        let read = TemplateImport::read(&format!("{head}\n## A\ndo\n\n## B\ndo\n"));
        assert_eq!(read.steps.len(), 2, "{head}");
        assert_eq!((read.release_description, read.notes), (None, vec![]));
    }
}

#[test]
fn prose_in_the_form_of_a_definition_stays() {
    for prose in [
        "[NOTE]: wait-10-minutes",
        "[Warning]: stop",
        "[Warning]: stop\n\nThen go on.",
        "[Owner]: n/a",
    ] {
        assert_eq!(text_of(prose), prose);
    }
    for definition in [
        "[a]: https://x",
        "[a]: ./x.md",
        "[a]: #stop",
        "[a]: /x \"t\"",
    ] {
        assert_eq!(text_of(&format!("Do it.\n\n{definition}")), "Do it.");
    }
    assert_eq!(
        text_of("See [The Wiki].\n\n[the wiki]: stop"),
        "See [The Wiki](stop)."
    );
    // A heading may refer to it, too.
    let source = "## Read [it][x]\n\nDo it.\n\n[X]: stop\n";
    assert_eq!(lines(source), ["text Read it: Do it. ()"]);
}

#[test]
fn a_number_of_three_parts_counts_on_from_its_first() {
    let names =
        |source: &str| -> Vec<String> { steps(source).into_iter().map(|it| it.name).collect() };
    assert_eq!(
        names("## 1.1 Stop\ndo\n## 2. Deploy\n### 2.1.1 Helm\ndo\n### 2.1.2 API\ndo\n"),
        ["1.1 Stop", "Helm", "API"]
    );
    assert_eq!(
        names(
            "## 1. Prepare\n### 1.1 Stop\ndo\n#### 1.1.1.1 Look\ndo\n### 1.0.1 Notes\ndo\n### 3.1.1 Go\ndo\n"
        ),
        ["Stop", "Look", "1.0.1 Notes", "3.1.1 Go"]
    );
}
