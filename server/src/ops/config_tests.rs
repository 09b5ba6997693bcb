//! Tests of the settings: defaults, and what a wrong one says.
use super::config::{DEFAULT_BACKUP_INTERVAL, InvalidSetting, LogFormat, Settings, system_user};
use std::{path::PathBuf, time::Duration};

fn parse(variables: &[(&str, &str)]) -> Result<Settings, InvalidSetting> {
    Settings::parse(|name| {
        let set = variables.iter().find(|it| it.0 == name);
        Ok(set.map(|it| it.1.to_owned()))
    })
}

#[test]
fn without_settings_it_listens_on_this_machine_only_and_makes_no_backups() {
    let settings = parse(&[("USER", "ana")]).unwrap();
    assert!(settings.address.ip().is_loopback());
    assert_eq!(settings.actor, "ana");
    assert!(settings.auth.asks_for_name);
    let named = parse(&[("ROLLCALL_USER", "Ana")]).unwrap();
    assert!(!named.auth.asks_for_name);
    assert_eq!((settings.log, settings.backups), (LogFormat::Text, None));
}

#[test]
fn a_wrong_setting_says_what_to_write() {
    assert_eq!(
        parse(&[("ROLLCALL_ADDR", "x")]),
        Err(InvalidSetting::Address("x".into()))
    );
    assert!(parse(&[("DATABASE_URL", "mysql://x/y")]).is_err());
    assert!(parse(&[("DATABASE_URL", "sqlite:")]).is_err());
    assert_eq!(
        parse(&[("ROLLCALL_LOG", "xml")]),
        Err(InvalidSetting::Log("xml".into()))
    );
    assert!(parse(&[("ROLLCALL_USER", "x".repeat(101).as_str())]).is_err());
}

#[test]
fn the_matrices_in_memory_have_a_bound_of_whole_mb() {
    let bytes = |mb| parse(&[("ROLLCALL_MATRIX_CACHE", mb)]).map(|it| it.matrix_cache_bytes);
    assert_eq!(parse(&[]).unwrap().matrix_cache_bytes, 90_000_000);
    assert_eq!(bytes("250"), Ok(250_000_000));
    for wrong in ["0", "-1", "1.5", "90MB", "100001", "99999999999999999999"] {
        let error = bytes(wrong).unwrap_err();
        assert_eq!(error, InvalidSetting::MatrixCache(wrong.into()));
        let says = "write whole MB, from 1 to 100000";
        assert!(error.to_string().ends_with(says), "{error}");
    }
}

#[test]
fn hosts_are_those_of_both_settings_and_a_wrong_one_says_what_to_write() {
    let settings = parse(&[
        ("ROLLCALL_HOSTS", "ops, 10.0.0.5:80"),
        ("ROLLCALL_PUBLIC_URL", "https://rollcall.example.com/"),
    ]);
    let hosts = settings.unwrap().hosts;
    for host in ["ops", "10.0.0.5", "rollcall.example.com", "localhost"] {
        assert!(hosts.allows(host, None), "{host}");
    }
    assert!(!hosts.allows("evil.example", None));
    let wrong = parse(&[("ROLLCALL_HOSTS", "ops,*.example.com")]);
    assert_eq!(wrong, Err(InvalidSetting::Hosts("*.example.com".into())));
    let wrong = parse(&[("ROLLCALL_PUBLIC_URL", "rollcall.example.com")]).unwrap_err();
    assert!(
        wrong.to_string().contains("for example https://"),
        "{wrong}"
    );
}

#[test]
fn backups_have_a_folder_an_interval_and_a_number() {
    let with = |interval: &str, keep: &str| {
        parse(&[
            ("ROLLCALL_BACKUP_DIR", "/b"),
            ("ROLLCALL_BACKUP_EVERY", interval),
            ("ROLLCALL_BACKUP_KEEP", keep),
        ])
    };
    let backups = with("6h", "3").unwrap().backups.unwrap();
    assert_eq!(backups.interval, Duration::from_hours(6));
    assert_eq!((backups.keep, backups.folder), (3, PathBuf::from("/b")));
    for (interval, seconds) in [
        ("1s", 1),
        ("90s", 90),
        (" 30m ", 1_800),
        ("6 h", 21_600),
        ("6 hours", 21_600),
        ("1h 30m", 5_400),
        ("366d", 31_622_400),
    ] {
        let backups = with(interval, "3").unwrap().backups.unwrap();
        assert_eq!(backups.interval.as_secs(), seconds, "{interval}");
    }
    for interval in [
        "6",
        "h",
        "0s",
        "1ms",
        "-1m",
        "367d",
        "99999999999999999999d",
    ] {
        assert_eq!(
            with(interval, "3"),
            Err(InvalidSetting::BackupEvery(interval.into()))
        );
    }
    for keep in ["0", "-1", "all"] {
        assert_eq!(
            with("6h", keep),
            Err(InvalidSetting::BackupKeep(keep.into()))
        );
    }
    let day = parse(&[("ROLLCALL_BACKUP_DIR", "/b")]).unwrap();
    assert_eq!(day.backups.unwrap().interval, DEFAULT_BACKUP_INTERVAL);
    assert!(parse(&[("ROLLCALL_BACKUP_KEEP", "3")]).is_err());
}

#[test]
fn a_database_of_postgres_is_taken_without_backups_and_its_password_stays_hidden() {
    let url = "postgres://ana:secret@db.example.com/rollcall?sslmode=require";
    let settings = parse(&[("DATABASE_URL", url)]).unwrap();
    assert_eq!(&*settings.database_url, url);
    assert!(!format!("{settings:?}").contains("secret"));
    let with_backups = parse(&[("DATABASE_URL", url), ("ROLLCALL_BACKUP_DIR", "/b")]);
    let why = with_backups.unwrap_err().to_string();
    assert!(why.contains("pg_dump"), "{why}");
    for wrong in [
        "postgres://ana:secret@db:port/rollcall",
        "mysql://ana:secret@db/rollcall",
        "ana:secret@db",
    ] {
        let why = parse(&[("DATABASE_URL", wrong)]).unwrap_err().to_string();
        assert!(why.contains("ana") && !why.contains("secret"), "{why}");
    }
}

#[test]
fn the_original_s_form_of_the_database_is_taken() {
    assert!(
        parse(&[
            ("DATABASE_URL", "file:./data/app.db"),
            ("JENKINS_URL", "http://x")
        ])
        .is_ok()
    );
}

#[test]
fn somebody_is_always_the_system_s_user() {
    assert!(!system_user().is_empty());
}
