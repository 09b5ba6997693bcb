//! The context that kubectl is set to, against the one that a customer's cluster needs (R19): in another one nothing is run.
use super::shown::RunCluster;
use app::domain::quote::shell_word;
use std::{
    io,
    process::{Command, Stdio},
};
use tokio::task;

/// What `kubectl config current-context` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundContext {
    Named(String),
    /// None, and why.
    Nothing(String),
}

impl FoundContext {
    /// Asks the kubectl on the person's PATH, with the person's kubeconfig.
    pub async fn read() -> Self {
        let asked = task::spawn_blocking(|| {
            Command::new("kubectl")
                .args(["config", "current-context"])
                .stdin(Stdio::null())
                .output()
        });
        let output = match asked.await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Self::Nothing("kubectl is not on the PATH".to_owned());
            }
            Ok(Err(error)) => return Self::Nothing(error.to_string()),
            Err(error) => return Self::Nothing(error.to_string()),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let name = text(&output.stdout);
        if output.status.success() && !name.is_empty() {
            return Self::Named(name);
        }
        let error = text(&output.stderr);
        let why = error.lines().next().unwrap_or("no context is set");
        Self::Nothing(why.to_owned())
    }

    /// As it is shown.
    pub fn in_words(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Nothing(why) => format!("no context: {why}"),
        }
    }

    /// Why nothing is run for a customer of this cluster, and what to do; none if the context is the cluster's.
    pub fn refusal(&self, cluster: &RunCluster) -> Option<String> {
        let wanted = cluster.context.as_deref().unwrap_or(&cluster.name);
        let found = match self {
            Self::Named(found) if found == wanted => return None,
            Self::Named(found) => format!("kubectl is set to the context {found}"),
            Self::Nothing(why) => format!("kubectl has no context ({why})"),
        };
        let kubeconfig = cluster.kubeconfig.as_deref();
        let kubeconfig =
            kubeconfig.map(|it| format!("`export KUBECONFIG={}` and ", shell_word(it)));
        let kubeconfig = kubeconfig.unwrap_or_default();
        let word = shell_word(wanted);
        Some(format!(
            "not run: {found}, and the cluster {} needs {wanted}. Set it by {kubeconfig}`kubectl config use-context {word}`, \
             or add --context-check=off",
            cluster.name
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(context: Option<&str>) -> RunCluster {
        RunCluster {
            name: "prod-eu".to_owned(),
            context: context.map(str::to_owned),
            kubeconfig: None,
        }
    }

    fn named(context: &str) -> FoundContext {
        FoundContext::Named(context.to_owned())
    }

    #[test]
    fn the_context_is_called_as_the_cluster_unless_the_cluster_names_another() {
        assert_eq!(named("prod-eu").refusal(&cluster(None)), None);
        assert_eq!(named("eu-admin").refusal(&cluster(Some("eu-admin"))), None);
        let refused = named("prod-eu")
            .refusal(&cluster(Some("eu-admin")))
            .unwrap();
        assert!(
            refused.contains("set to the context prod-eu, and the cluster prod-eu needs eu-admin"),
            "{refused}"
        );
        // A context is compared whole, and in its case.
        for other in ["prod-eu-2", "prod", "PROD-EU"] {
            assert!(named(other).refusal(&cluster(None)).is_some(), "{other}");
        }
    }

    #[test]
    fn without_a_context_nothing_is_run_and_the_way_out_is_told() {
        let nothing = FoundContext::Nothing("kubectl is not on the PATH".to_owned());
        let of_file = RunCluster {
            kubeconfig: Some("/etc/eu it.yaml".to_owned()),
            ..cluster(None)
        };
        let refused = nothing.refusal(&of_file).unwrap();
        for words in [
            "no context (kubectl is not on the PATH)",
            "export KUBECONFIG='/etc/eu it.yaml'",
            "kubectl config use-context 'prod-eu'",
            "--context-check=off",
        ] {
            assert!(refused.contains(words), "{refused}");
        }
    }
}
