//! Users for tests: made in the database, and signed in without a password, as the program does after it has compared one.
use crate::harness::{TestApp, TestResponse};
use app::{
    api::context::now,
    domain::{
        client::Client,
        id::{ClusterId, CustomerId},
        permission::Role,
        scope::ScopeIds,
        session::SignIn,
        user::{User, UserDraft},
    },
    store::Store,
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use serde_json::{Value, json};
use server::http::peer::Arrival;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// The stored password hash, if the user has one.
pub const PASSWORD: &str = "a long enough one";

/// A signed-in user.
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
        let (how, client) = (SignIn::Password, Client::default());
        let begun = self
            .database
            .begin_session(user.clone().into(), &secret, how, &client, now());
        begun.await.unwrap();
        let caller = self.database.session_caller(&secret, now(), false).await;
        let (caller, _) = caller.unwrap().unwrap();
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

    /// Makes a user who signs in with `PASSWORD`.
    pub async fn user_with_password(&self, login: &str, role: Role) -> User {
        let draft = UserDraft {
            login: login.to_owned(),
            name: format!("{login} of the tests"),
            role: role.to_string(),
            password: Some(PASSWORD.to_owned()),
            ..UserDraft::default()
        };
        self.store.create_user(draft, self.ana()).await.unwrap().row
    }

    /// Signs in by REST.
    pub async fn sign_in(&self, login: &str, password: &str) -> TestResponse {
        let body = json!({ "login": login, "password": password });
        self.api("POST", "/api/session", body, &[]).await
    }

    /// Calls REST from this peer.
    pub async fn api_from(
        &self,
        peer: &str,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        let arrival = Arrival {
            local: None,
            peer: peer.parse().ok(),
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(arrival));
        self.send(request).await
    }
}

/// The cookie that an answer sets, as a browser sends it back.
pub fn cookie_of(answer: &TestResponse) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}
