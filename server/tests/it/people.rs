//! Users for tests: made in the database, and signed in without a password, as the program does after it has compared one.
use crate::harness::{TestApp, TestResponse};
use app::{
    api::context::now,
    domain::{
        id::{ClusterId, CustomerId},
        permission::Role,
        scope::ScopeIds,
        session::SignIn,
        user::{User, UserDraft},
    },
    store::{Store, accounts::sessions::Origin},
};
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Somebody who is signed in.
pub struct Person {
    pub user: User,
    pub cookie: String,
    /// The store as this person has it.
    pub store: Store,
}

/// A scope of these customers and clusters.
#[expect(
    clippy::unnecessary_wraps,
    reason = "as a user has it, for whom none is everywhere"
)]
pub fn scope(clusters: &[ClusterId], customers: &[CustomerId]) -> Option<ScopeIds> {
    Some(ScopeIds {
        clusters: clusters.iter().copied().collect(),
        customers: customers.iter().copied().collect(),
    })
}

impl TestApp {
    /// Makes a user of this role and scope, and signs it in.
    pub async fn person(&self, role: Role, scope: Option<ScopeIds>) -> Person {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.person_named(&format!("{role}{number}"), role, scope)
            .await
    }

    /// The same, under this login.
    pub async fn person_named(&self, login: &str, role: Role, scope: Option<ScopeIds>) -> Person {
        let draft = UserDraft {
            login: login.to_owned(),
            name: format!("{login} of the tests"),
            role: role.to_string(),
            scope,
            ..UserDraft::default()
        };
        let user = self.store.create_user(draft, self.ana()).await.unwrap().row;
        let secret = format!("secret-{login}");
        let begun =
            self.database
                .begin_session(&user, &secret, SignIn::Password, Origin::default(), now());
        begun.await.unwrap();
        let caller = self.database.session_caller(&secret, now(), false).await;
        let caller = caller.unwrap().unwrap();
        Person {
            cookie: format!("rollcall_session={secret}"),
            store: self.database.as_caller(Arc::new(caller)),
            user,
        }
    }

    /// Calls REST as this person.
    pub async fn api_as(
        &self,
        person: &Person,
        method: &str,
        path: &str,
        body: Value,
    ) -> TestResponse {
        let cookie = [("cookie", person.cookie.as_str())];
        self.api(method, path, body, &cookie).await
    }
}
