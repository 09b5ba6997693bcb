//! What a runbook is read as, rule by rule (R86).

use super::{STEPS_MAX, TemplateImport};
use crate::domain::text::NAME_MAX_CHARS;

fn read(source: &str) -> TemplateImport {
    TemplateImport::read(source)
}

/// "category type name: content", the content's line breaks as `|`; " (description)" where there is one.
fn steps(source: &str) -> Vec<String> {
    let steps = read(source).steps.into_iter();
    let line = steps.map(|it| {
        let content = it.content.replace('\n', "|");
        let mut line = format!("{} {} {}: {content}", it.category, it.kind, it.name);
        if !it.description.is_empty() {
            let description = it.description.replace('\n', "|");
            line.extend([" (", description.as_str(), ")"]);
        }
        line
    });
    line.collect()
}

/// The line and the first three words of each note; errors begin with an exclamation mark.
fn notes(source: &str) -> Vec<String> {
    let notes = read(source).notes.into_iter();
    let line = notes.map(|it| {
        let words: Vec<&str> = it.message.split(' ').take(3).collect();
        let sign = if it.is_error { "!" } else { "" };
        format!("{sign}{} {}", it.line, words.join(" "))
    });
    line.collect()
}

fn release(source: &str) -> (Option<String>, Option<String>) {
    let read = read(source);
    (read.release_name, read.release_description)
}

fn pair(name: Option<&str>, description: Option<&str>) -> (Option<String>, Option<String>) {
    (name.map(str::to_owned), description.map(str::to_owned))
}

#[test]
fn a_category_is_bound_to_its_section() {
    let source = "## Database\n```sql\nALTER;\n```\n### Verify\n```sql\nSELECT 1;\n```\n## API\n```bash\nhelm upgrade\n```\n";
    assert_eq!(
        steps(source),
        [
            "deploy sql Database: ALTER;",
            "deploy bash API: helm upgrade",
            "verify sql Database: verify: SELECT 1;",
        ]
    );
    let source = "# Deploy\n## A\n```bash\na\n```\n# Verify\n## B\n```bash\nb\n```\n# Rollback\n## C\n```bash\nc\n```\n";
    assert_eq!(
        steps(source),
        ["deploy bash A: a", "deploy bash C: c", "verify bash B: b"]
    );
    assert_eq!(release(source), (None, None));
    assert_eq!(notes(source), [""; 0]);
    // A deploy section within a verify section, and back.
    let source = "# Verify\n## A\ndo\n## Deploy\n### B\ndo\n## C\ndo\n";
    assert_eq!(
        steps(source),
        [
            "deploy text B: do",
            "verify text A: do",
            "verify text C: do"
        ]
    );
}

#[test]
fn a_step_under_a_verify_head_bears_its_parent_s_name() {
    let step = |heads: &str| steps(&format!("{heads}\n```bash\na\n```\n"));
    assert_eq!(
        step("## 2. Database\n### 2.1 ✅ Verify"),
        ["verify bash Database: verify: a"]
    );
    assert_eq!(
        step("## API\n### Smoke test"),
        ["verify bash API: smoke test: a"]
    );
    assert_eq!(
        step("## API\n### Step 3: Verify rollout"),
        ["verify bash API: verify rollout: a"]
    );
    assert_eq!(
        step("## Database\n### Deploy\n#### Verify"),
        ["verify bash Database: verify: a"]
    );
    // Sections and the title are no parents.
    assert_eq!(step("# June\n## Verify"), ["verify bash Verify: a"]);
    assert_eq!(
        step("# Deploy\n## 2. Verify the pods"),
        ["verify bash Verify the pods: a"]
    );
    assert_eq!(
        step("# Verify\n## Smoke test"),
        ["verify bash Smoke test: a"]
    );
    assert_eq!(
        step("## Prod\n### Database: verify"),
        ["verify bash Database: verify: a"]
    );
    // A heading below has its own name.
    assert_eq!(
        step("## Database\n### Verify\n#### Row counts"),
        ["verify bash Row counts: a"]
    );
}

#[test]
fn numbers_go_from_names() {
    let source = "# June\n## 1. A\ndo\n## Step 2: B\ndo\n### 2.1 C\ndo\n### 2.2 D\ndo\n## 7.5 E\ndo\n## Step 3\ndo\n";
    let names: Vec<String> = read(source).steps.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["A", "B", "C", "D", "7.5 E", "Step 3"]);
}

#[test]
fn front_matter_is_skipped_and_its_title_names_the_release() {
    let source = "---\ntitle: June rollout\n---\n\nIntro.\n\n## A\n```bash\na\n```\n";
    assert_eq!(steps(source), ["deploy bash A: a"]);
    assert_eq!(release(source), pair(Some("June rollout"), Some("Intro.")));
    assert_eq!(read(source).steps[0].line, 8);
    let toml = "\u{feff}+++\r\ntitle = \"June\"\r\n+++\r\n# June\r\n## A\r\ndo\r\n";
    assert_eq!(
        (steps(toml), release(toml).0),
        (
            vec!["deploy text A: do".to_owned()],
            Some("June".to_owned())
        )
    );
    assert_eq!(notes(toml), ["1 Line breaks were", "1 The byte order"]);
    // Another title is said to be left out.
    let other = "---\ntitle: June\n---\n# Runbook\n## A\ndo\n";
    assert_eq!(
        (release(other).0, notes(other)),
        (
            Some("June".to_owned()),
            vec!["4 Ignored “Runbook”: the".to_owned()]
        )
    );
    // A block without a heading is under the title, as site generators show it.
    let bare = "---\ntitle: Restart\n---\nDo it.\n```bash\na\n```\n## B\ndo\n";
    assert_eq!(
        steps(bare),
        ["deploy bash Restart: a (Do it.)", "deploy text B: do"]
    );
}

#[test]
fn the_title_and_what_comes_before_the_first_step_describe_the_release() {
    let source = "Before.\n\n# June 6\n\nIntro *one*.\n\n- two\n\n## A\n\ndo\n";
    assert_eq!(
        release(source),
        pair(Some("June 6"), Some("Before.\n\nIntro *one*.\n\n- two"))
    );
    assert_eq!(steps(source), ["deploy text A: do"]);
    assert_eq!(notes(source), [""; 0]);
    // A title with a block of its own is a step; so is the only heading, and one of two H1.
    assert_eq!(
        steps("# Up\nAsk.\n```sh\na\n```\n## B\ndo\n"),
        ["deploy bash Up: a (Ask.)", "deploy text B: do"]
    );
    assert_eq!(
        steps("# Announce\n\nTell them.\n"),
        ["deploy text Announce: Tell them."]
    );
    assert_eq!(
        steps("# A\ndo\n# B\ndo\n"),
        ["deploy text A: do", "deploy text B: do"]
    );
    assert_eq!(steps("## A\ndo\n# B\ndo\n## C\ndo\n").len(), 3);
    for section in [
        "# Verify",
        "# ✅ Smoke tests",
        "# Step 3: Verify rollout",
        "# Deploy",
    ] {
        assert_eq!(
            release(&format!("{section}\n## A\ndo\n")).0,
            None,
            "{section}"
        );
    }
    assert_eq!(
        release("# Verify the June release\n## A\ndo\n").0,
        Some("Verify the June release".to_owned())
    );
    let long = format!("# {}\n## A\ndo\n", "é".repeat(101));
    assert_eq!(release(&long).0.unwrap().chars().count(), NAME_MAX_CHARS);
}

#[test]
fn an_introduction_over_the_limit_is_the_first_step() {
    let intro = "x".repeat(4_001);
    let source = format!("# June\n\n{intro}\n\n## A\ndo\n");
    assert_eq!(release(&source), pair(Some("June"), None));
    assert_eq!(
        steps(&source),
        [
            format!("deploy text June: {intro}"),
            "deploy text A: do".to_owned()
        ]
    );
    assert_eq!(
        release(&source.replacen('x', "", 1)).1.unwrap().len(),
        4_000
    );
}

#[test]
fn prose_above_a_block_is_its_description_and_prose_behind_it_a_text_step() {
    let source = "## Upgrade\n\nAsk first.\n\n```yaml\na: 1\n```\n\n```sh\nhelm upgrade\n```\n\nThen wait.\n";
    assert_eq!(
        steps(source),
        [
            "deploy bash Upgrade: helm upgrade (Ask first.||```yaml|a: 1|```)",
            "deploy text Upgrade (2): Then wait.",
        ]
    );
    let long = "é".repeat(4_001);
    let source = format!("## A\n{long}\n```bash\na\n```\n");
    assert_eq!(
        steps(&source),
        [
            format!("deploy text A: {long}"),
            "deploy bash A (2): a".to_owned()
        ]
    );
    assert_eq!(read(&source).steps[1].line, 3);
    assert_eq!(steps(&source.replacen('é', "", 1)).len(), 1);
}

#[test]
fn prose_around_a_description_is_not_lost() {
    let source = "## A\nOne.\n```description\nTwo.\n```\nThree.\n```bash\na\n```\n";
    assert_eq!(steps(source), ["deploy bash A: a (Two.||One.||Three.)"]);
}

#[test]
fn footnotes_behind_a_block_are_no_step() {
    let source = "## A\nOne[^1].\n```bash\na\n```\n[^1]: The note.\n## B\n[^2]: Alone here.\n";
    assert_eq!(
        steps(source),
        [
            "deploy bash A: a (One[^1].||[^1]: The note.)",
            "deploy text B: [^2]: Alone here."
        ]
    );
    for behind in [
        "[^1]: The note.\n\n[wiki]: https://wiki\n",
        "[wiki]: https://wiki\n[^1]: The note.\n",
    ] {
        assert_eq!(
            steps(&format!("## A\n```bash\na\n```\n{behind}")),
            ["deploy bash A: a ([^1]: The note.)"]
        );
    }
    let source = "## A\n```bash\na\n```\n[^1]: The note.\n[wiki]: https://wiki\n";
    assert_eq!(steps(source).len(), 1);
}

#[test]
fn statements_of_mdx_are_no_steps() {
    let source = "import Tabs from 'x';\nimport {\n  A,\n} from 'y';\n\nexport const v = {\n  a: 1,\n\n  b: 2,\n};\n\n# June\n\nIntro.\n\n## A\n```bash\na\n```\n\n{/* later */}\n\nexport default ({ children }) => <div>{children}</div>\n";
    assert_eq!(steps(source), ["deploy bash A: a"]);
    assert_eq!(release(source), pair(Some("June"), Some("Intro.")));
}

#[test]
fn blocks_of_one_type_under_one_head_are_one_step() {
    let source = "## A\nOne.\n```bash\na\n```\nTwo.\n```sh\nb\n```\n```sql\nc\n```\n```bash\nd\n```\n## B\n```bash\ne\n```\n";
    assert_eq!(
        steps(source),
        [
            "deploy bash A: a||b (One.||Two.)",
            "deploy sql A (2): c",
            "deploy bash A (3): d",
            "deploy bash B: e",
        ]
    );
}

#[test]
fn added_numbers_keep_names_within_the_limit() {
    let name = "n".repeat(NAME_MAX_CHARS);
    let source =
        format!("## {name}\n```bash\na\n```\n```sql\nb\n```\n### Verify\n```bash\nc\n```\n");
    assert_eq!(notes(&source), [""; 0]);
    for step in read(&source).steps {
        assert_eq!(step.name.chars().count(), NAME_MAX_CHARS, "{}", step.name);
    }
    let source = format!("## {name}n\ndo\n");
    assert_eq!(notes(&source), ["!1 Name: At most"]);
}

#[test]
fn comments_link_definitions_and_lone_tags_are_no_steps() {
    let source = "# June\n<!-- generated -->\n## A\n<a name=\"a\"></a>\n```bash\na\n```\n<!-- later:\n\n## Not a heading\n```bash\nno\n```\n-->\n<br>\n</details>\n\n[wiki]: https://wiki\n[1]: <b> \"t\"\n---\n\n## B\n<details>\n<summary>Show</summary>\n\n```bash\nb\n```\n\n</details>\n";
    assert_eq!(
        steps(source),
        ["deploy bash A: a", "deploy bash B: b (Show)"]
    );
    assert_eq!(
        (release(source), notes(source)),
        (pair(Some("June"), None), vec![])
    );
}

#[test]
fn a_rule_below_a_table_makes_no_heading_of_it() {
    let table = "| a | b |\n|---|---|\n| 1 | 2 |";
    let source = format!("## A\n{table}\n---\n```bash\na\n```\n");
    let read = read(&source).steps;
    assert_eq!((read.len(), read[0].description.as_str()), (1, table));
}

#[test]
fn links_keep_their_target_when_the_definition_goes() {
    let source = "## A\nSee [the wiki][w].\n## B\n```bash\nb\n```\n[w]: https://wiki\n";
    assert_eq!(
        steps(source),
        [
            "deploy text A: See [the wiki](https://wiki).",
            "deploy bash B: b"
        ]
    );
}

#[test]
fn all_usual_fences_are_known() {
    for word in [
        "sh",
        "zsh",
        "shell",
        "console",
        "bash,copy",
        "{.bash}",
        "bash",
        "Bash",
    ] {
        let source = format!("## A\n```{word}\nkubectl get pods\n```\n");
        assert_eq!(
            steps(&source),
            ["deploy bash A: kubectl get pods"],
            "{word}"
        );
        assert_eq!(notes(&source), [""; 0], "{word}");
    }
    for word in [
        "pgsql", "postgres", "mysql", "mariadb", "tsql", "plsql", "sql",
    ] {
        let source = format!("## A\n~~~ {word}\nSELECT 1;\n~~~\n");
        assert_eq!(steps(&source), ["deploy sql A: SELECT 1;"], "{word}");
    }
}

#[test]
fn of_a_session_only_the_commands_are_taken_and_it_says_so() {
    let session = "$ kubectl get pods\nNAME READY\napi 1/1\n$ true\n";
    for word in ["console", "bash", "sh", ""] {
        let source = format!("## A\n```{word}\n{session}```\n");
        assert_eq!(
            steps(&source),
            ["deploy bash A: kubectl get pods|true"],
            "{word}"
        );
        assert_eq!(notes(&source), ["2 Only the commands"], "{word}");
    }
    let asked = read("## A\n```console\n$ cd /srv\ngit pull\n```\n").steps;
    assert!(asked[0].question.is_some());
}

#[test]
fn an_unmarked_fence_that_reads_like_shell_is_asked_about() {
    let source = "## A\nRun:\n```\nkubectl get pods\n```\n";
    let step = &read(source).steps[0];
    assert_eq!(steps(source), ["deploy bash A: kubectl get pods (Run:)"]);
    assert!(step.question.as_ref().unwrap().contains("bash"));
    assert!(read(source).may_be_imported());
    let output = "## A\n```\nNAME READY\n```\n";
    assert_eq!(steps(output), ["deploy text A: ```|NAME READY|```"]);
    assert_eq!(read(output).steps[0].question, None);
}

#[test]
fn an_indented_first_line_keeps_its_indent() {
    assert_eq!(
        steps("## A\n\n    kubectl get pods\n    true\n"),
        ["deploy text A:     kubectl get pods|    true"]
    );
    assert_eq!(
        steps("## A\n```bash\n  a\nb\n```\n"),
        ["deploy bash A:   a|b"]
    );
    assert_eq!(
        steps("1. x\n\n## A\n1. Do\n   ```bash\n     a\n   b\n   ```\n"),
        ["deploy bash A:   a|b (1. Do)"]
    );
}

#[test]
fn lists_quotes_and_windows_line_endings_leave_nothing_in_a_text() {
    let source = "## A\r\n1. One:\r\n\r\n   ```bash\r\n   a \\\r\n     b\r\n   ```\r\n\r\n   Wait.\r\n2. Two\r\n\r\n> ```sql\r\n> SELECT 1;\r\n> ```\r\n";
    assert_eq!(
        steps(source),
        [
            "deploy bash A: a \\|  b (1. One:)",
            "deploy sql A (2): SELECT 1; (Wait.|2. Two)"
        ]
    );
}

#[test]
fn what_is_wrong_is_said_by_its_line() {
    assert_eq!(notes(""), ["!1 No steps found."]);
    assert_eq!(
        notes("Hello.\n\n```bash\ntrue\n```\n"),
        ["!1 No steps found.", "!3 Code block without"]
    );
    assert_eq!(
        notes("## A\n## B\n```bash\ntrue\n"),
        ["1 “A” has no", "!3 Missing closing ```."]
    );
    assert_eq!(notes("## A\n```yaml\na: 1\n"), ["!2 Missing closing ```."]);
    assert_eq!(
        notes("## A\ndo\n\n<!-- open\n## B\n"),
        ["!4 Missing closing -->."]
    );
    assert_eq!(
        notes("## A\n```description\nx\n```\n## B\n```bash\n\n```\n"),
        [
            "1 “A” has no",
            "!2 Description without a",
            "!6 Content: Enter the"
        ]
    );
    assert_eq!(
        notes(&"## A\ndo it\n".repeat(STEPS_MAX + 1)),
        ["!1 At most 500"]
    );
    let many = read(&"##\n".repeat(1_000)).notes;
    assert_eq!((many.len(), many[199].is_error), (200, false));
    assert_eq!(many[199].message, "802 more notes are not shown");
    assert_eq!(notes("## A\ndo\n## Verify\n## B\ndo\n"), ["3 No steps in"]);
    assert_eq!(
        notes("# June\n## Table of contents\n- [A](#a)\n- [B](#b)\n## A\ndo\n"),
        [""; 0]
    );
    assert!(!read("## A\n```bash\n").may_be_imported() && read("## A\ndo").may_be_imported());
}

#[test]
fn a_shell_script_without_headings_is_one_step() {
    let source = "#!/bin/bash\r\n# Stop it\r\nsystemctl stop api\r\n";
    assert_eq!(
        steps(source),
        ["deploy bash Run script: #!/bin/bash|# Stop it|systemctl stop api|"]
    );
    assert_eq!(notes(source), ["1 Line breaks were", "1 This is a"]);
}

#[test]
fn an_import_travels_in_camel_case() {
    let json =
        serde_json::to_value(read("# June\n\nIntro.\n\n## A\n```\nls -l\n```\n## B\n")).unwrap();
    assert_eq!(json["releaseName"], "June");
    assert_eq!(json["releaseDescription"], "Intro.");
    let step = &json["steps"][0];
    assert_eq!(
        (&step["category"], &step["type"], &step["line"]),
        (&"deploy".into(), &"bash".into(), &6.into())
    );
    assert!(step["question"].is_string());
    assert_eq!(
        (&json["notes"][0]["line"], &json["notes"][0]["isError"]),
        (&9.into(), &false.into())
    );
}
