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
    let source = format!("# R\n\n**Note**\n\n## A\n{bold}");
    let notes = TemplateImport::read(&source).notes;
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(asked(&source), ["ls", "id ?"]);
}

/// Each step's content, "?" if something is asked.
fn asked(source: &str) -> Vec<String> {
    let line = |it: ImportedStep| {
        let sign = if it.question.is_some() { " ?" } else { "" };
        format!("{}{sign}", it.content)
    };
    steps(source).into_iter().map(line).collect()
}

#[test]
fn bold_lines_are_the_headings_of_a_text_without_any() {
    let blocks = |heads: [&str; 4]| {
        let [backup, migrate, verify, rollback] = heads;
        format!(
            "# June release\n\nIntro.\n\n{backup}\n\n```bash\nb\n```\n\n{migrate}\n\n```sql\nm\n```\n\n{verify}\n```bash\ncurl x\n```\n\n{rollback}\n\n```bash\nundo\n```\n"
        )
    };
    for source in [
        blocks([
            "**Step 1: Backup**",
            "**Step 2: Migrate**",
            "**Verify**",
            "**Rollback**",
        ]),
        blocks(["__Backup__", "__Migrate:__", "__Verify__", "__Rollback__"]),
        blocks([
            "1. **Backup**",
            "2. **Migrate**",
            "3. **Verify**",
            "4. **Rollback**",
        ]),
        blocks([
            "<b>Backup</b>",
            "<b>Migrate</b>",
            "<strong>Verify</strong>",
            "<b>Rollback</b>",
        ]),
    ] {
        assert_eq!(
            lines(&source),
            [
                "bash Backup: b ()",
                "sql Migrate: m ()",
                "bash Rollback: undo ()",
                "bash Verify: curl x ()",
            ],
            "{source}"
        );
        let read = TemplateImport::read(&source);
        assert_eq!(read.steps[3].category.as_str(), "verify");
        assert_eq!(read.release_name.as_deref(), Some("June release"));
        assert_eq!(read.release_description.as_deref(), Some("Intro."));
        assert_eq!((read.notes.len(), read.notes[0].line), (1, 5));
    }
    // What is bold for another reason names no step.
    let source = "# Stop\n\n**Owner: Ana**\n\n**Note**\n\n```sql\n/*\n**x**\n*/\n```\n";
    assert_eq!(steps(source)[0].name, "Stop");
    assert_eq!(TemplateImport::read(source).notes, []);
}

#[test]
fn what_speaks_of_rolling_back_or_verifying_parts_two_blocks() {
    for words in [
        "**Rollback**",
        "__Rollback__",
        "**Verify**",
        "1. **Stop it**",
        "**Rollback.** Only if it does not come up.",
        "If it fails, roll back:",
        "Verify:",
        "> **Rollback**",
    ] {
        let source =
            format!("## API\n\n```bash\nhelm upgrade\n```\n\n{words}\n\n```bash\nhelm list\n```\n");
        assert_eq!(asked(&source), ["helm upgrade", "helm list ?"], "{words}");
    }
    let source = "## API\n```bash\na\n```\n**Note:** wait\n```bash\nb\n```\n";
    assert_eq!(asked(source), ["a\n\nb"]);
    // Under a step of our own export nothing is asked.
    let source =
        "## API\n<!-- rollcall: deploy -->\n```bash\na\n```\n**Verify**\n```bash\nb\n```\n";
    assert_eq!(asked(source), ["a\n\nb"]);
}

#[test]
fn a_block_beside_the_text_is_asked_about_where_it_would_join_another() {
    for (begin, end) in [
        ("> [!danger]- Stop\n> ```bash\n> down\n> ```", ""),
        ("> ```bash\n> down\n> ```", ""),
        (
            "<details><summary>More</summary>\n\n```bash\ndown\n```\n",
            "\n</details>",
        ),
        ("<Warning>\n\n```bash\ndown\n```\n", "\n</Warning>"),
        (":::danger\n\n```bash\ndown\n```\n", "\n:::"),
        (
            "{% hint style=\"danger\" %}\n```bash\ndown\n```",
            "\n{% endhint %}",
        ),
        ("!!! danger\n\n    ```bash\n    down\n    ```", ""),
        ("````{warning}\n```bash\ndown\n```", "\n````"),
        ("````ad-warning\n```bash\ndown\n```", "\n````"),
    ] {
        let aside = format!("{begin}{end}");
        let source = format!("## A\n\n{aside}\n\n```bash\nup\n```\n");
        assert_eq!(asked(&source), ["down ?", "up"], "{aside}");
        let source = format!("## A\n\n```bash\nup\n```\n\n{aside}\n\n## B\ndo\n");
        assert_eq!(asked(&source), ["up", "down ?", "do"], "{aside}");
        assert_eq!(asked(&format!("## A\n\n{aside}\n")), ["down"], "{aside}");
    }
    // Blocks of one part are one step.
    let source = ":::tip\n```bash\na\n```\n```bash\nb\n```\n:::\n";
    assert_eq!(asked(&format!("## A\n{source}")), ["a\n\nb"]);
}

#[test]
fn commands_in_an_indented_body_beside_prose_are_a_step() {
    let fence = "    ```bash\n    pg_dump x > b.sql\n    ```\n";
    for body in [
        format!("!!! tip\n\n    Take a backup:\n\n{fence}"),
        format!("!!! tip\n    Take a backup:\n{fence}"),
        format!("!!! tip \"Backup\"\n\n{fence}\n    Keep it.\n"),
        format!("??? tip\n\n    Take a backup:\n\n{fence}"),
        format!("???+ tip\n\n    Take a backup:\n\n{fence}"),
        format!("!!! note\n{fence}"),
    ] {
        let source = format!("## Database\n\n{body}\n```bash\nmigrate up\n```\n");
        assert_eq!(
            asked(&source),
            ["pg_dump x > b.sql ?", "migrate up"],
            "{body}"
        );
    }
    let tab = |name: &str| {
        format!("=== \"{name}\"\n\n    Run:\n\n    ```bash\n    run {name}\n    ```\n\n")
    };
    let read = steps(&format!("## Install\n\n{}{}", tab("US"), tab("EU")));
    let names: Vec<_> = read.iter().map(|it| (&*it.name, &*it.content)).collect();
    assert_eq!(
        names,
        [("Install (US)", "run US"), ("Install (EU)", "run EU")]
    );
}

#[test]
fn directives_are_no_part_of_their_blocks() {
    let source =
        "## A\n\n````{admonition} Care\n:class: tip\n\nStop it:\n\n```bash\ndown\n```\n````\n";
    assert_eq!(lines(source), ["bash A: down (Care\n\nStop it:)"]);
    let source = "## A\n\n```{code-block} sql\n:linenos:\nselect 1;\n```\n";
    assert_eq!(lines(source), ["sql A: select 1; ()"]);
    let source = "## A\n\n:::{tip} Care\n:class: dropdown\n\nStop it.\n:::\n\n```bash\ndown\n```\n";
    assert_eq!(lines(source), ["bash A: down (Care\n\nStop it.)"]);
}

#[test]
fn code_between_colons_is_code() {
    for code in [
        ":::{code-block} bash\n:linenos:\n\necho '*a*' <b> # x\n:::",
        "::::{code} bash\necho '*a*' <b> # x\n::::",
        "::: {code-block} bash\necho '*a*' <b> # x\n:::",
    ] {
        let source = format!("## A\n\nRun:\n\n{code}\n\n## B\ndo\n");
        assert_eq!(
            lines(&source),
            ["bash A: echo '*a*' <b> # x (Run:)", "text B: do ()"],
            "{code}"
        );
        assert_eq!(TemplateImport::read(&source).notes, [], "{code}");
    }
    // Signs of other blocks are part of the code.
    let source = "## A\n\n::::{code-block} bash\ncat <<X\n```\n:::{note}\n~~~\n:::\nX\n::::\n";
    assert_eq!(
        lines(source),
        ["bash A: cat <<X|```|:::{note}|~~~|:::|X ()"]
    );
    // Without an end it stays prose.
    let source = "## A\n\n:::{code-block} bash\nls\n";
    assert_eq!(steps(source)[0].kind.as_str(), "text");
}

#[test]
fn a_diagram_between_colons_is_code_that_belongs_to_the_prose() {
    for begin in [
        "::: mermaid",
        ":::mermaid",
        ":::{mermaid}",
        "::: {.mermaid}",
        "::: plantuml",
    ] {
        let diagram = format!("{begin}\ngraph TD;\n\n# A --> B\n- [x]\n---\n\n    C\n:::");
        let source = format!("## A\n\nLook:\n\n{diagram}\n\n```bash\nls\n```\n");
        assert_eq!(
            lines(&source),
            [format!("bash A: ls (Look:\n\n{diagram})")],
            "{begin}"
        );
        assert_eq!(TemplateImport::read(&source).notes, [], "{begin}");
    }
    // Other words name a container, and Markdown is in it.
    let source = "## A\n\n::: danger\nStop it.\n:::\n\n```bash\nls\n```\n";
    assert_eq!(lines(source), ["bash A: ls (Stop it.)"]);
}

#[test]
fn a_fence_that_another_one_closes_is_told() {
    let source = "## A\n\n```bash\nx\n\n## B\n\n```bash\nb\n```\n\n## C\n\ntext";
    let notes = |source: &str| -> Vec<(u32, bool)> {
        let notes = TemplateImport::read(source).notes;
        notes.into_iter().map(|it| (it.line, it.is_error)).collect()
    };
    assert_eq!(notes(source), [(3, true)]);
    assert_eq!(notes(&source.replace("## B\n\n", "")), [(3, false)]);
    assert_eq!(notes(&source.replace("x\n", "x\n```\n")), []);
}

#[test]
fn code_and_headings_in_other_markup_are_read() {
    for code in [
        "{% highlight bash %}\nls <x> && id\n{% endhighlight %}",
        "{{< highlight bash >}}\nls <x> && id\n{{< /highlight >}}",
        "<pre><code class=\"language-bash\">ls &lt;x&gt; &#38;&amp; id</code></pre>",
    ] {
        let source = format!("## A\n\n{code}\n\n## B\ndo\n");
        assert_eq!(lines(&source), ["bash A: ls <x> && id ()", "text B: do ()"]);
        assert_eq!(asked(&source)[0], "ls <x> && id");
        assert_eq!(TemplateImport::read(&source).notes, []);
    }
    let source = "<h1>June</h1>\n<h2 id=\"x\">1. Stop</h2>\n\n<p>Do it.</p>\n\n<h2>Verify</h2>\n```bash\nls\n```\n";
    assert_eq!(
        lines(source),
        ["text Stop: Do it. ()", "bash Verify: ls ()"]
    );
    assert_eq!(
        TemplateImport::read(source).release_name.as_deref(),
        Some("June")
    );
    let source = "<h1>\nJune\n</h1>\n\n<p>Do it.</p>\n";
    assert!(
        TemplateImport::read(source).notes[0]
            .message
            .contains("HTML")
    );
}
