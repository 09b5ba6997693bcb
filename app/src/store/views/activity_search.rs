//! Search of the history by names (R107): an event is found by its author, or by the name of the customer, release, cluster or step
//! that it is about, as they are called now. Names are compared as all filters do it (R84).
use crate::domain::{
    event::{Entity, EventFilter},
    fold::{fold, lowercase},
};
use crate::store::{
    Store,
    engine::sought,
    entity::{audit_event::Column, cluster, customer, customer_step, release, step_template},
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Condition, Expr, Func, LikeExpr, SelectStatement},
};

/// What the search text of a filter was found in.
#[derive(Clone, Debug)]
pub struct NameMatches {
    /// A pattern for `LIKE`, in small letters.
    pattern: String,
    /// Recent authors.
    people: Vec<String>,
    customers: Vec<i64>,
    releases: Vec<i64>,
    clusters: Vec<i64>,
    templates: Vec<i64>,
    custom_steps: Vec<i64>,
    /// The copies of `templates`.
    copies: SelectStatement,
}

/// A text as a pattern that finds it anywhere, whatever it contains.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in lowercase(&sought(text)).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

impl NameMatches {
    /// Whether an event is found; `of` qualifies its columns.
    pub fn condition(&self, of: impl Fn(Column) -> Expr) -> Condition {
        let ids = |ids: &[i64]| ids.to_vec();
        let about = |entity: Entity| of(Column::Entity).eq(entity.as_str());
        let pattern = LikeExpr::new(self.pattern.clone()).escape('\\');
        let by_author = Expr::from(Func::lower(of(Column::Actor))).like(pattern);
        Condition::any()
            .add(by_author)
            .add(of(Column::Actor).is_in(self.people.clone()))
            .add(of(Column::CustomerId).is_in(ids(&self.customers)))
            .add(of(Column::ReleaseId).is_in(ids(&self.releases)))
            .add(about(Entity::Cluster).and(of(Column::EntityId).is_in(ids(&self.clusters))))
            .add(about(Entity::Template).and(of(Column::EntityId).is_in(ids(&self.templates))))
            .add(about(Entity::Step).and(of(Column::EntityId).is_in(ids(&self.custom_steps))))
            .add(about(Entity::Step).and(of(Column::EntityId).in_subquery(self.copies.clone())))
    }
}

impl Store {
    /// Where the search text of a filter is found; none if it has none.
    pub(super) async fn name_matches(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<NameMatches>, StoreError> {
        let text = filter.q.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let needle = fold(text);
        let has = |name: &str| fold(name).contains(&needle);
        let found = |rows: Vec<(i64, String)>| -> Vec<i64> {
            let rows = rows.into_iter().filter(|it| has(&it.1));
            rows.map(|it| it.0).collect()
        };
        let (visible, read) = (self.visible(), &self.read);
        macro_rules! names {
            ($rows:expr, $table:ident) => {
                found(
                    $rows
                        .select_only()
                        .columns([$table::Column::Id, $table::Column::Name])
                        .into_tuple()
                        .all(read)
                        .await?,
                )
            };
        }
        let templates = names!(visible.templates(), step_template);
        let custom = visible
            .steps()
            .filter(customer_step::Column::TemplateId.is_null());
        let copies = visible
            .steps()
            .select_only()
            .column(customer_step::Column::Id)
            .filter(customer_step::Column::TemplateId.is_in(templates.clone()))
            .into_query();
        let people = self.recent_people().await?.into_iter();
        Ok(Some(NameMatches {
            pattern: pattern(text),
            people: people.filter(|it| has(it)).collect(),
            customers: names!(visible.customers(), customer),
            releases: names!(visible.releases(), release),
            clusters: names!(visible.clusters(), cluster),
            custom_steps: names!(custom, customer_step),
            templates,
            copies,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_pattern_are_looked_for_as_they_are() {
        assert_eq!(pattern("Ana_1 50%"), "%ana\\_1 50\\%%");
    }
}
