//! The environment of a text (R73): on a runner nothing but what is listed here, so that no secret of the runner is in it by mistake.
use app::domain::runner::ClaimedRun;
use std::{collections::BTreeMap, path::PathBuf};

/// What a text on a runner has of the runner's own environment.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "USER", "LANG", "TMPDIR"];

/// What of the runner's environment and files a text gets to see.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentRules {
    /// Further variables that are passed on, by their names.
    pub passed: Vec<String>,
    /// The kubeconfig of a cluster, by the cluster's name.
    pub kubeconfig_of: BTreeMap<String, PathBuf>,
    /// The kubeconfig of the other clusters; none: what the runner's own variable names.
    pub kubeconfig: Option<PathBuf>,
}

impl EnvironmentRules {
    /// The whole environment of this run's text. `own` is the runner's; a variable that it does not have is left out.
    pub fn of_run(
        &self,
        run: &ClaimedRun,
        own: impl Fn(&str) -> Option<String>,
    ) -> Vec<(String, String)> {
        let mut variables = BTreeMap::new();
        let passed = self.passed.iter().map(String::as_str);
        for name in PASSED_ON.into_iter().chain(["KUBECONFIG"]).chain(passed) {
            if let Some(value) = own(name) {
                variables.insert(name.to_owned(), value);
            }
        }
        let kubeconfig = self.kubeconfig_of.get(&run.cluster);
        if let Some(file) = kubeconfig.or(self.kubeconfig.as_ref()) {
            variables.insert("KUBECONFIG".to_owned(), file.display().to_string());
        }
        variables.insert("TERM".to_owned(), "dumb".to_owned());
        variables.extend(of_customer(run));
        variables.into_iter().collect()
    }
}

/// What every text has, on a runner and with `rollcall run`: for whom it is run.
pub fn of_customer(run: &ClaimedRun) -> Vec<(String, String)> {
    [
        ("NAMESPACE", &run.namespace),
        ("CUSTOMER", &run.customer),
        ("CLUSTER", &run.cluster),
        ("RELEASE", &run.release),
    ]
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(cluster: &str) -> ClaimedRun {
        let time = "2026-11-27T10:00:00Z";
        serde_json::from_value(json!({
            "run": {
                "id": 1, "stepId": 7, "releaseId": 1, "customerId": 2, "clusterId": 3, "kind": "bash", "text": "true",
                "textSha256": "", "stepVersion": 1, "state": "claimed", "askedBy": "Ana", "runner": "eu-1", "askedAt": time,
                "startedAt": null, "endedAt": null, "exitCode": null, "signal": null, "timeoutSeconds": 30, "outputBytes": 0,
                "outputCut": false, "outputSha256": null, "reason": null, "cancelBy": null, "jenkinsUrl": null, "version": 1,
            },
            "lease": "x", "leaseSeconds": 60, "customer": "Acme", "namespace": "acme", "cluster": cluster,
            "clusterContext": null, "release": "June", "step": "Set image",
        }))
        .unwrap()
    }

    fn environment(rules: &EnvironmentRules, cluster: &str) -> String {
        let own = |name: &str| match name {
            "PATH" => Some("/bin".to_owned()),
            "KUBECONFIG" => Some("/own".to_owned()),
            "PROXY" | "ROLLCALL_RUNNER_TOKEN" | "TERM" | "NAMESPACE" => Some("own".to_owned()),
            _ => None,
        };
        let variables = rules.of_run(&run(cluster), own);
        let lines: Vec<String> = variables.iter().map(|(a, b)| format!("{a}={b}")).collect();
        lines.join(" ")
    }

    #[test]
    fn a_text_sees_what_is_listed_and_nothing_else() {
        assert_eq!(
            environment(&EnvironmentRules::default(), "prod-eu"),
            "CLUSTER=prod-eu CUSTOMER=Acme KUBECONFIG=/own NAMESPACE=acme PATH=/bin RELEASE=June TERM=dumb"
        );
        let rules = EnvironmentRules {
            passed: vec![
                "PROXY".to_owned(),
                "UNSET".to_owned(),
                "NAMESPACE".to_owned(),
            ],
            ..EnvironmentRules::default()
        };
        assert_eq!(
            environment(&rules, "prod-eu"),
            "CLUSTER=prod-eu CUSTOMER=Acme KUBECONFIG=/own NAMESPACE=acme PATH=/bin PROXY=own RELEASE=June TERM=dumb"
        );
    }

    #[test]
    fn each_cluster_may_have_a_kubeconfig_of_its_own() {
        let rules = EnvironmentRules {
            kubeconfig_of: [("prod-us".to_owned(), PathBuf::from("/us"))].into(),
            kubeconfig: Some(PathBuf::from("/eu")),
            ..EnvironmentRules::default()
        };
        assert!(environment(&rules, "prod-us").contains("KUBECONFIG=/us "));
        assert!(environment(&rules, "prod-eu").contains("KUBECONFIG=/eu "));
    }
}
