//! Gathers what is under each heading of a runbook into steps: blocks with the prose above them, prose behind them,
//! and before the first step the release's description.

use super::{
    ImportNote, ImportedStep, STEPS_MAX, TemplateImport,
    blocks::StepBlock,
    bold, footnotes, heading,
    line_notes::{LineIndex, bounded},
    prose,
    scan::Heading,
    verify_words::{self, HeadingRole},
};
use crate::domain::{
    digit_groups::grouped,
    template::TemplateDraft,
    text::DESCRIPTION_MAX_CHARS,
    vocabulary::{Category, Field, StepType},
};
use std::collections::BTreeSet;

/// Notes about a section.
mod message {
    /// A block before the first heading.
    pub const NO_HEADING: &str =
        "Code block without a heading. Put a heading above it: it becomes the step's name";
    /// A description, as an export writes it, that nothing follows.
    pub const NO_STEP: &str = "Description without a step";
    /// A block beside the text.
    pub const ASIDE: &str = "This block is in a quote, a note or details, so it is a row of its own. Is it part of this step?";
    /// A whole text without steps.
    pub const NOTHING: &str =
        "No steps found. Write a heading for each step, and a code block or text under it";
    /// The same, with headings in HTML.
    pub const NOTHING_BUT_HTML: &str =
        "No steps found. Headings in HTML over several lines are not read: begin the line with ##";
    /// A verify section that has nothing under it.
    pub const VERIFY_ENDS: &str = "No steps in this section. The headings behind it are deploy steps unless they are deeper than this one";
}

/// What to ask of a block that stands below words that part it from the one above.
fn below_question(words: &str) -> String {
    format!("This block is below “{words}”, so it is a row of its own. Is it part of this step?")
}

/// A heading that is open: what follows is under it.
struct OpenHeading {
    level: u8,
    offset: usize,
    /// What its steps are called.
    name: String,
    role: HeadingRole,
    is_title: bool,
    /// An export marked it: its blocks are taken as they are.
    mark: Option<Category>,
    n_steps: usize,
    has_children: bool,
}

impl OpenHeading {
    fn category(&self) -> Option<Category> {
        self.mark.or_else(|| self.role.category())
    }
}

/// A text and where it begins.
struct PlacedText {
    offset: usize,
    text: String,
}

/// Where a step comes from.
struct StepPlace {
    heading: usize,
    text: usize,
    /// What is to be said of its blocks.
    notes: Vec<PlacedText>,
}

/// Blocks of one type under one heading, which make one step.
struct BlockGroup {
    kind: StepType,
    /// The title of the tab that they are in.
    tab: Option<String>,
    /// Where the quote, the note or the details begin that they are in.
    aside: Option<usize>,
    offset: usize,
    content: String,
    /// The prose above each of them.
    description: Option<PlacedText>,
    /// What is asked of each of them.
    question: Option<String>,
    /// Why they may not belong to the step that is above or below.
    doubt: Option<String>,
    notes: Vec<PlacedText>,
}

/// Everything that was read so far.
pub struct StepCollector {
    lines: LineIndex,
    /// Numbers of headings, such as "1" and "1.2": a dotted one that counts on is no version.
    numbers: BTreeSet<String>,
    heads: Vec<OpenHeading>,
    group: Option<BlockGroup>,
    /// A description as an export writes it, for the next step.
    description: Option<PlacedText>,
    /// Prose whose block is still to come.
    prose: Option<PlacedText>,
    /// What is said before the first step.
    intro: Vec<PlacedText>,
    n_steps: usize,
    import: TemplateImport,
    /// For each step.
    placed: Vec<StepPlace>,
}

impl StepCollector {
    /// `texts` are the texts of all headings.
    pub fn new<'a>(source: &str, texts: impl Iterator<Item = &'a str>) -> Self {
        Self {
            lines: LineIndex::new(source),
            numbers: texts
                .filter_map(heading::number)
                .map(str::to_owned)
                .collect(),
            heads: Vec::new(),
            group: None,
            description: None,
            prose: None,
            intro: Vec::new(),
            n_steps: 0,
            import: TemplateImport::default(),
            placed: Vec::new(),
        }
    }

    /// Names the release; the name is cut to what a name may have.
    pub fn set_release_name(&mut self, name: &str) {
        self.import.release_name = Some(heading::release_name(name));
    }

    /// Says something about the line of an offset.
    pub fn note(&mut self, offset: usize, message: impl Into<String>, is_error: bool) {
        let line = self.lines.at(offset);
        self.import.notes.push(ImportNote {
            line,
            message: message.into(),
            is_error,
            row: None,
        });
    }

    fn category(&self) -> Category {
        let category = self.heads.iter().rev().find_map(OpenHeading::category);
        category.unwrap_or(Category::Deploy)
    }

    /// Whether a list of links to places in the page is a table of contents here: in the introduction, and below a heading that
    /// names one.
    pub fn may_have_contents(&self) -> bool {
        let is_for_contents = |it: &OpenHeading| it.is_title || prose::names_contents(&it.name);
        self.heads.last().is_none_or(is_for_contents)
    }

    /// What steps under a heading are called, and what it does to the category.
    fn name(&self, heading: &Heading) -> (String, HeadingRole) {
        let text = heading.text.trim();
        if heading.mark.is_some() || heading.is_escaped {
            return (text.to_owned(), HeadingRole::Plain);
        }
        let role = verify_words::role(text);
        let name = heading::step_name(text, heading::counts_on(text, &self.numbers));
        if role.category() == Some(Category::Verify) {
            let words = verify_words::plain(text);
            let parent = self
                .heads
                .iter()
                .rev()
                .find(|it| !it.is_title && !matches!(it.role, HeadingRole::Section(_)));
            // "Database: verify" names what it verifies already.
            if let Some(parent) = parent.filter(|_| !words.contains(": ")) {
                return (heading::under_parent(&parent.name, words), role);
            }
        }
        (name.into_owned(), role)
    }

    /// Begins a heading; those that are not above it end.
    pub fn open(&mut self, offset: usize, heading: &Heading, is_title: bool) {
        self.close(heading.level);
        if let Some(parent) = self.heads.last_mut() {
            parent.has_children = true;
        }
        let (name, role) = self.name(heading);
        self.heads.push(OpenHeading {
            level: heading.level,
            offset,
            name,
            role: if is_title { HeadingRole::Plain } else { role },
            is_title,
            mark: heading.mark,
            n_steps: 0,
            has_children: false,
        });
    }

    /// Ends the section's text, and every heading that is not above this level.
    pub fn close(&mut self, level: u8) {
        self.end_text();
        while let Some(head) = self.heads.pop_if(|it| it.level >= level) {
            let is_contents = prose::names_contents(&head.name);
            if head.n_steps > 0 || head.has_children || head.is_title || is_contents {
                continue;
            }
            match head.role {
                HeadingRole::Section(Category::Deploy) => {}
                HeadingRole::Section(Category::Verify) => {
                    self.note(head.offset, message::VERIFY_ENDS, false);
                }
                _ => self.note(
                    head.offset,
                    format!("“{}” has no text under it, so it makes no step", head.name),
                    false,
                ),
            }
        }
    }

    /// Ends what was gathered under the innermost heading. Prose behind the last block is a text step; footnotes there belong to
    /// the block's description.
    fn end_text(&mut self) {
        if let Some(group) = &mut self.group
            && let Some(notes) = self.prose.take_if(|it| footnotes::is_footnotes(&it.text))
        {
            group.description = join(group.description.take(), Some(notes));
        }
        self.end_group();
        let description = self.description.take();
        if let Some(prose) = self.prose.take() {
            let text = description.map(|it| it.text).unwrap_or_default();
            self.step(prose.offset, StepType::Text, prose.text, text, None);
        } else if let Some(description) = description {
            self.note(description.offset, message::NO_STEP, true);
        }
    }

    /// Makes a step of the blocks that were gathered. A description over the limit is a text step before it.
    fn end_group(&mut self) {
        let Some(group) = self.group.take() else {
            return;
        };
        let mut description = String::new();
        if let Some(above) = group.description {
            if above.text.trim().chars().count() > DESCRIPTION_MAX_CHARS {
                let tab = group.tab.as_deref();
                self.step(above.offset, StepType::Text, above.text, String::new(), tab);
            } else {
                description = above.text;
            }
        }
        let n_steps = self.import.steps.len();
        let tab = group.tab.as_deref();
        self.step(group.offset, group.kind, group.content, description, tab);
        // Without a heading, and over the limit, there is none.
        if let Some(step) = self.import.steps.get_mut(n_steps) {
            let questions = group.question.into_iter().chain(group.doubt);
            let questions: Vec<String> = questions.collect();
            step.question = (!questions.is_empty()).then(|| questions.join(" "));
            self.placed[n_steps].notes = group.notes;
        }
    }

    fn step(
        &mut self,
        offset: usize,
        kind: StepType,
        content: String,
        description: String,
        tab: Option<&str>,
    ) {
        let category = self.category();
        let Some(head) = self.heads.last_mut() else {
            self.note(offset, message::NO_HEADING, true);
            return;
        };
        head.n_steps += 1;
        let named = head.offset;
        let step = ImportedStep {
            category,
            kind,
            name: match tab {
                Some(tab) => heading::in_tab(&head.name, tab),
                None => heading::numbered(&head.name, head.n_steps),
            },
            description,
            content,
            line: self.lines.at(offset),
            question: None,
        };
        self.n_steps += 1;
        // Those over the limit are only counted.
        if self.n_steps <= STEPS_MAX {
            self.placed.push(StepPlace {
                heading: named,
                text: offset,
                notes: Vec::new(),
            });
            self.import.steps.push(step);
        }
    }

    /// Says what is to be known of each step, and what is wrong with it: of its name at the heading, of anything else at its
    /// text.
    fn check(&mut self) {
        for (row, step) in (0_u32..).zip(&self.import.steps) {
            let place = &self.placed[row as usize];
            let of_blocks = place.notes.iter().map(|it| ImportNote {
                line: self.lines.at(it.offset),
                message: it.text.clone(),
                is_error: false,
                row: Some(row),
            });
            self.import.notes.extend(of_blocks);
            let Err(invalid) = TemplateDraft::from(step.clone()).parse() else {
                continue;
            };
            for it in invalid.0 {
                let is_name = it.field == Field::Name;
                self.import.notes.push(ImportNote {
                    line: self
                        .lines
                        .at(if is_name { place.heading } else { place.text }),
                    message: it.labelled(),
                    is_error: true,
                    row: Some(row),
                });
            }
        }
    }

    /// Takes prose: for the block behind it, for a text step, or for the release.
    pub fn prose(&mut self, offset: usize, text: String) {
        let is_intro = self.heads.last().is_none_or(|it| it.is_title);
        let placed = PlacedText { offset, text };
        if is_intro {
            self.intro.push(placed);
        } else {
            self.prose = join(self.prose.take(), Some(placed));
        }
    }

    /// Takes a block: it joins the one before if that has its type and its question and is in the same tab, or begins a step. Tabs
    /// hold alternatives. Where a quote, a note or words such as "Rollback" part two blocks, they are two steps, and it is asked.
    pub fn block(&mut self, offset: usize, block: StepBlock, tab: Option<&str>) {
        if self.heads.is_empty() {
            self.note(offset, message::NO_HEADING, true);
            return;
        }
        let is_marked = self.heads.last().is_some_and(|it| it.mark.is_some());
        let (content, question) = if is_marked {
            (block.raw, None)
        } else {
            (block.content, block.question)
        };
        let note = block.note.filter(|_| !is_marked);
        let note = note.map(|text| PlacedText { offset, text });
        let aside = block.aside.filter(|_| !is_marked);
        let prose = self.prose.as_ref().filter(|_| !is_marked);
        let below = prose.and_then(|it| bold::parting(&it.text));
        let below = below.map(below_question);
        let above = join(self.description.take(), self.prose.take());
        // What is asked is asked of all of a step, so a block that nobody doubts has one of its own.
        let is_other = |it: &BlockGroup| {
            it.kind != block.kind || it.tab.as_deref() != tab || it.question != question
        };
        let mut doubt = None;
        let mut is_apart = true;
        if let Some(group) = &mut self.group
            && !is_other(group)
        {
            let is_beside = group.aside != aside;
            if is_beside && aside.is_none() {
                group.doubt.get_or_insert(message::ASIDE.to_owned());
            }
            doubt = below.or((is_beside && aside.is_some()).then(|| message::ASIDE.to_owned()));
            is_apart = is_beside || doubt.is_some();
        }
        if is_apart {
            self.end_group();
        }
        match &mut self.group {
            Some(group) => {
                group.content.extend(["\n\n", content.as_str()]);
                group.description = join(group.description.take(), above);
                group.notes.extend(note);
            }
            None => {
                self.group = Some(BlockGroup {
                    kind: block.kind,
                    tab: tab.map(str::to_owned),
                    aside,
                    offset,
                    content,
                    description: above,
                    question,
                    doubt,
                    notes: note.into_iter().collect(),
                });
            }
        }
    }

    /// Takes a description as an export writes it.
    pub fn description(&mut self, offset: usize, text: String) {
        let placed = PlacedText { offset, text };
        if let Some(unused) = self.description.replace(placed) {
            self.note(unused.offset, message::NO_STEP, true);
        }
    }

    /// Names and describes the release. An introduction over the limit is the first step.
    fn describe(&mut self) {
        let mut intro = std::mem::take(&mut self.intro).into_iter();
        let Some(first) = intro.next() else {
            return;
        };
        let texts: Vec<String> = std::iter::once(first.text)
            .chain(intro.map(|it| it.text))
            .collect();
        let text = texts.join("\n\n").trim().to_owned();
        if text.chars().count() <= DESCRIPTION_MAX_CHARS {
            self.import.release_description = Some(text);
            return;
        }
        let name = self
            .import
            .release_name
            .clone()
            .unwrap_or_else(|| "Introduction".to_owned());
        let step = ImportedStep {
            category: Category::Deploy,
            kind: StepType::Text,
            name,
            description: String::new(),
            content: text,
            line: self.lines.at(first.offset),
            question: None,
        };
        let place = StepPlace {
            heading: first.offset,
            text: first.offset,
            notes: Vec::new(),
        };
        self.placed.insert(0, place);
        self.n_steps += 1;
        self.import.steps.insert(0, step);
    }

    /// What was read; all headings have been closed. Headings in HTML that are not read may be why there is nothing.
    pub fn finish(mut self, has_html_headings: bool) -> TemplateImport {
        self.describe();
        if self.n_steps > STEPS_MAX {
            let n_steps = grouped(self.n_steps);
            let text = format!("At most {STEPS_MAX} steps, you have {n_steps}");
            self.note(0, text, true);
        } else if self.n_steps == 0 {
            let text = if has_html_headings {
                message::NOTHING_BUT_HTML
            } else {
                message::NOTHING
            };
            self.note(0, text, true);
        }
        let placed = self.import.steps.drain(..).zip(self.placed.drain(..));
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|it| it.0.category);
        (self.import.steps, self.placed) = placed.into_iter().unzip();
        self.check();
        let mut import = self.import;
        import.notes = bounded(import.notes);
        import
    }
}

/// Two texts, one below the other.
fn join(first: Option<PlacedText>, second: Option<PlacedText>) -> Option<PlacedText> {
    match (first, second) {
        (Some(mut first), Some(second)) => {
            first.text.extend(["\n\n", second.text.as_str()]);
            Some(first)
        }
        (first, second) => first.or(second),
    }
}
