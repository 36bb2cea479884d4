//! A wire of known delay and bandwidth: a TCP proxy on this machine, for what loopback does not show.
//!
//! # The model
//!
//! * Every byte arrives `delay` after it has passed the narrow place. Both directions are delayed, so a round trip
//!   costs two delays.
//! * All connections share one narrow place for each direction. It takes pieces of up to 16 KiB, each from the
//!   connection that has waited longest, so that a small request waits for at most one piece of every other
//!   connection, as behind a router with fair queues.
//! * Opening a connection costs a time of its own, as a rule one round trip: the first bytes of a client leave that much
//!   after its `connect`, which loopback answers at once. The handshake of TLS needs no model, because it is made of bytes.
//! * At most 1 MiB of a connection is on its way to a receiver that does not read. That is more than delay times
//!   bandwidth of the benches, so no window holds a sender back.
//! * Nothing is lost, and connections do not start slowly. The bytes of TCP/IP's own headers are not counted.
//!
//! [`probe`] measures the model by plain transfers, and the bench prints what it finds.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Result;

/// What passes the narrow place at once, and what is on its way to a receiver at most.
const PIECE: usize = 16 << 10;
const IN_FLIGHT: usize = 1 << 20;

/// What a wire is like, the same in both directions.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// From one end to the other; a round trip takes twice as long.
    pub delay: Duration,
    /// Bytes a second.
    pub bandwidth: u32,
    /// What opening a connection costs beside: a round trip on a real wire, nothing behind a proxy that only delays.
    pub handshake: Duration,
}

impl Wire {
    /// How long the narrow place is busy with so many bytes.
    pub fn transfer(&self, bytes: u64) -> Duration {
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / u64::from(self.bandwidth))
    }
}

/// A running proxy. Its threads end with the program.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect to.
    pub address: SocketAddr,
    there: Arc<Direction>,
    back: Arc<Direction>,
    connections: Arc<AtomicU64>,
}

/// What went through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Connections that clients opened.
    pub connections: u64,
    /// Bytes from clients, headers included.
    pub sent: u64,
    /// Bytes to clients.
    pub received: u64,
}

impl Proxy {
    /// Starts one in front of a server of this machine.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(wire: Wire, server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let proxy = Proxy {
            address: listener.local_addr()?,
            there: Arc::new(Direction::new(wire)),
            back: Arc::new(Direction::new(wire)),
            connections: Arc::default(),
        };
        let (there, back) = (Arc::clone(&proxy.there), Arc::clone(&proxy.back));
        let connections = Arc::clone(&proxy.connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::Relaxed);
                let opens_at = Instant::now() + wire.handshake;
                // A server that is not there is one that hangs up at once; the client says what it makes of that.
                let Ok(server) = TcpStream::connect(server) else { continue };
                let Ok((client_too, server_too)) = client.try_clone().and_then(|it| Ok((it, server.try_clone()?)))
                else {
                    continue;
                };
                let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
                let (there, back) = (Arc::clone(&there), Arc::clone(&back));
                std::thread::spawn(move || there.carry(client, server, opens_at));
                std::thread::spawn(move || back.carry(server_too, client_too, opens_at));
            }
        });
        Ok(proxy)
    }

    /// What went through since the last call.
    pub fn take(&self) -> Counts {
        Counts {
            connections: self.connections.swap(0, Ordering::Relaxed),
            sent: self.there.bytes.swap(0, Ordering::Relaxed),
            received: self.back.bytes.swap(0, Ordering::Relaxed),
        }
    }
}

/// One direction of all connections.
#[derive(Debug)]
struct Direction {
    wire: Wire,
    /// When the narrow place is done with all that it has been given.
    free_at: Mutex<Instant>,
    bytes: AtomicU64,
}

/// When a piece arrives; nothing in it is the end.
type Piece = (Instant, Vec<u8>);

impl Direction {
    fn new(wire: Wire) -> Self {
        Direction { wire, free_at: Mutex::new(Instant::now()), bytes: AtomicU64::new(0) }
    }

    /// Takes one connection's bytes from one socket to the other, until the first has no more.
    fn carry(&self, from: TcpStream, to: TcpStream, opens_at: Instant) {
        let (queue, arrivals) = sync_channel(IN_FLIGHT / PIECE);
        std::thread::spawn(move || deliver(&arrivals, &to));
        // A receiver that has gone away is told to the sender by closing its socket, which is dropped here.
        let _ = self.feed(from, &queue, opens_at);
    }

    fn feed(&self, mut from: TcpStream, queue: &SyncSender<Piece>, opens_at: Instant) -> Result {
        let mut buffer = vec![0; PIECE];
        loop {
            // A broken connection ends as one that was closed.
            let length = from.read(&mut buffer).unwrap_or(0);
            sleep_until(opens_at);
            let arrival = self.pass(length);
            if queue.send((arrival, buffer[..length].to_vec())).is_err() {
                return Ok(from.shutdown(Shutdown::Both)?);
            }
            if length == 0 {
                return Ok(());
            }
        }
    }

    /// Waits while bytes pass the narrow place behind all others, and tells when they arrive.
    fn pass(&self, bytes: usize) -> Instant {
        // A thread that is woken late takes that time back from the next piece, else the wire would be slower than
        // it should be. An idle wire keeps no more than this.
        const LATE: Duration = Duration::from_millis(2);
        let now = Instant::now();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let through = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            *free_at = (*free_at).max(now.checked_sub(LATE).unwrap_or(now)) + self.wire.transfer(bytes);
            *free_at
        };
        sleep_until(through);
        through.max(now) + self.wire.delay
    }
}

fn deliver(arrivals: &Receiver<Piece>, mut to: &TcpStream) {
    for (at, piece) in arrivals {
        sleep_until(at);
        if piece.is_empty() || to.write_all(&piece).is_err() {
            break;
        }
    }
    // It may be closed already.
    let _ = to.shutdown(Shutdown::Write);
}

fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}

/// What plain transfers find a wire to be.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// From `connect` to the answer to the first byte: two round trips.
    pub first_answer: Duration,
    /// From a byte to the answer to it, on an open connection: one round trip.
    pub answer: Duration,
    /// Bytes a second from the client to the server, measured over a large transfer.
    pub bandwidth: f64,
}

/// Measures a wire, by a server that answers the first two bytes and the last of `bytes`.
///
/// # Errors
/// When a socket fails.
pub fn probe(wire: Wire, bytes: u32) -> Result<Probe> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let proxy = Proxy::start(wire, listener.local_addr()?)?;
    let server = std::thread::spawn(move || answer_thrice(&listener, bytes));
    let start = Instant::now();
    let mut client = TcpStream::connect(proxy.address)?;
    client.set_nodelay(true)?;
    let ask = |client: &mut TcpStream, question: &[u8], start: Instant| -> Result<Duration> {
        client.write_all(question)?;
        client.read_exact(&mut [0])?;
        Ok(start.elapsed())
    };
    let first_answer = ask(&mut client, b"?", start)?;
    let answer = ask(&mut client, b"?", Instant::now())?;
    let transfer = ask(&mut client, &vec![b'?'; usize::try_from(bytes)?], Instant::now())?;
    server.join().map_err(|_| "the probe's server panicked")??;
    Ok(Probe { first_answer, answer, bandwidth: f64::from(bytes) / transfer.saturating_sub(answer).as_secs_f64() })
}

fn answer_thrice(listener: &TcpListener, bytes: u32) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    for length in [1, 1, bytes] {
        std::io::copy(&mut (&mut stream).take(length.into()), &mut std::io::sink())?;
        stream.write_all(b"!")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: Wire =
        Wire { delay: Duration::from_millis(5), bandwidth: 10_000_000, handshake: Duration::from_millis(10) };

    #[test]
    fn nothing_is_faster_than_the_wire() {
        // Only lower bounds: a busy machine may be slower.
        let probe = probe(WIRE, 1_000_000).unwrap();
        assert!(probe.first_answer >= Duration::from_millis(20), "{probe:?}");
        assert!(probe.answer >= Duration::from_millis(10), "{probe:?}");
        // What an idle wire keeps is 2 ms of 100.
        assert!(probe.bandwidth <= 10_300_000.0, "{probe:?}");
    }

    #[test]
    fn bytes_arrive_as_they_were_sent_and_are_counted() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Proxy::start(WIRE, listener.local_addr().unwrap()).unwrap();
        let echo = std::thread::spawn(move || {
            for stream in listener.incoming().take(2) {
                let stream = stream.unwrap();
                std::io::copy(&mut &stream, &mut &stream).unwrap();
            }
        });
        let sent: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        for part in sent.chunks(sent.len() / 2) {
            let client = TcpStream::connect(proxy.address).unwrap();
            let mut back = Vec::new();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    (&client).write_all(part).unwrap();
                    client.shutdown(Shutdown::Write).unwrap();
                });
                (&client).read_to_end(&mut back).unwrap();
            });
            assert!(back == part);
        }
        echo.join().unwrap();
        let counted = Counts { connections: 2, sent: 400_000, received: 400_000 };
        assert_eq!(proxy.take(), counted);
        assert_eq!(proxy.take(), Counts { connections: 0, sent: 0, received: 0 });
    }

    #[test]
    fn connections_share_the_narrow_place() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Proxy::start(WIRE, listener.local_addr().unwrap()).unwrap();
        let server = std::thread::spawn(move || {
            let streams: Vec<_> = listener
                .incoming()
                .take(4)
                .map(|stream| {
                    let mut stream = stream.unwrap();
                    std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()).unwrap())
                })
                .collect();
            streams.into_iter().map(|stream| stream.join().unwrap()).sum::<u64>()
        });
        let start = Instant::now();
        for _ in 0..4 {
            std::thread::spawn(move || TcpStream::connect(proxy.address).unwrap().write_all(&[7; 250_000]).unwrap());
        }
        assert_eq!(server.join().unwrap(), 1_000_000);
        assert!(start.elapsed() >= Duration::from_millis(100 + 15 - 2), "{:?}", start.elapsed());
    }
}
