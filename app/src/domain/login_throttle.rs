//! Throttle of failed logins (R24): per login and address, and per address. It counts failures, not requests, and forgets; it
//! never locks a user, since others could close such a lock. Pure: time and addresses are arguments.
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
};

/// Failures of one login from one address before it has to wait.
const FREE_PER_LOGIN: u32 = 5;
/// Failures from one address, whatever the logins.
const FREE_PER_ADDRESS: u32 = 50;
/// The first wait; each further failure doubles it.
const FIRST_WAIT_SECONDS: i64 = 15;
/// The longest wait: 15 minutes.
const LONGEST_WAIT_SECONDS: i64 = 900;
/// Failures are forgotten after a day without one.
const FORGOTTEN_AFTER_HOURS: i64 = 24;
/// Entries of each kind that are kept; the oldest go first. They bound the memory that strangers can take.
const ENTRIES_MAX: usize = 10_000;

/// Failures in a row.
#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_at: DateTime<Utc>,
}

impl Failures {
    /// Until when the next try has to wait; none if it need not.
    fn waits_until(self, free: u32) -> Option<DateTime<Utc>> {
        let beyond = self.count.checked_sub(free)?;
        let doubled = FIRST_WAIT_SECONDS.checked_shl(beyond.min(16))?;
        Some(self.last_at + TimeDelta::seconds(doubled.min(LONGEST_WAIT_SECONDS)))
    }

    fn is_forgotten(self, now: DateTime<Utc>) -> bool {
        now >= self.last_at + TimeDelta::hours(FORGOTTEN_AFTER_HOURS)
    }
}

/// The failed logins of one process.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    by_login: HashMap<(String, IpAddr), Failures>,
    by_address: HashMap<IpAddr, Failures>,
}

impl LoginThrottle {
    /// Seconds that a try has to wait, at least 1; none if it may be made. While it has to wait even the right password is
    /// refused, so that the answer tells nothing.
    pub fn wait_seconds(&self, login: &str, address: IpAddr, now: DateTime<Utc>) -> Option<u64> {
        let address = network_of(address);
        let login = self.by_login.get(&(login.to_owned(), address));
        let own = login.and_then(|it| it.waits_until(FREE_PER_LOGIN));
        let all = self.by_address.get(&address);
        let all = all.and_then(|it| it.waits_until(FREE_PER_ADDRESS));
        let until = own.max(all).filter(|it| *it > now)?;
        // Rounded up, so that a retry after exactly this time is let through.
        let seconds = ((until - now).num_milliseconds() + 999) / 1_000;
        Some(u64::try_from(seconds).unwrap_or(1).max(1))
    }

    /// Counts a failed try.
    pub fn failed(&mut self, login: &str, address: IpAddr, now: DateTime<Utc>) {
        let network = network_of(address);
        count(&mut self.by_login, (login.to_owned(), network), now);
        self.failed_without_login(address, now);
    }

    /// Counts a failed try that named no login, as at a provider. Only its address may have to wait: behind one address there are
    /// many people.
    pub fn failed_without_login(&mut self, address: IpAddr, now: DateTime<Utc>) {
        count(&mut self.by_address, network_of(address), now);
    }

    /// Forgets the failures of this login from this address. Those of the address stay: an account of
    /// one's own must not give free tries at others.
    pub fn succeeded(&mut self, login: &str, address: IpAddr) {
        let address = network_of(address);
        self.by_login.remove(&(login.to_owned(), address));
    }
}

fn count<K: Clone + Eq + Hash>(all: &mut HashMap<K, Failures>, key: K, now: DateTime<Utc>) {
    if all.len() >= ENTRIES_MAX && !all.contains_key(&key) {
        all.retain(|_, it| !it.is_forgotten(now));
        let oldest = all.iter().min_by_key(|it| it.1.last_at);
        let oldest = oldest.map(|it| it.0.clone());
        if let Some(oldest) = oldest.filter(|_| all.len() >= ENTRIES_MAX) {
            all.remove(&oldest);
        }
    }
    let entry = all.entry(key).or_insert(Failures {
        count: 0,
        last_at: now,
    });
    if entry.is_forgotten(now) {
        entry.count = 0;
    }
    entry.count = entry.count.saturating_add(1);
    entry.last_at = now;
}

/// What counts as one address: of IPv6 its network of 64 bits, which one machine can fill.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        it @ IpAddr::V4(_) => it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_failures_are_free_then_the_wait_doubles_to_15_minutes() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        for _ in 0..4 {
            throttle.failed("ana", home, at(0));
        }
        assert_eq!(throttle.wait_seconds("ana", home, at(0)), None);
        for wait in [15, 30, 60, 120, 240, 480, 900, 900, 900] {
            throttle.failed("ana", home, at(0));
            assert_eq!(throttle.wait_seconds("ana", home, at(0)), Some(wait));
            let wait = i64::try_from(wait).unwrap();
            assert_eq!(throttle.wait_seconds("ana", home, at(wait)), None);
        }
    }

    #[test]
    fn the_same_login_from_elsewhere_and_another_login_go_on() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        (0..20).for_each(|_| throttle.failed("ana", home, at(0)));
        assert!(throttle.wait_seconds("ana", home, at(1)).is_some());
        assert_eq!(
            throttle.wait_seconds("ana", address("10.0.0.2"), at(1)),
            None
        );
        assert_eq!(throttle.wait_seconds("ben", home, at(1)), None);
    }

    #[test]
    fn failures_without_a_login_count_for_their_address_alone() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        (0..49).for_each(|_| throttle.failed_without_login(home, at(0)));
        assert_eq!(throttle.wait_seconds("ana", home, at(0)), None);
        throttle.failed_without_login(home, at(0));
        assert_eq!(throttle.wait_seconds("ana", home, at(0)), Some(15));
        let elsewhere = address("10.0.0.2");
        assert_eq!(throttle.wait_seconds("ana", elsewhere, at(0)), None);
    }

    #[test]
    fn fifty_failures_of_whatever_logins_stop_an_address() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        for n in 0..50 {
            throttle.failed(&format!("user{n}"), home, at(0));
        }
        assert_eq!(throttle.wait_seconds("zoe", home, at(0)), Some(15));
        throttle.succeeded("user1", home);
        assert!(throttle.wait_seconds("zoe", home, at(0)).is_some());
    }

    #[test]
    fn a_login_that_worked_starts_anew() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        (0..4).for_each(|_| throttle.failed("ana", home, at(0)));
        throttle.succeeded("ana", home);
        (0..4).for_each(|_| throttle.failed("ana", home, at(1)));
        assert_eq!(throttle.wait_seconds("ana", home, at(1)), None);
    }

    #[test]
    fn one_machine_s_many_addresses_are_one() {
        let mut throttle = LoginThrottle::default();
        for n in 0..6 {
            throttle.failed("ana", address(&format!("2001:db8:1:2::{n}")), at(0));
        }
        assert!(
            throttle
                .wait_seconds("ana", address("2001:db8:1:2:ffff::1"), at(0))
                .is_some()
        );
        assert_eq!(
            throttle.wait_seconds("ana", address("2001:db8:1:3::1"), at(0)),
            None
        );
        let mut throttle = LoginThrottle::default();
        (0..6).for_each(|_| throttle.failed("ana", address("::ffff:10.0.0.1"), at(0)));
        assert!(
            throttle
                .wait_seconds("ana", address("10.0.0.1"), at(0))
                .is_some()
        );
    }

    #[test]
    fn strangers_cannot_fill_the_memory_and_a_day_forgets() {
        let mut throttle = LoginThrottle::default();
        for n in 0..ENTRIES_MAX + 100 {
            let seconds = i64::try_from(n).unwrap();
            throttle.failed(&format!("user{n}"), address("10.0.0.1"), at(seconds));
        }
        assert_eq!(throttle.by_login.len(), ENTRIES_MAX);
        let mut throttle = LoginThrottle::default();
        (0..9).for_each(|_| throttle.failed("ana", address("10.0.0.1"), at(0)));
        let next_day = at(24 * 3_600);
        throttle.failed("ana", address("10.0.0.1"), next_day);
        assert_eq!(
            throttle.wait_seconds("ana", address("10.0.0.1"), next_day),
            None
        );
    }
}
