//! Whether a row exists for the caller: one query for each kind of row. What is out of scope, and the session or token of
//! another user, is not found.
use super::past_clusters::past_clusters;
use crate::domain::{
    event::Event,
    event_trim,
    id::{BatchId, CustomerId},
    past_clusters::customer_with_changes,
    permission::{Permission, Subject},
    saved_view::owner_of,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    audit::event_texts,
    engine::sought,
    entity::{
        audit_event, cluster, customer, customer_step, release, run, saved_view, session,
        step_template, token, user,
    },
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Condition, Expr},
};
use std::collections::HashSet;

/// Whether a query finds a row.
async fn exists<E: EntityTrait>(
    query: Select<E>,
    db: &impl ConnectionTrait,
) -> Result<bool, DbErr> {
    let found = query
        .select_only()
        .expr_as(Expr::val(1_i32), "found")
        .limit(1)
        .into_tuple::<i32>()
        .one(db)
        .await?;
    Ok(found.is_some())
}

fn found(it: bool, noun: Noun) -> Result<(), StoreError> {
    if it {
        Ok(())
    } else {
        Err(StoreError::NotFound(noun))
    }
}

impl Store {
    /// Refuses a row that does not exist for the caller. Errors: not found.
    pub(in crate::store) async fn must_see(&self, subject: &Subject) -> Result<(), StoreError> {
        let (db, visible) = (&self.read, self.visible());
        macro_rules! must_exist {
            ($query:expr, $table:ident, $id:expr, $noun:path) => {{
                let query = $query.filter($table::Column::Id.eq($id.0));
                found(exists(query, db).await?, $noun)
            }};
        }
        match subject {
            Subject::Anything => Ok(()),
            Subject::Cluster(id) => must_exist!(visible.clusters(), cluster, id, Noun::Cluster),
            Subject::Customer(id) => must_exist!(visible.customers(), customer, id, Noun::Customer),
            Subject::Release(id) => must_exist!(visible.releases(), release, id, Noun::Release),
            Subject::Template(id) => {
                must_exist!(visible.templates(), step_template, id, Noun::Template)
            }
            Subject::Step(id) => must_exist!(visible.steps(), customer_step, id, Noun::Step),
            Subject::Member(release, customer) => {
                must_exist!(visible.releases(), release, release, Noun::Release)?;
                must_exist!(visible.customers(), customer, customer, Noun::Customer)
            }
            Subject::Run(id) => must_exist!(visible.runs(), run, id, Noun::Run),
            Subject::Batch(id) => found(self.sees_batch(id).await?, Noun::Batch),
            Subject::User(id) => must_exist!(user::Entity::find(), user, id, Noun::User),
            Subject::Session(id) => {
                let own = session::Column::UserId.eq(self.own_id());
                let query = session::Entity::find_by_id(id.0).filter(own);
                found(exists(query, db).await?, Noun::Session)
            }
            Subject::Token(id) => {
                let mut query = token::Entity::find_by_id(id.0);
                if !self.caller.may(Permission::Tokens) {
                    query = query.filter(token::Column::UserId.eq(self.own_id()));
                }
                found(exists(query, db).await?, Noun::Token)
            }
            Subject::View(id) => {
                let views = saved_view::Entity::find().filter(self.views_in_sight());
                must_exist!(views, saved_view, id, Noun::View)
            }
        }
    }

    /// The id of the caller's user; 0, which no row has, if it is none.
    pub(in crate::store) fn own_id(&self) -> i64 {
        self.caller.user().map_or(0, |it| it.0)
    }

    /// The saved views that exist for the caller: its own, and those that are for all. A view's name or address may be that
    /// of a customer, so for who has a scope there are only its own.
    pub(in crate::store) fn views_in_sight(&self) -> Condition {
        let own = saved_view::Column::Owner.eq(owner_of(&self.caller));
        if self.caller.sees_all() {
            return Condition::any()
                .add(own)
                .add(saved_view::Column::ForAll.eq(true));
        }
        let releases = self
            .visible()
            .releases()
            .select_only()
            .column(release::Column::Id)
            .into_query();
        let is_there = Condition::any()
            .add(saved_view::Column::ReleaseId.is_null())
            .add(saved_view::Column::ReleaseId.in_subquery(releases));
        Condition::all().add(own).add(is_there)
    }

    /// Whether the caller sees any event of a batch.
    async fn sees_batch(&self, batch: &BatchId) -> Result<bool, StoreError> {
        let first = self
            .visible()
            .events()
            .filter(audit_event::Column::BatchId.eq(sought(&batch.0)))
            .order_by_desc(audit_event::Column::Id)
            .one(&self.read)
            .await?;
        let Some(row) = first else {
            return Ok(false);
        };
        let events = event_texts::read(&self.read, vec![row]).await?;
        Ok(!self.seen_events(events).await?.is_empty())
    }

    /// What the caller sees of visible events. Those that name only customers out of scope are left out.
    pub(in crate::store) async fn seen_events(
        &self,
        events: Vec<Event>,
    ) -> Result<Vec<Event>, StoreError> {
        if self.caller.sees_all() {
            return Ok(events);
        }
        let visible = self.visible_customer_ids().await?;
        let seen = events
            .into_iter()
            .filter_map(|it| event_trim::trimmed(it, |id| visible.contains(&id.0)));
        let mut seen: Vec<Event> = seen.collect();
        let told: HashSet<CustomerId> = seen.iter().filter_map(customer_with_changes).collect();
        let told: Vec<CustomerId> = told.into_iter().collect();
        let past = past_clusters(&self.read, self.visible(), &told).await?;
        for event in &mut seen {
            past.hide_in(event);
        }
        Ok(seen)
    }

    /// The ids of all visible customers.
    pub(in crate::store) async fn visible_customer_ids(&self) -> Result<HashSet<i64>, StoreError> {
        let ids = self
            .visible()
            .customers()
            .select_only()
            .column(customer::Column::Id)
            .into_tuple::<i64>()
            .all(&self.read)
            .await?;
        Ok(ids.into_iter().collect())
    }
}
