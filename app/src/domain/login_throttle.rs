//! Throttle of failed logins (R24): per login and address, and per address. It counts failures, not requests, and forgets; it
//! never locks a user, since others could close such a lock. A try counts as failed from its beginning, so that asking many
//! times at once gives no further guesses. Pure: time and addresses are arguments.
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

/// Tries of one address that are compared, or wait for it: half of the places for that (`password_hash`), so that one address
/// cannot take all of them.
const PENDING_PER_ADDRESS: u32 = 32;

/// A try that may be made. It counts as failed, until it is said to have succeeded or is taken back.
#[derive(Debug)]
pub struct LoginTry {
    /// None of a try that names no login.
    login: Option<String>,
    network: IpAddr,
    at: DateTime<Utc>,
    /// The last failures before it, of its login and of its address.
    login_before: Option<DateTime<Utc>>,
    network_before: Option<DateTime<Utc>>,
}

/// Why a try may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRefused {
    /// The wait after failures, in seconds.
    MustWait(u64),
    /// Too many of its address are under way.
    TooManyAtOnce,
}

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
    /// Tries under way.
    pending: HashMap<IpAddr, u32>,
}

impl LoginThrottle {
    /// Seconds that a try has to wait, at least 1; none if it may be made. While it has to wait even the right password is
    /// refused, so that the answer tells nothing.
    pub fn wait_seconds(&self, login: &str, address: IpAddr, now: DateTime<Utc>) -> Option<u64> {
        let login = (login.to_owned(), network_of(address));
        let own = self.by_login.get(&login);
        let own = own.and_then(|it| it.waits_until(FREE_PER_LOGIN));
        seconds_until(own.max(self.address_waits_until(address)), now)
    }

    fn address_waits_until(&self, address: IpAddr) -> Option<DateTime<Utc>> {
        let all = self.by_address.get(&network_of(address));
        all.and_then(|it| it.waits_until(FREE_PER_ADDRESS))
    }

    /// Begins a try, which counts as failed. Errors: it may not be made.
    pub fn begin(
        &mut self,
        login: &str,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<LoginTry, TryRefused> {
        if let Some(seconds) = self.wait_seconds(login, address, now) {
            return Err(TryRefused::MustWait(seconds));
        }
        let begun = self.begin_without_login(address, now)?;
        let key = (login.to_owned(), begun.network);
        let login_before = self.by_login.get(&key).map(|it| it.last_at);
        count(&mut self.by_login, key, now);
        Ok(LoginTry {
            login: Some(login.to_owned()),
            login_before,
            ..begun
        })
    }

    /// Begins a try that names no login, as at a provider. Only its address may have to wait: behind one address there are many
    /// people. Errors: it may not be made.
    pub fn begin_without_login(
        &mut self,
        address: IpAddr,
        now: DateTime<Utc>,
    ) -> Result<LoginTry, TryRefused> {
        if let Some(seconds) = seconds_until(self.address_waits_until(address), now) {
            return Err(TryRefused::MustWait(seconds));
        }
        let network = network_of(address);
        let pending = self.pending.get(&network).copied().unwrap_or_default();
        if pending >= PENDING_PER_ADDRESS {
            return Err(TryRefused::TooManyAtOnce);
        }
        let network_before = self.by_address.get(&network).map(|it| it.last_at);
        count(&mut self.by_address, network, now);
        self.pending.insert(network, pending + 1);
        Ok(LoginTry {
            login: None,
            network,
            at: now,
            login_before: None,
            network_before,
        })
    }

    /// A try is over, whatever came of it: another of its address may begin.
    pub fn ended(&mut self, begun: &LoginTry) {
        if let Some(pending) = self.pending.get_mut(&begun.network) {
            *pending -= 1;
            if *pending == 0 {
                self.pending.remove(&begun.network);
            }
        }
    }

    /// Forgets a try that found out nothing.
    pub fn take_back(&mut self, begun: &LoginTry) {
        if let Some(login) = &begun.login {
            let key = (login.clone(), begun.network);
            uncount(&mut self.by_login, &key, begun.at, begun.login_before);
        }
        self.take_back_of_address(begun);
    }

    fn take_back_of_address(&mut self, begun: &LoginTry) {
        let (network, before) = (&begun.network, begun.network_before);
        uncount(&mut self.by_address, network, begun.at, before);
    }

    /// Forgets the failures of this try's login from its address. The other failures of the address stay: an account of
    /// one's own must not give free tries at others.
    pub fn succeeded(&mut self, begun: &LoginTry) {
        if let Some(login) = &begun.login {
            self.by_login.remove(&(login.clone(), begun.network));
        }
        self.take_back_of_address(begun);
    }
}

/// The time until then, if it is still to come.
fn seconds_until(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u64> {
    let until = until.filter(|it| *it > now)?;
    // Rounded up, so that a retry after exactly this time is let through.
    let seconds = ((until - now).num_milliseconds() + 999) / 1_000;
    Some(u64::try_from(seconds).unwrap_or(1).max(1))
}

/// Takes back one failure that was counted at `at`. The wait for those before it does not begin anew.
fn uncount<K: Eq + Hash>(
    all: &mut HashMap<K, Failures>,
    key: &K,
    at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) {
    let Some(entry) = all.get_mut(key) else {
        return;
    };
    entry.count = entry.count.saturating_sub(1);
    if let Some(before) = before.filter(|_| entry.last_at == at) {
        entry.last_at = before;
    }
    if entry.count == 0 {
        all.remove(key);
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

    impl LoginThrottle {
        /// A failed try that nothing made wait.
        fn failed(&mut self, login: &str, address: IpAddr, now: DateTime<Utc>) {
            let network = network_of(address);
            count(&mut self.by_login, (login.to_owned(), network), now);
            count(&mut self.by_address, network, now);
        }
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
        let mut fail = |n: u32| {
            for _ in 0..n {
                let begun = throttle.begin_without_login(home, at(0)).unwrap();
                throttle.ended(&begun);
            }
            throttle.wait_seconds("ana", home, at(0))
        };
        assert_eq!(fail(49), None);
        assert_eq!(fail(1), Some(15));
        let refused = throttle.begin_without_login(home, at(0));
        assert_eq!(refused.unwrap_err(), TryRefused::MustWait(15));
        let elsewhere = address("10.0.0.2");
        assert_eq!(throttle.wait_seconds("ana", elsewhere, at(0)), None);
        assert!(throttle.by_login.is_empty());
    }

    #[test]
    fn what_found_out_nothing_without_a_login_is_forgotten_too() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        for _ in 0..200 {
            let begun = throttle.begin_without_login(home, at(0)).unwrap();
            throttle.take_back(&begun);
            throttle.ended(&begun);
        }
        assert!(throttle.by_address.is_empty() && throttle.pending.is_empty());
    }

    #[test]
    fn fifty_failures_of_whatever_logins_stop_an_address() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        for n in 0..49 {
            throttle.failed(&format!("user{n}"), home, at(0));
        }
        let own = throttle.begin("ana", home, at(0)).unwrap();
        throttle.failed("user50", home, at(0));
        throttle.succeeded(&own);
        assert!(throttle.wait_seconds("zoe", home, at(0)).is_some());
    }

    #[test]
    fn a_login_that_worked_starts_anew() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        (0..4).for_each(|_| throttle.failed("ana", home, at(0)));
        let right = throttle.begin("ana", home, at(0)).unwrap();
        throttle.succeeded(&right);
        (0..4).for_each(|_| throttle.failed("ana", home, at(1)));
        assert_eq!(throttle.wait_seconds("ana", home, at(1)), None);
    }

    #[test]
    fn tries_at_once_count_before_it_is_known_what_came_of_them() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        for _ in 0..5 {
            throttle.begin("ana", home, at(0)).unwrap();
        }
        let refused = throttle.begin("ana", home, at(0));
        assert_eq!(refused.unwrap_err(), TryRefused::MustWait(15));
    }

    #[test]
    fn a_try_that_found_out_nothing_neither_counts_nor_begins_the_wait_anew() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        (0..5).for_each(|_| throttle.failed("ana", home, at(0)));
        let begun = throttle.begin("ana", home, at(15)).unwrap();
        assert_eq!(throttle.wait_seconds("ana", home, at(15)), Some(30));
        throttle.take_back(&begun);
        assert_eq!(throttle.wait_seconds("ana", home, at(14)), Some(1));
        assert_eq!(throttle.wait_seconds("ana", home, at(15)), None);
        let first = throttle.begin("zoe", home, at(15)).unwrap();
        throttle.take_back(&first);
        assert_eq!(throttle.by_login.len(), 1);
    }

    #[test]
    fn one_address_takes_half_of_the_places_at_most_and_gives_them_back() {
        let (mut throttle, home) = (LoginThrottle::default(), address("10.0.0.1"));
        let mut begun = Vec::new();
        for n in 0..PENDING_PER_ADDRESS {
            begun.push(throttle.begin(&format!("user{n}"), home, at(0)).unwrap());
        }
        let refused = throttle.begin("zoe", home, at(0));
        assert_eq!(refused.unwrap_err(), TryRefused::TooManyAtOnce);
        throttle.begin("zoe", address("10.0.0.2"), at(0)).unwrap();
        throttle.ended(&begun[0]);
        throttle.begin("zoe", home, at(0)).unwrap();
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
