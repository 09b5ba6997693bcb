//! Namespaces that clusters and their add-ons make for themselves. An import does not tick them: a customer is seldom
//! there.

/// Of Kubernetes, its distributions and clouds, and of families of add-ons.
const PREFIXES: [&str; 19] = [
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
    "tanzu-",
    "vmware-system-",
    "calico-",
    "cilium-",
    "argocd-",
    "cert-manager-",
    "open-cluster-management-",
];

/// Add-ons follow this habit: `metallb-system`, `longhorn-system`, `flux-system`.
const SUFFIX: &str = "-system";

/// Add-ons under the names that their guides suggest; words that a company may be called are not among them.
const NAMES: [&str; 104] = [
    "actions-runner-controller",
    "amazon-cloudwatch",
    "amazon-guardduty",
    "arc-runners",
    "arc-systems",
    "argo-cd",
    "argo-events",
    "argo-rollouts",
    "argo-workflows",
    "argocd",
    "aws-observability",
    "azure-arc",
    "azure-arc-release",
    "cert-manager",
    "cilium",
    "cloudnative-pg",
    "cluster-api-operator",
    "confluent-operator",
    "datadog",
    "default",
    "dns-operator",
    "elastic-stack",
    "external-dns",
    "external-secrets",
    "falco",
    "fleet-default",
    "fleet-local",
    "fluent-bit",
    "fluentd",
    "gatekeeper",
    "gitlab-agent",
    "gitlab-managed-apps",
    "gitlab-runner",
    "gpu-operator",
    "grafana",
    "grafana-agent",
    "haproxy-controller",
    "hashicorp-vault",
    "ingress",
    "ingress-controller",
    "ingress-haproxy",
    "ingress-nginx",
    "istio",
    "jaeger",
    "jenkins",
    "k8ssandra-operator",
    "karpenter",
    "keda",
    "keycloak",
    "kiali-operator",
    "kubecost",
    "kubernetes-dashboard",
    "kubevirt",
    "kyverno",
    "lens-metrics",
    "linkerd",
    "local-path-storage",
    "local-storage",
    "logging",
    "loki",
    "metallb",
    "minio-operator",
    "mongodb-operator",
    "monitoring",
    "multicluster-engine",
    "mysql-operator",
    "nfs-provisioner",
    "nginx-ingress",
    "node-feature-discovery",
    "node-problem-detector",
    "nvidia-gpu-operator",
    "nvidia-network-operator",
    "observability",
    "olm",
    "open-cluster-management",
    "opencost",
    "openshift",
    "opentelemetry",
    "opentelemetry-operator",
    "operators",
    "portworx",
    "postgres-operator",
    "prometheus",
    "prometheus-operator",
    "prometheus-stack",
    "rabbitmq-operator",
    "redis-operator",
    "rook-ceph",
    "sealed-secrets",
    "secrets-store-csi-driver",
    "snapshot-controller",
    "sonobuoy",
    "spark-operator",
    "stackrox",
    "strimzi-operator",
    "tigera-operator",
    "traefik",
    "trivy-operator",
    "vault",
    "vault-secrets-operator",
    "velero",
    "vertical-pod-autoscaler",
    "victoria-metrics",
    "zookeeper-operator",
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
            "tigera-operator",
            "azure-arc",
            "gatekeeper",
            "prometheus-operator",
            "opentelemetry-operator",
            "lens-metrics",
            "dns-operator",
            "sonobuoy",
            "hashicorp-vault",
            "vmware-system-csi",
            "gatekeeper-system",
            "strimzi-operator",
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
            "tour-operator",
            "vault-bikes",
        ] {
            assert!(!is_system(namespace), "{namespace}");
        }
    }
}
