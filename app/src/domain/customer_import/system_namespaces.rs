//! Namespaces that clusters and their add-ons make for themselves. An import does not tick them: a customer is seldom
//! there.

/// Of Kubernetes, its distributions and clouds, and of families of add-ons.
const PREFIXES: [&str; 17] = [
    "kube-",
    "gke-",
    "openshift-",
    "aks-",
    "eks-",
    "gmp-",
    "anthos-",
    "cattle-",
    "istio-",
    "linkerd-",
    "knative-",
    "tekton-",
    "calico-",
    "cilium-",
    "argocd-",
    "cert-manager-",
    "open-cluster-management-",
];

/// Add-ons follow this habit: `metallb-system`, `longhorn-system`, `flux-system`.
const SUFFIX: &str = "-system";

/// Add-ons under the names that their guides suggest; words that a company may be called are not among them.
const NAMES: [&str; 55] = [
    "amazon-cloudwatch",
    "amazon-guardduty",
    "argo-cd",
    "argo-events",
    "argo-rollouts",
    "argo-workflows",
    "argocd",
    "aws-observability",
    "cert-manager",
    "cilium",
    "datadog",
    "default",
    "external-dns",
    "external-secrets",
    "fleet-default",
    "fleet-local",
    "gitlab-agent",
    "gitlab-managed-apps",
    "gitlab-runner",
    "gpu-operator",
    "grafana",
    "haproxy-controller",
    "ingress",
    "ingress-controller",
    "ingress-nginx",
    "istio",
    "jaeger",
    "jenkins",
    "karpenter",
    "keda",
    "keycloak",
    "kubecost",
    "kubernetes-dashboard",
    "kyverno",
    "linkerd",
    "local-path-storage",
    "logging",
    "loki",
    "metallb",
    "monitoring",
    "multicluster-engine",
    "nginx-ingress",
    "node-feature-discovery",
    "observability",
    "olm",
    "open-cluster-management",
    "openshift",
    "operators",
    "prometheus",
    "rook-ceph",
    "sealed-secrets",
    "stackrox",
    "traefik",
    "vault",
    "velero",
];

/// Whether a namespace belongs to the system and not to a customer.
pub fn is_system(namespace: &str) -> bool {
    namespace.ends_with(SUFFIX)
        || PREFIXES.iter().any(|it| namespace.starts_with(it))
        || NAMES.binary_search(&namespace).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_so_that_they_are_found() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn namespaces_of_clusters_and_add_ons_are_of_the_system() {
        for namespace in [
            "default",
            "kube-system",
            "kube-public",
            "kube-node-lease",
            "cert-manager",
            "ingress-nginx",
            "istio-system",
            "monitoring",
            "gke-managed-system",
            "gmp-public",
            "openshift",
            "openshift-monitoring",
            "cattle-fleet-local-system",
            "calico-apiserver",
            "argocd",
            "velero",
        ] {
            assert!(is_system(namespace), "{namespace}");
        }
        for namespace in [
            "acme",
            "acme-prod",
            "default-goods",
            "kubeworks",
            "monitoring-gmbh",
            "systems",
        ] {
            assert!(!is_system(namespace), "{namespace}");
        }
    }
}
