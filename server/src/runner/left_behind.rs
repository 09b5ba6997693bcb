//! Descendant processes that outlive a run: found in /proc, whatever session or group they have moved to, and killed.
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// How often processes are stopped anew until no new ones are found: some begin others while they are being stopped.
const STOP_ROUNDS: usize = 50;

/// A process as `/proc/PID/stat` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Its number.
    pub pid: i32,
    parent: i32,
    /// The number of its process group.
    pub group: i32,
    session: i32,
    /// Whether it is a zombie: it has exited and was not waited for.
    is_zombie: bool,
}

impl ProcessStat {
    /// Reads a line such as `42 (a name) S 1 42 42 ..`. The name may have brackets and spaces of its own.
    fn parse(line: &str) -> Option<Self> {
        let (head, rest) = line.rsplit_once(')')?;
        let (pid, _) = head.split_once(' ')?;
        let mut words = rest.split_whitespace();
        let state = words.next()?;
        let mut number = || words.next()?.parse::<i32>().ok();
        Some(Self {
            pid: pid.parse().ok()?,
            parent: number()?,
            group: number()?,
            session: number()?,
            is_zombie: state == "Z",
        })
    }

    /// Sends it a signal. It may have ended meanwhile.
    pub fn signal(self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = kill_process(pid, signal);
        }
    }
}

/// All processes that there are.
fn all() -> Vec<ProcessStat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbered = entries.flatten().filter(|it| {
        let name = it.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    // A name may be no UTF-8.
    let lines = numbered.filter_map(|it| fs::read(it.path().join("stat")).ok());
    lines
        .filter_map(|it| ProcessStat::parse(&String::from_utf8_lossy(&it)))
        .collect()
}

/// Those of them that descend from this process and have not ended.
fn below(of: i32, all: &[ProcessStat]) -> Vec<ProcessStat> {
    let mut children: BTreeMap<i32, Vec<ProcessStat>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(*process);
    }
    let mut found = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        // Taken out, so that nothing is found twice if a number was given anew while they were read.
        for child in children.remove(&parent).unwrap_or_default() {
            parents.push(child.pid);
            found.push(child);
        }
    }
    found.retain(|it| !it.is_zombie);
    found
}

/// The processes below this one that have not ended.
pub fn descendants() -> Vec<ProcessStat> {
    below(getpid().as_raw_pid(), &all())
}

/// Kills the processes below this one. They are stopped first, so that none begins another that is then missed.
pub fn kill_descendants() {
    let mut stopped = BTreeSet::new();
    for _ in 0..STOP_ROUNDS {
        let mut is_new = false;
        for process in descendants() {
            if stopped.insert(process.pid) {
                process.signal(Signal::STOP);
                is_new = true;
            }
        }
        if !is_new {
            break;
        }
    }
    for process in descendants() {
        process.signal(Signal::KILL);
    }
}

/// Kills what has become a child of this process because the helper above it is gone: children in another session that are not
/// these helpers, and all that is below them. What they begin meanwhile becomes a child with their end, so this is called until there are
/// none. Answers how many children there were.
pub fn kill_orphans(helpers: &BTreeSet<i32>) -> usize {
    let all = all();
    let orphans = orphans(getpid().as_raw_pid(), &all, helpers);
    for orphan in &orphans {
        orphan.signal(Signal::KILL);
        // At once, because on a busy machine even who was killed may take seconds to end, and so to leave what is below it.
        for process in below(orphan.pid, &all) {
            process.signal(Signal::KILL);
        }
        // Nobody else waits for it. If it has not ended yet, the next time does.
        let _ = waitpid(Pid::from_raw(orphan.pid), WaitOptions::NOHANG);
    }
    orphans.len()
}

/// The children of this process that are in another session and no helpers. The session is 0 where its leader is outside of the
/// container or was the kernel's first process; `getsid` of rustix cannot say that.
fn orphans(of: i32, all: &[ProcessStat], helpers: &BTreeSet<i32>) -> Vec<ProcessStat> {
    let Some(own) = all.iter().find(|it| it.pid == of) else {
        return Vec::new();
    };
    all.iter()
        .copied()
        .filter(|it| it.parent == own.pid && it.session != own.session)
        .filter(|it| !helpers.contains(&it.pid))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, state: &str) -> ProcessStat {
        let line = format!("{pid} (a) {state} {parent} 7 9 0 -1 4194304");
        ProcessStat::parse(&line).unwrap()
    }

    #[test]
    fn a_name_may_have_brackets_spaces_and_numbers() {
        let line = "42 (x) S 1 (y) Z 3 40 41 0 -1 4194304 0";
        let parsed = ProcessStat::parse(line).unwrap();
        let expected = ProcessStat {
            pid: 42,
            parent: 3,
            group: 40,
            session: 41,
            is_zombie: true,
        };
        assert_eq!(parsed, expected);
        for wrong in ["", "42", "42 (x)", "42 (x) S 1", "x (x) S 1 2 3"] {
            assert_eq!(ProcessStat::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn descendants_are_found_through_others_and_those_that_have_ended_are_left_out() {
        let all = [
            process(1, 0, "S"),
            process(10, 1, "S"),
            process(11, 10, "Z"),
            process(12, 10, "R"),
            process(13, 12, "D"),
            process(20, 1, "S"),
            // A circle, which numbers that are given anew may seem to make.
            process(30, 31, "S"),
            process(31, 30, "S"),
        ];
        let mut pids: Vec<i32> = below(10, &all).iter().map(|it| it.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [12, 13]);
        assert!(below(13, &all).is_empty());
        assert_eq!(below(30, &all).len(), 2);
    }

    #[test]
    fn orphans_are_in_another_session_and_no_helpers_also_where_the_own_session_is_0() {
        let child = |pid: i32, session: i32| {
            let line = format!("{pid} (a) S 10 {pid} {session} 0 -1 4194304");
            ProcessStat::parse(&line).unwrap()
        };
        for session in [0, 9] {
            let own = ProcessStat {
                session,
                ..process(10, 1, "S")
            };
            let all = [own, child(11, session), child(12, 12), child(13, 13)];
            let found = orphans(10, &all, &BTreeSet::from([13]));
            assert_eq!(found, [child(12, 12)], "{session}");
        }
        assert!(orphans(10, &[child(12, 12)], &BTreeSet::new()).is_empty());
    }

    #[test]
    fn this_process_is_found_below_the_one_that_began_it() {
        let own = getpid().as_raw_pid();
        let all = all();
        let parent = all.iter().find(|it| it.pid == own).unwrap().parent;
        assert!(below(parent, &all).iter().any(|it| it.pid == own));
    }
}
