//! The caller of the store: its identity, the way by which it was authenticated, its role and its scope (R23). A store is only
//! to be had for one (`Database::as_caller`), so nothing is read or changed without it.
use super::{
    actor_stamp::ActorStamp,
    id::{SessionId, TokenId, UserId},
    permission::{Permission, Role},
    run::Run,
    scope::{Scope, ScopeIds},
    user::User,
    via::{RUN_HERE, Via},
};
use chrono::{DateTime, SubsecRound, Utc};

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub identity: Identity,
    /// The name that events bear and people see.
    pub name: String,
    pub role: Role,
    pub scope: Scope,
}

/// The authentication state of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// `open` mode: a name that the request gave (R20), and nothing more.
    Open,
    /// A verb of the command line, or a task of the program itself.
    Program(Via),
    /// A user.
    User {
        id: UserId,
        via: Via,
        /// The session of the request; none with a token or behind a proxy.
        session: Option<SessionId>,
        token: Option<TokenId>,
    },
}

impl Caller {
    /// A caller in `open` mode, where no one is authenticated: an admin with this name.
    pub fn open(name: impl Into<String>) -> Self {
        Self::unlimited(Identity::Open, name.into())
    }

    /// A user about whom the program has to write something at a sign-in: the provider gave another role, or there is nobody yet
    /// who could have made the first admin. The event has the user's id; the rights are those of the program.
    pub fn at_sign_in(id: UserId, name: impl Into<String>) -> Self {
        let identity = Identity::User {
            id,
            via: Via::Session,
            session: None,
            token: None,
        };
        Self::unlimited(identity, name.into())
    }

    /// A verb of the command line, or a task of the program.
    pub fn program(via: Via, name: impl Into<String>) -> Self {
        Self::unlimited(Identity::Program(via), name.into())
    }

    /// An address that CI reports to (R63): it works on steps; on which ones is up to the address.
    pub fn of_hook(name: &str) -> Self {
        Self {
            role: Role::Operator,
            ..Self::unlimited(
                Identity::Program(Via::Hook(name.to_owned())),
                name.to_owned(),
            )
        }
    }

    /// A run (R71): its end marks the step in the name of who asked for it.
    pub fn of_run(run: &Run) -> Self {
        let runner = run.runner.as_deref().unwrap_or(RUN_HERE);
        let via = Via::Runner(runner.to_owned());
        let identity = match run.asked_by_user {
            Some(id) => Identity::User {
                id,
                via,
                session: None,
                token: None,
            },
            None => Identity::Program(via),
        };
        Self {
            role: Role::Operator,
            ..Self::unlimited(identity, run.asked_by.clone())
        }
    }

    fn unlimited(identity: Identity, name: String) -> Self {
        Self {
            identity,
            name,
            role: Role::Admin,
            scope: Scope::EVERYWHERE,
        }
    }

    /// A user who signed in.
    pub fn of_session(user: &User, session: SessionId) -> Self {
        Self::of_user(user, Via::Session, Some(session))
    }

    /// A user that a trusted proxy named.
    pub fn of_proxy(user: &User) -> Self {
        Self::of_user(user, Via::Proxy, None)
    }

    fn of_user(user: &User, via: Via, session: Option<SessionId>) -> Self {
        Self {
            identity: Identity::User {
                id: user.id,
                via,
                session,
                token: None,
            },
            name: user.name.clone(),
            role: user.role,
            scope: Scope::of_user(user.scope.clone()),
        }
    }

    /// A token of a user: never above its owner. With a scope of its own it has the role operator at most, because managers
    /// change what concerns all customers.
    pub fn of_token(
        owner: &User,
        token: TokenId,
        name: &str,
        role: Option<Role>,
        scope: Option<ScopeIds>,
    ) -> Self {
        let wanted = role.unwrap_or(owner.role).min(owner.role);
        let highest = if scope.is_some() {
            Role::Operator
        } else {
            Role::Admin
        };
        Self {
            identity: Identity::User {
                id: owner.id,
                via: Via::Token(name.to_owned()),
                session: None,
                token: Some(token),
            },
            name: owner.name.clone(),
            role: wanted.min(highest),
            scope: Scope::of_token(owner.scope.clone(), scope),
        }
    }

    /// The same caller, taking in a whole database: its event says so.
    pub fn importing(&self) -> Self {
        let mut importing = self.clone();
        match &mut importing.identity {
            Identity::Open => {}
            Identity::Program(via) | Identity::User { via, .. } => *via = Via::Import,
        }
        importing
    }

    /// The user, if there is one.
    pub fn user(&self) -> Option<UserId> {
        match self.identity {
            Identity::User { id, .. } => Some(id),
            Identity::Open | Identity::Program(_) => None,
        }
    }

    /// The person, by whatever way it comes: a user, or in `open` mode a name. Streams and presence are counted by it.
    pub fn person(&self) -> String {
        match self.user() {
            Some(id) => Self::person_of(id),
            None => format!("name {}", self.name),
        }
    }

    /// The person that a user is.
    pub fn person_of(user: UserId) -> String {
        format!("user {user}")
    }

    /// The session of the request, if it came with one.
    pub fn session(&self) -> Option<SessionId> {
        match self.identity {
            Identity::User { session, .. } => session,
            Identity::Open | Identity::Program(_) => None,
        }
    }

    /// The token of the request, if it came with one.
    pub fn token(&self) -> Option<TokenId> {
        match self.identity {
            Identity::User { token, .. } => token,
            Identity::Open | Identity::Program(_) => None,
        }
    }

    /// Whether the request came with a token, which makes no tokens, users or passwords (R25).
    pub fn is_token(&self) -> bool {
        self.token().is_some()
    }

    /// By what way; none in `open` mode, where all is as it was before there were users.
    pub fn via(&self) -> Option<&Via> {
        match &self.identity {
            Identity::Open => None,
            Identity::Program(via) | Identity::User { via, .. } => Some(via),
        }
    }

    /// Whether the role allows it. Scope is another question.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Whether every customer is in scope.
    pub fn sees_all(&self) -> bool {
        self.scope.is_everywhere()
    }

    /// Whether it reads what happened to users, sessions, tokens and saved views. A token does not, whoever owns it (R25).
    pub fn sees_accounts(&self) -> bool {
        self.may(Permission::ReadAccounts) && self.sees_all() && !self.is_token()
    }

    /// Whether it may read the events of webhooks and runners: callers that may create them, tokens included.
    pub fn sees_machines(&self) -> bool {
        let makes_them = self.may(Permission::Webhooks) && self.may(Permission::Runners);
        makes_them && self.sees_all()
    }

    /// Author and time of a change that this caller makes.
    pub fn stamp(&self, at: DateTime<Utc>) -> ActorStamp {
        ActorStamp {
            by: self.name.clone(),
            at: at.trunc_subsecs(3),
        }
    }

    /// The owner of the caller's idempotency keys, so that two users can use equal keys; none in `open` mode.
    pub fn key_owner(&self) -> Option<String> {
        match &self.identity {
            Identity::User { id, token, .. } => {
                let token = token.map_or_else(|| "-".to_owned(), |it| it.to_string());
                Some(format!("{id}/{token}"))
            }
            Identity::Open | Identity::Program(_) => None,
        }
    }

    /// Everything of the caller that a rendered page depends on: two callers with one text see the same pages.
    pub fn page_key(&self) -> String {
        let Self {
            identity,
            name,
            role,
            scope,
        } = self;
        // The session is left out: a page shows nothing of it but on /account, which is not cached.
        let user = match identity {
            Identity::Open => "open".to_owned(),
            Identity::Program(via) => via.to_string(),
            Identity::User { id, via, .. } => format!("{id} {via}"),
        };
        format!("{user}\n{role}\n{:?}\n{name}", scope.limits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ClusterId, CustomerId};

    fn user(role: Role, scope: Option<ScopeIds>) -> User {
        User {
            id: UserId(7),
            role,
            scope,
            ..User::example()
        }
    }

    fn acme() -> ScopeIds {
        ScopeIds {
            customers: [CustomerId(1)].into(),
            ..ScopeIds::default()
        }
    }

    #[test]
    fn a_token_is_never_above_its_owner() {
        for owner in Role::ALL {
            for token in Role::ALL {
                let caller =
                    Caller::of_token(&user(*owner, None), TokenId(1), "ci", Some(*token), None);
                assert_eq!(caller.role, (*owner).min(*token));
            }
            let follows = Caller::of_token(&user(*owner, None), TokenId(1), "ci", None, None);
            assert_eq!(follows.role, *owner);
        }
    }

    #[test]
    fn a_token_with_a_scope_plans_nothing_whatever_its_owner_becomes() {
        let admin = user(Role::Admin, None);
        let caller = Caller::of_token(&admin, TokenId(1), "ci", None, Some(acme()));
        assert_eq!(caller.role, Role::Operator);
        assert!(!caller.scope.contains(CustomerId(2), ClusterId(1)));
    }

    #[test]
    fn a_token_reads_nothing_of_people_also_an_admin_s() {
        let admin = user(Role::Admin, None);
        assert!(Caller::of_session(&admin, SessionId(1)).sees_accounts());
        assert!(Caller::open("Ana").sees_accounts());
        assert!(!Caller::of_token(&admin, TokenId(1), "ci", None, None).sees_accounts());
        let manager = user(Role::Manager, None);
        assert!(!Caller::of_session(&manager, SessionId(1)).sees_accounts());
    }

    #[test]
    fn what_happened_to_webhooks_and_runners_is_an_admin_s_also_by_token() {
        let of_token =
            |role, scope| Caller::of_token(&user(role, None), TokenId(1), "ci", None, scope);
        assert!(of_token(Role::Admin, None).sees_machines());
        assert!(!of_token(Role::Admin, Some(acme())).sees_machines());
        assert!(!of_token(Role::Manager, None).sees_machines());
        assert!(Caller::open("Ana").sees_machines());
    }

    #[test]
    fn a_run_marks_its_step_in_the_name_of_who_asked_for_it() {
        let by_user = Run {
            asked_by_user: Some(UserId(7)),
            ..Run::example()
        };
        let caller = Caller::of_run(&by_user);
        assert_eq!(
            (caller.name.as_str(), caller.user()),
            ("Ben", Some(UserId(7)))
        );
        assert_eq!(caller.via(), Some(&Via::Runner("eu-1".into())));
        assert_eq!((caller.role, caller.sees_all()), (Role::Operator, true));
        let here = Run {
            runner: None,
            ..Run::example()
        };
        let caller = Caller::of_run(&here);
        assert_eq!(caller.via(), Some(&Via::Runner("rollcall run".into())));
        assert_eq!(caller.user(), None);
    }

    #[test]
    fn in_open_mode_everybody_is_an_admin_without_a_user() {
        let caller = Caller::open("Ana");
        assert_eq!(
            (caller.role, caller.user(), caller.via()),
            (Role::Admin, None, None)
        );
        assert!(caller.sees_all() && caller.key_owner().is_none());
    }

    #[test]
    fn two_people_or_two_rights_never_share_a_page() {
        let ana = Caller::of_session(&user(Role::Viewer, None), SessionId(1));
        let again = Caller::of_session(&user(Role::Viewer, None), SessionId(2));
        assert_eq!(ana.page_key(), again.page_key());
        let ben = User {
            id: UserId(8),
            ..user(Role::Viewer, None)
        };
        for other in [
            Caller::of_session(&ben, SessionId(1)),
            Caller::of_session(&user(Role::Operator, None), SessionId(1)),
            Caller::of_session(&user(Role::Viewer, Some(acme())), SessionId(1)),
            Caller::of_session(&user(Role::Viewer, Some(ScopeIds::default())), SessionId(1)),
            Caller::open("Ana"),
        ] {
            assert_ne!(ana.page_key(), other.page_key(), "{other:?}");
        }
    }

    #[test]
    fn a_key_belongs_to_a_user_and_a_token() {
        let owner = user(Role::Operator, None);
        let session = Caller::of_session(&owner, SessionId(1)).key_owner();
        let token = Caller::of_token(&owner, TokenId(1), "ci", None, None).key_owner();
        let other = Caller::of_token(&owner, TokenId(2), "ci", None, None).key_owner();
        assert!(session != token && token != other && session.is_some());
    }
}
