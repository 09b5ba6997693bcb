//! When sessions and tokens were used last, gathered in memory and written once in a while: a write for every request would
//! make every reader wait for the one writer. What is lost with a crash is a few minutes of it.
use crate::domain::id::{SessionId, TokenId};
use crate::store::{
    Database,
    entity::{session, token},
    error::StoreError,
};
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Times that are not written yet.
#[derive(Debug, Default)]
struct Pending {
    sessions: HashMap<SessionId, DateTime<Utc>>,
    tokens: HashMap<TokenId, DateTime<Utc>>,
}

/// The times; clones share them.
#[derive(Clone, Debug, Default)]
pub struct LastUsed(Arc<Mutex<Pending>>);

impl LastUsed {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a session was used.
    pub(in crate::store) fn session(&self, id: SessionId, at: DateTime<Utc>) {
        self.lock().sessions.insert(id, at.trunc_subsecs(3));
    }

    /// Notes that a token was used.
    pub(in crate::store) fn token(&self, id: TokenId, at: DateTime<Utc>) {
        self.lock().tokens.insert(id, at.trunc_subsecs(3));
    }

    /// When a session was used last, if that is not written yet.
    pub(in crate::store) fn of_session(&self, id: SessionId) -> Option<DateTime<Utc>> {
        self.lock().sessions.get(&id).copied()
    }
}

impl Database {
    /// Writes when sessions and tokens were used last. To be called each minute, and before the program ends.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn write_last_used(&self) -> Result<(), StoreError> {
        let Pending { sessions, tokens } = std::mem::take(&mut *self.last_used.lock());
        if sessions.is_empty() && tokens.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        for (id, at) in sessions {
            session::Entity::update_many()
                .col_expr(session::Column::UsedAt, Expr::val(at))
                .filter(session::Column::Id.eq(id.0))
                // An earlier time, from a clock that was set back or another server, does not replace a later one.
                .filter(session::Column::UsedAt.lt(at))
                .exec(&tx)
                .await?;
        }
        for (id, at) in tokens {
            token::Entity::update_many()
                .col_expr(token::Column::LastUsedAt, Expr::val(Some(at)))
                .filter(token::Column::Id.eq(id.0))
                .exec(&tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
