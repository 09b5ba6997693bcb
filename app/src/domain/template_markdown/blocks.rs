//! What the fenced blocks of a runbook become: scripts as they are, the commands of a session, a description, or nothing
//! of their own.

use super::{
    console,
    fence::FenceLanguage,
    guess, root_prompt,
    scan::{CodeFence, Heading, MarkdownElement, MarkdownScan},
};
use crate::domain::{plural::pluralize, vocabulary::StepType};
use std::ops::Range;

/// A fenced block that makes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepBlock {
    pub kind: StepType,
    /// As it is in the fence. Under a heading that an export marked, this is the step's content.
    pub raw: String,
    /// What is taken from it: of a session, only the commands.
    pub content: String,
    /// What the person should decide about it.
    pub question: Option<String>,
    /// What to say about it.
    pub note: Option<String>,
    /// How far it is indented within a list, in spaces.
    pub list_indent: usize,
    /// Where the quote, the note or the details begin that it is in.
    pub aside: Option<usize>,
}

/// A heading, or a block that is no prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookPart {
    Heading(Heading),
    StepBlock(StepBlock),
    Description(String),
}

const DOUBTFUL: &str = "Some lines without a prompt read like commands, and only those behind a prompt were taken. Is anything missing?";

const MIXED: &str = "Some lines have a prompt and some don't. Which of them are commands?";

const COMMENTED: &str = "Lines that begin with # may be comments or commands of root. All lines were taken. Is that right?";

fn unmarked_question(kind: StepType, is_marked: bool) -> String {
    let names = if is_marked {
        "an unknown language"
    } else {
        "no language"
    };
    format!("This code block names {names} but reads like {kind}. Is it {kind}?")
}

/// The block that a fence is; none if it belongs to the prose around it.
fn block(fence: &CodeFence) -> Option<StepBlock> {
    let (kind, mut question) = match fence.language {
        FenceLanguage::Script(kind) => (kind, None),
        FenceLanguage::Console => (StepType::Bash, None),
        FenceLanguage::Unmarked | FenceLanguage::Unknown => {
            let session = console::session(&fence.text, StepType::Bash, false)
                .or_else(|| console::session(&fence.text, StepType::Sql, false));
            let kind = session
                .map(|it| it.0)
                .or_else(|| guess::script(&fence.text))?;
            let is_marked = fence.language == FenceLanguage::Unknown;
            (kind, Some(unmarked_question(kind, is_marked)))
        }
        FenceLanguage::Description | FenceLanguage::Other => return None,
    };
    let is_console = fence.language == FenceLanguage::Console;
    let mut block = StepBlock {
        kind,
        raw: fence.text.clone(),
        content: fence.text.clone(),
        question: None,
        note: None,
        list_indent: fence.list_indent,
        aside: fence.aside,
    };
    match console::session(&fence.text, kind, is_console) {
        Some((kind, session)) => {
            block.kind = kind;
            block.content = session.commands;
            if session.is_doubtful {
                question = question.or(Some(DOUBTFUL.to_owned()));
            }
            block.note = Some(match session.n_left_out {
                0 => "Only the commands were taken; the prompts are left out".to_owned(),
                n => format!(
                    "Only the commands were taken; the prompts and {} of output are left out",
                    pluralize(n, "line")
                ),
            });
        }
        // A console block without any prompt is commands, or it is output.
        None if is_console => {
            let is_script = guess::script(&fence.text).is_some();
            if !is_script && !root_prompt::has_commands_beside_comments(&fence.text) {
                return None;
            }
            if !is_script || root_prompt::has_commented_command(&fence.text) {
                question = Some(COMMENTED.to_owned());
            }
        }
        None if kind != StepType::Text && console::has_prompt(&fence.text, kind) => {
            question = question.or(Some(MIXED.to_owned()));
        }
        None => {}
    }
    block.question = question;
    Some(block)
}

/// The headings, blocks and descriptions of a text, in order.
pub fn parts(scan: &MarkdownScan) -> Vec<(Range<usize>, RunbookPart)> {
    let part = |element: &MarkdownElement| match element {
        MarkdownElement::Heading(heading) => Some(RunbookPart::Heading(heading.clone())),
        MarkdownElement::CodeFence(fence) if fence.language == FenceLanguage::Description => {
            Some(RunbookPart::Description(fence.text.clone()))
        }
        MarkdownElement::CodeFence(fence) => block(fence).map(RunbookPart::StepBlock),
    };
    let parts = scan.elements.iter();
    parts
        .filter_map(|(range, element)| Some((range.clone(), part(element)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language: FenceLanguage, text: &str) -> Option<StepBlock> {
        block(&CodeFence {
            language,
            text: text.into(),
            list_indent: 0,
            aside: None,
        })
    }

    #[test]
    fn an_unmarked_block_that_reads_like_a_script_is_asked_about() {
        let block = of(FenceLanguage::Unmarked, "kubectl get pods").unwrap();
        assert_eq!(block.kind, StepType::Bash);
        assert_eq!(
            block.question.unwrap(),
            "This code block names no language but reads like bash. Is it bash?"
        );
        assert_eq!(
            of(FenceLanguage::Unmarked, "SELECT 1;").unwrap().kind,
            StepType::Sql
        );
        assert_eq!(of(FenceLanguage::Unmarked, "NAME READY\napi 1/1"), None);
        let unknown = of(FenceLanguage::Unknown, "kubectl get pods").unwrap();
        assert_eq!(
            unknown.question.unwrap(),
            "This code block names an unknown language but reads like bash. Is it bash?"
        );
        assert_eq!(of(FenceLanguage::Unknown, "NAME READY\napi 1/1"), None);
        let sql = of(FenceLanguage::Unmarked, "a=# DELETE FROM b;\nDELETE 5").unwrap();
        assert_eq!(
            (sql.kind, sql.content.as_str(), sql.question.is_some()),
            (StepType::Sql, "DELETE FROM b;", true)
        );
        let session = of(FenceLanguage::Unmarked, "$ anything -x\nout").unwrap();
        assert_eq!(
            (session.content.as_str(), session.question.is_some()),
            ("anything -x", true)
        );
    }

    #[test]
    fn a_session_gives_its_commands_and_says_so() {
        let block = of(FenceLanguage::Console, "$ ls\na\nb").unwrap();
        assert_eq!(
            (block.content.as_str(), block.raw.as_str()),
            ("ls", "$ ls\na\nb")
        );
        assert_eq!(
            block.note.unwrap(),
            "Only the commands were taken; the prompts and 2 lines of output are left out"
        );
        assert_eq!(
            of(FenceLanguage::Console, "kubectl get pods").unwrap().note,
            None
        );
        assert_eq!(of(FenceLanguage::Console, "NAME READY\napi 1/1"), None);
        let doubtful = of(FenceLanguage::Script(StepType::Bash), "$ cd /srv\ngit pull").unwrap();
        assert!(doubtful.question.is_some());
        let mixed = of(FenceLanguage::Script(StepType::Bash), "ls\n$ pwd").unwrap();
        assert_eq!(
            (mixed.content.as_str(), mixed.question.as_deref()),
            ("ls\n$ pwd", Some(MIXED))
        );
        let text = "SELECT 1;\nmysql> SELECT 2;";
        let mixed = of(FenceLanguage::Script(StepType::Sql), text).unwrap();
        assert_eq!(mixed.question.as_deref(), Some(MIXED));
    }

    #[test]
    fn a_console_block_with_comments_and_commands_is_taken_whole_and_asked_about() {
        for text in [
            "# kubectl context must be prod-eu\nown-tool apply --all\nown-tool status",
            "# kubectl get pods shows all\nown-tool sync",
            "# systemctl stop api\nkubectl get pods",
            "# kubectl get ns first\nkubectl apply -f x\nkubectl get pods",
        ] {
            let block = of(FenceLanguage::Console, text).unwrap();
            assert_eq!(
                (
                    block.content.as_str(),
                    block.question.as_deref(),
                    block.note
                ),
                (text, Some(COMMENTED), None)
            );
        }
        let plain = of(FenceLanguage::Console, "# Stop it\nsystemctl stop api").unwrap();
        assert_eq!(
            (plain.content.as_str(), plain.question),
            ("# Stop it\nsystemctl stop api", None)
        );
        let root = of(FenceLanguage::Console, "# systemctl stop api\nstopped").unwrap();
        assert_eq!(
            (root.content.as_str(), root.question),
            ("systemctl stop api", None)
        );
    }

    #[test]
    fn a_database_session_in_a_console_fence_is_sql() {
        let session = of(FenceLanguage::Console, "mysql> SELECT 1;").unwrap();
        assert_eq!((session.kind, session.question), (StepType::Sql, None));
        let shell = of(FenceLanguage::Console, "$ psql a\na=# SELECT 1;\n$ ls").unwrap();
        assert_eq!(
            (
                shell.kind,
                shell.content.as_str(),
                shell.question.as_deref()
            ),
            (StepType::Bash, "psql a\nls", Some(DOUBTFUL))
        );
    }
}
