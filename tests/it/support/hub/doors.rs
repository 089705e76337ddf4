//! Connections that can be cut in the middle of an answer, over TCP or a Unix socket.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Where a connection comes in.
pub(crate) enum Door {
    /// A port of this machine.
    Tcp(TcpListener),
    /// A socket in a folder.
    Unix(UnixListener),
}

/// How a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// As usual.
    #[default]
    Open,
    /// Nothing is sent any more.
    Cut,
    /// The headers and so many bytes of the body are sent, then nothing.
    CutAfterBody(usize),
}

/// The fate of one connection, to be set by whoever answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scissors(Arc<Mutex<Fate>>);

impl Scissors {
    /// Sets how the connection goes on.
    pub(crate) fn set(&self, fate: Fate) {
        *self.0.lock().unwrap() = fate;
    }
}

impl Connected<IncomingStream<'_, Door>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().scissors.clone()
    }
}

/// A connection.
pub(crate) struct Line {
    stream: Stream,
    scissors: Scissors,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener for Door {
    type Io = Line;
    type Addr = ();

    async fn accept(&mut self) -> (Line, ()) {
        loop {
            let stream = match self {
                Self::Tcp(listener) => TcpListener::accept(listener).await.map(|(stream, _)| {
                    // Small answers must not wait for the kernel's timer.
                    let _slower = stream.set_nodelay(true);
                    Stream::Tcp(stream)
                }),
                Self::Unix(listener) => {
                    UnixListener::accept(listener).await.map(|(stream, _)| Stream::Unix(stream))
                }
            };
            if let Ok(stream) = stream {
                return (Line { stream, scissors: Scissors::default() }, ());
            }
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Line {
    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let fate = *self.scissors.0.lock().unwrap();
        match fate {
            Fate::Open => self.write(context, bytes),
            Fate::Cut => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Fate::CutAfterBody(kept) => {
                let headers = bytes.windows(4).position(|four| four == b"\r\n\r\n");
                let whole = headers.map_or(0, |at| at + 4) + kept;
                let written = self.write(context, &bytes[..whole.min(bytes.len())]);
                if matches!(written, Poll::Ready(Ok(_))) && whole < bytes.len() {
                    self.scissors.set(Fate::Cut);
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
