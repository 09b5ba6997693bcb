//! Resolver that only gives addresses that may be dialled (R62). It is asked at the moment of dialling, so a name that answers
//! otherwise than when it was checked is found out.
use super::dial_rule::{DialRefusal, OutRule};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};
use tokio::net::lookup_host;

/// The addresses of a name, when they are known.
pub type LookedUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub trait HostLookup: Send + Sync {
    /// All addresses of a name. Errors: there are none, or nobody answers.
    fn look_up(&self, name: String) -> LookedUp;
}

/// The system, as its settings say.
struct SystemLookup;

impl HostLookup for SystemLookup {
    fn look_up(&self, name: String) -> LookedUp {
        Box::pin(async move {
            let found = lookup_host((name, 0)).await?;
            Ok(found.map(|it| it.ip()).collect())
        })
    }
}

/// Why there is no address to dial.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("the name cannot be resolved: {0}")]
    Unknown(#[from] io::Error),
    #[error(transparent)]
    Refused(#[from] DialRefusal),
}

impl ResolveError {
    /// The refusal, if the name has addresses and none of them may be dialled.
    pub fn refusal(self) -> Option<DialRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unknown(_) => None,
        }
    }
}

/// Resolves names, and leaves out what the rule refuses.
#[derive(Clone)]
pub struct GuardedResolver {
    rule: OutRule,
    lookup: Arc<dyn HostLookup>,
}

impl GuardedResolver {
    /// By the system's resolver.
    pub fn new(rule: OutRule) -> Self {
        Self::with(rule, Arc::new(SystemLookup))
    }

    /// By another one.
    pub fn with(rule: OutRule, lookup: Arc<dyn HostLookup>) -> Self {
        Self { rule, lookup }
    }

    /// The rule that decides.
    pub fn rule(&self) -> &OutRule {
        &self.rule
    }

    /// The addresses of a name that may be dialled, one at least.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = self.lookup.look_up(name.to_owned()).await?;
        let (mut allowed, mut refusal) = (Vec::new(), None);
        for address in found {
            match self.rule.check_address(name, address) {
                Ok(()) => allowed.push(address),
                Err(why) => refusal = Some(why),
            }
        }
        match refusal {
            Some(why) if allowed.is_empty() => Err(why.into()),
            None if allowed.is_empty() => {
                let error = io::Error::new(io::ErrorKind::NotFound, "it has no addresses");
                Err(error.into())
            }
            _ => Ok(allowed),
        }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let found = this.addresses(name.as_str()).await?;
            // The port is that of the URL.
            let dialled: Addrs = Box::new(found.into_iter().map(|it| SocketAddr::new(it, 0)));
            Ok(dialled)
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ops::allowed_targets::AllowedTargets;
    use std::{
        collections::HashMap,
        sync::{Mutex, PoisonError},
    };

    /// Names with their addresses; of several answers each is given once, and the last from then on.
    pub struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

    impl Names {
        pub fn new(names: &[(&str, &[&str])]) -> Self {
            let this = Self(Mutex::default());
            for (name, addresses) in names {
                this.add_answer(name, addresses);
            }
            this
        }

        pub fn add_answer(&self, name: &str, addresses: &[&str]) {
            let answer = addresses.iter().map(|it| it.parse().unwrap()).collect();
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.entry(name.to_owned()).or_default().push(answer);
        }
    }

    impl HostLookup for Names {
        fn look_up(&self, name: String) -> LookedUp {
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = names.get_mut(&name).map(|answers| {
                if answers.len() > 1 {
                    answers.remove(0)
                } else {
                    answers[0].clone()
                }
            });
            Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
        }
    }

    fn hook() -> OutRule {
        OutRule::Hook(Arc::new(AllowedTargets::default()))
    }

    #[tokio::test]
    async fn a_name_that_changes_its_answer_is_refused_when_it_is_dialled() {
        let names = Names::new(&[("rebound.test", &["93.184.216.34"])]);
        names.add_answer("rebound.test", &["127.0.0.1"]);
        let resolver = GuardedResolver::with(hook(), Arc::new(names));
        assert!(resolver.addresses("rebound.test").await.is_ok());
        let dialled = resolver.addresses("rebound.test").await;
        let refusal = dialled.unwrap_err().refusal().unwrap();
        assert!(matches!(refusal, DialRefusal::NotAllowed { .. }));
    }

    #[tokio::test]
    async fn only_the_allowed_addresses_of_a_name_are_dialled() {
        let names = Names::new(&[
            ("both.test", &["10.0.0.7", "93.184.216.34"]),
            ("none.test", &[]),
        ]);
        let resolver = GuardedResolver::with(hook(), Arc::new(names));
        let found = resolver.addresses("both.test").await.unwrap();
        assert_eq!(found, ["93.184.216.34".parse::<IpAddr>().unwrap()]);
        assert!(
            resolver
                .addresses("none.test")
                .await
                .unwrap_err()
                .refusal()
                .is_none()
        );
        assert!(
            resolver
                .addresses("unknown.test")
                .await
                .unwrap_err()
                .refusal()
                .is_none()
        );
    }
}
