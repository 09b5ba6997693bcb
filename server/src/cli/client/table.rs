//! Drawing on a terminal: columns of a fixed width, bars of progress, colours. Nothing here writes.
use app::domain::{
    plural::pluralize,
    progress::{Counts, Progress},
    vocabulary::StepStatus,
};
use std::cmp::Ordering;

/// The states in the order in which a bar shows them, each with its sign and its colour (SGR).
static BAR: [(StepStatus, char, &str); 6] = [
    (StepStatus::Done, '█', "32"),
    (StepStatus::Skipped, '▓', "36"),
    (StepStatus::InProgress, '▒', "33"),
    (StepStatus::Failed, '!', "1;31"),
    (StepStatus::Reverted, '<', "35"),
    (StepStatus::Pending, '·', "2"),
];
const BOLD: &str = "1";
const DIM: &str = "2";
/// In columns; beside it a name has a third of the line.
const BAR_MIN: usize = 8;
const BAR_MAX: usize = 60;
/// In columns: what stands behind a bar, with the blanks between.
const BEHIND_BAR: usize = 42;
/// In columns, between two cells of a line.
const GAP: usize = 2;

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// In columns; without bars nothing is cut to it.
    pub width: usize,
    pub has_bars: bool,
    pub has_colours: bool,
}

impl Canvas {
    /// For a pipe or a file.
    pub const PLAIN: Self = Self {
        width: 80,
        has_bars: false,
        has_colours: false,
    };

    fn painted(self, sgr: &str, text: &str) -> String {
        if self.has_colours && !text.is_empty() {
            format!("\u{1b}[{sgr}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.painted(BOLD, text)
    }

    /// Something that matters less.
    pub fn dim(self, text: &str) -> String {
        self.painted(DIM, text)
    }

    /// A text in the colour of a state.
    pub fn of_status(self, status: StepStatus, text: &str) -> String {
        let sgr = BAR.iter().find(|it| it.0 == status).map_or(DIM, |it| it.2);
        self.painted(sgr, text)
    }

    /// The sign of a state in its colour, one column wide.
    pub fn sign(self, status: StepStatus) -> String {
        let sign = BAR.iter().find(|it| it.0 == status).map_or('·', |it| it.1);
        self.of_status(status, &sign.to_string())
    }

    /// How far something is, this many columns wide. A state with at least one step is always seen.
    pub fn bar(self, counts: Counts, width: usize) -> String {
        let counts = BAR.map(|it| counts.of(it.0));
        let shares = shares(counts, width);
        let parts = BAR.iter().zip(shares).filter(|it| it.1 > 0);
        let bar: String = parts
            .map(|((_, sign, sgr), n)| self.painted(sgr, &sign.to_string().repeat(n)))
            .collect();
        if shares.iter().sum::<usize>() == 0 {
            self.dim(&"·".repeat(width))
        } else {
            bar
        }
    }

    /// One line for each part: its name, bar, percentage, count, and what is not well.
    pub fn progress_lines(self, parts: &[(&str, Progress)]) -> Vec<String> {
        let names = parts.iter().map(|it| columns(it.0)).max();
        let most = if self.has_bars {
            self.width / 3
        } else {
            usize::MAX
        };
        let name_width = names.unwrap_or_default().min(most);
        let bar_width = self.width.saturating_sub(name_width + BEHIND_BAR);
        let bar_width = bar_width.clamp(BAR_MIN, BAR_MAX);
        let line = |(name, progress): &(&str, Progress)| {
            let mut line = fit(name, name_width);
            if self.has_bars {
                line = format!("{line}  {}", self.bar(progress.counts, bar_width));
            }
            let counts = progress.counts;
            let percent = counts.percent_text("-");
            let count = format!("{}/{}", counts.finished(), progress.total);
            let (state, note) = worst(counts);
            let note = self.of_status(state, &note);
            let line = format!("{line}  {percent:>5}  {count:>11}  {note}");
            line.trim_end().to_owned()
        };
        parts.iter().map(line).collect()
    }

    /// Rows in columns that are as wide as their widest cell, two blanks apart; the last is not filled. On a terminal the widest
    /// columns are cut until a line fits; in a pipe nothing is.
    pub fn aligned<const N: usize>(self, rows: &[[String; N]]) -> Vec<String> {
        let mut widths = [0; N];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = columns(cell).max(*width);
            }
        }
        if self.has_bars {
            narrow(&mut widths, self.width);
        }
        let line = |row: &[String; N]| {
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| fit(cell, width))
                .collect();
            cells.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }
}

/// Takes from the widest column until all of them and what is between them fit.
fn narrow(widths: &mut [usize], most: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => return,
        }
    }
}

/// What most needs somebody: "2 failed". Empty if nothing does.
fn worst(counts: Counts) -> (StepStatus, String) {
    let states = [
        StepStatus::Failed,
        StepStatus::InProgress,
        StepStatus::Reverted,
    ];
    let worst = states.into_iter().find(|it| counts.of(*it) > 0);
    worst.map_or((StepStatus::Pending, String::new()), |it| {
        let n = counts.of(it);
        (it, format!("{n} {}", it.in_sentence()))
    })
}

/// The whole in a sentence: "47 %, 120 of 253 steps, 2 failed".
pub fn sentence(progress: &Progress) -> String {
    let counts = progress.counts;
    let (percent, finished) = (counts.percent_text(""), counts.finished());
    if percent.is_empty() {
        return "no steps".to_owned();
    }
    let all = pluralize(progress.total, "step");
    let mut text = format!("{percent}, {finished} of {all}");
    for status in [
        StepStatus::Failed,
        StepStatus::InProgress,
        StepStatus::Reverted,
    ] {
        let n = counts.of(status);
        if n > 0 {
            text = format!("{text}, {n} {}", status.in_sentence());
        }
    }
    text
}

/// Distributes columns by counts: each count that is not 0 gets one at least, the others what is theirs, rounded.
fn shares(counts: [u32; 6], width: usize) -> [usize; 6] {
    let counts = counts.map(|it| it as usize);
    let total: usize = counts.iter().sum();
    if total == 0 {
        return [0; 6];
    }
    let mut shares = counts.map(|n| (n * width / total).max(usize::from(n > 0)));
    loop {
        let sum: usize = shares.iter().sum();
        match sum.cmp(&width) {
            Ordering::Less => {
                // What is rounded down most gets it.
                let missing =
                    |it: &usize| (counts[*it] * width).saturating_sub(shares[*it] * total);
                let poorest = (0..6).max_by_key(missing).unwrap_or_default();
                shares[poorest] += 1;
            }
            Ordering::Greater => {
                let largest = (0..6)
                    .max_by_key(|it: &usize| shares[*it])
                    .unwrap_or_default();
                shares[largest] = shares[largest].saturating_sub(1);
            }
            Ordering::Equal => return shares,
        }
    }
}

/// How many columns a character takes: none for what is joined to the one before, two for those of East Asia and pictures.
fn columns_of(letter: char) -> usize {
    match u32::from(letter) {
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The text in exactly this many columns: cut with an ellipsis, or filled with blanks. Control characters become blanks.
pub fn fit(text: &str, width: usize) -> String {
    let is_cut = columns(text) > width;
    let room = if is_cut {
        width.saturating_sub(1)
    } else {
        width
    };
    let (mut fitted, mut used) = (String::new(), 0);
    for letter in text.chars() {
        let wide = columns_of(letter);
        if used + wide > room {
            break;
        }
        used += wide;
        fitted.push(if letter.is_control() { ' ' } else { letter });
    }
    if is_cut && width > 0 {
        fitted.push('…');
        used += 1;
    }
    fitted.push_str(&" ".repeat(width.saturating_sub(used)));
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: Canvas = Canvas {
        width: 80,
        has_bars: true,
        has_colours: false,
    };

    fn counts(done: u32, failed: u32, pending: u32) -> Counts {
        Counts {
            done,
            failed,
            pending,
            ..Counts::default()
        }
    }

    #[test]
    fn a_bar_is_as_wide_as_it_is_told_and_shows_every_state() {
        assert_eq!(BARS.bar(counts(1, 0, 1), 10), "█████·····");
        assert_eq!(BARS.bar(counts(998, 1, 1), 10), "████████!·");
        assert_eq!(BARS.bar(counts(3, 0, 0), 4), "████");
        assert_eq!(BARS.bar(Counts::default(), 4), "····");
        let all = Counts {
            pending: 1,
            in_progress: 1,
            done: 1,
            failed: 1,
            skipped: 1,
            reverted: 1,
        };
        assert_eq!(BARS.bar(all, 6), "█▓▒!<·");
        for width in 6..60 {
            assert_eq!(columns(&BARS.bar(all, width)), width);
            assert_eq!(columns(&BARS.bar(counts(119, 2, 7_000), width)), width);
        }
    }

    #[test]
    fn a_text_is_cut_or_filled_to_its_columns() {
        assert_eq!(fit("Acme", 6), "Acme  ");
        assert_eq!(fit("Globex Corporation", 8), "Globex …");
        assert_eq!(fit("東京電力", 8), "東京電力");
        assert_eq!(fit("東京電力", 7), "東京電…");
        assert_eq!(fit("東京電力", 6), "東京… ");
        assert_eq!(fit("a\u{1b}[31m", 6), "a [31m");
        assert_eq!(fit("Acme", 0), "");
    }

    #[test]
    fn lines_with_bars_fit_on_80_columns() {
        let name = "A customer with a name that is as long as a name may be, which is a hundred";
        let parts = [
            (name, Progress::from(counts(99_000, 1_000, 1))),
            ("Acme", Progress::from(counts(12, 0, 2))),
        ];
        for line in BARS.progress_lines(&parts) {
            assert!(columns(&line) <= 80, "{line}");
        }
        let acme = &BARS.progress_lines(&parts)[1];
        assert!(acme.starts_with("Acme   "), "{acme}");
        assert!(acme.ends_with("  85 %        12/14"), "{acme}");
    }

    #[test]
    fn without_a_terminal_lines_have_neither_bars_nor_colours() {
        let parts = [("prod-eu", Progress::from(counts(41, 1, 57)))];
        let lines = Canvas::PLAIN.progress_lines(&parts);
        assert_eq!(lines, ["prod-eu   41 %        41/99  1 failed"]);
        assert_eq!(Canvas::PLAIN.sign(StepStatus::Failed), "!");
        let coloured = Canvas {
            has_colours: true,
            ..BARS
        };
        assert_eq!(coloured.sign(StepStatus::Failed), "\u{1b}[1;31m!\u{1b}[0m");
    }

    #[test]
    fn columns_are_aligned_and_the_last_is_not_filled() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["1", "June", "active"]), row(["12", "July 2026", ""])];
        let lines = ["1   June       active", "12  July 2026"];
        assert_eq!(BARS.aligned(&rows), lines);
        assert_eq!(Canvas::PLAIN.aligned(&rows), lines);
    }

    #[test]
    fn columns_fit_on_a_terminal_and_nothing_is_cut_in_a_pipe() {
        let long = "A customer with a long name (a-customer-with-a-long-name, prod-eu-west-1)";
        let row = |cells: [&str; 4]| cells.map(str::to_owned);
        let rows = [
            row(["1", "1 Upgrade the database", long, "in progress"]),
            row(["1200", "2 Look", "Acme (acme, eu)", "pending"]),
        ];
        for width in [40, 80, 100] {
            let lines = Canvas { width, ..BARS }.aligned(&rows);
            assert_eq!(columns(&lines[0]), width, "{}", lines[0]);
            assert!(lines.iter().all(|it| columns(it) <= width));
            assert!(lines[1].starts_with("1200  2 Look"), "{}", lines[1]);
        }
        let plain = Canvas::PLAIN.aligned(&rows);
        assert!(plain[0].contains(long) && plain[0].ends_with("  in progress"));
        let parts = [(long, Progress::from(counts(1, 0, 1)))];
        assert!(Canvas::PLAIN.progress_lines(&parts)[0].starts_with(long));
    }

    #[test]
    fn a_release_in_a_sentence_names_what_is_not_well() {
        let progress = Progress::from(counts(120, 2, 131));
        assert_eq!(sentence(&progress), "47 %, 120 of 253 steps, 2 failed");
        assert_eq!(sentence(&Progress::default()), "no steps");
    }
}
