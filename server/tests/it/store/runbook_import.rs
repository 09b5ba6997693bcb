//! Tests of the import of runbooks (R86): files as people write them are in `server/tests/fixtures/runbooks`, each with what
//! it must be read as. `EXPECT=write cargo test --test it every_runbook` writes those files; read the difference before you
//! keep it.
use crate::world::World;
use app::{
    domain::{
        normalize::{normalized, notices},
        template::TemplateDraft,
        template_markdown::{TemplateImport, preview::RowEdit, to_markdown},
        vocabulary::{Category, StepType},
    },
    store::error::StoreError,
};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn runbooks() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/runbooks");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "md"))
        .collect();
    files.sort();
    let read = files.into_iter().map(|it| {
        let text = fs::read_to_string(&it).unwrap();
        (it, text)
    });
    read.collect()
}

fn short(text: &str) -> String {
    let n_lines = text.lines().count();
    let first = text
        .lines()
        .find(|it| !it.trim().is_empty())
        .unwrap_or_default();
    let first: String = first.chars().take(60).collect();
    if n_lines > 1 {
        format!("{first} [{n_lines} lines]")
    } else {
        first
    }
}

/// The release, then a line a step: category | type | name | first line of the content | first line of the description |
/// "?" if there is a question; then a line a note.
fn outline(read: &TemplateImport) -> String {
    let mut out = String::new();
    if let Some(name) = &read.release_name {
        let _ = writeln!(out, "release: {name}");
    }
    if let Some(text) = &read.release_description {
        let _ = writeln!(out, "description: {}", short(text));
    }
    for step in &read.steps {
        let content = short(&step.content);
        let _ = write!(
            out,
            "{} | {} | {} | {content}",
            step.category, step.kind, step.name
        );
        if !step.description.is_empty() {
            let _ = write!(out, " | {}", short(&step.description));
        }
        if step.question.is_some() {
            out.push_str(" | ?");
        }
        out.push('\n');
    }
    for note in &read.notes {
        let sign = if note.is_error { "!" } else { "" };
        let _ = writeln!(out, "note{sign} {}: {}", note.line, note.message);
    }
    out
}

#[test]
fn every_runbook_is_read_as_people_mean_it() {
    let runbooks = runbooks();
    assert!(runbooks.len() >= 30, "{}", runbooks.len());
    for (path, text) in runbooks {
        let found = outline(&TemplateImport::read(&text));
        let expected = path.with_extension("expected.txt");
        if std::env::var("EXPECT").is_ok_and(|it| it == "write") {
            fs::write(&expected, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap();
        assert_eq!(found, expected, "{}", path.display());
    }
}

/// A step as the store keeps it.
fn kept(draft: TemplateDraft) -> TemplateDraft {
    let fields = draft.clone().parse().unwrap();
    TemplateDraft {
        name: fields.name.into(),
        content: fields.content.into(),
        description: fields.description.map(String::from).unwrap_or_default(),
        ..draft
    }
}

#[test]
fn every_runbook_comes_back_from_an_export() {
    for (path, text) in runbooks() {
        let read = TemplateImport::read(&text);
        if !read.may_be_imported() {
            continue;
        }
        let steps: Vec<TemplateDraft> = read.drafts().into_iter().map(kept).collect();
        let again = TemplateImport::read(&to_markdown(&steps));
        assert_eq!(
            (again.drafts(), again.notes),
            (steps, vec![]),
            "{}",
            path.display()
        );
    }
}

#[test]
fn line_endings_do_not_change_what_a_runbook_is_read_as() {
    for (path, text) in runbooks() {
        let unix = normalized(&text);
        let windows = unix.replace('\n', "\r\n");
        let unix = TemplateImport::read(&unix);
        let mut read = TemplateImport::read(&windows);
        let n_notices = notices(&windows).len();
        assert_eq!(read.notes.drain(..n_notices).len(), 1);
        assert_eq!(unix, read, "{}", path.display());
    }
}

const RUNBOOK: &str = "# July\n\nTell everybody first.\n\n## 1. Snapshot\n```\nkubectl get pods\n```\n## 2. Purge\nPurge the cache.\n## 3. Database\n```sql\nSELECT 1;\n```\n### Verify\n```sql\nSELECT 2;\n```\n";

fn edit(row: u32) -> RowEdit {
    RowEdit {
        row,
        ..RowEdit::default()
    }
}

#[tokio::test]
async fn a_runbook_is_imported_with_its_edits_and_goes_with_one_undo() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let before = world.names(&world.globex).await;
    let release = store.release_row(world.june).await.unwrap();
    let edits = vec![
        RowEdit {
            kind: Some(StepType::Text),
            name: Some("Look".into()),
            ..edit(0)
        },
        RowEdit {
            join_previous: true,
            ..edit(1)
        },
        RowEdit {
            category: Some(Category::Verify),
            ..edit(2)
        },
        RowEdit {
            leave_out: true,
            ..edit(3)
        },
    ];
    let preview = store.preview_runbook(world.june, RUNBOOK.into(), edits.clone());
    let preview = preview.await.unwrap();
    assert_eq!(world.names(&world.globex).await, before);
    let imported = store
        .import_runbook(world.june, RUNBOOK.into(), edits, ana())
        .await
        .unwrap();
    assert_eq!(imported.row, preview);
    let names = [
        "Announce",
        "Migrate schema",
        "Upgrade",
        "Look",
        "Check",
        "Database",
    ];
    assert_eq!(world.names(&world.globex).await, names);
    let look = world.step(&world.globex, "Look").await;
    assert_eq!(look.content, "kubectl get pods\n\nPurge the cache.");
    // What the text offers for the release is never written unasked.
    assert_eq!(imported.row.release_name.as_deref(), Some("July"));
    assert_eq!(
        imported.row.release_description.as_deref(),
        Some("Tell everybody first.")
    );
    assert_eq!(store.release_row(world.june).await.unwrap(), release);
    let undone = store.undo(imported.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (2, 0));
    assert_eq!(world.names(&world.globex).await, before);
    store.undo(undone.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!(world.names(&world.globex).await, names);
}

#[tokio::test]
async fn a_runbook_with_an_error_imports_nothing_and_an_archived_release_takes_none() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let import = async |text: &str, edits| {
        let done = store.import_runbook(world.june, text.into(), edits, ana());
        done.await.map(|it| it.row.steps.len())
    };
    let open = format!("{RUNBOOK}## Open\n```bash\ntrue\n");
    for (text, edits) in [
        (open.as_str(), vec![]),
        (" \n", vec![]),
        ("Only prose.", vec![]),
        (RUNBOOK, vec![edit(9)]),
    ] {
        let refused = import(text, edits).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{text}");
    }
    let detail = store.release(world.june).await.unwrap();
    assert_eq!(detail.templates.len(), 4);
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    let refused = import(RUNBOOK, vec![]).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    let preview = store.preview_runbook(world.june, RUNBOOK.into(), vec![]);
    assert!(matches!(preview.await, Err(StoreError::Refused(_))));
}
