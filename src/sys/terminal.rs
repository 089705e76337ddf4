//! The terminal that a person sits at: its width, and single keys while something is watched.

use std::io::{self, IsTerminal, Read};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// The size of the terminal behind standard output in columns and rows; `None` where there is none.
pub fn size() -> Option<(usize, usize)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    let (columns, rows) = (usize::from(size.ws_col), usize::from(size.ws_row));
    (columns > 0 && rows > 0).then_some((columns, rows))
}

/// The width of the terminal behind standard error; `None` where there is none.
pub fn width_of_stderr() -> Option<usize> {
    let columns = usize::from(tcgetwinsize(io::stderr()).ok()?.ws_col);
    (columns > 0).then_some(columns)
}

/// Single keys from standard input, without waiting for the end of a line; the terminal is as before when this is dropped.
pub struct Keys {
    before: Termios,
}

impl Keys {
    /// Listens from now on; `None` where standard input is no terminal.
    pub fn listen() -> Option<Self> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let before = tcgetattr(io::stdin()).ok()?;
        let mut single = before.clone();
        // Signals stay: Ctrl-C asks to stop, as everywhere.
        single.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &single).ok()?;
        Some(Self { before })
    }

    /// The next key, if one is pressed within `wait`.
    pub fn pressed(&self, wait: Duration) -> Option<u8> {
        let stdin = io::stdin();
        let mut asked = [PollFd::new(&stdin, PollFlags::IN)];
        let wait = Timespec::try_from(wait).ok()?;
        // A signal ends the wait too; then it is nobody's key.
        if !matches!(poll(&mut asked, Some(&wait)), Ok(1..)) {
            return None;
        }
        let mut key = [0];
        let read = stdin.lock().read(&mut key).ok()?;
        (read == 1).then_some(key).map(|[key]| key)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
