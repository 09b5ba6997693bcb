//! What runbooks with HTML, tabs of site generators and bold heads are read as (R86).

use super::{ImportedStep, TemplateImport};

fn steps(source: &str) -> Vec<ImportedStep> {
    TemplateImport::read(source).steps
}

/// "type name: content (description)".
fn lines(source: &str) -> Vec<String> {
    let line = |it: ImportedStep| {
        let content = it.content.replace('\n', "|");
        format!("{} {}: {content} ({})", it.kind, it.name, it.description)
    };
    steps(source).into_iter().map(line).collect()
}

#[test]
fn a_fence_directly_below_tags_is_one() {
    for tags in [
        "<br>",
        "<div class=\"x\">",
        "<p align=center>",
        "<div>\n<p>",
        "<a name=\"x\"></a>",
    ] {
        let source = format!("## A\n\n{tags}\n```bash\nls\n```\n</div>\n\n## B\ndo\n");
        assert_eq!(lines(&source), ["bash A: ls ()", "text B: do ()"], "{tags}");
    }
    let source = "## A\n<details><summary>Show</summary>\n```bash\nls\n```\n</details>\n";
    assert_eq!(lines(source), ["bash A: ls (Show)"]);
}

#[test]
fn preformatted_html_that_reads_like_a_script_is_asked_about() {
    let source = "## A\nRun:\n\n<pre><code>kubectl get ns &amp;&amp; ls\n</code></pre>\n";
    assert_eq!(lines(source), ["bash A: kubectl get ns && ls (Run:)"]);
    assert!(steps(source)[0].question.is_some());
    assert_eq!(
        steps("## A\n<pre>NAME READY</pre>\n")[0].kind.as_str(),
        "text"
    );
}

#[test]
fn each_tab_is_a_step_of_its_own() {
    let mkdocs = "## Install\n\n=== \"Debian\"\n\n    ```bash\n    apt install x\n    ```\n\n=== \"RHEL\"\n\n    ```bash\n    yum install x\n    ```\n\n```bash\ntrue\n```\n## B\n```bash\nb\n```\n";
    assert_eq!(
        lines(mkdocs),
        [
            "bash Install (Debian): apt install x (Debian)",
            "bash Install (RHEL): yum install x (RHEL)",
            "bash Install (3): true ()",
            "bash B: b ()",
        ]
    );
    let docusaurus = "## Install\n\n<Tabs>\n<TabItem value=\"linux\" label=\"Linux\">\n\n```bash\nnpm install x\n```\n\n</TabItem>\n<TabItem value=\"mac\">\n\n```bash\nbrew install x\n```\n\n</TabItem>\n</Tabs>\n\n```bash\ntrue\n```\n";
    assert_eq!(
        lines(docusaurus),
        [
            "bash Install (Linux): npm install x ()",
            "bash Install (mac): brew install x ()",
            "bash Install (3): true ()",
        ]
    );
}

#[test]
fn an_odd_blank_behind_the_signs_makes_a_heading_all_the_same() {
    let step = &steps("##\u{a0}Verify\n```bash\nls\n```\n")[0];
    assert_eq!(
        (step.name.as_str(), step.category.as_str()),
        ("Verify", "verify")
    );
}

#[test]
fn bold_lines_in_the_place_of_headings_are_pointed_out() {
    let bold = "**Step 1: Stop**\n\n```bash\nls\n```\n\n**Step 2: Start**\n\n```bash\nid\n```\n";
    for source in [bold.to_owned(), format!("# Runbook\n\n{bold}")] {
        let notes = TemplateImport::read(&source).notes;
        assert!(
            notes.iter().any(|it| it.message.contains("bold")),
            "{source}"
        );
    }
    let notes = TemplateImport::read(&format!("# R\n\n**Note**\n\n## A\n{bold}")).notes;
    assert!(notes.is_empty(), "{notes:?}");
}
