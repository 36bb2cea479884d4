//! Where the backend listens, and how it stops.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;

/// Serves on a TCP address until the process is asked to stop.
pub async fn serve_tcp(addr: SocketAddr, router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind(addr)
        .await
        .with_context(|| format!("could not listen on {addr}"))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    axum::serve(listener, router)
        .with_graceful_shutdown(asked_to_stop()?)
        .await?;
    tracing::info!("stopped");
    Ok(())
}

/// Serves on a Unix socket until the process is asked to stop.
#[cfg(unix)]
pub async fn serve_socket(path: &Path, router: Router) -> anyhow::Result<()> {
    serve_socket_until(path, router, asked_to_stop()?).await
}

/// Unix sockets exist in the virtual machine; on Windows the backend only runs for development.
#[cfg(not(unix))]
pub async fn serve_socket(path: &Path, _: Router) -> anyhow::Result<()> {
    anyhow::bail!(
        "could not listen on {}: use --listen on this system",
        path.display()
    )
}

#[cfg(unix)]
async fn serve_socket_until(
    path: &Path,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let listener = bind(path).with_context(|| format!("could not listen on {}", path.display()))?;
    tracing::info!(socket = %path.display(), "listening");
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await?;
    std::fs::remove_file(path).with_context(|| format!("could not remove {}", path.display()))?;
    tracing::info!("stopped");
    Ok(())
}

/// Makes the socket, its folder too, in place of one that a killed backend left behind.
#[cfg(unix)]
fn bind(path: &Path) -> std::io::Result<tokio::net::UnixListener> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};

    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = tokio::net::UnixListener::bind(path)?;
    // Docker Desktop's side of the socket is not the user that runs this process.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// Ends with SIGTERM, which Docker sends to stop a container, or Ctrl-C. The first process of a
/// container dies of neither unless it handles them.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(std::future::poll_fn(move |cx| {
        if terminate.poll_recv(cx).is_ready() || interrupt.poll_recv(cx).is_ready() {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    }))
}

#[cfg(not(unix))]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without Ctrl-C the process is simply ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    /// A running backend in a temporary folder.
    struct Backend {
        socket: PathBuf,
        stop: oneshot::Sender<()>,
        server: JoinHandle<anyhow::Result<()>>,
        _folder: tempfile::TempDir,
    }

    impl Backend {
        async fn start() -> Self {
            let folder = tempfile::tempdir().expect("temporary folder");
            let socket = folder.path().join("guest-services").join("backend.sock");
            std::fs::create_dir(folder.path().join("guest-services")).expect("folder");
            // What a killed backend leaves behind.
            drop(std::os::unix::net::UnixListener::bind(&socket).expect("stale socket"));
            let (stop, stopped) = oneshot::channel();
            let stopped = async {
                let _ = stopped.await;
            };
            let path = socket.clone();
            let server = tokio::spawn(async move {
                serve_socket_until(&path, crate::api::router(), stopped).await
            });
            while UnixStream::connect(&socket).await.is_err() {
                assert!(!server.is_finished(), "the backend does not start");
                tokio::task::yield_now().await;
            }
            Backend {
                socket,
                stop,
                server,
                _folder: folder,
            }
        }

        async fn get(&self, path: &str) -> (String, serde_json::Value) {
            let mut stream = UnixStream::connect(&self.socket).await.expect("connected");
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("asked");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("answered");
            let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
            let status = head.lines().next().unwrap_or_default().to_owned();
            (status, serde_json::from_str(body).expect("a JSON body"))
        }
    }

    #[tokio::test]
    async fn it_answers_on_its_socket_and_stops_when_asked() {
        let backend = Backend::start().await;
        let mode = std::fs::metadata(&backend.socket)
            .expect("the socket")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o666);

        let (status, health) = backend.get("/health").await;
        assert_eq!(
            (status.as_str(), &health["status"]),
            ("HTTP/1.1 200 OK", &"ok".into())
        );
        let (status, failure) = backend.get("/nothing").await;
        assert_eq!(status, "HTTP/1.1 404 Not Found");
        assert_eq!(failure["message"], "there is no GET /nothing");

        backend.stop.send(()).expect("still running");
        backend.server.await.expect("no panic").expect("no error");
        assert!(!backend.socket.exists());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_describes_the_machine() {
        let backend = Backend::start().await;
        let (status, vm) = backend.get("/vm").await;
        assert_eq!(status, "HTTP/1.1 200 OK", "{vm}");
        assert!(
            vm["memory"]["total"].as_u64() >= vm["memory"]["available"].as_u64(),
            "{vm}"
        );
    }

    #[tokio::test]
    async fn an_ordinary_file_is_not_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("backend.sock");
        std::fs::write(&path, "precious").expect("written");
        assert!(bind(&path).is_err());
        assert_eq!(
            std::fs::read_to_string(&path).expect("still there"),
            "precious"
        );
    }
}
