//! The backend. Docker Desktop runs it in its virtual machine and passes on what the page asks with
//! `ddClient.extension.vm.service`.

mod api;
mod server;
mod vm;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    #[command(flatten)]
    address: Address,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Address {
    /// Serve on a Unix socket; what is left of an earlier one is replaced
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Serve on a TCP address instead, for development: 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

fn main() -> ExitCode {
    let Args { address } = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match run(address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: Address) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match (address.socket, address.listen) {
            (Some(path), _) => server::serve_socket(&path, api::router()).await,
            (None, Some(addr)) => server::serve_tcp(addr, api::router()).await,
            (None, None) => unreachable!("clap asks for one of the two"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn exactly_one_address_is_taken() {
        Args::command().debug_assert();
        for (args, good) in [
            (vec!["--socket", "/run/guest-services/backend.sock"], true),
            (vec!["--listen", "127.0.0.1:8080"], true),
            (vec!["--listen", "somewhere"], false),
            (vec!["--socket", "a", "--listen", "127.0.0.1:8080"], false),
            (vec![], false),
        ] {
            let parsed = Args::try_parse_from(std::iter::once("backend").chain(args.clone()));
            assert_eq!(parsed.is_ok(), good, "{args:?}");
        }
    }
}
