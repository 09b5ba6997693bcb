//! Membership of customers in releases (R1): add, remove, dry run; and copying of templates to members.
use super::{
    dry_run_warnings::{changed_value_warnings, dry_run_warnings},
    release_rows,
    value_changes::{ValueChanges, removed_values, values_changed_since_activation},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    field_error::FieldError,
    id::{CustomerId, ReleaseId},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    summary::{DryRun, Unresolved},
    validation_errors::ValidationErrors,
    variables,
    vocabulary::{Field, ReleaseStatus, StepStatus},
};
use crate::store::{
    Store,
    change::VersionedRow,
    engine::{Engine, IDS_PER_STATEMENT_MAX},
    entity::{cluster, customer, customer_step, release_customer, step_template},
    error::StoreError,
    text_variables::{self, TemplateText, UnresolvedByCustomer},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Asterisk, Expr, Order, Query},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The number of template steps of a release.
pub async fn count_templates(
    db: &impl ConnectionTrait,
    id: ReleaseId,
) -> Result<usize, StoreError> {
    let n = step_template::Entity::find()
        .filter(step_template::Column::ReleaseId.eq(id.0))
        .count(db)
        .await?;
    Ok(usize::try_from(n).unwrap_or(usize::MAX))
}

/// The customers to add (R14), without duplicates; none given means all active ones. Errors: no customers; unknown or
/// inactive ones, which are named.
pub async fn resolve_customers(
    db: &impl ConnectionTrait,
    wanted: Option<Vec<CustomerId>>,
) -> Result<Vec<CustomerId>, StoreError> {
    let wrong = |problem| StoreError::from(ValidationErrors::one(Field::Customers, problem));
    let known: Vec<(i64, String, bool)> = customer::Entity::find()
        .select_only()
        .columns([
            customer::Column::Id,
            customer::Column::Name,
            customer::Column::IsActive,
        ])
        .order_by_asc(customer::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let Some(wanted) = wanted else {
        let all: Vec<_> = known
            .into_iter()
            .filter(|(_, _, active)| *active)
            .map(|(id, ..)| CustomerId(id))
            .collect();
        return if all.is_empty() {
            Err(wrong(FieldError::EmptyList))
        } else {
            Ok(all)
        };
    };
    if wanted.is_empty() {
        return Err(wrong(FieldError::EmptyList));
    }
    let mut seen = HashSet::new();
    let wanted: Vec<CustomerId> = wanted.into_iter().filter(|it| seen.insert(*it)).collect();
    let known: HashMap<i64, (String, bool)> = known
        .into_iter()
        .map(|(id, name, active)| (id, (name, active)))
        .collect();
    let unknown: Vec<i64> = wanted
        .iter()
        .map(|it| it.0)
        .filter(|id| !known.contains_key(id))
        .collect();
    let inactive: Vec<String> = wanted
        .iter()
        .filter_map(|it| known.get(&it.0))
        .filter(|it| !it.1)
        .map(|it| it.0.clone())
        .collect();
    match (unknown.is_empty(), inactive.is_empty()) {
        (true, true) => Ok(wanted),
        (false, true) => Err(wrong(FieldError::Unknown { ids: unknown })),
        (true, false) => Err(wrong(FieldError::Inactive { names: inactive })),
        (false, false) => Err(wrong(FieldError::UnknownAndInactive {
            ids: unknown,
            names: inactive,
        })),
    }
}

/// Adds the customers as members and copies all templates to them, with two statements per `IDS_PER_STATEMENT_MAX`
/// customers. Copies are inserted customer by customer in the matrix's order, so that neighbouring cells are
/// neighbouring rows. Answers the number of copies.
pub async fn copy_templates(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    customers: &[CustomerId],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let mut copies = 0;
    for chunk in customers.chunks(IDS_PER_STATEMENT_MAX) {
        let ids = || chunk.iter().map(|it| it.0);
        let members = Query::insert()
            .into_table(release_customer::Entity)
            .columns([
                release_customer::Column::ReleaseId,
                release_customer::Column::CustomerId,
                release_customer::Column::AddedAt,
            ])
            .select_from(
                Query::select()
                    .expr(Expr::val(release.0))
                    .column(customer::Column::Id)
                    .expr(Expr::val(now))
                    .from(customer::Entity)
                    .and_where(customer::Column::Id.is_in(ids()))
                    .to_owned(),
            )
            .map_err(|error| StoreError::corrupt("release_customers", error))?
            .to_owned();
        tx.execute(&members).await?;
        let these = customer::Column::Id.into_expr_in().is_in(ids());
        let templates = step_template::Column::ReleaseId.into_expr_in();
        copies += copy(tx, now, these, templates.eq(release.0)).await?;
    }
    Ok(copies)
}

/// Copies one template to every member of its release. Answers the number of copies.
pub async fn copy_to_members(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    template: i64,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let members = Query::select()
        .column(release_customer::Column::CustomerId)
        .from(release_customer::Entity)
        .and_where(release_customer::Column::ReleaseId.eq(release.0))
        .to_owned();
    let these = customer::Column::Id.into_expr_in().in_subquery(members);
    let only = step_template::Column::Id.into_expr_in().eq(template);
    copy(tx, now, these, only).await
}

/// A column qualified with its table, for joins.
trait QualifiedColumn {
    fn into_expr_in(self) -> Expr;
}

impl<C: ColumnTrait> QualifiedColumn for C {
    fn into_expr_in(self) -> Expr {
        Expr::col(self.as_column_ref())
    }
}

/// Copies templates to customers. A copy has its template's text by the same id. The customers are sorted before they are
/// joined: sorting the copies themselves would move every row once more.
async fn copy(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    customers: Expr,
    templates: Expr,
) -> Result<u64, StoreError> {
    use customer_step::Column as To;
    use step_template::Column as From;
    let chosen = Query::select()
        .column((customer::Entity, customer::Column::Id))
        .from(customer::Entity)
        .inner_join(
            cluster::Entity,
            cluster::Column::Id
                .into_expr_in()
                .equals((customer::Entity, customer::Column::ClusterId)),
        )
        .and_where(customers)
        .order_by((cluster::Entity, cluster::Column::Name), Order::Asc)
        .order_by((customer::Entity, customer::Column::Name), Order::Asc)
        .order_by((customer::Entity, customer::Column::Id), Order::Asc)
        // Without a limit SQLite drops the ORDER BY of a subquery.
        .limit(u64::from(u32::MAX))
        .to_owned();
    let copied = Query::select()
        .column((step_template::Entity, Asterisk))
        .from(step_template::Entity)
        .and_where(templates)
        .order_by((step_template::Entity, From::Category), Order::Asc)
        .order_by((step_template::Entity, From::OrderIndex), Order::Asc)
        .limit(u64::from(u32::MAX))
        .to_owned();
    let of = |column: From| Expr::col(("copied", column));
    let mut select = Query::select();
    select
        .expr(of(From::ReleaseId))
        .column(("chosen", customer::Column::Id))
        .expr(of(From::Id))
        .expr(of(From::Name))
        .expr(of(From::Category))
        .expr(of(From::Kind))
        .expr(of(From::TextId))
        .expr(of(From::OrderIndex))
        .expr(of(From::Version))
        .expr(Expr::val(StepStatus::Pending.as_str()))
        .expr(Expr::val(false))
        .expr(Expr::val(false))
        .expr(Expr::val(false))
        .expr(Expr::val(1_i64))
        .expr(Expr::val(now))
        .expr(Expr::val(now));
    Engine::of(tx).select_pairs(&mut select, (chosen, "chosen"), (copied, "copied"));
    let insert = Query::insert()
        .into_table(customer_step::Entity)
        .columns([
            To::ReleaseId,
            To::CustomerId,
            To::TemplateId,
            To::Name,
            To::Category,
            To::Kind,
            To::TextId,
            To::OrderIndex,
            To::TemplateVersion,
            To::Status,
            To::HasNotes,
            To::IsCustom,
            To::IsOverridden,
            To::Version,
            To::CreatedAt,
            To::UpdatedAt,
        ])
        .select_from(select)
        .map_err(|error| StoreError::corrupt("customer_steps", error))?
        .to_owned();
    Ok(tx.execute(&insert).await?.rows_affected())
}

/// The ids of the members of a release.
pub async fn member_ids(
    db: &impl ConnectionTrait,
    release: ReleaseId,
) -> Result<HashSet<i64>, StoreError> {
    Ok(release_customer::Entity::find()
        .select_only()
        .column(release_customer::Column::CustomerId)
        .filter(release_customer::Column::ReleaseId.eq(release.0))
        .into_tuple::<i64>()
        .all(db)
        .await?
        .into_iter()
        .collect())
}

/// Whether a customer is a member of a release.
pub async fn is_member(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    customer: CustomerId,
) -> Result<bool, StoreError> {
    let n = release_customer::Entity::find()
        .filter(release_customer::Column::ReleaseId.eq(release.0))
        .filter(release_customer::Column::CustomerId.eq(customer.0))
        .count(db)
        .await?;
    Ok(n > 0)
}

/// The given customers that are not members yet. Errors: a release that is not active; none left.
async fn non_members(
    db: &impl ConnectionTrait,
    release: &Release,
    customers: Vec<CustomerId>,
) -> Result<Vec<CustomerId>, StoreError> {
    release.may_be_worked_on()?;
    let chosen = resolve_customers(db, Some(customers)).await?;
    let members = member_ids(db, release.id).await?;
    let new: Vec<CustomerId> = chosen
        .into_iter()
        .filter(|it| !members.contains(&it.0))
        .collect();
    if new.is_empty() {
        Err(RuleViolation::AllAlreadyIn.into())
    } else {
        Ok(new)
    }
}

impl Store {
    /// Adds customers to an active release, with copies of its current templates; members are skipped. Answers the
    /// new ones. Errors: not found; not active; no, unknown or inactive customers; all are members already.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn add_customers(
        &self,
        id: ReleaseId,
        customers: Vec<CustomerId>,
        stamp: ActorStamp,
    ) -> Result<Changed<Vec<CustomerId>>, StoreError> {
        let permit = self.permit(Permission::Members.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, id).await?;
        let new = non_members(&change.tx, &release, customers).await?;
        let cells = copy_templates(&change.tx, id, &new, change.stamp.at).await?;
        change.record(
            release
                .event(EventAction::AddCustomers)
                .after(&json!({ "customerIds": new, "cells": cells })),
        );
        change.finish(new).await
    }

    /// Removes customers from an active release (R1). Errors: not found; not active; no customers; unknown ones or no
    /// members; steps that are not pending, which are named.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn remove_customers(
        &self,
        id: ReleaseId,
        customers: Vec<CustomerId>,
        stamp: ActorStamp,
    ) -> Result<Changed<Vec<CustomerId>>, StoreError> {
        let permit = self.permit(Permission::Members.on(id)).await?;
        if customers.is_empty() {
            return Err(ValidationErrors::one(Field::Customers, FieldError::EmptyList).into());
        }
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, id).await?;
        release.may_be_worked_on()?;
        let members = member_ids(&change.tx, id).await?;
        let mut seen = HashSet::new();
        let customers: Vec<CustomerId> = customers
            .into_iter()
            .filter(|it| seen.insert(*it))
            .collect();
        let names: HashMap<i64, String> = customer::Entity::find()
            .select_only()
            .columns([customer::Column::Id, customer::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&change.tx)
            .await?
            .into_iter()
            .collect();
        let unknown: Vec<i64> = customers
            .iter()
            .map(|it| it.0)
            .filter(|it| !names.contains_key(it))
            .collect();
        if !unknown.is_empty() {
            return Err(ValidationErrors::one(
                Field::Customers,
                FieldError::Unknown { ids: unknown },
            )
            .into());
        }
        let strangers: Vec<String> = customers
            .iter()
            .filter(|it| !members.contains(&it.0))
            .filter_map(|it| names.get(&it.0).cloned())
            .collect();
        if !strangers.is_empty() {
            return Err(RuleViolation::NotAMember { names: strangers }.into());
        }
        for customer in &customers {
            let steps: Vec<String> = customer_step::Entity::find()
                .select_only()
                .column(customer_step::Column::Name)
                .filter(customer_step::Column::ReleaseId.eq(id.0))
                .filter(customer_step::Column::CustomerId.eq(customer.0))
                .filter(customer_step::Column::Status.ne(StepStatus::Pending.as_str()))
                .order_by_asc(customer_step::Column::Category)
                .order_by_asc(customer_step::Column::OrderIndex)
                .into_tuple()
                .all(&change.tx)
                .await?;
            if !steps.is_empty() {
                let customer = names.get(&customer.0).cloned().unwrap_or_default();
                return Err(RuleViolation::StepsNotPending { customer, steps }.into());
            }
        }
        let ids = || customers.iter().map(|it| it.0);
        let deleted = customer_step::Entity::delete_many()
            .filter(customer_step::Column::ReleaseId.eq(id.0))
            .filter(customer_step::Column::CustomerId.is_in(ids()))
            .exec(&change.tx)
            .await?;
        release_customer::Entity::delete_many()
            .filter(release_customer::Column::ReleaseId.eq(id.0))
            .filter(release_customer::Column::CustomerId.is_in(ids()))
            .exec(&change.tx)
            .await?;
        change.record(
            release
                .event(EventAction::RemoveCustomers)
                .before(&json!({ "customerIds": customers, "cells": deleted.rows_affected })),
        );
        change.finish(customers).await
    }

    /// What activating a release, or adding customers, would do. Errors: those of the action itself.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn dry_run(
        &self,
        id: ReleaseId,
        customers: Option<Vec<CustomerId>>,
    ) -> Result<DryRun, StoreError> {
        self.must_have(Permission::Members)?;
        let db = &self.read;
        let release = release_rows::load(db, id).await?;
        let n_templates = count_templates(db, id).await?;
        let customers = if release.status == ReleaseStatus::Active {
            non_members(db, &release, customers.unwrap_or_default()).await?
        } else {
            release.may_be_activated(n_templates)?;
            resolve_customers(db, customers).await?
        };
        let texts = text_variables::template_texts(db, id).await?;
        let uses = text_variables::uses(db, texts.iter().map(|it| it.id)).await?;
        dry_run_of(db, &release, customers, &texts, &uses).await
    }
}

/// What creating these steps for these customers would do. `uses` has how each text uses its variables, by the text's id. Of a
/// release that is not stored yet (id 0) nothing is known of the past.
pub async fn dry_run_of(
    db: &impl ConnectionTrait,
    release: &Release,
    customers: Vec<CustomerId>,
    texts: &[TemplateText],
    uses: &HashMap<i64, Vec<String>>,
) -> Result<DryRun, StoreError> {
    let of_jobs = texts.iter().flat_map(|it| &it.job_uses);
    let all: Vec<&String> = uses.values().flatten().chain(of_jobs).collect();
    let missing = UnresolvedByCustomer::of(db, release, &customers, all.iter().copied()).await?;
    let mut unresolved: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
    for (index, customer) in customers.iter().enumerate() {
        for step in texts {
            let uses = uses.get(&step.id).map_or(&[][..], Vec::as_slice);
            for name in missing.of_step(*customer, uses, step) {
                unresolved
                    .entry((index, name.to_owned()))
                    .or_default()
                    .push(step.name.clone());
            }
        }
    }
    let names = unresolved
        .keys()
        .map(|(index, name)| (customers[*index], name.as_str()));
    let mut removed = if release.id == ReleaseId(0) {
        ValueChanges::new()
    } else {
        removed_values(db, release.id, &names.collect::<Vec<_>>()).await?
    };
    let mut chosen = text_variables::with_clusters(db, &customers).await?;
    chosen.sort_by(|a, b| (&a.0.name, a.0.id).cmp(&(&b.0.name, b.0.id)));
    let changes = values_changed_since_activation(db, release, &customers).await?;
    let used: BTreeSet<&str> = all.iter().map(|it| variables::name_of(it)).collect();
    let mut warnings = changed_value_warnings(&changes, &chosen, &used);
    warnings.extend(dry_run_warnings(texts, &chosen, release));
    let cells = customers.len() * texts.len();
    Ok(DryRun {
        customers: u32::try_from(customers.len()).unwrap_or(u32::MAX),
        cells: u32::try_from(cells).unwrap_or(u32::MAX),
        unresolved: unresolved
            .into_iter()
            .map(|((index, variable), step_names)| Unresolved {
                customer_id: customers[index],
                removed: removed.remove(&(customers[index], variable.clone())),
                variable,
                step_names,
            })
            .collect(),
        warnings,
    })
}
