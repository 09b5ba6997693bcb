//! The visible part of each table: queries that find nothing out of the caller's scope. All that is read for pages, REST and
//! exports begins here; a test on the source holds that. Without a scope they are the bare tables.
use crate::domain::{
    caller::Caller,
    event::Entity,
    permission::Permission,
    scope::{Scope, ScopeIds},
};
use crate::store::entity::{
    audit_event, cluster, customer, customer_step, release, release_customer, run, step_template,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, Select,
    sea_query::{Condition, Expr, Query, SelectStatement},
};

/// A scope of at most this many customers, without clusters, finds its events through the indexes of customers.
const NARROW_CUSTOMERS_MAX: usize = 5;

/// Callers of the same key see the same rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VisibleKey {
    scope: Scope,
    sees_accounts: bool,
    sees_machines: bool,
}

/// Queries for one caller.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a> {
    scope: &'a Scope,
    sees_accounts: bool,
    sees_machines: bool,
}

/// The customers that one limit contains, as a condition on their table.
fn within(limit: &ScopeIds) -> Condition {
    Condition::any()
        .add(customer::Column::Id.is_in(limit.customers.iter().map(|it| it.0)))
        .add(customer::Column::ClusterId.is_in(limit.clusters.iter().map(|it| it.0)))
}

impl<'a> Visible<'a> {
    /// The queries of this caller.
    pub fn of(caller: &'a Caller) -> Self {
        Self {
            scope: &caller.scope,
            sees_accounts: caller.sees_accounts(),
            sees_machines: caller.sees_machines(),
        }
    }

    /// The queries of a copy of the whole database, which also a token takes (R25): without the events of accounts its history
    /// would have gaps, and could not be imported. It is the permission that decides who takes a copy.
    pub fn of_copy(caller: &'a Caller) -> Self {
        let is_whole = caller.may(Permission::Transfer) && caller.sees_all();
        let by_role = Self::of(caller);
        Self {
            sees_accounts: is_whole || by_role.sees_accounts,
            sees_machines: is_whole || by_role.sees_machines,
            ..by_role
        }
    }

    /// What tells these queries from another caller's.
    pub fn key(self) -> VisibleKey {
        VisibleKey {
            scope: self.scope.clone(),
            sees_accounts: self.sees_accounts,
            sees_machines: self.sees_machines,
        }
    }

    /// Whether nothing is hidden by scope.
    pub fn is_all(self) -> bool {
        self.scope.is_everywhere()
    }

    /// Whether the scope is a few customers.
    fn is_narrow(self) -> bool {
        let is_narrow =
            |it: &ScopeIds| it.clusters.is_empty() && it.customers.len() <= NARROW_CUSTOMERS_MAX;
        self.scope.limits().iter().any(is_narrow)
    }

    fn customers_in_scope(self) -> Condition {
        let limits = self.scope.limits().iter().map(within);
        limits.fold(Condition::all(), Condition::add)
    }

    /// The ids of visible customers, as a subquery.
    fn customer_ids(self) -> SelectStatement {
        Query::select()
            .column(customer::Column::Id)
            .from(customer::Entity)
            .cond_where(self.customers_in_scope())
            .to_owned()
    }

    /// The ids of visible releases, as a subquery: those with a visible member. A draft has no members.
    fn release_ids(self) -> SelectStatement {
        Query::select()
            .distinct()
            .column(release_customer::Column::ReleaseId)
            .from(release_customer::Entity)
            .and_where(release_customer::Column::CustomerId.in_subquery(self.customer_ids()))
            .to_owned()
    }

    /// Visible clusters: those of visible customers, and those in scope that have none.
    fn cluster_is_visible(self, id: Expr) -> Condition {
        let of_customers = Query::select()
            .column(customer::Column::ClusterId)
            .from(customer::Entity)
            .cond_where(self.customers_in_scope())
            .to_owned();
        let mut limits = self.scope.limits().iter().map(|it| it.clusters.clone());
        let first = limits.next().unwrap_or_default();
        let whole = limits.fold(first, |all, it| all.intersection(&it).copied().collect());
        Condition::any()
            .add(id.clone().in_subquery(of_customers))
            .add(id.is_in(whole.into_iter().map(|it| it.0)))
    }

    /// The visible customers.
    pub fn customers(self) -> Select<customer::Entity> {
        let all = customer::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(self.customers_in_scope())
    }

    /// The visible clusters.
    pub fn clusters(self) -> Select<cluster::Entity> {
        let all = cluster::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(self.cluster_is_visible(cluster::Column::Id.into_expr()))
    }

    /// The visible releases. Without a scope these are all, with drafts.
    pub fn releases(self) -> Select<release::Entity> {
        let all = release::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(release::Column::Id.in_subquery(self.release_ids()))
    }

    /// The template steps of visible releases.
    pub fn templates(self) -> Select<step_template::Entity> {
        let all = step_template::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(step_template::Column::ReleaseId.in_subquery(self.release_ids()))
    }

    /// The memberships of visible customers.
    pub fn members(self) -> Select<release_customer::Entity> {
        let all = release_customer::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(release_customer::Column::CustomerId.in_subquery(self.customer_ids()))
    }

    /// The steps of visible customers.
    pub fn steps(self) -> Select<customer_step::Entity> {
        let all = customer_step::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(customer_step::Column::CustomerId.in_subquery(self.customer_ids()))
    }

    /// The runs of visible customers.
    pub fn runs(self) -> Select<run::Entity> {
        let all = run::Entity::find();
        if self.is_all() {
            return all;
        }
        all.filter(run::Column::CustomerId.in_subquery(self.customer_ids()))
    }

    /// The visible events; what is left of each is `domain::event_trim`'s.
    pub fn events(self) -> Select<audit_event::Entity> {
        let all = audit_event::Entity::find();
        if self.sees_accounts && self.sees_machines {
            return all;
        }
        all.filter(self.events_condition(ColumnTrait::into_expr))
    }

    /// The condition of visible events; `of` qualifies their columns.
    pub fn events_condition(self, of: impl Fn(audit_event::Column) -> Expr) -> Condition {
        use audit_event::Column;
        let is_of = |entity: Entity| of(Column::Entity).eq(entity.as_str());
        let mut all = Condition::all();
        let is_hidden = |it: Entity| {
            (it.is_account() && !self.sees_accounts) || (it.is_machine() && !self.sees_machines)
        };
        let entities = Entity::ALL.iter().copied();
        let hidden: Vec<&str> = entities
            .filter(|it| is_hidden(*it))
            .map(Entity::as_str)
            .collect();
        if !hidden.is_empty() {
            all = all.add(of(Column::Entity).is_not_in(hidden));
        }
        if self.is_all() {
            return all;
        }
        let about_customer = Condition::any()
            .add(of(Column::CustomerId).in_subquery(self.customer_ids()))
            .add(
                Condition::all()
                    .add(is_of(Entity::Customer))
                    .add(of(Column::EntityId).in_subquery(self.customer_ids())),
            );
        let about_release = Condition::all()
            .add(of(Column::CustomerId).is_null())
            .add(of(Column::Entity).is_in([Entity::Release, Entity::Template].map(Entity::as_str)))
            .add(of(Column::ReleaseId).in_subquery(self.release_ids()));
        let about_cluster = Condition::all()
            .add(is_of(Entity::Cluster))
            .add(self.cluster_is_visible(of(Column::EntityId)));
        let is_seen = Condition::any()
            .add(about_customer)
            .add(about_release)
            .add(about_cluster);
        if self.is_narrow() {
            return all.add(is_seen);
        }
        // True of the same events, and hides the alternatives from SQLite: it would read all events in scope by the indexes, and
        // sort them, for a page of a dozen. So it walks the events backwards, or by the index of another condition.
        all.add(Expr::from(is_seen).is(Expr::Constant(true.into())))
    }
}
