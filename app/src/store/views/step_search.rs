//! Searches steps by their names and by their texts (R106). A text is kept once (decision 35), so that the texts of a hundred
//! thousand cells are a few hundred, and an index tells who has them. Besides, the texts that were executed are searched,
//! which have the values of their time.
use crate::domain::{
    id::{ReleaseId, StepId},
    search::{FoundStep, SearchQuery},
};
use crate::store::{
    Store,
    entity::{audit_event, customer_step, step_template, text},
    error::StoreError,
    texts,
};
use futures_util::future::{try_join, try_join4};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many executed texts with what is searched for are looked at, the newest first.
const EXECUTED_TEXTS_MAX: usize = 200;
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

/// All visible steps, and which of their texts have what is searched for.
struct SearchedSteps {
    /// In their order, release by release.
    templates: Vec<SearchedTemplate>,
    copies: Vec<CopiesOfText>,
    with_text: HashSet<i64>,
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
    is_executed: bool,
}

/// The steps that were found.
pub struct FoundSteps {
    pub by_name: Vec<FoundStep>,
    pub by_text: Vec<FoundStep>,
}

fn to_u32(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

impl SearchedSteps {
    fn has(&self, text: Option<i64>) -> bool {
        text.is_some_and(|it| self.with_text.contains(&it))
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
        is_by_text: bool,
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
                text: text.filter(|_| is_by_text),
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
        let sought = query.text();
        let (steps, executed) = try_join(
            Box::pin(self.searched_steps(sought)),
            Box::pin(self.executed_texts(sought)),
        )
        .await?;
        let mut named = steps.template_hits(|it, _| query.is_in_name(&it.name), false);
        named.extend(self.custom_names(query).await?);
        let mut with_text = steps.template_hits(|_, text| steps.has(text), true);
        let templates: HashSet<i64> = with_text.iter().filter_map(|it| it.template).collect();
        with_text.extend(self.custom_hits(&steps).await?);
        with_text.extend(self.executed_hits(&steps, &templates, executed).await?);
        Ok(FoundSteps {
            by_name: self.first_hits(query, releases, named, limit).await?,
            by_text: self.first_hits(query, releases, with_text, limit).await?,
        })
    }

    /// Reads all visible steps, but no text: the index on texts has what is known of copies.
    async fn searched_steps(&self, sought: &str) -> Result<SearchedSteps, StoreError> {
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
        let copies: Vec<CopiesRow> = self
            .visible()
            .steps()
            .select_only()
            .columns([OfCopy::TextId, OfCopy::ReleaseId, OfCopy::TemplateId])
            .column_as(OfCopy::Id.count(), "copies")
            .column_as(OfCopy::Id.min(), "first")
            .group_by(OfCopy::TextId)
            .group_by(OfCopy::ReleaseId)
            .group_by(OfCopy::TemplateId)
            .into_tuple()
            .all(&self.read)
            .await?;
        let ids: HashSet<i64> = templates
            .iter()
            .filter_map(|it| it.3)
            .chain(copies.iter().filter_map(|it| it.0))
            .collect();
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
            with_text: texts::with_text(&self.read, ids, sought).await?,
        })
    }

    /// The newest texts of visible events that have what is searched for. Work that is done has a text of its own in each cell, so
    /// that they are read by several connections at once.
    async fn executed_texts(&self, sought: &str) -> Result<Vec<i64>, StoreError> {
        let last = text::Entity::find()
            .select_only()
            .column_as(text::Column::Id.max(), "last")
            .into_tuple::<Option<i64>>()
            .one(&self.read)
            .await?;
        let part = last.flatten().unwrap_or_default() / 4 + 1;
        let of_part = |n: i64| Box::pin(self.executed_texts_of(sought, n * part, (n + 1) * part));
        let parts = try_join4(of_part(3), of_part(2), of_part(1), of_part(0)).await?;
        let mut texts = [parts.0, parts.1, parts.2, parts.3].concat();
        texts.truncate(EXECUTED_TEXTS_MAX);
        Ok(texts)
    }

    /// Those with an id above the first of these, and not above the last one.
    async fn executed_texts_of(
        &self,
        sought: &str,
        after: i64,
        last: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let of = |column: audit_event::Column| Expr::col((audit_event::Entity, column));
        let has_event = Query::select()
            .expr(Expr::val(1_i32))
            .from(audit_event::Entity)
            .and_where(of(audit_event::Column::TextId).equals((text::Entity, text::Column::Id)))
            .cond_where(self.visible().events_condition(of))
            .to_owned();
        let found = text::Entity::find()
            .select_only()
            .column(text::Column::Id)
            .filter(text::Column::Id.gt(after))
            .filter(text::Column::Id.lte(last))
            .filter(texts::has_text(&self.read, sought))
            .filter(Expr::exists(has_event))
            .order_by_desc(text::Column::Id)
            .limit(EXECUTED_TEXTS_MAX as u64)
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(found)
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
                is_executed: false,
            })
            .collect())
    }

    /// Custom steps by their texts, those of one name and text in a release together.
    async fn custom_hits(&self, steps: &SearchedSteps) -> Result<Vec<StepHit>, StoreError> {
        use customer_step::Column as Of;
        let custom = steps.copies.iter().filter(|it| it.template.is_none());
        let with_text: HashSet<i64> = custom
            .filter(|it| steps.has(it.text))
            .filter_map(|it| it.text)
            .collect();
        if with_text.is_empty() {
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
            .filter(Of::TextId.is_in(with_text))
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
        executed: Vec<i64>,
    ) -> Result<Vec<StepHit>, StoreError> {
        use audit_event::Column as OfEvent;
        use customer_step::Column as Of;
        let texts: Vec<i64> = executed
            .into_iter()
            .filter(|it| !steps.with_text.contains(it))
            .collect();
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
            let is_found = template.is_some_and(|it| templates.contains(&it)) || steps.has(text);
            if !is_found {
                let of_step = found.entry((release, template, name)).or_default();
                of_step.push((id, customer));
            }
        }
        let hit = |((release, template, name), of_step): (StepInRelease, Vec<(i64, i64)>)| {
            let first = of_step.first()?.0;
            let customers: HashSet<i64> = of_step.iter().map(|it| it.1).collect();
            Some(StepHit {
                release,
                template,
                name,
                step: Some(first),
                customers: u32::try_from(customers.len()).unwrap_or(u32::MAX),
                text: *text_of.get(&first)?,
                is_executed: true,
            })
        };
        Ok(found.into_iter().filter_map(hit).collect())
    }

    /// The first hits, those of the newest releases, with their lines.
    async fn first_hits(
        &self,
        query: &SearchQuery,
        releases: &[(i64, String)],
        hits: Vec<StepHit>,
        limit: usize,
    ) -> Result<Vec<FoundStep>, StoreError> {
        let ranks: HashMap<i64, usize> = releases
            .iter()
            .enumerate()
            .map(|(rank, it)| (it.0, rank))
            .collect();
        let mut ranked: Vec<(usize, StepHit)> = hits
            .into_iter()
            .filter_map(|it| Some((*ranks.get(&it.release)?, it)))
            .collect();
        ranked.sort_by_key(|it| it.0);
        ranked.truncate(limit);
        let ids = ranked.iter().filter_map(|it| it.1.text);
        let bodies = texts::bodies(&self.read, ids).await?;
        let line_of = |text: i64| query.line_of(bodies.get(&text)?);
        Ok(ranked
            .into_iter()
            .map(|(rank, it)| FoundStep {
                release: ReleaseId(it.release),
                release_name: releases[rank].1.clone(),
                name: it.name,
                step: it.step.map(StepId),
                customers: it.customers,
                line: it.text.and_then(line_of),
                is_executed: it.is_executed,
            })
            .collect())
    }
}
