//! A connection that is watched: strict heads on the way in, a floor of speed on the way out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::guard::HeadGuard;
use crate::places::Holder;

/// How slowly an answer may be taken.
#[derive(Debug, Clone, Copy)]
pub struct WriteFloor {
    /// A window of time in which `bytes` must be taken.
    pub window: Duration,
    /// Bytes that must be taken in each window in which the reader is slow at all.
    pub bytes: usize,
}

/// A public or courier connection, plain or inside of TLS.
pub struct Watched<S> {
    stream: S,
    guard: HeadGuard,
    floor: WriteFloor,
    holder: Arc<Holder>,
    slow: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl<S> Watched<S> {
    /// Watches a connection, and tells its place what it does.
    pub fn new(stream: S, floor: WriteFloor, holder: Arc<Holder>) -> Self {
        Self { stream, guard: HeadGuard::default(), floor, holder, slow: None, taken: 0 }
    }

    /// Counts what the reader took, or gives it up when a window passes with too little.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                self.holder.moved(count);
                self.taken = self.taken.saturating_add(count);
                if self.taken >= self.floor.bytes {
                    self.clear();
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(cx).map(Err),
        }
    }

    /// Waits for the end of the window.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let window = self.floor.window;
        let slow = self.slow.get_or_insert_with(|| Box::pin(tokio::time::sleep(window)));
        slow.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// Lets what is still in a buffer of TLS be taken, for one window.
    fn empty(&mut self, cx: &mut Context<'_>, emptied: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        match emptied {
            Poll::Ready(done) => {
                self.clear();
                Poll::Ready(done)
            }
            Poll::Pending => self.wait(cx).map(Err),
        }
    }

    fn clear(&mut self) {
        self.slow = None;
        self.taken = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.holder.moved(buf.filled().len().saturating_sub(before));
        if let Some(new) = buf.filled_mut().get_mut(before..) {
            self.guard.check(new);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes once an answer has been handed on whole: the next one begins anew.
        let emptied = Pin::new(&mut self.stream).poll_flush(cx);
        self.empty(cx, emptied)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let emptied = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.empty(cx, emptied)
    }
}
