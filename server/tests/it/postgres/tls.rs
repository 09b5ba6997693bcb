//! Tests of connections to `PostgreSQL` by TLS: encrypted if the address says so, and none where the certificate is another's.
use crate::{cluster::PostgresCluster, program::run_at};
use app::store::Database;
use sea_orm::{ConnectionTrait, Statement};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::Command,
};

/// Runs `openssl` with these words and names of files in the folder.
fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{arguments}: {made:?}");
}

/// An authority, and a certificate of it for `localhost`.
fn make_certificates(folder: &Path) {
    let new = "-newkey rsa:2048 -nodes";
    openssl(
        folder,
        &format!("req -x509 {new} -subj /CN=authority -keyout authority.key -out authority.pem"),
    );
    openssl(
        folder,
        &format!("req {new} -subj /CN=localhost -keyout server.key -out server.csr"),
    );
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
    let by = "-CA authority.pem -CAkey authority.key -CAcreateserial";
    openssl(
        folder,
        &format!("x509 -req -in server.csr {by} -extfile names -out server.pem"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_as_the_address_says_and_a_certificate_of_another_is_refused() {
    // The user of the cluster has no rights, and must get there.
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    make_certificates(folder);
    let data = folder.join("cluster");
    drop(PostgresCluster::start(Some(&data)));
    let owner = fs::metadata(&data).unwrap();
    let key = folder.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let port = port.unwrap().port();
    let at = |name: &str| folder.join(name).display().to_string();
    let _cluster = PostgresCluster::start_on_network(
        &data,
        port,
        &[
            "-cssl=on",
            &format!("-cssl_cert_file={}", at("server.pem")),
            &format!("-cssl_key_file={}", at("server.key")),
        ],
    );
    let url = |host: &str, how: &str| format!("postgres://postgres@{host}:{port}/rollcall?{how}");
    let authority = format!("sslrootcert={}", at("authority.pem"));
    let checked = format!("sslmode=verify-full&{authority}");

    for (address, is_encrypted) in [
        (url("localhost", "sslmode=disable"), false),
        (url("localhost", "sslmode=require"), true),
        (url("127.0.0.1", "sslmode=require"), true),
        (url("localhost", &checked), true),
    ] {
        run_at(&address, &["migrate"]).done();
        let database = Database::open(&address).await.unwrap();
        let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let writer = database.writer();
        let asked = Statement::from_string(writer.get_database_backend(), asked);
        let answer = writer.query_one_raw(asked).await.unwrap().unwrap();
        let ssl: bool = answer.try_get("", "ssl").unwrap();
        assert_eq!(ssl, is_encrypted, "{address}");
    }
    for address in [
        // Another name than the certificate's, and an authority that this machine does not know.
        url("127.0.0.1", &checked),
        url("localhost", "sslmode=verify-full"),
    ] {
        let advice = "Check sslmode and sslrootcert in DATABASE_URL";
        for verb in [&["migrate"][..], &[]] {
            run_at(&address, verb).failed(1, &[advice]);
        }
    }
}
