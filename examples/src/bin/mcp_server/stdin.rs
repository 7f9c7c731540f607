//! The server over standard input and output, which is MCP's alone.

use crate::Travel;
use samplescope_rmcp::Traced;
use std::error::Error;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf, Stdin, stdin, stdout};
use tokio::sync::oneshot;

/// Serves until standard input ends. rmcp waits up to five seconds for tools that are still running then: we do not.
pub(crate) async fn serve(server: Traced<Travel>) -> Result<(), Box<dyn Error>> {
    let (ended, end) = oneshot::channel();
    let running = server.serve((Watched { stdin: stdin(), ended: Some(ended) }, stdout())).await?;
    let a_moment_after = async {
        // An error: the reader is gone, and so is the connection.
        let _ = end.await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let cancel = running.cancellation_token();
    let mut waiting = pin!(running.waiting());
    tokio::select! {
        quit = &mut waiting => drop(quit?),
        () = a_moment_after => {
            // What still runs is told to give up, and has a moment to.
            cancel.cancel();
            let _ = tokio::time::timeout(Duration::from_millis(200), waiting).await;
        }
    }
    Ok(())
}

/// Standard input, and who wants to know when it ends.
struct Watched {
    stdin: Stdin,
    ended: Option<oneshot::Sender<()>>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stdin).poll_read(cx, buffer));
        if result.is_err() || buffer.filled().len() == before {
            drop(self.ended.take());
        }
        Poll::Ready(result)
    }
}
