//! Texts of the benchmarks: names, and steps with 5 to 25 realistic lines of bash, SQL or text. `PART` in a text is replaced by
//! the component that the step is about.
use super::pseudo_random;

pub const CLUSTERS: [&str; 12] = [
    "prod-eu-1",
    "prod-eu-2",
    "prod-us-1",
    "prod-us-2",
    "prod-ap-1",
    "prod-ap-2",
    "prod-uk-1",
    "prod-ca-1",
    "prod-br-1",
    "prod-za-1",
    "staging-eu",
    "staging-us",
];

const FIRST: [&str; 40] = [
    "Kestrel",
    "Halden",
    "Lumen",
    "Meridian",
    "Orchard",
    "Solveig",
    "Vantage",
    "Acme",
    "Copper",
    "Fairhaven",
    "Granite",
    "Larkspur",
    "Pinecrest",
    "Tidewater",
    "Northgate",
    "Willow",
    "Quarry",
    "Banksia",
    "Hinode",
    "Kauri",
    "Merlion",
    "Aurora",
    "Beacon",
    "Cascade",
    "Delta",
    "Ember",
    "Foxglove",
    "Garnet",
    "Harbor",
    "Ironwood",
    "Juniper",
    "Keystone",
    "Linden",
    "Maple",
    "Nimbus",
    "Osprey",
    "Prairie",
    "Redwood",
    "Sterling",
    "Thistle",
];

const SECOND: [&str; 25] = [
    "Energy",
    "Bank",
    "Health",
    "Logistics",
    "Foods",
    "Shipping",
    "Insurance",
    "Retail",
    "Telecom",
    "Hotels",
    "Credit Union",
    "Media",
    "Schools",
    "Utilities",
    "Rail",
    "Clinics",
    "Mining",
    "Motors",
    "Dairy",
    "Freight",
    "Airlines",
    "Pharma",
    "Water",
    "Textiles",
    "Power",
];

/// The name of the nth customer. The first thousand are all different.
pub fn customer(n: usize) -> String {
    let first = FIRST[n % FIRST.len()];
    let second = SECOND[(n / FIRST.len() + n) % SECOND.len()];
    format!("{first} {second}")
}

const PARTS: [&str; 10] = [
    "billing", "ledger", "invoices", "payments", "catalog", "search", "mailer", "reports",
    "gateway", "archive",
];
const DEPLOY: [&str; 6] = [
    "Snapshot",
    "Migrate",
    "Configure",
    "Upgrade",
    "Restart",
    "Backfill",
];
const VERIFY: [&str; 4] = [
    "Check health of",
    "Count rows of",
    "Look at",
    "Drain queue of",
];

/// A template step.
pub struct BenchStep {
    pub name: String,
    pub category: &'static str,
    pub kind: &'static str,
    pub content: String,
}

/// `n` template steps, three fifths of them in the category deploy.
pub fn steps(n: usize) -> Vec<BenchStep> {
    let n_deploy = n * 3 / 5;
    (0..n)
        .map(|number| {
            let is_deploy = number < n_deploy;
            let (verbs, nth) = if is_deploy {
                (&DEPLOY[..], number)
            } else {
                (&VERIFY[..], number - n_deploy)
            };
            let part = PARTS[nth / verbs.len() % PARTS.len()];
            let name = format!("{} {part}", verbs[nth % verbs.len()]);
            let kind = [
                "bash", "bash", "sql", "bash", "bash", "sql", "bash", "sql", "bash", "text",
            ][number % 10];
            BenchStep {
                content: content(kind, number, &name, part),
                category: if is_deploy { "deploy" } else { "verify" },
                kind,
                name,
            }
        })
        .collect()
}

/// A text of 5 to 25 lines: a start, then blocks in varying order, each at most once.
fn content(kind: &str, number: usize, name: &str, part: &str) -> String {
    let (start, blocks, filler): (String, &[&str], &str) = match kind {
        "bash" => (
            format!("# {name}\nset -euo pipefail"),
            BASH,
            "kubectl -n {{customer.namespace}} get pods -l app=PART",
        ),
        "sql" => (
            format!("-- {name}\nSET LOCAL lock_timeout = '30s';"),
            SQL,
            "ANALYZE PART_line;",
        ),
        _ => (
            format!("{name} for {{{{customer.name}}}}."),
            TEXT,
            "Write down what you saw in the notes.",
        ),
    };
    let lines_max = 5 + pseudo_random(number) % 21;
    let mut text = start;
    let first = pseudo_random(number + 500);
    for nth in 0..blocks.len() {
        let block = blocks[(first + nth) % blocks.len()];
        // `<` leaves room for the empty line before the block.
        if text.lines().count() + block.lines().count() < lines_max {
            text = format!("{text}\n\n{block}");
        }
    }
    while text.lines().count() < 5 {
        text = format!("{text}\n{filler}");
    }
    text.push('\n');
    text.replace("PART", part)
}

const BASH: &[&str] = &[
    "export KUBECONFIG={{cluster.kubeconfig | quote}}\nkubectl config current-context",
    "helm upgrade PART {{var.CHART}} \\\n  --kubeconfig {{cluster.kubeconfig}} \\\n  --namespace {{customer.namespace}} \\\n  --version {{release.version}} \\\n  --set replicas={{var.API_REPLICAS}} \\\n  --set ingress.host={{var.HOST}} \\\n  --set image.mirror={{var.REGISTRY_MIRROR}} \\\n  --wait --timeout {{var.TIMEOUT}}",
    "kubectl -n {{customer.namespace}} rollout status deploy/PART --timeout=300s",
    "kubectl -n {{customer.namespace}} apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: PART\ndata:\n  host: {{var.HOST}}\n  database: {{var.DB_NAME}}\n  tax_groups: \"enabled\"\nEOF",
    "pg_dump --host={{var.DB_HOST}} --format=custom --jobs=1 \\\n  --table=PART \\\n  --file=/backup/{{customer.namespace}}-PART-{{release.version}}.dump \\\n  {{var.DB_NAME | quote}}",
    "for i in $(seq 1 30); do\n  if curl --fail --silent https://{{var.HOST}}/PART/healthz; then\n    break\n  fi\n  sleep 2\ndone",
    "curl --fail --silent --show-error -X POST \\\n  \"https://cdn.example/api/zones/{{var.CDN_ZONE}}/purge\" \\\n  -H \"Authorization: Bearer $CDN_TOKEN\" \\\n  -d '{\"paths\": [\"/PART/*\"]}'",
    "# Helm's own braces are left alone: {{ .Values.image.tag }}\nhelm -n {{customer.namespace}} get values PART",
    "kubectl -n {{customer.namespace}} exec deploy/PART -- \\\n  rabbitmqctl list_queues name messages | awk '$2 > 0 { print; left = 1 } END { exit left }'",
];

const SQL: &[&str] = &[
    "ALTER TABLE PART_line ADD COLUMN tax_group text;\nUPDATE PART_line SET tax_group = 'standard' WHERE tax_rate = 0.19;\nCREATE INDEX PART_line_tax_group ON PART_line (tax_group);",
    "INSERT INTO schema_version (version, customer)\nVALUES ({{release.version | quote}}, {{customer.name | quote}});",
    "UPDATE PART\n   SET total = (SELECT sum(amount) FROM PART_line WHERE PART_id = PART.id)\n WHERE created_at >= DATE '2026-01-01';",
    "SELECT count(*) FILTER (WHERE total IS NULL) AS missing,\n       count(*) AS all_rows\n  FROM PART;\n-- missing must be 0",
    "CREATE TABLE PART_statement (\n  id bigint PRIMARY KEY,\n  customer text NOT NULL DEFAULT {{customer.namespace | quote}},\n  month date NOT NULL,\n  total numeric(12, 2) NOT NULL\n);",
    "DELETE FROM PART_session WHERE last_seen < now() - interval '30 days';\nVACUUM PART_session;",
];

const TEXT: &[&str] = &[
    "Open https://{{var.HOST}}/PART, choose the newest entry, download the PDF.\nThe tax groups stand below the total.",
    "Status page: post \"Planned maintenance\", affected component: PART.\nTell {{customer.name}} that it is read-only for half an hour.",
    "Wait until the dashboard of {{cluster.name}} shows no errors for five minutes.\nIf it does, stop, mark the step failed and call the one who is on duty.\nDo not go on to the next step.",
];
