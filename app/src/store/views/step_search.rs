//! Searches steps by their names and by their texts (R106). A text is kept once (decision 35), so that the texts of a hundred
//! thousand cells are a few hundred, and an index tells who has them. Besides, the texts that were executed are searched,
//! which have the values of their time.
use super::executed_texts::ExecutedTexts;
use crate::domain::{
    id::{ReleaseId, StepId, TemplateId},
    search::{FoundStep, SearchQuery},
};
use crate::store::{
    Store,
    engine::IDS_PER_STATEMENT_MAX,
    entity::{audit_event, customer_step, step_template},
    error::StoreError,
    texts,
};
use futures_util::future::try_join;
use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many of the events that have these texts.
const EXECUTED_EVENTS_MAX: u64 = 1_000;

/// Text, release, template, number and the first id of copies.
type CopiesRow = (Option<i64>, i64, Option<i64>, i64, i64);
/// Id, release, customer, template, text and name of an executed step.
type ExecutedRow = (i64, i64, i64, Option<i64>, Option<i64>, String);
/// Release, template and name.
type StepInRelease = (i64, Option<i64>, String);

/// A template step.
struct SearchedTemplate {
    id: i64,
    release: i64,
    name: String,
    text: Option<i64>,
}

/// The steps of a release that have one text and are copies of one template, or of none.
struct CopiesOfText {
    text: Option<i64>,
    template: Option<i64>,
    copies: i64,
    /// One of them.
    first: i64,
}

/// The visible steps, and which of their texts have what is searched for.
struct SearchedSteps {
    /// In their order, release by release.
    templates: Vec<SearchedTemplate>,
    /// Those with the words in their text, or all.
    copies: Vec<CopiesOfText>,
    /// The texts with all words.
    with_words: HashSet<i64>,
    /// Those of them that have the words as they were written.
    with_phrase: HashSet<i64>,
}

/// What of a step has what is searched for. A text with the words as they were written is shown before others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FoundBy {
    Name,
    Phrase,
    Words,
}

/// A step that was found, before its line is read.
struct StepHit {
    release: i64,
    template: Option<i64>,
    name: String,
    step: Option<i64>,
    customers: u32,
    /// None if the step was found by its name.
    text: Option<i64>,
    found_by: FoundBy,
    is_executed: bool,
}

/// The steps that were found: the first of them, and how many there are.
pub struct FoundSteps {
    pub by_name: (Vec<FoundStep>, usize),
    pub by_text: (Vec<FoundStep>, usize),
}

fn to_u32(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

fn is_in(texts: &HashSet<i64>, text: Option<i64>) -> bool {
    text.is_some_and(|it| texts.contains(&it))
}

impl SearchedSteps {
    /// What a text that was found has.
    fn found_by(&self, text: Option<i64>) -> FoundBy {
        if is_in(&self.with_phrase, text) {
            FoundBy::Phrase
        } else {
            FoundBy::Words
        }
    }

    /// The copies of each template.
    fn by_template(&self) -> HashMap<i64, Vec<&CopiesOfText>> {
        let mut by_template: HashMap<i64, Vec<&CopiesOfText>> = HashMap::new();
        for copies in &self.copies {
            if let Some(template) = copies.template {
                by_template.entry(template).or_default().push(copies);
            }
        }
        by_template
    }

    /// The template steps that `choose` finds, with those of their copies that it finds.
    fn template_hits(
        &self,
        choose: impl Fn(&SearchedTemplate, Option<i64>) -> bool,
        found_by: FoundBy,
    ) -> Vec<StepHit> {
        let by_template = self.by_template();
        let mut hits = Vec::new();
        for template in &self.templates {
            let copies = by_template.get(&template.id).into_iter().flatten();
            let chosen: Vec<&CopiesOfText> = copies
                .copied()
                .filter(|it| choose(template, it.text))
                .collect();
            let is_own = choose(template, template.text);
            if chosen.is_empty() && !is_own {
                continue;
            }
            // A copy with the template's text comes first, then the text that most copies have.
            let best = chosen
                .iter()
                .max_by_key(|it| (it.text == template.text, it.copies));
            let text = if is_own {
                template.text
            } else {
                best.and_then(|it| it.text)
            };
            hits.push(StepHit {
                release: template.release,
                template: Some(template.id),
                name: template.name.clone(),
                step: best.map(|it| it.first),
                customers: to_u32(chosen.iter().map(|it| it.copies).sum()),
                text: text.filter(|_| found_by != FoundBy::Name),
                found_by,
                is_executed: false,
            });
        }
        hits
    }
}

impl Store {
    /// Searches the steps of visible releases, whose names are given, newest first. Each list has at most `limit` steps.
    pub(in crate::store) async fn search_steps(
        &self,
        query: &SearchQuery,
        releases: &[(i64, String)],
        limit: usize,
    ) -> Result<FoundSteps, StoreError> {
        let (steps, executed) = try_join(
            Box::pin(self.searched_steps(query)),
            Box::pin(self.executed_texts(query)),
        )
        .await?;
        let is_named = |it: &SearchedTemplate, _: Option<i64>| query.is_in_name(&it.name);
        let mut named = steps.template_hits(is_named, FoundBy::Name);
        named.extend(self.custom_names(query).await?);
        let has_phrase = |_: &SearchedTemplate, text: Option<i64>| is_in(&steps.with_phrase, text);
        let mut found = steps.template_hits(has_phrase, FoundBy::Phrase);
        let mut templates: HashSet<i64> = found.iter().filter_map(|it| it.template).collect();
        let has_words = |it: &SearchedTemplate, text: Option<i64>| {
            !templates.contains(&it.id) && is_in(&steps.with_words, text)
        };
        let by_words = steps.template_hits(has_words, FoundBy::Words);
        templates.extend(by_words.iter().filter_map(|it| it.template));
        found.extend(by_words);
        found.extend(self.custom_hits(&steps).await?);
        found.extend(self.executed_hits(&steps, &templates, executed).await?);
        Ok(FoundSteps {
            by_name: self.first_hits(query, releases, named, limit).await?,
            by_text: self.first_hits(query, releases, found, limit).await?,
        })
    }

    /// Reads all visible template steps, but no text, and those copies that may be found: the index on texts has what is known of
    /// copies. Their texts alone are read in a fifth of the time.
    async fn searched_steps(&self, query: &SearchQuery) -> Result<SearchedSteps, StoreError> {
        use customer_step::Column as OfCopy;
        use step_template::Column as Of;
        let templates: Vec<(i64, i64, String, Option<i64>)> = self
            .visible()
            .templates()
            .select_only()
            .columns([Of::Id, Of::ReleaseId, Of::Name, Of::TextId])
            .order_by_asc(Of::ReleaseId)
            .order_by_asc(Of::Category)
            .order_by_asc(Of::OrderIndex)
            .into_tuple()
            .all(&self.read)
            .await?;
        let of_copies: Vec<Option<i64>> = self
            .visible()
            .steps()
            .select_only()
            .column(OfCopy::TextId)
            .distinct()
            .into_tuple()
            .all(&self.read)
            .await?;
        let of_templates = templates.iter().map(|it| it.3);
        let ids: HashSet<i64> = of_templates.chain(of_copies).flatten().collect();
        let with_words = texts::with_text(&self.read, ids, query.words()).await?;
        let mut copies = self
            .visible()
            .steps()
            .select_only()
            .columns([OfCopy::TextId, OfCopy::ReleaseId, OfCopy::TemplateId])
            .column_as(OfCopy::Id.count(), "copies")
            .column_as(OfCopy::Id.min(), "first")
            .group_by(OfCopy::TextId)
            .group_by(OfCopy::ReleaseId)
            .group_by(OfCopy::TemplateId);
        // A step that is found by its name is counted with all of its texts.
        let is_named = templates.iter().any(|it| query.is_in_name(&it.2));
        if !is_named && with_words.len() <= IDS_PER_STATEMENT_MAX {
            copies = copies.filter(OfCopy::TextId.is_in(with_words.iter().copied()));
        }
        let copies: Vec<CopiesRow> = copies.into_tuple().all(&self.read).await?;
        let with_phrase = if query.is_one_word() {
            with_words.clone()
        } else {
            let some = with_words.iter().copied();
            texts::with_text(&self.read, some, query.phrase()).await?
        };
        let templates = templates.into_iter();
        let copies = copies.into_iter();
        Ok(SearchedSteps {
            templates: templates
                .map(|(id, release, name, text)| SearchedTemplate {
                    id,
                    release,
                    name,
                    text,
                })
                .collect(),
            copies: copies
                .map(|(text, _release, template, copies, first)| CopiesOfText {
                    text,
                    template,
                    copies,
                    first,
                })
                .collect(),
            with_words,
            with_phrase,
        })
    }

    /// Custom steps by their names, those of one name in a release together.
    async fn custom_names(&self, query: &SearchQuery) -> Result<Vec<StepHit>, StoreError> {
        use customer_step::Column as Of;
        let named: Vec<(i64, String, i64, i64)> = self
            .visible()
            .steps()
            .select_only()
            .columns([Of::ReleaseId, Of::Name])
            .column_as(Of::Id.min(), "first")
            .expr_as(
                Expr::col((customer_step::Entity, Of::CustomerId)).count_distinct(),
                "customers",
            )
            .filter(Of::TemplateId.is_null())
            .group_by(Of::ReleaseId)
            .group_by(Of::Name)
            .order_by_asc(Of::ReleaseId)
            .order_by_asc(Of::Name)
            .into_tuple()
            .all(&self.read)
            .await?;
        let named = named.into_iter().filter(|it| query.is_in_name(&it.1));
        Ok(named
            .map(|(release, name, first, customers)| StepHit {
                release,
                template: None,
                name,
                step: Some(first),
                customers: to_u32(customers),
                text: None,
                found_by: FoundBy::Name,
                is_executed: false,
            })
            .collect())
    }

    /// Custom steps by their texts, those of one name and text in a release together.
    async fn custom_hits(&self, steps: &SearchedSteps) -> Result<Vec<StepHit>, StoreError> {
        use customer_step::Column as Of;
        let custom = steps.copies.iter().filter(|it| it.template.is_none());
        let with_words: HashSet<i64> = custom
            .filter_map(|it| it.text)
            .filter(|it| steps.with_words.contains(it))
            .collect();
        if with_words.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<(i64, Option<i64>, String, i64, i64)> = self
            .visible()
            .steps()
            .select_only()
            .columns([Of::ReleaseId, Of::TextId, Of::Name])
            .column_as(Of::Id.min(), "first")
            .expr_as(
                Expr::col((customer_step::Entity, Of::CustomerId)).count_distinct(),
                "customers",
            )
            .filter(Of::TemplateId.is_null())
            .filter(Of::TextId.is_in(with_words))
            .group_by(Of::ReleaseId)
            .group_by(Of::TextId)
            .group_by(Of::Name)
            .order_by_asc(Of::ReleaseId)
            .order_by_asc(Of::Name)
            .order_by_asc(Of::TextId)
            .into_tuple()
            .all(&self.read)
            .await?;
        let found = found.into_iter();
        Ok(found
            .map(|(release, text, name, first, customers)| StepHit {
                release,
                template: None,
                name,
                step: Some(first),
                customers: to_u32(customers),
                text,
                found_by: steps.found_by(text),
                is_executed: false,
            })
            .collect())
    }

    /// Steps of which only an executed text has what is searched for: their values had it, or the text was another one.
    /// `templates` are those that were found already.
    async fn executed_hits(
        &self,
        steps: &SearchedSteps,
        templates: &HashSet<i64>,
        executed: ExecutedTexts,
    ) -> Result<Vec<StepHit>, StoreError> {
        use audit_event::Column as OfEvent;
        use customer_step::Column as Of;
        let texts = executed.all.into_iter();
        let texts: Vec<i64> = texts.filter(|it| !steps.with_words.contains(it)).collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let events: Vec<(i64, Option<i64>)> = self
            .visible()
            .events()
            .select_only()
            .columns([OfEvent::EntityId, OfEvent::TextId])
            .filter(OfEvent::TextId.is_in(texts))
            .order_by_desc(OfEvent::Id)
            .limit(EXECUTED_EVENTS_MAX)
            .into_tuple()
            .all(&self.read)
            .await?;
        // The newest comes last, and stays.
        let text_of: HashMap<i64, Option<i64>> = events.into_iter().rev().collect();
        let rows: Vec<ExecutedRow> = self
            .visible()
            .steps()
            .select_only()
            .columns([
                Of::Id,
                Of::ReleaseId,
                Of::CustomerId,
                Of::TemplateId,
                Of::TextId,
                Of::Name,
            ])
            .filter(Of::Id.is_in(text_of.keys().copied()))
            .order_by_asc(Of::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut found: BTreeMap<StepInRelease, Vec<(i64, i64)>> = BTreeMap::new();
        for (id, release, customer, template, text, name) in rows {
            let is_found = is_in(templates, template) || is_in(&steps.with_words, text);
            if !is_found {
                let of_step = found.entry((release, template, name)).or_default();
                of_step.push((id, customer));
            }
        }
        let hit = |((release, template, name), of_step): (StepInRelease, Vec<(i64, i64)>)| {
            let has_phrase =
                |it: &i64| is_in(&executed.with_phrase, text_of.get(it).copied().flatten());
            let mut ids = of_step.iter().map(|it| it.0);
            let with_phrase = ids.clone().find(has_phrase);
            let first = with_phrase.or_else(|| ids.next())?;
            let customers: HashSet<i64> = of_step.iter().map(|it| it.1).collect();
            Some(StepHit {
                release,
                template,
                name,
                step: Some(first),
                customers: u32::try_from(customers.len()).unwrap_or(u32::MAX),
                text: *text_of.get(&first)?,
                found_by: with_phrase.map_or(FoundBy::Words, |_| FoundBy::Phrase),
                is_executed: true,
            })
        };
        Ok(found.into_iter().filter_map(hit).collect())
    }

    /// The first hits with their lines, and how many there are. What customers have comes before drafts, then newer releases.
    async fn first_hits(
        &self,
        query: &SearchQuery,
        releases: &[(i64, String)],
        hits: Vec<StepHit>,
        limit: usize,
    ) -> Result<(Vec<FoundStep>, usize), StoreError> {
        let ranks: HashMap<i64, usize> = releases
            .iter()
            .enumerate()
            .map(|(rank, it)| (it.0, rank))
            .collect();
        let mut ranked: Vec<(usize, StepHit)> = hits
            .into_iter()
            .filter_map(|it| Some((*ranks.get(&it.release)?, it)))
            .collect();
        ranked.sort_by_key(|(rank, it)| (it.found_by, it.customers == 0, *rank));
        let total = ranked.len();
        ranked.truncate(limit);
        let ids = ranked.iter().filter_map(|it| it.1.text);
        let bodies = texts::bodies(&self.read, ids).await?;
        let line_of = |text: i64| query.line_of(bodies.get(&text)?);
        let first = ranked.into_iter().map(|(rank, it)| FoundStep {
            release: ReleaseId(it.release),
            release_name: releases[rank].1.clone(),
            name: it.name,
            step: it.step.map(StepId),
            template: it.template.map(TemplateId),
            customers: it.customers,
            line: it.text.and_then(line_of),
            is_executed: it.is_executed,
        });
        Ok((first.collect(), total))
    }
}
