//! What was typed in a recorded session, of a shell or of a database's client.

/// What was typed in a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsoleSession {
    pub commands: String,
    /// Lines that were taken for output.
    pub n_left_out: usize,
    /// A line that was left out reads like a command: the person should look.
    pub is_doubtful: bool,
}

/// How many lines of output are looked at for commands without a prompt.
pub const DOUBTED_MAX: usize = 1_000;
