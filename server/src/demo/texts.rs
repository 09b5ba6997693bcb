//! Constants of the example data: clusters, customers, and the steps of each release with realistic texts.

/// A template step of the example.
pub struct DemoStep {
    pub name: &'static str,
    pub category: &'static str,
    pub kind: &'static str,
    pub content: &'static str,
    pub description: &'static str,
}

type DemoVariables = &'static [(&'static str, &'static str)];

/// Clusters: name, description, variables.
pub const CLUSTERS: &[(&str, &str, DemoVariables)] = &[
    (
        "prod-eu",
        "Frankfurt, three zones.",
        &[
            ("API_REPLICAS", "3"),
            ("REGISTRY_MIRROR", "registry.eu.example"),
            ("DB_HOST", "pg.eu.internal"),
        ],
    ),
    (
        "prod-us",
        "Virginia, three zones.",
        &[
            ("API_REPLICAS", "4"),
            ("REGISTRY_MIRROR", "registry.us.example"),
            ("DB_HOST", "pg.us.internal"),
        ],
    ),
    (
        "prod-ap",
        "Sydney, two zones.",
        &[
            ("API_REPLICAS", "2"),
            ("REGISTRY_MIRROR", "registry.ap.example"),
            ("DB_HOST", "pg.ap.internal"),
        ],
    ),
    (
        "staging",
        "Where releases are tried first.",
        &[
            ("API_REPLICAS", "1"),
            ("REGISTRY_MIRROR", "registry.eu.example"),
            ("DB_HOST", "pg.staging.internal"),
        ],
    ),
];

/// Customers: name, index of the cluster, variables. Some have no `CDN_ZONE` on purpose: a value is missing.
pub const CUSTOMERS: &[(&str, usize, DemoVariables)] = &[
    ("Banksia Mining", 2, &[("CDN_ZONE", "z-banksia")]),
    (
        "Hinode Motors",
        2,
        &[("CDN_ZONE", "z-hinode"), ("API_REPLICAS", "6")],
    ),
    ("Kauri Dairy", 2, &[("CDN_ZONE", "z-kauri")]),
    (
        "Merlion Freight",
        2,
        &[
            ("CDN_ZONE", "z-merlion"),
            ("SMTP_RELAY", "relay.merlion.example"),
        ],
    ),
    (
        "Halden Bank",
        0,
        &[("CDN_ZONE", "z-halden"), ("API_REPLICAS", "8")],
    ),
    ("Kestrel Energy", 0, &[("CDN_ZONE", "z-kestrel")]),
    ("Lumen Health", 0, &[("CDN_ZONE", "z-lumen")]),
    ("Meridian Logistics", 0, &[]),
    ("Orchard Foods", 0, &[]),
    ("Solveig Shipping", 0, &[("CDN_ZONE", "z-solveig")]),
    ("Vantage Insurance", 0, &[("CDN_ZONE", "z-vantage")]),
    ("Acme Retail", 1, &[("CDN_ZONE", "z-acme")]),
    ("Copper Telecom", 1, &[("CDN_ZONE", "z-copper")]),
    ("Fairhaven Hotels", 1, &[("CDN_ZONE", "z-fairhaven")]),
    ("Granite Credit Union", 1, &[("CDN_ZONE", "z-granite")]),
    ("Larkspur Media", 1, &[]),
    ("Pinecrest Schools", 1, &[("CDN_ZONE", "z-pinecrest")]),
    ("Tidewater Utilities", 1, &[("CDN_ZONE", "z-tidewater")]),
    ("Northgate Rail", 0, &[("CDN_ZONE", "z-northgate")]),
    ("Willow Clinics", 1, &[("CDN_ZONE", "z-willow")]),
    ("Quarry and Sons", 1, &[]),
    ("Sandbox One", 3, &[("CDN_ZONE", "z-one")]),
    ("Sandbox Two", 3, &[("CDN_ZONE", "z-two")]),
    ("Sandbox Three", 3, &[]),
];

/// The text of the custom step.
pub const ROTATE_KEY: &str = "set -euo pipefail\n\nkubectl -n {{customer.namespace}} create secret generic sftp-host-key \\\n  --from-file=ssh_host_ed25519_key=./new_key \\\n  --dry-run=client -o yaml | kubectl apply -f -\nkubectl -n {{customer.namespace}} rollout restart deploy/sftp\n";

const fn step(
    name: &'static str,
    category: &'static str,
    kind: &'static str,
    content: &'static str,
    description: &'static str,
) -> DemoStep {
    DemoStep {
        name,
        category,
        kind,
        content,
        description,
    }
}

/// The template of the active release.
pub const INVOICING: &[DemoStep] = &[
    step(
        "Announce maintenance",
        "deploy",
        "text",
        "Tell {{customer.name}} that billing is read-only from now on, for about half an hour.\nStatus page: post \"Planned maintenance\", affected component: Billing.\n",
        "Nobody likes surprises.",
    ),
    step(
        "Check context and quota",
        "deploy",
        "bash",
        "set -euo pipefail\n\nexport KUBECONFIG={{cluster.kubeconfig | quote}}\nkubectl config current-context\nkubectl -n {{customer.namespace}} get resourcequota -o wide\n\n# At least two spare cores are needed for the rollout.\nkubectl -n {{customer.namespace}} get resourcequota compute \\\n  -o jsonpath='{.status.used.requests\\.cpu}/{.status.hard.requests\\.cpu}{\"\\n\"}'\n",
        "",
    ),
    step(
        "Snapshot database",
        "deploy",
        "bash",
        "set -euo pipefail\n\npg_dump --host={{var.DB_HOST}} --format=custom --jobs=1 \\\n  --file=/backup/{{customer.namespace}}-{{release.version}}.dump \\\n  {{var.DB_NAME | quote}}\nls -lh /backup/{{customer.namespace}}-{{release.version}}.dump\n",
        "Takes about 14 minutes.",
    ),
    step(
        "Migrate billing schema",
        "deploy",
        "sql",
        "-- Billing schema for {{customer.name}}\nBEGIN;\nSET LOCAL lock_timeout = '30s';\n\nALTER TABLE invoice_line ADD COLUMN tax_group text;\nUPDATE invoice_line SET tax_group = 'standard' WHERE tax_rate = 0.19;\nCREATE INDEX invoice_line_tax_group ON invoice_line (tax_group);\n\nINSERT INTO schema_version (version, customer)\nVALUES ({{release.version | quote}}, {{customer.name | quote}});\nCOMMIT;\n",
        "Holds a lock for a few seconds.",
    ),
    step(
        "Apply config map",
        "deploy",
        "bash",
        "kubectl -n {{customer.namespace}} apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: billing\ndata:\n  host: {{var.HOST}}\n  tax_groups: \"enabled\"\nEOF\n",
        "",
    ),
    step(
        "Helm upgrade api",
        "deploy",
        "bash",
        "set -euo pipefail\n\nhelm upgrade api {{var.CHART}} \\\n  --kubeconfig {{cluster.kubeconfig}} \\\n  --namespace {{customer.namespace}} \\\n  --version {{release.version}} \\\n  --set replicas={{var.API_REPLICAS}} \\\n  --set ingress.host={{var.HOST}} \\\n  --set image.mirror={{var.REGISTRY_MIRROR}} \\\n  --wait --timeout {{var.TIMEOUT}}\n\n# Helm's own braces are left alone: {{ .Values.image.tag }}\nkubectl -n {{customer.namespace}} rollout status deploy/api\n",
        "Rolls the api deployment. Takes about four minutes; the old pods serve until the new ones are ready.",
    ),
    step(
        "Helm upgrade workers",
        "deploy",
        "bash",
        "helm upgrade workers {{var.CHART}}-workers \\\n  --kubeconfig {{cluster.kubeconfig}} \\\n  --namespace {{customer.namespace}} \\\n  --version {{release.version}} \\\n  --wait --timeout {{var.TIMEOUT}}\n",
        "",
    ),
    step(
        "Backfill invoice totals",
        "deploy",
        "sql",
        "UPDATE invoice\n   SET total = (SELECT sum(amount) FROM invoice_line WHERE invoice_id = invoice.id)\n WHERE created_at >= DATE '2026-01-01';\n\nSELECT count(*) AS changed FROM invoice WHERE total IS NULL;\n",
        "",
    ),
    step(
        "Purge CDN cache",
        "deploy",
        "bash",
        "curl --fail --silent --show-error -X POST \\\n  \"https://cdn.example/api/zones/{{var.CDN_ZONE}}/purge\" \\\n  -H \"Authorization: Bearer $CDN_TOKEN\" \\\n  -d '{\"paths\": [\"/invoices/*\"]}'\n",
        "",
    ),
    step(
        "Health and version",
        "verify",
        "bash",
        "set -euo pipefail\n\ncurl --fail --silent https://{{var.HOST}}/healthz | jq -e '.status == \"ok\"'\ncurl --fail --silent https://{{var.HOST}}/version | grep -F {{release.version | quote}}\n",
        "",
    ),
    step(
        "Invoice row counts match",
        "verify",
        "sql",
        "SELECT count(*) FILTER (WHERE total IS NULL) AS missing,\n       count(*) AS invoices\n  FROM invoice;\n-- missing must be 0\n",
        "",
    ),
    step(
        "Worker queue drained",
        "verify",
        "bash",
        "kubectl -n {{customer.namespace}} exec deploy/workers -- \\\n  rabbitmqctl list_queues name messages | awk '$2 > 0 { print; left = 1 } END { exit left }'\n",
        "",
    ),
    step(
        "Open an invoice as PDF",
        "verify",
        "text",
        "Open https://{{var.HOST}}/invoices, choose the newest one, download the PDF.\nThe tax groups stand below the total.\n",
        "",
    ),
    step(
        "Close maintenance",
        "verify",
        "text",
        "Status page: resolve the maintenance. Tell {{customer.name}} that billing is open again.\n",
        "",
    ),
];

/// The template of the archived release.
pub const HOTFIX: &[DemoStep] = &[
    step(
        "Check current version",
        "deploy",
        "bash",
        "kubectl -n {{customer.namespace}} get deploy api \\\n  -o jsonpath='{.spec.template.spec.containers[0].image}{\"\\n\"}'\n",
        "",
    ),
    step(
        "Set image",
        "deploy",
        "bash",
        "set -euo pipefail\n\nkubectl --kubeconfig {{cluster.kubeconfig}} -n {{customer.namespace}} \\\n  set image deploy/api api={{var.REGISTRY_MIRROR}}/api:{{release.version}}\nkubectl --kubeconfig {{cluster.kubeconfig}} -n {{customer.namespace}} rollout status deploy/api\n",
        "",
    ),
    step(
        "Recompute rounded taxes",
        "deploy",
        "sql",
        "UPDATE invoice_line SET tax = round(amount * tax_rate, 2)\n WHERE created_at >= DATE '2026-10-01';\n",
        "",
    ),
    step(
        "Purge CDN cache",
        "deploy",
        "bash",
        "curl --fail -X POST \"https://cdn.example/api/zones/{{var.CDN_ZONE}}/purge\"\n",
        "",
    ),
    step(
        "Compare one invoice",
        "verify",
        "text",
        "Open the invoice that {{customer.name}} had complained about. The sum must be right to the cent.\n",
        "",
    ),
];

/// The template of the draft.
pub const STATEMENTS: &[DemoStep] = &[
    step(
        "Announce maintenance",
        "deploy",
        "text",
        "Tell {{customer.name}} that statements are sent from tonight on.\n",
        "",
    ),
    step(
        "Create statement tables",
        "deploy",
        "sql",
        "CREATE TABLE statement (\n  id bigint PRIMARY KEY,\n  customer text NOT NULL DEFAULT {{customer.namespace | quote}},\n  month date NOT NULL\n);\n",
        "",
    ),
    step(
        "Configure mail relay",
        "deploy",
        "bash",
        "kubectl -n {{customer.namespace}} set env deploy/api \\\n  SMTP_RELAY={{var.SMTP_RELAY | quote}} STATEMENTS=on\n",
        "Only where the relay is known.",
    ),
    step(
        "Helm upgrade api",
        "deploy",
        "bash",
        "helm upgrade api oci://charts.example/api \\\n  --kubeconfig {{cluster.kubeconfig}} \\\n  --namespace {{customer.namespace}} \\\n  --version {{release.version}} \\\n  --set replicas={{var.API_REPLICAS}} --wait\n",
        "",
    ),
    step(
        "Send a test statement",
        "verify",
        "bash",
        "kubectl -n {{customer.namespace}} exec deploy/api -- \\\n  bin/statement --to ops@example --month 2026-11 --dry-run=false\n",
        "",
    ),
    step(
        "Read the statement",
        "verify",
        "text",
        "The test statement for {{customer.name}} has arrived, and its total is that of the ledger.\n",
        "",
    ),
];
